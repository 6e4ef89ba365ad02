"""What Podman is asked for in other words, which one is refused, and what its silence means."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from wic_runtimes.contract import CompileJob, Limits, Outcome
from wic_runtimes.docker.engine import examine
from wic_runtimes.docker.judging import Ended, Ending, judge
from wic_runtimes.docker.podman import find_podman_weakness, for_podman, podman_version
from wic_runtimes.docker.sealed import SealedProfile, is_seen
from wic_runtimes.docker.seccomp import make_profile
from wic_runtimes.docker.spec import Host, container_configuration, kind_of
from wic_runtimes.errors import ImageUnavailable, JobEvicted, RuntimeUnavailable
from wic_runtimes.inside.script import BEGUN, MACHINE_COUNTER, NO_PROGRAM, SCRIPT
from wic_runtimes.inside.stream import STDOUT, Reader

JOB = CompileJob("one", ("gcc", "main.c"), image="gcc:12", limits=Limits(tmp_bytes=1000))
INFO = {
    "OSType": "linux",
    "SecurityOptions": ["name=seccomp,profile=default"],
    "MemoryLimit": True,
    "PidsLimit": True,
    "CgroupVersion": "1",
    "Rootless": False,
    "NCPU": 2,
    "MemTotal": 1000,
    "Runtimes": {"runc": {"path": ""}, "runsc": {"path": ""}},
}
VERSION = {"Components": [{"Name": "Podman Engine", "Version": "4.3.1"}, {"Name": "Conmon", "Version": "2"}]}
DOCKER = {"Components": [{"Name": "Engine", "Version": "28.0.0"}]}
COVER = "ro,noexec,nosuid,nodev,size=4k,mode=0555"


def test_what_podman_is_asked_for_in_other_words():
    """What it refuses is said otherwise, what it passes over is covered, and all else stays as it is."""
    kind = kind_of(JOB, Host(cpus=8, memory_bytes=2**34))
    docker = container_configuration(kind, {"a": "b"})
    podman = for_podman(docker, "/proc/7/fd/8")
    host, docker_host = podman.pop("HostConfig"), docker.pop("HostConfig")
    assert podman.pop("Cmd") == [
        *docker.pop("Cmd"),
        "/sys/fs/cgroup/memory/memory.oom_control",
        "/sys/fs/cgroup/memory.events",
    ]
    assert podman == docker
    assert host.pop("SecurityOpt") == ["no-new-privileges", "seccomp=/proc/7/fd/8"]
    assert docker_host.pop("SecurityOpt")[0] == "no-new-privileges"
    assert host.pop("Tmpfs") == {
        **dict.fromkeys(("/dev/mqueue", "/dev/shm", "/run", "/sys", "/var/tmp"), COVER),  # noqa: S108
        "/src": "rw,noexec,nosuid,nodev,size=8388608,mode=0700,U",
        "/tmp": "rw,noexec,nosuid,nodev,size=1000,mode=1777",  # noqa: S108
    }
    del docker_host["Tmpfs"]
    assert host.pop("Ulimits") == [
        *docker_host.pop("Ulimits"),
        {"Name": "nproc", "Soft": 4096, "Hard": 4096},
    ]
    assert [*host.pop("MaskedPaths"), "/sys"] == docker_host.pop("MaskedPaths")
    assert host == docker_host


def test_a_tmp_that_is_not_asked_for_is_covered_as_well():
    """With a read-only root Podman would make one that can be written and executed from."""
    kind = kind_of(CompileJob("one", ("gcc",), image="gcc:12"), Host(cpus=8, memory_bytes=2**34))
    tmp = for_podman(container_configuration(kind, {}), "p")["HostConfig"]["Tmpfs"]["/tmp"]  # noqa: S108
    assert tmp == "ro,noexec,nosuid,nodev,size=4096,mode=0555"


def test_podman_is_known_by_its_own_word():
    """An engine that does not say what it is made of is taken for Docker."""
    assert [podman_version(version) for version in (VERSION, DOCKER, {})] == ["4.3.1", "", ""]


@pytest.mark.parametrize(
    ("change", "version", "is_local", "said"),
    [
        ({}, "4.3.1", True, ""),
        ({}, "5.0.0-dev", True, ""),
        ({"Rootless": True, "CgroupVersion": "2"}, "4.3.1", True, ""),
        ({"Rootless": True}, "4.3.1", True, "cannot limit memory"),
        ({"SecurityOptions": ["name=seccomp", "name=rootless"]}, "4.3.1", True, "cannot limit memory"),
        ({}, "3.4.4", True, "version 4 or newer"),
        ({}, "None", True, "version 4 or newer"),
        ({}, "4.3.1", False, "another machine"),
    ],
)
def test_a_podman_that_cannot_be_made_to_isolate_is_refused(change, version, is_local, said):
    """Fail closed, with the reason."""
    weakness = find_podman_weakness({**INFO, **change}, version, is_local=is_local)
    assert said in weakness
    assert bool(weakness) == bool(said)


def test_where_docker_may_be_podman_may_not():
    """Docker takes the profile by value, from anywhere; Podman reads it from its own machine."""
    there = "tcp://10.0.0.1:2375"
    assert examine(INFO, DOCKER, there, "runsc", is_local=False).is_gvisor
    assert not examine(INFO, DOCKER, there, "", is_local=False).needs_script
    assert examine(INFO, VERSION, "unix:///p", "", is_local=True) == Host(2, 1000, is_podman=True)
    with pytest.raises(RuntimeUnavailable, match="cannot isolate a compile: it is Podman on another machine"):
        examine(INFO, VERSION, there, "", is_local=False)
    with pytest.raises(RuntimeUnavailable, match="does not tell which runtime classes"):
        examine(INFO, VERSION, "unix:///p", "runsc", is_local=True)


def test_the_profile_is_a_file_that_nobody_can_change():
    """Other processes read it whole by our number; writing to it fails; closed, it is gone."""
    profile = SealedProfile()
    path = profile.open()
    try:
        assert profile.open() == path
        done = subprocess.run(["/bin/cat", path], capture_output=True, check=True, timeout=10)
        assert json.loads(done.stdout) == make_profile()
        with Path(path).open("r+b", buffering=0) as file, pytest.raises(PermissionError):
            file.write(b"{}")
        with Path(path).open("r+b", buffering=0) as file, pytest.raises(PermissionError):
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, 0)
        with Path(path).open("r+b", buffering=0) as file, pytest.raises(PermissionError):
            file.truncate(0)
    finally:
        profile.close()
    profile.close()
    assert not os.path.lexists(path) or "wic-seccomp" not in str(Path(path).readlink())


def test_who_listens_on_a_local_socket_is_seen(tmp_path):
    """A listener of this machine has a number here."""
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as door:
        listener.bind(str(tmp_path / "p"))
        listener.listen()
        door.connect(str(tmp_path / "p"))
        assert is_seen(door)


def reader_that_heard(said):
    reader = Reader(1000, "mark")
    reader.take(STDOUT, said)
    return reader


@pytest.mark.parametrize("code", [0, 1, 137])
@pytest.mark.parametrize(
    ("ending", "said"), [(Ending.SAID, "killed for memory"), (Ending.GONE, "does not tell why")]
)
def test_an_end_that_podman_does_not_explain_is_no_verdict(ending, said, code):
    """Neither FINISHED nor CRASHED is said by guess."""
    ended = Ended(ending, code, 0.1, is_unexplained=True)
    with pytest.raises(JobEvicted, match=said):
        judge(ended, reader_that_heard(BEGUN), JOB)


def test_what_needs_no_explanation_is_said_all_the_same():
    """No such compiler, no shell; and memory where the container's own control group tells."""
    with pytest.raises(ImageUnavailable, match="has no compiler gcc"):
        judge(Ended(Ending.GONE, 1, 0.1, is_unexplained=True), reader_that_heard(NO_PROGRAM), JOB)
    with pytest.raises(ImageUnavailable, match="needs a POSIX sh and tar"):
        judge(Ended(Ending.GONE, 1, 0.1, is_unexplained=True), reader_that_heard(b""), JOB)
    with pytest.raises(JobEvicted):
        judge(Ended(Ending.GONE, 137, 0.1, is_unexplained=True), reader_that_heard(b""), JOB)
    told = Ended(Ending.SAID, 0, 0.1, was_out_of_memory=True)
    assert judge(told, reader_that_heard(BEGUN), JOB) == (Outcome.OUT_OF_MEMORY, None)


def test_the_script_reads_the_counter_of_the_machine_last():
    """After those that it is told of, which say it for sure."""
    assert f'counters="$* {MACHINE_COUNTER}"' in SCRIPT
