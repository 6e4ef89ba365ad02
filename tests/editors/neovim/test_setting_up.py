"""Neovims that are set up in other ways: the page's settings, a shared server, and what is missing."""

from __future__ import annotations

import shutil

import pytest

from tests.conftest import fail_or_skip
from tests.editors.neovim.editor import FOLDER, NVIMS, read_snippet, set_up, start_neovim
from tests.editors.texts import PLAIN, WIDE
from tests.serve.shared_server import TOKEN, shared_server

PAGE = FOLDER / "README.md"
ENABLE = set_up("0.11")


@pytest.mark.parametrize("version", NVIMS)
def test_a_missing_server_is_told_with_its_remedy(home, version):
    """The first file says that `wic-lsp` was not found and how to install it; the health check as well."""
    empty = home.home / "bin"
    empty.mkdir()
    with start_neovim(version, home, set_up(version), path=empty) as editor:
        editor.open(PLAIN.name, PLAIN.content)
        editor.wait("return vim.fn.execute('messages'):find('`wic-lsp` was not found', 1, true)")
        assert editor.lua("return vim.fn.execute('messages'):match('pip install wic%-lsp')")
        editor.home.write("other.c", PLAIN.content)
        editor.lua("vim.cmd('messages clear') vim.cmd.edit('other.c')")
        assert (
            editor.lua("return vim.fn.execute('messages'):find('`wic-lsp` was not found', 1, true)") is None
        )
        report = "\n".join(
            editor.lua("vim.cmd('checkhealth wic') return vim.api.nvim_buf_get_lines(0, 0, -1, false)")
        )
        assert "ERROR `wic-lsp` was not found." in report
        assert "ERROR The program `wic` was not found." in report
        assert "pip install wic-lsp" in report


def test_yoctos_wic_is_not_taken_for_ours(home):
    """A `wic` that does not say `wic X.Y.Z` is named as the other program that it is."""
    folder = home.home / "bin"
    folder.mkdir()
    other = folder / "wic"
    other.write_text("#!/bin/sh\necho 'wic version 0.2.0'\n", encoding="utf-8")
    other.chmod(0o755)
    init = f"vim.lsp.config('wic_lsp', {{ cmd = {{ 'wic', 'connect', 'ws://localhost:1' }} }})\n{ENABLE}"
    with start_neovim("0.11", home, init, path=folder) as editor:
        report = "\n".join(
            editor.lua("vim.cmd('checkhealth wic') return vim.api.nvim_buf_get_lines(0, 0, -1, false)")
        )
        assert f"ERROR {other} is another program of that name" in report


def test_nothing_is_loaded_before_it_is_used(home, server):
    """At the start, and in a file of another language, no module of ours is loaded and no server runs."""
    with start_neovim("0.11", home, ENABLE) as editor:
        editor.open("notes.txt", "nothing\n")
        loaded = editor.lua(
            """
            local ours = 0
            for name in pairs(package.loaded) do
              ours = ours + (vim.startswith(name, 'wic') and 1 or 0)
            end
            return { ours = ours, clients = #vim.lsp.get_clients(), command = vim.fn.exists(':LspWicOutput') }
            """
        )
        assert loaded == {"ours": 0, "clients": 0, "command": 2}


def test_settings_of_the_page_are_taken(home, server):
    """The page's settings choose both toolchains, and each says the error in its own words."""
    with start_neovim("0.11", home, read_snippet(PAGE, "Settings") + ENABLE) as editor:
        editor.open(PLAIN.name, PLAIN.content)
        editor.wait_for_status("wic: 2 errors")
        assert {one["source"] for one in editor.diagnostics()} == {"wic gcc-12", "wic clang-14"}


def test_the_status_line_of_the_page_shows_the_state(home, server):
    """The page's 'statusline' draws what the function says."""
    line = next(
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("vim.o.statusline")
    )
    with start_neovim("0.11", home, line + "\n" + ENABLE) as editor:
        editor.open(PLAIN.name, PLAIN.content)
        editor.wait(
            "return vim.api.nvim_eval_statusline(vim.o.statusline, {}).str:find('wic: 1 error', 1, true)"
        )


def test_what_could_not_be_compiled_is_not_checked(home, server):
    """Where the toolchain is not there, the state is "not checked", and a diagnostic says why."""
    with start_neovim("0.11", home, ENABLE) as editor:
        editor.open("choosy.c", "// wic: gcc-9\nint right(void) { return 0; }\n")
        editor.wait_for_status("wic: not checked")
        (found,) = editor.diagnostics()
        assert found["code"] == "not-run"


def test_it_runs_beside_clangd(home, server):
    """Both say what they find at the same place; the source says whose it is, and the state is of ours."""
    if shutil.which("clangd") is None:
        fail_or_skip("there is no clangd: tests/engines/editors/helix")
    init = "vim.lsp.config('clangd', { cmd = { 'clangd' }, filetypes = { 'c' } })\nvim.lsp.enable('clangd')\n"
    with start_neovim("0.11", home, init + ENABLE) as editor:
        editor.open(WIDE.name, WIDE.content)
        errors = "vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })"
        editor.wait(f"return #{errors} == 2")
        found = [one for one in editor.diagnostics() if one["severity"] == 1]
        assert sorted(one["source"].split("-")[0] for one in found) == ["clang", "wic gcc"]
        assert {(one["col"], one["end_col"]) for one in found} == {WIDE.columns_utf8}
        editor.wait_for_status("wic: 1 error")


@pytest.mark.parametrize("version", NVIMS)
def test_a_shared_server_is_reached_by_wic_connect(home, server, tmp_path, version):
    """The page's command with another address checks on a shared server, which no client may restart."""
    page = read_snippet(PAGE, "A shared server")
    token = home.home / ".config/wic/token"
    token.parent.mkdir(parents=True)
    token.write_text(TOKEN, encoding="utf-8")
    token.chmod(0o600)
    with shared_server(home.environment(), tmp_path) as shared:
        init = page.replace("wss://wic.example.org:8080", shared.url)
        if version == "0.10":
            _, _, own = init.partition("vim.lsp.config('wic_lsp', ")
            own = own.partition(")\nvim.lsp.enable")[0]
            init = set_up(version).replace("client_config(args.buf)", f"client_config(args.buf, {own})")
        with start_neovim(version, home, init) as editor:
            editor.open(PLAIN.name, PLAIN.content)
            editor.wait_for_status("wic: 1 error")
            assert editor.diagnostics()[0]["col"] == PLAIN.columns_utf8[0]
            editor.lua("vim.g.told = '' vim.notify = function(message) vim.g.told = message end")
            editor.lua("vim.cmd('LspWicToolchains')")
            assert "shared server" in editor.lua("return vim.g.told")
            editor.lua("vim.cmd('LspWicRestart runtime')")
            editor.wait("return vim.g.told:find('only whoever runs it', 1, true)")


@pytest.mark.parametrize(
    "how", ["settings = { wic = { when = 'command' } }", "init_options = { when = 'command' }"]
)
def test_a_text_that_is_compiled_on_command_is_not_checked_before(home, server, how):
    """With `wic.when` at `command`, it is "not checked" until `:LspWicCheckNow`, and after each edit."""
    with start_neovim("0.11", home, f"vim.lsp.config('wic_lsp', {{ {how} }})\n{ENABLE}") as editor:
        editor.open(PLAIN.name, PLAIN.content)
        editor.wait_for_status("wic: not checked")
        assert editor.diagnostics() == []
        editor.lua("vim.cmd('LspWicCheckNow')")
        editor.wait_for_status("wic: 1 error")
        editor.lua("vim.api.nvim_buf_set_lines(0, 0, 0, false, {'int other(void);'})")
        editor.wait_for_status("wic: not checked")
