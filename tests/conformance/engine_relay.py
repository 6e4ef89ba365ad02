"""The user's own engine, on which one of the toolchains' images comes from a test's registry.

Families name fixed images, and a test may neither fetch those from the world nor change how an engine is set
up. So the server speaks to a relay, which hands everything on to the engine as it comes and only puts another
image's name for that one.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.conformance.image_registry import Mode, Registry, serve
from wic_runtimes.docker.endpoint import own_endpoint
from wic_runtimes.registry import create_runtime

TOOLCHAIN = "gcc-9"
IMAGE = "gcc:9"
_UNIX = "unix://"

_CHUNK = 65536


class Relay:
    """The relay's rewriting. `repository` and `tag` name the image for which `image` is put."""

    def __init__(self, engine: str, repository: str, tag: str, image: str) -> None:
        self._engine = engine
        other, _, other_tag = image.rpartition(":")
        self._changes = {
            f"fromImage={repository} ": f"fromImage={quote(other, safe='')} ",
            f"?tag={tag}&": f"?tag={other_tag}&",
            f"/images/{repository}:{tag}/json ": f"/images/{image}/json ",
        }
        self.asked: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection through."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(asyncio.CancelledError):  # by `aclose` alone, which is the connection's end
            async with _ended(writer):
                engine_reader, engine_writer = await asyncio.open_unix_connection(self._engine)
                async with _ended(engine_writer):
                    await asyncio.gather(
                        self._pump(reader, engine_writer, is_asking=True),
                        self._pump(engine_reader, writer, is_asking=False),
                    )

    async def aclose(self) -> None:
        """End every connection, also one that has just begun or is ending."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_asking: bool
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                writer.write(self._change(chunk) if is_asking else chunk)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
            else:  # TLS knows no half of a connection that is open
                writer.close()

    def _change(self, chunk: bytes) -> bytes:
        line, end, rest = chunk.partition(b"\r\n")
        if not line.endswith(b" HTTP/1.1"):
            return chunk
        asked = line.decode()
        self.asked.append(asked)
        if "/images/" in asked:
            for one, other in self._changes.items():
                asked = asked.replace(one, other)
        return asked.encode() + end + rest


@asynccontextmanager
async def _ended(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close a connection after the block; where TLS's farewell is not answered, without."""
    try:
        yield
    finally:
        writer.close()
        try:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()
        finally:
            writer.transport.abort()


@dataclass(frozen=True, slots=True)
class Supply:
    """Where IMAGE can be had: an engine's address, the registry behind it, and the relay between."""

    address: str
    registry: Registry
    relay: Relay

    @property
    def pulls(self) -> list[str]:
        """What the engine was asked to pull."""
        return [asked for asked in self.relay.asked if "/images/create" in asked]


@asynccontextmanager
async def supply(mode: Mode) -> AsyncIterator[Supply]:
    """Let IMAGE come from a registry of that mode; what an engine has pulled is removed at the end."""
    endpoint = own_endpoint()
    assert endpoint is not None
    with serve(mode) as registry, tempfile.TemporaryDirectory(prefix="wic-relay-") as folder:
        relay = Relay(endpoint.url.removeprefix(_UNIX), *IMAGE.split(":"), registry.image)
        path = str(Path(folder, "engine.sock"))
        server = await asyncio.start_unix_server(relay.serve, path)
        try:
            yield Supply(f"{_UNIX}{path}", registry, relay)
        finally:
            server.close()
            await relay.aclose()
            await asyncio.to_thread(forget, registry.image)


def forget(image: str) -> None:
    """Remove an image; one that is not there is no error."""
    subprocess.run(["docker", "image", "rm", "--force", image], capture_output=True, check=False, timeout=60)


async def why_no_supply() -> str:
    """Say what keeps `supply` from working here; empty where it does."""
    runtime = create_runtime("docker", {"spares": False})
    try:
        health = await runtime.health()
    finally:
        await runtime.aclose()
    endpoint = own_endpoint()
    if not health.usable or endpoint is None:
        return f"docker is not usable here: {health.reason} {health.remedy}"
    return "" if endpoint.url.startswith(_UNIX) else "the engine is not reached over a socket of this machine"
