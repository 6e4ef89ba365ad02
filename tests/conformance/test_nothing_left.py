"""After its end a runtime has left nothing: no process, no descriptor, no task, no control group."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.doomed_server import MARKER
from tests.conformance.runtimes_under_test import RUNTIMES
from tests.conformance.traces import (
    control_groups_of,
    make_marker,
    open_descriptors,
    other_tasks,
    sandboxes_of,
    until,
)
from wic_runtimes.contract import Outcome
from wic_runtimes.errors import JobEvicted, RuntimeFailure

pytestmark = pytest.mark.engine("runtimes")

DOOMED = Path(__file__).with_name("doomed_server.py")


async def test_nothing_is_left_after_jobs_of_every_kind(bench):
    """Finished, crashed, flooded, timed out and cancelled jobs leave nothing when the runtime is closed."""
    await bench.runtime.aclose()  # its connections come and go by themselves
    tasks_before = other_tasks()
    marker = make_marker()
    # A first job, since the event loop keeps a few descriptors from its first subprocess on.
    runtime = bench.under_test.create()
    await runtime.compile(bench.under_test.shell("true"))
    await runtime.aclose()
    before = open_descriptors()

    runtime = bench.under_test.create()
    jobs = [
        bench.under_test.shell("true", marker),
        bench.under_test.shell("kill -9 $$", marker),
        bench.under_test.shell("yes", marker, output_bytes=1000),
        bench.under_test.shell("sleep 600", marker, wall_s=0.5),
        bench.under_test.gcc("int x;"),
    ]
    await asyncio.gather(*(runtime.compile(job) for job in jobs))
    task = asyncio.create_task(runtime.compile(bench.under_test.shell("sleep 600", marker)))
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.wait([task])
    await runtime.aclose()
    await runtime.aclose()

    assert bench.under_test.processes(marker) == []
    assert open_descriptors() <= before
    assert other_tasks() == tasks_before
    assert control_groups_of(os.getpid()) == sandboxes_of(os.getpid()) == []


async def test_cleanup_ends_a_job(bench):
    """Cleaning up a running job kills it; whoever awaits it is told that it was taken away."""
    marker = make_marker()
    job = bench.under_test.shell("sleep 600", marker, wall_s=60)
    task = asyncio.create_task(bench.runtime.compile(job))
    await until(lambda: bool(bench.under_test.processes(marker)))
    await bench.runtime.cleanup(job.id)
    assert bench.under_test.processes(marker) == []
    with pytest.raises(JobEvicted):
        await task


async def test_cleanup_ends_a_job_that_is_just_beginning(bench):
    """Even before the compiler was started, cleaning up ends the job."""
    job = bench.under_test.shell("sleep 600", wall_s=60)
    task = asyncio.create_task(bench.runtime.compile(job))
    await asyncio.sleep(0)
    await bench.runtime.cleanup(job.id)
    with pytest.raises(JobEvicted):
        await task


async def test_cleanup_of_an_unknown_job_is_no_error(bench):
    """Whoever cleans up need not know whether there is anything."""
    await bench.runtime.cleanup("never-seen")


async def test_closing_ends_running_jobs(bench):
    """Closing kills what runs, waits for its end, and lets nothing new begin."""
    marker = make_marker()
    jobs = [bench.under_test.shell("sleep 600", marker, wall_s=60) for _ in range(3)]
    tasks = [asyncio.create_task(bench.runtime.compile(job)) for job in jobs]
    await until(lambda: len(bench.under_test.processes(marker)) >= 3)
    late = asyncio.create_task(bench.runtime.compile(bench.under_test.shell("sleep 600", marker)))
    await asyncio.sleep(0)
    await bench.runtime.aclose()
    assert bench.under_test.processes(marker) == []
    results = await asyncio.gather(*tasks, late, return_exceptions=True)
    assert [type(result) for result in results] == [JobEvicted] * 4
    with pytest.raises(RuntimeFailure):
        await bench.sh("true")


def _start_server(marker: str, *words: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, MARKER: marker}
    return subprocess.Popen([sys.executable, str(DOOMED), *words], env=environment, stdout=subprocess.PIPE)


@pytest.fixture
def turn(under_test):
    with under_test.turn():
        yield


@pytest.mark.parametrize("under_test", RUNTIMES, ids=lambda under_test: under_test.name)
async def test_a_server_that_is_killed_leaves_nothing(under_test, turn, missing_engine):
    """What a server killed with -9 during ten compiles leaves is gone after the next one's collection."""
    marker = make_marker()
    await under_test.create().aclose()  # what it needs is begun here, for the server as well
    with _start_server(marker, under_test.name, "10") as server:
        try:
            assert server.stdout is not None
            said = await asyncio.to_thread(server.stdout.readline)
            if said != b"running\n":
                missing_engine(f"{under_test.name} is not usable here: {said.decode()}")
            await until(lambda: len(under_test.processes(marker)) >= 10)
        finally:
            server.send_signal(signal.SIGKILL)
    if under_test.name.startswith("sandbox"):
        await until(lambda: under_test.processes(marker) == sandboxes_of(server.pid) == [])
    runtime = under_test.create()
    try:
        await runtime.collect_garbage()
        await until(lambda: under_test.processes(marker) == [])
        assert control_groups_of(server.pid) == []
        again = await runtime.collect_garbage()
        assert not any(f"wic-{server.pid}-" in line for line in again.removed)
    finally:
        await runtime.aclose()


async def test_collecting_garbage_spares_the_living(bench):
    """A collection by another runtime does not touch the jobs of a server that lives."""
    job = bench.under_test.shell("sleep 0.5; echo whole", wall_s=60)
    task = asyncio.create_task(bench.runtime.compile(job))
    await asyncio.sleep(0.2)
    other = bench.under_test.create()
    await other.collect_garbage()
    output = await task
    assert (output.outcome, output.stdout) == (Outcome.FINISHED, b"whole\n")
    await other.aclose()
