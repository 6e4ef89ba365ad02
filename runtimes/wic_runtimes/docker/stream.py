"""What comes out of a container: one stream of frames, taken apart into stdout and stderr, and counted. Pure.

The script inside writes one line to stdout before the compiler's first byte; a `Reader` takes it off and
tells it apart from everything that a compiler could write later. So whether a compiler ever began is known
for sure, and the line is never a part of its output.

Source: https://docs.docker.com/reference/api/engine/version/v1.41/, ContainerAttach, "Stream format".
"""

from __future__ import annotations

import struct
from typing import Final

from wic_runtimes.docker.spec import BEGUN, NO_PROGRAM, NOT_UNPACKED

_HEADER: Final = struct.Struct(">BxxxI")
_STDOUT: Final = 1
_STDERR: Final = 2
_FIRST_LINES: Final = (BEGUN, NO_PROGRAM, NOT_UNPACKED)
_LONGEST: Final = max(map(len, _FIRST_LINES))


class Reader:
    """Takes the bytes of an attached stream as they come. `limit` bounds both outputs together, in bytes.

    `first_line` is what the script said, None until then. The script itself writes nothing to stderr, which
    may overtake stdout on its way here: all of stderr is the compiler's.
    """

    def __init__(self, limit: int) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.first_line: bytes | None = None
        self.is_over = False
        self._limit = limit
        self._buffer = bytearray()
        self._prologue = bytearray()

    @property
    def has_begun(self) -> bool:
        """Whether the compiler was started."""
        return self.first_line == BEGUN

    def feed(self, data: bytes) -> None:
        """Take the next bytes; sets `is_over` when the compiler has written more than it may."""
        self._buffer += data
        at = 0
        while len(self._buffer) - at >= _HEADER.size:
            kind, size = _HEADER.unpack_from(self._buffer, at)
            end = at + _HEADER.size + size
            if end > len(self._buffer):
                break
            self._take(kind, bytes(self._buffer[at + _HEADER.size : end]))
            at = end
        del self._buffer[:at]

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == _STDERR:
            self._keep(self.stderr, payload)
        elif kind == _STDOUT and self.first_line is None:
            self._prologue += payload
            line, end, rest = bytes(self._prologue).partition(b"\n")
            if end or len(self._prologue) > _LONGEST:
                self.first_line = line + end
                self._keep(self.stdout, rest)
        elif kind == _STDOUT:
            self._keep(self.stdout, payload)

    def _keep(self, kept: bytearray, payload: bytes) -> None:
        room = self._limit - len(self.stdout) - len(self.stderr)
        kept += payload[:room] if room > 0 else b""
        self.is_over = self.is_over or len(payload) > room
