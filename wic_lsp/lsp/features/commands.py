"""workspace/executeCommand: check now, restart the runtime, show what the compiler really wrote."""

from __future__ import annotations

import logging
from typing import Final, TypeAlias

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from wic_lsp.lsp.documents import UnknownDocument
from wic_lsp.lsp.occasions import Occasion
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session

CHECK_NOW: Final = "wic.checkNow"
RESTART_RUNTIME: Final = "wic.restartRuntime"
SHOW_OUTPUT: Final = "wic.showOutput"

# What JSON can hold. It must not be `object`: pygls would put the server in the place of such an argument.
Json: TypeAlias = str | int | float | bool | list[object] | dict[str, object] | None

_log = logging.getLogger(__name__)


def register(server: WicServer, session: Session) -> None:
    """Register the commands. Their one argument, if any, is the URI of an open document."""

    @server.command(CHECK_NOW)
    def check_now(*arguments: Json) -> None:
        """Check that document, or without an argument every one."""
        if not arguments:
            session.check_all(Occasion.ASKED)
            return
        try:
            session.check_now(read_uri(CHECK_NOW, arguments))
        except UnknownDocument as unknown:
            raise JsonRpcInvalidParams(str(unknown)) from None

    @server.command(RESTART_RUNTIME)
    async def restart_runtime(*arguments: Json) -> None:
        if arguments:
            raise JsonRpcInvalidParams(f"{RESTART_RUNTIME} takes no argument.")
        if session.terms.is_shared:
            raise refuse_to_guest("restarts its runtimes", f"{CHECK_NOW} checks afresh")
        await session.restart_runtime()

    @server.command(SHOW_OUTPUT)
    async def show_output(*arguments: Json) -> list[dict[str, object]]:
        """Return the compiler's own words: toolchain, command, outcome and output on each toolchain.

        Where they are of a block of Markdown, `line` is its first one.
        """
        try:
            results = await session.show_output(read_uri(SHOW_OUTPUT, arguments))
        except UnknownDocument as unknown:
            raise JsonRpcInvalidParams(str(unknown)) from None
        outputs: list[dict[str, object]] = [
            {
                "line": result.block.start.line if result.block is not None else None,
                "toolchain": result.toolchain,
                "runtime": result.runtime,
                "why": result.why,
                "command": list(result.command),
                "outcome": result.outcome.value if result.outcome is not None else "not_run",
                "reason": result.reason,
                "output": result.raw_output,
            }
            for result in results
        ]
        for output in () if session.terms.is_shared else outputs:
            _log.info("%s", output["output"])
        return outputs


def refuse_to_guest(what: str, instead: str) -> JsonRpcException:
    """Say that something is not for the clients of a shared server to do, and what to do instead."""
    return JsonRpcException(
        f"This server is shared, and only whoever runs it {what}; {instead}.",
        types.LSPErrorCodes.RequestFailed,
    )


def read_uri(command: str, arguments: tuple[Json, ...]) -> str:
    """Return a command's only argument. Raises JsonRpcInvalidParams where it is not one URI."""
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise JsonRpcInvalidParams(f"{command} takes one argument: the URI of an open document.")
    return arguments[0]
