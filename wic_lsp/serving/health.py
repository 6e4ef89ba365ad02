"""The second port: whether the server lives, whether it can compile, and what it counted.

It has no token, so it says nothing of anybody's code; it is for the machine or the cluster alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web

from wic_lsp.serving.metrics import CONTENT_TYPE, Metrics
from wic_lsp.serving.readiness import Readiness

_PATHS: Final = "/healthz, /readyz, /metrics"


class Health:
    """Answers questions about the server."""

    def __init__(self, readiness: Readiness, metrics: Metrics, is_draining: Callable[[], bool]) -> None:
        self._readiness = readiness
        self._metrics = metrics
        self._is_draining = is_draining

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.method not in {"GET", "HEAD"}:
            return web.Response(status=405, text="Only GET is answered here.\n", headers={"Allow": "GET"})
        match request.path:
            case "/healthz":
                return web.Response(text="alive\n")
            case "/readyz":
                return await self._ready()
            case "/metrics":
                headers = {"Content-Type": CONTENT_TYPE}
                return web.Response(body=self._metrics.render(), headers=headers)
            case _:
                return web.Response(status=404, text=f"Here are {_PATHS}.\n")

    async def _ready(self) -> web.StreamResponse:
        reason = "" if self._is_draining() else await self._readiness.ask()
        if self._is_draining():
            reason = "The server is being stopped."
        return web.Response(status=503, text=f"{reason}\n") if reason else web.Response(text="ready\n")
