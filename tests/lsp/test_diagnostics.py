"""Where the editor shows what the compiler said, to the column, and that it is of the text that is shown."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types

from tests.conformance.traces import processes_with, until
from tests.lsp.editor import at, find_text
from tests.lsp.programs import CLEAN, ENDLESS, ENDLESS_FLAGS, WRONG, make_uri

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

KINDS = {
    "utf-8": types.PositionEncodingKind.Utf8,
    "utf-16": types.PositionEncodingKind.Utf16,
    "utf-32": types.PositionEncodingKind.Utf32,
}
# Before the error: a tab, an astral character (4 bytes, 2 code units), a combining accent, a wide one.
LINES = (
    "// \U0001f600\n",
    "int main() {\n",
    '\treturn sizeof("\U0001f600e\u0301\u6f22") + unheard_of;\t// \U0001f600\n',
    "}\n",
)


def _units(text: str, encoding: str) -> int:
    match encoding:
        case "utf-8":
            return len(text.encode())
        case "utf-16":
            return len(text.encode("utf-16-le")) // 2
        case _:
            return len(text)


@pytest.mark.parametrize("pulls", [False, True], ids=["push", "pull"])
@pytest.mark.parametrize("encoding", KINDS)
async def test_an_error_is_shown_where_it_is(start_editor, encoding, pulls):
    """The range covers the wrong word in the client's units, after astral characters, tabs and accents."""
    editor = await start_editor(encodings=(KINDS[encoding],), pulls=pulls)
    for end in ("\n", "\r\n", "\r"):
        text = "".join(LINES).replace("\n", end)
        uri, _ = make_uri()
        (found,) = await editor.check(uri, text)
        before = LINES[2][: LINES[2].index("unheard_of")]
        start = _units(before, encoding)
        assert found.range == at(2, start, start + 10), repr(end)
        assert found.severity == types.DiagnosticSeverity.Error
        assert "unheard_of" in found.message
        assert found.source.startswith("wic ")
    assert await editor.quit() == 0


@pytest.mark.parametrize("encoding", KINDS)
async def test_edits_are_understood_in_the_agreed_units(start_editor, encoding):
    """An edit after an astral character changes what the editor meant to change, and is checked again."""
    editor = await start_editor(encodings=(KINDS[encoding],))
    uri, _ = make_uri()
    text = "".join(LINES)
    assert len(await editor.check(uri, text)) == 1
    line, column = find_text(text, "unheard_of")
    start = _units(LINES[2][:column], encoding)
    word = at(line, start, start + len("unheard_of"))
    editor.change(uri, 2, types.TextDocumentContentChangePartial(word, "1"))
    assert await editor.shown(uri, 2) == []
    assert await editor.quit() == 0


async def test_a_burst_of_edits_ends_with_the_last(start_editor):
    """200 edits at once end with the last one's diagnostics; no publication is older than one before."""
    editor = await start_editor()
    uri, _ = make_uri()
    editor.open(uri, WRONG)
    for version in range(2, 202):
        editor.change(uri, version, f"int main() {{ return word_{version}; }}\n")
    (found,) = await editor.shown(uri, 201)
    assert "word_201" in found.message
    await editor.run("wic.checkNow", uri)
    versions = [one.version for one in editor.published]
    assert versions == sorted(versions)
    assert len(versions) < 20, "nearly every edit was compiled"
    for one in editor.published:
        words = {f"word_{one.version}", "nothing"}
        assert all(any(word in found.message for word in words) for found in one.diagnostics)
    assert await editor.quit() == 0


async def test_an_edit_that_comes_late_is_made_where_it_belongs(start_editor):
    """Helix 25.01 may send one edit behind the next. What was shown of the wrong text is put right."""
    editor = await start_editor()
    uri, _ = make_uri()
    assert len(await editor.check(uri, WRONG)) == 1
    editor.change(uri, 3, types.TextDocumentContentChangePartial(at(0, 12, 12), "return 0;"))
    assert await editor.shown(uri, 3) != []
    seen = len(editor.published)
    editor.change(uri, 2, "int main() {  }\n")
    assert await editor.shown(uri, 3, after=seen) == []
    assert await editor.quit() == 0


async def test_a_new_text_ends_the_compiler_of_the_old(start_editor):
    """An edit kills the compiler that still works on the text before it, and is checked at once."""
    editor = await start_editor(options={"flags": ENDLESS_FLAGS, "timeoutSeconds": 600})
    uri, name = make_uri()
    editor.open(uri, ENDLESS)
    await until(lambda: bool(processes_with(name)))
    editor.change(uri, 2, CLEAN)
    assert await editor.shown(uri, 2) == []
    assert processes_with(name) == []
    assert [one.version for one in editor.published] == [2]
    assert await editor.quit() == 0


async def test_closing_clears_and_ends_the_compiler(start_editor):
    """After didClose nothing is shown for a document and nothing runs for it."""
    editor = await start_editor(options={"flags": ENDLESS_FLAGS, "timeoutSeconds": 600})
    uri, name = make_uri()
    assert len(await editor.check(uri, WRONG)) == 1
    editor.change(uri, 2, ENDLESS)
    await until(lambda: bool(processes_with(name)))
    editor.close(uri)
    assert await editor.shown(uri, None) == []
    await until(lambda: not processes_with(name))
    assert await editor.quit() == 0
    assert [one.version for one in editor.published] == [1, None]


async def test_a_document_that_is_opened_again_is_checked_again(start_editor):
    """Closing and opening, with the same version and another text, shows what is true of the new text."""
    editor = await start_editor()
    uri, _ = make_uri()
    assert len(await editor.check(uri, WRONG)) == 1
    editor.close(uri)
    editor.open(uri, CLEAN)
    after = len(editor.published)
    assert await editor.shown(uri, None, after=after) == []
    assert await editor.shown(uri, 1, after=after) == []
    assert await editor.quit() == 0


async def test_opening_twice_shows_the_second_text(start_editor):
    """A second didOpen without a didClose replaces the text, for a client that pulls too."""
    editor = await start_editor(pulls=True)
    uri, _ = make_uri()
    assert len(await editor.check(uri, WRONG)) == 1
    assert await editor.check(uri, CLEAN) == []
    assert await editor.quit() == 0


async def test_opening_and_saving_do_not_wait_for_the_debounce(start_editor):
    """With a debounce of ten seconds, what is opened or saved is checked at once all the same."""
    editor = await start_editor(options={"debounceMilliseconds": 10_000})
    uri, _ = make_uri()
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert len(await editor.check(uri, WRONG)) == 1
    editor.change(uri, 2, CLEAN)
    editor.save(uri)
    assert await editor.shown(uri, 2) == []
    assert loop.time() - began < 10
    assert await editor.quit() == 0


async def test_saving_what_was_checked_does_not_check_again(start_editor):
    """DidSave of a text whose result is shown publishes nothing new."""
    editor = await start_editor()
    uri, _ = make_uri()
    await editor.check(uri, WRONG)
    editor.save(uri)
    await editor.run("wic.showOutput", uri)
    assert len(editor.published) == 1
    assert await editor.quit() == 0


async def test_saving_leaves_a_running_check_alone(start_editor):
    """DidSave of the very text that is being compiled does not begin anew."""
    editor = await start_editor(options={"flags": ENDLESS_FLAGS, "timeoutSeconds": 600})
    uri, name = make_uri()
    editor.open(uri, ENDLESS)
    await until(lambda: bool(processes_with(name)))
    running = processes_with(name)
    editor.save(uri)
    await editor.actions(uri, at(0, 0, 0))
    assert set(running) <= set(processes_with(name))
    assert await editor.quit() == 0


async def test_going_back_costs_no_compile(start_editor):
    """Undo gives the result that the text had before, in a fraction of the time that it took then."""
    editor = await start_editor(options={"debounceMilliseconds": 0, "flags": {"cpp": ["-O2"]}})
    loop = asyncio.get_running_loop()
    uri, _ = make_uri()
    slow = "#include <regex>\n#include <map>\n#include <iostream>\nint x = y;\n"
    began = loop.time()
    (first,) = await editor.check(uri, slow)
    cost_s = loop.time() - began
    spent_s = []
    for version in (2, 4, 6):
        editor.change(uri, version, CLEAN)
        assert await editor.shown(uri, version) == []
        began = loop.time()
        editor.change(uri, version + 1, slow)
        (again,) = await editor.shown(uri, version + 1)
        spent_s.append(loop.time() - began)
        assert (again.message, again.range) == (first.message, first.range)
    assert min(spent_s) < cost_s / 2
    assert await editor.quit() == 0


async def test_what_belongs_together_is_shown_together(start_editor):
    """Notes are related information for a client that shows it, else lines below the message."""
    text = "void f(int);\nvoid f(int, int);\nint main() { f(); }\n"
    uri, _ = make_uri()
    rich = await start_editor()
    (found,) = await rich.check(uri, text)
    lines = {one.location.range.start.line for one in found.related_information}
    assert {0, 1} <= lines
    assert {one.location.uri for one in found.related_information} == {uri}
    assert await rich.quit() == 0
    plain = await start_editor(related=False)
    (found,) = await plain.check(uri, text)
    assert found.related_information is None
    assert "candidate" in found.message
    assert await plain.quit() == 0


async def test_several_toolchains_speak_side_by_side(start_editor, missing_engine):
    """With two toolchains chosen each says what it has to say, under its own name."""
    editor = await start_editor()
    uri, _ = make_uri()
    (found,) = await editor.check(uri, WRONG)
    outputs = await editor.run("wic.showOutput", uri)
    first = outputs[0]["toolchain"]
    second = "clang" if first.startswith("gcc") else "gcc"
    await editor.configure({"toolchains": {"cpp": [first, second]}})
    after = len(editor.published)
    shown = await editor.shown(uri, 1, after=after)
    if any(one.severity == types.DiagnosticSeverity.Information for one in shown):
        await editor.quit()
        missing_engine(f"there is no second C++ compiler: {shown}")
    sources = [one.source.removeprefix("wic ").partition("-")[0] for one in shown]
    assert sources == [first.partition("-")[0], second]
    assert found.source == f"wic {first}"
    assert await editor.quit() == 0
