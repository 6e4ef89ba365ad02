"""Who may compile next where many clients share what compiles: each in turn, whatever the others ask for.

`Turns` decides, as a state machine: at most so many compiles at once in all and for each client, and those
that wait are taken round robin, one of each client. So a client with fifty documents does not starve one with
a single document: while a client waits and may have one more, no other is let in twice. `FairGate` does, on
one event loop. It knows nothing of what is compiled.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from wic_runtimes.errors import JobRejected

Ticket = TypeVar("Ticket")


class Turns(Generic[Ticket]):
    """Who waits, who runs, and whose turn is next. A ticket is whatever stands for one request."""

    def __init__(self, in_all: int, each: int) -> None:
        self._in_all = in_all
        self._each = each
        self._queues: OrderedDict[int, deque[Ticket]] = OrderedDict()  # in the order of their turns
        self._running: Counter[int] = Counter()

    @property
    def running(self) -> int:
        """How many run."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._queues.values()))

    def running_of(self, client: int) -> int:
        """Return how many of one client run."""
        return self._running[client]

    def ask(self, client: int, ticket: Ticket) -> None:
        """Let a request wait, behind those of the same client; a client that is new comes last."""
        self._queues.setdefault(client, deque()).append(ticket)

    def withdraw(self, client: int, ticket: Ticket) -> None:
        """Forget a request that waits; one that does not is passed over."""
        queue = self._queues.get(client)
        if queue is not None and ticket in queue:
            queue.remove(ticket)
            if not queue:
                del self._queues[client]

    def take(self) -> tuple[int, Ticket] | None:
        """Begin the next request and return its client and itself; None while nobody may begin."""
        if self.running >= self._in_all:
            return None
        for client, queue in self._queues.items():
            if self._running[client] < self._each:
                ticket = queue.popleft()
                if queue:
                    self._queues.move_to_end(client)
                else:
                    del self._queues[client]
                self._running[client] += 1
                return client, ticket
        return None

    def end(self, client: int) -> None:
        """Note that one of a client's requests that were begun has ended."""
        self._running[client] -= 1
        if not self._running[client]:
            del self._running[client]

    def clear(self) -> list[Ticket]:
        """Forget all that wait, and return them."""
        tickets = [ticket for queue in self._queues.values() for ticket in queue]
        self._queues.clear()
        return tickets


class FairGate:
    """Lets compiles in as `Turns` decides. Belongs to one event loop."""

    def __init__(self, in_all: int, each: int) -> None:
        self._turns: Turns[asyncio.Future[None]] = Turns(in_all, each)
        self._clients = 0
        self._is_closed = False
        self._ended: set[asyncio.Future[None]] = set()

    @property
    def running(self) -> int:
        """How many compiles run."""
        return self._turns.running

    @property
    def waiting(self) -> int:
        """How many compiles wait for their turn."""
        return self._turns.waiting

    def lane(self) -> Lane:
        """Return the gate as one more client sees it."""
        self._clients += 1
        return Lane(self, self._clients)

    def close(self) -> None:
        """Let nobody in any more: who waits, and who comes later, is refused. What runs goes on."""
        self._is_closed = True
        for future in self._turns.clear():
            if not future.done():
                future.set_exception(closed())

    async def enter(self, client: int) -> None:
        """Wait for a client's turn. Raises JobRejected where the gate is closed first."""
        if self._is_closed:
            raise closed()
        future = asyncio.get_running_loop().create_future()
        self._turns.ask(client, future)
        self._let_in()
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self.leave(client)  # its turn had come at that very moment
            else:
                self._turns.withdraw(client, future)
            raise

    def leave(self, client: int) -> None:
        """End a turn that was entered, and let the next one in."""
        self._turns.end(client)
        self._let_in()
        for future in self._ended:
            if not future.done():
                future.set_result(None)

    async def wait_for_idle(self, client: int) -> None:
        """Wait until nothing of a client's runs."""
        while self._turns.running_of(client):
            future = asyncio.get_running_loop().create_future()
            self._ended.add(future)
            try:
                await future
            finally:
                self._ended.discard(future)

    def _let_in(self) -> None:
        while (taken := self._turns.take()) is not None:
            client, future = taken
            if future.done():  # cancelled, and whoever waited for it has not run since
                self._turns.end(client)
            else:
                future.set_result(None)


class Lane:
    """The gate as one client sees it; see `sharing.Gate`."""

    def __init__(self, gate: FairGate, client: int) -> None:
        self._gate = gate
        self._client = client

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the client's turn, and keep it for the length of the block."""
        await self._gate.enter(self._client)
        try:
            yield
        finally:
            self._gate.leave(self._client)

    async def wait_for_idle(self) -> None:
        """Wait until nothing of this client's runs."""
        await self._gate.wait_for_idle(self._client)


def closed() -> JobRejected:
    """Say that nothing is compiled any more."""
    return JobRejected("This server is being stopped.", "Your editor can connect again.")
