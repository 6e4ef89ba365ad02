"""The pulls of one session: one for each image at a time, whoever asks for it, and none unasked.

A pull is a task of its own, and those who want its image wait for it. It ends early when the user says so,
when nobody waits for it any more, and with the session. Knows no LSP; what there is to show goes through
functions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias

from wic_lsp.assembly import Workshop
from wic_lsp.config import Problem, Settings
from wic_lsp.stores import find_stores
from wic_runtimes.contract import Transfer
from wic_runtimes.errors import RuntimeFailure
from wic_runtimes.waiting import outlast

Show: TypeAlias = Callable[[str], AbstractContextManager[Callable[[Transfer], None]]]
"""Shows the pull of an image for the length of a block, which is told how far it has come."""


@dataclass(slots=True)
class _Pull:
    task: asyncio.Task[None]
    waiting: int = 0


class Pulls:
    """Pulls images. `warn` is told of a pull that failed, `has_come` when there is a new image."""

    def __init__(
        self,
        workshop: Workshop,
        show: Show,
        warn: Callable[[Problem], None],
        has_come: Callable[[], None],
    ) -> None:
        self._workshop = workshop
        self._show = show
        self._warn = warn
        self._has_come = has_come
        self._running: dict[str, _Pull] = {}

    async def pull(self, image: str, settings: Settings) -> bool:
        """Pull an image, or wait for its pull that runs already; False where it was cancelled.

        `image` must be one that a family of ours names. Raises RuntimeFailure.
        """
        pull = self._running.get(image) or self._begin(image, settings)
        pull.waiting += 1
        try:
            await asyncio.wait([pull.task])
        except asyncio.CancelledError:
            pull.waiting -= 1
            if not pull.waiting:
                pull.task.cancel()
                await outlast(pull.task)
            raise
        if pull.task.cancelled():
            return False
        pull.task.result()
        return True

    def _begin(self, image: str, settings: Settings) -> _Pull:
        work = self._carry_out(image, settings)
        pull = _Pull(asyncio.get_running_loop().create_task(work, name=f"pull {image}"))
        self._running[image] = pull

        def forget(task: asyncio.Task[None]) -> None:
            del self._running[image]
            _ = task.cancelled() or task.exception()  # looked at: whoever waited may have gone

        pull.task.add_done_callback(forget)
        return pull

    async def _carry_out(self, image: str, settings: Settings) -> None:
        try:
            with self._show(image) as report:
                order = self._workshop.selector.order(settings.runtime)
                store, *_ = await find_stores(self._workshop, order, settings)
                await store.images.pull_image(image, report)
        except RuntimeFailure as failure:
            self._warn(Problem("wic", str(failure)))
            raise
        store.catalogue.forget_images()
        self._workshop.selector.forget()
        self._has_come()

    def cancel(self, image: str) -> None:
        """End the pull of an image, if there is one. Does not wait."""
        if image in self._running:
            self._running[image].task.cancel()

    async def aclose(self) -> None:
        """End every pull and wait for it; others may begin after that."""
        tasks = [pull.task for pull in self._running.values()]
        for task in tasks:
            task.cancel()
        await outlast(*tasks)
