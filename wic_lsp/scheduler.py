"""When to check what: debounce, supersede, cancel, for each document. Knows no LSP and no compiler.

`Slot` decides, as a state machine without a clock of its own: times come in as arguments. `Scheduler` does,
with one timer and at most one task per document. The newest version always wins; a check of an older one is
cancelled, and the next begins only when that has really ended, so that a document never has two compilers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

SHORTEST_DELAY_S: Final = 0.05
LONGEST_DELAY_S: Final = 0.5
_MEMORY: Final = 0.3  # weight of the newest duration in the running mean

Check = Callable[[str, int], Awaitable[None]]


class Slot:
    """What one document waits for and what runs for it. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self.wanted: int | None = None
        self.running: int | None = None
        self._due = 0.0
        self._is_edit = self._runs_edit = False
        self._typical_s = 0.0
        self._is_guess = True

    def request(self, version: int, now: float, delay_s: float | None, *, at_once: bool) -> None:
        """Ask for a check of `version`; it replaces whatever was asked for before.

        `delay_s` fixes the debounce; None adapts it to how long this document's checks take.
        """
        self.wanted = version
        self._is_edit = not at_once
        self._due = now if at_once else now + (self.delay() if delay_s is None else delay_s)

    def delay(self) -> float:
        """Return the adaptive debounce: half of a typical check, within bounds."""
        return min(max(self._typical_s / 2, SHORTEST_DELAY_S), LONGEST_DELAY_S)

    def due(self) -> float | None:
        """Return when the next check may begin; None while nothing is wanted or something still runs."""
        return self._due if self.wanted is not None and self.running is None else None

    def begin(self) -> int | None:
        """Take the wanted version for running; None if there is none or something still runs."""
        if self.wanted is None or self.running is not None:
            return None
        self.running, self.wanted = self.wanted, None
        self._runs_edit = self._is_edit
        return self.running

    def end(self, duration_s: float | None) -> None:
        """Note that the running check ended; `duration_s` is None when it was cancelled.

        What a check takes that no edit asked for is a guess, until there is one that an edit did: the first
        check of a document with a hundred blocks compiles all of them, and an edit one.
        """
        self.running = None
        if duration_s is None or not (self._is_guess or self._runs_edit):
            return
        previous = duration_s if self._is_guess else self._typical_s
        self._typical_s = previous + _MEMORY * (duration_s - previous)
        self._is_guess = not self._runs_edit


class Scheduler:
    """Runs `check(key, version)` for documents as their slots decide. Belongs to one event loop."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._slots: dict[str, Slot] = {}
        self._kept: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def request(self, key: str, version: int, *, delay_s: float | None = None, at_once: bool = False) -> None:
        """Ask for a check of a document's version; a check of an older one is cancelled."""
        loop = asyncio.get_running_loop()
        slot = self._slots.setdefault(key, Slot())
        self._kept.add(key)
        slot.request(version, loop.time(), delay_s, at_once=at_once)
        if slot.running is not None:
            self._tasks[key].cancel()
        self._arm(key)

    def hurry(self, key: str, version: int) -> None:
        """Ask for a check without delay; one of that very version that runs already is left to end."""
        slot = self._slots.get(key)
        if slot is None or slot.wanted is not None or slot.running != version:
            self.request(key, version, at_once=True)

    def is_busy(self, key: str) -> bool:
        """Whether a check of the document is wanted or running."""
        slot = self._slots.get(key)
        return slot is not None and (slot.wanted is not None or slot.running is not None)

    def cancel(self, key: str) -> None:
        """End the running check, if any, and forget the wanted one."""
        slot = self._slots.get(key)
        if slot is None:
            return
        slot.wanted = None
        self._disarm(key)
        if slot.running is not None:
            self._tasks[key].cancel()

    def forget(self, key: str) -> None:
        """Cancel, and drop what is known of the document once nothing runs for it."""
        self.cancel(key)
        self._kept.discard(key)
        if key not in self._tasks:
            self._slots.pop(key, None)

    async def settle(self) -> None:
        """Wait for the checks that run now; neither for those that begin meanwhile, nor for what they do."""
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def aclose(self) -> None:
        """Cancel everything and wait until it has ended."""
        for key in list(self._slots):
            self.cancel(key)
        while self._tasks:
            await asyncio.wait(self._tasks.values())
            await asyncio.sleep(0)

    def _arm(self, key: str) -> None:
        self._disarm(key)
        due = self._slots[key].due()
        if due is not None:
            loop = asyncio.get_running_loop()
            self._timers[key] = loop.call_at(max(due, loop.time()), self._begin, key)

    def _disarm(self, key: str) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    def _begin(self, key: str) -> None:
        self._timers.pop(key, None)
        version = self._slots[key].begin()
        if version is not None:
            loop = asyncio.get_running_loop()
            task = loop.create_task(self._run(key, version), name=f"check {key} version {version}")
            self._tasks[key] = task
            task.add_done_callback(lambda ended: self._ended(key, ended))

    async def _run(self, key: str, version: int) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._check(key, version)
        self._slots[key].end(loop.time() - began)

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        del self._tasks[key]
        slot = self._slots[key]
        slot.end(None)
        if not task.cancelled() and (error := task.exception()) is not None:
            message = {"message": f"the check of {key} failed", "exception": error, "task": task}
            task.get_loop().call_exception_handler(message)
        if slot.wanted is not None:
            self._arm(key)
        elif key not in self._kept:
            del self._slots[key]
