"""Several toolchains for one document: what they agree on is shown once, and a lens says who takes it."""

from __future__ import annotations

import json
import subprocess

import pytest
from lsprotocol import types

from tests.lsp.conftest import COMMAND
from tests.lsp.editor import find_text
from tests.lsp.programs import CLEAN, WRONG, make_uri

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

THREE = ["gcc-11", "gcc-12", "clang-14"]
# GCC does not know Clang's vectors.
DIFFERENT = """\
typedef int four __attribute__((ext_vector_type(4)));
int sum(four v) { return v.x + v.y; }
int main() { return sum(0); }
"""


@pytest.fixture
def three(environment, missing_engine) -> None:
    """Skip where the sandbox has not all of the three."""
    words = [COMMAND.with_name("wic"), "doctor", "--format", "json"]
    done = subprocess.run(words, env=environment, capture_output=True, check=False, timeout=120)
    (sandbox,) = (one for one in json.loads(done.stdout)["runtimes"] if one["name"] == "sandbox")
    missing = set(THREE) - {one["id"] for one in sandbox["toolchains"] if one["usable"]}
    if missing:
        missing_engine(f"the sandbox has no {', '.join(sorted(missing))} here")


async def start(start_editor, settings=None, **abilities):
    options = {"toolchains": {"cpp": THREE, "c": ["gcc-12"]}} | (settings or {})
    return await start_editor(options=options, lenses=True, **abilities)


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("pulls", [False, True], ids=["push", "pull"])
async def test_what_compilers_agree_on_is_shown_once(start_editor, pulls):
    """Two versions of GCC say the same and are one; Clang words it in its own way, at the same place."""
    editor = await start(start_editor, pulls=pulls)
    uri, _ = make_uri()
    first, second = await editor.check(uri, WRONG)
    assert (first.source, second.source) == ("wic gcc-11, gcc-12", "wic clang-14")
    assert first.message.endswith("not declared in this scope (only gcc-11, gcc-12)")
    assert second.message == "use of undeclared identifier 'nothing' (only clang-14)"
    line, column = find_text(WRONG, "nothing")
    assert first.range == second.range
    assert first.range.start == types.Position(line, column)
    assert await editor.quit() == 0


@pytest.mark.usefixtures("three")
async def test_what_all_compilers_say_has_no_addition(start_editor):
    """GCC and Clang warn of a variable in the same words but for the quotation marks: they are GCC's."""
    editor = await start(start_editor, {"flags": {"cpp": ["-Wall"]}})
    uri, _ = make_uri()
    (found,) = await editor.check(uri, "int main() { int idle; }\n")
    assert found.message == "unused variable \u2018idle\u2019"
    assert (found.source, found.code) == (f"wic {', '.join(THREE)}", "-Wunused-variable")
    assert await editor.quit() == 0


@pytest.mark.usefixtures("three")
async def test_a_lens_says_who_takes_it(start_editor):
    """It stands at the top, follows the text, and shows the compilers' output when it is pressed."""
    editor = await start(start_editor, refreshes_lenses=True)
    uri, _ = make_uri()
    await editor.check(uri, DIFFERENT)
    (lens,) = await editor.lenses(uri)
    assert lens.range.start == types.Position(0, 0)
    passes = "clang-14 \u2713"
    assert lens.command.title.endswith(f" \u00b7 {passes}")
    assert lens.command.title.startswith("gcc-11 \u2717 ")
    outputs = await editor.run(lens.command.command, *lens.command.arguments)
    assert [one["toolchain"] for one in outputs] == THREE
    await editor.wait_for(lambda: editor.lens_refreshes == 1 or None, "a request to look again")
    editor.change(uri, 2, CLEAN)
    assert await editor.lenses(uri) == [], "the text is newer than its result"
    assert await editor.shown(uri, 2) == []
    await editor.wait_for(lambda: editor.lens_refreshes == 2 or None, "a second one")
    (lens,) = await editor.lenses(uri)
    assert lens.command.title == " \u00b7 ".join(f"{name} \u2713" for name in THREE)
    assert await editor.quit() == 0


@pytest.mark.usefixtures("three")
async def test_the_lenses_of_markdown_are_above_its_blocks(start_editor):
    """Each compiled block has one, also with a single toolchain; a skipped one has none."""
    editor = await start(start_editor, refreshes_lenses=True)
    uri, _ = make_uri(".md")
    text = "# T\n\n```c\nint x = y;\n```\n```cpp\nint z;\n```\n```c wic:skip\n...\n```\n"
    editor.open(uri, text, language="markdown")
    await editor.shown(uri, 1)
    titles = [(one.range.start.line, one.command.title) for one in await editor.lenses(uri)]
    assert titles == [
        (2, "gcc-12 \u2717 1 error"),
        (5, "gcc-11 \u2713 \u00b7 gcc-12 \u2713 \u00b7 clang-14 \u2713"),
    ]
    assert await editor.quit() == 0


@pytest.mark.usefixtures("three")
async def test_the_table_is_had_by_a_command(start_editor):
    """Who takes the text, and what each says alone; after an edit it is the next check's."""
    editor = await start(start_editor)
    uri, _ = make_uri()
    await editor.check(uri, DIFFERENT)
    head, rule, *rows, _, said, _, first = (await editor.run("wic.showMatrix", uri)).splitlines()[:9]
    assert (head, rule, said) == (
        "| Toolchain | Result |",
        "| --- | --- |",
        "What not all of them say:",
    )
    assert [one.split(" | ")[0] for one in rows] == ["| gcc\\-11", "| gcc\\-12", "| clang\\-14"]
    assert rows[2] == "| clang\\-14 | passes |"
    assert "error" in rows[0]
    assert "only gcc\\-11, gcc\\-12" in first
    editor.change(uri, 2, CLEAN)
    assert await editor.run("wic.showMatrix", uri) == "It is being checked."
    assert await editor.shown(uri, 2) == []
    text = await editor.run("wic.showMatrix", uri)
    assert [one.endswith("| passes |") for one in text.splitlines()[2:]] == [True] * 3
    assert await editor.quit() == 0


async def test_where_there_is_no_table_the_command_says_why(start_editor):
    """One toolchain alone, another language, a text that is not to be compiled."""
    editor = await start_editor(options={"toolchains": {"cpp": ["gcc"]}})
    uri, _ = make_uri()
    await editor.check(uri, CLEAN)
    assert "alone" in await editor.run("wic.showMatrix", uri)
    other, _ = make_uri(".xyz")
    editor.open(other, "", language="cobol")
    await editor.shown(other, 1)
    assert "cobol" in await editor.run("wic.showMatrix", other)
    after = len(editor.published)
    await editor.configure({"when": "command"})
    assert await editor.shown(uri, 1, after=after)
    editor.change(uri, 2, WRONG)
    assert (await editor.run("wic.showMatrix", uri)).startswith("Not checked since the edit: ")
    assert await editor.quit() == 0


async def test_nothing_is_asked_of_an_editor_without_lenses(start_editor):
    """It is not told that there are any, and one that cannot be asked to look again is not."""
    plain = await start_editor()
    assert plain.answer.capabilities.code_lens_provider is None
    assert await plain.quit() == 0
    editor = await start_editor(lenses=True)
    assert editor.answer.capabilities.code_lens_provider is not None
    uri, _ = make_uri(".md")
    editor.open(uri, "```cpp\nint x;\n```\n", language="markdown")
    assert await editor.shown(uri, 1) == []
    assert len(await editor.lenses(uri)) == 1
    assert editor.lens_refreshes == 0
    assert await editor.quit() == 0
