"""A job's files as one tar stream, made in memory: the only way in. Pure.

GNU's format, which every `tar` reads, carries paths of any length and bytes. Nobody owns the files, and
folders are implied by their files.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable

from wic_runtimes.contract import JobFile


def pack(files: Iterable[JobFile]) -> bytes:
    """Return the archive. The same files make the same bytes."""
    stream = io.BytesIO()
    with tarfile.open(
        fileobj=stream, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
    ) as archive:
        for file in files:
            entry = tarfile.TarInfo(file.path)
            entry.size = len(file.content)
            entry.mode = 0o444
            archive.addfile(entry, io.BytesIO(file.content))
    return stream.getvalue()
