"""A namespace of one test's own on the tests' cluster, to be spoilt, and a runtime that must bear it."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.conformance.kubernetes_namespace import (
    api,
    batch_api,
    make_namespace,
    remove_namespace,
)
from tests.conformance.runtimes_under_test import IMAGE, RUNTIMES
from tests.conformance.traces import make_marker, processes_with, until
from wic_runtimes.contract import CompileOutput, Outcome
from wic_runtimes.kubernetes.runtime import KubernetesRuntime
from wic_runtimes.labels import OWNER
from wic_runtimes.registry import create_runtime

KUBERNETES: Final = next(under_test for under_test in RUNTIMES if under_test.name == "kubernetes")
SMALL: Final = {"memory_bytes": 128 * 1024 * 1024}
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Ground:
    """A namespace that may be spoilt, and a runtime that compiles there."""

    namespace: str
    runtime: KubernetesRuntime

    async def sh(self, script: str, *words: str, image: str = IMAGE, **limits: Any) -> CompileOutput:
        """Run a script to its end, in a small pod."""
        job = KUBERNETES.shell(script, *words, **{**SMALL, **limits})
        return await self.runtime.compile(replace(job, image=image))

    def start(self, script: str = "sleep 600; :", *words: str, **more: Any) -> asyncio.Task[CompileOutput]:
        """Ask for a job, an endless one, and return its task."""
        return asyncio.create_task(self.sh(script, *words, **{"wall_s": 600, **more}))

    async def begin(self, script: str = "sleep 600; :", **more: Any) -> asyncio.Task[CompileOutput]:
        """Have a job run, an endless one, and return its task."""
        marker = make_marker()
        task = self.start(script, marker, **more)
        await until(lambda: bool(processes_with(marker)) or task.done())
        assert not task.done(), task.result()
        return task

    async def works(self, **limits: Any) -> bool:
        """Whether a job runs to its end."""
        output = await self.sh("echo fine", **limits)
        return (output.outcome, output.exit_code, output.stdout) == (Outcome.FINISHED, 0, b"fine\n")

    def count_spares(self) -> int:
        """Return how many pods wait, by the runtime's own count."""
        return sum(1 for _ in self.runtime._spares._each())

    async def warm_up(self, **limits: Any) -> str:
        """Have a pod wait for the next job with such limits, and return its name.

        Where others fill the node, pods that are to wait are given up; then a job is run again.
        """
        wanted = self.runtime._spares._wanted
        while not self.count_spares():
            if not wanted:
                assert await self.works(**limits)
            await until(lambda: self.count_spares() > 0 or not wanted)
        await until(lambda: self.count_spares() == 1 and len(self.living()) == 1)
        return self.living()[0]

    def living(self) -> Sequence[str]:
        """Return the names of our pods whose containers have not ended."""
        return [str(pod.metadata.name) for pod in self.pods() if pod.status.phase in {"Pending", "Running"}]

    def unstartable(self) -> Sequence[str]:
        """Return the names of our pods that wait for a ConfigMap that is not there."""
        there = {one.metadata.name for one in self.config_maps()}
        return [
            str(pod.metadata.name)
            for pod in self.pods()
            if pod.status.phase == "Pending"
            and not there.issuperset(one.config_map.name for one in pod.spec.volumes or () if one.config_map)
        ]

    def unended(self) -> set[str]:
        """Return the names of our Jobs that have not ended, but for those that cannot start."""
        stuck = {pod.rpartition("-")[0] for pod in self.unstartable()}
        return {str(job.metadata.name) for job in self.jobs() if not is_over(job)} - stuck

    def pods(self) -> Sequence[Any]:
        """Return our pods."""
        return list(api().list_namespaced_pod(self.namespace, label_selector=OWNER).items)

    def jobs(self) -> Sequence[Any]:
        """Return our Jobs."""
        return list(batch_api().list_namespaced_job(self.namespace, label_selector=OWNER).items)

    def config_maps(self) -> Sequence[Any]:
        """Return our ConfigMaps."""
        return list(api().list_namespaced_config_map(self.namespace, label_selector=OWNER).items)

    def left(self) -> list[str]:
        """Return the kind and name of all that is there of ours."""
        found = {"Job": self.jobs(), "Pod": self.pods(), "ConfigMap": self.config_maps()}
        return [f"{kind} {one.metadata.name}" for kind, them in found.items() for one in them]


def nodes_take_pods() -> bool:
    """Whether no node is closed: for some seconds after it was lost, or its API server, it still is."""
    return not any(node.spec.taints or node.spec.unschedulable for node in api().list_node().items)


def is_over(job: Any) -> bool:
    """Whether a Job has ended, so that the cluster removes it in time."""
    ends = {"Complete", "Failed"}
    return any(one.type in ends and one.status == "True" for one in job.status.conditions or ())


@asynccontextmanager
async def lay_ground(namespace: str, *, spares: bool = True, **settings: object) -> AsyncIterator[Ground]:
    """Give a runtime there, with further settings; it is closed at the end."""
    said = {"namespace": namespace, "cpu": "100m", **settings}
    runtime = create_runtime("kubernetes", {"kubernetes": said, "spares": spares})
    assert isinstance(runtime, KubernetesRuntime)
    try:
        yield Ground(namespace, runtime)
    finally:
        await runtime.aclose()


@contextmanager
def own_namespace(*, is_closed: bool = True) -> Iterator[str]:
    """Make a namespace that takes pods, and remove it at the end."""
    name = f"wic-test-{os.getpid()}-{next(_numbers)}-{int(time.time())}"
    make_namespace(name, is_closed=is_closed)
    try:
        _await(lambda: api().list_namespaced_service_account(name).items, "a service account")
        yield name
    finally:
        remove_namespace(name)


def _await(is_there: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not is_there():
        assert time.monotonic() < deadline, f"the cluster does not make {what}"
        time.sleep(0.05)
