"""Vims that are set up in other ways: the page's settings, a shared server, and what is missing."""

from __future__ import annotations

from tests.editors.texts import PLAIN, WIDE
from tests.editors.vim.vim import LOCLIST, snippets, start_vim
from tests.serve.shared_server import TOKEN, shared_server

ENABLE, SETTINGS, SHARED = snippets("vim")


def test_a_missing_server_is_told_with_its_remedy(home):
    """The first file says that `wic-lsp` was not found, and how to install it."""
    empty = home.home / "bin"
    empty.mkdir()
    file = home.write(PLAIN.name, PLAIN.content)
    with start_vim(home, ENABLE, path=empty) as vim:
        vim.screen.write(f":edit {file}")
        vim.screen.type("Enter")
        vim.screen.wait_for("`wic-lsp` was not found", "pip install wic-lsp")


def test_settings_of_the_page_are_taken(home, server):
    """The page's settings choose both toolchains, and each says the error in its own words."""
    with start_vim(home, ENABLE + SETTINGS) as vim:
        vim.open(PLAIN.name, PLAIN.content)
        vim.wait(f"len({LOCLIST}) == 2")
        sources = {one["detail"].partition("]")[0] for one in vim.expr(LOCLIST)}
        assert sources == {"[wic gcc-12", "[wic clang-14"}


def test_a_shared_server_is_reached_by_wic_connect(home, server, tmp_path):
    """The page's command, with another address, checks on a shared server, with the right columns."""
    token = home.home / ".config/wic/token"
    token.parent.mkdir(parents=True)
    token.write_text(TOKEN, encoding="utf-8")
    token.chmod(0o600)
    with shared_server(home.environment(), tmp_path) as shared:
        vimrc = ENABLE + SHARED.replace("wss://wic.example.org:8080", shared.url)
        with start_vim(home, vimrc) as vim:
            vim.open(WIDE.name, WIDE.content)
            found = vim.wait_for_error()
            assert found["col"] == WIDE.columns_utf8[0] + 1


def test_the_root_is_where_the_settings_file_is(home, server):
    """A `wic.toml` above a file is obeyed, and is preferred to a repository that is nearer."""
    home.write("project/wic.toml", 'toolchains.c = "clang-14"\n')
    (home.files / "project/part/.git").mkdir(parents=True)
    with start_vim(home, ENABLE) as vim:
        vim.open(f"project/part/{PLAIN.name}", PLAIN.content)
        assert vim.wait_for_error()["detail"].startswith("[wic clang-14]")
        assert vim.expr("wic#root(bufnr(''))") == str(home.files / "project")


def test_a_text_that_is_compiled_on_command_has_no_findings_before(home, server):
    """With `when` at `command` the server is silent until `:WicCheckNow`."""
    with start_vim(home, ENABLE + "let g:ale_wic_settings = {'when': 'command'}\n") as vim:
        vim.open(PLAIN.name, PLAIN.content)
        vim.do("WicOutput")
        vim.wait("bufname('') is# 'wic://output'")  # it has been compiled by now, and nothing was told of it
        vim.screen.write("q")
        vim.wait("bufname('') =~# 'plain.c$'")
        assert vim.expr(LOCLIST) == []
        vim.do("WicCheckNow")
        vim.wait_for_error()
