"""Listening: a port for HTTP requests, with a bound on who may stand in the door and how long.

aiohttp waits for ever for a request that never comes, and accepts as many connections as there are. Here
somebody who says nothing is cut off, and beyond a bound connections are ended at once: both before anything
is known of them.
"""

from __future__ import annotations

import asyncio
import resource
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeAlias

from aiohttp import web

from wic_lsp.serving.request import Address, BadRequest

_IN_THE_DOOR: Final = 1024  # connections beyond the clients: those that ask, and those that are refused
_OPEN_FILES: Final = 65536
_BACKLOG: Final = 1024
_TLS_HANDSHAKE_S: Final = 10.0
_SHUTDOWN_S: Final = 1.0

Handler: TypeAlias = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_Protocol: TypeAlias = web.RequestHandler


class Door:
    """Makes a protocol for each connection, and closes those that are too many or too slow.

    `clients` connections may stay; `cut` is called for each one that is ended here.
    """

    def __init__(self, handle: Handler, clients: int, patience_s: float, cut: Callable[[], None]) -> None:
        self._handle = handle
        self._most = clients + _IN_THE_DOOR
        self._patience_s = patience_s
        self._cut = cut
        self._expected: dict[_Protocol, asyncio.TimerHandle] = {}
        self._server = web.Server(self._arrive, access_log=None, lingering_time=0, keepalive_timeout=15)

    def open(self) -> asyncio.BaseProtocol:
        """Return the protocol of a new connection."""
        if len(self._server.connections) >= self._most:
            self._cut()
            return _Closed()
        protocol = self._server()
        loop = asyncio.get_running_loop()
        self._expected[protocol] = loop.call_later(self._patience_s, self._give_up, protocol)
        return protocol

    def _give_up(self, protocol: _Protocol) -> None:
        del self._expected[protocol]
        if protocol.transport is not None:
            self._cut()
            protocol.transport.abort()

    async def _arrive(self, request: web.BaseRequest) -> web.StreamResponse:
        timer = self._expected.pop(request.protocol, None)
        if timer is not None:
            timer.cancel()
        return await self._handle(request)

    async def aclose(self) -> None:
        """Wait for nobody any more, and end what is left of connections."""
        for timer in self._expected.values():
            timer.cancel()
        self._expected.clear()
        await self._server.shutdown(_SHUTDOWN_S)


class _Closed(asyncio.Protocol):
    """Ends its connection at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """End it; see asyncio.BaseProtocol."""
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


class Port:
    """One port that is listened on, until it is closed."""

    def __init__(self, server: asyncio.Server, door: Door) -> None:
        self._server = server
        self._door = door

    @property
    def address(self) -> Address:
        """Where it really listens."""
        host, port, *_ = self._server.sockets[0].getsockname()
        return Address(host, port)

    async def aclose(self) -> None:
        """Listen no more, and end what is left of connections."""
        self._server.close()
        await self._door.aclose()


async def listen(address: Address, door: Door, context: ssl.SSLContext | None = None) -> Port:
    """Let people in by that address. Raises BadRequest where that cannot be."""
    patience_s = _TLS_HANDSHAKE_S if context is not None else None
    try:
        server = await asyncio.get_running_loop().create_server(
            door.open,
            address.host,
            address.port,
            ssl=context,
            backlog=_BACKLOG,
            ssl_handshake_timeout=patience_s,
        )
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise BadRequest(f"Nothing can listen on {address}: {reason}. Choose another address.") from exc
    return Port(server, door)


def make_tls(cert: Path, key: Path) -> ssl.SSLContext:
    """Read a certificate and its key. Raises BadRequest."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ValueError) as exc:
        raise BadRequest(
            f"The certificate {cert} and the key {key} cannot be used: {exc}. Both must be in PEM."
        ) from exc
    return context


def raise_open_files() -> None:
    """Let this process have as many connections and pipes open as the system allows, within reason."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
