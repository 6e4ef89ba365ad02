"""Who owns a job that runs, and how it ends: the same for every runtime.

Each job is carried out by a task of its own that nobody cancels. Whoever wants its end (a cancelled
`compile`, `cleanup`, `aclose`) says so to its `Run`, which stops what runs, and waits for the task. So there
is one way to an end, and nothing is left half made. All state here belongs to the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from wic_runtimes.contract import CompileJob, CompileOutput, check_job
from wic_runtimes.errors import JobRejected, RuntimeUnavailable
from wic_runtimes.waiting import outlast


class Run:
    """One job that is being run, and whether somebody wants its end."""

    def __init__(self) -> None:
        self.is_ended = False
        self._stop: Callable[[], object] | None = None

    def stop_by(self, stop: Callable[[], object]) -> None:
        """Name what stops the job from now on, without waiting; see `is_ended` before going on."""
        self._stop = stop

    def end(self) -> None:
        """Stop what runs; its task will notice. Does not wait."""
        self.is_ended = True
        if self._stop is not None:
            self._stop()


CarryOut: TypeAlias = Callable[[Run], Coroutine[Any, Any, CompileOutput]]


class Runs:
    """The jobs of one runtime, whose name is for messages."""

    def __init__(self, runtime: str) -> None:
        self._runtime = runtime
        self._running: dict[str, tuple[Run, asyncio.Task[CompileOutput]]] = {}
        self._closing: asyncio.Task[None] | None = None

    def check_open(self) -> None:
        """Raise RuntimeUnavailable once closing has begun."""
        if self._closing is not None:
            raise RuntimeUnavailable(f"The {self._runtime} runtime has been closed.")

    async def run(self, job: CompileJob, carry_out: CarryOut) -> CompileOutput:
        """Carry a job out; a cancelled call ends it and waits. Raises RuntimeFailure."""
        check_job(job)
        if job.id in self._running:
            raise JobRejected(f"A job with the id {job.id!r} is running already.")
        self.check_open()
        run = Run()
        task = asyncio.get_running_loop().create_task(carry_out(run), name=f"{self._runtime}: {job.id}")
        self._running[job.id] = (run, task)
        task.add_done_callback(lambda _: self._running.pop(job.id))
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            run.end()
            try:
                await outlast(task)
            finally:
                _ = task.cancelled() or task.exception()  # looked at: nobody else will
            raise
        return task.result()

    async def end(self, job_id: str) -> None:
        """End a job and wait for it; unknown ids are no error."""
        if job_id in self._running:
            run, task = self._running[job_id]
            run.end()
            await asyncio.wait([task])

    def end_all(self) -> None:
        """End every job. Does not wait; see `all_ended`."""
        for run, _ in list(self._running.values()):
            run.end()

    async def all_ended(self) -> None:
        """Wait until no job is left."""
        await outlast(*(task for _, task in self._running.values()))

    async def close(self, finish: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let nothing new begin and do `finish`: once, to its end, however often called or cancelled."""
        if self._closing is None:
            name = f"{self._runtime}: close"
            self._closing = asyncio.get_running_loop().create_task(finish(), name=name)
        await outlast(self._closing)
        self._closing.result()
