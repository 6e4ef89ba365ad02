"""Put what was gathered into a plan, and tell the user what was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from wic_lsp.companions.gather import Gathered, LeftOut, Refusal
from wic_lsp.model import CheckResult, Companion, Finding, Note, Place, Position, Range, Severity, Snippet
from wic_lsp.positions import line_content, split_lines

_TOP: Final = Range(Position(0, 0), Position(0, 0))
_MOST_TOLD: Final = 20
_CODE: Final = "left-out"


def join_snippet(snippet: Snippet, gathered: Gathered) -> Snippet:
    """Return the snippet with the files that go with it, at its place among them."""
    return replace(snippet, name=gathered.name, companions=gathered.files)


def join_result(result: CheckResult, gathered: Gathered, text: str) -> CheckResult:
    """Return the result of such a snippet: what was compiled with it, and what was left out.

    Files are named as they lie from the document's folder. What was found in one, and shown at the top since
    the compiler did not say what led there, is shown where the document names it. That a file is not open is
    told only where the compiler missed something. `text` is the snippet's.
    """
    by_file = {
        file.path: companion for file, companion in zip(gathered.files, gathered.companions, strict=True)
    }
    top = Range(Position(0, 0), Position(0, len(line_content(split_lines(text)[0]))))
    findings = tuple(_join_finding(finding, by_file, top) for finding in result.findings)
    told = [one for one in gathered.left_out if one.why is not Refusal.CLOSED or result.has_error]
    return replace(result, findings=(*tell(told), *findings), companions=gathered.companions)


def _join_finding(finding: Finding, by_file: Mapping[str, Companion], top: Range) -> Finding:
    notes = tuple(_join_note(note, by_file) for note in finding.notes)
    if finding.origin is None:
        return replace(finding, notes=notes)
    companion = by_file.get(finding.origin.file or "")
    place = finding.place
    if companion is not None and companion.via is not None and place == Place(None, top):
        place = Place(None, companion.via)
    return replace(finding, notes=notes, place=place, origin=_join_place(finding.origin, by_file))


def _join_note(note: Note, by_file: Mapping[str, Companion]) -> Note:
    if note.place is None or note.place.file not in by_file:
        return note
    place = _join_place(note.place, by_file)
    message = note.message
    if message.startswith(f"in {note.place.file}:"):
        message = f"in {place.file}{message.removeprefix(f'in {note.place.file}')}"
    return Note(message, place)


def _join_place(place: Place, by_file: Mapping[str, Companion]) -> Place:
    companion = by_file.get(place.file or "")
    return place if companion is None else Place(companion.path, place.range)


def tell(left_out: Sequence[LeftOut]) -> tuple[Finding, ...]:
    """Return an information for each file that does not travel, where the document leads to it."""
    told = [_inform(f"'{one.said}' is left out. {one.why.say()}", one.range) for one in left_out[:_MOST_TOLD]]
    more = len(left_out) - len(told)
    if more > 0:
        told.append(_inform(f"{more} more files are left out. {left_out[-1].why.say()}", None))
    return tuple(told)


def _inform(message: str, range_: Range | None) -> Finding:
    return Finding(Severity.INFORMATION, message, Place(None, range_ or _TOP), code=_CODE)
