"""Whose is it: the labels that all carries which an engine keeps for us, and which belong to dead servers.

A container or a Job outlives a server that is killed. Its labels say which server made it, on which machine
and since which start of that machine, so that the next one finds it, also through an engine that several
machines use.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from wic_runtimes import ownership

OWNER: Final = "dev.wic.owner"
MACHINE: Final = "dev.wic.machine"
BOOT: Final = "dev.wic.boot"
JOB: Final = "dev.wic.job"


def own_labels() -> Mapping[str, str]:
    """Return the labels of what this server makes: its process, its machine, the machine's start."""
    return {OWNER: ownership.own_label(), MACHINE: _machine(), BOOT: _boot()}


def is_orphan(labels: Mapping[str, str], own: Mapping[str, str]) -> bool:
    """Whether it was made on this machine by a server that is dead."""
    if OWNER not in labels or labels.get(MACHINE) != own[MACHINE]:
        return False
    return labels.get(BOOT) != own[BOOT] or ownership.is_dead(labels[OWNER])


def _machine() -> str:
    return _read("/etc/machine-id") or platform.node()


def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id")


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
