"""What a session knows of each of its open documents, and what it tells those who wait for a result.

Values and bookkeeping; when to check, and whom to tell, is decided in `session`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Final

from lsprotocol import types

from wic_lsp.lsp.present import Shown
from wic_lsp.model import CheckResult

CANCELLED: Final = CheckResult(
    reason="You cancelled the check.", remedy="Edit the text or run the command Check Now."
)
BROKEN: Final = CheckResult(reason="wic itself failed.", remedy="Its log says more.")
"""What is shown where our own code raised what it should not."""


class Superseded(Exception):  # noqa: N818 - no error: the text has changed meanwhile
    """The awaited result will not come: the document has changed, or it is not open any more.

    `may_ask_again` says whether there is another result to wait for.
    """

    def __init__(self, *, may_ask_again: bool) -> None:
        super().__init__(may_ask_again)
        self.may_ask_again = may_ask_again


class Withheld(Exception):  # noqa: N818 - no error: the user wants it so
    """There is no result to wait for: the text is not compiled, since the user does not want it now."""


@unique
class Status(StrEnum):
    """How far a document's check is, in a word for whoever shows it; the values are the wire's.

    FAILED is what was not compiled, or not to its end; CHECKED is all else that has a result.
    """

    CHECKING = "checking"
    CHECKED = "checked"
    FAILED = "failed"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of one version of a document. `id` differs from result to result."""

    id: str
    version: int
    results: tuple[CheckResult, ...]
    shown: tuple[Shown, ...]

    @property
    def diagnostics(self) -> tuple[types.Diagnostic, ...]:
        """What the client shows."""
        return tuple(one.diagnostic for one in self.shown)

    @property
    def status(self) -> Status:
        """What came of it, in a word."""
        return status_of(self.results)

    @property
    def reason(self) -> str:
        """Why something was not compiled, or not to its end; empty where all was."""
        return next((one.reason for one in self.results if not one.is_complete), "")

    @property
    def lacks_image(self) -> bool:
        """Whether something was not compiled for want of an image."""
        return any(one.missing_image for one in self.results)


def status_of(results: tuple[CheckResult, ...]) -> Status:
    """Say in a word what came of a check."""
    if results and all(one.is_withheld for one in results):
        return Status.WITHHELD
    is_whole = all(one.is_complete or one.is_withheld for one in results)
    return Status.CHECKED if is_whole else Status.FAILED


@dataclass(slots=True)
class DocumentState:
    """What the session keeps for one open document.

    `withheld` is why its text is not compiled, whether or not that was told; None where it is or will be.
    `was_told` says that its client has had a result for it, `is_asked` that the user wants one.
    """

    checked: Checked | None = None
    withheld: CheckResult | None = None
    was_told: bool = False
    is_asked: bool = False
    has_lenses: bool = False
    is_old: bool = False
    waiters: list[tuple[int, asyncio.Future[Checked]]] = field(default_factory=list)

    def answer_waiters(self, checked: Checked) -> None:
        """Give those that wait what they wait for."""
        for _, future in self.waiters:
            if not future.done():
                future.set_result(checked)
        self.waiters.clear()

    def drop_waiters(self, version: int | None, *, may_ask_again: bool) -> None:
        """Tell those that wait for another version than `version` that it will not come."""
        for wanted, future in self.waiters:
            if wanted != version and not future.done():
                future.set_exception(Superseded(may_ask_again=may_ask_again))
        self.waiters = [(wanted, future) for wanted, future in self.waiters if wanted == version]

    def refuse_waiters(self, why: CheckResult) -> None:
        """Tell those that wait that nothing is compiled."""
        self.withheld = why
        for _, future in self.waiters:
            if not future.done():
                future.set_exception(Withheld(why.reason))
        self.waiters.clear()
