"""What editors/helix has, in a real Helix on a screen."""

from __future__ import annotations

import tomllib

import pytest

from tests.editors.helix.helix import FOLDER, start_helix
from tests.editors.texts import FENCES, PLAIN, TEXTS
from wic_lsp.toolchains.families import languages

LANGUAGES = (FOLDER / "languages.toml").read_text(encoding="utf-8")
ALONE = LANGUAGES.replace('"clangd", ', "")
"""The shipped file without the one server of others that is there as well: its findings would be mixed in."""

HELIX_NAMES = {"javascriptreact": "jsx", "typescriptreact": "tsx"}


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_an_error_is_where_the_compiler_sees_it_and_goes_when_it_is_mended(home, server, text):
    """Going to the diagnostic selects the wrong name and nothing else; writing over it mends the text."""
    with start_helix(home, ALONE, home.write(text.name, text.content)) as helix:
        helix.go_to_diagnostic("(first use in this function)" if text.name.endswith(".c") else "not declared")
        helix.replace("count")
        helix.wait_for_none()
        assert helix.save() == text.mended


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_a_quick_fix_mends_the_text(home, server, text):
    """The code actions at the error offer the compiler's fix; it changes the name alone."""
    with start_helix(home, ALONE, home.write(text.name, text.content)) as helix:
        helix.go_to_diagnostic("did you mean")
        helix.write(" a")
        helix.screen.wait_for("Change 'cuont' to 'count'")
        helix.type("Enter")
        helix.screen.wait_for("return count;")
        helix.wait_for_none()
        assert helix.save() == text.mended


def test_a_diagnostic_goes_when_the_server_says_so(home, server):
    """A declaration in another line mends the text: the mark at the old line, which is as it was, goes."""
    with start_helix(home, ALONE, home.write(PLAIN.name, PLAIN.content)) as helix:
        helix.go_to_diagnostic("did you mean")
        helix.write("ggOextern int cuont;")
        helix.type("Escape")
        helix.screen.wait_for("NOR")
        helix.wait_for_none()
        assert helix.save() == f"extern int cuont;\n{PLAIN.content}"


def test_hover_shows_the_compilers_own_words(home, server):
    """On a diagnostic, a hover has what the compiler writes for people."""
    with start_helix(home, ALONE, home.write(PLAIN.name, PLAIN.content)) as helix:
        helix.go_to_diagnostic("did you mean")
        helix.write(" k")
        helix.screen.wait_for("^~~~~", "each undeclared identifier")


def test_blocks_of_markdown_are_compiled_each_by_itself(home, server):
    """The error of the second block is selected in its own line of the document."""
    with start_helix(home, ALONE, home.write("notes.md", FENCES)) as helix:
        helix.go_to_diagnostic("undeclared")
        helix.replace("0")
        helix.wait_for_none()
        assert helix.save() == FENCES.replace("cuont", "0")


def test_every_language_of_ours_is_there():
    """The shipped file has wic, as the last server, for every language that we compile, and for Markdown."""
    named = {one["name"]: one["language-servers"][-1] for one in tomllib.loads(LANGUAGES)["language"]}
    ours = {HELIX_NAMES.get(name, name) for one in languages().values() for name in one.editor} - {"c++"}
    assert named == dict.fromkeys(ours | {"markdown"}, "wic")
