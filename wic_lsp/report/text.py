"""The report for people: each finding with its place underlined, a table, then one line that sums up.

It follows what rustc and ruff print. What several toolchains agree on is said once, and the table is there
where there are several. Lines and columns are shown from one, in code points. It must never print other
people's text unsanitised, and never call a file clean that was not compiled to the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from wic_lsp.matrix import group_results, merge, say_count
from wic_lsp.model import Finding, Place, Severity
from wic_lsp.positions import split_lines
from wic_lsp.report.excerpt import draw_excerpt, last_line
from wic_lsp.report.model import CheckedFile, explain, locate
from wic_lsp.report.table import draw_table, name_group
from wic_lsp.report.terminal import Line, Style, paint, sanitise, sanitise_line

_LABELS: Final = {
    Severity.ERROR: ("error", Style.ERROR),
    Severity.WARNING: ("warning", Style.WARNING),
    Severity.INFORMATION: ("info", Style.NOTE),
    Severity.HINT: ("hint", Style.NOTE),
}
_EMPTY: Final[Line] = ()


def render_text(files: Sequence[CheckedFile], *, colour: bool = False) -> str:
    """Return the whole report, with the newline that ends it."""
    lines: list[Line] = []
    for file in files:
        lines += _draw_file(file)
    table = draw_table(files)
    lines += [*table, _EMPTY] if table else []
    lines.append(_summary(files))
    return paint(lines, colour=colour)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What a finding is drawn on: its file, and how wide the line numbers in the gutter are."""

    path: str
    lines: Sequence[str]
    toolchain: str
    width: int = 1


def _draw_file(file: CheckedFile) -> Iterable[Line]:
    if not file.results:
        yield ((f"{sanitise_line(file.path)}: nothing to compile", Style.PLAIN),)
        yield _EMPTY
    lines = split_lines(file.text)
    names_toolchain = len({result.toolchain for result in file.results}) > 1

    def name(said: str | None) -> str:
        return sanitise_line(f" ({said})") if names_toolchain and said else ""

    for group in group_results(file.results):
        for merged in merge(group):
            sayers = name(merged.only or ", ".join(merged.toolchains))
            yield from _draw_finding(merged.finding, _Sheet(file.path, lines, sayers))
            yield _EMPTY
        for result in group.results:
            if not result.is_complete:
                yield from _draw_head("not checked", Style.ERROR, explain(result))
                where = f"{sanitise_line(name_group(file.path, group))}{name(result.toolchain)}"
                yield ((" --> ", Style.GUTTER), (where, Style.PLAIN))
                yield _EMPTY


def _draw_finding(finding: Finding, sheet: _Sheet) -> Iterable[Line]:
    label, style = _LABELS[finding.severity]
    places = [finding.place, *(note.place for note in finding.notes if note.place)]
    own = [place.range for place in places if place.file is None]
    numbers = [min(last_line(range_) + 1, len(sheet.lines)) for range_ in own]
    sheet = replace(sheet, width=len(str(max(numbers, default=1))))
    code = f" [{sanitise_line(finding.code)}]" if finding.code else ""
    yield from _draw_head(label, style, finding.message, code)
    yield from _draw_place(finding.place, sheet, style)
    for note in finding.notes:
        if note.place is None:
            yield from _draw_aside("note", Style.NOTE, note.message, sheet.width)
        else:
            yield from _draw_head("note", Style.NOTE, note.message)
            yield from _draw_place(note.place, sheet, Style.NOTE)
    for fix in finding.fixes:
        yield from _draw_aside("help", Style.HELP, fix.title, sheet.width)


def _draw_head(label: str, style: Style, message: str, code: str = "") -> Iterable[Line]:
    first, *rest = sanitise(message).split("\n")
    yield ((label, style), (f": {first}", Style.STRONG), (code, Style.PLAIN))
    for line in rest:
        yield ((" " * len(label) + f"  {line}", Style.STRONG),)


def _draw_place(place: Place, sheet: _Sheet, style: Style) -> Iterable[Line]:
    path = sheet.path if place.file is None else locate(sheet.path, place.file)
    start = place.range.start
    where = f"{sanitise_line(path)}:{start.line + 1}:{start.column + 1}{sheet.toolchain}"
    yield ((" " * sheet.width + "--> ", Style.GUTTER), (where, Style.PLAIN))
    if place.file is None:
        yield from draw_excerpt(place.range, sheet.lines, sheet.width, style)


def _draw_aside(label: str, style: Style, message: str, width: int) -> Iterable[Line]:
    first, *rest = sanitise(message).split("\n")
    indent = " " * width
    yield ((f"{indent} = ", Style.GUTTER), (label, style), (f": {first}", Style.PLAIN))
    for line in rest:
        yield ((f"{indent}   {' ' * len(label)}  {line}", Style.PLAIN),)


def _summary(files: Sequence[CheckedFile]) -> Line:
    results = [result for file in files for result in file.results]
    severities = Counter(
        merged.finding.severity
        for file in files
        for group in group_results(file.results)
        for merged in merge(group)
    )
    notes = severities[Severity.INFORMATION] + severities[Severity.HINT]
    missing = sum(not result.is_complete for result in results)
    counts = [
        say_count(severities[Severity.ERROR], "error"),
        say_count(severities[Severity.WARNING], "warning"),
        say_count(notes, "note"),
        f"{missing} not checked" if missing else "",
    ]
    said = ", ".join(filter(None, counts)) or ("no errors" if results else "nothing compiled")
    circumstances = [
        *dict.fromkeys(result.toolchain for result in results if result.toolchain),
        *dict.fromkeys(result.runtime for result in results if result.runtime),
    ]
    if results:
        circumstances.append(f"{sum(result.duration_s for result in results):.2f} s")
    if results and all(result.cached for result in results):
        circumstances.append("cached")
    tail = "; " + ", ".join(map(sanitise_line, circumstances)) if circumstances else ""
    is_bad = bool(missing or severities[Severity.ERROR])
    return (
        (f"{said} in {say_count(len(files), 'file') or 'no files'}", Style.ERROR if is_bad else Style.STRONG),
        (tail, Style.PLAIN),
    )
