"""What editors fade out and strike through: by each compiler's own codes, else by its own words."""

from __future__ import annotations

from collections import defaultdict

import pytest
from lsprotocol.types import DiagnosticTag

from tests.corpus.capture import TOOLCHAINS, cases_of
from tests.corpus.expect import parse_capture
from wic_lsp.lsp.tags import tags_of
from wic_lsp.model import Finding, Note, Place, Position, Range, Severity

HERE = Place(None, Range(Position(0, 0), Position(0, 1)))
ELSEWHERE = Place("a.h", HERE.range)
UNNECESSARY = [DiagnosticTag.Unnecessary]
DEPRECATED = [DiagnosticTag.Deprecated]


def finding(code=None, message="m", place=HERE, **changes):
    return Finding(Severity.WARNING, message, place, code, **changes)


@pytest.mark.parametrize(
    ("code", "tags"),
    [
        ("-Wunused-variable", UNNECESSARY),
        ("-Werror=unused-variable", UNNECESSARY),
        ("-Wunused", UNNECESSARY),
        ("-Wunreachable-code", UNNECESSARY),
        ("-Wunreachable-code-return", UNNECESSARY),
        ("unused_variables", UNNECESSARY),
        ("unused_imports", UNNECESSARY),
        ("dead_code", UNNECESSARY),
        ("unreachable_code", UNNECESSARY),
        ("TS6133", UNNECESSARY),
        ("TS7027", UNNECESSARY),
        ("-Wdeprecated-declarations", DEPRECATED),
        ("-Wdeprecated", DEPRECATED),
        ("deprecated", DEPRECATED),
        ("-Xlint:deprecation", DEPRECATED),
        ("-Xlint:removal", DEPRECATED),
        ("TS6385", DEPRECATED),
        ("-Wshadow", None),
        ("-Xlint:unchecked", None),
        ("E0425", None),
        ("TS2304", None),
        ("DeprecationWarning", None),
        (None, None),
    ],
)
def test_a_code_tells_the_tag(code, tags):
    """GCC, Clang, rustc, javac and tsc have codes. Python's warnings have no place but a whole line."""
    assert tags_of(finding(code)) == tags


@pytest.mark.parametrize(
    "code", ["-Wunused-result", "-Wunused-value", "-Wunused-comparison", "unused_must_use", "unused_results"]
)
def test_a_value_that_should_be_used_is_not_faded(code):
    """Whatever the name: something is missing there, nothing too much."""
    assert tags_of(finding(code)) is None


@pytest.mark.parametrize(
    "message",
    [
        "declared and not used: x",
        "x declared and not used",
        "x declared but not used",
        '"os" imported and not used',
        '"strings" imported as str and not used',
        'imported and not used: "os"',
        'imported and not used: "strings" as str',
        "label loop defined and not used",
        "unused local constant",
        "unused local variable",
        "unused function parameter",
        "unused capture",
        "unused block label",
        "unreachable code",
        "unreachable statement",
    ],
)
def test_where_there_is_no_code_the_words_tell(message):
    """Go and Zig have none, nor have javac's errors."""
    assert tags_of(finding(message=message)) == UNNECESSARY
    assert tags_of(finding(message=f"{message}\nand more")) == UNNECESSARY


@pytest.mark.parametrize(
    "message",
    [
        "append(list, 1) (value of type []int) is not used",
        "local variable is never mutated",
        "undefined: unused",
        "Main.java uses or overrides a deprecated API.",
        'the words "x declared and not used" in a sentence',
    ],
)
def test_other_words_tell_nothing(message):
    """Nothing is guessed."""
    assert tags_of(finding(message=message)) is None


def test_what_is_shown_where_it_is_not_has_no_tag():
    """An #include is not unnecessary because something in the header is."""
    assert tags_of(finding("-Wunused-variable", place=ELSEWHERE)) is None
    assert tags_of(finding("-Wunused-variable", origin=ELSEWHERE)) is None
    assert tags_of(finding("-Wunused-variable", notes=(Note("declared here", ELSEWHERE),))) == UNNECESSARY


@pytest.mark.parametrize("toolchain", sorted(TOOLCHAINS))
def test_every_toolchain_says_what_is_unnecessary_or_deprecated(toolchain):
    """In what it really wrote, but for Python, which warns of neither at a place."""
    said: dict[DiagnosticTag, set[str | None]] = defaultdict(set)
    for case in cases_of(toolchain):
        for one in parse_capture(toolchain, case.name):
            for tag in tags_of(one) or ():
                said[tag].add(one.code)
    if toolchain.startswith("python"):
        assert not said
    elif toolchain.startswith(("go", "zig", "tsc")):
        assert set(said) == {DiagnosticTag.Unnecessary}
    else:
        assert set(said) == {DiagnosticTag.Unnecessary, DiagnosticTag.Deprecated}
