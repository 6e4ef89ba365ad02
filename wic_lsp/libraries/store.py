"""Where compiled libraries are kept: a file for each in the user's cache folder. Every method may block.

A file is written whole under another name before it gets its own, for its user alone. One that is damaged is
removed, and made anew by whoever wants it. A folder that cannot be used is the same as one that is empty: the
library is then made again by the next server.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from wic_lsp.libraries.archive import MOST_BYTES, Archive, Unsound, unpack

MOST_FILES: Final = 12
"""A library takes some megabytes; those that were used longest ago go first."""

_NAME: Final = re.compile(r"[0-9a-f]{64}\.library")
_DRAFT: Final = "draft-"
_ABANDONED_S: Final = 3600
_FOLDER_MODE: Final = 0o700
_log = logging.getLogger(__name__)


class LibraryFolder:
    """The folder of the libraries. `clock` gives seconds since the epoch."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock

    def load(self, key: str) -> Archive | None:
        """Return the library of that key, a SHA-256 in hexadecimal; None where there is no sound one."""
        file = self._file(key)
        try:
            archive = unpack(_read(file))
            with suppress(OSError):
                os.utime(file)  # it was used just now
        except FileNotFoundError:
            return None
        except (OSError, Unsound) as exc:
            _log.warning("the compiled library %s cannot be used (%s); it is made anew", file, exc)
            with suppress(OSError):
                file.unlink()
            return None
        return archive

    def save(self, key: str, archive: Archive) -> None:
        """Keep a library, and remove those that are too many. Losing it loses only time."""
        try:
            self._path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(prefix=_DRAFT, dir=self._path)  # 0600
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(archive.pack())
                Path(draft).replace(self._file(key))
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
            self._prune()
        except OSError as exc:
            _log.warning("a compiled library could not be kept: %s", exc)

    def _prune(self) -> None:
        kept: list[tuple[float, Path]] = []
        with os.scandir(self._path) as entries:
            for entry in entries:
                changed = entry.stat(follow_symlinks=False).st_mtime
                if _NAME.fullmatch(entry.name):
                    kept.append((changed, Path(entry.path)))
                elif entry.name.startswith(_DRAFT) and self._clock() - changed > _ABANDONED_S:
                    Path(entry.path).unlink(missing_ok=True)
        for _, file in sorted(kept, reverse=True)[MOST_FILES:]:
            file.unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self._path / f"{key}.library"


def _read(file: Path) -> bytes:
    """Return what a file of this user's holds. Raises OSError, and Unsound for anything else."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            raise Unsound("it is no file of this user's")
        return opened.read(MOST_BYTES)
