"""Spares: isolation that is built before it is needed, so that the next job of its kind starts at once.

The same for every runtime, which says how a spare is made, ended, and whether it is still good; each is used
once. How many wait follows use: a job that finds none has one more kept, and a spare that nobody took within
its lifetime is ended and one fewer is kept, down to none. Building is not in the way of a result: it begins a
moment after a job's end, and has some patience with what runs then. All state here belongs to the event loop;
nothing is ever wrong for want of a spare.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from wic_runtimes.errors import RuntimeFailure
from wic_runtimes.waiting import outlast

_K = TypeVar("_K", bound=Hashable)
_S = TypeVar("_S")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many spares there may be, of all kinds and of one, and for how long each waits, in seconds.

    `pause_s` lies between a job's end and the next building; `patience_s` is how long it waits for running
    jobs to end before it goes on beside them. `is_early` says that building begins when a spare is taken:
    where it is not this machine that builds.
    """

    most: int
    most_of_a_kind: int
    lifetime_s: float
    pause_s: float = 0.02
    patience_s: float = 0.3
    is_early: bool = False


@dataclass(frozen=True, slots=True)
class Maker(Generic[_K, _S]):
    """How a runtime makes and ends its spares.

    `make` builds one or raises RuntimeFailure; `discard` ends one and waits until it has ended; `is_good`
    says whether one still lives and is still what a job of that kind needs; `fits` says whether spares of
    these kinds together are not too much for the machine.
    """

    make: Callable[[_K], Awaitable[_S]]
    discard: Callable[[_S], Awaitable[None]]
    is_good: Callable[[_K, _S], bool]
    fits: Callable[[Sequence[_K]], bool] = lambda _: True


@dataclass(frozen=True, slots=True)
class Use(Generic[_K, _S]):
    """One job's use of a spare, which is its own from now on; None where it found none."""

    kind: _K
    spare: _S | None


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[_S]):
    spare: _S
    timer: asyncio.TimerHandle


class Spares(Generic[_K, _S]):
    """The spares of one runtime, whose name is for its tasks."""

    def __init__(self, runtime: str, bounds: Bounds, maker: Maker[_K, _S]) -> None:
        self._runtime = runtime
        self._bounds = bounds
        self._maker = maker
        self._waiting: dict[_K, list[_Waiting[_S]]] = {}
        self._wanted: dict[_K, int] = {}  # the kind that was used last stands last
        self._running = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._pause: asyncio.TimerHandle | None = None
        self._filling: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def begin(self, kind: _K) -> Use[_K, _S]:
        """Note that a job of that kind begins, and hand out a spare if there is a good one."""
        self._running += 1
        self._quiet.clear()
        self._wanted[kind] = self._wanted.pop(kind, 0)
        use = Use(kind, self._take(kind))
        if self._bounds.is_early and use.spare is not None and self._pause is None and self._filling is None:
            self._begin_filling()
        return use

    @property
    def has_any(self) -> bool:
        """Whether one waits, or is being made."""
        return bool(self._waiting) or self._filling is not None

    def end(self, use: Use[_K, _S], *, may_fill: bool = True) -> None:
        """Note that the job has ended. `may_fill` says that another of its kind may follow, and be run."""
        self._running -= 1
        if self._running == 0:
            self._quiet.set()
        if not may_fill:
            self._wanted.pop(use.kind, None)
            return
        if use.spare is None:
            self._wanted[use.kind] = min(self._wanted.get(use.kind, 0) + 1, self._bounds.most_of_a_kind)
        if self._pause is None and self._filling is None:
            self._pause = asyncio.get_running_loop().call_later(self._bounds.pause_s, self._begin_filling)

    def forget(self, is_useless: Callable[[_K], bool]) -> None:
        """End the spares of those kinds and make no more of them."""
        for kind in [kind for kind in self._wanted if is_useless(kind)]:
            del self._wanted[kind]
        for kind in [kind for kind in self._waiting if is_useless(kind)]:
            for waiting in list(self._waiting[kind]):
                self._drop(kind, waiting)

    def lose(self, spare: _S) -> None:
        """End a spare that is of no use any more; one that was handed out already is no error."""
        for kind, waiting in list(self._each()):
            if waiting.spare == spare:
                self._drop(kind, waiting)

    def _take(self, kind: _K) -> _S | None:
        """Hand out the youngest good one, so that those that are too many grow old."""
        for waiting in reversed(self._waiting.get(kind, [])):
            if self._maker.is_good(kind, waiting.spare):
                self._remove(kind, waiting)
                return waiting.spare
            self._drop(kind, waiting)
        return None

    def _begin_filling(self) -> None:
        self._pause = None
        if self._lacking():
            self._filling = self._own(self._fill(), "making spares")
            self._filling.add_done_callback(self._filled)

    async def _fill(self) -> None:
        """Build what is wanted, one after the other."""
        while self._lacking():
            await self.until_quiet()
            kind = next(filter(self._make_room, self._lacking()), None)  # much may have changed meanwhile
            if kind is None:
                return
            await self._make(kind)

    async def until_quiet(self) -> None:
        """Wait until no job runs, or until patience ends: for what must be done, and not just now."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._quiet.wait(), self._bounds.patience_s)

    def _filled(self, task: asyncio.Task[None]) -> None:
        self._filling = None
        if not task.cancelled() and task.exception() is not None:
            # Our own fault, whatever it is; jobs are only slower for it.
            _log.error("Making spares failed.", exc_info=task.exception())

    def _lacking(self) -> list[_K]:
        """Return the kinds to build: those without a spare first, those that were used last first."""
        if self._is_closed or self._bounds.most == 0:
            return []
        recent = list(reversed(self._wanted))
        lacking = [kind for kind in recent if len(self._waiting.get(kind, [])) < self._wanted[kind]]
        return sorted(lacking, key=lambda kind: bool(self._waiting.get(kind)))

    def _make_room(self, kind: _K) -> bool:
        """Whether one more of that kind may wait, after kinds that were used before it made room."""
        while True:
            kinds = [each for each, _ in self._each()]
            if len(kinds) < self._bounds.most and self._maker.fits([*kinds, kind]):
                return True
            order = list(self._wanted)
            older = [each for each in kinds if each not in order[order.index(kind) :]]
            if not older:
                return False
            oldest = min(older, key=lambda each: order.index(each) if each in order else -1)
            self._wanted.pop(oldest, None)
            self._drop(oldest, self._waiting[oldest][0])

    async def _make(self, kind: _K) -> None:
        try:
            spare = await self._maker.make(kind)
        except RuntimeFailure:  # the job that needs it will meet the same fault, and report it
            self._wanted.pop(kind, None)
            return
        if self._is_closed or kind not in self._wanted:
            await self._maker.discard(spare)
            return
        waiting: _Waiting[_S]
        timer = asyncio.get_running_loop().call_later(
            self._bounds.lifetime_s, lambda: self._expire(kind, waiting)
        )
        waiting = _Waiting(spare, timer)
        self._waiting.setdefault(kind, []).append(waiting)

    def _expire(self, kind: _K, waiting: _Waiting[_S]) -> None:
        """End a spare that nobody took: there are too many."""
        self._drop(kind, waiting)
        if self._wanted.get(kind, 0) > 1:
            self._wanted[kind] -= 1
        else:
            self._wanted.pop(kind, None)

    def _drop(self, kind: _K, waiting: _Waiting[_S]) -> None:
        self._remove(kind, waiting)
        self._own(self._discard(waiting.spare), "end of a spare")

    def _remove(self, kind: _K, waiting: _Waiting[_S]) -> None:
        waiting.timer.cancel()
        self._waiting[kind].remove(waiting)
        if not self._waiting[kind]:
            del self._waiting[kind]

    async def _discard(self, spare: _S) -> None:
        await self._maker.discard(spare)

    def _each(self) -> Iterator[tuple[_K, _Waiting[_S]]]:
        for kind, all_waiting in self._waiting.items():
            for waiting in all_waiting:
                yield kind, waiting

    def _own(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=f"{self._runtime}: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def aclose(self) -> None:
        """End every spare, those that are being made as well, and wait until they have ended."""
        self._is_closed = True
        self._quiet.set()
        if self._pause is not None:
            self._pause.cancel()
        for kind, waiting in list(self._each()):
            self._drop(kind, waiting)
        while self._tasks:
            await outlast(*self._tasks)
