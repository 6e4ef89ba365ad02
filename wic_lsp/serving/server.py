"""A shared server put together: its ports, its clients, and its end.

Everything that clients share is made here, once, and closed here: the workshop with its runtimes and its
memory, the gate in front of them, what is counted. A signal drains it: nobody new is let in, compiles that
run may end and are told, and every client is sent away with 1001, which is a reason to connect elsewhere. A
second signal waits for nothing. Either way nothing is left behind.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import signal
from typing import Final

from aiohttp import web

from wic_lsp.assembly import Workshop
from wic_lsp.bearer import Tokens, is_loopback
from wic_lsp.config import Settings
from wic_lsp.fairness import FairGate
from wic_lsp.lsp.cleaning import Cleaning
from wic_lsp.lsp.terms import terms_shared
from wic_lsp.serving.admission import Applicant, Papers, Reason, Refused, refuse
from wic_lsp.serving.connection import Connection
from wic_lsp.serving.health import Health
from wic_lsp.serving.listening import Door, Handler, Port, listen, make_tls
from wic_lsp.serving.metrics import Metrics
from wic_lsp.serving.offer import Offer
from wic_lsp.serving.playground import Playground
from wic_lsp.serving.readiness import Readiness
from wic_lsp.serving.request import Address, ServeRequest
from wic_lsp.serving.same_site import Site
from wic_lsp.serving.static import read_page

_HEALTH_CLIENTS: Final = 16
_NAME: Final = "wic"  # aiohttp would tell its version and Python's
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_log = logging.getLogger(__name__)


class SharedServer:
    """One server for many clients. All state belongs to the event loop."""

    def __init__(self, request: ServeRequest, tokens: Tokens | None, settings: Settings) -> None:
        self._request = request
        self._tokens = tokens
        self._settings = settings
        self._workshop = Workshop({})
        self._gate = FairGate(request.bounds.compiles, request.bounds.compiles_each)
        self._metrics = Metrics(self._gate)
        self._connections: set[Connection] = set()
        self._places = 0  # clients, and those that are just let in
        self._numbers = itertools.count(1)
        self._is_draining = False
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def stop(self) -> None:
        """Begin to drain, or, asked again, wait for nothing any more."""
        (self._hurry if self._stop.is_set() else self._stop).set()

    async def run(self) -> None:
        """Serve until `stop`. Raises BadRequest where a port cannot be listened on."""
        loop = asyncio.get_running_loop()
        pipeline = self._workshop.share_pipeline(self._gate.lane(), self._metrics, remembers=False)
        readiness = Readiness(pipeline, self._settings, self._request.times.ready_s, loop.time)
        cleaning = Cleaning(self._workshop)
        offer = Offer(self._workshop, self._settings, loop.time)
        ports: list[Port] = []
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.stop)
        try:
            await self._open(ports, readiness, offer)
            cleaning.begin(self._settings)
            await self._stop.wait()
            await self._drain()
        finally:
            for port in ports:
                await port.aclose()
            await readiness.aclose()
            await offer.aclose()
            await cleaning.aclose()
            await self._workshop.aclose()

    async def _open(self, ports: list[Port], readiness: Readiness, offer: Offer) -> None:
        request, times = self._request, self._request.times
        page = read_page() if request.playground is not None else None  # before anything is listened on
        context = None
        if request.tls_cert is not None and request.tls_key is not None:
            context = make_tls(request.tls_cert, request.tls_key)
        secure = "" if context is None else "s"

        async def open_(address: Address, handle: Handler, text: str) -> None:
            door = Door(handle, request.bounds.connections, times.handshake_s, self._cut)
            ports.append(await listen(address, door, context))
            _log.info(text, secure, ports[-1].address)
            if self._tokens is not None and context is None and not is_loopback(address.host):
                _log.warning(
                    "without TLS, tokens and code can be read on their way unless a proxy in front has it"
                )

        if request.listen is not None:
            await open_(request.listen, self._admit_editor, "listening on ws%s://%s")
        if request.health is not None:
            health = Health(readiness, self._metrics, lambda: self._is_draining)
            door = Door(health.handle, _HEALTH_CLIENTS, times.handshake_s, lambda: None)
            ports.append(await listen(request.health, door))
            _log.info("health, readiness and metrics on http://%s", ports[-1].address)
        if request.playground is not None and page is not None:
            is_local = is_loopback(request.playground.host)
            site = Site(is_local, has_tls=context is not None, origins=request.origins)
            playground = Playground(page, site, offer, self._admit, self._examine)
            await open_(request.playground, playground.handle, "the playground is http%s://%s/")
        if self._tokens is None:
            _log.warning("there is no token: everybody on this machine can compile here")

    def _cut(self) -> None:
        self._metrics.refused(Reason.SILENT)

    async def _admit_editor(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve what comes to the editors' port."""
        headers = request.headers
        papers = Papers(headers.get("Origin"), headers.get("Authorization"), self._request.origins)
        return await self._admit(request, papers)

    def _examine(self, papers: Papers, *, is_websocket: bool = True) -> Refused | None:
        """Return why a client with these papers is not let in now, and count it; None where it is."""
        applicant = Applicant(
            origin=papers.origin,
            has_token=self._tokens is None or self._tokens.admits(papers.authorization),
            is_websocket=is_websocket,
        )
        refused = refuse(
            applicant,
            papers.origins,
            is_draining=self._is_draining,
            connections=self._places,
            most=self._request.bounds.connections,
        )
        if refused is not None:
            self._metrics.refused(refused.reason)
        return refused

    async def _admit(self, request: web.BaseRequest, papers: Papers) -> web.StreamResponse:
        """Serve one client, or say why not."""
        bounds, times = self._request.bounds, self._request.times
        socket = web.WebSocketResponse(
            timeout=times.flush_s,
            heartbeat=times.heartbeat_s,
            max_msg_size=bounds.message_bytes,
            protocols=papers.subprotocols,
            compress=False,
        )
        refused = self._examine(papers, is_websocket=bool(socket.can_prepare(request)))
        if refused is not None:
            return _answer(refused)
        socket.headers["Server"] = _NAME
        self._places += 1
        self._empty.clear()
        self._metrics.connections.inc()
        try:
            await socket.prepare(request)
            await self._serve(request, socket)
        finally:
            self._places -= 1
            self._metrics.connections.dec()
            if not self._places:
                self._empty.set()
        return socket

    async def _serve(self, request: web.BaseRequest, socket: web.WebSocketResponse) -> None:
        number = next(self._numbers)
        lane = self._gate.lane()
        pipeline = self._workshop.share_pipeline(lane, self._metrics)
        terms = terms_shared(self._workshop, pipeline, self._settings, self._request.bounds.room, number)
        connection = Connection(socket, terms, lane, self._request.bounds, self._request.times)
        self._connections.add(connection)
        if self._is_draining:  # it was let in just before
            connection.leave()
        self._metrics.sessions.inc()
        began = asyncio.get_running_loop().time()
        _log.info("client %d from %s has come", number, request.remote)
        try:
            farewell = await connection.run(request.transport, self._metrics)
        finally:
            self._connections.discard(connection)
        lasted = asyncio.get_running_loop().time() - began
        _log.info(
            "client %d has gone after %.0f s (%d%s)",
            number,
            lasted,
            farewell.code,
            f": {farewell.reason}" if farewell.reason else "",
        )

    async def _drain(self) -> None:
        """Let compiles end, within the grace or until we are hurried, and send everybody away."""
        self._is_draining = True
        self._gate.close()
        _log.info("stopping: %d clients, %d compiles", len(self._connections), self._gate.running)
        loop = asyncio.get_running_loop()
        grace_s = self._request.times.grace_s
        drains = [loop.create_task(one.drain(grace_s), name="drain a client") for one in self._connections]
        hurrying = loop.create_task(self._pass_on_hurry(), name="wait for impatience")
        await asyncio.gather(*drains)
        await self._empty.wait()
        hurrying.cancel()
        await asyncio.gather(hurrying, return_exceptions=True)

    async def _pass_on_hurry(self) -> None:
        await self._hurry.wait()
        for connection in self._connections:
            connection.hurry()


def _answer(refused: Refused) -> web.Response:
    """Put a refusal into HTTP, and end its connection."""
    headers = {**refused.headers, "Server": _NAME}
    response = web.Response(status=refused.status, text=f"{refused.text}\n", headers=headers)
    response.force_close()
    return response
