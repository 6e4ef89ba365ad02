"""textDocument/diagnostic: asked for, waited for, overtaken, cancelled."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types

from tests.conformance.traces import processes_with, until
from tests.lsp.programs import CLEAN, ENDLESS, ENDLESS_FLAGS, WRONG, make_uri

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

PULLS = {"textDocument": {"diagnostic": {}}}
OPTIONS = {"flags": ENDLESS_FLAGS, "timeoutSeconds": 600}


def _about(uri: str) -> dict[str, object]:
    return {"textDocument": {"uri": uri}}


async def test_what_is_known_already_is_unchanged(start_editor):
    """A second pull with the result's id is answered "unchanged"; after an edit it is a full report again."""
    editor = await start_editor(pulls=True)
    uri, _ = make_uri()
    editor.open(uri, WRONG)
    first = await editor.pull(uri)
    assert isinstance(first, types.RelatedFullDocumentDiagnosticReport)
    assert len(first.items) == 1
    second = await editor.pull(uri, first.result_id)
    assert second == types.RelatedUnchangedDocumentDiagnosticReport(first.result_id)
    editor.change(uri, 2, CLEAN)
    third = await editor.pull(uri, first.result_id)
    assert isinstance(third, types.RelatedFullDocumentDiagnosticReport)
    assert not third.items
    assert third.result_id != first.result_id
    assert await editor.quit() == 0


async def test_an_edit_overtakes_a_pull(start_raw):
    """A pull whose text has changed is answered ServerCancelled, to be asked again; and the log is quiet."""
    client = await start_raw()
    await client.initialize(capabilities=PULLS, initializationOptions=OPTIONS)
    uri, name = make_uri()
    await client.open(uri, ENDLESS)
    waiting = await client.ask("textDocument/diagnostic", _about(uri))
    await until(lambda: bool(processes_with(name)))
    await client.change(uri, 2, CLEAN)
    overtaken = await client.response(waiting)
    assert overtaken["error"]["code"] == types.LSPErrorCodes.ServerCancelled.value
    assert overtaken["error"]["data"] == {"retriggerRequest": True}
    again = await client.request("textDocument/diagnostic", _about(uri))
    assert again["result"]["items"] == []
    assert processes_with(name) == []
    assert await client.finish() == 0
    assert client.errors == b""


async def test_a_pull_may_be_cancelled(start_raw):
    """$/cancelRequest is answered RequestCancelled at once, and the next pull gets the result."""
    client = await start_raw()
    await client.initialize(capabilities=PULLS, initializationOptions=OPTIONS)
    uri, _ = make_uri()
    await client.open(uri, ENDLESS)
    waiting = await client.ask("textDocument/diagnostic", _about(uri))
    await client.notify("$/cancelRequest", {"id": waiting})
    assert (await client.response(waiting))["error"]["code"] == types.LSPErrorCodes.RequestCancelled.value
    await client.change(uri, 2, WRONG)
    again = await client.request("textDocument/diagnostic", _about(uri))
    assert len(again["result"]["items"]) == 1
    await client.notify("$/cancelRequest", {"id": waiting})
    await client.is_alive()
    assert await client.finish() == 0
    assert b"Traceback" not in client.errors


async def test_several_pulls_get_the_same_answer(start_editor):
    """Whoever asks while the compiler works waits for the one compile."""
    editor = await start_editor(pulls=True)
    uri, _ = make_uri()
    editor.open(uri, WRONG)
    reports = await asyncio.gather(*(editor.pull(uri) for _ in range(5)))
    assert len({report.result_id for report in reports}) == 1
    assert await editor.quit() == 0


@pytest.mark.parametrize("was_open", [False, True])
async def test_what_is_not_open_is_not_to_be_asked_for_again(start_raw, was_open):
    """A pull for a document that is closed, or never was open, is refused without an invitation to repeat."""
    client = await start_raw()
    await client.initialize(capabilities=PULLS, initializationOptions=OPTIONS)
    uri, _ = make_uri()
    if was_open:
        await client.open(uri, ENDLESS)
    waiting = await client.ask("textDocument/diagnostic", _about(uri))
    if was_open:
        await client.notify("textDocument/didClose", _about(uri))
    refused = await client.response(waiting)
    assert refused["error"]["code"] == types.LSPErrorCodes.ServerCancelled.value
    assert refused["error"]["data"] == {"retriggerRequest": False}
    assert await client.finish() == 0


async def test_shutdown_answers_who_waits(start_raw):
    """A pull that waits when the server shuts down gets its answer."""
    client = await start_raw()
    await client.initialize(capabilities=PULLS, initializationOptions=OPTIONS)
    uri, _ = make_uri()
    await client.open(uri, ENDLESS)
    waiting = await client.ask("textDocument/diagnostic", _about(uri))
    assert await client.finish() == 0
    assert (await client.response(waiting))["error"]["code"] == types.LSPErrorCodes.ServerCancelled.value


@pytest.mark.parametrize("refreshes", [True, False])
async def test_new_settings_ask_for_a_new_pull(start_editor, refreshes):
    """Settings that change make workspace/diagnostic/refresh, for a client that knows it, and new results."""
    editor = await start_editor(pulls=True, refreshes=refreshes)
    uri, _ = make_uri()
    editor.open(uri, "int main() { int unused; }\n")
    first = await editor.pull(uri)
    assert not first.items
    before = editor.refreshes
    await editor.configure({"flags": {"cpp": ["-Wall"]}})
    if refreshes:
        await editor.wait_for(lambda: editor.refreshes > before or None, "the refresh")
    second = await editor.pull(uri, first.result_id)
    assert [one.code for one in second.items] == ["-Wunused-variable"]
    await editor.configure({"flags": {"cpp": ["-Wall"]}})
    third = await editor.pull(uri, second.result_id)
    assert third.kind == "unchanged"
    assert editor.refreshes == (before + 1 if refreshes else 0)
    assert await editor.quit() == 0
