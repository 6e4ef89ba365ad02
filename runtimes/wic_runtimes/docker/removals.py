"""Removing containers whose jobs are over: in the background, one after the other, and until it is done.

Nobody waits for it: a result is given before. What the engine did not let be removed, since it is down, is
tried again with the next one and at the end. All state here belongs to the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias

from wic_runtimes.docker.container import Container
from wic_runtimes.docker.faults import is_silence, translated
from wic_runtimes.errors import RuntimeFailure
from wic_runtimes.waiting import outlast

_PAUSE_S: Final = 0.1
"""A container whose compiler has ended goes by itself in this time, and is then removed at little cost."""

InThread: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]
UntilQuiet: TypeAlias = Callable[[], Awaitable[None]]
_log = logging.getLogger(__name__)


class Removals:
    """The containers that are to be removed.

    `in_thread` does what blocks; `until_quiet` waits until a removal is in nobody's way.
    """

    def __init__(self, in_thread: InThread, until_quiet: UntilQuiet) -> None:
        self._in_thread = in_thread
        self._until_quiet = until_quiet
        self._pending: list[Container] = []
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False
        self._is_engine_away = False

    def add(self, container: Container) -> None:
        """Close our side of a container that nobody runs any more, and remove it soon."""
        container.close()
        self._pending.append(container)
        if self._task is None:
            self._begin()

    def _begin(self) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._remove_soon(), name="docker: removals")
        task.add_done_callback(self._ended)
        self._task = task
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled() and task.exception() is not None:
            _log.error("Removing containers failed.", exc_info=task.exception())

    async def _remove_soon(self) -> None:
        if not self._is_closed:
            await asyncio.sleep(_PAUSE_S)
            await self._until_quiet()
        failed: list[Container] = []
        self._is_engine_away = False
        while self._pending and not self._is_engine_away:
            container = self._pending.pop(0)
            try:
                await self._in_thread(partial(_remove, container))
            except RuntimeFailure as failure:
                _log.info("The container %s was not removed yet: %s", container.name, failure)
                failed.append(container)
                self._is_engine_away = is_silence(failure)  # each would wait for it anew
        self._pending += failed

    async def aclose(self) -> None:
        """Remove all that is left. What the engine does not let be removed is left to the next server."""
        self._is_closed = True
        if self._task is None and self._pending:
            self._begin()
        while self._task is not None:
            await outlast(self._task)
        if self._pending and not self._is_engine_away:
            await outlast(self._begin())
        if self._pending:
            _log.warning("%d containers were not removed; `wic gc` does it.", len(self._pending))


def _remove(container: Container) -> None:
    with translated(container.url):
        container.remove()
