"""One pod's life: a Job is made, its pod is attached to, it compiles once, and the Job is removed.

Whoever wants a job's end only says so to its `Pod`, which wakes what waits: so there is one way to an end. A
compiler is ended by its connection, which takes a few milliseconds; its Job is removed besides. All state
belongs to the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from secrets import randbits
from typing import Any, Final

from wic_runtimes.contract import Limits
from wic_runtimes.endings import taken_away
from wic_runtimes.inside.stream import Reader, Trailer
from wic_runtimes.kubernetes import faults
from wic_runtimes.kubernetes.attached import Attached
from wic_runtimes.kubernetes.cluster import Cluster
from wic_runtimes.kubernetes.judging import Ended, Ending, explain_start
from wic_runtimes.kubernetes.sightings import Sighting
from wic_runtimes.kubernetes.spec import CALL, START_S, PodKind, config_map, job_manifest, user_of
from wic_runtimes.kubernetes.watching import PodWatch

_BEGIN_S: Final = 30.0
"""How long a pod that runs may take from its job to the compiler's start."""

_SPARE_BEGIN_S: Final = 5.0
"""How long a pod that waited may, before another is taken."""

_END_S: Final = 5.0
"""How long a container may take to end, and its cluster to say why."""

_SILENCE_S: Final = 1.5
"""After how long without a pod the cluster is asked why it makes none."""

_CUT_S: Final = 1.0
"""How long after a cut connection the cluster may tell that it took the pod away."""

_LOOK_S: Final = 0.2
"""How soon the cluster is asked again why a pod is gone."""

_KILLED: Final = 137

_END: Final = b"\n"
"""What ends the compiler: see the ear of `inside.script`."""


class Pace:
    """How long containers take to start here, so that nobody asks for their streams too early, or too late.

    The end of a start is not told: the status comes a second late, so the streams are asked for until they
    are there.
    """

    _SHARE: Final = 0.85
    _PAUSE_S: Final = 0.025
    _GROWTH: Final = 1.2
    _LONGEST_PAUSE_S: Final = 0.5

    def __init__(self) -> None:
        self._shortest_s: float | None = None

    @property
    def first_s(self) -> float:
        """How long after its scheduling to ask for the first time, in seconds."""
        return (self._shortest_s or 0.0) * self._SHARE

    def pause_s(self, tries: int) -> float:
        """How long to wait after so many times, in seconds."""
        return float(min(self._PAUSE_S * self._GROWTH ** max(tries - 10, 0), self._LONGEST_PAUSE_S))

    def note(self, took_s: float) -> None:
        """Learn from a start. A slower cluster is learnt slowly, a faster one at once."""
        known = self._shortest_s
        self._shortest_s = took_s if known is None else min(took_s, known + (took_s - known) * 0.1)


class Pod:
    """One Job with its pod: `open` it, `run` its job, then `remove` it whatever happened between.

    `lost` is called when its connection ends; `crowded` when no node has room for it.
    """

    def __init__(
        self,
        cluster: Cluster,
        watch: PodWatch,
        pace: Pace,
        name: str,
        *,
        lost: Callable[[Pod], None],
        crowded: Callable[[], object],
    ) -> None:
        self.name = name
        self._cluster = cluster
        self._watch = watch
        self._pace = pace
        self._lost = lost
        self._crowded = crowded
        self._followed = watch.follow(name)
        self._attached: Attached | None = None
        self._has_job = False
        self._is_waiting = False
        self._wish = asyncio.Event()

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its job, as far as can be seen from here."""
        sighting = self._followed.sighting
        is_there = sighting is None or not (sighting.ended or sighting.is_gone)
        return self._is_waiting and is_there and self._attached is not None and not self._attached.has_ended

    def end(self) -> None:
        """Let the job end soon."""
        self._wish.set()
        self._followed.wake()

    async def open(self, kind: PodKind, labels: Mapping[str, str], archive: bytes | None) -> None:
        """Make the Job, and connect to its container as soon as that runs. Raises RuntimeFailure.

        `archive` is the source of the job that it is made for; None for one that is to wait for its job.
        """
        manifest = job_manifest(kind, self.name, user_of(randbits(31)), labels, is_cold=archive is not None)
        if self._wish.is_set():
            raise taken_away()
        self._has_job = True
        uid = await self._cluster.create_job(manifest)
        if archive is not None:
            await self._cluster.create_config_map(config_map(self.name, uid, labels, archive))
        await self._await_start(kind.image)
        self._is_waiting = archive is None

    async def _await_start(self, image: str) -> None:
        began = time.monotonic()
        ask_why_at = began + _SILENCE_S
        scheduled: float | None = None
        tries = 0
        while self._attached is None:
            now = time.monotonic()
            pod = self._look(image, now - began)
            wait_s = _SILENCE_S
            if pod is None and now >= ask_why_at:
                await self._ask_why()
                ask_why_at = now + _SILENCE_S
            elif pod is not None and pod.node:
                scheduled = scheduled or now
                wait_s = scheduled + self._pace.first_s - now
                if wait_s <= 0:
                    await self._attach(pod.pod)
                    tries += 1
                    wait_s = self._pace.pause_s(tries)
            if self._attached is None:
                await self._followed.news(wait_s)
        if scheduled is not None:
            self._pace.note(time.monotonic() - scheduled)

    def _look(self, image: str, waited_s: float) -> Sighting | None:
        """Return the pod as it was last seen. Raises RuntimeFailure where it will not start."""
        if self._wish.is_set():
            raise taken_away()
        if self._followed.failure is not None:
            raise self._followed.failure
        pod = self._followed.sighting
        failure = explain_start(pod, image, waited_s)
        if failure is not None:
            raise failure
        if pod is not None and pod.unscheduled:
            self._crowded()
        if waited_s > START_S:
            if pod is not None and pod.unscheduled:
                raise faults.unschedulable(pod.unscheduled)
            raise faults.not_started(
                pod.waiting_message or pod.waiting if pod is not None else "no pod was made"
            )
        return pod

    async def _ask_why(self) -> None:
        """Raise RuntimeFailure where the cluster says why it makes no pod."""
        reports = await self._cluster.list_failures(self.name)
        lasting = [report for report in reports if not faults.is_collision(report)]
        if lasting:
            raise faults.pod_refused(lasting[-1])

    async def _attach(self, pod: str) -> None:
        socket = await self._cluster.attach(pod)
        if socket is not None:
            self._attached = Attached(socket, lambda: self._lost(self))
            await self._attached.send(CALL)

    async def run(self, feed: bytes, limits: Limits, reader: Reader) -> Ended:
        """Feed the job to the script, and read until it ends or must be ended."""
        begin_s = _SPARE_BEGIN_S if self._is_waiting else _BEGIN_S
        self._is_waiting = False
        if self._attached is None:
            return Ended(Ending.GONE, 0.0)
        sending = _start(self._attached.send(feed))
        try:
            return await self._listen(self._attached, limits.wall_s, begin_s, reader)
        finally:
            sending.cancel()
            await asyncio.wait([sending])

    async def _listen(self, attached: Attached, wall_s: float, begin_s: float, reader: Reader) -> Ended:
        began = time.monotonic()
        deadline = began + begin_s
        wishing = _start(self._wish.wait())
        receiving = _start(attached.receive())
        try:
            while True:
                timeout = max(deadline - time.monotonic(), 0)
                done, _ = await asyncio.wait(
                    {receiving, wishing}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
                )
                if receiving in done:
                    came = receiving.result()
                    if came is None:
                        return await self._find_end(attached, reader, time.monotonic() - began)
                    had_begun = reader.has_begun
                    reader.take(*came)
                    if reader.has_begun and not had_begun:
                        began = time.monotonic()
                        deadline = began + wall_s
                    receiving = _start(attached.receive())
                trailer = reader.trailer
                took_s = time.monotonic() - began
                if trailer is not None and not _needs_word_of_cluster(trailer):
                    return Ended(Ending.SAID, took_s, trailer.exit_code, bool(trailer.was_memory))
                if trailer is not None:
                    await attached.send(_END)  # nothing is on its way any more that its end could lose
                    return await self._find_end(attached, reader, took_s)
                ending = self._find_reason(reader, deadline)
                if ending is not None:
                    return Ended(ending, took_s)
        finally:
            for task in (wishing, receiving):
                task.cancel()
            await asyncio.wait([wishing, receiving])

    def _find_reason(self, reader: Reader, deadline: float) -> Ending | None:
        """Say why the job must end now; None where it may go on."""
        if self._wish.is_set():
            return Ending.ENDED
        if reader.is_over:
            return Ending.OUTPUT
        if time.monotonic() >= deadline:
            return Ending.TIME if reader.has_begun else Ending.NEVER_BEGAN
        return None

    async def _find_end(self, attached: Attached, reader: Reader, took_s: float) -> Ended:
        """Say how a container ended whose streams have: the cluster tells at its node's next report."""
        reader.finish()
        if reader.is_over:
            return Ended(Ending.OUTPUT, took_s)
        until = time.monotonic() + (_CUT_S if attached.is_cut else _END_S)
        while (left := until - time.monotonic()) > 0 and not self._wish.is_set():
            pod = self._followed.sighting
            if pod is not None and (pod.ended or pod.is_gone):
                break
            await self._followed.news(left)
        pod = self._followed.sighting
        trailer = reader.trailer
        if trailer is not None:
            return Ended(Ending.SAID, took_s, trailer.exit_code, pod=pod)
        if pod is not None and pod.is_gone and not pod.reason:
            pod = replace(pod, reason=await self._ask_why_gone(until))
        return Ended(Ending.CUT if attached.is_cut else Ending.GONE, took_s, pod=pod)

    async def _ask_why_gone(self, until: float) -> str:
        """Return why the Job failed, which its controller says a moment after it has taken the pod away."""
        while (why := await self._cluster.why_failed(self.name)) == "":
            left = until - time.monotonic()
            if left <= 0 or self._wish.is_set():
                break
            await self._followed.news(min(left, _LOOK_S))
        return why or ""

    async def stop(self) -> None:
        """End what runs in the container, and wait until it has ended."""
        if self._attached is None:
            return
        await self._attached.send(_END)
        try:
            async with asyncio.timeout(_END_S):
                while await self._attached.receive() is not None:
                    pass  # nobody wants it any more
        except TimeoutError:
            pass  # its Job is removed, which the node obeys without the container's help

    async def remove(self) -> None:
        """Close the connection and remove the Job; one that is gone, or was never made, is no error."""
        if self._attached is not None:
            await self._attached.aclose()
        self._watch.forget(self.name)
        if self._has_job:
            await self._cluster.delete_job(self.name)


def _needs_word_of_cluster(trailer: Trailer) -> bool:
    """Whether a compiler was killed and nobody inside counts: under gVisor, whose kernel is its own."""
    return trailer.was_memory is None and trailer.exit_code == _KILLED


def _start(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.get_running_loop().create_task(work)
