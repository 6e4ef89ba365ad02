"""Whose sandbox is it: a server's processes, found by its label when it is dead.

The kernel ends a sandbox with its server (`--die-with-parent`), except in the few milliseconds in which
bubblewrap builds it. What such an instant leaves behind is found here by its label and killed by the next
server, or by `wic gc`. No living server's work is ever touched.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from wic_runtimes.ownership import is_dead

_PROC: Final = Path("/proc")


def program_name(label: str) -> str:
    """Return the name (argv[0]) under which a server's bubblewrap runs, so that it can be found."""
    return f"bwrap:{label}"


def kill_orphans() -> tuple[str, ...]:
    """Kill the sandboxes of dead servers; name each. Pids are held open while they are looked at."""
    killed = []
    for pid in _pids():
        label = _label_of(pid)
        if label is None or not is_dead(label):
            continue
        with suppress(OSError):
            held = os.pidfd_open(pid)
            try:
                if _label_of(pid) == label:
                    signal.pidfd_send_signal(held, signal.SIGKILL)
                    killed.append(f"process {pid} of {label}")
            finally:
                os.close(held)
    return tuple(killed)


def is_stranger(pid: int, label: str) -> bool:
    """Whether a process is surely not a sandbox of that label: its pid was given away again."""
    name = _name_of(pid)
    return bool(name) and name != program_name(label)


def _pids() -> Iterator[int]:
    with suppress(OSError):
        yield from (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())


def _label_of(pid: int) -> str | None:
    kind, _, label = _name_of(pid).partition(":")
    return label if kind == "bwrap" else None


def _name_of(pid: int) -> str:
    """Return a process's argv[0]; empty where it has ended or may not be seen."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().partition(b"\0")[0].decode(errors="replace")
    except OSError:
        return ""
