"""One word of what an author says beside the code, and how it is told that it means nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wic_lsp.model import Edit, Finding, Fix, Place, Range, Severity

PROBLEM_CODE: Final = "wic-attribute"


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its place."""

    text: str
    range: Range


def mistake(word: Word, message: str, meant: str | None = None) -> Finding:
    """Return what is wrong about a word, where it stands; `meant` is what could be written in its place."""
    hint = f" Did you mean '{meant}'?" if meant else ""
    fixes = (Fix(f"Write '{meant}'", (Edit(word.range, meant),), is_sure=False),) if meant else ()
    return Finding(Severity.ERROR, message + hint, Place(None, word.range), code=PROBLEM_CODE, fixes=fixes)
