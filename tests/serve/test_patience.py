"""How long a server waits for those who say nothing; here in our own process, and with little patience."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest

from tests.lsp.raw import PATIENCE_S
from wic_lsp.config import Settings
from wic_lsp.serving.request import Address, Bounds, ServeRequest, Times
from wic_lsp.serving.server import SharedServer

ANY = Address("127.0.0.1", 0)
HASTY = Times(handshake_s=1.0, initialize_s=0.3)


@pytest.fixture
async def address(caplog) -> AsyncIterator[str]:
    """Start a server that compiles nothing, and give its address."""
    caplog.set_level("INFO", "wic_lsp")
    request = ServeRequest(ANY, ANY, bounds=Bounds(connections=3), times=HASTY)
    server = SharedServer(request, None, Settings(runtime="none-such"))
    running = asyncio.create_task(server.run())
    async with asyncio.timeout(PATIENCE_S):
        while "listening on" not in caplog.text:  # noqa: ASYNC110 - it tells nobody but the log
            await asyncio.sleep(0.01)
    yield caplog.text.split("listening on ws://")[1].split()[0]
    server.stop()
    async with asyncio.timeout(PATIENCE_S):
        await running


@pytest.mark.parametrize("words", [b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX: "])
async def test_who_asks_for_nothing_is_cut_off(address, words):
    """A connection without a whole request is ended, whatever came of one."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(words)
    async with asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.transport.abort()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_who_begins_no_session_is_sent_away(address):
    """A WebSocket without an initialize takes a place from others, so it is closed with a reason."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"http://{address}/any/path") as socket:
        async with asyncio.timeout(PATIENCE_S):
            message = await socket.receive()
        assert (message.type, message.data, message.extra) == (
            aiohttp.WSMsgType.CLOSE,
            1008,
            "No initialize came.",
        )
