"""The plugin of editors/vim in a real Vim with ALE, installed and set up as its page says."""

from __future__ import annotations

import pytest

from tests.editors.conftest import make_home
from tests.editors.texts import FENCES, PLAIN, TEXTS
from tests.editors.vim.vim import LOCLIST, snippets, start_vim


@pytest.fixture(scope="module")
def vim(tmp_path_factory, server):
    """Give one Vim to all tests of this module; each opens files of its own."""
    home = make_home(tmp_path_factory.mktemp("vim"))
    with start_vim(home, snippets("vim")[0]) as started:
        yield started


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_an_error_is_where_the_compiler_sees_it_and_goes_when_it_is_mended(vim, text):
    """The screen shows the message, ALE has the place in bytes and goes there, and typing ends it."""
    vim.open(f"mended/{text.name}", text.content)
    found = vim.wait_for_error()
    start, end = text.columns_utf8
    assert (found["lnum"], found["col"], found["end_col"]) == (text.line + 1, start + 1, end)
    assert text.wrong in found["text"]
    assert found["detail"].startswith("[wic gcc-")
    vim.do("ALENext")
    assert vim.expr("[line('.'), col('.'), expand('<cword>')]") == [text.line + 1, start + 1, text.wrong]
    vim.screen.wait_for("return cuont;", "E: \N{LEFT SINGLE QUOTATION MARK}cuont")
    vim.screen.write("cwcount")
    vim.screen.type("Escape")
    vim.wait_for_nothing()
    vim.screen.wait_until(lambda shown: "E: " not in shown, "the message behind the line to go")
    assert vim.text() == text.mended


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_a_quick_fix_mends_the_text(vim, text):
    """`:ALECodeAction` on the wrong name offers the compiler's fix; it changes the name alone."""
    vim.open(f"fixed/{text.name}", text.content)
    vim.wait_for_error()
    vim.do("ALENext")
    vim.screen.write(":ALECodeAction")
    vim.screen.type("Enter")
    vim.screen.wait_for("1) Change 'cuont' to 'count'", "Type number")
    vim.screen.write("1")
    vim.screen.type("Enter")
    vim.screen.wait_until(lambda shown: "return count;" in shown, "the fix to be applied")
    vim.screen.type("0")  # ALE sees a change that it made itself with the next key
    vim.wait_for_nothing()
    assert vim.text() == text.mended


def test_blocks_of_markdown_are_compiled_each_by_itself(vim):
    """The error of the second block is in its own line of the document."""
    vim.open("notes.md", FENCES)
    found = vim.wait_for_error()
    assert (found["lnum"], found["col"]) == (10, 26)


def test_hover_shows_the_compilers_own_words(vim):
    """`:ALEHover` on a diagnostic has what the compiler writes for people."""
    vim.open("hovered.c", PLAIN.content)
    vim.wait_for_error()
    vim.do("ALENext")
    vim.screen.write(":ALEHover")
    vim.screen.type("Enter")
    vim.screen.wait_for("each undeclared identifier is reported only once")
    vim.screen.type("Enter", "Escape")


def test_output_shows_what_the_compiler_writes(vim):
    """`:WicOutput` opens toolchain, command, outcome and the compiler's own words, of the present text."""
    vim.open("written.c", PLAIN.mended)
    vim.do("call setline(2, '    return cuont;')")
    vim.do("WicOutput")
    vim.wait("bufname('') is# 'wic://output'")
    first, *rest = vim.expr("getline(1, '$')")
    assert first.startswith("gcc-")
    assert first.endswith("(sandbox): finished")
    assert any("did you mean" in line for line in rest)
    assert vim.expr("[&readonly, &modifiable, &buftype]") == [1, 0, "nofile"]
    vim.screen.write("q")
    vim.wait("bufname('') =~# 'written.c$'")


def test_the_matrix_is_shown(vim):
    """`:WicMatrix` opens the table of which toolchains take the text."""
    vim.open("matrix.c", f"// wic: gcc-12 clang-14\n{PLAIN.content}")
    vim.wait(f"len({LOCLIST}) == 2")
    vim.do("WicMatrix")
    vim.wait("bufname('') is# 'wic://matrix'")
    lines = vim.expr("getline(1, '$')")
    assert any(line.startswith("| gcc-12 |") for line in lines)
    assert any(line.startswith("| clang-14 |") for line in lines)
    vim.screen.write("q")
    vim.wait("bufname('') =~# 'matrix.c$'")


def test_check_now_checks_afresh(vim):
    """After `:WicCheckNow` the server tells again what it finds."""
    vim.open("afresh.c", PLAIN.content)
    vim.wait_for_error()
    assert vim.expr(f"[ale#engine#HandleLoclist('wic', bufnr(''), [], 0), {LOCLIST}][1]") == []
    vim.do("WicCheckNow")
    vim.wait_for_error()


def test_a_command_in_a_buffer_of_no_language_says_that_nothing_runs(vim):
    """`:WicOutput` in a text file is told to be of no use there."""
    vim.open("notes.txt", "nothing\n")
    vim.screen.write(":WicOutput")
    vim.screen.type("Enter")
    vim.screen.wait_for("wic-lsp does not run for this buffer")


def test_other_linters_stay_beside_it(vim):
    """`wic#linters()` adds wic to what is given, and to nothing that it has no language for."""
    found = vim.expr("wic#linters({'c': ['clangd'], 'sh': ['shellcheck']})")
    assert found["c"] == ["clangd", "wic"]
    assert found["rust"] == ["wic"]
    assert found["sh"] == ["shellcheck"]
