"""`wic serve --stdio`: one client over standard input and output.

pygls's own start_io reads in a thread pool, writes blocking, knows no header but an exact "Content-Length",
and loses the exit code; here `framing` does both ends, and the server ends when its client does.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from typing import Final

from pygls.exceptions import JsonRpcInvalidRequest

from wic_lsp.assembly import Workshop
from wic_lsp.framing import Reader, open_output, open_reader, read_messages
from wic_lsp.lsp.protocol import WicProtocol
from wic_lsp.lsp.terms import terms_alone
from wic_lsp.lsp.wiring import create_server

_PATIENCE_S: Final = 1.0  # for a client that does not read our last words


def serve_stdio(forced: Mapping[str, object]) -> int:
    """Serve until the client ends it; returns the exit code. `forced` are the command line's options."""
    return asyncio.run(_serve(forced))


async def _serve(forced: Mapping[str, object]) -> int:
    workshop = Workshop({})
    server = create_server(terms_alone(workshop, forced))
    protocol = server.wic_protocol
    reader, output = await open_reader(), await open_output()
    protocol.set_writer(output)
    reading = asyncio.create_task(_listen(reader, protocol), name="read messages")
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
        await workshop.aclose()
        output.close()
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


async def _listen(reader: Reader, protocol: WicProtocol) -> None:
    """Hand over every message until the client closes its end or sends what has no end."""
    async for body in read_messages(reader):
        if body is None:
            protocol.refuse(None, JsonRpcInvalidRequest("a message without Content-Length"))
        else:
            protocol.receive(body)
