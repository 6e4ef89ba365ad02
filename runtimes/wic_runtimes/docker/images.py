"""Bringing images here: pulls from a registry, and builds from the recipes that come with us.

Never unasked. Each transfer is carried out by one thread over a line of its own; whoever is cancelled cuts
the line, whereupon the engine gives the transfer up, and waits for that thread. How far it has come is told
on the event loop, no more often than a person can see.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import closing
from typing import Final, TypeAlias

from wic_runtimes.contract import Image, Transfer
from wic_runtimes.docker.build_progress import BuildProgress
from wic_runtimes.docker.cuttable import Event, Line, TransferApi, open_line
from wic_runtimes.docker.engine import Engine, find_digest
from wic_runtimes.docker.faults import translated
from wic_runtimes.docker.pull_progress import PullProgress
from wic_runtimes.docker.recipes import Recipe, find_recipes
from wic_runtimes.docker.transfer_faults import explain_build, explain_pull
from wic_runtimes.errors import ImageUnavailable, RuntimeFailure, RuntimeUnavailable
from wic_runtimes.waiting import outlast

PERIOD_S: Final = 0.1
"""The shortest time between two reports."""

_QUESTION_S: Final = 30.0
_CUT_AGAIN_S: Final = 0.1

Report: TypeAlias = Callable[[Transfer], None]


class ImageTransfers:
    """The pulls and builds of one runtime. All state belongs to the event loop.

    `connect` returns an engine that answers, or raises RuntimeFailure; it blocks, and is called in a thread
    of `executor`.
    """

    def __init__(self, connect: Callable[[], Engine], executor: Executor) -> None:
        self._connect = connect
        self._executor = executor
        self._running: dict[Line, asyncio.Future[Image]] = {}
        self._is_closed = False

    async def pull(self, name: str, report: Report) -> Image:
        """Fetch an image; see `ImageStore.pull_image`."""

        def carry_out(api: TransferApi, endpoint: str, tell: Report) -> None:
            with translated(endpoint, name, lambda _status, words, image: explain_pull(words, image)):
                progress = PullProgress()
                for event in api.pull(name, stream=True, decode=True):
                    check_event(event, lambda words: explain_pull(words, name))
                    progress.feed(event)
                    tell(progress.transfer)

        return await self._transfer(name, report, carry_out)

    async def build(self, name: str, report: Report, network: str) -> Image:
        """Build an image from its recipe; see `ImageStore.build_image`."""
        recipe = find_recipes().get(name)
        if recipe is None:
            known = ", ".join(find_recipes())
            raise ImageUnavailable(f"There is no recipe for the image {name}.", f"There is one for: {known}.")

        def carry_out(api: TransferApi, endpoint: str, tell: Report) -> None:
            build_image(api, endpoint, recipe, network, tell)

        return await self._transfer(name, report, carry_out)

    async def _transfer(
        self, name: str, report: Report, carry_out: Callable[[TransferApi, str, Report], None]
    ) -> Image:
        """Do that in a thread; whoever is cancelled ends it and waits for its end."""
        if self._is_closed:
            raise _closed()
        loop = asyncio.get_running_loop()
        line, throttle = Line(), Throttle(report, loop.call_later)

        def tell(transfer: Transfer) -> None:
            loop.call_soon_threadsafe(throttle.take, transfer)

        def bring() -> Image:
            return self._bring(line, name, lambda api, endpoint: carry_out(api, endpoint, tell))

        future = asyncio.ensure_future(loop.run_in_executor(self._executor, bring))
        self._running[line] = future
        future.add_done_callback(lambda _: self._running.pop(line))
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError:
            try:
                await outlast(loop.create_task(_cut(line, future), name=f"end the transfer of {name}"))
            finally:
                _ = future.cancelled() or future.exception()  # looked at: nobody else will
            raise
        finally:
            throttle.finish()
        return future.result()

    def _bring(self, line: Line, name: str, carry_out: Callable[[TransferApi, str], None]) -> Image:
        """Carry a transfer out over its line and look at what it brought. Blocks."""
        try:
            engine = self._connect()
            with translated(engine.url, name):
                api = open_line(engine, line, _QUESTION_S)
            with closing(api):
                carry_out(api, engine.url)
                with translated(engine.url, name):
                    digest = find_digest(api, name)
        except RuntimeFailure as failure:
            if line.is_cut:
                raise _closed() from failure
            raise
        finally:
            line.close()
        if not digest:
            raise RuntimeUnavailable(
                f"The container engine has not the image {name}, though nothing failed.", "Try again."
            )
        return Image(name, digest)

    async def aclose(self) -> None:
        """End every transfer and let no other begin. May be called again."""
        self._is_closed = True
        await asyncio.gather(*(_cut(line, future) for line, future in list(self._running.items())))


class Throttle:
    """Passes on the newest report, at most one every PERIOD_S. `call_later` is the event loop's."""

    def __init__(
        self, report: Report, call_later: Callable[[float, Callable[[], None]], asyncio.TimerHandle]
    ) -> None:
        self._report = report
        self._call_later = call_later
        self._newest: Transfer | None = None
        self._timer: asyncio.TimerHandle | None = None

    def take(self, transfer: Transfer) -> None:
        """Pass it on now, or when it is time, unless a newer one comes first."""
        self._newest = transfer
        if self._timer is None:
            self._pass_on()

    def _pass_on(self) -> None:
        newest, self._newest, self._timer = self._newest, None, None
        if newest is not None:
            self._timer = self._call_later(PERIOD_S, self._pass_on)
            self._report(newest)

    def finish(self) -> None:
        """Pass on what has not been yet: the last report is never lost."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, newest, self._newest = None, self._newest, None
        if newest is not None:
            self._report(newest)


def build_image(api: TransferApi, endpoint: str, recipe: Recipe, network: str, tell: Report) -> None:
    """Build a recipe's image and tell how it goes. Blocks. Raises RuntimeFailure."""
    progress = BuildProgress()

    def explain(words: str) -> RuntimeFailure:
        return explain_build(words, recipe.image, progress.last_lines)

    with translated(endpoint, recipe.image, lambda _status, words, _image: explain(words)):
        events = api.build(
            fileobj=io.BytesIO(recipe.pack()),
            custom_context=True,
            tag=recipe.image,
            buildargs={"VERSION": recipe.version},
            network_mode=network or None,
            rm=True,
            forcerm=True,
            decode=True,
        )
        before = None
        for event in events:
            check_event(event, explain)
            progress.feed(event)
            if progress.transfer != before:  # a build prints much that is no progress
                before = progress.transfer
                tell(before)


def check_event(event: Event, explain: Callable[[str], RuntimeFailure]) -> None:
    """Raise the failure that an event tells of, if it does."""
    words = event.get("error")
    if words is not None:
        raise explain(str(words))


async def _cut(line: Line, future: asyncio.Future[Image]) -> None:
    """Cut a line until its thread has ended: it may just have been making another connection."""
    while not future.done():
        line.cut()
        await asyncio.wait([future], timeout=_CUT_AGAIN_S)


def _closed() -> RuntimeUnavailable:
    return RuntimeUnavailable("The transfer was ended before the image was complete.", "Start it again.")
