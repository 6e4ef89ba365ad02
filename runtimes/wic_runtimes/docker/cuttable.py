"""A client of the engine whose conversation another thread can end at once, whatever the engine waits for.

A pull waits for as long as its registry does, and the engine goes on with it for as long as its client
stays. So a transfer speaks over connections of its own, which are remembered when they are made: `Line.cut`
shuts them down, whoever reads there meets the end, and the engine, which has lost its client, gives the
transfer up. urllib3 can shut down a response, but a stalled registry keeps the engine from beginning one.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import IO, Any, Protocol, cast

from wic_runtimes.docker.client import client_class, client_options
from wic_runtimes.docker.engine import Engine, EngineApi

Event = Mapping[str, object]
"""One line of what the engine tells of a transfer: parsed JSON, to be believed in nothing."""


class TransferApi(EngineApi, Protocol):
    """What a transfer uses of the SDK's `docker.APIClient` besides."""

    def pull(self, repository: str, *, stream: bool, decode: bool) -> Iterable[Event]:
        """Fetch an image by its whole name, with the credentials of the user's Docker configuration."""
        ...

    def build(
        self,
        *,
        fileobj: IO[bytes],
        custom_context: bool,
        tag: str,
        buildargs: Mapping[str, str],
        network_mode: str | None,
        rm: bool,
        forcerm: bool,
        decode: bool,
    ) -> Iterable[Event]:
        """Build an image from a tar archive."""
        ...


class Line:
    """The connections of one transfer. `cut` may be called by any thread, at any time, and again."""

    def __init__(self) -> None:
        self.is_cut = False
        self._connections: list[Any] = []
        self._watched: list[Any] = []

    def cut(self) -> None:
        """End what is being said. One that is only being made is missed: cut again until all has ended."""
        self.is_cut = True
        for connection in list(self._connections):
            _shut_down(getattr(connection, "sock", None))

    def close(self) -> None:
        """Close every connection, also one whose answer nobody read to its end. For its own thread."""
        for connection in self._connections:
            connection.close()

    def watch(self, pool: Any) -> None:
        """Remember every connection that a pool of urllib3's makes from now on."""
        if all(pool is not known for known in self._watched):
            self._watched.append(pool)
            make = pool._new_conn  # noqa: SLF001 - what the SDK's own pools replace as well

            def make_and_remember() -> Any:
                connection = make()
                self._connections.append(connection)
                return connection

            pool._new_conn = make_and_remember  # noqa: SLF001 - likewise


def _shut_down(sock: object) -> None:
    """End a connection under whoever reads it; closing it is left to them."""
    if isinstance(sock, socket.socket):
        with suppress(OSError):  # it has ended already
            # Not sock.shutdown: that of a TLS socket takes away what its reader still holds.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def open_line(engine: Engine, line: Line, timeout_s: float) -> TransferApi:
    """Return a client of that engine, all of whose connections `line` can cut. Raises what the SDK does.

    `timeout_s` is for its short questions; a transfer may take any time.
    """

    class Client(client_class()):  # type: ignore[misc] # the SDK has no types
        def send(self, request: Any, **options: Any) -> Any:
            if line.is_cut:
                raise ConnectionAbortedError("the transfer was ended")
            chosen = {name: options.get(name) for name in ("verify", "proxies", "cert")}
            line.watch(self.get_adapter(request.url).get_connection_with_tls_context(request, **chosen))
            return super().send(request, **options)

    client = Client(**client_options(engine.endpoint), version="auto", timeout=timeout_s)
    return cast("TransferApi", client)
