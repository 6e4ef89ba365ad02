"""The server ends when its client does, in whatever way, with the right exit code, and leaves nothing."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import pytest

from tests.conformance.traces import processes_with, sandboxes_of, until
from tests.lsp.conftest import COMMAND
from tests.lsp.programs import ENDLESS, ENDLESS_FLAGS, make_uri
from tests.lsp.raw import frame

OPTIONS = {"flags": ENDLESS_FLAGS, "timeoutSeconds": 600}


async def _compiling(start_raw, **params):
    """Start a server and let it compile what never ends; returns the client and the compiler's mark."""
    client = await start_raw()
    await client.initialize(initializationOptions=OPTIONS, **params)
    uri, name = make_uri()
    await client.open(uri, ENDLESS)
    await until(lambda: bool(processes_with(name)))
    return client, name


def _assert_nothing_left(client, name: str) -> None:
    assert processes_with(name) == sandboxes_of(client.process.pid) == []
    assert b"Traceback" not in client.errors


async def test_shutdown_then_exit_is_a_good_end(start_raw):
    """The exit code is 0 after shutdown and exit."""
    client = await start_raw()
    await client.initialize()
    assert await client.finish() == 0
    assert b"Traceback" not in client.errors


async def test_exit_may_follow_shutdown_at_once(start_raw):
    """A client that does not wait for the answer to shutdown gets it all the same, and exit code 0."""
    client = await start_raw()
    await client.initialize()
    shutdown = {"jsonrpc": "2.0", "id": 50, "method": "shutdown"}
    await client.write(frame(shutdown) + frame({"jsonrpc": "2.0", "method": "exit"}))
    client.process.stdin.close()
    assert (await client.response(50))["result"] is None
    assert await client.ended() == 0


@pytest.mark.parametrize("is_initialized", [True, False])
async def test_exit_without_shutdown_is_a_bad_end(start_raw, is_initialized):
    """The exit code is 1 when exit comes without shutdown, before initialize as well."""
    client = await start_raw()
    if is_initialized:
        await client.initialize()
    await client.notify("exit")
    assert await client.ended() == 1
    assert b"Traceback" not in client.errors


async def test_a_closed_stdin_ends_the_server(start_raw):
    """A client that just goes away ends the server."""
    client = await start_raw()
    await client.initialize()
    client.process.stdin.close()
    assert await client.ended() == 1
    assert b"Traceback" not in client.errors


async def test_a_server_whose_stdin_is_closed_from_the_start_ends(start_raw):
    """Without any client the server ends at once."""
    client = await start_raw(stdin=asyncio.subprocess.DEVNULL)
    assert await client.ended() == 1
    assert b"Traceback" not in client.errors


async def test_a_recorded_conversation_can_be_read_from_a_file(environment, tmp_path):
    """Standard input and output may be plain files."""
    numbers = {"initialize": 1, "shutdown": 2}
    messages = [("initialize", {"processId": None, "capabilities": {}}), ("shutdown", None), ("exit", None)]
    said = tmp_path / "said"
    said.write_bytes(
        b"".join(
            frame({"jsonrpc": "2.0", "method": method, "params": params})
            if method not in numbers
            else frame({"jsonrpc": "2.0", "id": numbers[method], "method": method, "params": params})
            for method, params in messages
        )
    )
    answered = tmp_path / "answered"
    with said.open("rb") as stdin, answered.open("wb") as stdout:
        process = await asyncio.create_subprocess_exec(
            COMMAND, "--stdio", stdin=stdin, stdout=stdout, env=environment
        )
        assert await process.wait() == 0
    said_back = answered.read_bytes()
    assert b'"serverInfo"' in said_back
    assert b'"id": 2, "jsonrpc": "2.0", "result": null' in said_back


@pytest.mark.engine("sandbox")
@pytest.mark.usefixtures("engine")
async def test_a_client_that_dies_in_mid_message_leaves_nothing(start_raw):
    """When the pipe ends within a message the compiler is ended, then the server, without a traceback."""
    client, name = await _compiling(start_raw)
    await client.write(b'Content-Length: 5000\r\n\r\n{"jsonrpc":')
    client.process.stdin.close()
    assert await client.ended() == 1
    _assert_nothing_left(client, name)


@pytest.mark.engine("sandbox")
@pytest.mark.usefixtures("engine")
async def test_shutdown_ends_the_compiler(start_raw):
    """The answer to shutdown comes when no compiler is left."""
    client, name = await _compiling(start_raw)
    await client.request("shutdown")
    assert processes_with(name) == []
    await client.notify("exit")
    assert await client.ended() == 0
    _assert_nothing_left(client, name)


@pytest.mark.engine("sandbox")
@pytest.mark.usefixtures("engine")
async def test_exit_alone_ends_the_compiler(start_raw):
    """What comes after exit is not begun, and what runs is ended."""
    client, name = await _compiling(start_raw)
    other, other_name = make_uri()
    item = {"uri": other, "languageId": "cpp", "version": 1, "text": ENDLESS}
    opening = {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}}
    await client.write(frame({"jsonrpc": "2.0", "method": "exit"}) + frame(opening))
    assert await client.ended() == 1
    _assert_nothing_left(client, name)
    assert processes_with(other_name) == []


@pytest.mark.engine("sandbox")
@pytest.mark.usefixtures("engine")
async def test_sigterm_ends_the_server_cleanly(start_raw):
    """SIGTERM ends the compiler and the server, with the exit code that shells give to it."""
    client, name = await _compiling(start_raw)
    client.process.send_signal(signal.SIGTERM)
    assert await client.ended() == 128 + signal.SIGTERM
    _assert_nothing_left(client, name)


@pytest.mark.engine("sandbox")
@pytest.mark.usefixtures("engine")
async def test_the_end_of_the_clients_process_ends_the_server(start_raw):
    """The server follows the process that initialize named, even if its pipe stays open."""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
    client, name = await _compiling(start_raw, processId=parent.pid)
    parent.kill()
    await parent.wait()
    assert await client.ended() == 1
    _assert_nothing_left(client, name)


@pytest.mark.parametrize("process_id", [0, -1, 2**31 - 1, None])
async def test_a_client_process_that_cannot_be_seen_is_not_followed(start_raw, process_id):
    """A process id from another namespace, or none at all, ends nothing."""
    client = await start_raw()
    await client.initialize(processId=process_id)
    assert await client.finish() == 0
    assert b"Traceback" not in client.errors


async def test_a_client_that_reads_no_more_ends_the_server(start_raw):
    """When nobody can hear the server any more it ends, even if its input stays open."""
    client = await start_raw()
    await client.initialize()
    transport = client.process._transport.get_pipe_transport(1)
    transport.close()
    assert await asyncio.wait_for(client.process.wait(), 60) == 1


@pytest.mark.engine("sandbox")
@pytest.mark.usefixtures("engine")
async def test_two_servers_do_not_disturb_each_other(start_raw):
    """The end of one server's sandboxes is not the end of another's."""
    first, first_name = await _compiling(start_raw)
    second, second_name = await _compiling(start_raw)
    assert await first.finish() == 0
    assert processes_with(first_name) == []
    assert processes_with(second_name)
    uri, _ = make_uri()
    await second.open(uri, "int x = y;\n")
    published = await second.published(uri, 1)
    assert "y" in published["diagnostics"][0]["message"]
    assert await second.finish() == 0
    _assert_nothing_left(second, second_name)
