"""What an editor is shown of results: diagnostics, lenses and fixes, of one toolchain and of several."""

from __future__ import annotations

from dataclasses import replace

from lsprotocol import types

from wic_lsp.lsp.checked import Checked
from wic_lsp.lsp.client import Client
from wic_lsp.lsp.documents import DocumentStore
from wic_lsp.lsp.features.code_actions import fix_all, quick_fixes
from wic_lsp.lsp.features.code_lens import make_lenses
from wic_lsp.lsp.present import present_results
from wic_lsp.model import CheckResult, Edit, Finding, Fix, Place, Position, Range, Severity
from wic_lsp.positions import Encoding
from wic_runtimes.contract import Outcome

URI = "file:///a.c"
TEXT = "one\ntwo\nthree\n"
CLIENT = Client.of(types.InitializeParams(types.ClientCapabilities()), Encoding.UTF16)
WHOLE = types.Range(types.Position(0, 0), types.Position(3, 0))


def at(line, start=0, end=3):
    return Range(Position(line, start), Position(line, end))


def found(message, line, *fixes, severity=Severity.ERROR):
    return Finding(severity, message, Place(None, at(line)), fixes=fixes)


def insert(line, column, text=";", *, is_sure=True):
    return Fix(f"Insert '{text}'", (Edit(at(line, column, column), text),), is_sure=is_sure)


def result(toolchain, *findings, **changes):
    values = {"outcome": Outcome.FINISHED} | changes
    return CheckResult(toolchain, "fake", findings=findings, **values)


def check(*results):
    store = DocumentStore(Encoding.UTF16)
    document = store.open(types.TextDocumentItem(URI, "c", 1, TEXT))
    return Checked("1.1", 1, results, present_results(results, document, CLIENT, shares_files=True))


def titles(*results):
    return [(lens.range.start.line, lens.command.title) for lens in make_lenses(URI, results)]


def test_each_toolchain_alone_speaks_under_its_own_name():
    """With one toolchain a message is the compiler's own, in the compiler's order."""
    checked = check(result("gcc-12", found("b", 1), found("a", 0)))
    assert [(one.source, one.message) for one in checked.diagnostics] == [
        ("wic gcc-12", "b"),
        ("wic gcc-12", "a"),
    ]


def test_what_all_say_is_one_diagnostic_under_all_their_names():
    """What not all say has the names of those that do, also in its message."""
    same = found("same", 1)
    results = (result("gcc-11", same), result("gcc-12", same), result("clang-14", found("other", 0), same))
    checked = check(*results)
    assert [(one.source, one.message) for one in checked.diagnostics] == [
        ("wic clang-14", "other (only clang-14)"),
        ("wic gcc-11, gcc-12, clang-14", "same"),
    ]
    first, second = checked.shown
    assert (first.finding.message, first.results) == ("other", results[2:])
    assert (second.finding, second.results) == (same, results)


def test_each_result_that_is_not_complete_is_told_by_itself():
    """Also when two have the same reason; nobody is said to be silent who could not speak."""
    lacking = {"outcome": None, "reason": "No image.", "missing_image": "i:1"}
    results = (result("a", found("x", 1)), result("b", **lacking), result("c", **lacking))
    checked = check(*results)
    assert [(one.source, one.message) for one in checked.diagnostics] == [
        ("wic a", "x"),
        ("wic b", "Not compiled: No image."),
        ("wic c", "Not compiled: No image."),
    ]
    assert [one.data for one in checked.diagnostics] == [None, *([{"missingImage": "i:1"}] * 2)]
    assert [one.results for one in checked.shown] == [(one,) for one in results]


def test_a_lens_says_which_toolchains_take_it():
    """Above the file, in few words; pressing it shows the compilers' own."""
    results = (
        result("gcc-11"),
        result("gcc-12", found("w", 0, severity=Severity.WARNING)),
        result("clang-14", found("e", 0), found("f", 0)),
        result("gcc-9", outcome=None, reason="It is not here: no."),
    )
    title = "gcc-11 ✓ · gcc-12 ✓ 1 warning · clang-14 ✗ 2 errors · gcc-9 ? not compiled"
    assert titles(*results) == [(0, title)]
    (lens,) = make_lenses(URI, results)
    assert (lens.command.command, lens.command.arguments) == ("wic.showOutput", [URI])


def test_each_compiled_block_has_a_lens_and_a_file_on_one_toolchain_none():
    """A reader of Markdown sees which blocks pass; what had no compiler is told by its diagnostic."""
    assert titles(result("gcc-12", found("e", 0))) == []
    results = (
        result("gcc-12", block=at(0)),
        result("rustc-1.63", found("e", 1), block=at(1)),
        result(None, outcome=None, block=at(2)),
    )
    assert titles(*results) == [(0, "gcc-12 ✓"), (1, "rustc-1.63 ✗ 1 error")]


def test_the_same_change_is_offered_once():
    """Two compilers that word a fault differently offer the same repair: one action, for both diagnostics."""
    checked = check(
        result("gcc-12", found("expected ‘;’ here", 0, insert(0, 3))),  # noqa: RUF001 - as GCC writes it
        result("clang-14", found("expected ';' after that", 0, insert(0, 3, is_sure=False))),
    )
    (action,) = quick_fixes(URI, checked, WHOLE, 1)
    assert action.diagnostics == list(checked.diagnostics)
    assert action.is_preferred is False
    assert list(fix_all(URI, checked, 1)) == []
    assert list(quick_fixes(URI, checked, types.Range(types.Position(2, 0), types.Position(2, 0)), 1)) == []


def edits_of(actions):
    (action,) = actions
    (change,) = action.edit.document_changes
    return [(one.range.start.line, one.range.start.character, one.new_text) for one in change.edits]


def test_all_fixes_at_once_are_those_of_one_toolchain():
    """Two repairs of one fault would not mend it; what is left is for the next toolchain, and next time."""
    of_clang = [found("missing", 0, insert(0, 2)), found("more", 2, insert(2, 1))]
    both = (
        result("gcc-12", found("unsure", 1, insert(1, 0, is_sure=False)), found("absent", 0, insert(0, 3))),
        result("clang-14", *of_clang),
    )
    assert edits_of(fix_all(URI, check(*both), 1)) == [(0, 3, ";")]
    assert edits_of(fix_all(URI, check(result("gcc-12"), both[1]), 1)) == [(0, 2, ";"), (2, 1, ";")]


def test_all_fixes_at_once_are_of_every_block():
    """Blocks are compiled each by itself, so another's toolchain is no rival."""
    results = (
        result("gcc-12", found("a", 0, insert(0, 3)), block=at(0)),
        result("clang-14", found("b", 2, insert(2, 3)), block=at(1)),
    )
    assert edits_of(fix_all(URI, check(*results), 1)) == [(0, 3, ";"), (2, 3, ";")]


def test_a_diagnostic_says_whose_it_is():
    """Source is wic with the toolchains, and the code the compiler's own; what is ours has a code of ours."""
    coded = replace(found("m", 0), code="-Wunused")
    results = (
        result("gcc-12", coded, found("no code", 1)),
        result("clang-14", outcome=None, reason="No."),
        result(None, outcome=None, reason="Not checked", remedy="save.", is_withheld=True, block=at(1)),
        result("rustc-1.63", replace(found("r", 2), code="E0425"), block=at(2)),
        result("go-1.22", outcome=Outcome.OUT_OF_MEMORY, reason="Full.", block=at(2)),
    )
    said = [(one.source, one.code, one.severity.name) for one in check(*results).diagnostics]
    assert said == [
        ("wic gcc-12", "-Wunused", "Error"),
        ("wic gcc-12", None, "Error"),
        ("wic clang-14", "not-run", "Information"),
        ("wic", "not-checked", "Hint"),
        ("wic rustc-1.63", "E0425", "Error"),
        ("wic go-1.22", "out-of-memory", "Information"),
    ]


def test_what_is_withheld_stands_on_its_block_or_at_the_top():
    """With what to do; it has no lens and no fix."""
    results = (result(None, outcome=None, reason="Not checked", remedy="save.", is_withheld=True),)
    (top,) = check(*results).diagnostics
    (on_block,) = check(replace(results[0], block=at(1))).diagnostics
    assert top.message == on_block.message == "Not checked: save."
    assert [one.range.start.line for one in (top, on_block)] == [0, 1]
    assert titles(*results) == titles(replace(results[0], block=at(1))) == []
