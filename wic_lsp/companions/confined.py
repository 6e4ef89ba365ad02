"""Read a file, or a folder's names, only if it lies below certain folders, whatever its path leads through.

A workspace may be anybody's, and its text names the files. So what a path leads to is first looked at through
a handle that has no effect on what it opens, be it a device or a pipe (`O_PATH`, see open(2)), by where the
kernel says that it lies. What is then read is what that handle holds: nothing can be exchanged in between.
Only regular files are read, and never more than is asked for.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from wic_lsp.companions.gather import Refusal
from wic_lsp.companions.references import is_below

_T = TypeVar("_T")
_NOT_THERE: Final = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL}


def read_file(path: str, roots: Sequence[str], most_bytes: int) -> bytes | Refusal:
    """Return a file's content; `roots` are the folders that it must lie below, free of links."""

    def read(handle: int) -> bytes | Refusal:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            return Refusal.ABSENT
        if not stat.S_ISREG(mode):
            return Refusal.NO_FILE
        with _held(handle).open("rb") as file:
            content = file.read(most_bytes + 1)
        return content if len(content) <= most_bytes else Refusal.TOO_LARGE

    return _look(path, roots, read)


def list_folder(path: str, roots: Sequence[str]) -> list[str] | Refusal:
    """Return the names of what lies in a folder, which is one of `roots` or below them."""

    def read(handle: int) -> list[str] | Refusal:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            return Refusal.ABSENT
        with os.scandir(_held(handle)) as entries:
            return [entry.name for entry in entries]

    return _look(path, roots, read)


def _look(path: str, roots: Sequence[str], read: Callable[[int], _T | Refusal]) -> _T | Refusal:
    """Read through a handle of what lies at the path, if that is where it may be."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except ValueError:  # a NUL byte
        return Refusal.ABSENT
    except OSError as exc:
        return Refusal.ABSENT if exc.errno in _NOT_THERE else Refusal.UNREADABLE
    try:
        place = str(_held(handle).readlink())
        is_inside = any(place == root or is_below(place, root) for root in roots)
        return read(handle) if is_inside else Refusal.OUTSIDE
    except OSError:
        return Refusal.UNREADABLE
    finally:
        os.close(handle)


def _held(handle: int) -> Path:
    """Return the path by which the kernel opens again what a handle holds, see proc_pid_fd(5)."""
    return Path(f"/proc/self/fd/{handle}")
