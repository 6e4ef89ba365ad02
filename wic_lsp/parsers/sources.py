"""The files that a compiler was given, as a parser needs them: by the names that compilers use for them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from wic_lsp.model import Finding
from wic_lsp.positions import SourceText
from wic_runtimes.contract import SOURCE_DIR


@dataclass(frozen=True, slots=True)
class Sources:
    """Every file of a job by its path in the job; `main` is the one that was compiled."""

    main: str
    texts: Mapping[str, SourceText]

    def path_of(self, name: str) -> str | None:
        """Return the job's path of the file that a compiler calls `name`; None if it is not of the job."""
        path = PurePosixPath(name)
        if path.is_relative_to(SOURCE_DIR):
            path = path.relative_to(SOURCE_DIR)
        key = posixpath.normpath(path)  # no file of a job is a link
        return key if key in self.texts else None


Parser: TypeAlias = Callable[[bytes, bytes, Sources], tuple[Finding, ...]]
"""`parse(stdout, stderr, sources)`; every position in the result is of the snippet or of a Place's file."""
