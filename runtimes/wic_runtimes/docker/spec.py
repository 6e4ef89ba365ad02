"""What the engine is asked for, as a value: the whole configuration of one job's container. No IO.

Every line of the isolation is decided here, so that a test can hold the whole of it. Source goes in by stdin
as one tar stream and is unpacked into a file system in memory; nothing of the host is mounted. A constant
script does that inside; a job's words reach it as arguments and are never a part of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from wic_runtimes.contract import SOURCE_DIR, CompileJob
from wic_runtimes.docker.seccomp import make_profile
from wic_runtimes.errors import ImageUnavailable, JobRejected

NOBODY: Final = "65534:65534"

GRACE_S: Final = 5
"""How much later than the server the container itself ends a compiler: only where the server is gone."""

BEGUN: Final = b"wic: begun\n"
"""What the script writes to stdout last: only then has the job begun."""

NO_PROGRAM: Final = b"wic: no program\n"
"""What it writes instead where the image has no such program."""

NOT_UNPACKED: Final = b"wic: not unpacked\n"
"""What it writes instead where the source did not arrive whole."""

# Its words: the deadline in seconds, the program, then NAME=VALUE ..., then the argument vector.
# The watch belongs to the container's first process, not to the compiler, and holds no output open.
SCRIPT: Final = """\
tar -x -m -f - 2>/dev/null && chmod -R a-w . 2>/dev/null || { echo 'wic: not unpacked'; exit 1; }
exec </dev/null
case $2 in
*/*) [ -x "$2" ] && [ ! -d "$2" ] ;;
*) command -v "$2" >/dev/null 2>&1 ;;
esac || { echo 'wic: no program'; exit 1; }
( ( sleep "$1"; kill -s KILL -- -1 ) >/dev/null 2>&1 & )
shift 2
echo 'wic: begun'
exec env -i -- "PATH=$PATH" "$@"
"""

_OWN_PROCESSES: Final = 4  # the container's first process, the watch (two), and one to spare
_SOURCE_BYTES: Final = 8 * 1024 * 1024  # the most that a job's files can take, in pages
_SOURCE_INODES: Final = 64
_TMP_INODES: Final = 4096
_CPUS: Final = 2
_OOM_SCORE: Final = 500  # where the machine runs out of memory, a compiler goes before anything of the user's

# Docker's own, and what else tells of the machine or could be written to.
MASKED_PATHS: Final = (
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
)
READONLY_PATHS: Final = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


def container_configuration(job: CompileJob, labels: Mapping[str, str]) -> dict[str, object]:
    """Return the body of POST /containers/create for one job.

    Raises ImageUnavailable for a job without an image, JobRejected for a program that has no proper name.
    Source: https://docs.docker.com/reference/api/engine/version/v1.41/, ContainerCreate.
    """
    program = job.argv[0]
    if program.startswith("-") or "=" in program:
        raise JobRejected(f"The program {program!r} has no proper name.")
    deadline_s = math.ceil(job.limits.wall_s) + GRACE_S
    environment = [f"{name}={value}" for name, value in job.environment]
    return {
        "Image": image_reference(job.image),
        "Entrypoint": ["/bin/sh", "-c", SCRIPT, "wic"],
        "Cmd": [str(deadline_s), program, *environment, *job.argv],
        "User": NOBODY,
        "WorkingDir": SOURCE_DIR,
        "Hostname": "wic",
        "Labels": dict(labels),
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "OpenStdin": True,
        "StdinOnce": True,
        "Tty": False,
        "NetworkDisabled": True,
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": _host_configuration(job),
    }


def _host_configuration(job: CompileJob) -> dict[str, object]:
    limits = job.limits
    return {
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
        "SecurityOpt": ["no-new-privileges", f"seccomp={json.dumps(make_profile(), sort_keys=True)}"],
        "MaskedPaths": list(MASKED_PATHS),
        "ReadonlyPaths": list(READONLY_PATHS),
        "Memory": limits.memory_bytes,
        "MemorySwap": limits.memory_bytes,
        "NanoCpus": _CPUS * 10**9,
        "PidsLimit": limits.processes + _OWN_PROCESSES,
        "OomScoreAdj": _OOM_SCORE,
        "Ulimits": _ulimits(job),
        "Tmpfs": _file_systems(job),
    }


def _ulimits(job: CompileJob) -> list[dict[str, object]]:
    """Return the hard limits of each process. RLIMIT_NPROC is not one: it counts all of a user's."""
    # What unpacks the job's files is bound as well, so none of them may be above the limit.
    largest = max((len(file.content) for file in job.files), default=0)
    wanted = {
        "core": 0,
        "cpu": job.limits.cpu_s,
        "fsize": max(job.limits.file_bytes, largest),
        "nofile": job.limits.open_files,
    }
    return [{"Name": name, "Soft": value, "Hard": value} for name, value in wanted.items()]


def _file_systems(job: CompileJob) -> dict[str, str]:
    """Return what can be written, in memory that counts as the job's: its source, and /tmp on demand."""
    folders = {str(parent) for file in job.files for parent in PurePosixPath(file.path).parents}
    inodes = len(job.files) + len(folders) + _SOURCE_INODES
    common = "rw,noexec,nosuid,nodev"
    systems = {SOURCE_DIR: f"{common},size={_SOURCE_BYTES},nr_inodes={inodes},mode=0700,uid=65534,gid=65534"}
    if job.limits.tmp_bytes:
        systems["/tmp"] = f"{common},size={job.limits.tmp_bytes},nr_inodes={_TMP_INODES},mode=1777"  # noqa: S108
    return systems


def image_reference(image: str | None) -> str:
    """Return what the engine knows an image by: the digest where the job names one, else its name."""
    if not image:
        raise ImageUnavailable(
            "The job names no image, and this runtime has no compilers of its own.",
            "Choose another toolchain: `wic toolchains` lists what is usable.",
        )
    return image.rpartition("@")[2]


def image_name(image: str | None) -> str:
    """Return what people know an image by."""
    return (image or "").partition("@")[0]
