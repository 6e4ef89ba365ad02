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


@dataclass(frozen=True, slots=True)
class HostLayout:
    """What of the host every sandbox needs.

    `bwrap` and `prlimit` are absolute paths; `libraries` are the loader's own folders; `links` are the
    top-level symbolic links (`/lib` -> `usr/lib`) that programs expect.
    """

    bwrap: str
    prlimit: str
    libraries: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Descriptors:
    """The file descriptors that one sandbox is given. -1 where there is none.

    `gate` is a pipe whose closing starts the sandbox; `status` is where bubblewrap reports; `program` is
    bubblewrap itself, which must not reach the compiler; `files` are the job's files, in their order.
    """

    gate: int
    status: int
    seccomp: int
    program: int
    files: tuple[int, ...]


def bwrap_arguments(
    job: CompileJob, roots: tuple[str, ...], layout: HostLayout, descriptors: Descriptors, *, bound_memory: bool
) -> tuple[str, ...]:
    """Return bubblewrap's whole argument vector for one job.

    `roots` are the job's roots that exist, without symbolic links. `bound_memory` asks for a limit on each
    process's address space, where no control group holds the memory of all of them.
    """
    arguments = [
        layout.bwrap,
        # First, and empty: bubblewrap reads it to its end before it does anything at all.
        *("--args", str(descriptors.gate)),
        *("--json-status-fd", str(descriptors.status)),
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--unshare-cgroup", "--disable-userns"),
        *("--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "wic"),
        *("--cap-drop", "ALL", "--new-session", "--die-with-parent", "--clearenv"),
    ]
    if descriptors.seccomp >= 0:
        arguments += ["--seccomp", str(descriptors.seccomp)]
    if descriptors.program >= 0:
        # bubblewrap closes this descriptor before it starts the program.
        arguments += ["--sync-fd", str(descriptors.program)]
    for key, value in job.environment:
        arguments += ["--setenv", key, value]
    for path in outermost((*layout.libraries, layout.prlimit, *roots)):
        arguments += ["--ro-bind", path, path]
    for path, target in layout.links:
        arguments += ["--symlink", target, path]
    for device in ("/dev/null", "/dev/urandom"):
        arguments += ["--dev-bind", device, device]
    arguments += ["--dir", SOURCE_DIR]
    for file, descriptor in zip(job.files, descriptors.files, strict=True):
        arguments += ["--file", str(descriptor), f"{SOURCE_DIR}/{file.path}"]
    if job.limits.tmp_bytes:
        arguments += ["--perms", "1777", "--size", str(job.limits.tmp_bytes), "--tmpfs", "/tmp"]  # noqa: S108
    arguments += ["--chdir", SOURCE_DIR, "--remount-ro", "/", "--"]
    return (*arguments, *limit_arguments(layout.prlimit, job.limits, bound_memory=bound_memory), "--", *job.argv)


def limit_arguments(prlimit: str, limits: Limits, *, bound_memory: bool) -> tuple[str, ...]:
    """Return the words that set the limits from inside, where the process count is the sandbox's own."""
    arguments = (
        prlimit,
        f"--cpu={limits.cpu_s}",
        "--core=0",
        f"--fsize={limits.file_bytes}",
        f"--nofile={limits.open_files}",
        f"--nproc={limits.processes}",
    )
    return (*arguments, f"--as={limits.memory_bytes}") if bound_memory else arguments


def outermost(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths without repetition and without those that lie below another one."""
    kept: list[PurePosixPath] = []
    for path in sorted({PurePosixPath(path) for path in paths}):
        if not any(path.is_relative_to(outer) for outer in kept):
            kept.append(path)
    return tuple(str(path) for path in kept)
