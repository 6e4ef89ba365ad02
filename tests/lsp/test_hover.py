"""textDocument/hover: the compiler's own words, its explanation, a link, and who takes the text."""

from __future__ import annotations

import subprocess

import pytest
from lsprotocol import types

from tests.lsp.conftest import COMMAND
from tests.lsp.programs import CLEAN, WRONG, make_uri

SHADOWED = """\
int main() {
    int count = 1;
    { int count = 2; }
    return missing;
}
"""
FLAGS = {"cpp": ["-Wall"]}


def text_of(hover: types.Hover | None) -> str:
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    return hover.contents.value


@pytest.mark.engine("sandbox")
@pytest.mark.usefixtures("engine")
class TestInTheSandbox:
    """With the machine's own compilers of C++."""

    async def test_a_diagnostic_has_the_compilers_words_and_a_link(self, start_editor):
        """Of that finding alone, with its range; elsewhere there is nothing to say."""
        editor = await start_editor(options={"flags": FLAGS, "toolchains": {"cpp": ["gcc-12"]}})
        uri, name = make_uri()
        found = await editor.check(uri, SHADOWED)
        warning = next(one for one in found if one.code == "-Wunused-variable" and one.range.start.line == 2)
        hover = await editor.hover(uri, 2, warning.range.start.character)
        text = text_of(hover)
        assert hover.range == warning.range
        assert hover.contents.kind == types.MarkupKind.Markdown
        assert f"{name}:3:11: warning: " in text
        assert "3 |     { int count = 2; }" in text
        assert f"{name}:2:" not in text
        assert "missing" not in text
        assert "(<https://gcc.gnu.org/onlinedocs/" in text
        assert "| Toolchain |" not in text
        assert await editor.hover(uri, 0, 0) is None
        assert await editor.quit() == 0

    async def test_several_toolchains_have_a_table(self, start_editor):
        """On a finding and on the first line, though nothing is wrong there; nowhere else."""
        editor = await start_editor(options={"toolchains": {"cpp": ["gcc-12", "clang-14"]}})
        uri, _ = make_uri()
        wrong = f"\n{WRONG}"
        assert await editor.check(uri, wrong)
        alone = text_of(await editor.hover(uri, 0, 0))
        assert alone.splitlines()[2:] == ["| gcc\\-12 | 1 error |", "| clang\\-14 | 1 error |"]
        text = text_of(await editor.hover(uri, 1, 22))
        assert text.startswith(alone)
        assert ":2:21: error: " in text
        editor.change(uri, 2, "\n\n" + CLEAN)
        await editor.shown(uri, 2)
        assert "| gcc\\-12 | passes |" in text_of(await editor.hover(uri, 0, 0))
        assert await editor.hover(uri, 2, 0) is None
        assert await editor.quit() == 0

    async def test_a_block_of_markdown_is_asked_about_where_it_stands(self, start_editor):
        """The compiler counts the block's lines, the editor the document's."""
        editor = await start_editor(options={"toolchains": {"cpp": ["gcc-12", "clang-14"]}})
        uri, _ = make_uri(".md")
        fence = "```"
        text = f"# Title\n\n{fence}cpp\n{CLEAN}{fence}\n\n- item\n\n  {fence}cpp\n  {WRONG}  {fence}\n"
        editor.open(uri, text, language="markdown")
        (found, *_) = await editor.shown(uri, 1)
        assert found.range.start.line == 9
        told = text_of(await editor.hover(uri, 9, found.range.start.character))
        assert ":1:21: error: " in told
        assert "| gcc\\-12 | 1 error |" in told
        assert text_of(await editor.hover(uri, 2, 3)).count("| passes |") == 2
        assert text_of(await editor.hover(uri, 8, 5)).count("| 1 error |") == 2
        assert await editor.hover(uri, 0, 0) is None
        assert await editor.quit() == 0

    @pytest.mark.parametrize("hovers", [(types.MarkupKind.PlainText,), ()])
    async def test_a_client_without_markdown_gets_plain_text(self, start_editor, hovers):
        """No marks around the compiler's words."""
        editor = await start_editor(hovers=hovers)
        uri, name = make_uri()
        assert await editor.check(uri, WRONG)
        hover = await editor.hover(uri, 0, 22)
        assert hover.contents.kind == types.MarkupKind.PlainText
        assert text_of(hover).startswith((f"{name}:1:21: error: ", f"{name}: In function"))
        assert "```" not in text_of(hover)
        assert await editor.quit() == 0

    async def test_an_older_text_is_not_spoken_of(self, start_editor):
        """Between an edit and its result there is no hover."""
        editor = await start_editor(options={"debounceMilliseconds": 10_000})
        uri, _ = make_uri()
        assert await editor.check(uri, WRONG)
        assert await editor.hover(uri, 0, 22) is not None
        editor.change(uri, 2, f"\n{WRONG}")
        assert await editor.hover(uri, 0, 22) is None
        editor.close(uri)
        assert await editor.hover(uri, 0, 22) is None
        assert await editor.quit() == 0


RUST_IMAGE = "rust:1.85"


@pytest.fixture
def rust(environment, missing_engine) -> None:
    """Skip where there is no engine with the image."""
    words = [COMMAND.with_name("wic"), "toolchains", "--format", "json"]
    done = subprocess.run(words, env=environment, capture_output=True, check=False, timeout=120)
    if f'"{RUST_IMAGE.replace(":", "-").replace("rust", "rustc")}"' not in done.stdout.decode():
        missing_engine(f"the image {RUST_IMAGE} is not here: tests/engines/docker ensure")


@pytest.mark.engine("docker")
@pytest.mark.usefixtures("docker", "rust")
class TestInDocker:
    """With rustc from its image."""

    async def test_rustc_explains_its_error(self, start_editor):
        """Its own words, the error index, and what `rustc --explain` says, its examples as Rust."""
        options = {"runtime": "docker", "toolchains": {"rust": ["rustc-1.85"]}, "timeoutSeconds": 60}
        editor = await start_editor(options=options)
        uri, name = make_uri(".rs")
        text = 'fn main() {\n    let a = String::new();\n    let b = a;\n    println!("{a}{b}");\n}\n'
        editor.open(uri, text, language="rust")
        (found,) = await editor.shown(uri, 1)
        assert found.code == "E0382"
        told = text_of(await editor.hover(uri, found.range.start.line, found.range.start.character))
        assert "[E0382](<https://doc.rust-lang.org/error_codes/E0382.html>)" in told
        assert f"error[E0382]: borrow of moved value: `a`\n --> {name}:4:" in told
        assert "aborting due to" not in told
        explanation = told.rpartition("```\n\nA variable was used")[2]
        assert explanation.startswith(" after its contents have been moved elsewhere.")
        assert "\n```rust\n" in explanation
        assert "compile_fail" not in explanation
        assert await editor.quit() == 0
