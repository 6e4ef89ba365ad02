"""What a scanner finds in a text: which other files it names, and where.

Paths are absolute, with `/`, and plain: `..` is undone by the words alone, as most compilers do. No IO.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """A file that may be meant.

    `owner` is Rust's: the folder beside the file that its modules lie in, empty where they lie beside it.
    """

    path: str
    owner: str = ""

    @property
    def folder(self) -> str:
        """The folder that the file lies in."""
        return posixpath.dirname(self.path)


@dataclass(frozen=True, slots=True)
class Reference:
    """A text names another file: the first of `choices` that is there.

    `said` is what stands in the text, from the offset `start` up to `end`, in code points.
    """

    choices: tuple[Choice, ...]
    said: str
    start: int
    end: int


def join(folder: str, *names: str) -> str:
    """Return the plain path of a name that is relative to a folder."""
    return "/" + posixpath.normpath(posixpath.join(folder, *names)).lstrip("/")


def is_below(path: str, folder: str) -> bool:
    """Whether a plain path lies in a folder, at any depth."""
    return path.startswith(folder.rstrip("/") + "/")
