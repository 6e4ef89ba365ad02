"""The Docker runtime itself: jobs in, outputs out, nothing left behind.

Each job is run by one thread of a pool of our own, which makes, watches and removes one container; the event
loop only waits for it. Whoever wants a job's end (a cancelled `compile`, `cleanup`, `aclose`) wakes that
thread and waits. A container whose compiler ended by itself is removed after its result was given.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any, Final, TypeVar, cast
from uuid import uuid4

from wic_runtimes import ownership
from wic_runtimes.contract import (
    CompileJob,
    CompileOutput,
    Health,
    Image,
    Leftovers,
    Outcome,
    Program,
)
from wic_runtimes.docker import faults
from wic_runtimes.docker.container import Container, Ended, Ending, run_container
from wic_runtimes.docker.endpoint import SYSTEM_SOCKET, Endpoint, own_endpoint
from wic_runtimes.docker.engine import EngineApi, connect, find_digest, remove_container
from wic_runtimes.docker.faults import translated
from wic_runtimes.docker.labels import OWNER, is_orphan, own_labels
from wic_runtimes.docker.spec import NO_PROGRAM, image_name
from wic_runtimes.docker.stream import Reader
from wic_runtimes.errors import (
    ImageUnavailable,
    JobEvicted,
    RuntimeFailure,
    RuntimeUnavailable,
)
from wic_runtimes.running import Run, Runs
from wic_runtimes.waiting import outlast

_THREADS: Final = 64
_DEATHS: Final = range(129, 193)  # 128 + signal, as the container's first process reports a death
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class DockerRuntime:
    """Runs jobs in containers of a Docker engine, or of one that speaks like it. See `Runtime`."""

    def __init__(self) -> None:
        self._endpoint: Endpoint | None = None
        self._api: EngineApi | None = None
        self._lock = threading.Lock()  # `_api` is made by whichever thread needs it first
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="docker")
        self._runs = Runs("docker")
        self._removals: set[asyncio.Future[Any]] = set()
        self._asked: set[asyncio.Future[Any]] = set()

    @property
    def name(self) -> str:
        """The word that users choose this runtime by."""
        return "docker"

    async def compile(self, job: CompileJob, /) -> CompileOutput:
        """Run the job to its end; see `Runtime.compile`."""
        return await self._runs.run(job, lambda run: self._carry_out(job, run))

    async def _carry_out(self, job: CompileJob, run: Run) -> CompileOutput:
        """Run the job in a container of its own and say how it ended."""
        began = time.monotonic()
        reader = Reader(job.limits.output_bytes)
        api, endpoint = await self._in_thread(self._connect)
        if run.is_ended:
            raise _taken_away()
        container = Container(api, f"{ownership.own_label()}-{uuid4().hex[:12]}")
        run.stop_by(container.end)
        try:
            ended = await self._in_thread(lambda: run_container(container, job, reader, endpoint))
        finally:
            container.close()
        if ended.ending is Ending.BY_ITSELF:
            self._remove_later(container, endpoint)
        outcome, code = judge(ended, reader, job)
        stdout, stderr = bytes(reader.stdout), bytes(reader.stderr)
        return CompileOutput(outcome, code, stdout, stderr, ended.compile_s, time.monotonic() - began)

    def _remove_later(self, container: Container, endpoint: str) -> None:
        """Remove a container whose processes have ended: nobody need wait for that."""

        def remove_it() -> None:
            with translated(endpoint):
                container.remove()

        removal = asyncio.ensure_future(asyncio.get_running_loop().run_in_executor(self._pool, remove_it))
        self._removals.add(removal)
        removal.add_done_callback(self._removals.discard)
        removal.add_done_callback(_report)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        """Do what blocks in a thread of our own. Only tasks that nobody cancels come here."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def _connect(self) -> tuple[EngineApi, str]:
        """Return the engine's client, made and proved to isolate when it is first needed. Blocks."""
        with self._lock:
            if self._api is None or self._endpoint is None:
                endpoint = own_endpoint()
                if endpoint is None:
                    raise faults.not_running(f"unix://{SYSTEM_SOCKET}")
                self._api, self._endpoint = connect(endpoint), endpoint
            return self._api, self._endpoint.url

    async def find_programs(self, _pattern: re.Pattern[str], /) -> Sequence[Program]:
        """Find none: compilers come in images; see `Runtime.find_programs`."""
        return ()

    async def find_images(self, names: Sequence[str], /) -> Sequence[Image]:
        """Ask the engine which of the images it has; see `Runtime.find_images`."""
        return await self._outlasting(lambda: self._look_up(names))

    def _look_up(self, names: Sequence[str]) -> tuple[Image, ...]:
        api, endpoint = self._connect()
        with translated(endpoint):
            digests = [find_digest(api, name) for name in names]
        return tuple(
            Image(name, digest, "" if digest else faults.how_to_get(name))
            for name, digest in zip(names, digests, strict=True)
        )

    async def cleanup(self, job_id: str, /) -> None:
        """End the job if it still runs; see `Runtime.cleanup`."""
        await self._runs.end(job_id)

    async def collect_garbage(self) -> Leftovers:
        """Remove the containers of dead servers. Where there is no engine, nothing of ours is left."""
        return Leftovers(await self._outlasting(self._collect))

    def _collect(self) -> tuple[str, ...]:
        if self._api is None and (own_endpoint() is None or find_spec("docker") is None):
            return ()
        api, endpoint = self._connect()
        own = own_labels()
        removed = []
        with translated(endpoint):
            for container in api.containers(all=True, filters={"label": OWNER}):
                labels = cast("dict[str, str]", container.get("Labels") or {})
                if is_orphan(labels, own) and remove_container(api, str(container["Id"])):
                    removed.append(f"container {str(container['Id'])[:12]} of {labels[OWNER]}")
        return tuple(removed)

    async def health(self) -> Health:
        """Ask the engine what it is and whether it can isolate. No image is needed, and none is run."""
        try:
            facts = await self._outlasting(self._facts)
        except RuntimeFailure as failure:
            return Health(usable=False, reason=failure.reason, remedy=failure.remedy)
        return Health(usable=True, facts=facts)

    def _facts(self) -> dict[str, str]:
        api, endpoint = self._connect()
        with translated(endpoint):
            info = api.info()
        source = self._endpoint.source if self._endpoint is not None else ""
        return {
            "engine": f"{info.get('OperatingSystem')}, version {info.get('ServerVersion')}",
            "address": f"{endpoint} ({source})",
            "memory": "limited for all processes together, by the engine's control groups; no swap",
            "images": "never pulled unasked",
        }

    async def _outlasting(self, work: Callable[[], _T]) -> _T:
        """Do what blocks in a thread; whoever is cancelled meanwhile still waits for its end."""
        self._runs.check_open()
        future = asyncio.ensure_future(self._in_thread(work))
        self._asked.add(future)
        future.add_done_callback(self._asked.discard)
        await outlast(future)
        return future.result()

    async def aclose(self) -> None:
        """End every job, remove every container and release everything. May be called again."""
        await self._runs.close(self._close)

    async def _close(self) -> None:
        self._runs.end_all()
        await self._runs.all_ended()
        while self._removals or self._asked:
            await asyncio.wait([*self._removals, *self._asked])
        await asyncio.to_thread(self._pool.shutdown)
        if self._api is not None:
            self._api.close()


def judge(ended: Ended, reader: Reader, job: CompileJob) -> tuple[Outcome, int | None]:
    """Say how the compiler ended. Raises RuntimeFailure where it never began or was taken away."""
    match ended.ending:
        case Ending.TIME:
            return Outcome.TIMED_OUT, None
        case Ending.OUTPUT:
            return Outcome.OUTPUT_LIMIT, None
        case Ending.ENDED:
            raise _taken_away()
        case Ending.NEVER_BEGAN:
            raise RuntimeUnavailable(
                "The container engine did not start the compiler in time.",
                "See whether the machine is overloaded.",
            )
        case Ending.BY_ITSELF:
            return _judge_end(ended, reader, job)


def _judge_end(ended: Ended, reader: Reader, job: CompileJob) -> tuple[Outcome, int | None]:
    if ended.was_out_of_memory:
        return Outcome.OUT_OF_MEMORY, None
    if ended.was_killed:
        raise JobEvicted("The container was killed from outside before its compiler ended.", "Run it again.")
    if reader.first_line == NO_PROGRAM:
        raise ImageUnavailable(
            f"The image {image_name(job.image)} has no compiler {job.argv[0]}.",
            "Choose another toolchain: `wic toolchains` lists what is usable.",
        )
    if not reader.has_begun:
        raise ImageUnavailable(
            f"The image {image_name(job.image)} could not take the source (exit code {ended.exit_code}).",
            "It needs sh, tar and env; choose another image.",
        )
    code = ended.exit_code
    return (Outcome.CRASHED if code in _DEATHS else Outcome.FINISHED), code


def _taken_away() -> JobEvicted:
    return JobEvicted("The job was ended before its compiler was.", "Run it again.")


def _report(removal: asyncio.Future[None]) -> None:
    """Log a removal that failed: the container has ended, and the next collection takes it."""
    failure = removal.exception()
    if failure is not None:
        _log.warning("A container that has ended was not removed: %s", failure)
