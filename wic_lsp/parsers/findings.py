"""Turn what a compiler said into what the user is shown: Remarks into Findings.

Decides where each one is shown, what its notes are and which of its fix-its can be applied. The same for
every compiler; what differs between them was settled when the Remarks were made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from wic_lsp.model import Edit, Finding, Fix, Note, Place, Range
from wic_lsp.parsers.flood import describe_cut, keep_most_grave
from wic_lsp.parsers.placing import Placer, Ruler
from wic_lsp.parsers.remarks import Remark, Replacement, Report
from wic_lsp.parsers.sources import Sources

_LONGEST_IN_TITLE = 40
_MOST_NOTES = 100
_REQUESTED = re.compile(
    r"requested here|required (?:from|by)|in instantiation of|while substituting|in call to"
    r"|referenced by|called (?:from|at comptime) here|file imported here"
)


def to_findings(report: Report, sources: Sources, ruler: Ruler) -> tuple[Finding, ...]:
    """Return the report's findings in its order, at most 101 of them."""
    placer = Placer(sources, ruler, report.openers)
    findings = tuple(_to_finding(remark, placer) for remark in keep_most_grave(report.remarks))
    place = findings[-1].place if findings else placer.top
    return (*findings, *describe_cut(len(report.remarks), was_stopped=report.was_stopped, place=place))


def _to_finding(remark: Remark, placer: Placer) -> Finding:
    place, origin = _place(remark, placer)
    return Finding(
        severity=remark.severity,
        message=remark.message,
        place=place,
        code=remark.code,
        code_url=remark.code_url,
        notes=(*origin, *(_to_note(note, placer) for note in remark.notes[:_MOST_NOTES])),
        fixes=_settle(_fixes(remark, placer)),
        origin=origin[0].place if origin else None,
    )


def _place(remark: Remark, placer: Placer) -> tuple[Place, tuple[Note, ...]]:
    """Return where to show the remark, and a note that names its true place if that is not there."""
    spot = remark.spot
    if spot is None:
        return placer.top, ()
    range_ = placer.find_in_main(spot)
    if range_ is not None:
        return Place(None, range_), ()
    true_place = placer.describe(spot)
    numbers = (str(number) for number in (spot.caret.line, spot.caret.column) if number > 0)
    origin = Note(f"in {':'.join([true_place.file or spot.file, *numbers])}", true_place)
    range_ = _range_of_request(remark.notes, placer) or placer.find_include(spot.file, remark.chain)
    return placer.top if range_ is None else Place(None, range_), (origin,)


def _range_of_request(notes: Iterable[Remark], placer: Placer) -> Range | None:
    """Return the place in the snippet that made the compiler look into a header: a template's use, say."""
    for note in notes:
        if note.spot is not None and _REQUESTED.search(note.message):
            range_ = placer.find_in_main(note.spot)
            if range_ is not None:
                return range_
    return None


def _to_note(note: Remark, placer: Placer) -> Note:
    return Note(note.message.strip(), None if note.spot is None else placer.describe(note.spot))


def _fixes(remark: Remark, placer: Placer) -> Iterable[Fix]:
    """Yield the remark's own fix, then those of its notes, which the compiler only suggests."""
    edits = _edits(remark.replacements, placer)
    if edits:
        yield Fix(_title(edits, placer), edits, is_sure=not remark.hedges)
    for note in remark.notes[:_MOST_NOTES]:
        edits = _edits(note.replacements, placer)
        if edits:
            yield Fix(note.message.strip(), edits, is_sure=note.is_sure)


def _settle(fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Return each change once. Of several that are sure none is: which is meant is the user's to say."""
    kept: dict[tuple[Edit, ...], Fix] = {}
    for fix in fixes:
        same = kept.setdefault(fix.edits, fix)
        kept[fix.edits] = replace(same, is_sure=same.is_sure or fix.is_sure)
    is_settled = sum(fix.is_sure for fix in kept.values()) <= 1
    return tuple(fix if is_settled else replace(fix, is_sure=False) for fix in kept.values())


def _edits(replacements: tuple[Replacement, ...], placer: Placer) -> tuple[Edit, ...]:
    """Return the edits of one fix; none if any of them is outside of the snippet, or overlaps another."""
    edits = []
    for replacement in replacements:
        range_ = placer.find_replaced(replacement)
        if range_ is None:
            return ()
        edits.append(Edit(range_, replacement.text))
    ranges = sorted(edit.range for edit in edits)
    overlap = any(one.end > other.start for one, other in pairwise(ranges))
    return () if overlap else tuple(edits)


def _title(edits: tuple[Edit, ...], placer: Placer) -> str:
    """Say what the edits do: both of two, and the first of more."""
    first, *others = [_action(edit, placer) for edit in edits]
    if len(others) > 1:
        return f"{first} and {len(others)} more changes"
    if others and first.startswith("Insert "):
        return f"{first} and {others[0].removeprefix('Insert ')}"
    return " and ".join([first, *others])


def _action(edit: Edit, placer: Placer) -> str:
    old = _quote(placer.text_of(edit.range))
    new = _quote(edit.new_text)
    if not old:
        return f"Insert {new}"
    return f"Change {old} to {new}" if new else f"Remove {old}"


def _quote(text: str) -> str:
    text = " ".join(text.split()) or (text and " ")
    if len(text) > _LONGEST_IN_TITLE:
        text = text[: _LONGEST_IN_TITLE - 1] + "…"
    return text and f"'{text}'"
