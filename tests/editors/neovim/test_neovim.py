"""The plugin of editors/neovim in real Neovims, installed and set up as its page says."""

from __future__ import annotations

import pytest

from tests.editors.conftest import make_home
from tests.editors.neovim.editor import NVIMS, set_up, start_neovim
from tests.editors.texts import FENCES, PLAIN, TEXTS

MEND = """
local name = '%s'
vim.lsp.buf.code_action({ apply = true, filter = function(action)
  return action.title:find("to '" .. name .. "'", 1, true) ~= nil
end })
"""


@pytest.fixture(scope="module", params=NVIMS)
def editor(request, tmp_path_factory, server):
    """Give one Neovim of each version to all tests of this module; each opens files of its own."""
    home = make_home(tmp_path_factory.mktemp("neovim"))
    with start_neovim(request.param, home, set_up(request.param)) as started:
        yield started


@pytest.fixture(params=NVIMS)
def own_editor(request, home, server):
    """Give a test a Neovim of its own, in which it may change what stays changed."""
    with start_neovim(request.param, home, set_up(request.param)) as started:
        yield started


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_an_error_is_where_the_compiler_sees_it_and_goes_when_it_is_mended(editor, text):
    """The diagnostic covers the wrong name, in bytes, says whose it is, and is gone after an edit."""
    editor.open(f"mended/{text.name}", text.content)
    editor.wait_for_status("wic: 1 error")
    (found,) = editor.diagnostics()
    assert text.wrong in found["message"]
    assert (found["lnum"], found["col"], found["end_col"]) == (text.line, *text.columns_utf8)
    assert found["source"].startswith("wic gcc-")
    start, end = text.columns_utf8
    editor.lua(f"vim.api.nvim_buf_set_text(0, {text.line}, {start}, {text.line}, {end}, {{'count'}})")
    editor.wait_for_status("wic: clean")
    assert editor.diagnostics() == []
    assert editor.text() == text.mended


def test_what_is_typed_is_compiled(editor):
    """Keys that misspell a name bring its diagnostic, without a save."""
    file = editor.open("typed.c", PLAIN.mended)
    editor.wait_for_status("wic: clean")
    editor.type("<Esc>/count;<CR>cwcuont<Esc>")
    editor.wait_for_status("wic: 1 error")
    (found,) = editor.diagnostics()
    assert (found["lnum"], found["col"]) == (PLAIN.line, PLAIN.columns_utf8[0])
    assert editor.text() == PLAIN.content
    assert file.read_text(encoding="utf-8") == PLAIN.mended


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_a_quick_fix_mends_the_text(editor, text):
    """The compiler's fix is offered at the error, changes the name alone, and the diagnostic goes."""
    editor.open(f"fixed/{text.name}", text.content)
    editor.wait_for_status("wic: 1 error")
    editor.put_cursor(text.line, text.columns_utf8[0])
    editor.lua(MEND % "count")
    editor.wait_for_status("wic: clean")
    assert editor.text() == text.mended
    assert editor.diagnostics() == []


def test_clean_is_said_of_the_present_text_alone(editor):
    """From an edit on, the last answer says nothing, until the next has come."""
    editor.open("present.c", PLAIN.mended)
    editor.wait_for_status("wic: clean")
    said = editor.lua(
        "vim.api.nvim_buf_set_lines(0, 0, 0, false, {'int other(void);'}) return require('wic').status()"
    )
    assert said == "wic: checking"
    editor.wait_for_status("wic: clean")


def test_a_file_that_is_read_again_is_not_clean_before_it_is_checked(editor):
    """`:edit` of a file that changed on disk: its versions begin anew, and what was known is forgotten."""
    file = editor.open("again.c", PLAIN.mended)
    editor.wait_for_status("wic: clean")
    file.write_text(PLAIN.content, encoding="utf-8")
    editor.lua("vim.cmd('edit!')")
    editor.wait_for_status("wic: 1 error")


def test_other_buffers_have_no_status(editor):
    """Where wic-lsp is not attached, a status line stays empty."""
    editor.open("notes.txt", "nothing\n")
    assert editor.status() == ""


def test_blocks_of_markdown_are_compiled_each_by_itself(editor):
    """The error of the second block is in its own line of the document."""
    editor.open("notes.md", FENCES)
    editor.wait_for_status("wic: 1 error")
    (found,) = editor.diagnostics()
    assert (found["lnum"], found["col"]) == (9, 25)


SHOWN_HOVER = """
for _, window in ipairs(vim.api.nvim_list_wins()) do
  if vim.api.nvim_win_get_config(window).relative ~= '' then
    local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
    return table.concat(lines, '\\n')
  end
end
"""
ANSWERED_HOVER = """
local params = vim.lsp.util.make_position_params(0, 'utf-8')
local _, answer = next(vim.lsp.buf_request_sync(0, 'textDocument/hover', params, 60000))
return answer.result.contents.value
"""


def test_hover_has_the_compilers_own_words(editor):
    """On a diagnostic, a hover shows what the compiler writes for people.

    Debian's 0.10 comes without Neovim's parser for Markdown, without which it shows no server's hovers: there
    it is what the server answers.
    """
    editor.open("hovered.c", PLAIN.content)
    editor.wait_for_status("wic: 1 error")
    editor.put_cursor(PLAIN.line, PLAIN.columns_utf8[0])
    if editor.version == "0.10":
        hover = editor.lua(ANSWERED_HOVER)
    else:
        editor.lua("vim.lsp.buf.hover()")
        hover = editor.wait(SHOWN_HOVER)
    assert "cuont" in hover
    assert "^~~~~" in hover


def test_check_now_checks_afresh(editor):
    """`:LspWicCheckNow` forgets what is known of this buffer, and of no other; with `!` of all."""
    editor.open("first.c", PLAIN.mended)
    editor.wait_for_status("wic: clean")
    first = editor.lua("return vim.api.nvim_get_current_buf()")
    editor.open("second.c", PLAIN.mended)
    editor.wait_for_status("wic: clean")
    both = f"return {{ require('wic').status(), require('wic').status({first}) }}"
    assert editor.lua(f"vim.cmd('LspWicCheckNow') {both}") == ["wic: checking", "wic: clean"]
    editor.wait_for_status("wic: clean")
    assert editor.lua(f"vim.cmd('LspWicCheckNow!') {both}") == ["wic: checking", "wic: checking"]
    editor.wait(
        f"local said = (function() {both} end)() return said[1] == 'wic: clean' and said[2] == 'wic: clean'"
    )


def _shown(editor, title):
    """Wait for the read-only buffer of that title, and return its lines; it is closed again."""
    found = editor.wait(
        f"""
        if vim.api.nvim_buf_get_name(0) ~= 'wic://{title}' then
          return nil
        end
        return {{ lines = vim.api.nvim_buf_get_lines(0, 0, -1, false), type = vim.bo.buftype,
                  locked = vim.bo.readonly and not vim.bo.modifiable }}
        """
    )
    assert found["type"] == "nofile"
    assert found["locked"]
    editor.type("q")
    editor.wait(f"return vim.api.nvim_buf_get_name(0) ~= 'wic://{title}'")
    return found["lines"]


def test_output_shows_what_the_compiler_writes(editor):
    """`:LspWicOutput` opens toolchain, command, outcome and the compiler's own words, read-only."""
    editor.open("written.c", PLAIN.content)
    editor.wait_for_status("wic: 1 error")
    editor.lua("vim.cmd('LspWicOutput')")
    first, *rest = _shown(editor, "output")
    assert first.startswith("gcc-")
    assert first.endswith("(sandbox): finished")
    assert any("did you mean" in line for line in rest)


def test_doctor_shows_what_works(editor):
    """`:LspWicDoctor` opens what `wic doctor` prints."""
    editor.open("ill.c", PLAIN.mended)
    editor.lua("vim.cmd('LspWicDoctor')")
    assert any(line.startswith("runtime sandbox") for line in _shown(editor, "doctor"))


def test_toolchains_are_chosen_for_a_language(own_editor):
    """`:LspWicToolchains` offers this language's compilers, and the one that is chosen compiles the text."""
    editor = own_editor
    editor.open("chosen.cpp", PLAIN.content)
    editor.wait_for_status("wic: 1 error")
    editor.lua(
        """
        vim.ui.select = function(items, options, choose)
          vim.g.offered = vim.iter(items):map(options.format_item):totable()
          choose(vim.iter(items):find(function(item) return options.format_item(item):find('^clang%-14') end))
        end
        vim.cmd('LspWicToolchains')
        """
    )
    editor.wait(
        "return vim.iter(vim.diagnostic.get(0)):any(function(one) return one.source == 'wic clang-14' end)"
    )
    offered = editor.lua("return vim.g.offered")
    assert "all of them, side by side" in offered
    assert "what the bare command means" in offered
    assert all("(cpp, " in title for title in offered[:-2])
    editor.lua("vim.cmd('LspWicToolchains gcc-12 clang-14')")
    editor.wait_for_status("wic: 2 errors")
    assert {one["source"] for one in editor.diagnostics()} == {"wic gcc-12", "wic clang-14"}


def test_a_code_lens_says_who_takes_the_text_and_opens_their_words(editor):
    """Above a text of two toolchains there is a lens, and running it opens what they write."""
    editor.open("lens.c", "// wic: gcc-12 clang-14\nint right(void) { return 0; }\n")
    editor.wait_for_status("wic: clean")
    editor.lua("vim.lsp.codelens.refresh({ bufnr = 0 })")
    editor.wait("local found = vim.lsp.codelens.get(0)[1] return found and found.command ~= nil")
    editor.lua("vim.api.nvim_win_set_cursor(0, {1, 0}) vim.lsp.codelens.run()")
    lines = _shown(editor, "output")
    assert [line.split()[0] for line in lines if line.endswith(": finished")] == ["gcc-12", "clang-14"]


def test_the_matrix_is_shown(editor):
    """`:LspWicMatrix` opens the table of which toolchains take the text."""
    editor.open("matrix.c", "// wic: gcc-12 clang-14\nint right(void) { return 0; }\n")
    editor.wait_for_status("wic: clean")
    editor.lua("vim.cmd('LspWicMatrix')")
    lines = _shown(editor, "matrix")
    assert [line.split()[1] for line in lines if line.startswith(("| gcc", "| clang"))] == [
        "gcc-12",
        "clang-14",
    ]


def test_a_server_that_makes_no_table_is_said_to_make_none(editor):
    """`:LspWicMatrix` asks no server for what it does not offer."""
    editor.open("older.c", PLAIN.mended)
    editor.wait_for_status("wic: clean")
    told = editor.lua(
        """
        local client = vim.lsp.get_clients({ name = 'wic_lsp', bufnr = 0 })[1]
        local provider = client.server_capabilities.executeCommandProvider
        local commands, notify, told = provider.commands, vim.notify, ''
        provider.commands = vim.tbl_filter(function(name) return name ~= 'wic.showMatrix' end, commands)
        vim.notify = function(message) told = message end
        vim.cmd('LspWicMatrix')
        vim.notify, provider.commands = notify, commands
        return told
        """
    )
    assert "does not know `wic.showMatrix`" in told


def test_an_image_that_does_not_exist_is_not_pulled(editor):
    """`:LspWicPullImage` tells what the server says of it."""
    editor.open("image.c", PLAIN.mended)
    editor.wait_for_status("wic: clean")
    editor.lua("vim.g.told = '' vim.notify = function(message) vim.g.told = message end")
    editor.lua("vim.cmd('LspWicPullImage no-such-image:1')")
    editor.wait("return vim.g.told:find('No toolchain comes in an image', 1, true)")


def test_restart_starts_a_new_server_for_all_buffers(editor):
    """`:LspWicRestart` ends the server, and another checks the same buffers; `runtime` keeps the server."""
    editor.open("kept.c", PLAIN.content)
    editor.wait_for_status("wic: 1 error")
    ours = "vim.lsp.get_clients({ name = 'wic_lsp', bufnr = 0 })"
    ids = f"return vim.tbl_map(function(one) return one.id end, {ours})"
    (before,) = editor.lua(ids)
    editor.lua("require('wic.checks').forget(0) vim.cmd('LspWicRestart runtime')")
    editor.wait_for_status("wic: 1 error")
    assert editor.lua(ids) == [before]
    editor.lua("vim.cmd('LspWicRestart')")
    editor.wait(f"local now = (function() {ids} end)() return #now == 1 and now[1] ~= {before}")
    editor.wait_for_status("wic: 1 error")
    assert len(editor.diagnostics()) == 1


def test_the_health_check_names_the_server_and_what_compiles(editor):
    """`:checkhealth wic` has the program's version, the client's encoding, and each language's compiler."""
    editor.open("healthy.c", PLAIN.mended)
    editor.wait_for_status("wic: clean")
    lines = editor.lua("vim.cmd('checkhealth wic') return vim.api.nvim_buf_get_lines(0, 0, -1, false)")
    report = "\n".join(lines)
    editor.lua("vim.cmd('bwipeout!')")
    assert "OK wic 0." in report
    assert "columns in utf-8" in report
    assert "healthy.c (wic: clean)" in report
    assert "OK c: gcc-" in report
    assert "ERROR" not in report


def test_the_help_has_its_tags(editor):
    """`:helptags` takes the help file without a word, and `:help` finds each command's place."""
    folder = editor.home.home / ".local/share/nvim/site/pack/wic/start/wic/doc"
    assert editor.lua(f"return vim.fn.execute('helptags {folder}')").strip() == ""
    for name in ("wic", "wic-status", "wic-0.10", *(f":LspWic{name}" for name in _COMMANDS)):
        found = editor.lua(f"vim.cmd.help([[{name}]]) return vim.fn.expand('%:t') .. vim.fn.getline('.')")
        assert found.startswith("wic.txt")
        assert f"*{name}*" in found
    editor.lua("vim.cmd('helpclose')")


_COMMANDS = ("CheckNow", "Output", "Matrix", "Toolchains", "PullImage", "Restart", "Doctor")
