"""One client over a WebSocket: a session of its own, a message in each text frame, and an end in any case.

Whatever ends it (the client's exit, its silence, a network that is gone, a message that is too large, our own
stopping) ends in the same place: every compile of this client is cancelled, nothing of it stays, and nobody
else notices. Never does it wait for a client without a bound.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web

from wic_lsp.fairness import Lane
from wic_lsp.lsp.client_log import speaking
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.terms import Terms
from wic_lsp.lsp.wiring import create_server
from wic_lsp.serving.metrics import Metrics
from wic_lsp.serving.outgoing import Outgoing
from wic_lsp.serving.request import Bounds, Times

NO_SHUTDOWN: Final = 4001
"""The close code after an exit without shutdown, which stdio tells by its exit code (LSP, exit)."""

_MOST_REASON_BYTES: Final = 120  # RFC 6455, 5.5: a control frame holds 125 bytes, two of them for the code
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Farewell:
    """Why a conversation ends: a close code of RFC 6455, or of our own, and a sentence."""

    code: int
    reason: str


class Connection:
    """One client, from its first message to the end of everything that was done for it."""

    def __init__(
        self, socket: web.WebSocketResponse, terms: Terms, lane: Lane, bounds: Bounds, times: Times
    ) -> None:
        self._socket = socket
        self._terms = terms
        self._lane = lane
        self._bounds = bounds
        self._times = times
        self._farewell: Farewell | None = None
        self._leaving = asyncio.Event()
        self._is_hurried = asyncio.Event()
        self._server: WicServer | None = None

    async def run(self, transport: asyncio.Transport | None, metrics: Metrics) -> Farewell:
        """Serve until either side ends it; returns why. `transport` is cut where a client does not read."""
        speaking.set(self._terms.log_key)
        outgoing = Outgoing(self._bounds.backlog_bytes, self._overflow)
        server = self._server = create_server(self._terms)
        server.protocol.set_writer(outgoing, include_headers=False)
        loop = asyncio.get_running_loop()
        reading = loop.create_task(self._read(server, metrics), name="read from the client")
        sending = loop.create_task(self._send(outgoing, metrics), name="send to the client")
        stopping = loop.create_task(server.wic_protocol.stopped.wait(), name="wait for exit")
        leaving = loop.create_task(self._leaving.wait(), name="wait for our own end")
        late = loop.call_later(self._times.initialize_s, self._expect_initialize)
        tasks = (reading, sending, stopping, leaving)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            farewell = self._farewell or _farewell_of(server)
            if farewell is not None and not self._socket.closed and not sending.done():
                await self._part(farewell, outgoing)
        finally:
            late.cancel()
            outgoing.close()
            if not self._socket.closed and transport is not None:
                transport.abort()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await server.hang_up()
        for task in (reading, sending):
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error
        return farewell or Farewell(self._socket.close_code or WSCloseCode.ABNORMAL_CLOSURE, "")

    async def _part(self, farewell: Farewell, outgoing: Outgoing) -> None:
        """Say what there is still to say, and close, as far and as long as the client listens."""
        await self._unless_hurried(self._close(farewell, outgoing), self._times.flush_s)

    async def _close(self, farewell: Farewell, outgoing: Outgoing) -> None:
        await outgoing.wait_until_sent()
        reason = farewell.reason.encode()[:_MOST_REASON_BYTES]
        await self._socket.close(code=farewell.code, message=reason)

    async def _read(self, server: WicServer, metrics: Metrics) -> None:
        while True:
            message = await self._socket.receive()
            match message.type:
                case WSMsgType.TEXT:
                    metrics.received.inc()
                    server.wic_protocol.receive(message.data.encode("utf-8", "surrogatepass"))
                    await asyncio.sleep(0)  # a flood of messages holds up nobody else
                case WSMsgType.BINARY:
                    self._farewell = Farewell(WSCloseCode.UNSUPPORTED_DATA, "Messages come in text frames.")
                    return
                case WSMsgType.ERROR if isinstance(message.data, WebSocketError):
                    self._farewell = Farewell(message.data.code, str(message.data))  # aiohttp has said so
                    return
                case _:
                    return

    async def _send(self, outgoing: Outgoing, metrics: Metrics) -> None:
        with contextlib.suppress(ConnectionError):  # then reading ends as well
            while True:
                message = await outgoing.take()
                await self._socket.send_frame(message, WSMsgType.TEXT)
                outgoing.sent(message)
                metrics.sent.inc()

    def _end(self, farewell: Farewell) -> None:
        self._farewell = self._farewell or farewell
        self._leaving.set()

    def _overflow(self) -> None:
        self._end(Farewell(WSCloseCode.POLICY_VIOLATION, "You do not read what the server sends."))

    def _expect_initialize(self) -> None:
        if self._server is not None and self._server.session.client is None:
            self._end(Farewell(WSCloseCode.POLICY_VIOLATION, "No initialize came."))

    def leave(self) -> None:
        """End the conversation: the server is being stopped."""
        self._end(Farewell(WSCloseCode.GOING_AWAY, "The server is being stopped."))

    def hurry(self) -> None:
        """Wait for nothing any more when it is drained."""
        self._is_hurried.set()

    async def drain(self, grace_s: float) -> None:
        """Let what is compiled for this client end and be told, then end the conversation."""
        await self._unless_hurried(self._rest(), grace_s)
        self.leave()

    async def _unless_hurried(self, work: Coroutine[Any, Any, None], within_s: float) -> None:
        """Do what may take that long and no longer; it is left where nobody wants to wait any more."""
        loop = asyncio.get_running_loop()
        tasks = {
            loop.create_task(work),
            loop.create_task(self._is_hurried.wait(), name="wait for impatience"),
        }
        await asyncio.wait(tasks, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _rest(self) -> None:
        await self._lane.wait_for_idle()
        if self._server is not None:
            await self._server.session.settle()


def _farewell_of(server: WicServer) -> Farewell | None:
    """Return the end that the protocol came to; None while it has not."""
    protocol = server.wic_protocol
    if protocol.parting:
        return Farewell(WSCloseCode.POLICY_VIOLATION, protocol.parting)
    if protocol.stopped.is_set():
        if protocol.exit_code == 0:
            return Farewell(WSCloseCode.OK, "")
        return Farewell(NO_SHUTDOWN, "exit came without shutdown")
    return None
