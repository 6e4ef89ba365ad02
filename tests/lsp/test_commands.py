"""workspace/executeCommand: what each command does, and what it says to wrong arguments."""

from __future__ import annotations

import time

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from tests.conformance.traces import processes_with, until
from tests.lsp.programs import CLEAN, ENDLESS, ENDLESS_FLAGS, WRONG, make_uri

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]


async def test_check_now_checks_one_document_or_all(start_editor):
    """With a URI that document is checked afresh, without one every open document."""
    editor = await start_editor()
    one, _ = make_uri()
    other, _ = make_uri()
    await editor.check(one, WRONG)
    await editor.check(other, CLEAN)
    after = len(editor.published)
    await editor.run("wic.checkNow", one)
    assert len(await editor.shown(one, 1, after=after)) == 1
    assert [published.uri for published in editor.published[after:]] == [one]
    after = len(editor.published)
    await editor.run("wic.checkNow")
    assert len(await editor.shown(one, 1, after=after)) == 1
    assert await editor.shown(other, 1, after=after) == []
    assert await editor.quit() == 0


async def test_restarting_ends_what_runs_and_checks_again(start_editor):
    """A restart ends the compilers, shows nothing that was cut short, and checks on a new runtime."""
    editor = await start_editor(options={"flags": ENDLESS_FLAGS, "timeoutSeconds": 600})
    uri, name = make_uri()
    wrong, _ = make_uri()
    await editor.check(wrong, WRONG)
    editor.open(uri, ENDLESS)
    await until(lambda: bool(processes_with(name)))
    before = processes_with(name)
    after = len(editor.published)
    await editor.run("wic.restartRuntime")
    assert not set(before) & set(processes_with(name))
    assert len(await editor.shown(wrong, 1, after=after)) == 1
    await until(lambda: bool(processes_with(name)))
    assert [published.uri for published in editor.published[after:]] == [wrong]
    assert await editor.quit() == 0


async def test_show_output_gives_what_the_compiler_writes_for_people(start_editor):
    """The output is the compiler's plain text, with the command that made it; it goes to the log as well."""
    editor = await start_editor()
    uri, name = make_uri()
    await editor.check(uri, WRONG)
    (output,) = await editor.run("wic.showOutput", uri)
    assert output["outcome"] == "finished"
    assert output["runtime"] == "sandbox"
    assert f"{name}:1:21: error: " in output["output"]
    assert "    1 | int main() { return nothing; }" in output["output"]
    assert "-fsyntax-only" in output["command"]
    await editor.wait_for(
        lambda: next((one for one in editor.logged if one.message == output["output"]), None), "the log"
    )
    assert output["output"].encode() not in editor.errors  # it tells warnings alone
    assert await editor.quit() == 0


async def test_show_output_says_why_there_is_none(start_editor):
    """A document that cannot be compiled gets the reason instead of an output."""
    editor = await start_editor()
    uri, _ = make_uri(".xyz")
    editor.open(uri, "text", language="cobol")
    (output,) = await editor.run("wic.showOutput", uri)
    assert output["outcome"] == "not_run"
    assert "cobol" in output["reason"]
    assert await editor.quit() == 0


async def _settled(name: str) -> list[int]:
    """Return the processes of a compiler that has started all that it starts: GCC's driver starts another."""
    seen: list[int] = []
    since = time.monotonic()

    def is_settled() -> bool:
        nonlocal seen, since
        if (now := processes_with(name)) != seen:
            seen, since = now, time.monotonic()
        return bool(seen) and time.monotonic() - since > 1

    await until(is_settled)
    return seen


async def test_cancelling_a_command_ends_its_compiler(start_raw):
    """$/cancelRequest for showOutput is answered, and the compiler that it started is ended."""
    client = await start_raw()
    await client.initialize(initializationOptions={"flags": ENDLESS_FLAGS, "timeoutSeconds": 600})
    uri, name = make_uri()
    await client.open(uri, ENDLESS)
    checking = await _settled(name)
    asked = await client.ask("workspace/executeCommand", {"command": "wic.showOutput", "arguments": [uri]})
    await until(lambda: len(processes_with(name)) > len(checking))
    await client.notify("$/cancelRequest", {"id": asked})
    answer = await client.response(asked)
    assert answer["error"]["code"] == types.LSPErrorCodes.RequestCancelled.value
    await until(lambda: processes_with(name) == checking)
    assert await client.finish() == 0
    assert processes_with(name) == []


@pytest.mark.parametrize("is_list_sent", [True, False])
async def test_arguments_may_be_left_out(start_raw, is_list_sent):
    """An empty list of arguments and no list at all are the same."""
    client = await start_raw()
    await client.initialize()
    extra = {"arguments": []} if is_list_sent else {}
    for command in ("wic.checkNow", "wic.restartRuntime"):
        response = await client.request("workspace/executeCommand", {"command": command, **extra})
        assert response["result"] is None
    assert await client.finish() == 0


async def test_wrong_arguments_are_an_error(start_editor):
    """Too many, too few and wrong arguments, documents that are not open and unknown commands are errors."""
    editor = await start_editor()
    uri, _ = make_uri()
    wrong = [
        ("wic.checkNow", 5),
        ("wic.checkNow", uri, uri),
        ("wic.checkNow", {"uri": uri}),
        ("wic.checkNow", uri),
        ("wic.restartRuntime", uri),
        ("wic.showMatrix",),
        ("wic.showMatrix", uri, uri),
        ("wic.showMatrix", uri),
        ("wic.showOutput",),
        ("wic.showOutput", None),
        ("wic.showOutput", uri),
        ("wic.noSuchCommand",),
    ]
    for command, *arguments in wrong:
        with pytest.raises(JsonRpcInvalidParams, match=r"takes|is not open|There is no command"):
            await editor.run(command, *arguments)
    await editor.check(uri, CLEAN)
    assert await editor.quit() == 0
    assert b"Traceback" not in editor.errors
