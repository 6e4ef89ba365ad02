"""pygls's protocol with what it leaves out: our documents, answered errors, the life cycle, exit codes.

pygls keeps documents of its own and pays for the whole text at every change; its handlers for them are
replaced here by ones that only pass the message on. It drops a message that it cannot read, and looks for
messages inside of messages; here a request gets its error response, and a message is what the client framed.
It never says that a server is not initialized yet or has shut down; here it does.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Callable, Generator
from typing import Any, Final, cast

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.json_rpc import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
    MsgId,
)
from pygls.protocol.language_server import lsp_method

from wic_lsp.lsp.encodings import offer_encoding
from wic_runtimes.waiting import outlast

_log = logging.getLogger(__name__)

Step = Generator[tuple[Callable[..., object], tuple[object, ...], None], Any, Any]

_ALWAYS: Final = frozenset({None, "exit"})  # answers to our own questions have no method
_INITIALIZE: Final = "initialize"
_SHUTDOWN: Final = "shutdown"


class WicProtocol(LanguageServerProtocol):
    """One client's side of the conversation."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.stopped: asyncio.Event = asyncio.Event()
        self.exit_code = 1
        self._is_initialized = False
        self._is_shut_down = False
        self._unanswered_shutdown: MsgId | None = None
        self.is_leaving = False  # exit has come, before the answer to shutdown was given
        self.most_unanswered: int | None = None
        self.parting = ""

    def part(self, reason: str) -> None:
        """End the conversation from our side, with a sentence that says why."""
        self.parting = reason
        self.stopped.set()

    async def abandon(self) -> None:
        """Cancel every request that is still unanswered, the client's and our own, and wait for their end."""
        futures = list(self._request_futures.values())
        self._request_futures.clear()
        for future in futures:
            future.cancel()
        tasks = [one for one in cast("list[object]", futures) if isinstance(one, asyncio.Task)]
        await outlast(*tasks)

    def receive(self, body: bytes) -> None:
        """Deal with one message as it came. What cannot be read is answered or logged; nothing is raised."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as exc:
            self.refuse(None, JsonRpcParseError(f"not JSON: {exc}"))
            return
        try:
            self._receive(data)
        except Exception:  # noqa: BLE001 - whatever a message does, the next one is read
            _log.exception("a message could not be dealt with")

    def _receive(self, data: object) -> None:
        if not isinstance(data, dict):
            self.refuse(None, JsonRpcInvalidRequest("not a JSON-RPC message"))
            return
        number = data.get("id")
        is_request = "method" in data and "id" in data
        known = number if isinstance(number, int | str) and not isinstance(number, bool) else None
        if (
            data.get("jsonrpc") != self.VERSION
            or not isinstance(data.get("method", ""), str)
            or ("id" in data and known is None and not ("error" in data and number is None))
        ):
            self.refuse(known if is_request else None, JsonRpcInvalidRequest("not a JSON-RPC message"))
            return
        refusal = self._refusal(data.get("method")) or (self._flood() if is_request else None)
        if refusal is not None:
            if is_request:
                self.refuse(known, refusal)
            return
        try:
            message = self.structure_message(data)
        except Exception as exc:  # noqa: BLE001 - cattrs raises what the classes' validators raise
            self._report_unreadable(data, exc)
            return
        if data.get("method") == _SHUTDOWN:
            self._is_shut_down, self._unanswered_shutdown = True, known
        self.handle_message(message)

    def _refusal(self, method: str | None) -> JsonRpcException | None:
        """Say why the time for a message has not come, or has passed; None where it is now."""
        if method in _ALWAYS:
            return None
        if self._is_shut_down:
            return JsonRpcInvalidRequest("the server has been shut down")
        if not self._is_initialized and method != _INITIALIZE:
            return JsonRpcServerNotInitialized("the server is not initialized yet")
        if self._is_initialized and method == _INITIALIZE:
            return JsonRpcInvalidRequest("the server is initialized already")
        return None

    def _flood(self) -> JsonRpcException | None:
        """Refuse a request while too many others wait for their answers."""
        most = self.most_unanswered
        if most is None or len(self._request_futures) < most:
            return None
        return JsonRpcException(
            f"More than {most} requests wait for their answers.", types.LSPErrorCodes.RequestFailed
        )

    def get_message_type(self, method: str) -> type[Any] | None:  # type: ignore[override] # pygls's is cached
        """Return the class of a method's message; pygls remembers whoever asked, and with what word."""
        return types.METHOD_TO_TYPES.get(method, (None, None))[0]

    def get_result_type(self, method: str) -> type[Any] | None:  # type: ignore[override] # likewise
        """Return the class of a method's answer; likewise."""
        return types.METHOD_TO_TYPES.get(method, (None, None))[1]

    def _execute_handler(
        self,
        msg_id: MsgId,
        handler: Callable[..., Any],
        callback: Callable[[Any], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Run a handler, and forget it at its end: pygls remembers those of notifications for ever."""

        def ended(future: Any) -> None:
            self._request_futures.pop(msg_id, None)
            callback(future)

        super()._execute_handler(msg_id, handler, ended, args, kwargs)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Turn a message's JSON into the class of its method, or of the question that it answers."""
        if "method" in data:
            fallback = JsonRPCRequestMessage if "id" in data else JsonRPCNotification
            kind = self.get_message_type(data["method"]) or fallback
            return self._converter.structure({"params": None, **data}, kind)
        asked = self._result_types.pop(data["id"], None)
        kind = types.ResponseErrorMessage if "error" in data else asked or JsonRPCResponseMessage
        return self._converter.structure(data, kind)

    def _report_unreadable(self, data: dict[str, Any], error: Exception) -> None:
        """Answer a request whose parameters cannot be read; say the rest in the log."""
        method, number = data.get("method"), data.get("id")
        refusal = JsonRpcInvalidParams(f"the parameters of {method} cannot be read")
        if method is None:
            # An answer to our own question: whoever waits for it must not wait for ever.
            refusal = JsonRpcInvalidParams("the answer cannot be read")
            pending = self._request_futures.pop(number, None) if number is not None else None
            if pending is not None and not pending.done():
                pending.set_exception(refusal)
        elif number is not None:
            self.refuse(number, refusal)
        _log.warning("%s: %s", refusal.message, "; ".join(f"{error!r}".splitlines()[:1]))

    def refuse(self, number: MsgId | None, refusal: JsonRpcException) -> None:
        """Answer a request with an error; without its id where that could not be read."""
        if number is None:
            _log.warning("a message could not be read: %s", refusal.message)
        # pygls would leave out an id of None; JSON-RPC wants it written as null.
        self._send_data({"jsonrpc": self.VERSION, "id": number, "error": refusal.to_response_error()})

    def _handle_cancel_notification(self, msg_id: object) -> None:
        """Cancel a request; one that was answered meanwhile, or never asked, is passed over."""
        if isinstance(msg_id, int | str) and msg_id in self._request_futures:
            super()._handle_cancel_notification(msg_id)

    def _send_handler_result(self, future: Any, *, msg_id: MsgId) -> None:
        """Answer a request; an error that a handler means to give is no failure of ours to be logged."""
        error = None if future.cancelled() else future.exception()
        if isinstance(error, JsonRpcException):
            self._request_futures.pop(msg_id, None)
            self.refuse(msg_id, error)
        else:
            super()._send_handler_result(future, msg_id=msg_id)
        if msg_id == self._unanswered_shutdown:
            self._unanswered_shutdown = None
            if self.is_leaving:
                self.stopped.set()

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Open the conversation; an attempt that fails may be repeated."""
        offer_encoding(params)
        result = yield from super().lsp_initialize(params)
        self._is_initialized = True
        return result

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_arguments: object) -> Step:
        """End the session, and every request that still waits: ours as well, which nobody will answer."""
        yield from self._pass_on(types.SHUTDOWN, None)
        current = self.msg_id
        for number, future in list(self._request_futures.items()):  # what is cancelled forgets itself
            if number != current:
                future.cancel()
        self._shutdown = True

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_arguments: object) -> None:  # type: ignore[override] # plain handlers are allowed too
        """End the conversation; the exit code says whether shutdown was asked for first (LSP, exit).

        A client that does not wait for the answer to shutdown gets it all the same.
        """
        self.exit_code = 0 if self._is_shut_down else 1
        if self._unanswered_shutdown is None:
            self.stopped.set()
        else:
            self.is_leaving = True

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override] # plain handlers are allowed too
        self, params: types.ExecuteCommandParams
    ) -> object:
        """Run a command with its arguments as they came; cancelling the request ends the command."""
        command = self.fm.commands.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"There is no command '{params.command}'.")
        result: object = command(*(params.arguments or ()))
        return await result if inspect.isawaitable(result) else result

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Step:
        """Pass the message on; the text is kept by `documents`."""
        yield from self._pass_on(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Step:
        """Pass the message on; the text is kept by `documents`."""
        yield from self._pass_on(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Step:
        """Pass the message on; the text is kept by `documents`."""
        yield from self._pass_on(types.TEXT_DOCUMENT_DID_CLOSE, params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: types.DidOpenNotebookDocumentParams) -> Step:
        """Keep nothing: notebooks are not served."""
        yield from self._pass_on(types.NOTEBOOK_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(self, params: types.DidChangeNotebookDocumentParams) -> Step:
        """Keep nothing: notebooks are not served."""
        yield from self._pass_on(types.NOTEBOOK_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(self, params: types.DidCloseNotebookDocumentParams) -> Step:
        """Forget nothing: notebooks are not served."""
        yield from self._pass_on(types.NOTEBOOK_DOCUMENT_DID_CLOSE, params)

    @lsp_method(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def lsp_workspace__did_change_workspace_folders(
        self, params: types.DidChangeWorkspaceFoldersParams
    ) -> Step:
        """Pass the message on; folders are kept by `preferences`."""
        yield from self._pass_on(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, params)

    def _pass_on(self, method: str, params: object) -> Step:
        handler = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None
