"""What bubblewrap is asked for, as a value: a pure function from a job and the host's layout to arguments.

Every line of the isolation is decided here, so that a test can hold the whole of it. Nothing here looks at
the machine; what the machine has comes in as `HostLayout`. Nothing here may ever become a shell string.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from wic_runtimes.contract import SOURCE_DIR, CompileJob, Limits

NOBODY: Final = 65534
"""The user and group that the compiler believes to be, and on a root server really is."""

GATE_WORD: Final = b"--unshare-user\0"
"""What opens the gate. Other arguments require this one: bubblewrap refuses to run where it never came."""

_CROWD: Final = 4096
"""The process limit where the kernel counts all processes of the user, not those of the sandbox."""


@dataclass(frozen=True, slots=True)
class HostLayout:
    """What of the host every sandbox needs.

    `bwrap` and `prlimit` are absolute paths; `libraries` are the loader's own folders; `links` are the
    top-level symbolic links (`/lib` -> `usr/lib`) that programs expect. `ceilings` are the server's own hard
    limits, by prlimit's words, which no sandbox can exceed. `counts_apart` says that the kernel counts each
    sandbox's processes by themselves (Linux 5.14).
    """

    bwrap: str
    prlimit: str
    libraries: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    ceilings: tuple[tuple[str, int], ...] = ()
    counts_apart: bool = True


@dataclass(frozen=True, slots=True)
class Mounts:
    """What of the host one job's compiler needs: real folders and files, and links that lead to them."""

    paths: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Descriptors:
    """The file descriptors that one sandbox is given.

    `gate` is a pipe that lets bubblewrap begin, `hold` one that lets it go on once all is built but the
    files; `status` is where bubblewrap reports; `seccomp` holds the filter; `program` is bubblewrap itself,
    which must not reach the compiler, or -1; `files` are the job's files, in their order.
    """

    gate: int
    hold: int
    status: int
    seccomp: int
    program: int
    files: tuple[int, ...]


def bwrap_arguments(
    job: CompileJob,
    mounts: Mounts,
    layout: HostLayout,
    descriptors: Descriptors,
    *,
    name: str,
    bound_memory: bool,
) -> tuple[str, ...]:
    """Return bubblewrap's whole argument vector for one job.

    `name` is what bubblewrap is called in the list of processes. `bound_memory` asks for a limit on each
    process's address space, where no control group holds the memory of all of them.
    """
    bound = outermost((*layout.libraries, layout.prlimit, *mounts.paths))
    arguments = [
        name,
        # Empty until the gate is opened: bubblewrap reads it to its end before it does anything at all.
        # What comes is GATE_WORD, which --uid, --gid and --disable-userns require.
        *("--args", str(descriptors.gate)),
        *("--json-status-fd", str(descriptors.status)),
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--unshare-cgroup", "--disable-userns"),
        *("--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "wic"),
        *("--cap-drop", "ALL", "--new-session", "--die-with-parent", "--clearenv"),
        *("--seccomp", str(descriptors.seccomp)),
    ]
    if descriptors.program >= 0:
        # bubblewrap closes this descriptor before it starts the program.
        arguments += ["--sync-fd", str(descriptors.program)]
    for key, value in job.environment:
        arguments += ["--setenv", key, value]
    for path in bound:
        arguments += ["--ro-bind", path, path]
    for path, target in dict.fromkeys((*layout.links, *mounts.links)):
        if not any(PurePosixPath(path).is_relative_to(outer) for outer in bound):
            arguments += ["--symlink", target, path]
    arguments += ["--dev-bind", "/dev/urandom", "/dev/urandom", "--dir", SOURCE_DIR]
    # Reading this file to its end is where bubblewrap waits for the job; the device then covers the file.
    arguments += ["--file", str(descriptors.hold), "/dev/null", "--dev-bind", "/dev/null", "/dev/null"]
    for file, descriptor in zip(job.files, descriptors.files, strict=True):
        arguments += ["--file", str(descriptor), f"{SOURCE_DIR}/{file.path}"]
    if job.needs_own_path:
        # There is no /proc. What the program's own processes would read there is not theirs, but this.
        arguments += ["--symlink", job.argv[0], "/proc/self/exe"]
    if job.limits.tmp_bytes:
        arguments += ["--perms", "1777", "--size", str(job.limits.tmp_bytes), "--tmpfs", "/tmp"]  # noqa: S108
    arguments += ["--chdir", SOURCE_DIR, "--remount-ro", "/", "--"]
    return (*arguments, *limit_arguments(layout, job.limits, bound_memory=bound_memory), "--", *job.argv)


def limit_arguments(layout: HostLayout, limits: Limits, *, bound_memory: bool) -> tuple[str, ...]:
    """Return the words that set the limits from inside, where the process count is the sandbox's own."""
    wanted = {
        "cpu": limits.cpu_s,
        "core": 0,
        "fsize": limits.file_bytes,
        "nofile": limits.open_files,
        "nproc": limits.processes if layout.counts_apart else max(limits.processes, _CROWD),
    }
    if bound_memory:
        wanted["as"] = limits.memory_bytes + limits.address_bytes
    ceilings = dict(layout.ceilings)
    words = (f"--{word}={min(value, ceilings.get(word, value))}" for word, value in wanted.items())
    return (layout.prlimit, *words)


def outermost(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths without repetition and without those that lie below another one."""
    kept: list[PurePosixPath] = []
    for path in sorted({PurePosixPath(path) for path in paths}):
        if not any(path.is_relative_to(outer) for outer in kept):
            kept.append(path)
    return tuple(str(path) for path in kept)
