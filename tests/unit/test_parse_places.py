"""Places: `#line` undone, headers traced to their include, places of files that nobody has."""

from __future__ import annotations

import json

import pytest

from wic_lsp.model import Place, Position, Range, Severity
from wic_lsp.parsers.directives import find_directives
from wic_lsp.parsers.gcc_json import parse_gcc_json
from wic_lsp.parsers.gcc_sarif import parse_gcc_sarif
from wic_lsp.parsers.includes import find_opening_include, read_includes, read_openers
from wic_lsp.parsers.line_directives import physical_lines, read_regions
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import LineRule, SourceText


def _sources(text: str, **others: str) -> Sources:
    texts = {
        "main.cpp": SourceText(text),
        **{f"{name}.h": SourceText(other) for name, other in others.items()},
    }
    return Sources("main.cpp", texts)


def _range(line: int, start: int, end: int) -> Range:
    return Range(Position(line, start), Position(line, end))


def _gcc(text: str, stderr_before: str = "", **diagnostic: object):
    stderr = (
        stderr_before + json.dumps([{"kind": "error", "message": "m", "children": []} | diagnostic]) + "\n"
    )
    (finding,) = parse_gcc_json(b"", stderr.encode(), _sources(text))
    return finding


def _at(file: str, line: int, column: int) -> list[dict[str, object]]:
    return [{"caret": {"file": file, "line": line, "byte-column": column, "column": column}}]


@pytest.mark.parametrize(
    "text",
    [
        "// #line 5\n",
        "/*\n#line 5\n*/",
        'R"(\n#line 5\n)"',
        'R"x(\n)"\n#line 5\n)x"',
        '"\\\n#line 5\n"',
        "// a \\\n#line 5\n",
        "a #line 5\n",
    ],
)
def test_a_directive_in_a_comment_or_a_string_is_none(text):
    """Only lines that the preprocessor would obey count."""
    assert list(find_directives(SourceText(text), "line")) == []


@pytest.mark.parametrize(
    "text", ["#line 5\n", "  # line 5", "int a;\r#line 5", "\ufeff#line 5", "'\"'\n#line 5", "1'0\n#line 5"]
)
def test_a_directive_is_found_wherever_its_line_begins(text):
    """Spaces, a byte-order mark, carriage returns and odd quotes before it do not hide it."""
    (directive,) = find_directives(SourceText(text), "line")
    assert directive.body.strip() == "line 5"


def test_presumed_lines_lead_back_to_the_real_ones():
    """Each region of the text is known by the name and number that its directive gave it."""
    text = SourceText('a\n#line 100 "x.y"\nb\nc\n# 7 "z"\nd\n#line 50\ne')
    regions = read_regions(text, "main.cpp", LineRule.LSP)
    assert physical_lines(regions, "main.cpp", 1) == (1,)
    assert physical_lines(regions, "x.y", 101) == (4,)
    assert physical_lines(regions, "z", 7) == (6,)
    assert physical_lines(regions, "z", 50) == (8,)
    assert physical_lines(regions, "main.cpp", 3) == ()
    assert physical_lines(regions, "nowhere", 1) == ()


def test_a_place_that_no_line_has_is_shown_at_the_top_with_its_name():
    """A file that is neither the snippet nor included by it is named in a note."""
    finding = _gcc("int a;\nint b;\n", locations=_at("grammar.y", 12, 3))
    assert finding.place == Place(None, _range(0, 0, 6))
    assert finding.notes[0].message == "in grammar.y:12:3"
    assert finding.notes[0].place == Place("grammar.y", _range(11, 2, 2))


def test_an_error_without_a_place_is_shown_at_the_top():
    """Nothing is dropped for want of a place."""
    assert _gcc("int a;\n", locations=[]).place == Place(None, _range(0, 0, 6))


def test_includes_are_read_with_their_operands():
    """Quotes and brackets belong to the range, comments do not, and commented-out includes are none."""
    text = SourceText('#include <a/b.h> // x\n//#include "no.h"\n # include "c.h"\n#import MACRO\n')
    includes = read_includes(text, LineRule.LSP)
    assert [(one.line, one.name) for one in includes] == [(1, "a/b.h"), (3, "c.h"), (4, "MACRO")]
    assert [one.range for one in includes][:2] == [_range(0, 9, 16), _range(2, 11, 16)]


def test_a_header_belongs_to_the_include_that_opened_it_first():
    """GCC's tree is matched to the includes in order, passing over those that opened nothing."""
    text = SourceText('#include "skipped.h"\n#include <vector>\n#include "b.h"\n#include "b.h"\n')
    tree = [
        ". /usr/include/c++/12/vector",
        ".. /usr/include/x.h",
        ". b.h",
        ".. deep.h",
        "... deeper.h",
        ". b.h",
    ]
    openers = read_openers(tree)
    includes = read_includes(text, LineRule.LSP)

    def line_of(header: str) -> int | None:
        include = find_opening_include(includes, openers, header)
        return None if include is None else include.line

    assert [line_of(name) for name in ("/usr/include/x.h", "deeper.h", "b.h", "unknown.h")] == [2, 3, 3, None]


def test_an_error_deep_in_a_header_is_shown_on_its_include():
    """The include is underlined, and the first note leads to the header."""
    finding = _gcc("#include <vector>\n", ". /u/vector\n.. /u/deep.h\n", locations=_at("/u/deep.h", 9, 4))
    assert finding.place == Place(None, _range(0, 9, 17))
    assert finding.notes[0].message == "in /u/deep.h:9:4"


def test_gcc_9_and_10_count_plain_columns_in_bytes():
    """Where there is no byte-column, column is one."""
    finding = _gcc("/*é*/ int a;\n", locations=[{"caret": {"file": "main.cpp", "line": 1, "column": 12}}])
    assert finding.place.range == _range(0, 10, 11)


def test_a_finish_is_inclusive():
    """GCC's last column is that of the last byte of what is meant."""
    points = {"caret": 5, "start": 5, "finish": 11}
    location = {
        name: {"file": "main.cpp", "line": 1, "byte-column": column} for name, column in points.items()
    }
    assert _gcc("int größe;\n", locations=[location]).place.range == _range(0, 4, 9)


def test_a_fix_that_reaches_outside_of_the_snippet_is_not_offered():
    """All edits of a fix are of the snippet, or there is no fix."""

    def edit(file: str) -> dict[str, object]:
        point = {"file": file, "line": 1, "byte-column": 1}
        return {"start": point, "next": point, "string": "x"}

    location = _at("main.cpp", 1, 1)
    assert len(_gcc("int a;\n", locations=location, fixits=[edit("main.cpp")]).fixes) == 1
    assert _gcc("int a;\n", locations=location, fixits=[edit("main.cpp"), edit("other.h")]).fixes == ()


def test_an_error_among_the_children_is_a_finding_of_its_own():
    """GCC makes the first message of a group the parent of all others, errors too."""
    children = [{"kind": "error", "message": "second"}, {"kind": "note", "message": "why"}]
    stderr = json.dumps([{"kind": "warning", "message": "first", "children": children}])
    findings = parse_gcc_json(b"", stderr.encode(), _sources("int a;\n"))
    assert [(finding.message, len(finding.notes)) for finding in findings] == [("first", 1), ("second", 0)]


def test_a_sarif_notification_is_an_internal_error():
    """A compiler that crashed and could still say so is shown as that."""
    invocation = {
        "executionSuccessful": False,
        "toolExecutionNotifications": [{"level": "error", "message": {"text": "in f, at x.cc:1"}}],
    }
    log = json.dumps({"runs": [{"results": [], "invocations": [invocation]}]})
    (finding,) = parse_gcc_sarif(b"", log.encode(), _sources("int a;\n"))
    assert finding.severity is Severity.ERROR
    assert finding.message == "internal compiler error: in f, at x.cc:1"


def test_a_failed_sarif_run_without_results_is_not_clean():
    """executionSuccessful=false alone is an error."""
    log = json.dumps({"runs": [{"results": [], "invocations": [{"executionSuccessful": False}]}]})
    (finding,) = parse_gcc_sarif(b"", log.encode(), _sources("int a;\n"))
    assert finding.severity is Severity.ERROR
