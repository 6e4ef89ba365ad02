"""What javac writes, beyond what the corpus holds: how it ends, what it adds, and what could pass for it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.capture import HERE
from tests.corpus.expect import parse_capture, read_sources
from tests.unit.in_text import assert_in_text
from wic_lsp.model import Finding, Position, Range, Severity
from wic_lsp.parsers.javac import parse_javac
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import SourceText

TEXT = 'class A {\n\tString é = "漢😀"; int b = "x";\n    int f() {\n    }\n}\n'


def parse(output: str, text: str = TEXT) -> tuple[Finding, ...]:
    return parse_javac(b"", output.encode(), Sources("A.java", {"A.java": SourceText(text)}))


def at(text: str, what: str) -> tuple[int, int]:
    """Return the UTF-16 offsets of the start and the end of `what`, as a JVM counts."""
    start = len(text[: text.index(what)].encode("utf-16-le")) // 2
    return start, start + len(what.encode("utf-16-le")) // 2


def heading(caret: int, start: int, end: int, message: str = "error: bad") -> str:
    return f"@A.java:1:1:{caret}:{start}:{end}:{message}\n1 error\n"


def covered(output: str, text: str = TEXT) -> str:
    (finding,) = parse(output, text)
    source = SourceText(text)
    range_ = finding.place.range
    return text[source.offset_of(range_.start) : source.offset_of(range_.end)]


def test_offsets_are_utf16_units_whatever_the_columns_say():
    """Tabs and characters of two units before the place do not move it."""
    start, end = at(TEXT, '"x"')
    assert covered(heading(start, start, end)) == '"x"'


def test_a_name_is_shown_and_not_its_whole_declaration():
    """A caret on a word inside of the range is at what is declared."""
    start, end = at(TEXT, 'int b = "x";')
    assert covered(heading(start + 4, start, end)) == "b"


def test_the_end_of_a_body_is_its_brace():
    """What is missing at a body's end is not the whole body."""
    start, end = at(TEXT, "{\n    }")
    assert covered(heading(end - 1, start, end)) == "}"


@pytest.mark.parametrize(
    ("what", "caret", "shown"),
    [
        ('"a"\n+ "b"', 0, '"a"\n+ "b"'),
        ('"a"\n+ "b"', 4, '"a"\n+ "b"'),
        ("x\n.y()", 2, "y()"),
        ("x\n.y\n.z", 2, "y"),
        ("new A() {\n}", 0, "new"),
        ("(a) -> {\n}", 0, "("),
        ("x\n.", 2, ""),
    ],
)
def test_of_what_spans_lines_expressions_are_whole_and_bodies_are_not(what, caret, shown):
    """A chain is its last name's, a body its beginning's."""
    text = f"class A {{ int b = {what};\n}}\n"
    start, end = at(text, what)
    if not shown:
        shown = ";"
    assert covered(heading(start + caret, start, end), text) == shown


def test_a_place_without_an_end_is_a_word():
    """Where javac remembers no end, what stands at the caret is shown."""
    start, _ = at(TEXT, "String")
    assert covered(heading(start, start, -1)) == "String"


def test_a_place_in_a_file_that_is_not_the_jobs_is_told_by_its_line():
    """Nothing is made of offsets into a text that nobody has."""
    (finding,) = parse("@B.java:7:3:100:100:103:error: bad\n1 error\n")
    assert finding.place.range == Range(Position(0, 0), Position(0, 9))
    assert finding.notes[0].message == "in B.java:7"


@pytest.mark.parametrize(("numbers", "line"), [("-1:-1:-1", 2), ("9999999:9999999:9999999", 5)])
def test_places_that_are_none_are_lines_or_clamped(numbers, line):
    """No number that javac could write leads out of the text."""
    (finding,) = parse(f"@A.java:3:1:{numbers}:error: bad\n1 error\n")
    assert finding.place.range.start.line == line


def test_details_are_notes_and_what_is_indented_further_is_theirs():
    """Each thing that javac adds is a note; its own explanation stays with it."""
    start, end = at(TEXT, "b")
    (finding,) = parse(
        f"@A.java:1:1:{start}:{start}:{end}:error: no suitable method\n"
        "    method A.f(int) is not applicable\n"
        "      (argument mismatch; String cannot be converted to int)\n"
        "    method A.f(long) is not applicable\n"
        "  where T is a type-variable:\n"
        "    T extends Object\n"
        "1 error\n"
    )
    assert [note.message for note in finding.notes] == [
        "method A.f(int) is not applicable\n(argument mismatch; String cannot be converted to int)",
        "method A.f(long) is not applicable",
        "where T is a type-variable:\nT extends Object",
    ]


def test_a_lint_category_is_the_code():
    """The word in brackets is what the user passes to -Xlint, or suppresses."""
    (finding,) = parse("@A.java:1:1:0:0:5:warning: [deprecation] f() in A has been deprecated\n1 warning\n")
    assert (finding.code, finding.message) == ("-Xlint:deprecation", "f() in A has been deprecated")


def test_notes_are_told_together_with_how_to_learn_more():
    """Two lines of one matter are one finding, and talk about messages themselves is none."""
    findings = parse(
        "Note: A.java uses unchecked or unsafe operations.\n"
        "Note: Recompile with -Xlint:unchecked for details.\n"
        "Note: Some messages have been simplified; recompile with -Xdiags:verbose to get full output\n"
    )
    assert [(finding.severity, finding.message) for finding in findings] == [
        (
            Severity.INFORMATION,
            "A.java uses unchecked or unsafe operations.\nRecompile with -Xlint:unchecked for details.",
        ),
    ]


def test_advice_that_follows_nothing_stands_by_itself():
    """No word of javac's is lost because another is missing."""
    (finding,) = parse("Note: Recompile with -Xlint:unchecked for details.\n")
    assert finding.message == "Recompile with -Xlint:unchecked for details."


@pytest.mark.parametrize(
    "output",
    [
        "The system is out of resources.\nConsult the following stack trace for details.\n",
        "An exception has occurred in the compiler (17.0.1). Please file a bug\njava.lang.Error\n\tat x\n",
        "Error: Could not create the Java Virtual Machine.\n",
        "@A.java:1:1:0:0:5:warning: [cast] redundant cast to int\n",
        "@A.java:1:1:0:0:5:warni",
        "error: invalid flag: -x\nUsage: javac <options> <source files>\nuse --help for a list\n",
        "@A.java:1:1:0:0:5:warning: [cast] redundant cast to int\n1 error\n1 warning\n",
    ],
)
def test_a_javac_that_does_not_end_well_is_an_error(output):
    """Whatever is not a whole report has exactly one error more, and never less."""
    errors = [finding for finding in parse(output) if finding.severity is Severity.ERROR]
    assert len(errors) == 1


@pytest.mark.parametrize(
    "output",
    ["", "OpenJDK 64-Bit Server VM warning: INFO: os::commit_memory\n", "Picked up JAVA_TOOL_OPTIONS: -X\n"],
)
def test_a_virtual_machines_idle_talk_is_nothing(output):
    """What a JVM says of itself is no finding of the user's."""
    assert parse(output) == ()


@pytest.mark.parametrize("case", ["types", "warnings", "companion", "overloads", "syntax"])
def test_a_report_cut_anywhere_is_never_clean(case):
    """Wherever javac's output is cut, something says that there is or may be an error."""
    stderr = json.loads((HERE / "captures" / "javac-17" / f"{case}.json").read_text())["stderr"].encode()
    sources = read_sources(HERE / "inputs_java" / case)
    last = stderr.rstrip().rindex(b"\n")
    for length in range(1, last, max(1, last // 80)):
        findings = parse_javac(b"", stderr[:length], sources)
        assert any(finding.severity is Severity.ERROR for finding in findings), stderr[:length][-60:]


def test_a_flood_is_told_as_javac_tells_it():
    """It stops at 101, and the user sees a hundred and one sentence."""
    findings = parse_capture("javac-17", "flood")
    assert len(findings) == 101
    assert findings[-1].severity is Severity.INFORMATION


_WORDS = (
    *("@A.java", ":1", ":0", ":-1", ":99999999", ":error: ", ":warning: ", "error: ", "warning: ", "Note: "),
    *(
        "[cast] ",
        "x",
        "é😀",
        "\n",
        "\r\n",
        "  detail",
        "1 error\n",
        "2 warnings\n",
        "\0",
        "@",
        ":",
        "A.java:1: ",
    ),
    *("only showing the first 1 errors, of 2 total; use\n", "@A.java:1:1:0:0:1:error: x\n"),
)


@given(words=st.lists(st.sampled_from(_WORDS), max_size=40), text=st.text(max_size=60))
def test_no_order_of_javacs_words_makes_it_raise(words, text):
    """Nearly right output gives findings that lie in the text, and never an exception."""
    source = SourceText(text)
    for finding in parse("".join(words), text):
        assert finding.message
        assert_in_text(finding.place.range, source)


@given(before=st.text(max_size=30), word=st.from_regex(r"[a-z]{1,8}", fullmatch=True))
def test_whatever_stands_before_a_word_its_place_is_exact(before, word):
    """Surrogate pairs, tabs, ends of lines of every kind: the range covers the word."""
    text = before + word
    start, end = len(before.encode("utf-16-le")) // 2, len(text.encode("utf-16-le")) // 2
    assert covered(heading(start, start, end), text) == word
