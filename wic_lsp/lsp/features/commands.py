"""workspace/executeCommand: check now, restart the runtime, show what the compiler really wrote."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from wic_lsp.lsp.session import Session

if TYPE_CHECKING:
    from wic_lsp.lsp.server import WicServer

CHECK_NOW: Final = "wic.checkNow"
RESTART_RUNTIME: Final = "wic.restartRuntime"
SHOW_OUTPUT: Final = "wic.showOutput"

_log = logging.getLogger(__name__)


def register(server: WicServer, session: Session) -> None:
    """Register the commands. `uri` is that of an open document; without one all are meant."""

    @server.command(CHECK_NOW)
    def check_now(uri: str | None = None) -> None:
        if uri is None:
            session.check_all()
        else:
            session.check_now(uri)

    @server.command(RESTART_RUNTIME)
    async def restart_runtime() -> None:
        await session.restart_runtime()

    @server.command(SHOW_OUTPUT)
    async def show_output(uri: str) -> list[dict[str, object]]:
        """Return the compiler's own words: toolchain, command, outcome and output on each toolchain."""
        results = await session.show_output(uri)
        outputs: list[dict[str, object]] = [
            {
                "toolchain": result.toolchain,
                "runtime": result.runtime,
                "command": list(result.command),
                "outcome": result.outcome.value if result.outcome is not None else "not_run",
                "reason": result.reason,
                "output": result.raw_output,
            }
            for result in results
        ]
        for output in outputs:
            _log.info("%s", output["output"])
        return outputs
