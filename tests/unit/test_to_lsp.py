"""Findings become diagnostics in the editor's own units, with notes, tags, links and fixes."""

from __future__ import annotations

import json

import pytest
from lsprotocol import converters, types

from wic_lsp.lsp.to_lsp import (
    read_fixes,
    to_diagnostic,
    to_position,
    to_range,
    to_text_edit,
    to_workspace_edit,
)
from wic_lsp.model import Edit, Finding, Fix, Note, Place, Position, Range, Severity
from wic_lsp.positions import Encoding, split_lines

URI = "file:///w/a.c"
TEXT = "\tint 😀é = x;\r\n" + "e\u0301 漢 y\r" + "last"
LINES = split_lines(TEXT)


def span(line, column, end_line, end_column):
    return Range(Position(line, column), Position(end_line, end_column))


def finding(**changes):
    values = {
        "severity": Severity.ERROR,
        "message": "no x",
        "place": Place(None, span(0, 10, 0, 11)),
    }
    return Finding(**(values | changes))


def as_tuple(range_):
    return range_.start.line, range_.start.character, range_.end.line, range_.end.character


@pytest.mark.parametrize(
    ("encoding", "start", "end"),
    [(Encoding.UTF8, 14, 15), (Encoding.UTF16, 11, 12), (Encoding.UTF32, 10, 11)],
)
def test_columns_after_an_emoji_are_in_the_editors_units(encoding, start, end):
    """A tab is one unit, an emoji four bytes, two UTF-16 units or one code point."""
    diagnostic = to_diagnostic(finding(), LINES, encoding, URI)
    assert as_tuple(diagnostic.range) == (0, start, 0, end)


@pytest.mark.parametrize(
    ("encoding", "column"), [(Encoding.UTF8, 8), (Encoding.UTF16, 5), (Encoding.UTF32, 5)]
)
def test_combining_and_wide_characters_count_as_their_units(encoding, column):
    """A combining accent is a unit of its own; a wide character is three bytes or one unit."""
    assert to_position(Position(1, 5), LINES, encoding) == types.Position(1, column)


@pytest.mark.parametrize(
    ("encoding", "column"), [(Encoding.UTF8, 16), (Encoding.UTF16, 13), (Encoding.UTF32, 12)]
)
def test_no_position_lies_behind_a_line_end(encoding, column):
    r"""A column past the text of a line is before its \r\n; a line past the document is its end."""
    assert as_tuple(to_range(span(0, 90, 7, 3), LINES, encoding)) == (0, column, 2, 4)
    assert to_position(Position(3, 0), [], encoding) == types.Position(0, 0)


def test_a_finding_brings_severity_code_link_and_source():
    """What the compiler said arrives whole."""
    diagnostic = to_diagnostic(
        finding(severity=Severity.WARNING, code="-Wshadow", code_url="https://gcc.gnu.org/W"),
        LINES,
        Encoding.UTF16,
        URI,
        source="wic gcc-12",
    )
    assert diagnostic == types.Diagnostic(
        range=types.Range(types.Position(0, 11), types.Position(0, 12)),
        message="no x",
        severity=types.DiagnosticSeverity.Warning,
        code="-Wshadow",
        code_description=types.CodeDescription("https://gcc.gnu.org/W"),
        source="wic gcc-12",
    )


@pytest.mark.parametrize("severity", Severity)
def test_severities_are_lsps_own(severity):
    """The four severities map one to one."""
    diagnostic = to_diagnostic(finding(severity=severity), LINES, Encoding.UTF16, URI)
    assert diagnostic.severity.name.lower() == severity.name.lower()


def test_a_link_without_a_code_is_left_out():
    """LSP allows codeDescription only beside a code."""
    diagnostic = to_diagnostic(finding(code_url="https://x"), LINES, Encoding.UTF16, URI)
    assert diagnostic.code_description is None


def related(*notes, **options):
    diagnostic = to_diagnostic(finding(notes=notes), LINES, Encoding.UTF16, URI, **options)
    return [
        (info.location.uri, as_tuple(info.location.range), info.message)
        for info in diagnostic.related_information or ()
    ]


def test_notes_become_related_information():
    """A note in the document points there in the editor's units; one without a place at the finding."""
    assert related(Note("declared here", Place(None, span(0, 5, 0, 6))), Note("just so")) == [
        (URI, (0, 5, 0, 7), "declared here"),
        (URI, (0, 11, 0, 12), "just so"),
    ]


def test_a_note_in_another_file_points_there_if_the_client_can_open_it():
    """Positions in other files are sent as they are."""
    note = Note("declared here", Place("b.h", span(4, 2, 4, 9)))
    assert related(note, resolve_uri={"b.h": "file:///w/b.h"}.get) == [
        ("file:///w/b.h", (4, 2, 4, 9), "declared here")
    ]


def test_a_note_in_a_file_that_the_client_cannot_open_names_its_place():
    """The place stands before the message, counted from one as compilers print it."""
    note = Note("declared here", Place("/usr/include/stdio.h", span(4, 2, 4, 9)))
    assert related(note) == [(URI, (0, 11, 0, 12), "/usr/include/stdio.h:5:3: declared here")]


def test_a_client_without_related_information_gets_the_notes_in_the_message():
    """No note is lost on a client that cannot show related information."""
    error = finding(notes=(Note("one"), Note("two", Place("b.h", span(0, 0, 0, 0)))))
    diagnostic = to_diagnostic(error, LINES, Encoding.UTF16, URI, with_related=False)
    assert diagnostic.message == "no x\none\nb.h:1:1: two"
    assert diagnostic.related_information is None


def test_a_finding_in_another_file_is_shown_where_the_document_leads_to_it():
    """An error in a header is put on the line that includes it, with its own place in words and as a link."""
    error = finding(
        place=Place("b.h", span(4, 2, 4, 9)),
        notes=(Note("included from here", Place(None, span(2, 0, 2, 4))),),
    )
    diagnostic = to_diagnostic(error, LINES, Encoding.UTF16, URI, resolve_uri={"b.h": "file:///w/b.h"}.get)
    assert as_tuple(diagnostic.range) == (2, 0, 2, 4)
    assert diagnostic.message == "b.h:5:3: no x"
    assert diagnostic.related_information[0].location.uri == "file:///w/b.h"


def test_a_finding_in_another_file_without_a_trace_is_shown_on_the_first_line():
    """Nothing that the compiler said is dropped for want of a place."""
    diagnostic = to_diagnostic(finding(place=Place("b.h", span(4, 2, 4, 9))), LINES, Encoding.UTF16, URI)
    assert as_tuple(diagnostic.range) == (0, 0, 0, 13)


FIX = Fix("change 'x' to 'y'", (Edit(span(0, 10, 0, 11), "y"), Edit(span(1, 5, 1, 5), "😀")), is_sure=True)


def test_fixes_travel_in_the_diagnostic_and_come_back():
    """A code action can be answered from what the client sends back, with no memory on our side."""
    diagnostic = to_diagnostic(finding(fixes=(FIX,)), LINES, Encoding.UTF16, URI, version=7)
    assert diagnostic.data == {
        "version": 7,
        "fixes": [
            {
                "title": "change 'x' to 'y'",
                "isSure": True,
                "edits": [
                    {
                        "range": {
                            "start": {"line": 0, "character": 11},
                            "end": {"line": 0, "character": 12},
                        },
                        "newText": "y",
                    },
                    {
                        "range": {"start": {"line": 1, "character": 5}, "end": {"line": 1, "character": 5}},
                        "newText": "😀",
                    },
                ],
            }
        ],
    }
    converter = converters.get_converter()
    wire = json.loads(json.dumps(converter.unstructure(diagnostic)))
    (fix,) = read_fixes(converter.structure(wire, types.Diagnostic))
    assert (fix.title, fix.is_sure, fix.version) == (FIX.title, True, 7)
    assert list(fix.edits) == [to_text_edit(edit, LINES, Encoding.UTF16) for edit in FIX.edits]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "x",
        {},
        {"fixes": None},
        {"version": "1", "fixes": []},
        {"fixes": [None, 3, {}, {"title": "t", "isSure": True, "edits": ["x"]}]},
        {"fixes": [{"title": "t", "isSure": True, "edits": [{"newText": "", "range": {"start": {}}}]}]},
        {
            "fixes": [
                {
                    "title": "t",
                    "isSure": True,
                    "edits": [
                        {
                            "newText": "",
                            "range": {
                                "start": {"line": -1, "character": 0},
                                "end": {"line": float("inf"), "character": 0},
                            },
                        }
                    ],
                }
            ]
        },
    ],
)
def test_data_that_is_not_ours_is_passed_over(data):
    """Another server's or a broken client's data is no fix and no crash."""
    at = types.Position(0, 0)
    assert read_fixes(types.Diagnostic(types.Range(at, at), "m", data=data)) == ()


def test_an_edit_is_bound_to_the_version_that_it_was_made_for():
    """A client with documentChanges refuses a fix on another version; others get plain changes."""
    edits = [to_text_edit(FIX.edits[0], LINES, Encoding.UTF16)]
    bound = to_workspace_edit(URI, edits, 7)
    assert bound.changes is None
    (change,) = bound.document_changes
    assert (change.text_document.uri, change.text_document.version) == (URI, 7)
    assert change.edits == edits
    assert to_workspace_edit(URI, edits) == types.WorkspaceEdit(changes={URI: edits})
