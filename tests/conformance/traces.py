"""What a runtime could leave behind, seen from outside: processes, descriptors, tasks, control groups."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

_SHORTEST_PAUSE_S: Final = 0.02
_LONGEST_PAUSE_S: Final = 0.5
_PAUSE: Final = 5  # times as long as a look takes


def make_marker() -> str:
    """Return a word that no other process on this machine has among its arguments."""
    return f"marker-{uuid.uuid4().hex}"


def processes_with(word: str) -> list[int]:
    """Return the pids of the living processes that have this word in their arguments.

    Without this one, and without the sandbox's own: a spare has the words of the job that it waits for.
    """
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes()
            if word.encode() in words and not words.startswith(b"bwrap:"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


# First the words, then the search: grep itself has the word among its arguments.
_LOOK_INSIDE = """\
read -r word
words=$(cat /proc/[0-9]*/cmdline | tr '\\0' '\\n')
echo "$words" | grep -cF -- "$word"
"""


def processes_in_gvisor(word: str) -> list[str]:
    """Return the containers of ours that run, each once for each argument inside that has this word in it.

    gVisor's processes are none of this machine's; its containers are looked into from inside.
    """
    return [container for container in _running_containers() for _ in range(_count_inside(container, word))]


def _running_containers() -> list[str]:
    words = ["docker", "ps", "--quiet", "--filter", "label=dev.wic.owner"]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout.split()


def _count_inside(container: str, word: str) -> int:
    look = ["docker", "exec", "--interactive", container, "sh", "-c", _LOOK_INSIDE]
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline, (
            f"the container {container} can neither be looked into nor has it ended"
        )
        try:
            seen = subprocess.run(
                look, input=f"{word}\n", capture_output=True, text=True, check=False, timeout=5
            )
        except subprocess.TimeoutExpired:  # it ends at this moment, or the machine is busy
            if container in _running_containers():
                continue
            return 0
        count = seen.stdout.strip()  # empty for one that has just ended
        return int(count) if count.isdecimal() else 0


def sandboxes_of(server: int) -> list[int]:
    """Return the pids of the processes, spares as well, that make up the sandboxes of that server."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cmdline").read_bytes().startswith(b"bwrap:wic-%d-" % server):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def containers_of(server: int, *, only_running: bool = False) -> list[str]:
    """Return the engine's lines of the containers of that server, those that have ended as well."""
    which = [] if only_running else ["--all"]
    words = ["docker", "ps", *which, "--no-trunc", "--format", "{{.ID}} {{.Labels}}"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    return [line for line in done.stdout.splitlines() if f"=wic-{server}-" in line]


def open_descriptors() -> set[str]:
    """Return what this process has open: numbers with what they lead to, without the reading itself."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.add(f"{entry.name} {entry.readlink()}")
        except OSError:
            continue
    return {line for line in found if "/proc/" not in line}


def control_groups_of(server: int) -> list[Path]:
    """Return the folders of control groups that the process has made for its sandboxes."""
    # Not glob: it fails on a folder that another server removes meanwhile.
    return sorted(
        Path(folder, name)
        for folder, names, _ in os.walk("/sys/fs/cgroup")
        for name in names
        if name.startswith(f"wic-{server}-")
    )


def control_groups_below(name: str) -> list[Path]:
    """Return the folders of the control groups of that name and of those in them, the innermost first."""
    found = [Path(folder) for folder, _, _ in os.walk("/sys/fs/cgroup") if name in Path(folder).parts]
    return sorted(found, reverse=True)


def parent_of(pid: int) -> int | None:
    """Return a process's parent; None where there is no such process any more."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def other_tasks() -> set[str]:
    """Return the names of the tasks that run beside the one that asks."""
    return {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}


async def until(is_true: Callable[[], bool], *, within_s: float = 120.0) -> None:
    """Wait until that is so; fail when it takes too long.

    What takes long to look at is looked at less often: whatever is waited for needs the processor as well.
    """
    deadline = time.monotonic() + within_s
    began = time.monotonic()
    while not is_true():
        looked = time.monotonic()
        assert looked < deadline, f"it was not so within {within_s} s"
        await asyncio.sleep(min(max(_SHORTEST_PAUSE_S, _PAUSE * (looked - began)), _LONGEST_PAUSE_S))
        began = time.monotonic()
