"""What a compiler said, in the compiler's own terms: the values between reading and placing.

Each parser reads its compiler's output into Remarks; `findings` alone turns Remarks into Findings. So
whatever is hard about places (`#line`, headers, macros, units) is solved once for every compiler. Lines
and columns here are the compiler's, from one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from wic_lsp.model import Severity

UNREADABLE: Final = "The compiler said something that could not be read."
"""A message whose words are not there, or not where its compiler puts them: never nothing."""

WORDLESS: Final = "The compiler said something without words."
"""The same of a compiler that the user told us how to read."""


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A compiler's line and column, both from one; column 0 where it named a line only."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a compiler points: a file by the compiler's name for it, a caret, and a range if it gave one.

    `end` is exclusive. `caret` and `file` are as the compiler presumes them, that is after `#line`;
    `is_physical` says that `start` and `end` are lines of the real file all the same.
    """

    file: str
    caret: Point
    start: Point | None = None
    end: Point | None = None
    is_physical: bool = False


@dataclass(frozen=True, slots=True)
class Replacement:
    """One fix-it: replace from `start` up to, not including, `end` of `file` by `text`."""

    file: str
    start: Point
    end: Point
    text: str
    is_physical: bool = False


@dataclass(frozen=True, slots=True)
class Includer:
    """One step of the way that a header was reached by: line `line` of `file` includes it."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Remark:
    """One message of a compiler. `notes` are what it added; `chain` is how its file was included.

    `hedges` when the compiler is guessing, so that its fix-its are not sure to be meant. A note's are never
    sure unless it `is_sure`.
    """

    severity: Severity
    message: str
    spot: Spot | None = None
    code: str | None = None
    code_url: str | None = None
    notes: tuple[Remark, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    chain: tuple[Includer, ...] = ()
    hedges: bool = False
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run of a compiler said.

    `was_stopped` when the compiler gave up after too many errors. `openers` maps a header to the header
    that the main file itself includes to reach it, with its rank among those: GCC's `-H`.
    """

    remarks: tuple[Remark, ...]
    was_stopped: bool = False
    openers: tuple[Opener, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Opener:
    """A header that the main file itself includes, and every header that was first opened through it."""

    file: str
    opened: frozenset[str]
