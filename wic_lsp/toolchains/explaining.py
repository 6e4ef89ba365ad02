"""How a compiler is asked for its long explanation of a code, as `rustc --explain E0382`.

What is asked goes into an argument vector, so it must be a code of the compiler's, whole, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_NOTHING: Final = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Explaining:
    """The words that ask for an explanation, with {code} in them, and the pattern of what can be asked for.

    An explanation is Markdown. `fences` is what it marks the blocks of its own language with, and `highlight`
    what editors know them by instead.
    """

    argv: tuple[str, ...]
    pattern: re.Pattern[str]
    fences: re.Pattern[str] = _NOTHING
    highlight: str = ""

    def words_for(self, code: str | None) -> tuple[str, ...] | None:
        """Return the words for a code; None where it is not one that is explained."""
        if code is None or self.pattern.fullmatch(code) is None:
            return None
        return tuple(word.format(code=code) for word in self.argv)


def parse_explaining(entry: Mapping[str, Any] | None) -> Explaining | None:
    """Turn a family's table into a value. Raises KeyError or re.error where it is wrong."""
    if entry is None:
        return None
    fences = re.compile(entry["fences"]) if "fences" in entry else _NOTHING
    pattern = re.compile(entry["pattern"], re.ASCII)
    return Explaining(tuple(entry["argv"]), pattern, fences, entry.get("highlight", ""))
