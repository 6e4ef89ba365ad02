"""On a shared server, compilers of one's own are those of whoever runs it."""

from __future__ import annotations

import shutil

import pytest

from tests.own_toolchains import file_of

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]


async def test_a_shared_servers_compilers_are_its_users(start_server, start_editor, tmp_path, missing_engine):
    """Each client has them; a server without the file has not."""
    if shutil.which("nasm") is None:
        missing_engine("nasm is not installed")
    folder = tmp_path / "wic" / "toolchains"
    folder.mkdir(parents=True)
    (folder / "nasm.toml").write_text(file_of("nasm"), encoding="utf-8")
    for server, told in (
        (start_server(XDG_CONFIG_HOME=str(tmp_path)), "parser: instruction expected"),
        (start_server(), "The language 'nasm' is not one that wic compiles."),
    ):
        editor = await start_editor(to=server)
        editor.open("file:///x/bad.asm", "\tmoov ebx, 2\n", language="nasm")
        (found,) = await editor.shown("file:///x/bad.asm", 1)
        assert told in found.message
        assert await editor.quit() == 0
