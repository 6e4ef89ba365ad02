"""The engine's attached stream, taken apart into frames of stdout and stderr, however it is cut. Pure.

Source: https://docs.docker.com/reference/api/engine/version/v1.41/, ContainerAttach, "Stream format".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

_HEADER: Final = struct.Struct(">BxxxI")


class Frames:
    """Takes the bytes of one attached connection as they come."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Take the next bytes; yields each whole frame with its stream: 1 is stdout, 2 is stderr."""
        self._buffer += data
        at = 0
        while len(self._buffer) - at >= _HEADER.size:
            kind, size = _HEADER.unpack_from(self._buffer, at)
            end = at + _HEADER.size + size
            if end > len(self._buffer):
                break
            yield kind, bytes(self._buffer[at + _HEADER.size : end])
            at = end
        del self._buffer[:at]
