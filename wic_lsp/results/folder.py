"""Where the file of results lies, which of its generations is in force, and how one replaces another.

A file that is damaged cannot be mended under others who have it open, and a name that is used again could
meet the log that SQLite keeps beside it. So each file's name has a number that is never used twice: whoever
finds a file damaged puts the next generation beside it and removes the old one, and the others notice that
theirs is gone. Files of other layouts have other names, so that two versions of ours do not fight.

A new file is made whole under another name before it gets its own: nobody ever opens half of one.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

_NAME: Final = re.compile(r"results-(\d{1,9})-(\d{1,9})\.sqlite")
_DRAFT: Final = re.compile(r"draft-[0-9a-f]{32}")
_BESIDE: Final = ("-wal", "-shm", "-journal")
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_ABANDONED_S: Final = 3600
_FAR_AWAY: Final = frozenset(
    (
        *(
            "9p",
            "afs",
            "ceph",
            "cifs",
            "davfs",
            "gfs2",
            "glusterfs",
            "gpfs",
            "lustre",
            "ncpfs",
            "nfs",
            "nfs4",
        ),
        *("ocfs2", "smb2", "smb3", "smbfs"),
        *("fuse.ceph", "fuse.davfs2", "fuse.glusterfs", "fuse.juicefs", "fuse.s3fs", "fuse.sshfs"),
    )
)
"""File systems that other machines may write as well: SQLite's log works on one machine alone."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What the file holds. `held_bytes` is what is bounded, `disk_bytes` what the file system has of it."""

    path: Path
    entries: int = 0
    held_bytes: int = 0
    disk_bytes: int = 0
    trouble: str = ""


class Unfit(Exception):  # noqa: N818 - the folder's fault, no error of ours
    """The folder cannot hold the file; the text says why."""


class ResultFolder:
    """The folder of the file, for one layout of it. Its methods raise OSError as the file system does."""

    def __init__(self, path: Path, layout: int) -> None:
        self.path = path
        self._layout = layout

    def prepare(self) -> None:
        """Make the folder, for its user alone. Raises Unfit where it is another's, or may be shared."""
        self.path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        status = self.path.stat()
        if status.st_uid != os.geteuid():
            raise Unfit("it belongs to another user")
        with suppress(OSError):  # not Linux, or it does not tell: then the folder is taken as it is
            kind = file_system_of(str(self.path.resolve()), Path("/proc/self/mountinfo").read_text())
            if kind in _FAR_AWAY:
                raise Unfit(f"it is on a file system that machines share ({kind})")
        if stat.S_IMODE(status.st_mode) & 0o077:
            self.path.chmod(_FOLDER_MODE)

    def current(self) -> Path | None:
        """Return the file of the latest generation; None where there is none."""
        found = [number for layout, number, _ in self._files() if layout == self._layout]
        return self._file(max(found)) if found else None

    def make(self, fill: Callable[[Path], None], after: Path | None = None) -> Path:
        """Put a file that `fill` filled in force, and remove `after`, which was; return what is in force.

        Where another was faster, what it has made is taken.
        """
        match = _NAME.fullmatch(after.name) if after is not None else None
        path = self._file(int(match[2]) + 1 if match is not None else 1)
        draft = self.path / f"draft-{uuid4().hex}"
        try:
            # Never by open and close: closing would release the locks that SQLite holds in this process.
            os.mknod(draft, _FILE_MODE | stat.S_IFREG)
            fill(draft)
            with suppress(FileExistsError):
                path.hardlink_to(draft)
        finally:
            _remove(draft)
        if after is not None:
            _remove(after)
        return path

    def remove_strays(self) -> int:
        """Remove older layouts and generations, and drafts that nobody finishes; return their bytes."""
        current, freed = self.current(), 0
        for layout, _, file in list(self._files()):
            if layout < self._layout or (layout == self._layout and file != current):
                freed += _remove(file)
        with os.scandir(self.path) as entries:
            drafts = [entry for entry in entries if _DRAFT.fullmatch(entry.name)]
        for entry in drafts:
            with suppress(FileNotFoundError):
                if time.time() - entry.stat().st_mtime > _ABANDONED_S:
                    freed += _remove(Path(entry.path))
        return freed

    def _files(self) -> Iterator[tuple[int, int, Path]]:
        """Yield layout, generation and path of every file."""
        with os.scandir(self.path) as entries:
            for entry in entries:
                match = _NAME.fullmatch(entry.name)
                if match is not None:
                    yield int(match[1]), int(match[2]), Path(entry.path)

    def _file(self, generation: int) -> Path:
        return self.path / f"results-{self._layout}-{generation}.sqlite"


def size_of(file: Path) -> int:
    """Return the bytes that a file and what SQLite keeps beside it have on the disk."""
    size = 0
    for path in _parts(file):
        with suppress(OSError):
            size += path.stat().st_size
    return size


def _remove(file: Path) -> int:
    """Remove a file and what SQLite keeps beside it, the file first; return the bytes."""
    size = size_of(file)
    for path in _parts(file):
        path.unlink(missing_ok=True)
    return size


def _parts(file: Path) -> Iterator[Path]:
    return (file.with_name(file.name + ending) for ending in ("", *_BESIDE))


def file_system_of(path: str, mounts: str) -> str:
    """Return the type of the file system that holds an absolute path without links; empty where unknown.

    `mounts` is what /proc/self/mountinfo holds. Source: proc_pid_mountinfo(5). Of two mounts on one place,
    the later one covers the other.
    """
    best, kind = -1, ""
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if dash and len(fields) > 4:  # noqa: PLR2004 - the fifth field is the mount point
            point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
            holds = path == point or path.startswith(point.rstrip("/") + "/")
            if holds and len(point) >= best:
                best, kind = len(point), after.split(" ")[0]
    return kind
