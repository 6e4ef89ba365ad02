"""`wic serve --stdio`: one client over standard input and output, without a thread and without blocking.

pygls's own start_io reads in a thread pool, writes blocking, and loses the exit code; here both ends are
asyncio streams. Where standard input is a plain file, which asyncio cannot watch, pygls's reader is used.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from typing import Final

from pygls.io_ import StdinAsyncReader, StdoutWriter, run_async

from wic_lsp.lsp.server import WicServer

_log = logging.getLogger(__name__)

_BUFFER_BYTES: Final = 1024 * 1024


def serve_stdio(runtime: str | None) -> int:
    """Serve until the client ends it; returns the exit code."""
    return asyncio.run(_serve(runtime))


async def _serve(runtime: str | None) -> int:
    server = WicServer(runtime)
    protocol = server.wic_protocol
    reader = await _open_reader()
    await _open_writer(server)
    reading = asyncio.create_task(
        run_async(threading.Event(), reader, protocol, _log, protocol.report_unreadable), name="read messages"
    )
    stopping = asyncio.create_task(protocol.stopped.wait(), name="wait for exit")
    try:
        await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await server.session.aclose()
        for task in (reading, stopping):
            task.cancel()
        ended = await asyncio.gather(reading, stopping, return_exceptions=True)
    if isinstance(ended[0], asyncio.IncompleteReadError | ConnectionError):
        _log.warning("the client went away in the middle of a message")
    elif isinstance(ended[0], Exception):
        raise ended[0]
    return protocol.exit_code


async def _open_reader() -> asyncio.StreamReader | StdinAsyncReader:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_BUFFER_BYTES)
    try:
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb", closefd=False)
        )
    except (ValueError, OSError):
        return StdinAsyncReader(sys.stdin.buffer)
    return reader


async def _open_writer(server: WicServer) -> None:
    loop = asyncio.get_running_loop()
    try:
        transport, flow = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(1, "wb", closefd=False)
        )
    except (ValueError, OSError):
        server.protocol.set_writer(StdoutWriter(sys.stdout.buffer))
        return
    server.protocol.set_writer(asyncio.StreamWriter(transport, flow, None, loop))
