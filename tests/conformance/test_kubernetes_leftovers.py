"""Nothing of ours stays in the cluster: after hundreds of compiles and cancels, and after a kill -9.

What a killed server left ends by itself at once, since its connections do; its Jobs are then removed by the
cluster after their time to live, or before by the next server. A Job whose ConfigMap its server was killed
before making never starts, and ends by its deadline.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conformance.busy_server import WALL_S as BUSY_WALL_S
from tests.conformance.kubernetes_ground import Ground, lay_ground
from tests.conformance.traces import make_marker, processes_with, until
from wic_runtimes.contract import CompileOutput, Outcome
from wic_runtimes.inside.script import GRACE_S
from wic_runtimes.kubernetes.spec import START_S, TTL_S

pytestmark = pytest.mark.engine("kubernetes")

SERVER = Path(__file__).with_name("busy_server.py")
COMPILES = 200
AT_ONCE = 12
SOON_S = 30.0
UNCALLED_S = 180.0
"""How long after its server's end a pod may start, wait in vain for twenty seconds, and be seen to end."""

A_WHILE_S = 90.0
"""How much later than the time to live the cluster's controllers may be, on a machine that is busy."""


async def compile_or_cancel(ground: Ground, number: int, room: asyncio.Semaphore) -> CompileOutput | None:
    """Run one job; every fourth is cancelled at some moment. Return what came of it."""
    async with room:
        task = ground.start("echo $1", str(number), wall_s=60)
        if number % 4 == 0:
            await asyncio.wait([task], timeout=(number * 37 % 200) / 100)
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            return None


async def test_two_hundred_compiles_and_cancels_leave_nothing(ground):
    """None is lost, and the namespace is as empty as before when the runtime is closed."""
    room = asyncio.Semaphore(AT_ONCE)
    outputs = await asyncio.gather(*(compile_or_cancel(ground, number, room) for number in range(COMPILES)))
    for number, output in enumerate(outputs):
        if output is None:
            assert number % 4 == 0, f"compile {number} was lost"
        else:
            assert (output.outcome, output.stdout) == (Outcome.FINISHED, b"%d\n" % number)
    print(f"{sum(output is not None for output in outputs)} ended; requests: {ground.runtime.requests}")
    await ground.runtime.aclose()
    await until(lambda: ground.left() == [], within_s=A_WHILE_S)


@contextmanager
def busy_server(namespace: str, marker: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server that compiles and cancels without end in that namespace; it is killed at the end."""
    with subprocess.Popen(
        [sys.executable, str(SERVER), namespace, marker], stdout=subprocess.PIPE, env=os.environ
    ) as server:
        try:
            yield server
        finally:
            server.kill()


async def run_and_kill(ground: Ground) -> None:
    """Have a server at full work, with jobs in every state, and kill it. Its compilers end at once.

    A pod that it had not yet found to run has waited for it for a while, and ends as well. What is left is
    pods that cannot start.
    """
    marker = make_marker()
    others, unended = {*ground.living()}, ground.unended()
    with busy_server(ground.namespace, marker) as server:
        assert server.stdout is not None
        for _ in range(40):  # so many of its compiles have ended, and as many run, start or wait
            assert (await asyncio.to_thread(server.stdout.readline)).startswith(b"ended ")
        await until(lambda: len(processes_with(marker)) > 1)
        server.send_signal(signal.SIGKILL)
        server.wait()
        assert {*ground.living()} > others
    await until(lambda: processes_with(marker) == [], within_s=SOON_S)
    await until(lambda: ground.unended() == unended, within_s=UNCALLED_S)


async def test_a_killed_server_leaves_nothing_after_the_time_to_live(namespace):
    """Nobody need help: the pods end at once, and the cluster removes the Jobs with all that is theirs."""
    async with lay_ground(namespace) as ground:
        await run_and_kill(ground)
        deadline_s = START_S + BUSY_WALL_S + GRACE_S if ground.unstartable() else 0
        await until(lambda: ground.left() == [], within_s=deadline_s + TTL_S + A_WHILE_S)


async def test_the_next_server_removes_what_a_killed_one_left(namespace):
    """At once, and nothing else."""
    async with lay_ground(namespace) as ground:
        await ground.warm_up()
        own = {job.metadata.name for job in ground.jobs()}
        await run_and_kill(ground)
        removed = (await ground.runtime.collect_garbage()).removed
        assert removed
        await until(lambda: {job.metadata.name for job in ground.jobs()} == own, within_s=SOON_S)
        await until(lambda: len(ground.left()) == 2, within_s=SOON_S)
        assert ground.count_spares() == 1
        assert (await ground.runtime.collect_garbage()).removed == ()
    await until(lambda: ground.left() == [], within_s=SOON_S)
