"""Two editors on one server: neither ever sees, ends or changes anything of the other's."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.conformance.traces import processes_with, until
from tests.lsp.programs import CLEAN, ENDLESS, ENDLESS_FLAGS, make_uri
from wic_lsp.lsp.features.commands import CHECK_NOW, RESTART_RUNTIME
from wic_lsp.lsp.features.images import PULL_IMAGE

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

EDITS = 150


async def _edit(editor, uri: str, word: str) -> None:
    """Edit a document many times, waiting for each third result, and look at every result."""
    editor.open(uri, f"int main() {{ return {word}_0; }}\n")
    await editor.shown(uri, 1)
    for version in range(2, EDITS + 2):
        editor.change(uri, version, f"int main() {{ return {word}_{version}; }}\n")
        if version % 3 == 0 or version == EDITS + 1:
            (found,) = await editor.shown(uri, version)
            assert f"{word}_{version}" in found.message


def _everything(editor) -> str:
    said = (editor.published, editor.messages, editor.logged, editor.progress, editor.created)
    return repr(said) + editor.errors.decode()


async def test_neither_sees_the_others_messages(start_editor):
    """Hundreds of interleaved edits of a document of the same name: each sees its own words alone."""
    uri, _ = make_uri()
    one, other = await start_editor(options={"debounceMilliseconds": 0}), await start_editor()
    await asyncio.gather(_edit(one, uri, "alpha"), _edit(other, uri, "omega"))
    assert "omega" not in _everything(one)
    assert "alpha" not in _everything(other)
    assert one.published
    assert other.published
    assert await one.quit() == 0
    assert await other.quit() == 0


async def test_what_goes_wrong_for_one_is_told_to_that_one(start_raw):
    """A warning in the log about a client's message reaches that client and nobody else."""
    one, other = await start_raw(), await start_raw()
    await one.initialize()
    await other.initialize()
    await one.notify("textDocument/didOpen", {"textDocument": {"uri": 5}})
    await one.wait_for(lambda message: message.get("method") == "window/logMessage", "the log message")
    await other.is_alive()
    assert not [message for message in other.inbox if message.get("method") == "window/logMessage"]
    assert await one.finish() == 0
    assert await other.finish() == 0


async def test_the_exit_of_one_leaves_the_other(start_editor, server):
    """Exit, with shutdown or without, ends a client's own session, and the server lives."""
    leaving, rude, staying = await start_editor(), await start_editor(), await start_editor()
    uri, _ = make_uri()
    assert await staying.check(uri, CLEAN) == []
    assert await leaving.quit() == 0
    rude.exit(None)
    assert await rude._gone() == 1
    staying.change(uri, 2, "int main() { return still_here; }\n")
    (found,) = await staying.shown(uri, 2)
    assert "still_here" in found.message
    assert await staying.quit() == 0
    assert server.process.poll() is None


async def test_a_connection_that_is_killed_takes_its_compiles_with_it(start_editor, server):
    """Nothing compiles any more for a client that is gone; who else is there notices nothing."""
    staying = await start_editor()
    doomed = await start_editor(options={"flags": ENDLESS_FLAGS})
    uri, name = make_uri()
    doomed.open(uri, ENDLESS)
    await until(lambda: bool(processes_with(name)))
    assert await server.count("wic_compiles_running") == 1
    doomed._server.kill()
    await until(lambda: not processes_with(name))
    await server.until("wic_compiles_running", 0)
    await server.until("wic_connections", 1)
    assert await staying.check(make_uri()[0], CLEAN) == []
    assert await staying.quit() == 0


async def test_many_documents_of_one_do_not_starve_another(start_server, start_editor):
    """Where one compile runs at a time, a client with one document waits for one other, not for all."""
    server = start_server("--max-compiles", "1")
    busy = await start_editor(to=server, options={"flags": ENDLESS_FLAGS, "timeoutSeconds": 3})
    quick = await start_editor(to=server)
    endless = [make_uri()[0] for _ in range(12)]
    for number, uri in enumerate(endless):
        busy.open(uri, f"{ENDLESS}// {number}\n")
    await server.until("wic_compiles_waiting", 11)
    uri, _ = make_uri()
    (found,) = await quick.check(uri, "int main() { return quickly; }\n")
    assert "quickly" in found.message
    assert len([one for one in busy.published if one.uri in endless]) < 4
    assert await quick.quit() == 0
    assert await busy.quit() == 0


async def test_what_all_use_is_nobodys_to_change(start_editor):
    """No client restarts the runtimes, pulls an image, or sets what only whoever runs the server may."""
    editor = await start_editor(
        options={
            "runtime": "docker",
            "runtimeClass": "runsc",
            "timeoutSeconds": 600,
            "memoryMegabytes": 100_000,
        }
    )
    await editor.warned("wic.runtime ", "only by whoever runs it")
    await editor.warned("wic.runtimeClass ", "only by whoever runs it")
    await editor.warned("wic.timeoutSeconds ", "shared server's 10")
    await editor.warned("wic.memoryMegabytes ", "shared server's 1024")
    for command, arguments in ((RESTART_RUNTIME, ()), (PULL_IMAGE, ("gcc:13",))):
        with pytest.raises(Exception, match="only whoever runs it"):
            await editor.run(command, *arguments)
    uri, _ = make_uri()
    assert await editor.check(uri, CLEAN) == []
    await editor.run(CHECK_NOW)
    (shown,) = await editor.run("wic.showOutput", uri)
    assert shown["runtime"] == "sandbox"
    assert await editor.quit() == 0


async def test_what_a_client_is_asked_for_counts_no_more(start_editor):
    """Settings that come with workspace/configuration are refused with the same words."""
    editor = await start_editor(configuration={"runtime": "docker"})
    await editor.warned("wic.runtime ", "only by whoever runs it")
    await editor.configure({"timeoutSeconds": 11})
    await editor.warned("wic.timeoutSeconds ", "shared server's 10")
    assert await editor.quit() == 0


async def test_a_flood_of_requests_is_refused(server, open_socket):
    """Beyond a thousand that wait for their answers each further one is refused, and the session lives."""
    socket = await open_socket(server)
    capabilities = {"textDocument": {"diagnostic": {}}}
    await socket.initialize(capabilities=capabilities, initializationOptions={"flags": ENDLESS_FLAGS})
    uri, name = make_uri()
    await socket.open(uri, ENDLESS)
    await until(lambda: bool(processes_with(name)))
    for number in range(2000, 3010):
        await socket.send("textDocument/diagnostic", {"textDocument": {"uri": uri}}, number)
    refused = await socket.receive(lambda one: one.get("id") == 3009)
    assert "More than 1000 requests" in refused["error"]["message"]
    assert len([one for one in socket.inbox if "error" in one]) == 10
    await socket.change(uri, 2, CLEAN)
    await socket.receive(lambda one: one.get("id") == 2000)
    assert (await socket.request("shutdown"))["result"] is None


async def test_a_client_may_choose_what_a_workspace_may(start_editor):
    """Toolchains, standards, allowed flags, and lower limits."""
    editor = await start_editor(options={"standards": {"cpp": "c++11"}, "flags": {"cpp": ["-Wall"]}})
    uri, _ = make_uri()
    found = await editor.check(uri, "int main() { int unused; if constexpr (true) {} }\n")
    assert any("unused" in one.message for one in found)
    assert any("c++17" in json.dumps(one.message) or "if constexpr" in one.message for one in found)
    assert editor.messages == []
    assert await editor.quit() == 0


async def test_files_of_the_server_are_not_the_clients(start_editor):
    """A note in one of the compiler's headers names no file: the client's file of that name is another."""
    editor = await start_editor()
    uri, _ = make_uri()
    found = await editor.check(uri, "#include <algorithm>\nint main() { return std::max(1, 2.0); }\n")
    places = [note.location.uri for one in found for note in one.related_information or ()]
    assert places
    assert set(places) == {uri}
    assert await editor.quit() == 0


async def test_the_process_that_a_client_names_is_not_watched(server, open_socket):
    """It is one of another machine: what happens here to a process of that number means nothing."""
    watched = await asyncio.create_subprocess_exec("sleep", "60")
    socket = await open_socket(server)
    await socket.initialize(processId=watched.pid)
    watched.kill()
    await watched.wait()
    uri, _ = make_uri()
    await socket.open(uri, CLEAN)
    assert await socket.published(uri, 1) == []
    assert (await socket.request("shutdown"))["result"] is None


async def test_too_many_documents_are_told_and_not_kept(start_server, open_socket):
    """Beyond the bound a document is shown as not compiled; far beyond it, the client is sent away."""
    server = start_server("--max-documents", "2")
    socket = await open_socket(server)
    await socket.initialize()
    uris = [make_uri()[0] for _ in range(21)]
    for uri in uris[:3]:
        await socket.open(uri, "int main() { return missing; }\n")
    (found,) = await socket.published(uris[2], 1)
    assert "at most 2 open documents" in found["message"]
    assert found["severity"] == 3
    for uri in uris[3:]:
        await socket.open(uri, CLEAN)
    assert await socket.closed() == 1008
