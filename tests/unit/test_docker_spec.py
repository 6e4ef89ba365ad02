"""The whole isolation as a value: what the engine is asked for, and that no job can add a word to it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_runtimes.contract import CompileJob, JobFile, Limits
from wic_runtimes.docker.plan import plan_bare, plan_with_script
from wic_runtimes.docker.seccomp import IOCTLS, make_profile
from wic_runtimes.docker.spec import Host, container_configuration, image_name, image_reference, kind_of
from wic_runtimes.errors import ImageUnavailable, JobRejected
from wic_runtimes.inside.script import SCRIPT, pack
from wic_runtimes.syscalls import ALLOWED

DIGEST = "sha256:" + "a" * 64
JOB = CompileJob(
    "one",
    ("gcc", "-fsyntax-only", "main.c"),
    files=(JobFile("main.c", b"int x;"), JobFile("include/a.h", b"")),
    image=f"gcc:12@{DIGEST}",
    environment=(("LC_ALL", "C.UTF-8"),),
    limits=Limits(wall_s=9.5, memory_bytes=512 * 2**20, tmp_bytes=1000),
)
LABELS = {"dev.wic.owner": "wic-1-2-3"}

HOST = Host(cpus=8, memory_bytes=2**34)
MARK = "mark"

words = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)


def test_the_whole_configuration():
    """Everything that the engine is asked for, for any job of one kind."""
    configuration = container_configuration(kind_of(JOB, HOST), LABELS)
    host = configuration["HostConfig"]
    privileges, seccomp = host.pop("SecurityOpt")
    assert privileges == "no-new-privileges"
    assert json.loads(seccomp.removeprefix("seccomp=")) == make_profile()
    assert configuration == {
        "Image": DIGEST,
        "Entrypoint": ["/bin/sh", "-c", SCRIPT, "wic"],
        "Cmd": ["360", "20", ".", "-", "-", "-", "-"],
        "User": "65534:65534",
        "WorkingDir": "/src",
        "Hostname": "wic",
        "Labels": LABELS,
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "OpenStdin": True,
        "StdinOnce": True,
        "Tty": False,
        "NetworkDisabled": True,
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {
            "NetworkMode": "none",
            "IpcMode": "none",
            "PidMode": "",
            "UTSMode": "",
            "Init": True,
            "AutoRemove": False,
            "RestartPolicy": {"Name": "no"},
            "LogConfig": {"Type": "none"},
            "Privileged": False,
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "MaskedPaths": [
                "/dev/mqueue",
                "/proc/acpi",
                "/proc/asound",
                "/proc/interrupts",
                "/proc/kcore",
                "/proc/keys",
                "/proc/latency_stats",
                "/proc/sched_debug",
                "/proc/scsi",
                "/proc/timer_list",
                "/proc/timer_stats",
                "/sys",
            ],
            "ReadonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            "Memory": 536870912,
            "MemorySwap": 536870912,
            "NanoCpus": 2000000000,
            "PidsLimit": 71,
            "OomScoreAdj": 500,
            "Ulimits": [
                {"Name": "core", "Soft": 0, "Hard": 0},
                {"Name": "cpu", "Soft": 20, "Hard": 20},
                {"Name": "fsize", "Soft": 67108864, "Hard": 67108864},
                {"Name": "nofile", "Soft": 256, "Hard": 256},
            ],
            "Tmpfs": {
                "/src": "rw,noexec,nosuid,nodev,size=8388608,nr_inodes=1024,mode=0700,uid=65534,gid=65534",
                "/tmp": "rw,noexec,nosuid,nodev,size=1000,nr_inodes=4096,mode=1777",  # noqa: S108
            },
        },
    }


def test_a_tmp_that_is_not_asked_for_cannot_be_written():
    """It is there, since some runtimes would else put one there that can be written and filled."""
    kind = kind_of(replace(JOB, limits=Limits()), HOST)
    tmp = container_configuration(kind, {})["HostConfig"]["Tmpfs"]["/tmp"]  # noqa: S108
    assert tmp == "ro,noexec,nosuid,nodev,size=4096,nr_inodes=1,mode=0555"


def test_a_file_of_the_job_may_be_larger_than_what_the_compiler_may_write():
    """Unpacking the source is bound by the same limit as the compiler, and must not fail of it."""
    kind = kind_of(replace(JOB, files=(JobFile("a", b"x" * 5000),), limits=Limits(file_bytes=100)), HOST)
    fsize = container_configuration(kind, {})["HostConfig"]["Ulimits"][2]
    assert fsize == {"Name": "fsize", "Soft": 5000, "Hard": 5000}


def test_a_small_engine_is_not_asked_for_more_processors_than_it_has():
    """It would refuse."""
    kind = kind_of(JOB, replace(HOST, cpus=1))
    assert container_configuration(kind, {})["HostConfig"]["NanoCpus"] == 10**9


def test_gvisor_is_given_room_for_its_own_threads():
    """It dies, and all inside with it, where the host counts more than the limit."""
    plain = container_configuration(kind_of(JOB, HOST), LABELS)
    host = replace(HOST, runtime_class="runsc", is_gvisor=True)
    configuration = container_configuration(kind_of(JOB, host), LABELS)
    assert configuration["HostConfig"].pop("Runtime") == "runsc"
    assert configuration["HostConfig"].pop("PidsLimit") == 128 + 12 * (64 + 7)
    plain["HostConfig"].pop("PidsLimit")
    assert configuration == plain
    few = replace(JOB, limits=Limits(processes=1))
    assert kind_of(few, host).pids == 512


@given(
    argv=st.lists(words, max_size=5),
    value=words,
    content=st.binary(max_size=50),
    seconds=st.floats(1, 600),
    output=st.integers(0, 2**30),
)
def test_nothing_of_a_job_reaches_the_isolation(argv, value, content, seconds, output):
    """Whatever its words and files are, it fits into a container that was made before it."""
    limits = replace(JOB.limits, wall_s=seconds, output_bytes=output)
    job = replace(
        JOB,
        id="another",
        argv=("gcc", *argv),
        environment=(("X", value),),
        files=(JobFile("main.c", content),),
        limits=limits,
    )
    assert kind_of(job, HOST) == kind_of(JOB, HOST)
    plan = plan_with_script(kind_of(job, HOST), job, LABELS, MARK)
    assert plan.configuration == container_configuration(kind_of(JOB, HOST), LABELS)


@given(argv=st.lists(words, max_size=5), value=words)
def test_words_are_told_line_by_line(argv, value):
    """However many lines a word has, it is taken for one, and no line of it for another's."""
    job = replace(JOB, argv=("gcc", *argv), environment=(("X", value),), files=())
    plan = plan_with_script(kind_of(job, HOST), job, LABELS, MARK)
    assert plan.feed.endswith(b"\n" + pack(()))
    mark, deadline, size, *lines, end, after = plan.feed.removesuffix(pack(())).decode().split("\n")
    assert (mark, deadline, size, end, after) == (MARK, "15", str(len(pack(()))), "", "")
    told: list[str] = []
    for line in lines:
        match line[:1], line[1:]:
            case " ", first:
                told.append(first)
            case "+", more:
                told[-1] += f"\n{more}"
            case rest:
                assert rest == (".", "")
    assert told == ["gcc", f"X={value}", "gcc", *argv]


def test_a_bare_container_differs_in_nothing_but_how_the_source_comes():
    """All the isolation is the same; the compiler comes first, and of the image's variables PATH is left."""
    kind = kind_of(JOB, HOST)
    plan = plan_bare(kind, JOB, LABELS, ["PATH=/opt/bin", "SECRET=1", "LC_ALL=x"])
    assert (plan.mark, plan.feed, plan.archive) == ("", b"", pack(JOB.files))
    with_script = container_configuration(kind, LABELS)
    expected = with_script | {
        "Entrypoint": ["gcc"],
        "Cmd": ["-fsyntax-only", "main.c"],
        "Env": ["LC_ALL=C.UTF-8", "HOME", "HOSTNAME", "SECRET"],
        "AttachStdin": False,
        "OpenStdin": False,
        "StdinOnce": False,
    }
    volume = {"Type": "volume", "Target": "/src", "VolumeOptions": {"NoCopy": True, "Labels": LABELS}}
    del with_script["HostConfig"]["Tmpfs"]["/src"]
    assert plan.configuration == expected | {"HostConfig": with_script["HostConfig"] | {"Mounts": [volume]}}


@pytest.mark.parametrize("program", ["-c", "--help", "a=b", "/opt/a=b/gcc"])
def test_a_program_that_could_be_taken_for_something_else_is_refused(program):
    """What `env` would read as an option or a variable is no program."""
    job = replace(JOB, argv=(program,))
    with pytest.raises(JobRejected):
        plan_with_script(kind_of(job, HOST), job, {}, MARK)


@pytest.mark.parametrize("image", [None, ""])
def test_a_job_without_an_image_cannot_be_run(image):
    """There are no compilers but those in images."""
    with pytest.raises(ImageUnavailable):
        kind_of(replace(JOB, image=image), HOST)


def test_an_image_is_run_by_its_digest_where_the_job_names_one():
    """A tag may have moved since the compiler was asked for its version."""
    assert image_reference(f"gcc:12@{DIGEST}") == DIGEST
    assert image_reference("a:5000/gcc:12") == image_name("a:5000/gcc:12@x").removesuffix("@x")


def test_the_script_is_posix_sh():
    """It is read without a complaint, and has nothing of any job in it."""
    done = subprocess.run(["/bin/sh", "-n", "-c", SCRIPT], capture_output=True, check=False, timeout=10)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_profile_lets_through_the_table_and_nothing_else():
    """By default a call fails; clone makes no namespaces, clone3 is not there, ioctl knows a few requests."""
    profile = make_profile()
    assert (profile["defaultAction"], profile["defaultErrnoRet"]) == ("SCMP_ACT_ERRNO", 38)
    plain, clone, *ioctls, clone3 = profile["syscalls"]
    assert plain == {"names": sorted(ALLOWED), "action": "SCMP_ACT_ALLOW"}
    assert clone == {
        "names": ["clone"],
        "action": "SCMP_ACT_ALLOW",
        "args": [{"index": 0, "value": 0x7E020000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}],
    }
    assert [rule["args"][0]["valueTwo"] for rule in ioctls] == list(IOCTLS.values())
    assert all(rule["names"] == ["ioctl"] and rule["args"][0]["value"] == 0xFFFFFFFF for rule in ioctls)
    assert not {0x5412, 0x541C} & set(IOCTLS.values())
    assert clone3 == {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}
