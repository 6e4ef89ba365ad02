"""What a user of Kate sees of wic on Kate's own window, read by the accessibility bus."""

from __future__ import annotations

import pytest

from tests.editors.kate.kate import kate
from tests.editors.texts import FENCES, PLAIN, TEXTS
from tests.serve.shared_server import TOKEN, shared_server

pytestmark = pytest.mark.usefixtures("server")


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_an_error_is_shown_at_its_place_and_its_quick_fix_is_saved(home, text):
    """The row says whose it is and leads to the misspelt name; its fix mends the file, and it goes."""
    file = home.write(text.name, text.content)
    with kate(home, file) as editor:

        def is_told(name: str) -> bool:
            """Whether the server has checked a text with that name; before that it offers no fix."""
            return any(one["message"][1:].startswith(name) for one in editor.published(text.name)[-1])

        editor.show_diagnostics()
        row = editor.row(rf"^\[wic gcc-\d+\] .{text.wrong}")
        published = editor.published(text.name)[-1]

        editor.click(row, times=2)  # the cursor goes there, and the fixes are asked for
        fix = editor.row(r"^\[quickfix\]")
        editor.picture("error")
        editor.press("Escape")  # from the list into the text
        editor.type("here")
        editor.press("ctrl+s")
        editor.wait("the cursor's place in the file", lambda: "here" in file.read_text())
        marked = file.read_text()
        editor.wait("the server's word on it", lambda: is_told(f"here{text.wrong}"))
        editor.press(*["BackSpace"] * 4, "ctrl+s")
        editor.wait("the text as it was", lambda: file.read_text() == text.content)
        editor.wait("the server's word on that", lambda: is_told(text.wrong))

        editor.show_diagnostics()
        editor.click(editor.row(rf"^\[wic gcc-\d+\] .{text.wrong}"), times=2)
        editor.click(editor.row(r"^\[quickfix\]"), times=2)
        editor.gone(r"^\[wic ")
        editor.picture("mended")
        editor.press("ctrl+s")
        editor.wait("the mended text", lambda: file.read_text() == text.mended)

    start, end = text.columns_utf16
    place = {"start": {"line": text.line, "character": start}, "end": {"line": text.line, "character": end}}
    assert [one["range"] for one in published] == [place]
    assert "Change" in fix.words
    assert marked == text.content.replace(text.wrong, f"here{text.wrong}")


def test_an_edit_that_mends_the_error_makes_it_go(home):
    """What is shown follows what is typed, and comes from a shared server as well."""
    file = home.write(PLAIN.name, PLAIN.content)
    token = home.write("token", TOKEN)
    token.chmod(0o600)
    with shared_server(home.environment(), home.home, "--runtime", "sandbox") as server:
        command = ("wic", "connect", server.url, "--token-file", str(token))
        with kate(home, file, command=command) as editor:
            editor.show_diagnostics()
            editor.click(editor.row(r"^\[wic gcc-\d+\] "), times=2)
            editor.row(r"^\[quickfix\]")
            editor.press("Escape", *["Delete"] * len(PLAIN.wrong))
            editor.type("count")
            editor.wait("end of the error", lambda: editor.published(PLAIN.name)[-1] == [])
            editor.show_diagnostics()
            editor.gone(r"^\[wic ")


def test_a_block_of_markdown_is_checked(home):
    """The error in the second of two blocks is shown, once the user has let Kate start the server."""
    file = home.write("notes.md", FENCES)
    with kate(home, file, is_allowed=False) as editor:
        editor.row("Do you want the LSP server to be started")
        editor.click(editor.row("^Yes$"))
        editor.show_diagnostics()
        editor.row(r"^\[wic gcc-\d+\] ")
        (shown,) = editor.published("notes.md")[-1]

    assert shown["range"]["start"] == {"line": 9, "character": 25}


def test_where_there_is_no_server_the_user_is_told_what_to_do(home, tmp_path):
    """Kate says which program is missing, and the settings' words on how to install it."""
    file = home.write(PLAIN.name, PLAIN.content)
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    with kate(home, file, path=nothing) as editor:
        said = editor.output("Failed to find server binary: wic-lsp")

    assert "pip install wic-lsp" in said
