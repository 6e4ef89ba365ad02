"""Several toolchains for one snippet: what they agree on is said once, what they do not, with who says it.

Two findings agree when they have the same severity, the same message and begin at the same place of the same
file. Messages that differ only in their quotation marks (GCC's change with its locale) are the same. Not
looked at are codes, since a compiler may name later what it has long said, and where a range ends, since it
may learn to point more narrowly: what is shown of both is the first toolchain's. Nothing else is taken for
the same, however alike it sounds, and two findings of one toolchain never are.

Values and pure functions; the editor, the hover and the reports decide how they look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, unique
from itertools import groupby
from typing import Final, TypeAlias

from wic_lsp.model import CheckResult, Finding, Fix, Position, Range, Severity

NO_TOOLCHAIN: Final = "no compiler"

_QUOTES: Final = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_TOP: Final = Position(0, 0)
_Key: TypeAlias = Callable[[Finding], Hashable]
_Said: TypeAlias = dict[int, Finding]
"""A finding as each toolchain gives it, by the toolchain's number in its group."""


@dataclass(frozen=True, slots=True)
class Group:
    """The results of one snippet, one for each toolchain; `block` is that of all of them."""

    block: Range | None
    results: tuple[CheckResult, ...]

    @property
    def is_matrix(self) -> bool:
        """Whether there is more than one to compare."""
        return len(self.results) > 1


@dataclass(frozen=True, slots=True)
class Merged:
    """A finding with the toolchains that say it, and their results, in their order.

    `is_unanimous` when every toolchain that ran to its end says it.
    """

    finding: Finding
    toolchains: tuple[str, ...]
    is_unanimous: bool
    results: tuple[CheckResult, ...]

    @property
    def only(self) -> str:
        """Who alone says it, as "only gcc-11, clang-14"; empty where all do."""
        return "" if self.is_unanimous else f"only {', '.join(self.toolchains)}"

    @property
    def message(self) -> str:
        """The finding's message, with who alone says it at the end of its first line."""
        if self.is_unanimous:
            return self.finding.message
        first, *rest = self.finding.message.split("\n")
        return "\n".join([f"{first} ({self.only})", *rest])


@unique
class Verdict(Enum):
    """What became of a snippet on one toolchain, in a word."""

    PASSES = "passes"
    WARNS = "warns"
    FAILS = "fails"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class Row:
    """One toolchain's line of the table; `text` is one line, and says why where it did not run to its end."""

    toolchain: str
    verdict: Verdict
    text: str

    @property
    def short(self) -> str:
        """The text without the reason."""
        return self.text.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Table:
    """What became of several snippets: for each a name, and a cell for each toolchain.

    A cell is None where the toolchain was not asked for.
    """

    toolchains: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Row | None, ...]], ...]


def group_results(results: Iterable[CheckResult]) -> tuple[Group, ...]:
    """Put together the results of each snippet, as `plans.carry_out` gives them one after the other.

    A result that only says again what the same toolchain has said is left out: it was asked for by two names.
    """
    return tuple(
        Group(block, _without_repeats(of_one)) for block, of_one in groupby(results, lambda one: one.block)
    )


def compared(results: Iterable[CheckResult]) -> tuple[Group, ...]:
    """Return the groups whose table is worth showing: of several toolchains, or of a compiled block."""
    return tuple(
        group
        for group in group_results(results)
        if group.is_matrix or (group.block is not None and group.results[0].toolchain is not None)
    )


def merge(group: Group) -> tuple[Merged, ...]:
    """Return what the toolchains say, each finding once.

    What one toolchain alone has to say is in its order. What several have is in the order of the places;
    something in another file counts where a note of it leads to it, else as the first line.
    """
    if not group.is_matrix:
        return tuple(alone(result, finding) for result in group.results for finding in result.findings)
    said: list[_Said] = []
    for number, result in enumerate(group.results):
        _add(said, number, result.findings)
    finished = {number for number, result in enumerate(group.results) if result.is_complete}
    found = [_to_merged(one, group.results, finished) for one in said]
    has_one_order = sum(bool(result.findings) for result in group.results) <= 1
    return tuple(found if has_one_order else sorted(found, key=lambda one: _start(one.finding)))


def alone(result: CheckResult, finding: Finding) -> Merged:
    """Return a finding of one result that is not compared with others."""
    return Merged(finding, _names((result,)), is_unanimous=True, results=(result,))


def rows(group: Group) -> tuple[Row, ...]:
    """Return the table's line of each toolchain, in their order."""
    return tuple(
        Row(result.toolchain or NO_TOOLCHAIN, verdict_of(result), describe(result))
        for result in group.results
    )


def tabulate(named: Sequence[tuple[str, Group]]) -> Table:
    """Return the table of several snippets, each with its name; its columns are in the order of mention."""
    mentioned = dict.fromkeys(row.toolchain for _, group in named for row in rows(group))
    toolchains = tuple(name for name in mentioned if name != NO_TOOLCHAIN)
    return Table(toolchains, tuple((name, tuple(_cells(group, toolchains))) for name, group in named))


def _cells(group: Group, toolchains: Sequence[str]) -> Iterator[Row | None]:
    """Yield a cell for each toolchain; what had none at all was compiled on none of them."""
    of = {row.toolchain: row for row in rows(group)}
    for name in toolchains:
        yield of.get(name, of.get(NO_TOOLCHAIN))


def verdict_of(result: CheckResult) -> Verdict:
    """Say in a word what became of it; what did not run to its end passes never."""
    severities = {finding.severity for finding in result.findings}
    if not result.is_complete:
        return Verdict.NOT_RUN
    if Severity.ERROR in severities:
        return Verdict.FAILS
    return Verdict.WARNS if Severity.WARNING in severities else Verdict.PASSES


def describe(result: CheckResult) -> str:
    """Say in a line what became of it: "passes", "2 errors, 1 warning", or why it did not run to its end."""
    if not result.is_complete:
        what = "not compiled" if result.outcome is None else "stopped"
        reason = " ".join(result.reason.split()).removesuffix(".")
        return f"{what}: {reason}" if reason else what
    counts = Counter(finding.severity for finding in result.findings)
    said = [say_count(counts[Severity.ERROR], "error"), say_count(counts[Severity.WARNING], "warning")]
    return ", ".join(filter(None, said)) or "passes"


def say_count(number: int, noun: str) -> str:
    """Say how many there are, as "2 errors"; empty for none."""
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def _add(said: list[_Said], number: int, findings: Sequence[Finding]) -> None:
    """Add a toolchain's findings to what others said: to what is the very same first, then to what agrees."""
    left = _pair(said, number, findings, _exact)
    said += [{number: finding} for finding in _pair(said, number, left, _loose)]


def _pair(said: list[_Said], number: int, findings: Sequence[Finding], key: _Key) -> list[Finding]:
    """Add each finding to one that has the same key and no other of this toolchain; return the others."""
    open_: dict[Hashable, list[_Said]] = {}
    for one in said:
        if number not in one:
            open_.setdefault(key(next(iter(one.values()))), []).append(one)
    left = []
    for finding in findings:
        fitting = open_.get(key(finding))
        if fitting:
            fitting.pop(0)[number] = finding
        else:
            left.append(finding)
    return left


def _loose(finding: Finding) -> Hashable:
    place = finding.place
    return finding.severity, finding.message.translate(_QUOTES), place.file, place.range.start


def _exact(finding: Finding) -> Hashable:
    return finding.severity, finding.message, finding.place, finding.code


def _to_merged(said: _Said, results: Sequence[CheckResult], finished: set[int]) -> Merged:
    findings = list(said.values())
    first = findings[0]
    found = replace(
        first,
        code=next((one.code for one in findings if one.code), None),
        code_url=next((one.code_url for one in findings if one.code), None),
        notes=next((one.notes for one in findings if one.notes), ()),
        fixes=_agree_on_fixes(findings),
    )
    sayers = tuple(results[number] for number in said)
    return Merged(found, _names(sayers), finished <= said.keys(), sayers)


def _agree_on_fixes(findings: Sequence[Finding]) -> tuple[Fix, ...]:
    """Return the first's fixes; one is sure where all that offer any offer it, and are sure of it."""
    offers = [one.fixes for one in findings if one.fixes]
    if not offers:
        return ()

    def all_are_sure(fix: Fix) -> bool:
        return all(any(other.edits == fix.edits and other.is_sure for other in offered) for offered in offers)

    return tuple(replace(fix, is_sure=fix.is_sure and all_are_sure(fix)) for fix in offers[0])


def _without_repeats(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    kept: list[CheckResult] = []
    for result in results:
        said = (result.toolchain, result.outcome, result.findings, result.reason)
        if said not in [(one.toolchain, one.outcome, one.findings, one.reason) for one in kept]:
            kept.append(result)
    return tuple(kept)


def _names(results: Iterable[CheckResult]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.toolchain for one in results if one.toolchain))


def _start(finding: Finding) -> Position:
    places = [finding.place, *(note.place for note in finding.notes if note.place is not None)]
    return next((place.range.start for place in places if place.file is None), _TOP)
