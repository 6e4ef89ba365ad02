"""A memory limit for a whole process tree, by control groups, v2 or v1, where this server may write them.

One folder per server, named after its process, holds one group per running job; groups are reused, since
making and moving costs milliseconds. A kill by the kernel for memory is read from the group's own counter,
never guessed from an exit code. Folders of servers that are dead are found by name and removed.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wic_runtimes import ownership

_MOUNTS: Final = Path("/proc/self/mounts")
_OWN: Final = Path("/proc/self/cgroup")
_V2: Final = 2


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Where groups can be made: `parent` is an existing folder of version 1's memory hierarchy or of v2."""

    version: int
    parent: Path


@dataclass(slots=True)
class Group:
    """One control group, used by one sandbox at a time."""

    folder: Path
    version: int
    memory_bytes: int
    kills_before: int = 0

    def take_in(self, pid: int) -> None:
        """Move a process, whose children will follow, into the group. Blocks for milliseconds."""
        (self.folder / "cgroup.procs").write_text(str(pid))

    def kills(self) -> int:
        """Return how many of the group's processes the kernel has ever killed for memory."""
        name = "memory.events" if self.version == _V2 else "memory.oom_control"
        match = re.search(r"^oom_kill (\d+)$", (self.folder / name).read_text(), re.MULTILINE)
        return int(match[1]) if match else 0


class MemoryGroups:
    """The groups of this server. Where `hierarchy` is None there are none, and `why_not` says why.

    Its methods touch files and may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[Group] = []
        self._folder: Path | None = None
        self._count = 0
        self.why_not = ""
        self.hierarchy = self._find()

    def _find(self) -> Hierarchy | None:
        """Take the first place where a group with a working limit can really be made."""
        for hierarchy in candidates(_read(_MOUNTS), _read(_OWN)):
            folder = hierarchy.parent / ownership.own_label()
            try:
                folder.mkdir(exist_ok=True)
                if hierarchy.version == _V2:
                    (folder / "cgroup.subtree_control").write_text("+memory")
                self._folder = folder
                trial = self._make(64 * 1024 * 1024, hierarchy)
            except OSError as exc:
                self.why_not = f"{exc.strerror}: {exc.filename}"
                remove_group(folder)
                self._folder = None
            else:
                self._free.append(trial)
                return hierarchy
        self.why_not = self.why_not or "no memory control group is mounted"
        return None

    def _make(self, memory_bytes: int, hierarchy: Hierarchy) -> Group:
        if self._folder is None:
            raise FileNotFoundError(2, "no folder for control groups", str(hierarchy.parent))
        self._count += 1
        folder = self._folder / f"job-{self._count}"
        folder.mkdir(exist_ok=True)
        group = Group(folder, hierarchy.version, 0)
        _limit(group, memory_bytes)
        return group

    def acquire(self, memory_bytes: int) -> Group | None:
        """Return an empty group with that limit; None where there are no groups. Raises OSError."""
        with self._lock:
            if self.hierarchy is None:
                return None
            group = self._reuse(memory_bytes) or self._make(memory_bytes, self.hierarchy)
            group.kills_before = group.kills()
            return group

    def _reuse(self, memory_bytes: int) -> Group | None:
        """Return a group that was used before; those that cannot be limited anew are given up."""
        while self._free:
            group = self._free.pop()
            try:
                if group.memory_bytes != memory_bytes:
                    _limit(group, memory_bytes)
            except OSError:  # it still holds more than that, or somebody removed it
                remove_group(group.folder)
            else:
                return group
        return None

    def release(self, group: Group) -> bool:
        """Take back a group whose processes have ended; say whether the kernel killed one for memory."""
        with self._lock:
            try:
                was_out_of_memory = group.kills() > group.kills_before
            except OSError:  # somebody removed it
                return False
            if self.hierarchy is not None:
                self._free.append(group)
            return was_out_of_memory

    def close(self) -> None:
        """Remove this server's folder."""
        with self._lock:
            folder, self._folder, self.hierarchy = self._folder, None, None
            self._free.clear()
        if folder is not None:
            remove_group(folder)


def _read(file: Path) -> str:
    """Return a table of the kernel; empty where there is none, as on other systems."""
    try:
        return file.read_text()
    except OSError:
        return ""


def _limit(group: Group, memory_bytes: int) -> None:
    """Write the limit; in v1 the limit with swap must never be below the one without."""
    if group.version == _V2:
        values = {"memory.max": memory_bytes, "memory.swap.max": 0, "memory.oom.group": 1}
        optional = {"memory.swap.max", "memory.oom.group"}
    else:
        with suppress(OSError):  # not there where swap is not accounted
            (group.folder / "memory.memsw.limit_in_bytes").write_text("-1")
        values = {"memory.limit_in_bytes": memory_bytes, "memory.memsw.limit_in_bytes": memory_bytes}
        optional = {"memory.memsw.limit_in_bytes"}
    for name, value in values.items():
        file = group.folder / name
        if name in optional and not file.exists():
            continue
        file.write_text(str(value))
    group.memory_bytes = memory_bytes


def candidates(mounts: str, own: str) -> Iterator[Hierarchy]:
    """Yield the places to try, from /proc/self/mounts and /proc/self/cgroup, nearest first.

    In v2 a group that holds processes cannot hold limited groups, so the search begins at the parent.
    """
    paths = {}
    for line in own.splitlines():
        number, controllers, path = line.split(":", 2)
        paths["2" if number == "0" else controllers] = path
    for line in mounts.splitlines():
        _, mount, kind, options, *_ = line.split(" ")
        if kind == "cgroup2" and "2" in paths:
            group = Path(mount + paths["2"])
            for parent in (*group.parents, group):
                if parent.is_relative_to(mount) and _offers_memory(parent):
                    yield Hierarchy(_V2, parent)
        elif kind == "cgroup" and "memory" in options.split(","):
            group = Path(
                mount + next((path for key, path in paths.items() if "memory" in key.split(",")), "/")
            )
            yield from (Hierarchy(1, parent) for parent in dict.fromkeys((group, Path(mount))))


def _offers_memory(folder: Path) -> bool:
    """Whether groups below can be limited, and processes be moved into them (which asks the parent, too)."""
    try:
        offered = (folder / "cgroup.subtree_control").read_text().split()
    except OSError:
        return False
    return "memory" in offered and os.access(folder / "cgroup.procs", os.W_OK)


def collect_dead_groups() -> tuple[str, ...]:
    """Remove the folders of servers that are dead, killing what still runs in them; name each.

    Looks through the whole tree, since the dead may have lived in another group than we do.
    """
    removed = []
    for line in _read(_MOUNTS).splitlines():
        _, mount, kind, options, *_ = line.split(" ")
        if kind != "cgroup2" and not (kind == "cgroup" and "memory" in options.split(",")):
            continue
        for folder, children, _ in os.walk(mount):
            for name in filter(ownership.is_dead, list(children)):
                children.remove(name)
                remove_group(Path(folder, name))
                if not Path(folder, name).exists():
                    removed.append(f"control group {name}")
    return tuple(dict.fromkeys(removed))


def remove_group(folder: Path) -> None:
    """Kill what is in a group and in those below it, and remove them; what cannot be removed stays."""
    with suppress(OSError):
        for child in folder.iterdir():
            if child.is_dir():
                remove_group(child)
    for _ in range(50):
        _kill_members(folder)
        try:
            folder.rmdir()
        except OSError as exc:
            if exc.errno != errno.EBUSY:
                return
            time.sleep(0.01)  # killed processes leave their group when they are reaped
        else:
            return


def _kill_members(folder: Path) -> None:
    try:
        members = (folder / "cgroup.procs").read_text().split()
    except OSError:
        return
    for pid in map(int, members):
        if pid > 0:  # 0 is a process of another pid namespace; to kill(2) it would mean ourselves
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
