"""The attached connection: messages to a container's stdin, and from its stdout and stderr.

Whoever holds it reads all the time, so that the end of a pod that waits is known at once; what has come waits
in a short queue, and a flood waits in the container.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/ and the protocol v4.channel.k8s.io: the
first byte of a message names its channel.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse

_STDIN: Final = b"\0"
_STATUS: Final = 3
_CHUNK: Final = 128 * 1024
_QUEUED: Final = 64


class Attached:
    """The streams of one container. `has_ended` says that no more comes, `is_cut` that this was no end."""

    def __init__(self, socket: ClientWebSocketResponse, ended: Callable[[], None]) -> None:
        self.has_ended = False
        self.is_cut = False
        self._socket = socket
        self._ended = ended
        self._queue: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue(_QUEUED)
        self._reading = asyncio.get_running_loop().create_task(self._read(), name="kubernetes: read")

    async def send(self, data: bytes) -> None:
        """Write to the container's stdin. What it does not read any more is no error: its output says why."""
        for at in range(0, len(data), _CHUNK):
            if self._socket.closed:
                return
            try:
                await self._socket.send_bytes(_STDIN + data[at : at + _CHUNK])
            except OSError:  # how aiohttp says that the connection is closing
                return

    async def receive(self) -> tuple[int, bytes] | None:
        """Return what comes next, and on which stream: 1 is stdout, 2 is stderr; None at the end."""
        if self.has_ended and self._queue.empty():
            return None
        return await self._queue.get()

    async def _read(self) -> None:
        """Read to the end. An API server that ends the connection by its rules says the status first."""
        has_status = False
        try:
            async for message in self._socket:
                data = message.data
                if not isinstance(data, bytes) or len(data) < 2:  # noqa: PLR2004 - a channel and a byte
                    continue
                if data[0] == _STATUS:
                    has_status = _is_success(data[1:])
                else:
                    await self._queue.put((data[0], data[1:]))
        finally:
            self.is_cut = not has_status
            self.has_ended = True
            if not self._queue.full():  # else nobody waits at it
                self._queue.put_nowait(None)
            self._ended()

    async def aclose(self) -> None:
        """Close the connection, which closes the container's stdin."""
        self._reading.cancel()
        await asyncio.wait([self._reading])
        await self._socket.close()


def _is_success(status: bytes) -> bool:
    try:
        said = json.loads(status)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("status") == "Success"
