"""What is true of the Docker runtime on Podman alone: what a container shows, what Podman does not tell."""

from __future__ import annotations

import asyncio
import io
import os
import tarfile
from contextlib import closing
from dataclasses import replace

import docker
import pytest

from tests.conformance.podman_service import podman_address
from tests.conformance.traces import make_marker, processes_with, until
from wic_runtimes import ownership
from wic_runtimes.contract import Outcome
from wic_runtimes.docker import podman
from wic_runtimes.errors import ImageUnavailable, JobEvicted, RuntimeUnavailable
from wic_runtimes.labels import OWNER
from wic_runtimes.registry import create_runtime

pytestmark = pytest.mark.engine("docker")

PROBE = r"""
for n in CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Groups; do
    grep "^$n:" /proc/self/status
done | tr -s '\t ' ' '
echo "sys:" $(ls -d /sys/* /sys/fs/*)
echo "writable:" $(cut -d' ' -f2 /proc/mounts | while read -r d; do touch "$d/x" && echo "$d"; done 2>&-)
echo "executable:" $(grep -e ' rw,' /proc/mounts | grep -v -e noexec | cut -d' ' -f2)
echo "interfaces: $(sed 1,2d /proc/net/dev | cut -d: -f1 | tr -d ' ' | tr '\n' ' ')"
echo "mounts:" $(cut -d' ' -f2 /proc/mounts | grep -v -e '^/proc' -e '^/dev' -e '^/sys' | sort)
echo "sockets: $(perl -e 'use Socket; socket(my $s, $_, 1, 0) and print "$_ " for (1, 2, 10, 16, 17, 40)')"
echo "files:" $(ls -A /run /tmp /var/tmp /dev/shm /dev/mqueue | grep -v :)
"""


@pytest.fixture
def api(podman_bench):
    with closing(docker.APIClient(podman_address(), version="auto")) as client:
        yield client


def ours(api):
    label = f"{OWNER}={ownership.own_label()}"
    return [one["Id"] for one in api.containers(all=True, filters={"label": [label]})]


async def test_what_a_program_inside_sees(podman_bench):
    """No capability, no socket, nothing that can be written; of /sys its own control groups."""
    output = await podman_bench.sh(PROBE)
    assert output.stdout.decode().splitlines() == [
        *(f"Cap{kind}: 0000000000000000" for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")),
        "NoNewPrivs: 1",
        "Seccomp: 2",
        "Groups: 65534 ",
        "sys: /sys/fs /sys/fs/cgroup",
        "writable:",
        "executable:",
        "interfaces: lo ",
        "mounts: / /etc/hostname /etc/hosts /run /run/podman-init /src /tmp /var/tmp",
        "sockets: ",
        "files: lock mount podman-init",
    ], output


@pytest.mark.parametrize("ending", ["exit 0", "exit 1", "kill -9 $$"])
async def test_a_flood_of_memory_is_told_whatever_the_compiler_says_of_it(podman_bench, ending):
    """Podman does not tell; the container's own control group does, each time."""
    script = f"perl -e 'my @a; push @a, q{{x}} x 1_000_000 while 1' & wait $!; {ending}"
    outputs = [await podman_bench.sh(script, memory_bytes=64_000_000) for _ in range(5)]
    assert {output.outcome for output in outputs} == {Outcome.OUT_OF_MEMORY}


AFTER_A_FLOOD = """
count() { grep -w oom_kill /proc/vmstat; }
before=$(count)
until [ "$(count)" != "$before" ]; do sleep 0.1; done
exit 3
"""
"""Ends when the kernel has ended some process of this machine for memory."""


async def test_a_flood_of_memory_elsewhere_is_not_held_against_a_job(podman_bench):
    """The counter is the container's own, though the kernel has one for the whole machine."""
    marker = make_marker()
    quiet = asyncio.create_task(podman_bench.sh(AFTER_A_FLOOD, marker, wall_s=60))
    await until(lambda: bool(processes_with(marker)))
    loud = await podman_bench.sh(
        "perl -e 'my @a; push @a, q{x} x 1_000_000 while 1'", memory_bytes=64_000_000
    )
    assert loud.outcome is Outcome.OUT_OF_MEMORY
    output = await quiet
    assert (output.outcome, output.exit_code) == (Outcome.FINISHED, 3)


async def test_without_that_counter_a_flood_of_memory_is_no_verdict(podman_bench, monkeypatch):
    """Only the machine's count is left, which does not say who was killed: not even that all is well."""
    monkeypatch.setattr(podman, "OWN_COUNTERS", ())
    eats = "perl -e 'my @a; push @a, q{x} x 1_000_000 while 1' & wait $!; exit 0"
    with pytest.raises(JobEvicted, match="does not tell whether it was this compiler"):
        await podman_bench.sh(eats, memory_bytes=64_000_000)


@pytest.mark.parametrize("how", ["kill", "remove_container"])
async def test_a_container_that_is_ended_from_outside_is_no_verdict(podman_bench, api, how):
    """Podman tells of neither; an end that nobody explains is not called the compiler's."""
    marker = make_marker()
    task = asyncio.create_task(podman_bench.sh("sleep 600", marker, wall_s=60))
    await until(lambda: bool(processes_with(marker)))
    force = {"force": True} if how == "remove_container" else {}
    for container in ours(api):
        await asyncio.to_thread(getattr(api, how), container, **force)
    with pytest.raises(JobEvicted):
        await task


async def test_code_that_kills_all_inside_is_no_verdict_either(podman_bench):
    """It looks the same from outside, and is never taken for a compiler that was content."""
    with pytest.raises(JobEvicted, match="Podman does not tell why"):
        await podman_bench.sh("kill -9 -1")


async def test_an_image_without_sh_is_refused(podman_bench, api):
    """There the compiler's end could only be told by Podman, which does not tell enough."""
    name = f"localhost/wic-test-no-sh-{os.getpid()}:latest"  # an import passes over any other tag
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("cc"))
    api.import_image_from_data(stream.getvalue(), repository=name.removesuffix(":latest"))
    try:
        job = replace(podman_bench.under_test.shell("true"), argv=("/cc",), image=name)
        with pytest.raises(ImageUnavailable, match="needs a POSIX sh and tar"):
            await podman_bench.runtime.compile(job)
    finally:
        await podman_bench.runtime.aclose()
        api.remove_image(name, force=True)


@pytest.mark.usefixtures("podman_bench")
async def test_gvisor_is_refused():
    """Podman names every runtime class that it ever heard of; and inside there were no kernel's counter."""
    runtime = create_runtime("docker", {"address": podman_address(), "runtime_class": "runsc"})
    try:
        health = await runtime.health()
        assert not health.usable
        assert "does not tell which runtime classes" in health.reason
        with pytest.raises(RuntimeUnavailable):
            await runtime.find_images(["gcc:12"])
    finally:
        await runtime.aclose()


async def test_no_container_is_left(podman_bench, api):
    """After closing, Podman knows of none of ours, whatever became of the jobs."""
    limits = ({}, {"output_bytes": 10}, {"wall_s": 0.3})
    await asyncio.gather(*(podman_bench.sh("yes | head -c 5000; sleep 1", **each) for each in limits))
    assert ours(api)
    await podman_bench.runtime.aclose()
    assert ours(api) == []
