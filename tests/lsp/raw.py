"""A small JSON-RPC client that can also say what no proper client would, and that reads strictly.

Whatever the server writes to stdout must be a well-formed message: anything else fails the test at once.
Messages are kept in the order in which they came; waiting means waiting for one of them, never for time.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0
"""No test should ever wait that long: it only keeps a broken server from hanging the suite."""

Message = dict[str, Any]


def frame(message: object) -> bytes:
    """Put a message into its envelope."""
    return envelop(json.dumps(message).encode())


def envelop(body: bytes) -> bytes:
    """Put any bytes into the envelope of a message."""
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


class RawClient:
    """One server process, and everything that it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.inbox: list[Message] = []
        self.errors = b""
        self._ids = itertools.count(1)
        self._news = asyncio.Event()
        self._is_at_end = False
        self._reading = asyncio.create_task(self._read(), name="read the server's stdout")
        self._draining = asyncio.create_task(self._drain(), name="read the server's stderr")

    @classmethod
    async def start(
        cls, command: Path, *words: str, environment: Mapping[str, str], stdin: int = asyncio.subprocess.PIPE
    ) -> RawClient:
        """Start a server."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            command, *words, stdin=stdin, stdout=pipe, stderr=pipe, env=dict(environment), limit=2**26
        )
        return cls(process)

    async def _read(self) -> None:
        """Read messages until the server closes its end; fail on a byte that belongs to none."""
        stdout = self.process.stdout
        assert stdout is not None
        try:
            while head := await stdout.readline():
                length = None
                while head != b"\r\n":
                    name, _, value = head.partition(b":")
                    assert re.fullmatch(rb"Content-(Length|Type)", name), f"not a header: {head!r}"
                    length = int(value) if name == b"Content-Length" else length
                    head = await stdout.readline()
                assert length is not None
                message = json.loads(await stdout.readexactly(length))
                assert message["jsonrpc"] == "2.0"
                self.inbox.append(message)
                self._news.set()
        finally:
            self._is_at_end = True
            self._news.set()

    async def _drain(self) -> None:
        assert self.process.stderr is not None
        while chunk := await self.process.stderr.read(65536):
            self.errors += chunk

    async def write(self, content: bytes) -> None:
        """Send bytes as they are."""
        assert self.process.stdin is not None
        self.process.stdin.write(content)
        await self.process.stdin.drain()

    async def send(self, message: object) -> None:
        """Send a message."""
        await self.write(frame(message))

    async def notify(self, method: str, params: object = None) -> None:
        """Send a notification."""
        await self.send({"jsonrpc": "2.0", "method": method, "params": params})

    async def ask(self, method: str, params: object = None) -> int:
        """Send a request and return its id."""
        number = next(self._ids)
        message = {"jsonrpc": "2.0", "id": number, "method": method}
        await self.send(message if params is None else {**message, "params": params})
        return number

    async def answer(self, request: Message, result: object = None, error: object = None) -> None:
        """Answer a request of the server's."""
        outcome = {"result": result} if error is None else {"error": error}
        await self.send({"jsonrpc": "2.0", "id": request["id"], **outcome})

    async def request(self, method: str, params: object = None) -> Message:
        """Send a request and return its whole response."""
        return await self.response(await self.ask(method, params))

    async def response(self, number: int | str | None, *, after: int = 0) -> Message:
        """Return the response with that id, when it comes; `after` passes over what came earlier."""
        return await self.wait_for(
            lambda message: "method" not in message and message["id"] == number,
            f"the response to {number}",
            after=after,
        )

    async def wait_for(self, is_it: Callable[[Message], bool], what: str, *, after: int = 0) -> Message:
        """Return the first message of that kind, when it comes; `after` passes over what came earlier."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    for message in self.inbox[after:]:
                        if is_it(message):
                            return message
                    if self._is_at_end:
                        await self._reading
                        raise AssertionError(f"the server ended without {what}: {self.errors.decode()}")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{what} did not come; what came: {self.inbox}") from None

    async def published(self, uri: str, version: int | None, *, after: int = 0) -> Message:
        """Return the params of the first publication for that version, when it comes."""
        message = await self.wait_for(
            lambda one: (
                one.get("method") == "textDocument/publishDiagnostics"
                and one["params"]["uri"] == uri
                and one["params"].get("version") == version
            ),
            f"the diagnostics of version {version}",
            after=after,
        )
        params: Message = message["params"]
        return params

    async def asked(self, method: str, *, after: int = 0) -> Message:
        """Return the first message of that method from the server, when it comes."""
        return await self.wait_for(lambda one: one.get("method") == method, method, after=after)

    async def initialize(self, **params: Any) -> Message:
        """Make the client known; returns the result."""
        response = await self.request("initialize", {"processId": None, "capabilities": {}, **params})
        await self.notify("initialized", {})
        result: Message = response["result"]
        return result

    async def open(self, uri: str, text: str, *, version: int = 1, language: str = "cpp") -> None:
        """Open a document."""
        item = {"uri": uri, "languageId": language, "version": version, "text": text}
        await self.notify("textDocument/didOpen", {"textDocument": item})

    async def change(self, uri: str, version: int, text: str) -> None:
        """Replace a document's whole text."""
        changes = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}
        await self.notify("textDocument/didChange", changes)

    async def is_alive(self) -> None:
        """Fail unless the server still answers."""
        response = await self.request("wic/areYouThere", {})
        assert response["error"]["code"] == -32601

    async def finish(self) -> int:
        """End the conversation as LSP wants it; returns the exit code."""
        await self.request("shutdown")
        await self.notify("exit")
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the server's end; returns its exit code."""
        async with asyncio.timeout(PATIENCE_S):
            code = await self.process.wait()
            await asyncio.gather(self._reading, self._draining)
        return code

    async def aclose(self) -> None:
        """Make sure that no process is left of a test that failed half way."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
        await asyncio.gather(self._reading, self._draining, return_exceptions=True)
