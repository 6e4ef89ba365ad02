"""What a compile costs the API server, in requests: counted, not timed."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.conformance.kubernetes_ground import lay_ground
from tests.conformance.traces import until
from wic_runtimes.contract import Outcome

pytestmark = pytest.mark.engine("kubernetes")


async def test_a_warm_compile_costs_a_handful(lonely_ground):
    """One Job is made and one removed; nothing is looked up, and no status is asked for.

    Alone, since where others fill the node pods that wait give way, and that costs more.
    """
    ground = lonely_ground
    await ground.warm_up()
    before, began = ground.runtime.requests, time.monotonic()
    compiles = 5
    for _ in range(compiles):
        await until(lambda: ground.count_spares() > 0)
        assert await ground.works()
    await until(lambda: ground.count_spares() > 0)
    after = ground.runtime.requests
    spent = {what: after[what] - before.get(what, 0) for what in after}
    print(f"requests of {compiles} warm compiles: {spent}")
    assert spent["create job"] <= compiles + 1
    assert spent["delete job"] <= compiles + 1
    assert spent["create configmap"] == spent["list pods"] == spent["watch pods"] == 0
    # These are asked for once a minute, and where the cluster is slow to make a pod.
    seldom = spent.get("list networkpolicies", 0) + spent.get("list events", 0)
    assert sum(spent.values()) - spent["attach"] - seldom <= 2 * (compiles + 1)
    # A pod's start is asked for some thirty times within its first seconds, and then twice a second.
    assert spent["attach"] <= 30 * (compiles + 1) + 2 * (time.monotonic() - began)


async def test_many_jobs_share_one_watch(namespace):
    """Each is told of its own pod, by one stream for all."""
    async with lay_ground(namespace, spares=False) as ground:
        outputs = await asyncio.gather(*(ground.sh("echo $1", str(number)) for number in range(12)))
        assert [output.stdout for output in outputs] == [b"%d\n" % number for number in range(12)]
        assert {output.outcome for output in outputs} == {Outcome.FINISHED}
        requests = ground.runtime.requests
        print(f"requests of 12 cold compiles at once: {requests}")
        assert requests["watch pods"] == requests["list pods"] == 1
        assert requests["create job"] == requests["create configmap"] == 12
        await until(lambda: ground.left() == [])
        assert ground.runtime.requests["delete job"] == 12
