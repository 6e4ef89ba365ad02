"""A compiler of the user's own in the editor."""

from __future__ import annotations

import shutil

import pytest
from lsprotocol import types

from tests.lsp.editor import at
from tests.own_toolchains import file_of

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]


@pytest.fixture
def own(tmp_path):
    """Give the folder of a user's own files, and the environment in which it is that."""
    folder = tmp_path / "config" / "wic" / "toolchains"
    folder.mkdir(parents=True)
    return folder, {"XDG_CONFIG_HOME": str(tmp_path / "config")}


async def test_a_document_in_the_users_language_is_checked(start_editor, own, missing_engine):
    """It is shown what its compiler says, in the editor's own units."""
    if shutil.which("nasm") is None:
        missing_engine("nasm is not installed")
    folder, environment = own
    (folder / "nasm.toml").write_text(file_of("nasm"), encoding="utf-8")
    editor = await start_editor(environment=environment)
    editor.open("file:///x/bad.asm", "foo\n\tmoov ebx, 'é𝕏'\n", language="nasm")
    warning, error = await editor.shown("file:///x/bad.asm", 1)
    assert warning.severity == types.DiagnosticSeverity.Warning
    assert warning.range == at(0, 0, 3)
    assert error.message == "parser: instruction expected"
    assert error.range == at(1, 1, 16)
    assert error.source.startswith("wic nasm-2.")
    editor.open("file:///x/a.md", "```nasm\nmain: moov eax, 1\n```\n", language="markdown")
    (found,) = await editor.shown("file:///x/a.md", 1)
    assert found.range.start == types.Position(1, 0)
    assert editor.messages == []
    assert await editor.quit() == 0


async def test_a_broken_file_is_shown_and_stops_nothing(start_editor, own):
    """The user is told its name, the key and what is expected; C is checked all the same."""
    folder, environment = own
    file = folder / "nasm.toml"
    file.write_text(file_of("nasm").replace("argv = [", "arg = [", 1), encoding="utf-8")
    editor = await start_editor(environment=environment)
    told = await editor.warned("nasm.toml")
    assert told == f"{file}: version.arg is no key here; did you mean argv?; it is passed over."
    editor.open("file:///x/a.c", "int x = ;\n", language="c")
    assert len(await editor.shown("file:///x/a.c", 1)) == 1
    editor.open("file:///x/bad.asm", "ret\n", language="nasm")
    (found,) = await editor.shown("file:///x/bad.asm", 1)
    assert "The language 'nasm' is not one that wic compiles." in found.message
    assert await editor.quit() == 0
