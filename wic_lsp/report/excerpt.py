"""A few lines of source with the place in question underlined, as rustc and ruff draw them.

Columns come in as code points and are drawn in terminal cells, so that the marks stand under the right
characters after tabs, wide and combining ones. Only text that `terminal.sanitise` let through is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wic_lsp.model import Position, Range
from wic_lsp.positions import line_content
from wic_lsp.report.terminal import Line, Style, cells, sanitise_line

MAX_LINES: Final = 6
MAX_COLUMNS: Final = 200
_LEAD: Final = 60


def last_line(range_: Range) -> int:
    """Return the last line, from zero, that the range has text on."""
    end = range_.end
    ends_before = end.column == 0 and end.line > range_.start.line
    return end.line - 1 if ends_before else end.line


def draw_excerpt(range_: Range, lines: Sequence[str], width: int, style: Style) -> tuple[Line, ...]:
    """Draw the lines of a range with a gutter whose numbers are `width` wide; nothing if it lies outside."""
    start = range_.start
    if start.line >= len(lines):
        return ()
    last = min(last_line(range_), len(lines) - 1)
    if last == start.line:
        column = range_.end.column if range_.end.line == last else len(line_content(lines[last]))
        return (_gutter(width), *_draw_one(start, column, lines, width, style))
    end_column = range_.end.column if range_.end.line == last else len(line_content(lines[last]))
    return (_gutter(width), *_draw_many(start, Position(last, end_column), lines, width, style))


def _gutter(width: int, number: str = "") -> Line:
    return ((f"{number:>{width}} | ", Style.GUTTER),)


def _draw_one(start: Position, end: int, lines: Sequence[str], width: int, style: Style) -> tuple[Line, ...]:
    content, cut = _clip(line_content(lines[start.line]), start.column)
    first = min(start.column - cut, len(content))
    until = min(max(end - cut, first), len(content))
    mark = "\u2026" if cut else ""
    indent = cells(mark + sanitise_line(content[:first]))
    marks = max(cells(mark + sanitise_line(content[:until])) - indent, 1)
    return (
        (*_gutter(width, str(start.line + 1)), (mark + sanitise_line(content), Style.PLAIN)),
        (*_gutter(width), (" " * indent, Style.PLAIN), ("^" * marks, style)),
    )


def _draw_many(
    start: Position, end: Position, lines: Sequence[str], width: int, style: Style
) -> tuple[Line, ...]:
    def source(line: int, side: str) -> Line:
        content, _ = _clip(line_content(lines[line]), 0)
        return (
            *_gutter(width, str(line + 1)),
            (side, style),
            (" " + sanitise_line(content), Style.PLAIN),
        )

    def corner(line: int, column: int, side: str) -> Line:
        content, _ = _clip(line_content(lines[line]), 0)
        # One cell for the space after the side bar; the mark stands under the first or the last character.
        reach = cells(sanitise_line(content[:column])) + 1
        return (*_gutter(width), (side + "_" * reach + "^", style))

    head = line_content(lines[start.line])
    begins_line = not head[: start.column].strip()
    drawn = [source(start.line, "/" if begins_line else " ")]
    if not begins_line:
        drawn.append(corner(start.line, start.column, " "))
    between = range(start.line + 1, end.line)
    if len(between) > MAX_LINES - 2:
        shown = (MAX_LINES - 2) // 2
        drawn += [source(line, "|") for line in between[:shown]]
        drawn.append((("...", Style.GUTTER), (" " * width + "|", style)))
        drawn += [source(line, "|") for line in between[-shown:]]
    else:
        drawn += [source(line, "|") for line in between]
    drawn.append(source(end.line, "|"))
    drawn.append(corner(end.line, max(end.column - 1, 0), "|"))
    return tuple(drawn)


def _clip(content: str, column: int) -> tuple[str, int]:
    """Cut a very long line to what is around `column`; return it and how many characters were cut before."""
    if len(content) <= MAX_COLUMNS:
        return content, 0
    cut = max(0, min(column, len(content)) - _LEAD) if column > MAX_COLUMNS - _LEAD else 0
    clipped = content[cut : cut + MAX_COLUMNS]
    return (clipped + "\u2026" if cut + MAX_COLUMNS < len(content) else clipped), cut
