"""Messages over standard input and output, each behind a head with its Content-Length (LSP, base protocol).

Both ends are asyncio streams, without a thread and without blocking. Where standard input or output is a
plain file or /dev/null, which asyncio cannot watch, reading and writing cannot block for long, and a thread
or the loop itself does it. Knows no JSON and no LSP: a message is the bytes that its head announced.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import sys
from collections.abc import AsyncIterator
from typing import BinaryIO, Final, Protocol, TypeAlias

_BUFFER_BYTES: Final = 1024 * 1024
_log = logging.getLogger(__name__)


class FileReader:
    """Reads a file that asyncio cannot watch."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    async def readline(self) -> bytes:
        """Return the next line; nothing at the end."""
        return await asyncio.to_thread(self._file.readline)

    async def readexactly(self, count: int) -> bytes:
        """Return that many bytes. Raises IncompleteReadError where there are fewer."""
        content = await asyncio.to_thread(self._file.read, count)
        if len(content) < count:
            raise asyncio.IncompleteReadError(content, count)
        return content


Reader: TypeAlias = asyncio.StreamReader | FileReader


class Output(Protocol):
    """Where messages are written to. `closed` is set when that is over, by us or by whoever reads."""

    closed: asyncio.Event

    def write(self, data: bytes) -> None:
        """Write, now or later."""

    async def drain(self) -> None:
        """Wait until there is room for more. Raises ConnectionError where nobody reads any more."""

    def close(self) -> None:
        """Write what is left, and then be closed."""


class FileOutput:
    """Writes to a file that asyncio cannot watch."""

    def __init__(self, file: BinaryIO) -> None:
        self.closed = asyncio.Event()
        self._file = file

    def write(self, data: bytes) -> None:
        """Write at once."""
        self._file.write(data)
        self._file.flush()

    async def drain(self) -> None:
        """All is written."""

    def close(self) -> None:
        """Write no more."""
        self.closed.set()


class PipeOutput(asyncio.streams.FlowControlMixin):
    """Writes to a pipe, a socket or a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = asyncio.Event()
        self.writer: asyncio.StreamWriter | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end; see asyncio.BaseProtocol."""
        super().connection_lost(exc)
        self.closed.set()

    def write(self, data: bytes) -> None:
        """Write when the reader has room."""
        if self.writer is not None:
            self.writer.write(data)

    async def drain(self) -> None:
        """Wait until the reader has room."""
        if self.writer is not None:
            await self.writer.drain()

    def close(self) -> None:
        """Write what is left, then close our end."""
        if self.writer is not None:
            self.writer.transport.close()


async def read_messages(reader: Reader) -> AsyncIterator[bytes | None]:
    """Yield every message, None for a head without a length, until the other side closes its end.

    What has no end, or ends in the middle of a message, is told in the log and ends it as well.
    """
    try:
        while (length := await _read_head(reader)) is not None:
            yield await reader.readexactly(length) if length >= 0 else None
    except (asyncio.IncompleteReadError, ConnectionError):
        _log.warning("the client went away in the middle of a message")
    except ValueError:  # StreamReader.readline's word for a line that outgrows its buffer
        _log.error("what the client sends is no LSP")


async def _read_head(reader: Reader) -> int | None:
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


def frame(body: bytes) -> bytes:
    """Put a message behind its head."""
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


async def open_reader() -> Reader:
    """Read from standard input."""
    mode = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(0)):
        return FileReader(sys.stdin.buffer)
    reader = asyncio.StreamReader(limit=_BUFFER_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb", closefd=False)
    )
    return reader


async def open_output() -> Output:
    """Write to standard output."""
    loop = asyncio.get_running_loop()
    output = PipeOutput()
    try:
        transport, _ = await loop.connect_write_pipe(lambda: output, os.fdopen(1, "wb", closefd=False))
    except (ValueError, OSError):
        return FileOutput(sys.stdout.buffer)
    output.writer = asyncio.StreamWriter(transport, output, None, loop)
    return output
