"""Spare sandboxes: for each kind of job that was seen one waits, built, so that the next starts at once.

A spare holds the compiler's file as it was when the spare was built; one whose compiler has changed since is
not used. One that is not used for a minute is ended, and only a few are kept. All state here belongs to the
event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from wic_runtimes.contract import CompileJob
from wic_runtimes.errors import RuntimeFailure
from wic_runtimes.sandbox.host import program_stamp
from wic_runtimes.sandbox.process import Sandbox
from wic_runtimes.waiting import outlast

_LIFETIME_S: Final = 60.0
_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class _Spare:
    sandbox: Sandbox
    timer: asyncio.TimerHandle
    stamp: str


Spawn = Callable[[CompileJob], Awaitable[Sandbox]]
Discard = Callable[[Sandbox], Awaitable[None]]


class Spares:
    """The spares of one runtime. `spawn` makes one, `discard` ends one and waits until it has ended."""

    def __init__(self, spawn: Spawn, discard: Discard) -> None:
        self._spawn = spawn
        self._discard = discard
        self._waiting: dict[CompileJob, _Spare] = {}
        self._preparing: set[CompileJob] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def take(self, kind: CompileJob) -> Sandbox | None:
        """Hand out the spare of that kind, if there is one and it lives."""
        spare = self._waiting.pop(kind, None)
        if spare is None:
            return None
        spare.timer.cancel()
        if spare.sandbox.is_waiting and spare.stamp == program_stamp(kind.argv[0]):
            return spare.sandbox
        self._own(self._end(spare.sandbox), "end of a useless spare")
        return None

    def prepare(self, kind: CompileJob) -> None:
        """Begin to make a spare of that kind, unless there is one or one is being made."""
        if self._is_closed or kind in self._waiting or kind in self._preparing:
            return
        self._preparing.add(kind)
        self._own(self._make(kind), "spare")

    async def _make(self, kind: CompileJob) -> None:
        try:
            with suppress(RuntimeFailure):  # the job that needs it will meet and report the same fault
                stamp = program_stamp(kind.argv[0])
                sandbox = await self._spawn(kind)
                if self._is_closed:
                    await self._discard(sandbox)
                    return
                timer = asyncio.get_running_loop().call_later(_LIFETIME_S, self._drop, kind)
                self._waiting[kind] = _Spare(sandbox, timer, stamp)
                while len(self._waiting) > _MOST:
                    self._drop(next(iter(self._waiting)))
        finally:
            self._preparing.discard(kind)

    def _drop(self, kind: CompileJob) -> None:
        spare = self._waiting.pop(kind)
        spare.timer.cancel()
        self._own(self._end(spare.sandbox), "end of a spare")

    async def _end(self, sandbox: Sandbox) -> None:
        await self._discard(sandbox)

    def _own(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"sandbox: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """End every spare, those that are being made as well, and wait until they have ended."""
        self._is_closed = True
        for kind in list(self._waiting):
            self._drop(kind)
        while self._tasks:
            await outlast(*self._tasks)
