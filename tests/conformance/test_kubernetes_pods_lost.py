"""A pod that is taken from under a compiler is no verdict on the code, and the next job works.

The cluster is real, and so is what happens to its pods. Each test has a namespace of its own, where nothing
of ours may be left.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conformance.kubernetes_ground import Ground
from tests.conformance.kubernetes_namespace import api, batch_api
from tests.conformance.traces import until
from wic_runtimes.contract import Outcome
from wic_runtimes.errors import JobEvicted
from wic_runtimes.kubernetes.pod import Pod

pytestmark = pytest.mark.engine("kubernetes")

AGAIN = "run it again"


def delete(ground: Ground, pod: str, **options: Any) -> None:
    """Delete a pod as kubectl does: in time, or with `grace_period_seconds=0` by force."""
    api().delete_namespaced_pod(pod, ground.namespace, **options)


def evict(ground: Ground, pod: str) -> None:
    """Have a pod leave its node, as `kubectl drain` does for each."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": ground.namespace},
    }
    api().create_namespaced_pod_eviction(pod, ground.namespace, eviction)


def only_pod(ground: Ground) -> str:
    """Return the name of the one pod that there is."""
    (pod,) = ground.pods()
    return str(pod.metadata.name)


@pytest.mark.parametrize("options", [{}, {"grace_period_seconds": 0}], ids=["in time", "by force"])
async def test_a_pod_that_is_deleted_in_mid_compile_is_no_verdict(ground, options):
    """Neither "finished" nor "crashed": somebody took the compiler away."""
    task = await ground.begin()
    await asyncio.to_thread(delete, ground, only_pod(ground), **options)
    with pytest.raises(JobEvicted, match=r"pod was deleted before its compiler ended\.") as raised:
        await task
    assert AGAIN in raised.value.remedy
    assert await ground.works()


async def test_a_job_that_is_deleted_in_mid_compile_is_no_verdict(ground):
    """Its pod goes with it, and that is what is said."""
    task = await ground.begin()
    (job,) = ground.jobs()
    await asyncio.to_thread(
        batch_api().delete_namespaced_job,
        job.metadata.name,
        ground.namespace,
        propagation_policy="Foreground",
    )
    with pytest.raises(JobEvicted, match=r"pod was deleted before its compiler ended\.") as raised:
        await task
    assert AGAIN in raised.value.remedy
    assert await ground.works()


async def test_a_pod_that_is_evicted_is_no_verdict(ground):
    """By the Eviction API, which a drain uses for each pod."""
    task = await ground.begin()
    await asyncio.to_thread(evict, ground, only_pod(ground))
    with pytest.raises(JobEvicted, match=r"was taken away: its node is being drained\.") as raised:
        await task
    assert AGAIN in raised.value.remedy
    assert await ground.works()


async def test_a_job_whose_deadline_passes_is_no_verdict(ground):
    """The cluster's own deadline is later than any of ours, unless somebody shortens it."""
    task = await ground.begin()
    (job,) = ground.jobs()
    patch = {"spec": {"activeDeadlineSeconds": 1}}
    await asyncio.to_thread(batch_api().patch_namespaced_job, job.metadata.name, ground.namespace, patch)
    with pytest.raises(JobEvicted, match=r"Job passed its deadline in the cluster\.") as raised:
        await task
    assert AGAIN in raised.value.remedy
    assert await ground.works()


async def test_memory_is_told_apart_from_a_pod_that_was_taken(ground):
    """A compiler that is killed for memory is no fault, whether one process of it is, or all are at once."""
    one = "perl -e '$x = \"x\" x 500_000_000'; echo survived"
    all_at_once = "for i in 1 2 3 4; do perl -e '$x = \"x\" x 500_000_000' & done; wait; exit 1"
    for script in (one, all_at_once, "exec tail /dev/zero"):
        # On a busy node, a small share of a processor fills its memory more slowly than a compile may take.
        assert (await ground.sh(script, wall_s=60)).outcome is Outcome.OUT_OF_MEMORY
    assert await ground.works()


@pytest.mark.parametrize("is_seen", [True, False], ids=["seen", "unseen"])
@pytest.mark.parametrize("end", [delete, evict])
async def test_what_becomes_of_a_pod_that_waits_fails_no_job(ground, monkeypatch, end, is_seen):
    """Deleted or evicted, noticed or not (white-box: as where it happens as the job comes)."""
    waiting = await ground.warm_up()
    if not is_seen:
        monkeypatch.setattr(Pod, "is_waiting", True)
    await asyncio.to_thread(end, ground, waiting)
    assert await ground.works()
    await until(lambda: waiting not in [pod.metadata.name for pod in ground.pods()])


async def test_a_pod_that_waits_and_is_deleted_is_not_handed_out(ground):
    """Its end is noticed while nobody needs it."""
    waiting = await ground.warm_up()
    await asyncio.to_thread(delete, ground, waiting)
    await until(lambda: ground.count_spares() == 0)
    assert await ground.works()
