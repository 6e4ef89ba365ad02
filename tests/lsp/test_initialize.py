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
