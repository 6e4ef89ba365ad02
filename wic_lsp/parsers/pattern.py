"""Turn what a user's patterns found in a compiler's output into findings.

The patterns are not matched here: the user wrote them, the output may be anybody's, and a regular expression
can take for ever while nothing else runs in its process. `matching` has that done apart, and hands over what
came of it, in JSON: each match's groups, in the order of the output. Nothing here raises on any of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.documents import Json, decode_value, elements, member, text_of
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.placing import Ruler
from wic_lsp.parsers.remarks import WORDLESS, Point, Remark, Report, Spot
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import LineRule
from wic_lsp.toolchains.reading import Reading

_DIGITS = 9


def parse_matches(reading: Reading, matches: bytes, _nothing: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what the patterns found; where they could not be matched to the end, an error says so."""
    found = decode_value(matches.decode("utf-8", "replace"), 0).value
    remarks = list(_gather(reading, elements(found, "matches"), sources))
    failure = text_of(found, "failure") if found is not None else "nothing came of it"
    if failure:
        remarks.append(Remark(Severity.ERROR, f"The compiler's output could not be read: {failure}."))
    return to_findings(Report(tuple(remarks)), sources, Ruler(LineRule.LF, reading.columns))


def _gather(reading: Reading, matches: list[Json], sources: Sources) -> Iterator[Remark]:
    """Yield the messages with the notes that follow them; a note that follows none stands by itself."""
    last: Remark | None = None
    for match in matches:
        groups = member(match, "groups")
        word = text_of(groups, "severity")
        is_note = member(match, "is_note") is True
        grade = None if is_note else reading.grade(word)
        remark = Remark(
            severity=Severity.INFORMATION if grade is None else grade,
            message=text_of(groups, "message").strip() or WORDLESS,
            spot=_read_spot(reading, groups, sources),
            code=text_of(groups, "code") or None,
        )
        if grade is None and last is not None:
            last = replace(last, notes=(*last.notes, remark))
            continue
        if last is not None:
            yield last
        last = remark
    if last is not None:
        yield last


def _read_spot(reading: Reading, groups: Json, sources: Sources) -> Spot | None:
    """Return where a match points; it is in the file that was compiled where it names none."""
    line = _number(groups, "line")
    if not line:
        return None
    file = text_of(groups, "file") or sources.main
    column = _column(reading, groups, "column")
    if not column:
        return Spot(file, Point(line, 0))
    start = Point(line, column)
    end_line, end_column = _number(groups, "end_line") or line, _column(reading, groups, "end_column")
    if not end_column:
        return Spot(file, start)
    return Spot(file, start, start, Point(end_line, end_column + reading.ends_on_last))


def _column(reading: Reading, groups: Json, name: str) -> int:
    """Return a column, from one; 0 where there is none."""
    number = _number(groups, name)
    return 0 if number is None else reading.count(number)


def _number(groups: Json, name: str) -> int | None:
    digits = text_of(groups, name)
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS
    return int(digits) if is_number else None
