"""The report for people: exact output, honest about what was not checked, harmless to a terminal."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from wic_lsp.model import CheckResult, Edit, Finding, Fix, Note, Place, Position, Range, Severity
from wic_lsp.report import CheckedFile, exit_code, render
from wic_lsp.report.terminal import cells, sanitise, wants_colour
from wic_runtimes.contract import Outcome


def at(line, column, end_line, end_column, file=None):
    return Place(file, Range(Position(line, column), Position(end_line, end_column)))


def error(place, message="no", **changes):
    return Finding(Severity.ERROR, message, place, **changes)


def checked(text, *findings, path="a.c", **changes):
    values = {"outcome": Outcome.FINISHED, "duration_s": 0.21} | changes
    return CheckedFile(path, text, (CheckResult("gcc-12", "sandbox", findings=findings, **values),))


def text_of(*files):
    return render("text", files)


def excerpt_of(text, place):
    """Return what stands between the place and the summary."""
    return text_of(checked(text, error(place))).split("\n\n")[0].split("\n")[2:]


def test_a_finding_is_shown_with_its_place_notes_and_fixes():
    """Message, code, place, source, marks, notes and help, then one line that sums up."""
    finding = error(
        at(1, 4, 1, 7),
        "'foo' undeclared",
        code="-Wx",
        notes=(
            Note("did you mean this?", at(0, 4, 0, 8)),
            Note("reported once"),
            Note("from here", at(3, 2, 3, 5, "/usr/include/stdio.h")),
        ),
        fixes=(Fix("change it to 'fool'", (Edit(at(1, 4, 1, 7).range, "fool"),), is_sure=False),),
    )
    assert (
        text_of(checked("int fool;\n    foo = 1;\n", finding))
        == """\
error: 'foo' undeclared [-Wx]
 --> a.c:2:5
  |
2 |     foo = 1;
  |     ^^^
note: did you mean this?
 --> a.c:1:5
  |
1 | int fool;
  |     ^^^^
  = note: reported once
note: from here
 --> /usr/include/stdio.h:4:3
  = help: change it to 'fool'

1 error in 1 file; gcc-12, sandbox, 0.21 s
"""
    )


@pytest.mark.parametrize(
    ("line", "place", "drawn"),
    [
        ("\tx = y;", at(0, 5, 0, 6), ["1 |     x = y;", "  |         ^"]),
        ("a\tb", at(0, 1, 0, 2), ["1 | a    b", "  |  ^^^^"]),
        ("漢字 x", at(0, 0, 0, 2), ["1 | 漢字 x", "  | ^^^^"]),
        ("漢字 x", at(0, 3, 0, 4), ["1 | 漢字 x", "  |      ^"]),
        ("😀 x", at(0, 2, 0, 3), ["1 | 😀 x", "  |    ^"]),
        ("e\u0301 x", at(0, 3, 0, 4), ["1 | e\u0301 x", "  |   ^"]),
        ("x", at(0, 1, 0, 1), ["1 | x", "  |  ^"]),
        ("x\r\n", at(0, 1, 1, 0), ["1 | x", "  |  ^"]),
        ("", at(0, 0, 0, 0), ["1 |", "  | ^"]),
        ("x", at(0, 9, 0, 12), ["1 | x", "  |  ^"]),
        ("ab", at(0, 1, 9, 9), ["1 | ab", "  |  ^"]),
    ],
)
def test_marks_stand_under_what_they_mean(line, place, drawn):
    """Tabs, wide and combining characters, the end of a line and positions past it are drawn in place."""
    assert excerpt_of(line, place) == ["  |", *drawn]


def test_a_range_over_lines_is_bracketed():
    """From the first non-blank character the bracket begins on its line, else below it."""
    text = "if (a) {\n  b\n}\nc"
    assert excerpt_of(text, at(0, 0, 2, 1)) == [
        "  |",
        "1 | / if (a) {",
        "2 | |   b",
        "3 | | }",
        "  | |_^",
    ]
    assert excerpt_of(text, at(0, 7, 2, 1)) == [
        "  |",
        "1 |   if (a) {",
        "  |  ________^",
        "2 | |   b",
        "3 | | }",
        "  | |_^",
    ]


def test_a_long_range_is_shown_by_its_ends():
    """The middle of a long range is left out; numbers keep their column."""
    assert excerpt_of("x\n" * 30, at(5, 0, 14, 1)) == [
        "   |",
        " 6 | / x",
        " 7 | | x",
        " 8 | | x",
        "...  |",
        "13 | | x",
        "14 | | x",
        "15 | | x",
        "   | |_^",
    ]


def test_a_very_long_line_is_cut_around_the_finding():
    """A minified file does not flood the terminal."""
    _, source, marks = excerpt_of("a" * 5000 + "BAD" + "c" * 5000, at(0, 5000, 0, 5003))
    assert len(source) < 220
    assert source[marks.index("^") : marks.rindex("^") + 1] == "BAD"


def test_a_place_outside_the_text_shows_no_source():
    """A compiler that names a line which is not there does not break the report."""
    assert excerpt_of("x", at(7, 0, 7, 1)) == []


def test_control_characters_never_reach_the_terminal():
    """Source, message, code, note, fix, path and reason may hold escape sequences; none is printed."""
    evil = "\x1b]0;pwned\x07\x1b[2J\r\x9b31m\x7f\u202e\u2028\ud800"
    finding = error(
        at(0, 0, 0, 1),
        evil,
        code=evil,
        notes=(Note(evil), Note(evil, at(0, 0, 0, 1, evil))),
        fixes=(Fix(evil, (), is_sure=True),),
    )
    file = CheckedFile(
        evil,
        evil,
        (CheckResult(evil, evil, Outcome.TIMED_OUT, (finding,), reason=evil, remedy=evil),),
    )
    for colour in (False, True):
        shown = render("text", [file, CheckedFile(evil, "", ())], colour=colour)
        shown = re.sub(r"\x1b\[[0-9;]*m", "", shown) if colour else shown
        assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028\ud800-\udfff]", shown) == []


def test_a_message_cannot_forge_a_line_of_the_report():
    """What follows a line feed in a message is indented; a path or code stays on its line."""
    shown = text_of(checked("x", error(at(0, 0, 0, 1), "a\nerror: b", code="c\nd"), path="p\nq"))
    assert shown.split("\n")[:3] == ["error: a [c␊d]", "       error: b", " --> p␊q:1:1"]


def test_what_was_not_checked_is_said_and_never_clean():
    """Reason and remedy stand in the report, and the summary counts them."""
    timed_out = checked(
        "x", outcome=Outcome.TIMED_OUT, reason="It ran longer than 10 s", remedy="Raise the limit."
    )
    assert (
        text_of(timed_out)
        == """\
not checked: It ran longer than 10 s. Raise the limit.
 --> a.c

1 not checked in 1 file; gcc-12, sandbox, 0.21 s
"""
    )


@pytest.mark.parametrize(
    "outcome", [None, *(outcome for outcome in Outcome if outcome is not Outcome.FINISHED)]
)
def test_every_outcome_has_a_reason(outcome):
    """Where nobody gave a reason the report still says what happened."""
    first = text_of(checked("x", outcome=outcome)).split("\n")[0]
    assert re.fullmatch(r"not checked: [A-Z].*\.", first)


def test_findings_of_an_incomplete_result_are_shown_too():
    """What the compiler said before it was stopped is not thrown away."""
    shown = text_of(checked("x", error(at(0, 0, 0, 1)), outcome=Outcome.OUTPUT_LIMIT))
    assert "error: no\n" in shown
    assert "1 error, 1 not checked in 1 file" in shown


@pytest.mark.parametrize(
    ("files", "summary"),
    [
        ([checked("x")], "no errors in 1 file; gcc-12, sandbox, 0.21 s"),
        ([checked("x", cached=True)], "no errors in 1 file; gcc-12, sandbox, 0.21 s, cached"),
        (
            [checked("x", error(at(0, 0, 0, 1)), error(at(0, 0, 0, 1)))] * 2,
            "4 errors in 2 files; gcc-12, sandbox, 0.42 s",
        ),
        (
            [
                checked("x", *(Finding(severity, "m", at(0, 0, 0, 1)) for severity in Severity)),
            ],
            "1 error, 1 warning, 2 notes in 1 file; gcc-12, sandbox, 0.21 s",
        ),
        ([CheckedFile("a.md", "", ())], "nothing compiled in 1 file"),
        ([], "nothing compiled in no files"),
    ],
)
def test_the_last_line_sums_up(files, summary):
    """Counts, files, toolchains, runtimes and time stand in one line at the end."""
    assert text_of(*files).splitlines()[-1] == summary


def test_a_file_without_snippets_is_named():
    """A Markdown file with nothing to compile is not passed over in silence."""
    assert text_of(CheckedFile("a.md", "", ())).startswith("a.md: nothing to compile\n")


def result_of(toolchain, *findings, **changes):
    values = {"outcome": Outcome.FINISHED, "duration_s": 0.25} | changes
    return CheckResult(toolchain, "sandbox", findings=findings, **values)


def test_what_several_toolchains_agree_on_is_said_once():
    """Each place says whose it is; the table has a line for each toolchain; the sum counts what is shown."""
    same, own = error(at(0, 0, 0, 1), "both"), Finding(Severity.WARNING, "one", at(0, 2, 0, 3))
    results = (
        result_of("gcc-12", same),
        result_of("clang-14", own, same),
        result_of("gcc-9", outcome=None, reason="It is not here.", remedy="Install it."),
    )
    assert (
        text_of(CheckedFile("a.c", "x y", results))
        == """\
error: both
 --> a.c:1:1 (gcc-12, clang-14)
  |
1 | x y
  | ^

warning: one
 --> a.c:1:3 (only clang-14)
  |
1 | x y
  |   ^

not checked: It is not here. Install it.
 --> a.c (gcc-9)

gcc-12    1 error
clang-14  1 error, 1 warning
gcc-9     not compiled

1 error, 1 warning, 1 not checked in 1 file; gcc-12, clang-14, gcc-9, sandbox, 0.75 s
"""
    )


def test_several_files_are_a_table_with_a_column_for_each_toolchain():
    """A block is named by its line; what was not asked for is told from what could not be compiled."""
    block = at(3, 0, 3, 4).range
    files = [
        CheckedFile("a.c", "x", (result_of("gcc-12"), result_of("clang-14", error(at(0, 0, 0, 1))))),
        CheckedFile("r.md", "x", (result_of("gcc-12", block=block),)),
        CheckedFile("no.c", "", (CheckResult(None, None, None, reason="It is not there."),)),
    ]
    table = """

        gcc-12        clang-14
a.c     passes        1 error
r.md:4  passes        -
no.c    not compiled  not compiled

1 error, 1 not checked in 3 files; \
"""
    assert table in text_of(*files)


def test_one_toolchain_for_each_snippet_is_no_table():
    """Blocks in several languages have several toolchains, and nothing to compare."""
    results = (result_of("gcc-12"), result_of("rustc-1.63", block=at(3, 0, 3, 4).range))
    assert text_of(CheckedFile("r.md", "x", results)).count("\n") == 1


def test_colour_changes_nothing_but_colour():
    """Without its ANSI sequences the coloured report is the plain one, but for spaces at line ends."""
    files = [checked("\tx = 漢;\ny\nz", error(at(0, 1, 0, 2), notes=(Note("n"),)), error(at(0, 0, 2, 1)))]
    coloured = render("text", files, colour=True)
    assert "\x1b[1;31merror\x1b[0m" in coloured
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.split("\n")] == text_of(*files).split("\n")


@pytest.mark.parametrize(
    ("environment", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour_is_used_where_it_is_wanted(environment, is_terminal, expected):
    """NO_COLOR, FORCE_COLOR and TERM=dumb are heeded."""
    assert wants_colour(environment, is_terminal=is_terminal) is expected


def test_sanitised_text_keeps_its_characters_apart_from_controls():
    """Letters, emoji with joiners and line feeds stay; tabs become four spaces."""
    assert sanitise("é😀👩\u200d🚀\n\tx\r\n") == "é😀👩\u200d🚀\n    x\n"
    assert cells("漢e\u0301") == 3


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([], 0),
        ([checked("x")], 0),
        ([checked("x", Finding(Severity.WARNING, "w", at(0, 0, 0, 1)))], 0),
        ([checked("x", error(at(0, 0, 0, 1))), checked("y")], 1),
        ([checked("x", outcome=None)], 2),
        ([checked("x", error(at(0, 0, 0, 1))), checked("y", outcome=Outcome.CRASHED)], 2),
        ([CheckedFile("a.md", "", ())], 0),
    ],
)
def test_the_exit_code_says_clean_errors_or_not_checked(files, code):
    """0 if all compiled without an error, 1 if some did not, 2, before 1, if something was not checked."""
    assert exit_code(files) == code


def test_the_text_report_imports_neither_lsprotocol_nor_rich():
    """A plain ASCII report does not pay for what it does not use."""
    program = (
        "import sys; from wic_lsp.report import CheckedFile, render;"
        "render('text', [CheckedFile('a', '', ())]);"
        "print([name for name in ('lsprotocol', 'rich', 'pygls') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
