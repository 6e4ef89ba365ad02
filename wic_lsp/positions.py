"""The only arithmetic on columns: bytes, code points, UTF-16 units, lines.

Compilers count columns in bytes, code points or UTF-16 units, from one; editors in UTF-8, UTF-16 or
UTF-32 units, from zero; and they disagree on what ends a line. Everything is brought to `model.Position`
(code points, from zero, lines as in LSP) and back here, and nowhere else. No IO.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import Enum, unique
from functools import cached_property, lru_cache
from itertools import accumulate

from wic_lsp.model import LineOrigin, Position, Range

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_TOKEN = re.compile(
    r"\w+|->\*?|\.\.\.|<=>|<<=|>>=|<<|>>|::|&&|\|\||\+\+|--|##|=>|[-+*/%&|^!=<>]=|.", re.DOTALL
)
_LAST_OF_BMP = "\uffff"
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")
_ECMA_LINE_END = re.compile("\r\n|[\n\r\u2028\u2029]")
_MARK = "\ufeff"
_TAB_STOP = 8
_FIRST_OF_TWO_BYTES = "\x80"
_NARROW_FORMATS = frozenset(
    "\u00ad\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\U000110bd\U000110cd"
)
_HANGUL_PARTS = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")
_WIDE_SYMBOLS = re.compile("[\u3248-\u324f\u4dc0-\u4dff]")


@unique
class Encoding(Enum):
    """The unit of an editor's columns; the values are LSP's PositionEncodingKind."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@unique
class LineRule(Enum):
    r"""What a compiler holds to end a line: \n (and so \r\n) only, a lone \r too, or U+2028 and U+2029 too.

    GCC and clang are with LSP in this; measured on GCC 11 to 16 and clang 13 to 19. So are javac and Python;
    ECMAScript (section 12.3) has the last.
    """

    LF = "lf"
    LSP = "lsp"
    ECMA = "ecma"

    @property
    def ends(self) -> str:
        """The characters that end a line, alone or two of them together."""
        return _LINE_ENDS[self]


_LINE_ENDS = {LineRule.LF: "\n", LineRule.LSP: "\r\n", LineRule.ECMA: "\r\n\u2028\u2029"}


@unique
class ColumnUnit(Enum):
    """The unit that a compiler counts its columns in."""

    BYTE = "byte"
    CODE_POINT = "code_point"
    UTF16 = "utf16"


def split_lines(text: str) -> list[str]:
    r"""Split at \n, \r\n and \r, keeping the ends; the last line has none and may be empty.

    Source: LSP 3.17, "Text Documents", EOL.
    """
    if "\r" not in text:
        parts = text.split("\n")
        return [*(part + "\n" for part in parts[:-1]), parts[-1]]
    lines = _LINE.findall(text)
    if not lines or lines[-1][-1] in "\r\n":
        lines.append("")
    return lines


def line_content(line: str) -> str:
    """Return the line without its end."""
    return line.rstrip("\r\n")


def column_to_units(line: str, column: int, encoding: Encoding) -> int:
    """Turn a code-point column of `line` into the editor's units, both from zero; past the end is the end."""
    content = line_content(line)
    head = content[:column]
    if encoding is Encoding.UTF32 or head.isascii():
        return len(head)
    if encoding is Encoding.UTF8:
        return len(head.encode("utf-8", "surrogatepass"))
    return len(head) + sum(character > _LAST_OF_BMP for character in head)


def units_to_column(line: str, units: int, encoding: Encoding) -> int:
    """Turn an editor's column into code points; a unit inside a character means before it.

    A column past the end of the line means its end (LSP 3.17, Position).
    """
    content = line_content(line)
    units = max(units, 0)
    if encoding is Encoding.UTF32 or content.isascii():
        return min(units, len(content))
    codec, size = ("utf-8", 1) if encoding is Encoding.UTF8 else ("utf-16-le", 2)
    try:
        data = content.encode(codec)
    except UnicodeEncodeError:  # a lone surrogate, from an editor that sent one
        return _count_characters(content, units, encoding)
    return len(data[: units * size].decode(codec, "ignore"))


def _count_characters(content: str, units: int, encoding: Encoding) -> int:
    """Do the work of `units_to_column` one character at a time."""
    passed = 0
    for column, character in enumerate(content):
        if encoding is Encoding.UTF16:
            passed += 2 if character > _LAST_OF_BMP else 1
        else:
            passed += len(character.encode("utf-8", "surrogatepass"))
        if passed > units:
            return column
    return len(content)


def display_to_byte_column(line: str, column: int, *, after_marks: bool = True) -> int:
    """Turn a column of a terminal, from one, into the byte column that it begins at.

    Tabs stand at every eighth column, wide characters take two and combining marks none: `after_marks` says
    on which side of those the column is. Past the end of the line each column is a byte. Source: GCC's
    cpp_display_column_to_byte_column (libcpp/charset.cc), by which its SARIF counts.
    """
    content = line_content(line)
    wanted = max(column - 1, 0)
    if (head := content[: wanted + 1]).isascii() and "\t" not in head:
        return wanted + 1
    displayed, encoded = _measure(content)
    index = bisect_right(displayed, wanted) - 1 if after_marks else bisect_left(displayed, wanted)
    if displayed[min(index, len(displayed) - 1)] > wanted:
        index -= 1
    if index < len(content):
        return encoded[index] + 1
    return encoded[-1] + 1 + wanted - displayed[-1]


@lru_cache(maxsize=2)
def _measure(content: str) -> tuple[list[int], list[int]]:
    """Return how many columns of a terminal, and how many bytes, stand before each character and the end."""
    displayed, encoded = [0], [0]
    for character in content:
        width = _TAB_STOP - displayed[-1] % _TAB_STOP if character == "\t" else _display_width(character)
        displayed.append(displayed[-1] + width)
        encoded.append(encoded[-1] + len(character.encode("utf-8", "surrogatepass")))
    return displayed, encoded


def _display_width(character: str) -> int:
    """How many columns of a terminal a character takes, by glibc's and GCC's tables (utf8_gen.py)."""
    if character < _FIRST_OF_TWO_BYTES or character in _NARROW_FORMATS:
        return 1
    is_combining = unicodedata.bidirectional(character) == "NSM" or unicodedata.category(character) in {
        "Cf",
        "Me",
        "Mn",
    }
    if is_combining or _HANGUL_PARTS.match(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" or _WIDE_SYMBOLS.match(character) else 1


class SourceText:
    """A text and the positions in it, as a compiler and as an editor count them.

    The text is what the compiler was given, decoded; offsets are in code points from its start.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        """The lines as an editor sees them, with their ends."""
        return split_lines(self.text)

    @cached_property
    def _lsp_starts(self) -> list[int]:
        return [0, *accumulate(len(line) for line in self.lines)][:-1]

    @cached_property
    def _lf_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def _ecma_starts(self) -> list[int]:
        return [0, *(match.end() for match in _ECMA_LINE_END.finditer(self.text))]

    @cached_property
    def _utf16_pairs(self) -> list[int]:
        """Where each character that is two UTF-16 units begins, in such units from the text's start."""
        return [match.start() + before for before, match in enumerate(_BEYOND_BMP.finditer(self.text))]

    def _starts(self, rule: LineRule) -> list[int]:
        if rule is LineRule.ECMA:
            return self._ecma_starts
        return self._lf_starts if rule is LineRule.LF else self._lsp_starts

    def line_count(self, rule: LineRule) -> int:
        """Say how many lines the text has by that rule."""
        return len(self._starts(rule))

    def line_text(self, line: int, rule: LineRule) -> str:
        """Return line `line` (from one) by that rule, with its end; empty past the last."""
        starts = self._starts(rule)
        if not 1 <= line <= len(starts):
            return ""
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end]

    def line_at(self, offset: int, rule: LineRule) -> int:
        """Return the line, from one and by that rule, that the offset is on."""
        return bisect_right(self._starts(rule), min(max(offset, 0), len(self.text)))

    def offset(
        self, line: int, column: int, unit: ColumnUnit, rule: LineRule, *, counts_mark: bool = False
    ) -> int:
        """Turn a compiler's line and column, both from one, into an offset; out of range is clamped.

        A column inside a character means the character's start. A byte-order mark at the start of the
        text is not a column for most compilers; `counts_mark` for those, such as clang, that count it.
        """
        starts = self._starts(rule)
        line = min(max(line, 1), len(starts))
        start = starts[line - 1]
        content = self.line_text(line, rule).rstrip(rule.ends).removesuffix("\r")
        if line == 1 and not counts_mark and content.startswith(_MARK):
            start, content = start + 1, content[1:]
        units = max(column - 1, 0)
        if unit is ColumnUnit.CODE_POINT or content.isascii():
            return start + min(units, len(content))
        encoding = Encoding.UTF8 if unit is ColumnUnit.BYTE else Encoding.UTF16
        return start + units_to_column(content.replace("\r", " "), units, encoding)

    def offset_of_utf16(self, units: int) -> int:
        """Turn a number of UTF-16 units from the text's start into an offset; out of range is clamped."""
        before = bisect_left(self._utf16_pairs, units)
        return min(max(units - before, 0), len(self.text))

    def position(self, offset: int) -> Position:
        """Turn an offset into a position; an offset inside a line's end is the end of that line."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._lsp_starts, offset) - 1
        column = min(offset - self._lsp_starts[line], len(line_content(self.lines[line])))
        return Position(line, column)

    def offset_of(self, position: Position) -> int:
        """Turn a position into an offset; out of range is clamped."""
        line = min(max(position.line, 0), len(self.lines) - 1)
        return self._lsp_starts[line] + min(position.column, len(line_content(self.lines[line])))

    def range(self, start: int, end: int) -> Range:
        """Turn two offsets into a range."""
        return Range(self.position(start), self.position(max(start, end)))

    def word_at(self, offset: int) -> Range:
        """Return the word, the operator or the one character that begins at `offset`; empty at a line's end.

        Used where a compiler names a point and not a range.
        """
        position = self.position(offset)
        content = line_content(self.lines[position.line])
        match = _TOKEN.match(content, position.column)
        length = len(match[0]) if match else 0
        return Range(position, Position(position.line, position.column + length))


def move_range(range_: Range, lines: Sequence[LineOrigin]) -> Range:
    """Move a range of a snippet to its document, where its lines stand as `lines` says; none is the same.

    A place in a line that the document does not have means all that the line stands for. Lines may stand in
    another order than in the document: then the range has all that is between its two ends.
    """
    if not lines:
        return range_
    first, last = _origin(range_.start, lines), _origin(range_.end, lines)
    start = first.stands_for.start if first.stands_for is not None else _moved(range_.start, first)
    end = last.stands_for.end if last.stands_for is not None else _moved(range_.end, last)
    return Range(min(start, end), max(start, end))


def _origin(position: Position, lines: Sequence[LineOrigin]) -> LineOrigin:
    return lines[min(max(position.line, 0), len(lines) - 1)]


def _moved(position: Position, origin: LineOrigin) -> Position:
    return Position(origin.start.line, origin.start.column + max(position.column - origin.indent, 0))
