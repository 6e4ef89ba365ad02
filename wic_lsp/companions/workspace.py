"""Read a workspace's files for a compiler: what the editor shows first, then the disk, and nothing outside.

A name is looked up only where its words stay in the workspace, and read only where it leads to a file in it:
see `confined`. Used in a thread, since a disk may be slow.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wic_lsp.companions.confined import list_folder, read_file
from wic_lsp.companions.gather import Refusal, Source
from wic_lsp.companions.references import is_below


@dataclass(frozen=True, slots=True)
class OpenText:
    """A document as the editor shows it."""

    text: str
    uri: str
    version: int


class Workspace:
    """The files below `roots`, which are plain absolute paths, and before them `texts`, by their paths.

    Without `reads_disk` there is nothing but the texts, wherever they lie.
    """

    def __init__(
        self, roots: Sequence[str], texts: Mapping[str, OpenText] | None = None, *, reads_disk: bool = True
    ) -> None:
        self._roots = tuple(roots)
        self._texts = texts or {}
        self._reads_disk = reads_disk

    @cached_property
    def _real_roots(self) -> tuple[str, ...]:
        return tuple(posixpath.realpath(root) for root in self._roots)

    def read(self, path: str, most_bytes: int) -> Source | Refusal:
        """Return the editor's text of the file, else its content on the disk, or why it is not read."""
        shown = self._texts.get(path)
        if self._reads_disk and not self._is_inside(path):
            return Refusal.OUTSIDE
        if shown is not None:
            content = shown.text.encode("utf-8", "replace")
            fits = len(content) <= most_bytes
            return Source(content, shown.text, shown.uri, shown.version) if fits else Refusal.TOO_LARGE
        found = read_file(path, self._real_roots, most_bytes) if self._reads_disk else Refusal.CLOSED
        if isinstance(found, Refusal):
            return found
        return Source(found, found.decode("utf-8", "replace"), Path(path).as_uri())

    def names(self, folder: str) -> tuple[str, ...] | Refusal:
        """Return the names of a folder's files, those that are only in the editor too."""
        if not self._reads_disk:
            return Refusal.CLOSED
        shown = {posixpath.basename(path) for path in self._texts if posixpath.dirname(path) == folder}
        found = list_folder(folder, self._real_roots)
        if isinstance(found, Refusal):  # a document that was never saved may have no folder
            return tuple(sorted(shown)) if found is Refusal.ABSENT else found
        return tuple(sorted(shown.union(found)))

    def _is_inside(self, path: str) -> bool:
        return any(is_below(path, root) for root in (*self._roots, *self._real_roots))


def find_root(path: str, home: str, near: str | None = None) -> str:
    """Return the folder that is taken for the workspace of a file in none: a folder of Git's above it.

    Else it is `near`, where the file lies in that; else its own folder. Never the user's `home` or a folder
    above: too much lies there that is no business of a compiler's.
    """
    folder = posixpath.dirname(path)
    own = folder
    while folder != posixpath.dirname(folder) and not _holds(folder, home):
        if os.path.lexists(posixpath.join(folder, ".git")):
            return folder
        folder = posixpath.dirname(folder)
    is_near = near is not None and is_below(path, near) and not _holds(near, home)
    return near if is_near and near is not None else own


def _holds(folder: str, home: str) -> bool:
    return folder == home or is_below(home, folder)
