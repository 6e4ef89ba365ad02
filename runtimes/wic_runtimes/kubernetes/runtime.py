"""The Kubernetes runtime itself: jobs in, outputs out, nothing left behind.

Each job is carried out by a task that nobody cancels, in a pod that waited for it or in one made for it. Pods
are made by Jobs, which the cluster itself ends and removes in time, whatever becomes of us. A pod compiles
once. One whose compiler has ended is removed after its result was given; the next that waits is made at the
moment that one is taken.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Coroutine, Sequence
from secrets import token_hex
from typing import Any, Final
from uuid import uuid4

from wic_runtimes import ownership
from wic_runtimes.contract import CompileJob, CompileOutput, Health, Image, Leftovers, Program
from wic_runtimes.endings import taken_away
from wic_runtimes.errors import RuntimeFailure, RuntimeUnavailable
from wic_runtimes.inside.script import feed_of, pack
from wic_runtimes.inside.stream import Reader
from wic_runtimes.kubernetes import faults
from wic_runtimes.kubernetes.cluster import Access, Cluster, connect, is_known
from wic_runtimes.kubernetes.images import find_named, find_on_nodes, reference_of
from wic_runtimes.kubernetes.judging import Ended, Ending, judge
from wic_runtimes.kubernetes.patience import Patience, persist
from wic_runtimes.kubernetes.pod import Pace, Pod
from wic_runtimes.kubernetes.spec import (
    SOURCE_ARCHIVE,
    Place,
    PodKind,
    check_size,
    job_manifest,
    kind_of,
    user_of,
)
from wic_runtimes.kubernetes.watching import PodWatch
from wic_runtimes.labels import OWNER, is_orphan, own_labels
from wic_runtimes.running import Run, Runs
from wic_runtimes.spares import Bounds, Maker, Spares
from wic_runtimes.waiting import outlast

_log = logging.getLogger(__name__)

_SPARES: Final = Bounds(
    most=4, most_of_a_kind=2, lifetime_s=300.0, pause_s=0.0, patience_s=0.0, is_early=True
)
_NO_SPARES: Final = Bounds(most=0, most_of_a_kind=0, lifetime_s=0.0)
_MOST_JOBS: Final = 32
"""How many jobs of one server the cluster has at a time; further ones wait here, where it costs nothing."""

_FOR_ROOM: Final = Patience(tries=40, first_s=0.25, longest_s=0.25)
"""How long a quota may take to count what was removed: ten seconds."""

_FOR_REMOVAL: Final = Patience(tries=8, first_s=0.5, longest_s=32.0)
_OVER: Final = (Ending.SAID, Ending.GONE)
_NO_ANSWER: Final = Ended(Ending.GONE, 0.0)


class KubernetesRuntime:
    """Runs jobs in Jobs of a cluster. See `Runtime`."""

    def __init__(self, place: Place, access: Access, *, keeps_spares: bool) -> None:
        self._place = place
        self._access = access
        self._runs = Runs("kubernetes")
        self._room = asyncio.Semaphore(_MOST_JOBS)
        self._pace = Pace()
        self._connecting = asyncio.Lock()
        self._is_closing = asyncio.Event()
        self._opening: set[Pod] = set()
        self._cluster: Cluster | None = None
        self._watch: PodWatch | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        maker = Maker(self._make_spare, self._discard_spare, _is_good)
        self._spares: Spares[PodKind, Pod] = Spares(
            "kubernetes", _SPARES if keeps_spares else _NO_SPARES, maker
        )

    @property
    def name(self) -> str:
        """The word that users choose this runtime by."""
        return "kubernetes"

    @property
    def requests(self) -> dict[str, int]:
        """How many requests were made of the API server, by what they asked for."""
        return dict(self._cluster.requests) if self._cluster is not None else {}

    async def compile(self, job: CompileJob, /) -> CompileOutput:
        """Run the job to its end; see `Runtime.compile`."""
        return await self._runs.run(job, lambda run: self._carry_out(job, run))

    async def _carry_out(self, job: CompileJob, run: Run) -> CompileOutput:
        """Run the job in a pod that waits, or in one made for it, and say how it ended."""
        began = time.monotonic()
        image = reference_of(job.image, self._access.images)
        archive = pack(job.files)
        check_size(archive)
        mark = token_hex(16)
        feed = feed_of(job, mark, SOURCE_ARCHIVE)  # what it refuses reaches no cluster
        kind = kind_of(job, image, self._place)
        cluster = await self._connect()
        use = self._spares.begin(kind)
        may_follow = False
        try:
            reader = Reader(job.limits.output_bytes, mark)
            ended = _NO_ANSWER
            if use.spare is not None:
                ended = await self._drive(use.spare, feed_of(job, mark, archive), reader, job, run)
            if not _is_answer(reader, ended):
                reader = Reader(job.limits.output_bytes, mark)
                await self._enter(run)
                try:
                    pod = await self._open_cold(cluster, kind, archive, run)
                    ended = await self._drive(pod, feed, reader, job, run)
                finally:
                    self._room.release()
            may_follow = reader.has_begun
        finally:
            self._spares.end(use, may_fill=may_follow)
        outcome, code = judge(ended, reader, job, image)
        stdout, stderr = bytes(reader.stdout), bytes(reader.stderr)
        return CompileOutput(outcome, code, stdout, stderr, ended.compile_s, time.monotonic() - began)

    async def _enter(self, run: Run) -> None:
        """Wait until there is room for one more job. Raises JobEvicted where it is to end before."""
        loop = asyncio.get_running_loop()
        wish = asyncio.Event()
        run.stop_by(wish.set)
        entering = loop.create_task(self._room.acquire())
        wishing = loop.create_task(wish.wait())
        await asyncio.wait({entering, wishing}, return_when=asyncio.FIRST_COMPLETED)
        wishing.cancel()
        if entering.done():
            return
        entering.cancel()
        await asyncio.wait([entering])
        raise taken_away()

    async def _open_cold(self, cluster: Cluster, kind: PodKind, archive: bytes, run: Run) -> Pod:
        """Make a pod for one job. Where a quota has no room, those that wait make room.

        The cluster takes a moment to count what was removed, so it is asked again for a while.
        """
        was_removing = bool(self._tasks)
        has_made_room = False

        def may_find_room(failure: Exception) -> bool:
            nonlocal has_made_room
            is_full = isinstance(failure, faults.QuotaExceeded)
            has_made_room = has_made_room or (is_full and (self._make_room() or was_removing))
            return is_full and has_made_room

        return await persist(lambda: self._open(cluster, kind, archive, run), _FOR_ROOM, may_find_room)

    async def _open(self, cluster: Cluster, kind: PodKind, archive: bytes | None, run: Run | None) -> Pod:
        """Make a pod: for one job, or without an archive one that waits for any."""
        pod = self._new_pod(cluster)
        if run is not None:
            run.stop_by(pod.end)
        if self._is_closing.is_set() or (run is not None and run.is_ended):
            pod.end()
        self._opening.add(pod)
        try:
            await pod.open(kind, own_labels(), archive)
        except BaseException:
            self._remove_later(pod)
            raise
        finally:
            self._opening.discard(pod)
        return pod

    async def _drive(self, pod: Pod, feed: bytes, reader: Reader, job: CompileJob, run: Run) -> Ended:
        """Run the job in that pod, and see to its end. Raises RuntimeFailure."""
        run.stop_by(pod.end)
        if run.is_ended:
            pod.end()
        ended = None
        try:
            ended = await pod.run(feed, job.limits, reader)
        finally:
            if ended is None or ended.ending not in _OVER:
                await pod.stop()
            self._remove_later(pod)
        return ended

    async def _connect(self) -> Cluster:
        """Return the cluster, to run something there. Raises RuntimeUnavailable where it does not isolate."""
        return await self._reach(must_isolate=True)

    async def _reach(self, *, must_isolate: bool = False) -> Cluster:
        """Return the cluster, once for all. Raises RuntimeUnavailable.

        One that was never reached is forgotten, so that a kubeconfig that is mended is read again.
        """
        async with self._connecting:
            cluster = self._cluster or await connect(self._access, self._place.namespace)
            try:
                if must_isolate:
                    await cluster.check_isolation(may_be_old=True)
                elif self._cluster is None:
                    await cluster.version()
            except BaseException:
                if self._cluster is None:
                    await cluster.aclose()
                raise
            if self._cluster is None:
                self._cluster = cluster
                self._watch = PodWatch(cluster, f"{OWNER}={ownership.own_label()}")
            return cluster

    def _new_pod(self, cluster: Cluster) -> Pod:
        assert self._watch is not None, "there is no watch without a cluster"  # noqa: S101
        name = f"{ownership.own_label()}-{uuid4().hex[:12]}"
        return Pod(cluster, self._watch, self._pace, name, lost=self._spares.lose, crowded=self._make_room)

    def _make_room(self) -> bool:
        """End the pods that wait: a job has none, and the cluster no room. False where none waits."""
        has_any = self._spares.has_any
        self._spares.forget(lambda _: True)
        return has_any

    async def _make_spare(self, kind: PodKind) -> Pod:
        """Start a pod and have it wait for its job."""
        return await self._open(await self._connect(), kind, None, None)

    async def _discard_spare(self, pod: Pod) -> None:
        self._remove_later(pod)

    def _remove_later(self, pod: Pod) -> None:
        """Remove a pod's Job beside everything else. Where that fails, the cluster does it in time."""
        self._own(self._remove(pod))

    async def _remove(self, pod: Pod) -> None:
        """Remove it, though the API server be away for a minute; once only where we are being closed."""

        def may_help(failure: Exception) -> bool:
            is_wanted = not self._is_closing.is_set()
            return is_wanted and isinstance(failure, RuntimeFailure) and not faults.is_refusal(failure)

        try:
            await persist(pod.remove, _FOR_REMOVAL, may_help, self._is_closing)
        except RuntimeFailure as failure:
            _log.warning("%s is left to the cluster to remove: %s", pod.name, failure)

    def _own(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def find_programs(
        self, _pattern: re.Pattern[str], _folders: Sequence[str] = (), /
    ) -> Sequence[Program]:
        """Find none: compilers come in images; see `Runtime.find_programs`."""
        return ()

    async def find_images(self, names: Sequence[str], /) -> Sequence[Image]:
        """Say which images may be used: those that the user named, else those that the nodes have."""
        self._runs.check_open()
        if self._access.images:
            return find_named(names, self._access.images)
        cluster = await self._reach()
        try:
            return find_on_nodes(names, await cluster.list_nodes())
        except RuntimeUnavailable as failure:
            raise faults.images_unknown(failure) from failure

    async def cleanup(self, job_id: str, /) -> None:
        """End the job if it still runs; see `Runtime.cleanup`."""
        await self._runs.end(job_id)

    async def collect_garbage(self) -> Leftovers:
        """Remove the Jobs of dead servers, and with them their pods and ConfigMaps.

        Where no cluster is known, nothing of ours is left.
        """
        self._runs.check_open()
        if not is_known():
            return Leftovers()
        cluster = await self._reach()
        own = own_labels()
        removed = []
        for job in await cluster.list_jobs(OWNER):
            name, labels = str(job["metadata"]["name"]), job["metadata"].get("labels") or {}
            if is_orphan(labels, own) and await cluster.delete_job(name):
                removed.append(f"Job {name} of {labels[OWNER]}")
        return Leftovers(tuple(removed))

    async def health(self) -> Health:
        """Ask the cluster whether it would take a Job of ours, whole, and isolate it. None is made."""
        try:
            self._runs.check_open()
            cluster = await self._reach()
            version = await cluster.version()
            await cluster.check_isolation()
            await self._try_job(cluster)
        except RuntimeFailure as failure:
            return Health(usable=False, reason=failure.reason, remedy=failure.remedy)
        facts = {
            "cluster": f"{cluster.url}, Kubernetes {version}",
            "namespace": f"{self._place.namespace}, which denies its pods the network",
            "memory": "limited for all processes together, by the pod's control group",
            "pods": f"{self._place.cpu} CPU each, requested and limited",
        }
        if self._place.runtime_class:
            facts["runtime class"] = self._place.runtime_class
        return Health(usable=True, facts=facts)

    async def _try_job(self, cluster: Cluster) -> None:
        trial = CompileJob("trial", ("true",), image="trial")
        name = f"{ownership.own_label()}-trial"
        manifest = job_manifest(
            kind_of(trial, "trial", self._place), name, user_of(0), own_labels(), is_cold=False
        )
        await cluster.create_job(manifest, is_trial=True)

    async def aclose(self) -> None:
        """End every job, remove every Job and release everything. May be called again."""
        await self._runs.close(self._close)

    async def _close(self) -> None:
        self._is_closing.set()
        self._runs.end_all()
        for pod in self._opening:  # also those that are to wait, which no job's end ends
            pod.end()
        await self._runs.all_ended()
        await self._spares.aclose()
        while self._tasks:
            await outlast(*self._tasks)
        async with self._connecting:
            if self._watch is not None:
                await self._watch.aclose()
            if self._cluster is not None:
                await self._cluster.aclose()


def _is_good(_kind: PodKind, pod: Pod) -> bool:
    return pod.is_waiting


def _is_answer(reader: Reader, ended: Ended) -> bool:
    """Whether what became of a pod that waited says anything; else it only was of no use any more."""
    return reader.said is not None or ended.ending in {Ending.ENDED, Ending.SAID}
