"""Removes what servers that were killed left behind: once for each session, and in nobody's way.

The runtime that is asked first is cleaned as soon as the client has our capabilities. The others that the
setting allows have time: a container engine's client takes longer to load than a start may last. They follow
the first result, or some seconds without any. A runtime that the setting does not allow is never even made.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from wic_lsp.assembly import Workshop
from wic_lsp.config import Settings
from wic_runtimes.errors import RuntimeFailure

_QUIET_S: Final = 5.0
_log = logging.getLogger(__name__)


class Cleaning:
    """One session's cleaning up, over that session's engines. All state belongs to the event loop."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._settings = Settings()
        self._others: Sequence[str] = ()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, settings: Settings) -> None:
        """Clean the runtime that is asked first, and see to the others later."""
        self._settings = settings
        first, *self._others = self._workshop.selector.order(settings.runtime)
        self._start([first])
        self._timer = asyncio.get_running_loop().call_later(_QUIET_S, self.go_on)

    def go_on(self) -> None:
        """Clean the other runtimes now, unless that was done: somebody has a result, or nobody wants one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._start(self._others)

    def _start(self, names: Sequence[str]) -> None:
        if not names:
            return
        work = self._collect(names)
        task = asyncio.get_running_loop().create_task(work, name=f"collect garbage: {', '.join(names)}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _collect(self, names: Sequence[str]) -> None:
        for name in names:
            try:
                engine = await self._workshop.engine(name, self._settings)
                leftovers = await engine.runtime.collect_garbage()
            except RuntimeFailure as failure:  # whoever needs that runtime will meet it again, and see it
                _log.debug("nothing is collected from %s: %s", name, failure)
                continue
            for line in leftovers.removed:
                _log.info("removed what a dead server left: %s", line)

    async def aclose(self) -> None:
        """Begin nothing more, and wait for what has begun."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._tasks:
            await asyncio.wait(self._tasks)
