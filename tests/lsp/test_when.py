"""The setting wic.when: what is compiled on which occasion, and that nothing else ever looks like clean."""

from __future__ import annotations

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.conformance.traces import processes_with, until
from tests.lsp.programs import CLEAN, ENDLESS, ENDLESS_FLAGS, WRONG, make_uri

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

SINCE_EDIT = "Not checked since the edit: "
SAVE = "save to check."
ASK = "run the command Check Now."
NAMED = f"// wic: gcc\n{WRONG}"
TOP = types.Position(0, 0)


class Reader:
    """What an editor shows of a document, whichever way it is told."""

    def __init__(self, editor):
        self.editor = editor
        self.pulls = editor.abilities.pulls
        self._before = 0

    def mark(self):
        """Pass over all that was said before."""
        self._before = self.editor.refreshes if self.pulls else len(self.editor.published)

    async def shown(self, uri, version=1):
        """Return what is shown of a version: by a message after the mark, or in answer to a pull."""
        if not self.pulls:
            return await self.editor.shown(uri, version, after=self._before)
        report = await self.editor.pull(uri)
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        return list(report.items)

    async def news(self, uri, version=1):
        """Return what is shown after what was no edit: an editor that pulls is asked to look again."""
        if self.pulls:
            await self.editor.wait_for(
                lambda: self.editor.refreshes > self._before or None, "a request to look again"
            )
        return await self.shown(uri, version)

    async def is_silent(self, uri):
        """Whether nothing at all is said of a document, once all that was to be done has been."""
        if self.pulls:
            with pytest.raises(JsonRpcException) as refused:
                await self.editor.pull(uri)
            assert refused.value.code == types.LSPErrorCodes.ServerCancelled
            assert refused.value.data == {"retriggerRequest": False}
            return True
        other, _ = make_uri(".xyz")
        self.editor.open(other, "", language="cobol")
        await self.editor.run("wic.checkNow", other)
        await self.editor.shown(other, 1)
        self.editor.close(other)
        return not [one for one in self.editor.published[self._before :] if one.uri == uri]


@pytest.fixture(params=[False, True], ids=["push", "pull"])
def start(request, start_editor):
    """Give a function that starts an editor, and returns it with its reader."""

    async def start(when=None, **abilities):
        options = {"when": when, **abilities.pop("options", {})}
        editor = await start_editor(pulls=request.param, refreshes=True, options=options, **abilities)
        return editor, Reader(editor)

    return start


def is_hint(diagnostics, message):
    """Whether this hint is all that is shown."""
    (one,) = diagnostics
    assert (one.severity, one.code, one.source) == (types.DiagnosticSeverity.Hint, "not-checked", "wic")
    assert one.range.start == TOP
    return one.message == message


async def test_with_save_an_edit_is_not_compiled_and_saving_is(start):
    """A hint takes the place of what was found in the older text, at each edit, until the text is saved."""
    editor, reader = await start("save", lenses=True, options={"flags": ENDLESS_FLAGS, "timeoutSeconds": 600})
    uri, name = make_uri()
    editor.open(uri, WRONG)
    (found,) = await reader.shown(uri)
    assert found.severity == types.DiagnosticSeverity.Error
    for version, text in enumerate((ENDLESS, ENDLESS + "\n", CLEAN), start=2):
        editor.change(uri, version, text)
        assert is_hint(await reader.shown(uri, version), SINCE_EDIT + SAVE)
        assert processes_with(name) == []
        assert await editor.lenses(uri) == []
        assert await editor.hover(uri, 0, 0) is None
    reader.mark()
    editor.save(uri)
    assert await reader.news(uri, 4) == []
    assert await editor.quit() == 0


async def test_with_save_a_text_that_changes_while_it_is_compiled_is_told(start):
    """The compile of what was opened is ended, and the edited text is shown as not checked."""
    editor, reader = await start("save", options={"flags": ENDLESS_FLAGS, "timeoutSeconds": 600})
    uri, name = make_uri()
    editor.open(uri, ENDLESS)
    await until(lambda: bool(processes_with(name)))
    editor.change(uri, 2, CLEAN)
    assert is_hint(await reader.shown(uri, 2), SINCE_EDIT + SAVE)
    await until(lambda: not processes_with(name))
    assert await editor.quit() == 0


async def test_with_command_nothing_is_said_until_it_is_asked_for(start):
    """Neither at opening, editing and saving; what was asked for is shown, and gives way to a hint."""
    editor, reader = await start("command")
    uri, _ = make_uri()
    editor.open(uri, CLEAN)
    assert await reader.is_silent(uri)
    editor.change(uri, 2, WRONG)
    assert await reader.is_silent(uri)
    editor.save(uri)
    assert await reader.is_silent(uri)
    reader.mark()
    await editor.run("wic.checkNow", uri)
    (found,) = await reader.news(uri, 2)
    assert found.severity == types.DiagnosticSeverity.Error
    editor.save(uri)
    editor.change(uri, 3, CLEAN)
    assert is_hint(await reader.shown(uri, 3), SINCE_EDIT + ASK)
    reader.mark()
    await editor.run("wic.checkNow")
    assert await reader.news(uri, 3) == []
    editor.close(uri)
    if not reader.pulls:
        assert await editor.shown(uri, None) == []
    reader.mark()
    editor.open(uri, WRONG)
    assert await reader.is_silent(uri)
    editor.close(uri)
    assert reader.pulls or await reader.is_silent(uri)
    assert await editor.quit() == 0


async def test_with_other_toolchains_only_what_somebody_named_compiles(start):
    """A comment names one; when it is taken away again, what was found gives way to a hint."""
    editor, reader = await start("otherToolchains")
    uri, _ = make_uri()
    editor.open(uri, WRONG)
    assert await reader.is_silent(uri)
    editor.change(uri, 2, NAMED)
    (found,) = await reader.shown(uri, 2)
    assert found.source.startswith("wic gcc")
    editor.change(uri, 3, WRONG)
    said = "Not checked: nobody named a toolchain for this text, and wic.when is 'otherToolchains'."
    assert is_hint(await reader.shown(uri, 3), said)
    editor.change(uri, 4, NAMED)
    assert len(await reader.shown(uri, 4)) == 1
    other, _ = make_uri()
    editor.open(other, WRONG)
    assert await reader.is_silent(other)
    reader.mark()
    await editor.run("wic.checkNow", other)
    assert is_hint(await reader.news(other), said)
    assert await editor.quit() == 0


async def test_with_other_toolchains_the_settings_and_the_workspace_may_name_them(start, tmp_path):
    """By language: the other languages stay silent. wic.toml may also be what says when."""
    (tmp_path / "wic.toml").write_text('when = "otherToolchains"\ntoolchains.cpp = "gcc"\n')
    editor, reader = await start(folders=(tmp_path,))
    uris = [(tmp_path / name).as_uri() for name in ("a.cpp", "b.c")]
    editor.open(uris[0], WRONG)
    assert len(await reader.shown(uris[0])) == 1
    editor.open(uris[1], WRONG, language="c")
    assert await reader.is_silent(uris[1])
    await editor.configure({"toolchains": {"c": ["gcc"]}})
    elsewhere, _ = make_uri(".c")
    editor.open(elsewhere, WRONG, language="c")
    assert len(await reader.shown(elsewhere)) == 1
    assert await editor.quit() == 0


async def test_with_other_toolchains_blocks_of_markdown_are_chosen_one_by_one(start):
    """The others are told of at the first of them, once there is anything to tell."""
    editor, reader = await start("otherToolchains", lenses=True)
    uri, _ = make_uri(".md")
    editor.open(uri, "```c\nint x = y;\n```\n", language="markdown")
    assert await reader.is_silent(uri)
    text = "```c\nint x = y;\n```\n```c wic:toolchain=gcc\nint z;\n```\n```cpp\nint y = w;\n```\n"
    editor.change(uri, 2, text)
    said = (
        "Not checked: nobody named a toolchain for this block and 1 more, and wic.when is 'otherToolchains'."
    )
    assert is_hint(await reader.shown(uri, 2), said)
    assert [one.range.start.line for one in await editor.lenses(uri)] == [3]
    assert await editor.hover(uri, 0, 0) is None
    assert await editor.quit() == 0


@pytest.mark.parametrize("when", ["save", "command"])
async def test_blocks_of_markdown_wait_as_a_file_does(start, when):
    """A document is one text, also where an edit changes one of its blocks alone."""
    editor, reader = await start(when)
    uri, _ = make_uri(".md")
    editor.open(uri, "```c\nint x = y;\n```\n", language="markdown")
    reader.mark()
    await editor.run("wic.checkNow", uri)
    assert len(await reader.news(uri)) == 1
    editor.change(uri, 2, "```c\nint x;\n```\n")
    assert is_hint(await reader.shown(uri, 2), SINCE_EDIT + (SAVE if when == "save" else ASK))
    assert await editor.quit() == 0


async def test_the_setting_may_change_while_it_runs(start):
    """What is open follows at once; from always to command what was found gives way to a hint."""
    editor, reader = await start("always")
    uri, _ = make_uri()
    editor.open(uri, WRONG)
    assert len(await reader.shown(uri)) == 1
    reader.mark()
    await editor.configure({"when": "command"})
    changed = "Not checked since the settings or the workspace changed: "
    assert is_hint(await reader.news(uri), changed + ASK)
    silent, _ = make_uri()
    editor.open(silent, WRONG)
    assert await reader.is_silent(silent)
    reader.mark()
    await editor.configure({"when": "save"})
    assert len(await reader.news(uri)) == 1
    assert len(await reader.shown(silent)) == 1
    editor.change(uri, 2, CLEAN)
    assert is_hint(await reader.shown(uri, 2), SINCE_EDIT + SAVE)
    reader.mark()
    await editor.configure({"when": "always"})
    assert await reader.news(uri, 2) == []
    await editor.configure({"when": "never"})
    await editor.warned("wic.when must be", "in force is always")
    assert await editor.quit() == 0


async def test_a_header_follows_the_rule_of_what_needs_it(start, tmp_path):
    """With save its edit is no compile of what includes it, only a hint; its own saving is one."""
    (tmp_path / "x.h").write_text("int x;\n")
    editor, reader = await start("save", folders=(tmp_path,))
    main, header = (tmp_path / "a.cpp").as_uri(), (tmp_path / "x.h").as_uri()
    editor.open(main, '#include "x.h"\nint main() { return x; }\n')
    assert await reader.shown(main) == []
    reader.mark()
    editor.open(header, "int x;\n")
    assert await reader.shown(header) == []
    assert await reader.news(main) == []
    reader.mark()
    editor.change(header, 2, "int y;\n")
    assert is_hint(await reader.news(main), f"Not checked since a file that it needs changed: {SAVE}")
    assert is_hint(await reader.shown(header, 2), SINCE_EDIT + SAVE)
    reader.mark()
    editor.save(header)
    (found,) = await reader.news(main)
    assert "'x' was not declared" in found.message.replace("\u2018", "'").replace("\u2019", "'")
    assert await editor.quit() == 0


async def test_what_is_found_in_a_silent_header_is_shown_with_the_hint(start, tmp_path):
    """What another document's check found in it stands beside what says that it is not checked."""
    (tmp_path / "x.h").write_text("int x = y;\n")
    editor, reader = await start("command", folders=(tmp_path,))
    main, header = (tmp_path / "a.cpp").as_uri(), (tmp_path / "x.h").as_uri()
    editor.open(header, "int x = y;\n")
    editor.open(main, '#include "x.h"\n')
    assert await reader.is_silent(header)
    reader.mark()
    await editor.run("wic.checkNow", main)
    assert len(await reader.news(main)) == 1
    hint, found = await reader.shown(header)
    assert is_hint([hint], f"Not checked: {ASK}")
    assert found.severity == types.DiagnosticSeverity.Error
    reader.mark()
    editor.change(main, 2, '#include "x.h"\n\n')
    assert is_hint(await reader.news(header), f"Not checked: {ASK}")
    editor.save(header)
    for uri, version, said in [(main, 2, SINCE_EDIT), (header, 1, "Not checked: ")]:
        assert is_hint(await reader.shown(uri, version), said + ASK), "to save is not to ask"
    assert await editor.quit() == 0


async def test_an_editor_that_wants_it_is_told_how_far_a_check_is(start):
    """By a notification for each document: being checked, checked, withheld, or failed with the reason."""
    editor, reader = await start("save", statuses=True)
    uri, _ = make_uri()
    editor.open(uri, WRONG)
    await reader.shown(uri)
    editor.change(uri, 2, CLEAN)
    await reader.shown(uri, 2)
    editor.save(uri)
    other, _ = make_uri(".xyz")
    editor.open(other, "", language="cobol")

    def of(wanted):
        said = [(one.version, one.status) for one in editor.statuses if one.uri == wanted]
        return said if said[-1:] and said[-1][1] in {"checked", "failed"} else None

    assert await editor.wait_for(lambda: of(other), "the refusal") == [(1, "checking"), (1, "failed")]
    expected = [(1, "checking"), (1, "checked"), (2, "withheld"), (2, "checking"), (2, "checked")]
    await editor.wait_for(lambda: of(uri) == expected or None, "the statuses")
    reasons = {one.status: one.reason for one in editor.statuses}
    assert reasons["withheld"] == "Not checked since the edit"
    assert "cobol" in reasons["failed"]
    assert reasons["checked"] == reasons["checking"] == ""
    assert await editor.quit() == 0


async def test_others_are_not_told(start):
    """A notification that is no part of LSP goes to nobody who did not ask for it."""
    editor, reader = await start()
    uri, _ = make_uri()
    editor.open(uri, CLEAN)
    assert await reader.shown(uri) == []
    assert editor.statuses == []
    assert await editor.quit() == 0
