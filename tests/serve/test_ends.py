"""How a server and its clients part: drained, hurried, silent, slow, cut off. Nothing is ever left."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import suppress

import pytest

from tests.conformance.traces import control_groups_of, processes_with, sandboxes_of, until
from tests.lsp.programs import CLEAN, ENDLESS, ENDLESS_FLAGS, make_uri
from tests.serve.shared_server import BEARER

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

HELLO = b"""\
GET / HTTP/1.1\r
Host: x\r
Connection: Upgrade\r
Upgrade: websocket\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
Authorization: %s\r
\r
""" % BEARER["Authorization"].encode()
SLOW = f"{ENDLESS}// ends by its limit\n"


def _assert_nothing_left(server) -> None:
    pid = server.process.pid
    assert sandboxes_of(pid) == control_groups_of(pid) == []
    assert "Traceback" not in server.log


async def _compile_something_long(server, open_socket, **options):
    socket = await open_socket(server)
    await socket.initialize(initializationOptions={"flags": ENDLESS_FLAGS, **options})
    uri, name = make_uri()
    await socket.open(uri, SLOW)
    await until(lambda: bool(processes_with(name)))
    return socket, uri, name


async def test_a_server_is_drained(start_server, open_socket, session):
    """SIGTERM lets in nobody, lets a compile end and tells its result, then sends all away; exit 0."""
    server = start_server()
    working, uri, _ = await _compile_something_long(server, open_socket, timeoutSeconds=10)
    idle = await open_socket(server)
    await idle.initialize()
    assert (await server.ask("/readyz"))[0] == 200
    server.process.send_signal(signal.SIGTERM)
    assert await idle.closed() == 1001
    assert await server.ask("/readyz") == (503, "The server is being stopped.\n")
    assert (await server.ask("/healthz"))[0] == 200
    with pytest.raises(Exception, match="503"):
        await open_socket(server)
    (found,) = await working.published(uri, 1)
    assert "did not end within 10 s" in found["message"]
    assert await working.closed() == 1001
    assert await server.ended() == 0
    _assert_nothing_left(server)


async def test_what_is_edited_while_the_server_stops_is_not_called_clean(start_server, open_socket):
    """A check that finds the gate closed says that nothing was compiled, and why."""
    server = start_server()
    socket, _, _ = await _compile_something_long(server, open_socket, timeoutSeconds=10)
    server.process.send_signal(signal.SIGTERM)
    await until(lambda: "stopping" in server.log)
    uri, _ = make_uri()
    await socket.open(uri, CLEAN)
    (found,) = await socket.published(uri, 1)
    assert found["message"].startswith("Not compiled: This server is being stopped.")
    assert await socket.closed() == 1001
    assert await server.ended() == 0


async def test_a_compile_that_outlasts_the_grace_is_ended(start_server, open_socket):
    """Its result is not told, since there is none; nothing is left of it."""
    server = start_server("--grace", "0.5")
    socket, uri, name = await _compile_something_long(server, open_socket)
    server.process.send_signal(signal.SIGTERM)
    assert await socket.closed() == 1001
    assert await server.ended() == 0
    assert not processes_with(name)
    assert not [one for one in socket.inbox if one.get("params", {}).get("uri") == uri]
    _assert_nothing_left(server)


async def test_a_second_signal_waits_for_nothing(start_server, open_socket):
    """However long the grace, the second SIGTERM ends it; nothing is left."""
    server = start_server("--grace", "600")
    socket, _, name = await _compile_something_long(server, open_socket)
    server.process.send_signal(signal.SIGTERM)
    await until(lambda: "stopping" in server.log)
    server.process.send_signal(signal.SIGTERM)
    assert await socket.closed() in {1001, 1006}
    assert await server.ended() == 0
    assert not processes_with(name)
    _assert_nothing_left(server)


async def test_a_server_without_clients_ends_at_once(start_server):
    """There is nothing to wait for."""
    server = start_server("--grace", "600")
    server.process.send_signal(signal.SIGTERM)
    assert await server.ended() == 0


async def test_a_client_that_reads_nothing_is_sent_away(start_server, session, open_socket):
    """What waits for it is bounded; the others are served meanwhile."""
    server = start_server("--heartbeat", "3600")
    writer = await _connect_and_read_nothing(server)
    await server.until("wic_connections", 1)
    large = "x" * (1024 * 1024)
    writer.write(_masked({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}))
    for number in range(80):  # each is answered with its own method's name
        writer.write(_masked({"jsonrpc": "2.0", "id": number + 2, "method": large, "params": {}}))
    await server.until("wic_connections", 0)
    assert "You do not read what the server sends" in server.log
    socket = await open_socket(server)
    await socket.initialize()
    uri, _ = make_uri()
    await socket.open(uri, CLEAN)
    assert await socket.published(uri, 1) == []
    await _cut(writer)


async def _connect_and_read_nothing(server) -> asyncio.StreamWriter:
    host, _, port = server.address.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.transport.pause_reading()
    writer.write(HELLO)
    return writer


async def _cut(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(ConnectionError):
        await writer.wait_closed()


def _masked(message: object) -> bytes:
    """Put a message into a client's text frame (RFC 6455, 5.2), under a mask of zeros."""
    body = json.dumps(message).encode()
    return b"\x81\xff" + len(body).to_bytes(8, "big") + bytes(4) + body


async def test_a_connection_that_is_half_dead_is_dropped(start_server):
    """A client that answers no ping is gone, however open its connection looks."""
    server = start_server("--heartbeat", "3")
    writer = await _connect_and_read_nothing(server)
    await server.until("wic_connections", 1)
    await server.until("wic_connections", 0)
    await _cut(writer)


async def test_a_client_that_answers_pings_stays(start_server, open_socket):
    """It may say nothing for as long as it likes, once it has introduced itself."""
    server = start_server("--heartbeat", "2")
    socket = await open_socket(server)
    await socket.initialize()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await socket.receive(lambda _: True)
    socket.inbox.clear()
    uri, _ = make_uri()
    await socket.open(uri, CLEAN)
    assert await socket.published(uri, 1) == []


async def test_a_killed_servers_sandboxes_are_removed_by_the_next(start_server, open_socket):
    """A shared server cleans up as one of one's own does."""
    server = start_server()
    _, _, name = await _compile_something_long(server, open_socket)
    server.process.kill()
    await server.ended()
    start_server()
    await until(lambda: not processes_with(name) and not sandboxes_of(server.process.pid))
