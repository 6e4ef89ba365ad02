"""Whose is it: a label that names a server's process for ever, and whether that server still lives.

Everything that a runtime makes and that could outlive the server carries this label, so that the next server,
or `wic gc`, finds what a dead one left and never touches what a living one uses.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_LABEL: Final = re.compile(r"wic-(\d+)-(\d+)-(\d+)")


def own_label() -> str:
    """Return this server's label: its pid, its start in the kernel's ticks, and its pid namespace."""
    return f"wic-{os.getpid()}-{start_time(os.getpid())}-{_namespace()}"


def is_dead(label: str) -> bool:
    """Whether this is a label, of a server that could be seen from here if it lived, and does not live.

    It must be of this machine since its last start: pids and namespaces are numbered anew.
    """
    match = _LABEL.fullmatch(label)
    return match is not None and int(match[3]) == _namespace() and start_time(int(match[1])) != match[2]


def start_time(pid: int) -> str | None:
    """Return when a process began, in the kernel's ticks since boot; None if there is no such process.

    With the pid it names a process for ever. Source: proc(5), /proc/pid/stat, field 22.
    """
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]


def _namespace() -> int:
    return (_PROC / "self/ns/pid").stat().st_ino
