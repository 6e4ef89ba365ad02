"""What the server says of itself, and what it takes from what the client says."""

from __future__ import annotations

import pytest
from lsprotocol import types

from wic_lsp import __version__

Utf8, Utf16, Utf32 = (
    types.PositionEncodingKind.Utf8,
    types.PositionEncodingKind.Utf16,
    types.PositionEncodingKind.Utf32,
)


async def test_the_server_says_who_it_is_and_what_it_can(start_editor):
    """The capabilities are those that the features stand for, and no others."""
    editor = await start_editor()
    answer = editor.answer
    assert answer.server_info == types.ServerInfo("wic-lsp", __version__)
    offered = answer.capabilities
    assert offered.text_document_sync == types.TextDocumentSyncOptions(
        open_close=True,
        change=types.TextDocumentSyncKind.Incremental,
        save=True,
    )
    assert list(offered.code_action_provider.code_action_kinds) == ["quickfix", "source.fixAll.wic"]
    assert sorted(offered.execute_command_provider.commands) == [
        "wic.checkNow",
        "wic.pullImage",
        "wic.restartRuntime",
        "wic.showMatrix",
        "wic.showOutput",
    ]
    assert offered.completion_provider is None
    assert offered.hover_provider is True
    assert await editor.quit() == 0


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        (None, Utf16),
        ((), Utf16),
        ((Utf8, Utf16), Utf8),
        ((Utf16, Utf8, Utf32), Utf16),
        ((Utf32,), Utf32),
        (("utf-7", Utf32, Utf8), Utf32),
        (("utf-7",), Utf16),
    ],
)
async def test_columns_are_counted_as_the_client_likes_best(start_editor, offered, agreed):
    """The first encoding of the client's list that the server knows is taken; without any it is UTF-16."""
    editor = await start_editor(encodings=offered)
    assert editor.answer.capabilities.position_encoding == agreed
    assert await editor.quit() == 0


@pytest.mark.parametrize("is_wrapped", [False, True])
@pytest.mark.parametrize(
    ("said", "offered", "agreed"),
    [
        ("utf-8", None, Utf8),
        ("utf-16", None, Utf16),
        ("utf-32", None, Utf32),
        (None, None, Utf16),
        ("utf-8", (Utf32,), Utf32),
        ("utf-8", (), Utf16),
    ],
)
async def test_a_client_that_cannot_say_how_it_counts_is_told_for(
    start_editor, said, offered, agreed, is_wrapped
):
    """Its user's options say it, where the client itself says nothing; it is no setting like the others."""
    options = {"positionEncoding": said}
    editor = await start_editor(encodings=offered, options={"wic": options} if is_wrapped else options)
    assert editor.answer.capabilities.position_encoding == agreed
    uri = "file:///nowhere/a.txt"
    editor.open(uri, "", language="plaintext")
    await editor.shown(uri, 1)
    assert editor.messages == []
    assert await editor.quit() == 0


@pytest.mark.parametrize("said", ["UTF-8", "latin-1", 8, ["utf-8"], {"utf-8": True}])
async def test_an_encoding_that_is_none_is_told(start_editor, said):
    """With what it must be and what is in force; the other options are taken."""
    editor = await start_editor(options={"positionEncoding": said, "timeoutSeconds": "x"})
    assert editor.answer.capabilities.position_encoding == Utf16
    await editor.warned("wic.positionEncoding must be 'utf-8', 'utf-16' or 'utf-32'; in force is utf-16.")
    await editor.warned("wic.timeoutSeconds")
    assert await editor.quit() == 0


@pytest.mark.engine("sandbox")
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("said", "column"), [("utf-8", 19), ("utf-16", 16), ("utf-32", 15)])
async def test_columns_are_counted_as_the_options_say(start_editor, said, column):
    """In what is shown, and in what the client edits."""
    editor = await start_editor(options={"positionEncoding": said})
    uri = "file:///nowhere/a.cpp"
    (found,) = await editor.check(uri, "/* \U0001f600\u00e9 */ int x=y;\n")
    assert found.range.start == types.Position(0, column)
    start, end = types.Position(0, column), types.Position(0, column + 1)
    editor.change(uri, 2, types.TextDocumentContentChangePartial(types.Range(start, end), "1"))
    assert await editor.shown(uri, 2) == []
    assert await editor.quit() == 0


@pytest.mark.engine("sandbox")
@pytest.mark.usefixtures("engine")
async def test_a_client_that_pulls_gets_nothing_pushed(start_editor):
    """With textDocument.diagnostic there is a diagnosticProvider, and no publication, ever."""
    editor = await start_editor(pulls=True)
    provider = editor.answer.capabilities.diagnostic_provider
    assert provider == types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=False, identifier="wic"
    )
    uri = "file:///nowhere/a.cpp"
    assert [one.message for one in await editor.check(uri, "int x = y;\n")]
    editor.change(uri, 2, "int x;\n")
    report = await editor.pull(uri)
    assert not report.items
    await editor.run("wic.checkNow")
    await editor.pull(uri)
    editor.close(uri)
    assert await editor.quit() == 0
    assert editor.published == []


async def test_a_client_that_does_not_pull_is_pushed_to(start_editor):
    """Without textDocument.diagnostic there is no diagnosticProvider, and results are published."""
    editor = await start_editor()
    assert editor.answer.capabilities.diagnostic_provider is None
    uri = "file:///nowhere/a.txt"
    editor.open(uri, "text", language="plaintext")
    assert len(await editor.shown(uri, 1)) == 1
    with pytest.raises(Exception, match="Method Not Found"):
        await editor.pull(uri)
    assert await editor.quit() == 0
