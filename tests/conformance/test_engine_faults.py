"""Each fault of a real engine is said as what it is, no verdict on the code, and over when it is mended.

The engine is the module's own, so it is really stopped, killed, restarted, frozen and filled. Each test goes
on with the same runtime once the engine is well, and the fixture proves that no container of ours is left.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.conformance.doomed_server import MARKER
from tests.conformance.private_engine import PrivateEngine
from tests.conformance.runtimes_under_test import IMAGE, RUNTIMES
from tests.conformance.traces import make_marker, processes_with, until
from wic_runtimes.contract import CompileOutput, Outcome
from wic_runtimes.docker import engine as engine_module
from wic_runtimes.docker.container import Container
from wic_runtimes.docker.runtime import DockerRuntime
from wic_runtimes.errors import ImageUnavailable, JobEvicted, RuntimeUnavailable

pytestmark = [
    pytest.mark.engine("docker"),
    # The SDK leaves its own end of a connection that was refused to the collector; none that stood.
    pytest.mark.filterwarnings(
        r"ignore:unclosed <socket.socket fd=\d+, family=1, type=1, proto=0>:ResourceWarning"
    ),
]

DOCKER = next(under_test for under_test in RUNTIMES if under_test.name == "docker")
DOOMED = Path(__file__).with_name("doomed_server.py")
LOST = "engine stopped or was restarted before the compiler ended"


@dataclass(frozen=True, slots=True)
class Ground:
    """An engine that may be broken, and the runtime that must bear it."""

    engine: PrivateEngine
    runtime: DockerRuntime

    async def sh(self, script: str, *words: str, image: str = IMAGE, **limits: Any) -> CompileOutput:
        """Run a script to its end."""
        return await self.runtime.compile(replace(DOCKER.shell(script, *words, **limits), image=image))

    async def begin(
        self, script: str = "sleep 600; :", image: str = IMAGE, **limits: Any
    ) -> asyncio.Task[CompileOutput]:
        """Have a job run, an endless one, and return its task."""
        marker = make_marker()
        task = asyncio.create_task(
            self.sh(script, marker, image=image, **{"wall_s": 600, **limits}), name=marker
        )
        await until(lambda: bool(processes_with(marker)))
        return task

    async def works(self) -> bool:
        """Whether a job runs to its end."""
        output = await self.sh("echo fine")
        return (output.outcome, output.exit_code, output.stdout) == (Outcome.FINISHED, 0, b"fine\n")

    def count_spares(self) -> int:
        """Return how many containers wait, by the runtime's own count."""
        return sum(1 for _ in self.runtime._spares._each())

    async def warm_up(self) -> str:
        """Run a job, and return the id of the container that waits for the next one."""
        assert await self.works()
        await until(lambda: self.count_spares() == 1 and len(self.engine.ours()) == 1)
        return self.engine.ours()[0]


@pytest.fixture
async def ground(own_engine) -> AsyncIterator[Ground]:
    runtime = DockerRuntime(keeps_spares=True, address=own_engine.url)
    try:
        yield Ground(own_engine, runtime)
    finally:
        own_engine.mend()
        await runtime.aclose()
        gc.collect()  # while the warning is expected


def docker_words(words: str, container: str) -> tuple[str, ...]:
    return (*words.split(), container)


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_an_engine_that_is_down_is_said_and_found_again(ground, end):
    """Containers that waited when it went are no reason for anything."""
    await ground.warm_up()
    getattr(ground.engine, end)()
    with pytest.raises(
        RuntimeUnavailable, match=r"^No container engine answers at .*docker\.sock\."
    ) as raised:
        await ground.sh("true")
    assert "Start it" in raised.value.remedy
    assert not (await ground.runtime.health()).usable
    await until(lambda: ground.count_spares() == 0)
    ground.engine.start()
    assert await ground.works()
    assert (await ground.runtime.health()).usable
    await until(lambda: ground.count_spares() == 1)


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_an_engine_that_was_restarted_between_two_jobs_is_no_event(ground, end):
    """The next job runs, though the containers that waited have died and every connection is stale."""
    await ground.warm_up()
    getattr(ground.engine, end)()
    ground.engine.start()
    assert await ground.works()


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_an_engine_that_goes_in_mid_compile_is_no_verdict(ground, end):
    """Neither "finished" nor "crashed": the compiler was taken away."""
    task = await ground.begin()
    await asyncio.to_thread(getattr(ground.engine, end))
    with pytest.raises(JobEvicted, match=LOST) as raised:
        await task
    assert "run it again" in raised.value.remedy
    ground.engine.start()
    assert await ground.works()


@pytest.mark.parametrize(
    "case",
    [("sleep 600; :", ()), ("sleep 4; :", ("--live-restore",))],
    ids=["ended", "live-restore"],
)
@pytest.mark.parametrize("without", ["", "tar"], ids=["script", "bare"])
@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_an_engine_that_is_back_at_once_is_not_believed(ground, monkeypatch, end, without, case):
    """A service manager holds its socket open, so the question how a compiler ended comes to the next daemon.

    That one has seen nothing: it tells the exit code of its own ending of the container, or, where containers
    live on, that of a compiler whose output is lost.
    """
    inspect = docker.APIClient.inspect_container
    is_back = threading.Event()

    def inspect_later(api, container):
        assert is_back.wait(120)
        return inspect(api, container)

    script, options = case
    image = ground.engine.bring_image(without=without)
    ground.engine.stop()
    ground.engine.start(*options)
    task = await ground.begin(script, image)
    monkeypatch.setattr(docker.APIClient, "inspect_container", inspect_later)
    await asyncio.to_thread(getattr(ground.engine, end))
    if options:  # it ends while there is no engine
        await until(lambda: not processes_with(task.get_name()))
    await asyncio.to_thread(ground.engine.start, *options)
    is_back.set()
    with pytest.raises(JobEvicted):
        await task
    ground.engine.bring_image()
    assert await ground.works()


async def test_a_frozen_engine_is_no_verdict(ground, monkeypatch):
    """Nor is it the compiler that took too long; it is over when the engine goes on."""
    task = await ground.begin(wall_s=6)
    monkeypatch.setattr(engine_module, "_TIMEOUT_S", 1)
    monkeypatch.setattr(ground.runtime._connection.current.api, "timeout", 1)  # it is connected already
    ground.engine.freeze()
    with pytest.raises(JobEvicted, match=LOST):
        await task
    with pytest.raises(RuntimeUnavailable, match=r"did not answer in time\.") as raised:
        await ground.sh("true")
    assert "restart the engine" in raised.value.remedy
    monkeypatch.undo()
    ground.engine.thaw()
    assert await ground.works()


async def test_a_full_disk_is_said_and_over_when_there_is_room(ground):
    """A container that was made before it was full still serves; the next one cannot be made."""
    await ground.warm_up()
    ground.engine.fill()
    assert await ground.works()
    with pytest.raises(RuntimeUnavailable, match=r"disk is full\.") as raised:
        await ground.sh("true")
    assert "docker system prune" in raised.value.remedy
    ground.engine.free()
    assert await ground.works()
    await until(lambda: ground.count_spares() == 1)


@contextmanager
def ordinary_user():
    """Be nobody for a while."""
    os.setegid(65534)
    groups = os.getgroups()
    os.setgroups([])
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setgroups(groups)
        os.setegid(0)


async def test_a_socket_without_permission_names_the_group(ground):
    """Whoever may not use the engine is told how to be allowed to."""
    assert await ground.works()
    ground.runtime._connection.forget(ground.runtime._connection.current)
    with ordinary_user():
        health = await ground.runtime.health()
        with pytest.raises(RuntimeUnavailable, match="may not be used by this user") as raised:
            await ground.sh("true")
    assert (health.usable, health.reason, health.remedy) == (False, raised.value.reason, raised.value.remedy)
    assert "its group (docker)" in health.remedy
    assert await ground.works()


async def test_an_image_that_was_removed_is_said(ground):
    """By the name that brings it back, though the job named it by its digest."""
    await ground.warm_up()
    digest = (await ground.runtime.find_images([IMAGE]))[0].digest
    ground.engine.docker("rm", "--force", *ground.engine.ours())
    ground.engine.docker("image", "rm", "--force", IMAGE)
    with pytest.raises(ImageUnavailable, match=rf"^The image {IMAGE} is not on this engine\.") as raised:
        await ground.sh("true", image=f"{IMAGE}@{digest}")
    assert (raised.value.remedy, raised.value.image) == (f"Get it: wic images pull {IMAGE}.", IMAGE)
    ground.engine.bring_image()
    assert await ground.works()


async def test_an_image_that_was_replaced_is_used_from_the_next_job_on(ground):
    """The container that waits in the old one is removed, and the next one waits in the new."""
    old = f"{IMAGE}@{(await ground.runtime.find_images([IMAGE]))[0].digest}"
    await ground.sh("true", image=old)
    await until(lambda: ground.count_spares() == 1 and len(ground.engine.ours()) == 1)
    (waiting,) = ground.engine.ours()
    new = f"{IMAGE}@{ground.engine.bring_image()}"
    assert new != old
    assert (await ground.sh("true", image=new)).outcome is Outcome.FINISHED
    await until(lambda: ground.count_spares() == 1 and len(ground.engine.ours()) == 1)
    (now_waiting,) = ground.engine.ours()
    assert now_waiting != waiting
    image = ground.engine.docker("inspect", "--format", "{{.Image}}", now_waiting).strip()
    assert image == new.partition("@")[2]


@pytest.mark.parametrize("is_seen", [True, False], ids=["seen", "unseen"])
@pytest.mark.parametrize("words", ["kill", "rm --force", "pause"])
async def test_what_becomes_of_a_container_that_waits_fails_no_job(ground, monkeypatch, words, is_seen):
    """Killed, removed or paused, noticed or not (white-box: as where it happens as the job comes)."""
    waiting = await ground.warm_up()
    if not is_seen:
        monkeypatch.setattr(Container, "is_waiting", True)
    ground.engine.docker(*docker_words(words, waiting))
    assert await ground.works()
    await until(lambda: waiting not in ground.engine.ours())


@pytest.mark.parametrize("words", ["kill", "kill --signal TERM", "stop", "rm --force"])
async def test_a_container_that_is_ended_from_outside_is_no_verdict(ground, words):
    """Somebody's command says nothing about the code."""
    task = await ground.begin()
    (running,) = ground.engine.ours()
    await asyncio.to_thread(ground.engine.docker, *docker_words(words, running))
    with pytest.raises(JobEvicted, match=r"was (killed|removed)"):
        await task
    assert await ground.works()


async def test_limits_are_told_apart_from_faults(ground):
    """Memory by the engine's word, time by ours: of a container that somebody paused, too."""
    hungry = await ground.sh("tail /dev/zero", memory_bytes=32_000_000)
    assert hungry.outcome is Outcome.OUT_OF_MEMORY
    assert (await ground.sh("sleep 600", wall_s=0.3)).outcome is Outcome.TIMED_OUT
    await until(lambda: ground.count_spares() == 2)
    waiting = set(ground.engine.ours())
    task = await ground.begin(wall_s=10, open_files=128)
    (running,) = set(ground.engine.ours()) - waiting
    await asyncio.to_thread(ground.engine.docker, "pause", running)
    assert (await task).outcome is Outcome.TIMED_OUT


async def test_a_container_has_an_owner_before_it_is_started(ground, monkeypatch):
    """Where the engine dies in between, what it has made is found by its label, and removed."""
    start = docker.APIClient.start

    def start_on_nothing(api, container):
        ground.engine.kill()
        start(api, container)

    monkeypatch.setattr(docker.APIClient, "start", start_on_nothing)
    with pytest.raises(RuntimeUnavailable):
        await ground.sh("true")
    monkeypatch.undo()
    ground.engine.start()
    (made,) = ground.engine.ours()
    assert ground.engine.docker("inspect", "--format", "{{.State.Status}}", made) == "created\n"
    assert await ground.works()
    await until(lambda: made not in ground.engine.ours())


def start_doomed(engine: str, marker: str, *, jobs: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, str(DOOMED), "docker", str(jobs)]
    environment = {**os.environ, "DOCKER_HOST": engine, MARKER: marker}
    return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)


async def test_a_server_that_is_killed_during_twenty_compiles_leaves_nothing(ground):
    """Nor do its containers that waited: they end by themselves, and the next server removes what is left."""
    marker = make_marker()
    with start_doomed(ground.engine.url, marker, jobs=20) as server:
        try:
            await until(lambda: len(processes_with(marker)) >= 20 and len(ground.engine.ours()) > 20)
        finally:
            server.send_signal(signal.SIGKILL)
    await ground.runtime.collect_garbage()
    assert processes_with(marker) == []
    assert ground.engine.ours() == []
