"""`wic serve --stdio`: one client over standard input and output, without a thread and without blocking.

pygls's own start_io reads in a thread pool, writes blocking, knows no header but an exact "Content-Length",
and loses the exit code; here both ends are asyncio streams. Where standard input or output is a plain file
or /dev/null, which asyncio cannot watch, pygls's reader and writer are used.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import stat
import sys
from collections.abc import Mapping
from typing import Final

from pygls.exceptions import JsonRpcInvalidRequest
from pygls.io_ import StdinAsyncReader, StdoutWriter

from wic_lsp.lsp.protocol import WicProtocol
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.wiring import create_server

_log = logging.getLogger(__name__)

_BUFFER_BYTES: Final = 1024 * 1024
_PATIENCE_S: Final = 1.0  # for a client that does not read our last words

_Reader = asyncio.StreamReader | StdinAsyncReader


class _Output(asyncio.streams.FlowControlMixin):
    """Our end of standard output; `closed` is done when it is closed, by us or by the client."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end; see asyncio.BaseProtocol."""
        super().connection_lost(exc)
        self.closed.set()


def serve_stdio(forced: Mapping[str, object]) -> int:
    """Serve until the client ends it; returns the exit code. `forced` are the command line's options."""
    return asyncio.run(_serve(forced))


async def _serve(forced: Mapping[str, object]) -> int:
    server = create_server(forced)
    protocol = server.wic_protocol
    reader = await _open_reader()
    output = _Output()
    transport = await _open_writer(server, output)
    reading = asyncio.create_task(read_messages(reader, protocol), name="read messages")
    stopping = asyncio.create_task(protocol.stopped.wait(), name="wait for exit")
    losing = asyncio.create_task(output.closed.wait(), name="wait for the client to go")
    _stop_on_sigterm(protocol)
    try:
        await asyncio.wait({reading, stopping, losing}, return_when=asyncio.FIRST_COMPLETED)
        if protocol.is_leaving:  # the client has said all, and still wants one answer
            await asyncio.wait({stopping, losing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (reading, stopping):
            task.cancel()
        ended = await asyncio.gather(reading, stopping, return_exceptions=True)
        await server.session.aclose()
        if transport is not None:
            transport.close()
            await asyncio.wait({losing}, timeout=_PATIENCE_S)
        losing.cancel()
    if isinstance(ended[0], Exception):
        raise ended[0]
    return protocol.exit_code


def _stop_on_sigterm(protocol: WicProtocol) -> None:
    def stop() -> None:
        protocol.exit_code = 128 + signal.SIGTERM
        protocol.stopped.set()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)


async def read_messages(reader: _Reader, protocol: WicProtocol) -> None:
    """Hand over every message until the client closes its end or sends what has no end."""
    try:
        while (length := await _read_head(reader)) is not None:
            if length < 0:
                protocol.refuse(None, JsonRpcInvalidRequest("a message without Content-Length"))
                continue
            body = await reader.readexactly(length)
            if len(body) < length:  # pygls's reader does not raise
                _log.warning("the client went away in the middle of a message")
                return
            protocol.receive(body)
    except (asyncio.IncompleteReadError, ConnectionError):
        _log.warning("the client went away in the middle of a message")
    except ValueError:  # StreamReader.readline's word for a line that outgrows its buffer
        _log.error("what the client sends is no LSP")


async def _read_head(reader: _Reader) -> int | None:
    """Return the length of the next message, -1 where its head has none, None at the end.

    Names of headers are compared as in HTTP, without regard to case; unknown ones are passed over.
    """
    length = -1
    is_empty = True
    while line := await reader.readline():
        if line.strip():
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length" and value.strip().isdigit():
                length = int(value)
            is_empty = False
        elif not is_empty:
            return length
    return None


async def _open_reader() -> _Reader:
    mode = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(0)):
        return StdinAsyncReader(sys.stdin.buffer)
    reader = asyncio.StreamReader(limit=_BUFFER_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb", closefd=False)
    )
    return reader


async def _open_writer(server: WicServer, output: _Output) -> asyncio.WriteTransport | None:
    """Let the server write to standard output; returns None where that is a plain file."""
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.connect_write_pipe(lambda: output, os.fdopen(1, "wb", closefd=False))
    except (ValueError, OSError):
        server.protocol.set_writer(StdoutWriter(sys.stdout.buffer))
        return None
    server.protocol.set_writer(asyncio.StreamWriter(transport, output, None, loop))
    return transport
