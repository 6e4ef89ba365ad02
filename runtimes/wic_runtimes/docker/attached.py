"""The attached connection: writes go to a container's stdin, reads are frames of its output.

The SDK hands out the connection itself, or a file over it, with or without TLS, by how the engine is reached;
all of that is here. Nothing waits: a thread polls the descriptor and then sends or receives what can be at
that moment. Nobody half-closes it, which TLS cannot: the script inside knows the end of its job by itself.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import Any, Final, cast

_CHUNK: Final = 256 * 1024
_NOT_NOW: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_ENDED: Final = (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Attached:
    """The three streams of one container, over one connection."""

    def __init__(self, attached: Any) -> None:
        self._attached = attached
        self._socket = cast("socket.socket", getattr(attached, "_sock", attached))
        self._socket.setblocking(False)  # noqa: FBT003 - the socket module's own signature

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._socket.fileno()

    @property
    def has_news(self) -> bool:
        """Whether output has come, or the end. Only for who expects neither: what has come is lost."""
        return self.receive() is not None

    def send(self, unsent: memoryview) -> memoryview:
        """Send what fits and return the rest."""
        try:
            return unsent[self._socket.send(unsent[:_CHUNK]) :]
        except _NOT_NOW:
            return unsent
        except _ENDED:
            return unsent[len(unsent) :]  # it ended before it had read all; its output says why

    def receive(self) -> bytes | None:
        """Return what has come, empty at the end; None where nothing has come."""
        try:
            data = self._socket.recv(_CHUNK)
            while data and isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
                data += self._socket.recv(_CHUNK)  # what is here already, the descriptor tells nobody of
        except _NOT_NOW:
            return None
        except _ENDED:
            return b""
        return data

    def close(self) -> None:
        """Close the connection, with the answer that the SDK keeps beside it: both hold it open."""
        response = getattr(self._attached, "_response", None)
        if response is not None:
            response.close()
        with suppress(OSError):
            self._socket.close()
        self._attached.close()
