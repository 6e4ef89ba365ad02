"""A job that is cancelled is gone from the cluster within seconds, however far it had come.

The Job, its pod and its ConfigMap: each test has a namespace of its own and sees that nothing is left there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from tests.conformance.kubernetes_ground import Ground, lay_ground
from tests.conformance.traces import until
from wic_runtimes.contract import CompileOutput
from wic_runtimes.kubernetes.cluster import Cluster
from wic_runtimes.kubernetes.spec import START_S

pytestmark = pytest.mark.engine("kubernetes")

GONE_S = 30.0


async def cancel(ground: Ground, task: asyncio.Task[CompileOutput]) -> None:
    """Cancel a job: it is given up soon, and then nothing of it is left."""
    assert not task.done()
    task.cancel()
    await asyncio.wait([task], timeout=GONE_S)
    assert task.cancelled()
    await until(lambda: ground.left() == [], within_s=GONE_S)


@pytest.fixture
async def cold_ground(namespace):
    """Give a test its own ground, where no pod waits: nothing is there but what a job has."""
    async with lay_ground(namespace, spares=False) as ground:
        yield ground


@pytest.mark.parametrize("what", ["create_job", "create_config_map", "attach"])
async def test_while_the_cluster_is_asked(cold_ground, monkeypatch, what):
    """The answer is waited for, so that nothing is made that nobody knows of (white-box)."""
    ground = cold_ground
    is_asked = hold(monkeypatch, what)
    task = ground.start()
    go_on = await is_asked
    task.cancel()
    go_on.set()
    await asyncio.wait([task], timeout=GONE_S)
    assert task.cancelled()
    await until(lambda: ground.left() == [], within_s=GONE_S)
    monkeypatch.undo()
    assert await ground.works()


def hold(monkeypatch: pytest.MonkeyPatch, what: str) -> asyncio.Future[asyncio.Event]:
    """Have the next such request wait for an event once it is answered; return when it is made."""
    is_asked: asyncio.Future[asyncio.Event] = asyncio.get_running_loop().create_future()
    ask: Callable[..., object] = getattr(Cluster, what)

    async def ask_and_wait(*words, **named):
        answer = await ask(*words, **named)
        if not is_asked.done():
            go_on = asyncio.Event()
            is_asked.set_result(go_on)
            await go_on.wait()
        return answer

    monkeypatch.setattr(Cluster, what, ask_and_wait)
    return is_asked


async def test_while_its_pod_is_pending(namespace):
    """Also one that no node has room for."""
    async with lay_ground(namespace, cpu="1000") as ground:
        task = ground.start()
        await until(lambda: bool(ground.pods()))
        await cancel(ground, task)


async def test_while_its_image_is_waited_for(cold_ground):
    """The streams of a container that does not run yet are asked for again and again."""
    ground = cold_ground
    task = ground.start(image="wic.invalid/none:1")
    await until(lambda: ground.runtime.requests.get("attach", 0) > 1 or task.done())
    await cancel(ground, task)


async def test_while_its_compiler_runs(cold_ground):
    """Which ends with its connection."""
    await cancel(cold_ground, await cold_ground.begin())


async def test_while_its_compiler_runs_in_a_pod_that_waited(namespace):
    """Likewise; the next pod that waits is made all the same, and is gone when the runtime is closed."""
    async with lay_ground(namespace) as ground:
        running = (await ground.warm_up(wall_s=600)).rpartition("-")[0]
        task = await ground.begin()
        task.cancel()
        await asyncio.wait([task], timeout=GONE_S)
        assert task.cancelled()
        await until(lambda: not any(running in one for one in ground.left()), within_s=GONE_S)
    await until(lambda: ground.left() == [], within_s=GONE_S)


async def test_closing_waits_for_no_pod_that_is_to_wait(namespace, monkeypatch):
    """One that does not start keeps no server from ending (white-box)."""

    async def not_yet(*_):
        return None

    async with lay_ground(namespace) as ground:
        assert await ground.works()
        monkeypatch.setattr(Cluster, "attach", not_yet)
        await until(lambda: len(ground.living()) == 1)
        began = time.monotonic()
    assert time.monotonic() - began < START_S / 2
    await until(lambda: ground.left() == [], within_s=GONE_S)


@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8])
async def test_at_any_moment(cold_ground, after_s):
    """Many at once, as when somebody types."""
    ground = cold_ground
    tasks = [ground.start() for _ in range(4)]
    await asyncio.sleep(after_s)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=GONE_S)
    assert all(task.cancelled() for task in tasks)
    await until(lambda: ground.left() == [], within_s=GONE_S)
