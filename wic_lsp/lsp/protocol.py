"""pygls's protocol with what it leaves out: our documents, answered errors, the life cycle, exit codes.

pygls keeps documents of its own and pays for the whole text at every change; its handlers for them are
replaced here by ones that only pass the message on. It drops a message that it cannot read; here a request
gets its error response. It never says that a server is not initialized yet or has shut down; here it does.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Generator
from typing import Any, Final

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.json_rpc import RPCMessage, RPCRequest
from pygls.protocol.language_server import lsp_method

_log = logging.getLogger(__name__)

Step = Generator[tuple[Callable[..., object], tuple[object, ...], None], Any, Any]

_EXIT: Final = "exit"
_INITIALIZE: Final = "initialize"


class _Answered(Exception):  # noqa: N818 - no error: the message was dealt with
    """The client has been told what is wrong with its message."""


class WicProtocol(LanguageServerProtocol):
    """One client's side of the conversation."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.stopped: asyncio.Event = asyncio.Event()
        self.exit_code = 1
        self._is_initialized = False

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read a message; a request that cannot be read is answered with its error."""
        try:
            return super().structure_message(data)
        except JsonRpcException as exc:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=exc.to_response_error())
                raise _Answered from exc
            raise

    def handle_message(self, message: RPCMessage) -> None:
        """Deal with one message, if it is one and the time for it has come."""
        if not hasattr(message, "jsonrpc"):
            raise JsonRpcInvalidRequest("not a JSON-RPC message")
        method = getattr(message, "method", None)
        refusal: JsonRpcException | None = None
        if self._shutdown and method not in {None, _EXIT}:
            refusal = JsonRpcInvalidRequest("the server has been shut down")
        elif not self._is_initialized and method not in {None, _EXIT, _INITIALIZE}:
            refusal = JsonRpcServerNotInitialized("the server is not initialized yet")
        elif self._is_initialized and method == _INITIALIZE:
            refusal = JsonRpcInvalidRequest("the server is initialized already")
        if refusal is None:
            self._is_initialized = self._is_initialized or method == _INITIALIZE
            super().handle_message(message)
        elif isinstance(message, RPCRequest):
            self._send_response(message.id, error=refusal.to_response_error())

    def report_unreadable(self, error: Exception, _source: object = None) -> None:
        """Answer what could not be read at all; pygls calls this from its reading loop."""
        if isinstance(error, _Answered):
            return
        _log.warning("a message could not be read: %s", error)
        is_syntax = isinstance(error, json.JSONDecodeError | UnicodeDecodeError)
        refusal = JsonRpcParseError(f"not JSON: {error}") if is_syntax else JsonRpcInvalidRequest(f"{error}")
        self._send_data(types.ResponseErrorMessage(id=None, error=refusal.to_response_error()))

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_arguments: object) -> None:  # type: ignore[override] # plain handlers are allowed too
        """End the reading loop; the exit code says whether shutdown came first (LSP, exit)."""
        self.exit_code = 0 if self._shutdown else 1
        self.stopped.set()

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

    def _pass_on(self, method: str, params: object) -> Step:
        handler = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None
