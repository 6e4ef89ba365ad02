"""What Podman wants said differently by its Docker-compatible socket, and what keeps it from isolating. Pure.

Podman takes most of a container's configuration as Docker does, refuses some words of it, and passes over
others in silence. Nothing may be weaker for that: whatever is passed over is said in another way here, and
where there is none, `find_weakness` refuses. Podman does not tell either that a container ran out of memory,
or was killed: the script inside reads its own control group's count, and an end that nobody explains is no
verdict.

Measured with Podman 4.3.1. Source: https://docs.podman.io/en/v4.3/_static/api.html, `man podman-create`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from wic_runtimes.inside.script import OWN_COUNTERS

_OLDEST: Final = 4
_REFUSED: Final = ("nr_inodes=", "uid=", "gid=")
_COVER: Final = "ro,noexec,nosuid,nodev,size=4k,mode=0555"

# With a read-only root Podman makes /run and /var/tmp writable, and passes over what is to be masked. Above
# the cover of /sys it shows the container's own control groups, read-only: there the counters are.
_COVERED: Final = ("/dev/mqueue", "/dev/shm", "/run", "/sys", "/var/tmp")  # noqa: S108 - to close them
_UNMASKED: Final = "/sys"

# Where none is named, Podman asks for a million, which not every service may give. It counts all of a user's
# processes on the machine, so it is far above what one compile may have.
_PROCESSES: Final = 4096


def podman_version(version: Mapping[str, Any]) -> str:
    """Return which Podman an answer to GET /version is from; empty for another engine."""
    components = cast("Iterable[Mapping[str, Any]]", version.get("Components") or ())
    return next((str(one.get("Version")) for one in components if one.get("Name") == "Podman Engine"), "")


def find_podman_weakness(info: Mapping[str, Any], version: str, *, is_local: bool) -> str:
    """Say what keeps this Podman from isolating; empty where nothing does.

    `is_local` says that it listens on a local socket, as a process that is seen from here.
    """
    major = version.partition(".")[0]
    if not major.isdecimal() or int(major) < _OLDEST:
        return f"it is Podman {version}, and only version {_OLDEST} or newer is known to"
    is_rootless = bool(info.get("Rootless")) or "name=rootless" in (info.get("SecurityOptions") or ())
    if is_rootless and info.get("CgroupVersion") != "2":
        return "it is rootless Podman with control groups of version 1, which cannot limit memory"
    if not is_local:
        return "it is Podman on another machine, or outside of this container, where it cannot read our files"
    return ""


def for_podman(configuration: Mapping[str, Any], seccomp_path: str) -> dict[str, Any]:
    """Return a container's configuration, made for the script, as Podman takes it.

    `seccomp_path` is the profile's file: Podman takes no profile by value.
    """
    host = cast("Mapping[str, Any]", configuration["HostConfig"])
    file_systems = {path: _mount_options(options) for path, options in host["Tmpfs"].items()}
    changed = {
        "SecurityOpt": ["no-new-privileges", f"seccomp={seccomp_path}"],
        "MaskedPaths": [path for path in host["MaskedPaths"] if path != _UNMASKED],
        "Ulimits": [*host["Ulimits"], {"Name": "nproc", "Soft": _PROCESSES, "Hard": _PROCESSES}],
        "Tmpfs": dict.fromkeys(_COVERED, _COVER) | file_systems,
    }
    return {
        **configuration,
        "Cmd": [*configuration["Cmd"], *OWN_COUNTERS],
        "HostConfig": {**host, **changed},
    }


def _mount_options(options: str) -> str:
    """Leave away what Podman refuses; `U` gives a file system to the container's user, as uid and gid did."""
    words = options.split(",")
    owner = ["U"] if any(word.startswith("uid=") for word in words) else []
    return ",".join([*(word for word in words if not word.startswith(_REFUSED)), *owner])
