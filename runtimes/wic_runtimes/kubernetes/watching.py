"""One watch for all pods of one server, however many jobs it has.

It begins with the first job, is taken up again where it broke off, and lists afresh where the API server has
forgotten so much that it cannot go on (410). Where nothing can be seen any more, those that wait are told.
All state belongs to the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from wic_runtimes.errors import RuntimeFailure, RuntimeUnavailable
from wic_runtimes.kubernetes import faults
from wic_runtimes.kubernetes.cluster import Cluster
from wic_runtimes.kubernetes.patience import Patience, persist
from wic_runtimes.kubernetes.sightings import Sighting, job_of, read_pod

_log = logging.getLogger(__name__)

# Some twenty seconds of trying in all: an API server that is restarted answers within them.
_PATIENCE: Final = Patience(tries=9, first_s=0.1, longest_s=5.0)


class Followed:
    """The pod of one Job, as last seen: None before the first time. `failure` says why not any more."""

    def __init__(self) -> None:
        self.sighting: Sighting | None = None
        self.failure: RuntimeFailure | None = None
        self._news = asyncio.Event()

    def see(self, sighting: Sighting | None, failure: RuntimeFailure | None = None) -> None:
        """Note what was seen, or that nothing can be seen."""
        self.sighting, self.failure = sighting, failure
        self._news.set()

    def wake(self) -> None:
        """Let whoever waits for news look again."""
        self._news.set()

    async def news(self, within_s: float) -> None:
        """Wait until something was seen since the last call, or until that time has passed."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), within_s)
        self._news.clear()


class PodWatch:
    """Follows the pods with the labels that `selector` names."""

    def __init__(self, cluster: Cluster, selector: str) -> None:
        self._cluster = cluster
        self._selector = selector
        self._followed: dict[str, Followed] = {}
        self._watching: asyncio.Task[None] | None = None

    def follow(self, job: str) -> Followed:
        """Follow the pod of a Job that is about to be made."""
        followed = self._followed[job] = Followed()
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch(), name="kubernetes: watch")
            self._watching.add_done_callback(self._ended)
        return followed

    def forget(self, job: str) -> None:
        """Follow it no longer."""
        self._followed.pop(job, None)

    async def _watch(self) -> None:
        """Watch until nothing can be seen any more; then say so to all that wait."""
        pause_s = _PATIENCE.first_s
        try:
            while True:
                version = await self._list()
                try:
                    async for change, pod in self._cluster.watch_pods(self._selector, version):
                        pause_s = _PATIENCE.first_s
                        if change in {"ADDED", "MODIFIED", "DELETED"}:
                            self._see(pod, is_gone=change == "DELETED")
                except RuntimeUnavailable as failure:
                    if faults.is_refusal(failure):
                        raise
                    _log.debug("the watch broke off: %s", failure)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * _PATIENCE.factor, _PATIENCE.longest_s)
        except RuntimeFailure as failure:
            self._give_up(failure)

    def _give_up(self, failure: RuntimeFailure) -> None:
        for followed in self._followed.values():
            followed.see(followed.sighting, failure)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Let nobody wait for a watch that has ended by a fault of our own."""
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("Watching pods failed.", exc_info=fault)
            self._give_up(faults.watch_failed(fault))

    async def _list(self) -> str:
        """Look at all pods afresh, and return the version to watch from."""
        pods, version = await persist(lambda: self._cluster.list_pods(self._selector), _PATIENCE, _is_silence)
        self._see_all(pods)
        return version

    def _see_all(self, pods: Iterable[Mapping[str, Any]]) -> None:
        seen = {job_of(pod): pod for pod in pods}
        for pod in seen.values():
            self._see(pod, is_gone=False)
        for job, followed in self._followed.items():
            if job not in seen and followed.sighting is not None:
                followed.see(replace(followed.sighting, is_gone=True))

    def _see(self, pod: Mapping[str, Any], *, is_gone: bool) -> None:
        followed = self._followed.get(job_of(pod))
        if followed is not None:
            followed.see(read_pod(pod, is_gone=is_gone))

    async def aclose(self) -> None:
        """Watch no longer."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])


def _is_silence(failure: Exception) -> bool:
    return isinstance(failure, RuntimeUnavailable) and not faults.is_refusal(failure)
