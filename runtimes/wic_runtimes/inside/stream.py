"""What comes out of a container on stdout and on stderr: whose words they are, kept and counted. Pure.

The script inside writes lines of its own before the compiler's first byte and a mark after its last one. A
`Reader` takes them off and tells them apart from everything that a compiler could write: the first lines come
before it begins, and the mark is told to nobody inside but the script. So whether the compiler began, and
whether it ended, is known at once, and no byte of that is a part of its output.

What is compiled may run code, and under the machine's own kernel that can read the mark in the script's
memory. It can then say of itself how it ended, as it could by ending so, and nothing else: what stands after
a mark and is not a script's last word is output like any other, and counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from wic_runtimes.inside.script import (
    BEGUN,
    MACHINE_COUNTER,
    NO_LIMITS,
    NO_PROGRAM,
    NO_TAR,
    NOT_UNPACKED,
    READY,
)

STDOUT: Final = 1
STDERR: Final = 2
"""The streams' numbers, which every engine uses."""

_FIRST_LINES: Final = (READY, BEGUN, NO_PROGRAM, NO_TAR, NOT_UNPACKED, NO_LIMITS)
_LONGEST: Final = max(map(len, _FIRST_LINES))
_LAST_WORDS: Final = re.compile(rb"[ -~]{0,400}\n?")
"""What may stand after the mark, or begin to: at most a line, and nothing after it."""

_TOLD: Final = re.compile(rb" ([0-9]{1,3}) ([!-~]+) ([!-~]+)\n")


@dataclass(frozen=True, slots=True)
class Trailer:
    """What the script said of the compiler's end. 128+N is a death by signal N.

    `was_memory` says whether something inside was killed for memory; None where that is not known, since
    something on the machine was (`was_somebody`), or nobody counts.
    """

    exit_code: int
    was_memory: bool | None
    was_somebody: bool = False


class Reader:
    """Takes what comes of both streams as it comes. `limit` bounds both outputs together, in bytes.

    `mark` is what the script was told to end with; without one, all is the compiler's from the first byte to
    the stream's end. `is_ready` says that the script waits for its job or has got it, `said` is what it said
    of the job, None until then. It writes nothing to stderr but the mark.
    """

    def __init__(self, limit: int, mark: str = "") -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.said: bytes | None = None
        self.has_begun = not mark
        self.is_ready = False
        self.is_over = False
        self._limit = limit
        self._mark = mark.encode()
        self._prologue = bytearray()
        self._held = {STDOUT: bytearray(), STDERR: bytearray()}

    @property
    def has_mark(self) -> bool:
        """Whether a script inside is to tell of the compiler's beginning and end."""
        return bool(self._mark)

    @property
    def trailer(self) -> Trailer | None:
        """What was said of the compiler's end; None until all of both outputs is here."""
        stdout = self._held[STDOUT]
        if not (self._mark and stdout.startswith(self._mark) and self._held[STDERR] == self._mark + b"\n"):
            return None
        told = _TOLD.fullmatch(stdout, len(self._mark))
        if told is None:
            return None
        code, before, after = (word.decode() for word in told.groups())
        return _compare(int(code), before, after)

    def take(self, kind: int, payload: bytes) -> None:
        """Take what comes next on one stream; sets `is_over` when the compiler wrote more than it may."""
        if kind == STDOUT and not self.has_begun:
            payload = self._take_first_lines(payload)
        if kind in self._held and payload:
            self._hold(kind, payload)

    def finish(self) -> None:
        """Take the stream's end: what could have become the mark and did not was the compiler's."""
        if self.trailer is None:
            for kind, held in self._held.items():
                self._keep(kind, bytes(held))
                held.clear()

    def _take_first_lines(self, payload: bytes) -> bytes:
        """Take the script's own lines off; returns what follows them."""
        if self.said is not None:
            return b""
        self._prologue += payload
        while self.said is None:
            line, end, rest = bytes(self._prologue).partition(b"\n")
            if not end and len(line) <= _LONGEST:
                return b""
            self._prologue = bytearray(rest)
            if line + end == READY and not self.is_ready:
                self.is_ready = True
            else:
                self.said = line + end
        self.has_begun = self.said == BEGUN
        return bytes(self._prologue) if self.has_begun else b""

    def _hold(self, kind: int, payload: bytes) -> None:
        """Keep what is the compiler's for certain, and hold back what is, or could become, the script's."""
        held = self._held[kind]
        held += payload
        at = _find_last_words(held, self._mark)
        self._keep(kind, bytes(held[:at]))
        del held[:at]

    def _keep(self, kind: int, payload: bytes) -> None:
        kept = self.stdout if kind == STDOUT else self.stderr
        room = self._limit - len(self.stdout) - len(self.stderr)
        kept += payload[:room] if room > 0 else b""
        self.is_over = self.is_over or len(payload) > room


def _compare(exit_code: int, before: str, after: str) -> Trailer:
    """Say whether something inside was killed for memory, from two counts, each with who counted."""
    counter, _, first = before.partition(":")
    same, _, last = after.partition(":")
    if counter != same or not (first.isdecimal() and last.isdecimal()):
        return Trailer(exit_code, was_memory=None)
    if first == last:
        return Trailer(exit_code, was_memory=False)
    if counter == MACHINE_COUNTER:
        return Trailer(exit_code, was_memory=None, was_somebody=True)
    return Trailer(exit_code, was_memory=True)


def _find_last_words(data: bytearray, mark: bytes) -> int:
    """Return where the mark stands as the last, or where at the end of the data its beginning could stand."""
    if not mark:
        return len(data)
    at = data.rfind(mark)
    if at >= 0 and _LAST_WORDS.fullmatch(data, at + len(mark)):
        return at
    lengths = range(min(len(mark) - 1, len(data)), 0, -1)
    return len(data) - next((length for length in lengths if data.endswith(mark[:length])), 0)
