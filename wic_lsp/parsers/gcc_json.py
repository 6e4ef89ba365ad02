"""Read GCC's `-fdiagnostics-format=json`: GCC 9 to 14.

One array of diagnostics on stderr, written when the compiler proper ends, with text before and after it.
Columns are bytes: `byte-column` since GCC 11, where plain `column` became a matter of display; before,
`column`. `finish` is inclusive. Source: GCC 14 manual, "Diagnostic Message Formatting Options".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.documents import Json, decode_elements, elements, member, number_of, text_of
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.gcc_text import SEVERITIES, is_guess, read_leftovers
from wic_lsp.parsers.placing import Ruler
from wic_lsp.parsers.remarks import UNREADABLE, Point, Remark, Replacement, Report, Spot
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import ColumnUnit, LineRule

GCC_RULER = Ruler(LineRule.LSP, ColumnUnit.BYTE, preprocesses=True)
_ARRAY = re.compile(r"^\[(?=\s*(?:[\]{]|\Z))", re.MULTILINE)
_PRAGMA_MESSAGE = re.compile(r"\W?#pragma message")
BROKEN_OFF = Remark(Severity.ERROR, "The compiler's report breaks off; there may be more errors.")


def parse_gcc_json(_stdout: bytes, stderr: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what GCC said; its standard output holds nothing of it."""
    text = stderr.decode("utf-8", "replace")
    remarks: list[Remark] = []
    outside: list[str] = []
    position = 0
    is_complete = False
    while match := _ARRAY.search(text, position):
        outside.append(text[position : match.start()])
        array = decode_elements(text, match.end())
        for element in array.values:
            remarks.extend(_read_diagnostic(element))
        is_complete = array.is_complete
        position = array.end
        if not is_complete:
            remarks.append(BROKEN_OFF)
            break
    outside.append(text[position:])
    leftovers = read_leftovers("\n".join(outside), has_report=position > 0)
    report = Report(
        gather_notes((*remarks, *leftovers.remarks)),
        was_stopped=leftovers.was_stopped,
        openers=leftovers.openers,
    )
    return to_findings(report, sources, GCC_RULER)


def is_note(remark: Remark) -> bool:
    """Whether it adds to another remark. A `#pragma message` does not, though GCC calls it a note."""
    return remark.severity is Severity.INFORMATION and not _PRAGMA_MESSAGE.match(remark.message)


def gather_notes(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Give notes that stand by themselves to the error or warning before them, as a reader would.

    GCC nests only the notes of one group.
    """
    groups: list[list[Remark]] = []
    for remark in remarks:
        if is_note(remark) and groups and not is_note(groups[-1][0]):
            groups[-1].append(remark)
        else:
            groups.append([remark])
    return tuple(replace(first, notes=(*first.notes, *rest)) if rest else first for first, *rest in groups)


def _read_diagnostic(value: Json) -> Iterator[Remark]:
    """Yield the diagnostic, and after it those of its children that are errors or warnings themselves.

    A group's first message is the parent of all others, whatever they are.
    """
    parent = _read_one(value)
    children = [child for element in elements(value, "children") for child in _read_diagnostic(element)]
    notes = [child for child in children if is_note(child)]
    steps = [
        Remark(
            Severity.INFORMATION,
            text_of(step, "description"),
            _read_spot([{"caret": member(step, "location")}]),
        )
        for step in elements(value, "path")
    ]
    yield replace(parent, notes=(*parent.notes, *notes, *steps))
    yield from (child for child in children if not is_note(child))


def _read_one(value: Json) -> Remark:
    kind = text_of(value, "kind")
    message = text_of(value, "message") or UNREADABLE
    if kind == "internal compiler error":
        message = f"internal compiler error: {message}"
    option = text_of(value, "option")
    return Remark(
        severity=SEVERITIES.get(kind, Severity.ERROR),
        message=message,
        spot=_read_spot(elements(value, "locations")),
        code=option.replace("-Werror=", "-W") or None,
        code_url=text_of(value, "option_url") or None,
        replacements=tuple(_read_replacements(elements(value, "fixits"))),
        hedges=is_guess(message),
    )


def _read_spot(locations: list[Json]) -> Spot | None:
    """Read the first location; the others are labels beside it."""
    location = locations[0] if locations else None
    file, caret = _read_point(location, "caret")
    if caret is None:
        return None
    _, start = _read_point(location, "start")
    _, finish = _read_point(location, "finish")
    if start is None and finish is None:
        return Spot(file, caret)
    last = finish or caret
    return Spot(file, caret, start or caret, Point(last.line, last.column + 1))


def _read_replacements(fixits: list[Json]) -> Iterator[Replacement]:
    for fixit in fixits:
        file, start = _read_point(fixit, "start")
        _, end = _read_point(fixit, "next")
        if start is not None and end is not None:
            yield Replacement(file, start, end, text_of(fixit, "string"))


def _read_point(value: Json, name: str) -> tuple[str, Point | None]:
    file = text_of(value, name, "file")
    line = number_of(value, name, "line")
    column = number_of(value, name, "byte-column")
    if column is None:
        column = number_of(value, name, "column")
    if not file or not line:
        return file, None
    return file, Point(line, column or 0)
