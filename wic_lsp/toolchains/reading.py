"""How what a compiler writes is read by a parser that is made for no compiler in particular.

The parsers for one compiler know all of this by themselves. Those for any (`gcc-text`, `pattern`) are told it
by a dialect of the family's file, in the words that are read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from wic_lsp.model import Severity
from wic_lsp.positions import ColumnUnit

NOTE: Final = "note"
GRADES: Final[Mapping[str, Severity | None]] = MappingProxyType(
    {
        "error": Severity.ERROR,
        "warning": Severity.WARNING,
        "information": Severity.INFORMATION,
        "hint": Severity.HINT,
        NOTE: None,
    }
)
"""What a compiler's word can mean, by our words. A note, None, adds to the message before it."""

COLUMNS: Final[Mapping[str, ColumnUnit]] = MappingProxyType(
    {"bytes": ColumnUnit.BYTE, "code points": ColumnUnit.CODE_POINT, "utf-16": ColumnUnit.UTF16}
)
"""What a compiler's columns can count, by our words."""

AFTER: Final = "after"
LAST: Final = "last"
"""Whether a compiler names the column after a range, or the last one in it."""

_USUAL: Final[Mapping[str, Severity | None]] = MappingProxyType(
    {
        **GRADES,
        "fatal": Severity.ERROR,
        "fatal error": Severity.ERROR,
        "internal compiler error": Severity.ERROR,
        "panic": Severity.ERROR,
        "critical": Severity.ERROR,
        "warn": Severity.WARNING,
        "info": Severity.INFORMATION,
        "remark": Severity.INFORMATION,
        "debug": Severity.INFORMATION,
    }
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What such a parser is told.

    `columns` is what the compiler's columns count, `first_column` the number of a line's first, and
    `ends_on_last` says that a range ends with the last column in it. `severities` goes from the compiler's
    words, in small letters, to what they mean; the empty word is for messages without one. `pattern` finds a
    message with its named groups, and `note_pattern` what adds to the message before.
    """

    columns: ColumnUnit = ColumnUnit.BYTE
    first_column: int = 1
    ends_on_last: bool = False
    severities: Mapping[str, Severity | None] = field(default_factory=lambda: _USUAL)
    pattern: re.Pattern[str] | None = None
    note_pattern: re.Pattern[str] | None = None

    def count(self, column: int) -> int:
        """Return a column as counted from one, by the compiler's own number for it; 0 is none."""
        return max(column + 1 - self.first_column, 0)

    def grade(self, word: str | None) -> Severity | None:
        """Return what a compiler's word means: any other is an error, so that no error is taken for less."""
        return self.severities.get((word or "").lower(), Severity.ERROR)


def parse_reading(entry: Mapping[str, Any]) -> Reading:
    """Turn what a dialect says of it into a value. Raises KeyError or re.error where that is wrong."""

    def pattern(name: str) -> re.Pattern[str] | None:
        return re.compile(entry[name], re.MULTILINE) if name in entry else None

    own = {word.lower(): GRADES[meaning] for word, meaning in entry.get("severities", {}).items()}
    return Reading(
        columns=COLUMNS[entry.get("columns", "bytes")],
        first_column=entry.get("first_column", 1),
        ends_on_last=entry.get("end_column", AFTER) == LAST,
        severities=MappingProxyType({**_USUAL, **own}),
        pattern=pattern("pattern"),
        note_pattern=pattern("note_pattern"),
    )
