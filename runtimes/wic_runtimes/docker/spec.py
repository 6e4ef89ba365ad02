"""What the engine is asked for, as a value: the whole configuration of a container. No IO.

Every line of the isolation is decided here, so that a test can hold the whole of it. A container is made from
its kind alone: an image and limits. What is compiled, and how, comes later by stdin and is unpacked into a
file system in memory (see `script`); nothing of the host is mounted. So a container can be made before there
is a job for it, and no word of a job is a part of its configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from wic_runtimes.contract import SOURCE_DIR, CompileJob
from wic_runtimes.docker.seccomp import profile_text
from wic_runtimes.inside.faults import no_image
from wic_runtimes.inside.script import OWN_PROCESSES, SCRIPT, Bounds, words_of

NOBODY: Final = "65534:65534"

WAIT_S: Final = 360
"""How long a container waits for its job before it ends by itself: only where its server is gone."""

_SOURCE_BYTES: Final = 8 * 1024 * 1024  # the most that a job's files can take, in pages
_SOURCE_INODES: Final = 1024  # enough for nearly every job, so that nearly all are of one kind
_SPARE_INODES: Final = 64
_TMP_INODES: Final = 4096
_NO_TMP: Final = "ro,noexec,nosuid,nodev,size=4096,nr_inodes=1,mode=0555"
_MOST_CPUS: Final = 2
_LEAST_GVISOR_PIDS: Final = 512
_GVISOR_PIDS: Final = 128  # gVisor's own threads on the host, and how many each process inside adds, at most
_GVISOR_PIDS_EACH: Final = 12
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


@dataclass(frozen=True, slots=True)
class Host:
    """What an engine runs containers on: processors, bytes of memory, and by which OCI runtime.

    `is_podman` says that the engine is Podman, which wants some things said differently: see `podman`.
    """

    cpus: int
    memory_bytes: int
    runtime_class: str = ""
    is_gvisor: bool = False
    is_podman: bool = False

    @property
    def needs_script(self) -> bool:
        """Whether the script's word is needed, so that an image without `sh` and `tar` is of no use."""
        return self.is_gvisor or self.is_podman


@dataclass(frozen=True, slots=True)
class ContainerKind:
    """All that a container is made from. Any job of the same kind can be compiled in it.

    `image` is what the engine knows it by; `file_bytes` bounds each file that is written, `inodes` how many
    there can be beside the source. `runtime_class` is the engine's name of an OCI runtime, empty for its own.
    `pids` bounds what the host counts for it.
    """

    image: str
    memory_bytes: int
    pids: int
    cpus: int
    cpu_s: int
    open_files: int
    file_bytes: int
    tmp_bytes: int
    inodes: int
    runtime_class: str = ""


def kind_of(job: CompileJob, host: Host) -> ContainerKind:
    """Return the kind of container that a job needs. Raises ImageUnavailable for a job without an image."""
    limits = job.limits
    folders = {str(parent) for file in job.files for parent in PurePosixPath(file.path).parents}
    # What unpacks the job's files is bound by the same limit as the compiler, so none may be above it.
    largest = max((len(file.content) for file in job.files), default=0)
    return ContainerKind(
        image=image_reference(job.image),
        memory_bytes=limits.memory_bytes,
        pids=_count_pids(limits.processes + OWN_PROCESSES, is_gvisor=host.is_gvisor),
        cpus=min(host.cpus, _MOST_CPUS),
        cpu_s=limits.cpu_s,
        open_files=limits.open_files,
        file_bytes=max(limits.file_bytes, largest),
        tmp_bytes=limits.tmp_bytes,
        inodes=max(_SOURCE_INODES, len(job.files) + len(folders) + _SPARE_INODES),
        runtime_class=host.runtime_class,
    )


def _count_pids(processes: int, *, is_gvisor: bool) -> int:
    """Return what the host counts for so many processes. gVisor dies at its limit, taking all inside along.

    Source: https://gvisor.dev/docs/architecture_guide/platforms/; the numbers were measured with ptrace.
    """
    if not is_gvisor:
        return processes
    return max(_LEAST_GVISOR_PIDS, _GVISOR_PIDS + _GVISOR_PIDS_EACH * processes)


def container_configuration(kind: ContainerKind, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the body of POST /containers/create for a container that waits for one job.

    Source: https://docs.docker.com/reference/api/engine/version/v1.41/, ContainerCreate.
    """
    return {
        "Image": kind.image,
        "Entrypoint": ["/bin/sh", "-c", SCRIPT, "wic"],
        "Cmd": list(words_of(Bounds(WAIT_S, kind.cpu_s))),
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
        "HostConfig": _host_configuration(kind),
    }


def _host_configuration(kind: ContainerKind) -> dict[str, Any]:
    runtime_class = {"Runtime": kind.runtime_class} if kind.runtime_class else {}
    return runtime_class | {
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
        "SecurityOpt": ["no-new-privileges", f"seccomp={profile_text()}"],
        "MaskedPaths": list(MASKED_PATHS),
        "ReadonlyPaths": list(READONLY_PATHS),
        "Memory": kind.memory_bytes,
        "MemorySwap": kind.memory_bytes,
        "NanoCpus": kind.cpus * 10**9,
        "PidsLimit": kind.pids,
        "OomScoreAdj": _OOM_SCORE,
        "Ulimits": _ulimits(kind),
        "Tmpfs": _file_systems(kind),
    }


def _ulimits(kind: ContainerKind) -> list[dict[str, object]]:
    """Return the hard limits of each process. RLIMIT_NPROC is not one: it counts all of a user's."""
    wanted = {"core": 0, "cpu": kind.cpu_s, "fsize": kind.file_bytes, "nofile": kind.open_files}
    return [{"Name": name, "Soft": value, "Hard": value} for name, value in wanted.items()]


def _file_systems(kind: ContainerKind) -> dict[str, str]:
    """Return what can be written, in memory that counts as the job's: its source, and /tmp on demand.

    A /tmp that nobody asked for is there and cannot be written: gVisor would else put one there that can.
    """
    common = "rw,noexec,nosuid,nodev"
    source = f"size={_SOURCE_BYTES},nr_inodes={kind.inodes},mode=0700,uid=65534,gid=65534"
    tmp = f"{common},size={kind.tmp_bytes},nr_inodes={_TMP_INODES},mode=1777" if kind.tmp_bytes else _NO_TMP
    return {SOURCE_DIR: f"{common},{source}", "/tmp": tmp}  # noqa: S108


def image_reference(image: str | None) -> str:
    """Return what the engine knows an image by: the digest where the job names one, else its name."""
    if not image:
        raise no_image()
    return image.rpartition("@")[2]


def image_name(image: str | None) -> str:
    """Return what people know an image by."""
    return (image or "").partition("@")[0]
