"""Single flight: what several want at once is done once, for all of them.

Who wants a piece of work rides on its flight. A flight takes off when the first of its passengers has a turn,
each waiting for one of its own (`sharing.Gate`), so that nobody waits behind another client's queue: whoever
comes in first pilots, and the others give up their places in theirs. That turn is the pilot's until the end,
also where it leaves before. Passengers come and go freely; the last one to leave ends the work and waits
until it has ended, and nobody boards what is being ended. All state belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeAlias, TypeVar

from wic_runtimes.waiting import outlast

T = TypeVar("T")
Turn: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]


class _Flight(Generic[T]):
    """One piece of work: who wants it, who waits for a turn to begin it, and what came of it."""

    def __init__(self) -> None:
        self.landed: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.passengers = 0
        self.waiting: set[asyncio.Task[None]] = set()
        self.pilot: asyncio.Task[None] | None = None

    def take_off(self, pilot: asyncio.Task[None]) -> None:
        """Begin: nobody else needs a turn any more."""
        self.pilot = pilot
        self.waiting.discard(pilot)
        for other in self.waiting:
            other.cancel()
        self.waiting.clear()


class Flights(Generic[T]):
    """What is under way, by its key."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[T]] = {}

    def __contains__(self, key: Hashable) -> bool:
        """Whether somebody wants that already."""
        return key in self._flights

    async def ride(self, key: Hashable, turn: Turn, work: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """Return what came of the work of that key, and whether it was this call's own `work`.

        Raises what the work raised, and what this call's own `turn` raised where no other took off first.
        A call that is cancelled leaves.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight()
        flight.passengers += 1
        own: asyncio.Task[None] | None = None
        if flight.pilot is None:
            name = f"fly {key}"
            own = asyncio.get_running_loop().create_task(self._fly(key, flight, turn, work), name=name)
            flight.waiting.add(own)
        try:
            return await self._wait(flight, own)
        finally:
            await self._leave(key, flight, own)

    async def _wait(self, flight: _Flight[T], own: asyncio.Task[None] | None) -> tuple[T, bool]:
        """Wait until the flight has landed, or this passenger's own turn was refused."""
        if own is not None:
            await asyncio.wait((flight.landed, own), return_when=asyncio.FIRST_COMPLETED)
            if flight.pilot is None and own.done():
                own.result()
        await asyncio.wait((flight.landed,))
        return flight.landed.result(), own is flight.pilot

    async def _fly(
        self, key: Hashable, flight: _Flight[T], turn: Turn, work: Callable[[], Awaitable[T]]
    ) -> None:
        """Wait for a turn and do the work. Raises what the turn raised, and nothing of the work's."""
        me = asyncio.current_task()
        assert me is not None  # noqa: S101 - a coroutine that runs is some task's
        result: T
        try:
            async with turn():
                if flight.pilot is not None or flight.landed.done():
                    return  # another took off at this very moment
                flight.take_off(me)
                result = await work()
        except asyncio.CancelledError:
            if flight.pilot is me:
                self._land(key, flight)
                flight.landed.cancel()
            raise
        except Exception as exc:
            if flight.pilot is not me:
                raise
            self._land(key, flight)
            flight.landed.set_exception(exc)
            flight.landed.exception()  # looked at: there may be nobody aboard
        else:
            self._land(key, flight)
            flight.landed.set_result(result)

    def _land(self, key: Hashable, flight: _Flight[T]) -> None:
        """Let nobody board any more."""
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def _leave(self, key: Hashable, flight: _Flight[T], own: asyncio.Task[None] | None) -> None:
        """Take a passenger off; end what nobody waits for any more, and wait for that end."""
        flight.passengers -= 1
        ending: list[asyncio.Task[None]] = []
        if own is not None and own is not flight.pilot:
            flight.waiting.discard(own)
            ending.append(own)
        if not flight.passengers:
            self._land(key, flight)
            if flight.pilot is not None:
                ending.append(flight.pilot)
        for task in ending:
            if not flight.landed.done() or task is not flight.pilot:
                task.cancel()
        await outlast(*ending)
        for task in ending:
            _ = task.cancelled() or task.exception()  # looked at: nobody else will
