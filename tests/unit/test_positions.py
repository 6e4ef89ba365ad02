"""Columns: every unit that a compiler or an editor counts in, brought to code points and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_lsp.model import LineKind, LineOrigin, Position, Range
from wic_lsp.positions import (
    ColumnUnit,
    Encoding,
    LineRule,
    SourceText,
    column_to_units,
    display_to_byte_column,
    line_content,
    move_range,
    split_lines,
    units_to_column,
)

TEXTS = st.text(alphabet=st.sampled_from("ab \t\r\n\f\v\u2028\x85é漢😀\u0301\ufeff"), max_size=40)
LINES = st.text(alphabet=st.sampled_from("ab \t\f\u2028é漢😀\u0301"), max_size=30)


@given(TEXTS)
def test_lines_put_together_are_the_text(text):
    """Splitting loses nothing, and only the last line has no end."""
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(line[-1] in "\r\n" for line in lines[:-1])
    assert not lines[-1].endswith(("\r", "\n"))


def test_only_lsp_line_ends_end_a_line():
    """Form feed, vertical tab, NEL and U+2028 are characters like others."""
    assert split_lines("a\fb\vc\x85d\u2028e") == ["a\fb\vc\x85d\u2028e"]
    assert split_lines("a\r\nb\rc\n") == ["a\r\n", "b\r", "c\n", ""]


@given(LINES, st.sampled_from(Encoding), st.integers(0, 40))
def test_a_column_survives_the_editors_units(line, encoding, column):
    """A code-point column turned into an editor's units and back is itself, or the line's end."""
    assert units_to_column(line, column_to_units(line, column, encoding), encoding) == min(column, len(line))


@pytest.mark.parametrize(
    ("encoding", "units"), [(Encoding.UTF8, 10), (Encoding.UTF16, 5), (Encoding.UTF32, 4)]
)
def test_units_are_counted_as_their_encoding_does(encoding, units):
    """Before `x` in 'aé漢😀x' stand 10 bytes, 5 UTF-16 units, 4 code points."""
    assert column_to_units("aé漢😀x", 4, encoding) == units
    assert units_to_column("aé漢😀x", units, encoding) == 4


def test_a_unit_inside_a_character_means_before_it():
    """An editor that points into a surrogate pair or a sequence of bytes points at its character."""
    assert units_to_column("a😀b", 2, Encoding.UTF16) == 1
    assert units_to_column("a😀b", 3, Encoding.UTF8) == 1


@given(TEXTS, st.integers(-3, 50))
def test_an_offset_survives_positions(text, offset):
    """Turning an offset into a position and back gives it again, but inside a line's end its beginning."""
    source = SourceText(text)
    position = source.position(offset)
    back = source.offset_of(position)
    assert source.position(back) == position
    clamped = min(max(offset, 0), len(text))
    assert text[back:clamped].strip("\r\n") == ""


@given(TEXTS, st.sampled_from(LineRule), st.booleans())
def test_every_byte_column_leads_to_its_character(text, rule, counts_mark):
    """A compiler that counts bytes is understood on every character of every line."""
    source = SourceText(text)
    for line in range(1, source.line_count(rule) + 1):
        content = source.line_text(line, rule).rstrip(rule.ends)
        content = content.removesuffix("\r")
        if line == 1 and not counts_mark:
            content = content.removeprefix("\ufeff")
        column = 1
        for character in content:
            offset = source.offset(line, column, ColumnUnit.BYTE, rule, counts_mark=counts_mark)
            assert text[offset] == character
            assert source.line_at(offset, rule) == line
            column += len(character.encode())


@given(
    TEXTS, st.integers(-2, 60), st.integers(-2, 60), st.sampled_from(ColumnUnit), st.sampled_from(LineRule)
)
def test_no_line_or_column_leads_out_of_the_text(text, line, column, unit, rule):
    """Whatever numbers a compiler gives, the offset is of the text, on that line or the nearest."""
    source = SourceText(text)
    offset = source.offset(line, column, unit, rule)
    assert 0 <= offset <= len(text)
    assert source.line_at(offset, rule) == min(max(line, 1), source.line_count(rule))


def test_a_byte_order_mark_is_a_column_for_some_compilers_only():
    """GCC does not count the mark, clang counts its three bytes."""
    source = SourceText("\ufeffint a;\nint b;\n")
    assert source.offset(1, 5, ColumnUnit.BYTE, LineRule.LSP) == 5
    assert source.offset(1, 8, ColumnUnit.BYTE, LineRule.LSP, counts_mark=True) == 5
    assert source.offset(2, 5, ColumnUnit.BYTE, LineRule.LSP) == 12


def test_a_lone_carriage_return_ends_a_line_by_one_rule():
    """The two rules differ on it and on nothing else."""
    source = SourceText("a\rb\nc\r\nd")
    assert source.line_count(LineRule.LSP) == 4
    assert source.line_count(LineRule.LF) == 3
    assert source.line_text(2, LineRule.LSP) == "b\n"
    assert source.line_text(1, LineRule.LF) == "a\rb\n"


def test_ecmascript_has_two_more_ends_of_lines():
    """U+2028 and U+2029 end lines by its rule alone; what Python calls ends of lines does not."""
    source = SourceText("a\u2028b\u2029c\r\nd\re\nf\x85g\x0bh")
    assert source.line_count(LineRule.ECMA) == 6
    assert source.line_count(LineRule.LSP) == 4
    assert source.line_text(2, LineRule.ECMA) == "b\u2029"
    assert source.offset(2, 9, ColumnUnit.UTF16, LineRule.ECMA) == 3


@given(TEXTS, st.integers(-2, 90))
def test_a_number_of_utf16_units_leads_to_its_character(text, units):
    """Units from the start of the text are understood, one inside of a character as its start."""
    offset = SourceText(text).offset_of_utf16(units)
    encoded = text.encode("utf-16-le", "surrogatepass")
    head = encoded[: 2 * min(max(units, 0), len(encoded) // 2)].decode("utf-16-le", "ignore")
    assert text[:offset] == head


@pytest.mark.parametrize(
    ("line", "column", "byte_column"),
    [
        ("\tx", 9, 2),
        ("ab\tx", 9, 4),
        ("\t\tx", 17, 3),
        ("漢x", 3, 4),
        ("😀x", 3, 5),
        ("e\u0301x", 2, 4),
        ("é x", 3, 4),
        ("\u3099x", 1, 4),
        ("\u4dc0x", 3, 4),
        ("\u0600x", 2, 3),
        ("\ud7b0x", 1, 4),
        ("x", 1, 1),
        ("x", 5, 5),
        ("\tx", 4, 1),
        ("漢x", 2, 1),
    ],
)
def test_a_terminals_columns_are_understood(line, column, byte_column):
    """Tabs stand at eights, wide characters take two columns and combining ones none; inside is before."""
    assert display_to_byte_column(line, column) == byte_column


def test_a_terminals_column_can_be_before_a_combining_mark():
    """Where a mark itself is meant, the column before it is its own."""
    assert display_to_byte_column("e\u0301x", 2, after_marks=False) == 2


@given(LINES, st.integers(1, 80))
def test_a_terminals_column_begins_a_character(line, column):
    """The byte column is never inside a character."""
    byte_column = display_to_byte_column(line, column)
    line.encode()[: byte_column - 1].decode()


@pytest.mark.parametrize(
    ("text", "offset", "word"),
    [("int größe;", 4, "größe"), ("a->b", 1, "->"), ("a <<= b", 2, "<<="), ("x;", 1, ";"), ("x\n", 1, "")],
)
def test_a_point_is_widened_to_what_stands_there(text, offset, word):
    """The word or operator at a point is underlined; at a line's end there is nothing to."""
    source = SourceText(text)
    range_ = source.word_at(offset)
    assert text[source.offset_of(range_.start) : source.offset_of(range_.end)] == word


@given(TEXTS, st.integers(0, 40), st.integers(0, 40))
def test_a_range_never_ends_before_it_begins(text, start, end):
    """Offsets the wrong way round give an empty range."""
    range_ = SourceText(text).range(start, end)
    assert range_.start <= range_.end


RANGE = Range(Position(0, 2), Position(1, 3))


def test_a_whole_document_needs_no_moving():
    """Where no lines are named, the snippet is the document."""
    assert move_range(RANGE, ()) == RANGE


def test_each_line_of_a_snippet_is_moved_by_itself():
    """Lines may begin in different columns; columns that are not in the document mean the first that is."""
    lines = (LineOrigin(Position(10, 4)), LineOrigin(Position(12, 1), indent=2))
    assert move_range(RANGE, lines) == Range(Position(10, 6), Position(12, 2))
    assert move_range(Range(Position(1, 0), Position(1, 2)), lines) == Range(Position(12, 1), Position(12, 1))
    assert move_range(Range(Position(7, 0), Position(9, 9)), lines).start == Position(12, 1)


def test_a_line_that_is_not_in_the_document_stands_for_one_that_is():
    """What is said of it, or up to it, covers all that it stands for."""
    fence = Range(Position(9, 0), Position(9, 6))
    lines = (LineOrigin(fence.start, LineKind.ADDED, stands_for=fence), LineOrigin(Position(10, 4)))
    assert move_range(Range(Position(0, 3), Position(0, 4)), lines) == fence
    assert move_range(RANGE, lines) == Range(Position(9, 0), Position(10, 7))


def test_lines_in_another_order_give_the_range_between_them():
    """A range never ends before it begins."""
    lines = (LineOrigin(Position(20, 0)), LineOrigin(Position(10, 0)))
    assert move_range(RANGE, lines) == Range(Position(10, 3), Position(20, 2))


def test_a_lines_content_is_without_its_end():
    """Either end, and both of its characters, are cut."""
    assert [line_content(line) for line in ("a\r\n", "b\n", "c\r", "d")] == ["a", "b", "c", "d"]
