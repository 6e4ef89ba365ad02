"""What a check finds in other files: whose it is, for how long, and that nothing is shown twice."""

from __future__ import annotations

from lsprotocol import types

from wic_lsp.lsp.client import Client
from wic_lsp.lsp.elsewhere import Contribution, Elsewhere, gather_findings
from wic_lsp.lsp.present import Shown
from wic_lsp.model import CheckResult, Companion, Finding, Place, Position, Range, Severity
from wic_lsp.positions import Encoding
from wic_runtimes.contract import Outcome

A, B, HEADER = "file:///w/a.c", "file:///w/b.c", "file:///w/x.h"


def diagnostic(message, line=0):
    place = types.Range(types.Position(line, 0), types.Position(line, 1))
    return types.Diagnostic(place, message)


def found(*messages, version=None):
    return {HEADER: Contribution(version, tuple(map(diagnostic, messages)))}


def messages(shown):
    return [one.message for one in shown]


def test_what_several_documents_find_is_shown_once_after_the_files_own():
    """In the order in which it came."""
    elsewhere = Elsewhere()
    assert elsewhere.take(A, found("own", "x")) == (HEADER,)
    assert elsewhere.take(B, found("x", "y")) == (HEADER,)
    assert messages(elsewhere.show(HEADER, None, [diagnostic("own")])) == ["own", "x", "y"]


def test_two_messages_at_two_places_are_two():
    """Only the same at the same place is the same."""
    elsewhere = Elsewhere()
    elsewhere.take(A, {HEADER: Contribution(None, (diagnostic("x", 1), diagnostic("x", 2)))})
    assert len(elsewhere.show(HEADER, None, [diagnostic("x", 1)])) == 2


def test_only_what_changes_is_told():
    """A check that finds the same again changes nothing; one that finds nothing clears its own alone."""
    elsewhere = Elsewhere()
    elsewhere.take(A, found("x"))
    elsewhere.take(B, found("y"))
    assert elsewhere.read_news() == (HEADER,)
    assert elsewhere.take(A, found("x")) == ()
    stamp = elsewhere.stamp(HEADER)
    assert elsewhere.take(A, {}) == (HEADER,)
    assert elsewhere.stamp(HEADER) != stamp
    assert messages(elsewhere.show(HEADER, None)) == ["y"]
    assert (elsewhere.read_news(), elsewhere.read_news()) == ((HEADER,), ())
    assert elsewhere.stamp(A) == ""


def test_what_was_found_in_one_text_is_not_shown_for_another():
    """Neither for a later version, nor for the disk's once it is open."""
    elsewhere = Elsewhere()
    elsewhere.take(A, found("x", version=1))
    assert messages(elsewhere.show(HEADER, 1)) == ["x"]
    assert elsewhere.show(HEADER, 2) == elsewhere.show(HEADER, None) == ()


def test_a_finding_is_moved_to_its_true_place():
    """In the editor's units, with the way to it; what is in no companion stays where it is."""
    params = types.InitializeParams(
        types.ClientCapabilities(
            text_document=types.TextDocumentClientCapabilities(
                publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True)
            )
        )
    )
    client = Client.of(params, Encoding.UTF16)
    companion = Companion("sub/x.h", HEADER, 3, "\n\U0001f600 oops\n")
    at_include = Range(Position(0, 9), Position(0, 14))
    origin = Place("sub/x.h", Range(Position(1, 2), Position(1, 6)))
    result = CheckResult("gcc-12", "fake", Outcome.FINISHED, companions=(companion,))
    shown = [
        Shown(
            diagnostic("oops"),
            Finding(Severity.ERROR, "oops", Place(None, at_include), origin=place),
            (result,),
        )
        for place in (origin, None, Place("/usr/include/y.h", origin.range), origin)
    ]
    (contribution,) = gather_findings(A, shown, client).values()
    (moved,) = contribution.diagnostics
    assert contribution.version == 3
    assert moved.range == types.Range(types.Position(1, 3), types.Position(1, 7))
    assert moved.related_information[0].location == types.Location(A, shown[0].diagnostic.range)
