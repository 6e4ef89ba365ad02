"""What changes when the files change that a compiler of this machine reads by itself, as its headers.

A job does not hold them, so its key does not tell: whoever installs a missing header wants to see the error
go. Every package manager, and whoever adds, removes or replaces a file, changes the time of a folder; so the
folders' times are looked at, and no file's. A file that is written over in its place is not noticed.

Looking takes some ten milliseconds. So it is done only beside a compile, or where a result was found.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from typing import Final

_MOST_FOLDERS: Final = 20_000
FRESH_S: Final = 2.0
OLD_S: Final = 60.0


class Roots:
    """The state of roots, and when it was looked at. Belongs to one thread; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[tuple[str, ...], tuple[float, bytes]] = {}

    def look(self, roots: tuple[str, ...], within_s: float = FRESH_S) -> bytes:
        """Return a stamp that is at most so old; empty for no roots."""
        if not roots:
            return b""
        seen_at, stamp = self._known.get(roots, (None, b""))
        if seen_at is None or self._clock() - seen_at > within_s:
            seen_at, stamp = self._clock(), stamp_of(roots)
            self._known[roots] = (seen_at, stamp)
        return stamp

    def known(self, roots: tuple[str, ...]) -> bytes | None:
        """Return the last stamp, however old it is; None where there is none.

        To keep a result with one from before it was compiled is never wrong: what changed between the two
        makes a result that nobody finds.
        """
        return self._known[roots][1] if roots in self._known else None if roots else b""


def stamp_of(roots: tuple[str, ...]) -> bytes:
    """Look at every folder below the roots. One that has too many gives a stamp that nothing is equal to."""
    digest, left = hashlib.blake2b(digest_size=16), _MOST_FOLDERS
    todo = list(reversed(roots))
    while todo:
        path = todo.pop()
        left -= 1
        if left < 0:
            return os.urandom(16)
        try:
            status = os.stat(path)  # noqa: PTH116 - there are many, and a Path costs as much as the call
            digest.update(
                f"{path}\0{status.st_ino} {status.st_size} {status.st_mtime_ns}\0".encode(
                    errors="surrogateescape"
                )
            )
            with os.scandir(path) as entries:
                folders = sorted(entry.path for entry in entries if entry.is_dir(follow_symlinks=False))
        except NotADirectoryError:  # a root may be the program itself
            continue
        except OSError as exc:
            digest.update(f"{path}\0{exc.errno}\0".encode(errors="surrogateescape"))
            continue
        todo += reversed(folders)
    return digest.digest()
