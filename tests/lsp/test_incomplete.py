"""What was not compiled to its end is never shown as clean: one information at the top says why."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.conformance.traces import processes_with
from tests.lsp.programs import CLEAN, ENDLESS, ENDLESS_FLAGS, GREEDY, WRONG, flood, make_uri

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]


def the_only_one(shown: list[types.Diagnostic]) -> types.Diagnostic:
    """Return the information at the top of the document, and fail if there is anything else."""
    (found,) = shown
    assert found.severity == types.DiagnosticSeverity.Information
    assert found.range.start == types.Position(0, 0)
    assert found.range.end.line == 0
    return found


async def the_next_edit_works(editor, uri: str) -> None:
    """Fail unless an edit is checked as ever."""
    editor.change(uri, 2, WRONG)
    (found,) = await editor.shown(uri, 2)
    assert found.severity == types.DiagnosticSeverity.Error
    assert await editor.quit() == 0
    assert b"Traceback" not in editor.errors


async def test_a_language_without_compiler(start_editor):
    """A language that is not known is named, with those that are."""
    editor = await start_editor()
    uri, _ = make_uri(".xyz")
    editor.open(uri, "text", language="cobol")
    message = the_only_one(await editor.shown(uri, 1)).message
    assert "'cobol'" in message
    assert "cpp" in message
    assert await editor.quit() == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [("int a;\nint\0b;\n", ("NUL", "Line 2")), ("int x;\n" * 160_000, ("bytes", "1,048,576"))],
    ids=["NUL", "over 1 MiB"],
)
async def test_a_text_that_no_compiler_should_be_given(start_editor, text, words):
    """A NUL byte, or more than 1 MiB of text, is said and not compiled."""
    editor = await start_editor()
    uri, _ = make_uri()
    found = the_only_one(await editor.check(uri, text))
    assert found.message.startswith("Not compiled: ")
    assert all(word in found.message for word in words)
    assert found.code == "not-run"
    await the_next_edit_works(editor, uri)


@pytest.mark.parametrize(
    ("text", "options", "code", "word"),
    [
        (ENDLESS, {"timeoutSeconds": 2.5, "flags": ENDLESS_FLAGS}, "timed-out", "2.5 s"),
        (GREEDY, {"memoryMegabytes": 64, "timeoutSeconds": 60}, "out-of-memory", "64 MB"),
        (flood(), {"timeoutSeconds": 60}, "output-limit", "8 MB"),
    ],
    ids=["time", "memory", "output"],
)
async def test_a_compiler_that_takes_too_much(start_editor, text, options, code, word):
    """A compiler that was stopped is shown as that, with the limit; it is no clean result."""
    editor = await start_editor(options=options)
    uri, name = make_uri()
    found = the_only_one(await editor.check(uri, text))
    assert found.code == code
    assert found.message.startswith("Not checked to the end: ")
    assert word in found.message
    assert processes_with(name) == []
    await the_next_edit_works(editor, uri)


async def test_saving_tries_again_what_was_not_compiled(start_editor):
    """A result that is none is not kept: saving the same text compiles it again."""
    editor = await start_editor(options={"timeoutSeconds": 0.5, "flags": ENDLESS_FLAGS})
    uri, _ = make_uri()
    the_only_one(await editor.check(uri, ENDLESS))
    after = len(editor.published)
    editor.save(uri)
    assert the_only_one(await editor.shown(uri, 1, after=after)).code == "timed-out"
    assert await editor.quit() == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"runtime": "sandbx"}, ("'sandbx'", "Did you mean 'sandbox'?", "sandbox")),
        ({"toolchains": {"cpp": ["gxx-99"]}}, ("'gxx-99'", "Usable: ")),
        ({"flags": {"cpp": ["-fplugin=evil.so"]}}, ("'-fplugin=evil.so'", "Allowed are")),
        ({"standards": {"cpp": "c++99"}}, ("'c++99'", "It knows")),
    ],
    ids=["runtime", "toolchain", "flag", "standard"],
)
async def test_a_setting_that_names_nothing(start_editor, options, words):
    """An unknown runtime, toolchain, flag or standard is shown at the top, with what there is."""
    editor = await start_editor(options=options)
    uri, _ = make_uri()
    message = the_only_one(await editor.check(uri, CLEAN)).message
    assert all(word in message for word in words), message
    assert await editor.quit() == 0


async def test_a_toolchain_that_is_almost_right_is_suggested(start_editor):
    """A misspelt toolchain brings the nearest usable one."""
    editor = await start_editor()
    uri, _ = make_uri()
    await editor.check(uri, CLEAN)
    name = (await editor.run("wic.showOutput", uri))[0]["toolchain"]
    after = len(editor.published)
    await editor.configure({"toolchains": {"cpp": [f"{name}x"]}})
    message = the_only_one(await editor.shown(uri, 1, after=after)).message
    assert f"Did you mean '{name}'?" in message
    assert await editor.quit() == 0


async def test_a_runtime_that_is_not_there_compiles_nothing(start_editor):
    """--runtime names a runtime that is not installed: nothing is compiled anywhere else."""
    editor = await start_editor(None, "--runtime", "moonbase")
    uri, _ = make_uri()
    message = the_only_one(await editor.check(uri, CLEAN)).message
    assert "There is no runtime 'moonbase'." in message
    assert await editor.quit() == 0
