"""The bridge: a message on standard input is a text frame to the server, and the other way round.

It changes no message, keeps none back, and ends when either side does, with the exit code that a server of
one's own would have. What it sends and reads is never logged.
"""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from wic_lsp.connecting.faults import explain_end, explain_failure
from wic_lsp.connecting.target import BadTarget, Target
from wic_lsp.framing import Output, Reader, frame, open_output, open_reader, read_messages

_OK: Final = 0
_LOST: Final = 1
_NO_CONNECTION: Final = 2
_CONNECT_S: Final = 30.0
_HEARTBEAT_S: Final = 30.0
_EXIT_S: Final = 10.0
"""How long the server may take for what is still to be said after the editor's exit."""
_CLOSE_S: Final = 3.0
_NO_SHUTDOWN: Final = 4001
_EXIT_BYTES: Final = 200
_NOT_UTF8: Final = "replace"


@dataclass(frozen=True, slots=True)
class End:
    """How it has ended: an exit code, and a sentence where somebody should know."""

    exit_code: int
    sentence: str = ""


async def carry(target: Target, ca_file: Path | None) -> End:
    """Connect, and carry messages until either side ends it. Raises BadTarget for a useless `ca_file`."""
    context = _trust(ca_file)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    try:
        async with _connected(target, context) as server:
            return await _Bridge(server, await open_reader(), await open_output()).run(target, stopping)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return End(_NO_CONNECTION, explain_failure(error, target))


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context() if ca_file is None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if ca_file is not None:
            context.load_verify_locations(ca_file)
    except (OSError, ValueError) as exc:
        raise BadTarget(f"{ca_file} holds no certificates ({exc}). Name a file in PEM.") from exc
    return context


@asynccontextmanager
async def _connected(
    target: Target, context: ssl.SSLContext
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    headers = {} if target.token is None else {"Authorization": f"Bearer {target.token}"}
    # A proxy is for other machines: it must not be told a token that is meant for this one.
    timeout = aiohttp.ClientTimeout(total=None, connect=_CONNECT_S, sock_connect=_CONNECT_S)
    async with aiohttp.ClientSession(trust_env=not target.is_local, timeout=timeout) as session:
        async with asyncio.timeout(_CONNECT_S):
            server = await session.ws_connect(
                target.url,
                headers=headers,
                ssl=context,
                heartbeat=_HEARTBEAT_S,
                max_msg_size=0,
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
            )
        async with server:
            yield server


class _Bridge:
    """One connection and one editor."""

    def __init__(self, server: aiohttp.ClientWebSocketResponse, reader: Reader, output: Output) -> None:
        self._server = server
        self._reader = reader
        self._output = output
        self._has_exited = False
        self._code: int | None = None  # as the server said it, whatever became of the connection then
        self._reason = ""

    async def run(self, target: Target, stopping: asyncio.Event) -> End:
        """Carry until an end."""
        loop = asyncio.get_running_loop()
        up = loop.create_task(self._carry_up(), name="carry to the server")
        down = loop.create_task(self._carry_down(), name="carry to the editor")
        stop = loop.create_task(stopping.wait(), name="wait for a signal")
        gone = loop.create_task(self._output.closed.wait(), name="wait for the editor to go")
        tasks = (up, down, stop, gone)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if up.done() and self._has_exited and not stop.done():
                await asyncio.wait({down, stop, gone}, timeout=_EXIT_S, return_when=asyncio.FIRST_COMPLETED)
            end = self._judge(target, is_lost=down.done(), is_stopped=stop.done())
            await self._server.close()
            return end
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            self._output.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._output.closed.wait(), _CLOSE_S)
            failures = [one for one in ended if isinstance(one, Exception)]
            if failures:
                raise failures[0]

    def _judge(self, target: Target, *, is_lost: bool, is_stopped: bool) -> End:
        if is_stopped:
            return End(128 + signal.SIGTERM)
        if not is_lost:  # the editor has gone, without a word
            return End(_LOST)
        code = self._server.close_code if self._code is None else self._code
        if code == aiohttp.WSCloseCode.OK and self._has_exited:
            return End(_OK)
        if code == _NO_SHUTDOWN:
            return End(_LOST)
        return End(_LOST, explain_end(code, self._reason, target))

    async def _carry_up(self) -> None:
        """Carry the editor's messages until it ends."""
        try:
            async for body in read_messages(self._reader):
                text = b"" if body is None else body  # what has no length is no message, and answered as such
                self._has_exited = self._has_exited or is_exit(text)
                await self._server.send_str(text.decode("utf-8", _NOT_UTF8))
        except ConnectionError:
            await asyncio.get_running_loop().create_future()  # carrying down ends as well, and knows why

    async def _carry_down(self) -> None:
        """Carry the server's messages until it ends, or until the editor reads no more."""
        with suppress(ConnectionError):
            while True:
                message = await self._server.receive()
                match message.type:
                    case aiohttp.WSMsgType.TEXT:
                        self._output.write(frame(message.data.encode("utf-8", "surrogatepass")))
                        await self._output.drain()
                    case aiohttp.WSMsgType.CLOSE:
                        self._code, self._reason = message.data, str(message.extra or "")
                        return
                    case _:
                        return


def is_exit(body: bytes) -> bool:
    """Whether a message is LSP's exit, after which nothing comes from the editor."""
    if len(body) > _EXIT_BYTES or b"exit" not in body:
        return False
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(message, dict) and message.get("method") == "exit"
