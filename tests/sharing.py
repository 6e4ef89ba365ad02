"""What the processes of a run of tests share: locks, and folders that the first of them fills."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a lock among all who know the file. A killed process gives back what it held."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def locked_on_machine(name: str) -> Iterator[None]:
    """Hold a lock among all of a user's test processes, of this run and of others."""
    with locked(Path(tempfile.gettempdir(), f"wic-test-{name}-{os.getuid()}.lock")):
        yield


def once(folder: Path, name: str, make: Callable[[Path], object]) -> Path:
    """Have a folder of that name filled in `folder` by the first of several processes; return it."""
    there = folder / name
    with locked(folder / f"{name}.lock"):
        done = folder / f"{name}.done"
        if not done.exists():
            there.mkdir(exist_ok=True)
            make(there)
            done.touch()
    return there
