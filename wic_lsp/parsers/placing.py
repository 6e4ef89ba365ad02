"""Turn a compiler's place into one that the user can look at: a range of the snippet, or a named file's.

The only code that knows what a compiler's lines and columns mean, through its Ruler. It undoes `#line`,
names the `#include` for what was found in a header, and falls back on the top of the snippet rather than
lose anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from wic_lsp.model import Place, Position, Range
from wic_lsp.parsers.includes import Include, find_opening_include, read_includes
from wic_lsp.parsers.line_directives import Region, physical_lines, read_regions
from wic_lsp.parsers.remarks import Includer, Opener, Point, Replacement, Spot
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import ColumnUnit, LineRule, SourceText, line_content

_START = Position(0, 0)


@dataclass(frozen=True, slots=True)
class Ruler:
    """How a compiler measures: what ends its lines, what its columns count, whether the mark is a column.

    `preprocesses` says that the language has C's `#line` and `#include`.
    """

    lines: LineRule
    columns: ColumnUnit
    counts_mark: bool = False
    preprocesses: bool = False


class Placer:
    """Places of one job's sources, as one compiler measures them. Remembers only what it looked up."""

    def __init__(self, sources: Sources, ruler: Ruler, openers: tuple[Opener, ...] = ()) -> None:
        self._sources = sources
        self._ruler = ruler
        self._openers = openers
        self._paths: dict[str, str | None] = {}

    def _path_of(self, file: str) -> str | None:
        """Look up a name that compilers repeat on every line."""
        if file not in self._paths:
            self._paths[file] = self._sources.path_of(file)
        return self._paths[file]

    @property
    def _main(self) -> SourceText:
        return self._sources.texts[self._sources.main]

    @cached_property
    def _regions(self) -> tuple[Region, ...]:
        main, rule = self._sources.main, self._ruler.lines
        if not self._ruler.preprocesses:
            return (Region(1, self._main.line_count(rule) + 1, main, 1),)
        return read_regions(self._main, main, rule)

    @cached_property
    def _includes(self) -> tuple[Include, ...]:
        return read_includes(self._main, self._ruler.lines) if self._ruler.preprocesses else ()

    @property
    def top(self) -> Place:
        """The snippet's first line: where to show what has no place of its own."""
        return Place(None, Range(_START, Position(0, len(line_content(self._main.lines[0])))))

    def find_in_main(self, spot: Spot) -> Range | None:
        """Return the range of the snippet that the spot is; None where it is elsewhere."""
        line = self.find_main_line(spot.file, spot.caret.line, spot.start if spot.is_physical else None)
        if line is None:
            return None
        return self._range(self._main, spot, line)

    def find_main_line(self, file: str, line: int, hint: Point | None = None) -> int | None:
        """Return the snippet's own line that a compiler calls `line` of `file`; None where there is none.

        Where several lines go by that name, the one nearest to `hint`, a place of the real file, is meant.
        """
        path = self._path_of(file)
        name = self._sources.main if path == self._sources.main else file
        lines = physical_lines(self._regions, name, line)
        if lines:
            return lines[0] if hint is None else min(lines, key=lambda one: abs(one - hint.line))
        if name == self._sources.main:
            return min(max(line, 1), self._main.line_count(self._ruler.lines))
        return None

    def describe(self, spot: Spot) -> Place:
        """Return the spot's place, wherever it is: the snippet, a companion, or a file by its name."""
        range_ = self.find_in_main(spot)
        if range_ is not None:
            return Place(None, range_)
        path = self._path_of(spot.file)
        if path is not None:
            return Place(path, self._range(self._sources.texts[path], spot, spot.caret.line))
        return Place(spot.file, _bare_range(spot))

    def find_include(self, header: str, chain: tuple[Includer, ...]) -> Range | None:
        """Return the operand of the include that brought the header in; None where it cannot be told."""
        for step in chain:
            line = self.find_main_line(step.file, step.line)
            if line is not None:
                return next((one.range for one in self._includes if one.line == line), self._whole_line(line))
        include = find_opening_include(self._includes, self._openers, header)
        return None if include is None else include.range

    def find_replaced(self, replacement: Replacement) -> Range | None:
        """Return the range of the snippet that a fix-it replaces; None where it is elsewhere."""
        start, end = replacement.start, replacement.end
        if not replacement.is_physical:
            line = self.find_main_line(replacement.file, start.line)
            if line is None:
                return None
            start, end = _moved(start, line - start.line), _moved(end, line - start.line)
        elif not self._is_called_main(replacement.file):
            return None
        return self._main.range(self._offset(self._main, start), self._offset(self._main, end))

    def text_of(self, range_: Range) -> str:
        """Return the snippet's text in that range."""
        return self._main.text[self._main.offset_of(range_.start) : self._main.offset_of(range_.end)]

    def _is_called_main(self, file: str) -> bool:
        path = self._path_of(file)
        return path == self._sources.main or (path is None and any(one.file == file for one in self._regions))

    def _offset(self, source: SourceText, point: Point) -> int:
        ruler = self._ruler
        return source.offset(
            point.line, point.column, ruler.columns, ruler.lines, counts_mark=ruler.counts_mark
        )

    def _range(self, source: SourceText, spot: Spot, line: int) -> Range:
        """Return the spot's range in `source`, its caret on `line` there."""
        if spot.caret.column < 1:
            return self._whole_line(line, source)
        shift = 0 if spot.is_physical else line - spot.caret.line
        caret = self._offset(source, Point(line, spot.caret.column))
        start = caret if spot.start is None else self._offset(source, _moved(spot.start, shift))
        end = start if spot.end is None else self._offset(source, _moved(spot.end, shift))
        return source.range(start, end) if end > start else source.word_at(caret)

    def _whole_line(self, line: int, source: SourceText | None = None) -> Range:
        source = source or self._main
        start = self._offset(source, Point(line, 1))
        content = line_content(source.line_text(line, self._ruler.lines)).removeprefix("\ufeff")
        indent = len(content) - len(content.lstrip())
        return source.range(start + indent, start + len(content))


def _moved(point: Point, lines: int) -> Point:
    return Point(point.line + lines, point.column)


def _bare_range(spot: Spot) -> Range:
    """Return the compiler's own numbers, from zero: the text they belong to is not at hand."""
    start, end = spot.start or spot.caret, spot.end or spot.caret
    first = Position(max(start.line - 1, 0), max(start.column - 1, 0))
    return Range(first, max(first, Position(max(end.line - 1, 0), max(end.column - 1, 0))))
