"""tsc's output, beyond what the corpus holds: lines, strings that could pass for messages, and its end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.in_text import assert_in_text
from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.sources import Sources
from wic_lsp.parsers.tsc import parse_tsc_text
from wic_lsp.positions import SourceText


def parse(output: str, text: str = "let a;\n", stderr: str = "") -> tuple[Finding, ...]:
    sources = Sources("main.ts", {"main.ts": SourceText(text)})
    return parse_tsc_text(output.encode(), stderr.encode(), sources)


def covered(output: str, text: str) -> str:
    (finding,) = parse(output, text)
    source = SourceText(text)
    range_ = finding.place.range
    return text[source.offset_of(range_.start) : source.offset_of(range_.end)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029"])
def test_whatever_ends_a_line_for_ecmascript_ends_one(end):
    """The second line is found behind every one of the five."""
    text = f"one;{end}two;{end}"
    assert covered("main.ts(2,1): error TS2304: Cannot find name 'two'.\n", text) == "two"


@pytest.mark.parametrize("other", ["\v", "\f", "\x85", "\x1c", "\u2027"])
def test_nothing_else_ends_one(other):
    """What some count as ends of lines are none here."""
    text = f"one;{other}two;\nthree;"
    assert covered("main.ts(2,1): error TS2304: x\n", text) == "three"


def test_columns_are_utf16_units_and_the_mark_is_none():
    """A byte-order mark counts nothing, a character beyond the BMP two."""
    assert covered("main.ts(1,7): error TS2304: x\n", '\ufeff"😀"; b;\n') == "b"


@pytest.mark.parametrize("string", ['"fs"', "'f\\'s'", '"é\\"漢😀"'])
def test_a_string_is_shown_whole(string):
    """Where a string begins at the place, it is the string that is meant."""
    assert covered("main.ts(1,3): error TS2307: x\n", f"a {string} b") == string


@pytest.mark.parametrize("text", ['a "fs', "a `b`", 'a "x\ny"', 'a "\\\n"'])
def test_what_is_no_whole_string_is_its_first_character(text):
    """A string that does not end on its line is not gone after."""
    assert covered("main.ts(1,3): error TS1002: x\n", text) == text[2]


def test_what_leads_up_to_a_message_are_its_notes():
    """The indented lines, in their order."""
    (finding,) = parse("main.ts(1,1): error TS2322: A.\n  B.\n    C.\n")
    assert (finding.message, finding.code) == ("A.", "TS2322")
    assert [note.message for note in finding.notes] == ["B.", "C."]


def test_a_message_without_a_place_is_at_the_top():
    """A wrong option is told, with its code."""
    (finding,) = parse("error TS5023: Unknown compiler option '--x'.\n")
    assert (finding.code, finding.place.range.start.line) == ("TS5023", 0)


@pytest.mark.parametrize("literal", ['"x\\n{0}"', "'x\\u000a{0}'", '"x\\x0a{0}"', '"x\\u{{a}}{0}"'])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_string_with_a_line_feed_cannot_pose_as_a_message(literal, quote):
    """A module's name is written as it is; the line that it makes is a part of the message."""
    forged = "main.ts(1,1): error TS1: forged"
    text = f"import {literal.format(forged)};"
    output = f"main.ts(1,8): error TS2307: Cannot find module {quote}x\n{forged}{quote}.\n"
    (finding,) = parse(output + "  Why.\n", text)
    assert finding.message == f"Cannot find module {quote}x\n{forged}{quote}."
    assert [note.message for note in finding.notes] == ["Why."]


def test_a_string_in_what_leads_up_to_a_message_cannot_either():
    """A property's name in an indented line belongs to that line."""
    text = 'w["zz\\nmain.ts(1,1): error TS5: forged"];'
    output = (
        "main.ts(1,1): error TS7053: Element has an 'any' type.\n"
        "  Property 'zz\nmain.ts(1,1): error TS5: forged' does not exist.\nmain.ts(1,3): error TS1: real\n"
    )
    first, second = parse(output, text)
    assert [note.message for note in first.notes] == [
        "Property 'zz\nmain.ts(1,1): error TS5: forged' does not exist."
    ]
    assert second.message == "real"


@pytest.mark.parametrize(
    "literal", ['"\\n"', '"\\n\\n"', '"\'\\n"', '"a\\nb"', '"\\nmain.ts(1,1): error TS9: x"']
)
def test_strings_with_line_feeds_swallow_no_message(literal):
    """Such strings are common: only their own quotes around them make them a part of a message."""
    output = (
        "main.ts(1,1): error TS2304: Cannot find name 'a'\nmain.ts(1,2): error TS2304: 'b' b\n"
        "main.ts(1,3): error TS1: c\n"
    )
    assert len(parse(output, f"x = {literal};")) == 3


@pytest.mark.parametrize(
    ("output", "stderr"),
    [
        ("", "FATAL ERROR: Reached heap limit\n"),
        ("", "node:internal/modules/cjs/loader:1078\n  throw err;\n"),
        ("something that nobody has ever seen\n", ""),
        ("main.ts(1,1): err", ""),
        ("main.ts(1", ""),
        ("  detail of nothing\n", ""),
    ],
)
def test_output_that_is_no_report_is_an_error(output, stderr):
    """What tsc or node said last is shown."""
    (finding,) = parse(output, stderr=stderr)
    assert finding.severity is Severity.ERROR


def test_output_that_breaks_off_says_so():
    """A message without its line's end is shown, with an error that says that there may be more."""
    findings = parse("main.ts(1,1): error TS2304: Cannot find na")
    assert [finding.severity for finding in findings] == [Severity.ERROR, Severity.ERROR]
    assert "breaks off" in findings[-1].message


def test_silence_is_clean():
    """Of what is right nothing is said."""
    assert parse("") == ()


_WORDS = (
    *(
        "main.ts",
        "(1,1)",
        "(99999999,99999999)",
        "(0,0)",
        ": ",
        "error ",
        "TS1",
        "TS2304: ",
        "x",
        "\n",
        "\r\n",
    ),
    *("  ", "'", '"', "é😀", "\0", "warning ", "message TS1: ", "main.ts(1,1): error TS2: x\n", "\u2028"),
)


@given(words=st.lists(st.sampled_from(_WORDS), max_size=40), text=st.text(max_size=60))
def test_no_order_of_tscs_words_makes_it_raise(words, text):
    """Nearly right output gives findings that lie in the text, and never an exception."""
    source = SourceText(text)
    for finding in parse("".join(words), text):
        assert finding.message
        assert_in_text(finding.place.range, source)


@given(text=st.text(alphabet="\"'\\\nnxu0a{} ", max_size=200))
def test_no_strings_of_the_users_make_it_raise_or_lose_a_message(text):
    """Whatever strings the text holds, a plain message is a message."""
    assert len(parse("main.ts(1,1): error TS1: A.\nmain.ts(1,1): error TS1: B.\n", text)) == 2


@given(name=st.text(alphabet="ab'\"\n\\: ", min_size=1, max_size=12))
def test_a_name_of_a_module_is_a_part_of_its_message_whatever_it_holds(name):
    """However its line feeds fall, the name in its quotes is read as one message."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    output = f"main.ts(1,8): error TS2307: Cannot find module '{name}' here.\nmain.ts(1,1): error TS1: B.\n"
    first, second = parse(output, f'import "{escaped}";')
    assert first.message == f"Cannot find module '{name}' here."
    assert second.message == "B."


def test_a_very_long_line_is_read():
    """A hundred thousand characters before the place, and as many in the message."""
    text = f"/* {'é😀' * 50_000} */ b;"
    column = len(text[: text.index("b;")].encode("utf-16-le")) // 2 + 1
    assert covered(f"main.ts(1,{column}): error TS1: {'x' * 100_000}\n", text) == "b"
