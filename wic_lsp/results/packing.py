"""A compile output as bytes, and back. Pure.

Outputs are compressed where that pays: compilers' structured words shrink to a fifth and less, at a cost far
below that of reading them from a disk. The time that a compile took is kept with its output.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

from wic_runtimes.contract import CompileOutput, Outcome

_HEAD: Final = struct.Struct(">?iIIdd")
"""Whether there is an exit code, the exit code, bytes of stdout, of stderr, seconds compiled and in all."""
_PLAIN: Final = b"\0"
_DEFLATED: Final = b"\1"
_LEVEL: Final = 1
_WORTH_IT_BYTES: Final = 256


def pack(output: CompileOutput) -> bytes:
    """Return an output that FINISHED as bytes. Raises ValueError for any other: it is never kept."""
    if output.outcome is not Outcome.FINISHED:
        raise ValueError(f"an output that is {output.outcome.value} is not kept")
    code = output.exit_code
    head = _HEAD.pack(
        code is not None,
        code or 0,
        len(output.stdout),
        len(output.stderr),
        output.compile_s,
        output.total_s,
    )
    words = output.stdout + output.stderr
    if len(words) >= _WORTH_IT_BYTES:
        deflated = zlib.compress(words, _LEVEL)
        if len(deflated) < len(words):
            return _DEFLATED + head + deflated
    return _PLAIN + head + words


def unpack(body: bytes) -> CompileOutput:
    """Return the output that was packed. Raises ValueError for bytes that `pack` did not make."""
    kind, rest = body[:1], body[1 + _HEAD.size :]
    try:
        has_code, code, out, err, compile_s, total_s = _HEAD.unpack_from(body, 1)
        words = _inflate(rest, out + err) if kind == _DEFLATED else rest
    except (struct.error, zlib.error) as exc:
        raise ValueError(f"these bytes are no packed output: {exc}") from exc
    if kind not in {_PLAIN, _DEFLATED} or len(words) != out + err:
        raise ValueError("these bytes are no packed output: they have another length")
    return CompileOutput(
        Outcome.FINISHED, code if has_code else None, words[:out], words[out:], compile_s, total_s
    )


def _inflate(deflated: bytes, size: int) -> bytes:
    """Inflate to at most `size` bytes and one more, whatever the bytes say of themselves."""
    inflater = zlib.decompressobj()
    words = inflater.decompress(deflated, size + 1)
    if not inflater.eof or inflater.unused_data:
        raise zlib.error("they do not end where they should")
    return words
