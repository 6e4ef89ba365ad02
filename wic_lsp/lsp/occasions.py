"""On which occasions a document is compiled, as its user wants (`wic.when`), and what is said else.

A text that is not compiled must not look like one that is clean, nor may what was found in an older text
stand where it is not. So it is told by one hint, or, where nothing was ever told of the document, not at all:
never by an empty list. Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, unique
from typing import Final

from wic_lsp.config import When
from wic_lsp.model import CheckResult
from wic_lsp.plans import Plan


@unique
class Occasion(Enum):
    """Why a document may have to be compiled now.

    The first three are of the document, or of a file that it needs. ASKED is the user's own command,
    SURROUNDINGS all else: other settings, folders, files on the disk.
    """

    OPENED = "opened"
    EDITED = "edited"
    SAVED = "saved"
    ASKED = "asked"
    SURROUNDINGS = "surroundings"


_EVERY: Final = frozenset(Occasion)
_DUE: Final[Mapping[When, frozenset[Occasion]]] = {
    When.ALWAYS: _EVERY,
    When.SAVE: _EVERY - {Occasion.EDITED},
    When.COMMAND: frozenset({Occasion.ASKED}),
    When.OTHER_TOOLCHAINS: _EVERY,
}
_SAVE: Final = "save to check."
_ASK: Final = "run the command Check Now."


def is_due(when: When, occasion: Occasion) -> bool:
    """Whether a document is compiled on that occasion."""
    return occasion in _DUE[when]


def is_told(when: When, *, was_told: bool) -> bool:
    """Whether to say that a text is not compiled: not of a document of which nothing was ever said.

    With SAVE it is always said: whoever saves is told of what was compiled.
    """
    return was_told or when is When.SAVE


def withhold(when: When, occasion: Occasion, *, is_own: bool) -> CheckResult:
    """Return the result of a text that is not compiled. `is_own` unless the occasion is another file's."""
    remedy = _SAVE if when is When.SAVE else _ASK
    since = ""
    if occasion is Occasion.SURROUNDINGS:
        since = " since the settings or the workspace changed"
    elif not is_own:
        since = " since a file that it needs changed"
    elif occasion is Occasion.EDITED:
        since = " since the edit"
    return CheckResult(reason=f"Not checked{since}", remedy=remedy, is_withheld=True)


def separate(when: When, plans: Sequence[Plan]) -> tuple[tuple[Plan, ...], tuple[CheckResult, ...]]:
    """Return what of a document is compiled, and the result of what is not: one for all of it, at the first.

    What is wrong about what the document says of itself is told in any case.
    """
    if when is not When.OTHER_TOOLCHAINS:
        return tuple(plans), ()
    wanted = tuple(one for one in plans if one.is_chosen or one.is_skipped)
    left = [one for one in plans if not (one.is_chosen or one.is_skipped)]
    if not left:
        return wanted, ()
    first = left[0].block
    what = "this text" if first is None else "this block"
    if len(left) > 1:
        what += f" and {len(left) - 1} more"
    result = CheckResult(
        findings=tuple(problem for one in left for problem in one.problems),
        reason=f"Not checked: nobody named a toolchain for {what}, and wic.when is '{when}'.",
        block=first.openings[0] if first is not None else None,
        is_withheld=True,
    )
    return wanted, (result,)


def is_silent(results: Sequence[CheckResult], *, was_told: bool) -> bool:
    """Whether nothing is said of a document: nothing of it was compiled, and nothing was ever said of it."""
    has_news = any(not one.is_withheld or one.findings for one in results)
    return bool(results) and not has_news and not was_told
