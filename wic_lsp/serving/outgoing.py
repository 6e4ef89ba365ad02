"""What waits to be sent to one client: bounded, so that one that reads nothing costs nobody else anything."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Outgoing:
    """A queue of messages; pygls writes into it, one task sends from it.

    `overflow` is called, once, when more than `most_bytes` wait; from then on nothing is kept.
    """

    def __init__(self, most_bytes: int, overflow: Callable[[], None]) -> None:
        self._most_bytes = most_bytes
        self._overflow = overflow
        self._messages: deque[bytes] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._is_closed = False

    def write(self, data: bytes) -> None:
        """Let a message wait."""
        if self._is_closed:
            return
        self._messages.append(data)
        self._bytes += len(data)
        self._empty.clear()
        self._news.set()
        if self._bytes > self._most_bytes:
            self.close()
            self._overflow()

    async def take(self) -> bytes:
        """Wait for the next message and return it; it counts until `sent`."""
        while not self._messages:
            self._news.clear()
            await self._news.wait()
        return self._messages.popleft()

    def sent(self, data: bytes) -> None:
        """Note that a message has gone."""
        self._bytes = max(self._bytes - len(data), 0)
        if not self._bytes:
            self._empty.set()

    async def wait_until_sent(self) -> None:
        """Wait until all has gone."""
        await self._empty.wait()

    def close(self) -> None:
        """Keep nothing any more, and forget what waits."""
        self._is_closed = True
        self._messages.clear()
        self._bytes = 0
        self._empty.set()
