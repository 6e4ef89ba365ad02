"""What is true of the Docker runtime alone: what a container shows, its images, and outside interference."""

from __future__ import annotations

import asyncio
import json
import subprocess
from dataclasses import replace

import pytest

from tests.conformance.runtimes_under_test import IMAGE
from tests.conformance.traces import make_marker, processes_with, until
from wic_runtimes import labels, ownership
from wic_runtimes.contract import Image, Limits, Outcome
from wic_runtimes.errors import ImageUnavailable, JobEvicted, JobRejected, RuntimeUnavailable
from wic_runtimes.inside import script
from wic_runtimes.labels import BOOT, MACHINE, OWNER, own_labels
from wic_runtimes.registry import create_runtime

pytestmark = pytest.mark.engine("docker")


def docker(*words: str) -> str:
    """Run the engine's own command; `rm --force` of what is gone is no error."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def ours() -> list[str]:
    return docker("ps", "--all", "--quiet", "--filter", f"label={OWNER}={ownership.own_label()}").split()


async def test_an_image_that_is_not_there_is_said_and_never_pulled(docker_bench):
    """With the command that gets it."""
    job = replace(docker_bench.under_test.shell("true"), image="gcc:0")
    with pytest.raises(ImageUnavailable, match=r"The image gcc:0 .* wic images pull gcc:0\."):
        await docker_bench.runtime.compile(job)
    missing, there = await docker_bench.runtime.find_images(["gcc:0", IMAGE])
    assert missing == Image("gcc:0", "", "Get it: wic images pull gcc:0.")
    assert there.digest.startswith("sha256:")
    pinned = replace(docker_bench.under_test.shell("echo it"), image=f"{IMAGE}@{there.digest}")
    assert (await docker_bench.runtime.compile(pinned)).stdout == b"it\n"


async def test_a_runtime_class_that_is_not_registered_is_said(docker_bench):
    """Before any job, with those that are; nothing is compiled by another in its place."""
    registered = ", ".join(sorted(json.loads(docker("info", "--format", "{{json .Runtimes}}"))))
    runtime = create_runtime("docker", {"runtime_class": "nowhere"})
    try:
        health = await runtime.health()
        assert not health.usable
        assert "has no runtime class 'nowhere'" in health.reason
        assert health.remedy.endswith(f"set wic.runtimeClass to one of {registered}.")
        with pytest.raises(RuntimeUnavailable, match="has no runtime class 'nowhere'"):
            await runtime.compile(docker_bench.under_test.shell("true"))
    finally:
        await runtime.aclose()


async def test_a_job_that_is_refused_takes_no_container(docker_bench):
    """What waits goes on waiting for the next."""
    job = docker_bench.under_test.shell("true")
    await docker_bench.runtime.compile(job)
    await until(lambda: bool(docker_bench.runtime._spares._waiting) and len(ours()) == 1)
    waiting = ours()
    with pytest.raises(JobRejected):
        await docker_bench.runtime.compile(replace(job, argv=("-c", "true")))
    assert ours() == waiting
    assert docker_bench.runtime._spares._waiting


async def test_a_container_that_is_killed_from_outside_is_no_verdict(docker_bench):
    """Somebody's `docker kill` says nothing about the code."""
    marker = make_marker()
    task = asyncio.create_task(docker_bench.sh("sleep 600", marker, wall_s=60))
    await until(lambda: bool(processes_with(marker)))
    (container,) = ours()
    await asyncio.to_thread(docker, "kill", container)
    with pytest.raises(JobEvicted):
        await task


async def test_a_container_that_is_removed_from_outside_is_no_verdict(docker_bench):
    """Nor does `docker rm --force`."""
    marker = make_marker()
    task = asyncio.create_task(docker_bench.sh("sleep 600", marker, wall_s=60))
    await until(lambda: bool(processes_with(marker)))
    await asyncio.to_thread(docker, "rm", "--force", *ours())
    with pytest.raises(JobEvicted):
        await task


async def test_a_container_ends_by_itself_where_nobody_ends_it(docker_bench, monkeypatch):
    """The watch inside kills the compiler, its children too, a little after the server would have."""
    marker = make_marker()
    monkeypatch.setattr(script, "GRACE_S", -58)
    job = docker_bench.under_test.shell("sleep 600 & sleep 600", marker)
    output = await docker_bench.runtime.compile(replace(job, limits=Limits(wall_s=60)))
    assert (output.outcome, output.exit_code) == (Outcome.CRASHED, 137)
    assert 0.5 < output.compile_s < 20
    assert processes_with(marker) == []


async def test_only_containers_of_dead_servers_are_collected(docker_bench, monkeypatch):
    """Of this machine, that is: other machines may use the same engine."""
    machine = make_marker()  # so no other server here collects them
    monkeypatch.setattr(labels, "_machine", lambda: machine)
    own = own_labels()
    pid, start, namespace = own[OWNER].removeprefix("wic-").split("-")
    dead = f"wic-{pid}-{int(start) - 1}-{namespace}"
    kinds = {
        "dead": {**own, OWNER: dead},
        "before the last start": {**own, BOOT: "x"},
        "living": own,
        "elsewhere": {**own, OWNER: dead, MACHINE: "y"},
    }
    made = {}
    try:
        for kind, given in kinds.items():
            words = [word for pair in given.items() for word in ("--label", "=".join(pair))]
            made[kind] = docker("create", *words, IMAGE, "true").strip()
        leftovers = await docker_bench.runtime.collect_garbage()
        gone = {
            kind for kind, container in made.items() if container not in docker("ps", "-aq", "--no-trunc")
        }
        assert gone == {"dead", "before the last start"}
        assert sum(container[:12] in line for container in made.values() for line in leftovers.removed) == 2
    finally:
        docker("rm", "--force", *made.values())


async def test_no_container_is_left(docker_bench):
    """After closing, the engine knows of none of ours, whatever became of the jobs."""
    limits = ({}, {"output_bytes": 10}, {"wall_s": 0.3})
    await asyncio.gather(*(docker_bench.sh("yes | head -c 5000; sleep 1", **each) for each in limits))
    await docker_bench.runtime.aclose()
    assert ours() == []


async def test_a_flood_of_memory_ten_times_is_told_each_time(docker_bench):
    """The engine's word comes by two ways, and one of them is always in time."""
    script = "perl -e 'my @a; push @a, q{x} x 1_000_000 while 1' & wait $!; exit 1"
    outputs = [await docker_bench.sh(script, memory_bytes=64_000_000) for _ in range(10)]
    assert {output.outcome for output in outputs} == {Outcome.OUT_OF_MEMORY}
