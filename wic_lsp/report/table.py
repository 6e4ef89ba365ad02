"""The table of a check on several toolchains: what became of each snippet on each of them.

Of one snippet it has a line for each toolchain. Of several, files or blocks of Markdown, it has a line for
each of them and a column for each toolchain, which is what the author of a library wants to see: what holds
everywhere, and where not. Why something was not compiled stands above it, with the findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from wic_lsp.matrix import Group, Row, Verdict, group_results, rows, tabulate
from wic_lsp.report.model import CheckedFile
from wic_lsp.report.terminal import Line, Span, Style, cells, sanitise_line

_STYLES: Final[Mapping[Verdict, Style]] = {
    Verdict.PASSES: Style.HELP,
    Verdict.WARNS: Style.WARNING,
    Verdict.FAILS: Style.ERROR,
    Verdict.NOT_RUN: Style.ERROR,
}
_GAP: Final = "  "
_NOT_ASKED: Final[Span] = ("-", Style.PLAIN)


def draw_table(files: Sequence[CheckedFile]) -> list[Line]:
    """Return the table's lines; none where no snippet was for more than one toolchain."""
    lines = [(name_group(file.path, group), group) for file in files for group in group_results(file.results)]
    if not any(group.is_matrix for _, group in lines):
        return []
    if len(lines) == 1:
        ((_, group),) = lines
        return _align([((row.toolchain, Style.PLAIN), _draw_cell(row)) for row in rows(group)])
    table = tabulate(lines)
    head: list[Span] = [("", Style.PLAIN), *((name, Style.STRONG) for name in table.toolchains)]
    return _align([head, *([(name, Style.PLAIN), *map(_draw_cell, cells)] for name, cells in table.lines)])


def name_group(path: str, group: Group) -> str:
    """Name a file, or a block by the line that it begins on."""
    return path if group.block is None else f"{path}:{group.block.start.line + 1}"


def _draw_cell(row: Row | None) -> Span:
    return (row.short, _STYLES[row.verdict]) if row is not None else _NOT_ASKED


def _align(lines: Sequence[Sequence[Span]]) -> list[Line]:
    """Make each column as wide as its widest cell."""
    shown = [[(sanitise_line(text), style) for text, style in line] for line in lines]
    widths = [max(cells(text) for text, _ in column) for column in zip(*shown, strict=True)]
    return [tuple(_pad(line, widths)) for line in shown]


def _pad(line: Sequence[Span], widths: Sequence[int]) -> Iterator[Span]:
    for (text, style), width in zip(line, widths, strict=True):
        yield text, style
        yield " " * (width - cells(text)) + _GAP, Style.PLAIN
