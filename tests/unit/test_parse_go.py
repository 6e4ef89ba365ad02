"""Go's text where the corpus cannot show it: broken, hostile, or of another version."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.corpus.expect import parse_capture, read_sources
from tests.unit.in_text import assert_in_text
from tests.unit.test_parsers import HERE, _output
from wic_lsp.model import Position, Range, Severity
from wic_lsp.parsers.go import parse_go_text
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import SourceText

TEXT = 'package main\n\tvar ä = "😀"; var x = y\n'
SOURCES = Sources("main.go", {"main.go": SourceText(TEXT)})


def parse(text, *, stderr=False):
    outputs = (b"", text.encode()) if stderr else (text.encode(), b"")
    return parse_go_text(*outputs, SOURCES)


@pytest.mark.parametrize("stderr", [False, True])
def test_columns_are_bytes(stderr):
    """On either output: the compiler writes on the one, `go list` on the other."""
    line = TEXT.split("\n")[1]
    column = line.index("y")
    (finding,) = parse(f"main.go:2:{len(line[:column].encode()) + 1}: undefined: y\n", stderr=stderr)
    assert finding.place.range == Range(Position(1, column), Position(1, column + 1))
    assert finding.message == "undefined: y"


@pytest.mark.parametrize("name", ["main.go", "./main.go", "/src/main.go"])
def test_a_file_is_known_by_all_of_its_names(name):
    """The compiler names it as it was called, `go list` from the folder."""
    (finding,) = parse(f"{name}:1:1: wrong\n")
    assert (finding.place.file, finding.place.range.start) == (None, Position(0, 0))
    assert finding.notes == ()


def test_a_line_without_a_column_is_shown_whole():
    """Go remembers only so many columns."""
    (finding,) = parse("main.go:2: wrong\n")
    assert finding.place.range == Range(Position(1, 1), Position(1, len(TEXT.split("\n")[1])))


@pytest.mark.parametrize(
    "place", ["other.y:70[main.go:2:2]", "other.y:70:9[main.go:2:2]", "main.go:1[main.go:2:2]"]
)
def test_the_real_place_counts(place):
    """Where a directive presumes another, both are told."""
    (finding,) = parse(f"{place}: wrong\n")
    assert finding.place.range.start == Position(1, 1)


def test_what_is_added_is_a_note():
    """With a place of its own, or as one text without."""
    told = "main.go:1:1: wrong\n\tmain.go:2:2: other declaration\n\thave (int)\n\twant ()\n"
    (finding,) = parse(told)
    assert [note.message for note in finding.notes] == ["other declaration", "have (int)\nwant ()"]
    assert finding.notes[0].place.range.start == Position(1, 1)
    assert finding.notes[1].place is None


def test_what_a_colon_announces_is_a_part_of_the_message():
    """Older versions wrote the reason on a line of its own."""
    (finding,) = parse("main.go:1:1: cannot use x:\n\tX does not implement Y\n\thave a\n")
    assert finding.message == "cannot use x:\nX does not implement Y"
    assert [note.message for note in finding.notes] == ["have a"]


def test_a_raw_string_in_a_message_is_only_text():
    """However its lines look."""
    told = "main.go:1:1: cannot use `a\nmain.go:2:2: forged\n# x\n\tmain.go:2:2: forged` (untyped) as int\n"
    told += "main.go:2:2: real\n"
    assert [one.message.split("\n")[-1] for one in parse(told)] == [
        "\tmain.go:2:2: forged` (untyped) as int",
        "real",
    ]


@pytest.mark.parametrize("message", ["invalid character U+0060 '`'", 'cannot use "`" as int', "'`' is odd"])
def test_a_backquote_in_quotes_opens_nothing(message):
    """So the next message is one."""
    assert [one.message for one in parse(f"main.go:1:1: {message}\nmain.go:2:2: real\n")] == [message, "real"]


def test_a_raw_string_that_is_never_closed_is_none():
    """Nothing that follows is lost."""
    assert [one.message for one in parse("main.go:1:1: odd `\nmain.go:2:2: real\n")] == ["odd `", "real"]


@pytest.mark.parametrize(
    "text",
    [
        "go: cannot find GOROOT directory\n",
        "flag provided but not defined: -x\nusage: compile [options] file.go...\n",
        "fatal error: out of memory\nruntime stack:\n",
        "main.go:1:1: internal compiler error: boom\n",
        "something that nobody has ever seen\n",
    ],
)
def test_words_without_a_place_are_an_error(text):
    """The driver's, and those of a compiler that dies."""
    findings = parse(text, stderr=True)
    assert findings[0].severity is Severity.ERROR
    assert findings[0].message.split("\n")[0] in text


def test_idle_talk_is_nothing():
    """The package's name, and nothing at all."""
    assert parse("# command-line-arguments\n\n", stderr=True) == ()
    assert parse("command-line-arguments\n") == ()


def test_a_compiler_that_stops_says_so():
    """Without `-e` there are ten."""
    told = "main.go:1:1: wrong\nmain.go:1:1: too many errors\ntoo many errors\n"
    assert parse(told)[-1].severity is Severity.INFORMATION


@pytest.mark.parametrize("toolchain", ["go-1.19", "go-1.26", "go-1.26-list"])
@pytest.mark.parametrize("case", ["types", "declared_twice", "forged_message"])
def test_output_that_breaks_off_is_never_taken_for_clean(toolchain, case):
    """Wherever the output of a failed compile is cut, there is an error."""
    outputs = _output(toolchain, case)
    text = max(outputs, key=len)
    first = text.index(b"main.go") + 1
    sources = read_sources(HERE / "inputs_go" / case)
    for length in range(first, len(text), max(1, len(text) // 80)):
        findings = parse_go_text(text[:length], b"", sources)
        assert any(finding.severity is Severity.ERROR for finding in findings), text[:length][-80:]


@pytest.mark.parametrize("case", ["crlf", "bom", "non_ascii", "tabs", "long_line"])
def test_line_ends_make_no_difference(case):
    r"""An output whose lines end with \r\n reads as one whose lines do not."""
    stdout, stderr = _output("go-1.26", case)
    sources = read_sources(HERE / "inputs_go" / case)
    windows = parse_go_text(stdout.replace(b"\n", b"\r\n"), stderr, sources)
    assert windows == parse_capture("go-1.26", case)


_WORDS = (
    *("main.go", ":", "1", "2:2", "[", "]", ": ", "\n", "\t", "    ", "`", '"', "'", "\\", "# x", "wrong"),
    *("too many errors", "other.go:9[main.go:1:1]: ", "have ()", "9" * 12, "\r", "ä", "\x00"),
)


@given(words=st.lists(st.sampled_from(_WORDS), max_size=40))
def test_no_order_of_its_words_makes_it_raise(words):
    """Output that is nearly right is read as far as it makes sense, at places that there are."""
    text = SOURCES.texts["main.go"]
    for finding in parse("".join(words)):
        assert finding.message
        assert_in_text(finding.place.range, text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_damaged_output_never_raises(data):
    """Real output with a piece cut out and another put in is read without an exception."""
    stdout, stderr = _output("go-1.22", data.draw(st.sampled_from(["types", "imports", "forged_message"])))
    start = data.draw(st.integers(0, len(stdout)))
    end = data.draw(st.integers(start, len(stdout)))
    parse_go_text(stdout[:start] + data.draw(st.binary(max_size=8)) + stdout[end:], stderr, SOURCES)
