"""textDocument/codeAction: the compiler's own fixes, offered for the text that is shown and for no other."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.lsp.editor import at
from tests.lsp.programs import make_uri

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

# Astral characters before the errors: an edit in wrong units would miss. GCC and Clang know that a ';' is
# missing; that `count` was meant is their guess.
FAULTY = """\
/* \U0001f600 */ struct Item { int count; }
/* \U0001f600 */ struct Other { int price; }
int main() {
    Item item{};
    /* \U0001f600 */ item.cuont = 1;
    return 0;
}
"""
EVERYTHING = types.Range(types.Position(0, 0), types.Position(7, 0))
NOWHERE = at(0, 0, 1)


def apply(text: str, edits: list[types.TextEdit]) -> str:
    """Carry out edits whose columns are UTF-16 code units, as an editor does."""
    lines = [line.encode("utf-16-le") for line in text.splitlines(keepends=True)]
    for edit in sorted(
        edits, key=lambda one: (one.range.start.line, one.range.start.character), reverse=True
    ):
        start, end = edit.range.start, edit.range.end
        assert start.line == end.line
        line = lines[start.line]
        new = edit.new_text.encode("utf-16-le")
        lines[start.line] = line[: 2 * start.character] + new + line[2 * end.character :]
    return b"".join(lines).decode("utf-16-le")


async def test_a_fix_makes_its_error_go(start_editor):
    """A quick fix is bound to the version that was checked, and applying it makes the error vanish."""
    editor = await start_editor()
    uri, _ = make_uri()
    found = await editor.check(uri, FAULTY)
    text = FAULTY
    for version, title, is_sure in ((1, "';'", True), (2, "';'", True), (3, "count", False)):
        first, *others = found
        (action,) = await editor.actions(uri, first.range, ["quickfix"])
        assert action.kind == types.CodeActionKind.QuickFix
        assert title in action.title
        assert action.is_preferred is is_sure
        assert [one.message for one in action.diagnostics] == [first.message]
        assert action.edit.changes is None
        (change,) = action.edit.document_changes
        assert change.text_document == types.OptionalVersionedTextDocumentIdentifier(uri, version)
        text = apply(text, change.edits)
        editor.change(uri, version + 1, text)
        found = await editor.shown(uri, version + 1)
        assert [one.message for one in found] == [one.message for one in others]
    assert found == []
    assert await editor.quit() == 0


async def test_a_client_without_versioned_edits_gets_plain_ones(start_editor):
    """Without workspaceEdit.documentChanges the edit is the `changes` that every client takes."""
    editor = await start_editor(versioned_edits=False)
    uri, _ = make_uri()
    first, *_ = await editor.check(uri, FAULTY)
    (action,) = await editor.actions(uri, first.range, ["quickfix"])
    assert action.edit.document_changes is None
    assert list(action.edit.changes) == [uri]
    assert await editor.quit() == 0


async def test_all_sure_fixes_go_in_one(start_editor):
    """source.fixAll.wic applies every sure fix and no guess; source.fixAll and source find it too."""
    editor = await start_editor()
    uri, _ = make_uri()
    await editor.check(uri, FAULTY)
    for only in ("source.fixAll.wic", "source.fixAll", "source"):
        (action,) = await editor.actions(uri, NOWHERE, [only])
        assert action.kind == "source.fixAll.wic"
    (change,) = action.edit.document_changes
    assert change.text_document.version == 1
    editor.change(uri, 2, apply(FAULTY, change.edits))
    (guessed,) = await editor.shown(uri, 2)
    assert "cuont" in guessed.message
    (action,) = await editor.actions(uri, EVERYTHING)
    assert action.kind == types.CodeActionKind.QuickFix
    assert action.is_preferred is False
    assert await editor.quit() == 0


QUICK = "quickfix"
ASKED = [
    ([QUICK], [QUICK] * 3),
    (["refactor"], []),
    (["quick"], []),
    (["source.organizeImports"], []),
    (["source.fixAll.wic.more"], []),
    ([], []),
    (["refactor", QUICK, "source.fixAll"], [QUICK, QUICK, QUICK, "source.fixAll.wic"]),
    (None, [QUICK, QUICK, QUICK, "source.fixAll.wic"]),
]


async def test_only_what_was_asked_for_is_offered(start_editor):
    """`only` names kinds or those above them; without it everything is offered."""
    editor = await start_editor()
    uri, _ = make_uri()
    await editor.check(uri, FAULTY)
    for only, kinds in ASKED:
        found = await editor.actions(uri, EVERYTHING, only)
        assert [getattr(one.kind, "value", one.kind) for one in found] == kinds, only
    assert await editor.quit() == 0


async def test_a_fix_is_offered_where_its_error_is(start_editor):
    """Elsewhere in the document no quick fix is offered."""
    editor = await start_editor()
    uri, _ = make_uri()
    await editor.check(uri, FAULTY)
    assert await editor.actions(uri, NOWHERE, ["quickfix"]) == []
    assert await editor.quit() == 0


async def test_no_fix_for_a_text_that_has_changed(start_editor):
    """Between an edit and its result nothing is offered: the fixes of the old text would miss."""
    editor = await start_editor()
    uri, _ = make_uri()
    first, *_ = await editor.check(uri, FAULTY)
    await editor.configure({"debounceMilliseconds": 10_000})
    await editor.actions(uri, first.range)
    editor.change(uri, 2, "\n" + FAULTY)
    assert await editor.actions(uri, EVERYTHING) == []
    editor.save(uri)
    moved, *_ = await editor.shown(uri, 2)
    (action,) = await editor.actions(uri, moved.range, ["quickfix"])
    assert action.edit.document_changes[0].text_document.version == 2
    editor.close(uri)
    assert await editor.actions(uri, EVERYTHING) == []
    assert await editor.quit() == 0
