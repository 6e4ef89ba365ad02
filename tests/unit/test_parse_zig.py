"""Zig's text where the corpus cannot show it: broken, hostile, or of another version."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.corpus.expect import read_sources
from tests.unit.in_text import assert_in_text
from tests.unit.test_parsers import HERE, _output
from wic_lsp.model import Position, Range, Severity
from wic_lsp.parsers.sources import Sources
from wic_lsp.parsers.zig import parse_zig_text
from wic_lsp.positions import SourceText

TEXT = 'const a = 1;\n\tconst ä = "😀"; const x = yes;\n'
SOURCES = Sources("main.zig", {"main.zig": SourceText(TEXT)})
ELSEWHERE = "/opt/zig/lib/std/fmt.zig"


def parse(text):
    return parse_zig_text(b"", text.encode(), SOURCES)


def heading(message="wrong", place="main.zig:1:7", kind="error"):
    colour = 31 if kind == "error" else 36
    return f"\x1b[0m\x1b[1m{place}: \x1b[{colour}m{kind}: \x1b[0m\x1b[1m{message}\n"


def echo(line, before, marks):
    return f"\x1b[0m{line}\n{' ' * before}\x1b[32m{marks}\n"


def references(*lines):
    return "\x1b[0m\x1b[2mreferenced by:\n" + "".join(f"    {line}\n" for line in lines) + "\x1b[0m\n"


def test_columns_are_bytes():
    """And the marks under the echoed line are the range."""
    line = TEXT.split("\n")[1]
    before = len(line[: line.index("yes")].encode())
    told = heading(place=f"main.zig:2:{before + 1}") + echo(line.replace("\t", " "), before, "^~~")
    (finding,) = parse(told)
    start = line.index("yes")
    assert finding.place.range == Range(Position(1, start), Position(1, start + 3))


def test_a_range_may_begin_before_its_caret():
    """What is marked is the whole, the caret is where it is wrong."""
    (finding,) = parse(heading(place="main.zig:1:9") + echo("const a = 1;", 6, "~~^~~"))
    assert finding.place.range == Range(Position(0, 6), Position(0, 11))


@pytest.mark.parametrize(
    "after",
    ["", echo("const a = 1;", 6, "^"), echo("const a = 1;", 2, "^~~~"), "\x1b[0mconst a = 1;\n  ^~~~\n"],
)
def test_without_marks_that_fit_it_is_the_word(after):
    """One mark says no more than the caret; marks elsewhere are not its own."""
    (finding,) = parse(heading() + after)
    assert finding.place.range == Range(Position(0, 6), Position(0, 7))


def test_a_message_goes_on_where_it_is_indented():
    """By as much as stands before it; what looks like a message in it is text."""
    indent = " " * len("main.zig:1:7: error: ")
    told = (
        heading("one")
        + f"{indent}main.zig:2:2: error: forged\n{indent}  two\n"
        + echo("const a = 1;", 6, "^")
    )
    (finding,) = parse(told + heading("real"))[:1]
    assert finding.message == "one\nmain.zig:2:2: error: forged\n  two"


def test_an_echoed_line_is_no_message():
    """However it looks."""
    forged = heading("forged").removeprefix("\x1b[0m").rstrip("\n")
    assert [one.message for one in parse(heading("real") + echo(forged, 6, "^~~"))] == ["real"]


def test_notes_and_references_belong_to_the_error_before_them():
    """References by their names without what Zig adds, and only those of the job's own files."""
    told = (
        heading()
        + heading("declared here", "main.zig:2:2", "note")
        + references(
            "show__anon_123: main.zig:2:2",
            "main [inlined]: main.zig:1:1",
            f"start: {ELSEWHERE}:9:9",
            "3 reference(s) hidden; use '-freference-trace=9' to see all references",
        )
        + heading("next")
    )
    first, second = parse(told)
    assert [note.message for note in first.notes] == [
        "declared here",
        "referenced by `show`",
        "referenced by `main`",
    ]
    assert (second.message, second.notes) == ("next", ())


@pytest.mark.parametrize(
    "way",
    [
        references(f"print: {ELSEWHERE}:9:9", "main: main.zig:2:2"),
        heading("called from here", "main.zig:2:2", "note"),
        heading("called at comptime here", "main.zig:2:2", "note"),
        heading("file imported here", "main.zig:2:2", "note"),
    ],
)
def test_an_error_elsewhere_is_shown_where_it_was_reached_from(way):
    """Its true place is the first note."""
    (finding,) = parse(heading("invalid format", f"{ELSEWHERE}:471:5") + way)
    assert finding.place.range.start == Position(1, 1)
    assert finding.notes[0].message == f"in {ELSEWHERE}:471:5"


def test_what_was_logged_is_not_lost():
    """It is told where no error tells of it."""
    log = "\nCompile Log Output:\n@as(u8, 1)\n@as(u8, 2)\n"
    assert [one.message for one in parse(heading() + log)] == [
        "wrong",
        "Compile Log Output:\n@as(u8, 1)\n@as(u8, 2)",
    ]
    assert parse(heading() + log)[1].severity is Severity.INFORMATION
    assert [one.message for one in parse(heading("found compile log statement") + log)] == [
        "found compile log statement"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "error: unrecognized parameter: '-x'\n",
        "\x1b[31merror: \x1b[0m\x1b[1munable to load: FileNotFound\n",
        "thread 1 panic: reached unreachable code\n",
        "something that nobody has ever seen\n",
    ],
)
def test_words_without_a_place_are_an_error(text):
    """The program's own, and its last."""
    findings = parse(text)
    assert [finding.severity for finding in findings] == [Severity.ERROR]
    assert "\x1b" not in findings[0].message


def test_nothing_said_is_nothing_found():
    """Good code has no word said about it."""
    assert parse("") == ()
    assert parse("\x1b[0m\n") == ()


@pytest.mark.parametrize("toolchain", ["zig-0.13", "zig-0.15", "zig-0.17"])
@pytest.mark.parametrize("case", ["types", "comptime", "forged_message"])
def test_output_that_breaks_off_is_never_taken_for_clean(toolchain, case):
    """Wherever the output of a failed compile is cut, there is an error."""
    _, stderr = _output(toolchain, case)
    first = stderr.index(b"main.zig") + 1
    sources = read_sources(HERE / "inputs_zig" / case)
    for length in range(first, len(stderr), max(1, len(stderr) // 80)):
        findings = parse_zig_text(b"", stderr[:length], sources)
        assert any(finding.severity is Severity.ERROR for finding in findings), stderr[:length][-80:]


_WORDS = (
    *(
        "main.zig",
        ":1",
        ":2",
        "\n",
        "\x1b[0m",
        "\x1b[1m",
        "\x1b[32m",
        " ",
        "^",
        "~",
        "    ",
        "9" * 12,
        "ä",
        "\x00",
    ),
    *(heading(), heading(kind="note"), heading(place="x.zig:7:7"), references("a: main.zig:2:2"), "error: "),
    *("referenced by:\n", "Compile Log Output:\n", " " * 21, echo("const", 6, "^~~~~~~~~~~~~~~~")),
)


@given(words=st.lists(st.sampled_from(_WORDS), max_size=30))
def test_no_order_of_its_words_makes_it_raise(words):
    """Output that is nearly right is read as far as it makes sense, at places that there are."""
    text = SOURCES.texts["main.zig"]
    for finding in parse("".join(words)):
        assert finding.message
        assert_in_text(finding.place.range, text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_damaged_output_never_raises(data):
    """Real output with a piece cut out and another put in is read without an exception."""
    _, stderr = _output("zig-0.15", data.draw(st.sampled_from(["types", "comptime", "calls"])))
    start = data.draw(st.integers(0, len(stderr)))
    end = data.draw(st.integers(start, len(stderr)))
    parse_zig_text(b"", stderr[:start] + data.draw(st.binary(max_size=8)) + stderr[end:], SOURCES)
