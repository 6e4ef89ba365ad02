"""A shared server as a process of its own, and a client that speaks WebSocket without being polite."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.lsp.raw import PATIENCE_S

WIC = Path(sys.executable).with_name("wic")
TOKEN = "0123456789abcdef-of-the-tests"  # noqa: S105 - no secret
BEARER = {"Authorization": f"Bearer {TOKEN}"}
_ADDRESS = re.compile(r"(wss?|http)://(\S+)")
_PLAYGROUND = re.compile(r"the playground is (https?)://(\S+)/")

Message = dict[str, Any]


class SharedServer:
    """A server process; its log is a file that is read as it grows."""

    def __init__(self, process: subprocess.Popen[bytes], log_file: Path) -> None:
        self.process = process
        self._log_file = log_file
        addresses = self._wait_for_addresses()
        self.scheme, self.address = addresses[0]
        self.url = f"{self.scheme}://{self.address}"
        self.health = f"http://{addresses[1][1]}"

    def _wait_for_addresses(self) -> list[tuple[str, str]]:
        deadline = time.monotonic() + PATIENCE_S
        while len(found := _ADDRESS.findall(self.log)) < 2:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)
        return found

    async def playground(self) -> str:
        """Return the address of its page, as HOST:PORT, when it has one."""
        return await asyncio.to_thread(wait_for_playground, self.process, self._log_file)

    @property
    def log(self) -> str:
        """What the server has logged."""
        return self._log_file.read_text(encoding="utf-8")

    async def ask(self, path: str) -> tuple[int, str]:
        """Ask the second port; returns status and text."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.health}{path}") as answer:
            return answer.status, await answer.text()

    async def count(self, name: str, **labels: str) -> float:
        """Return one of the server's metrics, summed over the labels that are not given."""
        _, text = await self.ask("/metrics")
        total = 0.0
        for line in text.splitlines():
            match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if match is not None and match[1] == name:
                has = dict(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
                if labels.items() <= has.items():
                    total += float(match[3])
        return total

    async def until(self, name: str, value: float, **labels: str) -> None:
        """Wait until one of the metrics has that value."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.count(name, **labels) != value:  # noqa: ASYNC110 - another process' number
                await asyncio.sleep(0.05)

    async def ended(self) -> int:
        """Wait for the process' end; returns its exit code."""
        async with asyncio.timeout(PATIENCE_S):
            return await asyncio.to_thread(self.process.wait)


def wait_for_playground(process: subprocess.Popen[bytes], log_file: Path) -> str:
    """Return where a server's page is, as HOST:PORT, when its log tells it."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := _PLAYGROUND.search(log := log_file.read_text(encoding="utf-8"))) is None:
        assert process.poll() is None, log
        assert time.monotonic() < deadline, log
        time.sleep(0.05)
    return found[2]


@contextmanager
def shared_server(
    environment: Mapping[str, str], folder: Path, *words: str, token: str | None = TOKEN
) -> Iterator[SharedServer]:
    """Start a server on ports that are free; it is gone at the end, in whatever state."""
    log_file = folder / "server.log"
    own = {key: value for key, value in environment.items() if key != "WIC_TOKEN"}
    if token is not None:
        own["WIC_TOKEN"] = token
    command = [WIC, "serve", "--ws", "127.0.0.1:0", "--health", "127.0.0.1:0", *words]
    with (
        log_file.open("wb") as log,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=own) as process,
    ):
        try:
            yield SharedServer(process, log_file)
        finally:
            if process.poll() is None:
                process.kill()


class Socket:
    """One WebSocket. What came is kept in order; waiting means waiting for a message."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.inbox: list[Message] = []
        self._ids = itertools.count(1)

    async def send(self, method: str, params: object = None, number: int | None = None) -> None:
        """Send a message, a request where it has a number."""
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        await self.socket.send_str(json.dumps(message if number is None else {**message, "id": number}))

    async def receive(self, is_it: Callable[[Message], bool]) -> Message:
        """Return the next message of that kind."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = await self.socket.receive()
                assert frame.type is aiohttp.WSMsgType.TEXT, (frame, self.socket.close_code)
                message: Message = json.loads(frame.data)
                self.inbox.append(message)
                if is_it(message):
                    return message

    async def request(self, method: str, params: object = None) -> Message:
        """Send a request and return its response."""
        number = next(self._ids)
        await self.send(method, params, number)
        return await self.receive(lambda one: one.get("id") == number and "method" not in one)

    async def initialize(self, **params: Any) -> Message:
        """Begin a session."""
        response = await self.request("initialize", {"processId": None, "capabilities": {}, **params})
        await self.send("initialized", {})
        result: Message = response["result"]
        return result

    async def open(self, uri: str, text: str, version: int = 1, language: str = "cpp") -> None:
        """Open a document."""
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        await self.send("textDocument/didOpen", {"textDocument": item})

    async def change(self, uri: str, version: int, text: str) -> None:
        """Replace a document's whole text."""
        changes = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}
        await self.send("textDocument/didChange", changes)

    async def published(self, uri: str, version: int) -> list[Message]:
        """Return the diagnostics of a version, when they come."""
        message = await self.receive(
            lambda one: (
                one.get("method") == "textDocument/publishDiagnostics"
                and (one["params"]["uri"], one["params"].get("version")) == (uri, version)
            )
        )
        diagnostics: list[Message] = message["params"]["diagnostics"]
        return diagnostics

    async def closed(self) -> int:
        """Read until the server has closed; returns its code."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = await self.socket.receive()
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self.inbox.append(json.loads(frame.data))
                elif frame.type is aiohttp.WSMsgType.CLOSE:
                    return int(frame.data)
                else:
                    return self.socket.close_code or 1006
