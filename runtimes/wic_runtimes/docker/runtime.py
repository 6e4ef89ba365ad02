"""The Docker runtime itself: jobs in, outputs out, nothing left behind.

Each job is run by one thread of a pool of our own, in a container that waited for it or in one made for it;
the event loop only waits for that thread. Whoever wants a job's end (a cancelled `compile`, `cleanup`,
`aclose`) wakes it and waits. A container compiles once. One whose compiler has ended is removed after its
result was given, and then another is made that waits for the next.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import Any, Final, TypeVar, cast
from uuid import uuid4

from wic_runtimes import ownership
from wic_runtimes.contract import CompileJob, CompileOutput, Health, Image, Leftovers, Program, Transfer
from wic_runtimes.docker import faults
from wic_runtimes.docker.connection import Connection
from wic_runtimes.docker.container import Container
from wic_runtimes.docker.engine import Engine, find_digest, find_environment, remove_container
from wic_runtimes.docker.faults import translated
from wic_runtimes.docker.images import ImageTransfers
from wic_runtimes.docker.judging import Ended, Ending, judge, lacks_script
from wic_runtimes.docker.plan import Plan, plan_bare, plan_with_script
from wic_runtimes.docker.recipes import find_recipes
from wic_runtimes.docker.removals import Removals
from wic_runtimes.docker.spec import ContainerKind, container_configuration, image_name, kind_of
from wic_runtimes.endings import taken_away
from wic_runtimes.errors import RuntimeFailure, RuntimeUnavailable
from wic_runtimes.inside.stream import Reader
from wic_runtimes.labels import OWNER, is_orphan, own_labels
from wic_runtimes.running import Run, Runs
from wic_runtimes.spares import Bounds, Maker, Spares, Use
from wic_runtimes.waiting import outlast

_THREADS: Final = 64
_SPARES: Final = Bounds(most=8, most_of_a_kind=3, lifetime_s=300.0)
_NO_SPARES: Final = Bounds(most=0, most_of_a_kind=0, lifetime_s=0.0)
_MEMORY_SHARE: Final = 2
"""All spares together may be allowed one part in so many of the host's memory."""

_T = TypeVar("_T")


class DockerRuntime:
    """Runs jobs in containers of a Docker engine, or of one that speaks like it. See `Runtime`.

    `runtime_class` is the engine's name of the OCI runtime to run them by, empty for its own; `address` is
    the engine's, empty for the user's own.
    """

    def __init__(self, *, keeps_spares: bool, runtime_class: str = "", address: str = "") -> None:
        self._connection = Connection(runtime_class, address)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="docker")
        self._runs = Runs("docker")
        self._transfers = ImageTransfers(self._connection.engine, self._pool)
        self._asked: set[asyncio.Future[Any]] = set()
        self._images: dict[str, str] = {}
        self._bare: set[str] = set()
        maker = Maker(self._make_spare, self._discard_spare, _is_good, self._fits)
        bounds = _SPARES if keeps_spares else _NO_SPARES
        self._spares: Spares[ContainerKind, Container] = Spares("docker", bounds, maker)
        self._removals = Removals(self._in_thread, self._spares.until_quiet)

    @property
    def name(self) -> str:
        """The word that users choose this runtime by."""
        return "docker"

    async def compile(self, job: CompileJob, /) -> CompileOutput:
        """Run the job to its end; see `Runtime.compile`."""
        return await self._runs.run(job, lambda run: self._carry_out(job, run))

    async def _carry_out(self, job: CompileJob, run: Run) -> CompileOutput:
        """Run the job in a container that waits, or in one made for it, and say how it ended."""
        began = time.monotonic()
        engine = await self._engine()
        if run.is_ended:
            raise taken_away()
        kind = kind_of(job, engine.host)
        plan = plan_with_script(kind, job, own_labels(), token_hex(16))  # what it refuses takes no spare
        self._follow_image(image_name(job.image), kind.image)
        use = self._spares.begin(kind)
        may_follow = False
        try:
            reader, ended = await self._find_way(engine, plan, use, job, run)
            may_follow = reader.has_begun and kind.image not in self._bare
        finally:
            self._spares.end(use, may_fill=may_follow)
        outcome, code = judge(ended, reader, job)
        stdout, stderr = bytes(reader.stdout), bytes(reader.stderr)
        return CompileOutput(outcome, code, stdout, stderr, ended.compile_s, time.monotonic() - began)

    async def _find_way(
        self, engine: Engine, plan: Plan, use: Use[ContainerKind, Container], job: CompileJob, run: Run
    ) -> tuple[Reader, Ended]:
        """Run the job in the container that waits, if any; else in a new one, bare where it must be."""
        if use.kind.image not in self._bare:
            if use.spare is not None:
                reader, ended = await self._drive(engine, plan, use.spare, job, run)
                if _is_answer(reader, ended):
                    return reader, ended
            reader, ended = await self._drive(engine, plan, None, job, run)
            if engine.host.needs_script or not lacks_script(ended, reader):
                return reader, ended
            self._bare.add(use.kind.image)
        environment = await self._in_thread(lambda: _environment_of(engine, use.kind.image))
        bare = plan_bare(use.kind, job, own_labels(), environment)
        return await self._drive(engine, bare, None, job, run)

    async def _drive(
        self, engine: Engine, plan: Plan, spare: Container | None, job: CompileJob, run: Run
    ) -> tuple[Reader, Ended]:
        """Run the job in that container, or in a new one, and see to its end. Raises RuntimeFailure."""
        reader = Reader(job.limits.output_bytes, plan.mark)
        container = spare or self._new_container(engine)
        run.stop_by(container.end)
        if run.is_ended:
            container.end()

        def drive() -> Ended:
            is_over = False
            with translated(engine.url, image_name(job.image)):
                try:
                    if spare is None:
                        container.open(plan)
                    ended = container.run(plan.feed, job.limits, reader)
                    is_over = ended.ending in {Ending.SAID, Ending.GONE}
                finally:
                    if not is_over:
                        container.remove()
            return ended

        try:
            return reader, await self._in_thread(drive)
        except RuntimeFailure as failure:
            is_engines = isinstance(failure, RuntimeUnavailable)
            if is_engines:
                self._connection.forget(engine)
            if is_engines and reader.has_begun:
                raise faults.engine_lost() from failure
            if spare is None or reader.has_begun:
                raise
            return reader, Ended(Ending.GONE, None, 0.0)
        finally:
            self._removals.add(container)

    async def _engine(self) -> Engine:
        current = self._connection.current
        return current if current is not None else await self._in_thread(self._connection.engine)

    def _new_container(self, engine: Engine) -> Container:
        return Container(engine, f"{ownership.own_label()}-{uuid4().hex[:12]}")

    def _follow_image(self, name: str, image: str) -> None:
        """Make no more use of what waits in an image that had this name before."""
        known = self._images.get(name)
        self._images[name] = image
        if known is not None and known != image:
            self._spares.forget(lambda kind: kind.image == known)

    async def _make_spare(self, kind: ContainerKind) -> Container:
        """Start a container and have it wait for its job."""
        engine = await self._engine()
        container = self._new_container(engine)

        def start() -> bool:
            with translated(engine.url):
                container.open(Plan(container_configuration(kind, own_labels()), mark="none yet"))
                return container.await_ready()

        is_ready = False
        try:
            is_ready = await self._in_thread(start)
        finally:
            if not is_ready:
                self._removals.add(container)
        if not is_ready:
            raise RuntimeUnavailable("A container that was to wait for a job has ended.")
        asyncio.get_running_loop().add_reader(container.descriptor, self._look_at, container)
        return container

    def _look_at(self, container: Container) -> None:
        """Something came from a container that waits: it has ended, unless there was nothing to it."""
        if not container.is_waiting:
            self._spares.lose(container)

    async def _discard_spare(self, container: Container) -> None:
        asyncio.get_running_loop().remove_reader(container.descriptor)
        self._removals.add(container)

    def _fits(self, kinds: Sequence[ContainerKind]) -> bool:
        engine = self._connection.current
        room = engine.host.memory_bytes // _MEMORY_SHARE if engine is not None else 0
        return sum(kind.memory_bytes for kind in kinds) <= room

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        """Do what blocks in a thread of our own. Only tasks that nobody cancels come here."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def find_programs(
        self, _pattern: re.Pattern[str], _folders: Sequence[str] = (), /
    ) -> Sequence[Program]:
        """Find none: compilers come in images; see `Runtime.find_programs`."""
        return ()

    async def find_images(self, names: Sequence[str], /) -> Sequence[Image]:
        """Ask the engine which of the images it has; see `Runtime.find_images`."""
        return await self._ask(lambda engine: self._look_up(engine, names))

    def _look_up(self, engine: Engine, names: Sequence[str]) -> tuple[Image, ...]:
        with translated(engine.url):
            digests = [find_digest(engine.api, name) for name in names]
        return tuple(
            Image(name, digest, "" if digest else faults.how_to_get(name))
            for name, digest in zip(names, digests, strict=True)
        )

    def has_recipe(self, name: str, /) -> bool:
        """Whether that image can be built here; see `ImageStore.has_recipe`."""
        return name in find_recipes()

    async def pull_image(self, name: str, report: Callable[[Transfer], None], /) -> Image:
        """Fetch an image; see `ImageStore.pull_image`."""
        return await self._transfers.pull(name, report)

    async def build_image(
        self, name: str, report: Callable[[Transfer], None], /, *, network: str = ""
    ) -> Image:
        """Build an image; see `ImageStore.build_image`."""
        return await self._transfers.build(name, report, network)

    async def cleanup(self, job_id: str, /) -> None:
        """End the job if it still runs; see `Runtime.cleanup`."""
        await self._runs.end(job_id)

    async def collect_garbage(self) -> Leftovers:
        """Remove the containers of dead servers. Where there is no engine, nothing of ours is left."""
        if not await self._in_thread(lambda: self._connection.could_be):
            return Leftovers()
        return Leftovers(await self._ask(self._collect))

    def _collect(self, engine: Engine) -> tuple[str, ...]:
        own = own_labels()
        removed = []
        with translated(engine.url):
            for container in engine.api.containers(all=True, filters={"label": OWNER}):
                labels = cast("dict[str, str]", container.get("Labels") or {})
                if is_orphan(labels, own) and remove_container(engine.api, str(container["Id"])):
                    removed.append(f"container {str(container['Id'])[:12]} of {labels[OWNER]}")
        return tuple(removed)

    async def health(self) -> Health:
        """Ask the engine what it is and whether it can isolate. No image is needed, and none is run."""
        try:
            facts = await self._ask(self._facts)
        except RuntimeFailure as failure:
            return Health(usable=False, reason=failure.reason, remedy=failure.remedy)
        return Health(usable=True, facts=facts)

    def _facts(self, engine: Engine) -> dict[str, str]:
        with translated(engine.url):
            info = engine.api.info()
        system = str(info.get("OperatingSystem"))
        on_system = f"Podman on {system}" if engine.host.is_podman else system
        runtime_class = {"runtime class": engine.host.runtime_class} if engine.host.runtime_class else {}
        return runtime_class | {
            "engine": f"{on_system}, version {info.get('ServerVersion')}",
            "address": f"{engine.url} ({engine.endpoint.source})",
            "memory": "limited for all processes together, by the engine's control groups; no swap",
            "images": "never pulled unasked",
        }

    async def _ask(self, question: Callable[[Engine], _T]) -> _T:
        """Ask the engine something in a thread; whoever is cancelled meanwhile still waits for its end."""
        self._runs.check_open()

        def ask() -> _T:
            engine = self._connection.engine()
            try:
                return question(engine)
            except RuntimeUnavailable:
                self._connection.forget(engine)
                raise

        future = asyncio.ensure_future(self._in_thread(ask))
        self._asked.add(future)
        future.add_done_callback(self._asked.discard)
        await outlast(future)
        return future.result()

    async def aclose(self) -> None:
        """End every job, remove every container and release everything. May be called again."""
        await self._runs.close(self._close)

    async def _close(self) -> None:
        self._runs.end_all()
        await self._transfers.aclose()
        await self._runs.all_ended()
        await self._spares.aclose()
        while self._asked:
            await asyncio.wait(self._asked)
        await self._removals.aclose()
        await asyncio.to_thread(self._pool.shutdown)
        self._connection.close()


def _environment_of(engine: Engine, image: str) -> tuple[str, ...]:
    with translated(engine.url, image):
        return find_environment(engine.api, image)


def _is_good(_kind: ContainerKind, container: Container) -> bool:
    """Whether it waits; whoever asks takes it over, or ends it."""
    asyncio.get_running_loop().remove_reader(container.descriptor)
    return container.is_waiting


def _is_answer(reader: Reader, ended: Ended) -> bool:
    """Whether what became of a container that waited says anything; else it only was of no use any more."""
    return reader.said is not None or ended.ending in {Ending.ENDED, Ending.SAID}
