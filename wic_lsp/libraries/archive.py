"""A compiled library as bytes: what a runtime brings back, and what is kept on disk. Pure.

A runtime writes members one after the other, each as a line with its name and its size and then its bytes,
and last a line `end`. It ran in isolation what is not ours, so nothing of it is believed: names are plain,
sizes and their number bounded, and what does not end as it should is no library.

On disk each member is compressed by itself, so that one is read without the others, and a digest goes before
them all.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

MOST_MEMBERS: Final = 2000
MOST_MEMBER_BYTES: Final = 4 * 1024 * 1024
MOST_BYTES: Final = 64 * 1024 * 1024

_LONGEST_LINE: Final = 256
_END: Final = b"end"
_MAGIC: Final = b"wic library 1 "
_DIGEST_LENGTH: Final = 64
_HEAD: Final = re.compile(
    rb"(?P<name>[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*)"
    rb" (?P<size>[0-9]{1,9})(?: (?P<packed>[0-9]{1,9}))?"
)


class Unsound(ValueError):  # noqa: N818 - the bytes' fault, no error of ours
    """These bytes hold no library; the text says why."""


@dataclass(frozen=True, slots=True)
class _Packed:
    size: int
    content: bytes


class Archive:
    """A library's members by their names."""

    def __init__(self, members: Mapping[str, _Packed]) -> None:
        self._members = members

    def __len__(self) -> int:
        """How many members there are."""
        return len(self._members)

    def get(self, name: str) -> bytes | None:
        """Return a member's bytes; None where there is none of that name. Raises Unsound."""
        packed = self._members.get(name)
        if packed is None:
            return None
        unpacker = zlib.decompressobj()
        try:
            content = unpacker.decompress(packed.content, packed.size + 1)
        except zlib.error as exc:
            raise Unsound(f"{name} cannot be unpacked: {exc}") from exc
        if len(content) != packed.size or not unpacker.eof or unpacker.unused_data:
            raise Unsound(f"{name} has not the size that it should have")
        return content

    def pack(self) -> bytes:
        """Return the bytes to keep, of which `unpack` makes the same."""
        pieces: list[bytes] = []
        for name, packed in self._members.items():
            pieces += [f"{name} {packed.size} {len(packed.content)}\n".encode(), packed.content]
        body = b"".join((*pieces, _END, b"\n"))
        return b"".join((_MAGIC, hashlib.sha256(body).hexdigest().encode(), b"\n", body))


def read_made(stdout: bytes) -> Archive:
    """Return the library that a job wrote to its stdout. Raises Unsound."""
    made = _read(stdout, is_packed=False)
    return Archive({name: _Packed(size, zlib.compress(content)) for name, size, content in made})


def unpack(kept: bytes) -> Archive:
    """Return the library that was kept. Raises Unsound where the bytes are not those that were."""
    start = len(_MAGIC) + _DIGEST_LENGTH + 1
    head, body = kept[:start], kept[start:]
    if head != b"".join((_MAGIC, hashlib.sha256(body).hexdigest().encode(), b"\n")):
        raise Unsound("its digest is another")
    return Archive({name: _Packed(size, content) for name, size, content in _read(body, is_packed=True)})


def _read(stream: bytes, *, is_packed: bool) -> Iterator[tuple[str, int, bytes]]:
    """Yield each member's name, its size when it is not packed, and its bytes as they are here."""
    at, total, seen = 0, 0, set[str]()
    while True:
        end = stream.find(b"\n", at, at + _LONGEST_LINE)
        if end < 0:
            raise Unsound("it stops too early")
        line, at = stream[at:end], end + 1
        if line == _END:
            break
        match = _HEAD.fullmatch(line)
        if match is None or (match["packed"] is not None) is not is_packed:
            raise Unsound(f"{line[:80]!r} names no member")
        name, size = match["name"].decode(), int(match["size"])
        length = int(match["packed"]) if is_packed else size
        content, at, total = stream[at : at + length], at + length, total + size
        if name in seen:
            raise Unsound(f"{name} occurs twice")
        if len(content) != length:
            raise Unsound("it stops too early")
        if size > MOST_MEMBER_BYTES or total > MOST_BYTES or len(seen) >= MOST_MEMBERS:
            raise Unsound("it is too large")
        seen.add(name)
        yield name, size, content
    if at != len(stream) or not seen:
        raise Unsound("something follows its end" if seen else "it is empty")
