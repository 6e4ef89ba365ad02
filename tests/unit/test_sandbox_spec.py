"""The whole isolation as a value: bubblewrap's argument vector, and that no job can add a word to it."""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from wic_runtimes.contract import CompileJob, JobFile, Limits, check_job
from wic_runtimes.errors import JobRejected
from wic_runtimes.sandbox.spec import (
    GATE_WORD,
    Descriptors,
    HostLayout,
    Mounts,
    bwrap_arguments,
    limit_arguments,
    outermost,
)

LAYOUT = HostLayout(
    bwrap="/usr/bin/bwrap",
    prlimit="/usr/bin/prlimit",
    libraries=("/usr/lib64", "/usr/lib/x86_64-linux-gnu"),
    links=(("/lib", "usr/lib"), ("/lib64", "usr/lib64")),
)
JOB = CompileJob(
    "one",
    ("/usr/bin/gcc-13", "-fsyntax-only", "main.c"),
    files=(JobFile("main.c", b"int x;"), JobFile("include/a.h", b"")),
    roots=("/usr/lib/gcc",),
    environment=(("LC_ALL", "C.UTF-8"),),
    limits=Limits(tmp_bytes=1000),
)
MOUNTS = Mounts(("/usr/bin/gcc-13", "/usr/lib/gcc"), (("/opt/gcc", "/usr/lib/gcc"),))
DESCRIPTORS = Descriptors(gate=3, hold=9, status=4, seccomp=5, program=6, files=(7, 8))


def arguments(job=JOB, mounts=MOUNTS, descriptors=DESCRIPTORS, *, bound_memory=False):
    return bwrap_arguments(
        job, mounts, LAYOUT, descriptors, name="bwrap:wic-1-2-3", bound_memory=bound_memory
    )


def test_the_whole_argument_vector():
    """Every word that bubblewrap is given for one job on a root server, in its order."""
    assert arguments() == (
        "bwrap:wic-1-2-3",
        *("--args", "3"),
        *("--json-status-fd", "4"),
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup",
        "--disable-userns",
        *("--uid", "65534"),
        *("--gid", "65534"),
        *("--hostname", "wic"),
        *("--cap-drop", "ALL"),
        "--new-session",
        "--die-with-parent",
        "--clearenv",
        *("--seccomp", "5"),
        *("--sync-fd", "6"),
        *("--setenv", "LC_ALL", "C.UTF-8"),
        *("--ro-bind", "/usr/bin/gcc-13", "/usr/bin/gcc-13"),
        *("--ro-bind", "/usr/bin/prlimit", "/usr/bin/prlimit"),
        *("--ro-bind", "/usr/lib/gcc", "/usr/lib/gcc"),
        *("--ro-bind", "/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"),
        *("--ro-bind", "/usr/lib64", "/usr/lib64"),
        *("--symlink", "usr/lib", "/lib"),
        *("--symlink", "usr/lib64", "/lib64"),
        *("--symlink", "/usr/lib/gcc", "/opt/gcc"),
        *("--dev-bind", "/dev/urandom", "/dev/urandom"),
        *("--dir", "/src"),
        *("--file", "9", "/dev/null"),
        *("--dev-bind", "/dev/null", "/dev/null"),
        *("--file", "7", "/src/main.c"),
        *("--file", "8", "/src/include/a.h"),
        *("--perms", "1777", "--size", "1000", "--tmpfs", "/tmp"),  # noqa: S108 - the sandbox's own
        *("--chdir", "/src"),
        *("--remount-ro", "/"),
        "--",
        "/usr/bin/prlimit",
        "--cpu=20",
        "--core=0",
        "--fsize=67108864",
        "--nofile=256",
        "--nproc=64",
        "--",
        "/usr/bin/gcc-13",
        "-fsyntax-only",
        "main.c",
    )


def test_the_gate_holds_back_what_the_rest_requires():
    """The user namespace is asked for by the gate's word alone: without it bubblewrap refuses to run."""
    assert GATE_WORD == b"--unshare-user\0"
    assert "--unshare-user" not in arguments()
    assert "--disable-userns" in arguments()


def test_an_ordinary_user_lends_no_program():
    """Where bubblewrap is started by its path, no descriptor of it is kept."""
    assert "--sync-fd" not in arguments(descriptors=Descriptors(3, 9, 4, 5, -1, (7, 8)))


def test_without_a_control_group_the_address_space_is_bound():
    """Where no group bounds the tree, each process's address space is bounded."""
    assert "--as=1073741824" in arguments(bound_memory=True)


def test_what_is_reserved_of_addresses_is_no_memory():
    """It is granted beside the memory, and only where addresses are what is bound."""
    job = replace(JOB, limits=Limits(address_bytes=1 << 30))
    assert "--as=2147483648" in arguments(job, bound_memory=True)
    assert not any(word.startswith("--as=") for word in arguments(job))


def test_a_program_that_asks_where_it_lies_is_told():
    """At the one place below /proc that there is then; any other job has no /proc at all."""
    told = ("--symlink", "/usr/bin/gcc-13", "/proc/self/exe")
    words = arguments(replace(JOB, needs_own_path=True))
    at = words.index("/proc/self/exe")
    assert words[at - 2 : at + 1] == told
    assert not any("/proc" in word for word in arguments())


def test_limits_above_our_own_are_clamped():
    """A hard limit of the server cannot be raised, so asking for more would fail: it is asked for instead."""
    layout = HostLayout("b", "p", (), (), ceilings=(("nofile", 128), ("cpu", 1000)))
    words = limit_arguments(layout, Limits(), bound_memory=False)
    assert "--nofile=128" in words
    assert "--cpu=20" in words


def test_where_all_of_the_users_processes_count_the_limit_leaves_room():
    """Before Linux 5.14 the user's desktop counts too: 64 would forbid the compiler any child."""
    words = limit_arguments(HostLayout("b", "p", (), (), counts_apart=False), Limits(), bound_memory=False)
    assert "--nproc=4096" in words


def test_links_below_a_bound_folder_are_not_made_again():
    """What a bound folder holds already is not put over it."""
    words = arguments(mounts=Mounts(("/opt/x",), (("/opt/x/current", "v1"),)))
    assert "/opt/x/current" not in words


def test_outermost_keeps_no_folder_twice():
    """A folder below another that is bound is there already; one that only looks alike is not."""
    assert outermost(("/usr/lib", "/usr/lib/gcc", "/usr/lib64", "/usr/lib")) == ("/usr/lib", "/usr/lib64")


TEXT = st.one_of(
    st.sampled_from(["--bind", "--", "--ro-bind", "/", "-", "--file", "--args", "--share-net", "--uid", "0"]),
    st.text(alphabet=string.ascii_letters + string.digits + "-=/. \n\0'\"$;", max_size=12),
)
JOBS = st.builds(
    CompileJob,
    id=st.just("x"),
    argv=st.lists(TEXT, min_size=1, max_size=4).map(tuple),
    files=st.lists(st.builds(JobFile, TEXT, st.just(b"")), max_size=3).map(tuple),
    environment=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
)

OPERANDS = {
    **dict.fromkeys(("--args", "--json-status-fd", "--uid", "--gid", "--hostname", "--cap-drop"), 1),
    **dict.fromkeys(("--seccomp", "--sync-fd", "--dir", "--chdir", "--remount-ro", "--perms", "--size"), 1),
    **dict.fromkeys(("--ro-bind", "--symlink", "--dev-bind", "--file", "--setenv"), 2),
    "--tmpfs": 1,
}


def parse(words):
    """Read an argument vector as bubblewrap does: options with their operands, then the command."""
    options, rest = [], list(words[1:])
    while rest:
        word = rest.pop(0)
        if word == "--":
            return options, rest
        options.append((word, *(rest.pop(0) for _ in range(OPERANDS.get(word, 0)))))
    raise AssertionError


@given(JOBS)
def test_no_job_can_smuggle_an_argument(job):
    """Whatever a job's words are, bubblewrap and prlimit read them as what they stand for or get no job."""
    try:
        check_job(job)
    except JobRejected:
        return
    descriptors = Descriptors(3, 999, 4, 5, 6, tuple(range(7, 7 + len(job.files))))
    options, command = parse(arguments(job, descriptors=descriptors))
    hold, *files = [option for option in options if option[0] == "--file"]
    assert hold == ("--file", "999", "/dev/null")
    assert files == [
        ("--file", str(number), f"/src/{file.path}") for number, file in enumerate(job.files, start=7)
    ]
    assert all(
        PurePosixPath(path).is_relative_to("/src") and ".." not in path.split("/") for *_, path in files
    )
    assert [option for option in options if option[0] == "--setenv"] == [
        ("--setenv", *pair) for pair in job.environment
    ]
    assert all(name and "=" not in name for name, _ in job.environment)
    fixed, _ = parse(arguments(CompileJob("x", ("gcc",)), descriptors=Descriptors(3, 999, 4, 5, 6, ())))
    assert [option for option in options if option not in files and option[0] != "--setenv"] == fixed
    assert command[: command.index("--")] == list(limit_arguments(LAYOUT, job.limits, bound_memory=False))
    assert tuple(command[command.index("--") + 1 :]) == job.argv
