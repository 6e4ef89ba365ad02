"""Gather the files that a document needs: by what it names, then by what those name, until nothing is new.

Pure over a `Reader`, which alone decides what may be read. Whatever the texts say it ends, and early: the
number of files, their bytes, and how many names are looked up are bounded. A file that is there and does not
travel is told, since the compiler will say no more than that it did not find it.
"""

from __future__ import annotations

import posixpath
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Final, Protocol

from wic_lsp.companions.references import Choice, Reference, is_below, join
from wic_lsp.companions.scan import Package, find_package, scan
from wic_lsp.model import Companion, Range
from wic_lsp.positions import SourceText
from wic_runtimes.contract import MAX_FILES, MAX_PATH_LENGTH, JobFile

MOST_FILES: Final = MAX_FILES - 1
MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_LOOKED_UP: Final = 1000


@unique
class Refusal(Enum):
    """Why a file is not read. ABSENT says that there is none, CLOSED that only open documents are read."""

    ABSENT = "absent"
    CLOSED = "closed"
    OUTSIDE = "outside"
    NO_FILE = "no file"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too large"
    TOO_MANY = "too many"
    BAD_NAME = "bad name"

    def say(self) -> str:
        """Say it to the user."""
        return _SAID[self]


_SAID: Final = {
    Refusal.ABSENT: "It is not there.",
    Refusal.CLOSED: "This server reads no files, only what you have open. Open it.",
    Refusal.OUTSIDE: "It lies outside of the workspace.",
    Refusal.NO_FILE: "It is no regular file.",
    Refusal.UNREADABLE: "It cannot be read.",
    Refusal.TOO_LARGE: f"There is room for {MOST_BYTES // (1024 * 1024)} MB beside a document.",
    Refusal.TOO_MANY: f"There is room for {MOST_FILES} files beside a document.",
    Refusal.BAD_NAME: "Its name cannot be given to a compiler, or another file has it.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: its bytes and text, its URI, and its version where it is open in the editor."""

    content: bytes
    text: str
    uri: str
    version: int | None = None


class Reader(Protocol):
    """Reads files by their plain absolute paths, as far as they may be read."""

    def read(self, path: str, most_bytes: int) -> Source | Refusal:
        """Return the file, or why not; one of more than `most_bytes` is TOO_LARGE."""

    def names(self, folder: str) -> tuple[str, ...] | Refusal:
        """Return the names of a folder's files; CLOSED where that cannot be known."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that does not travel, as it is named, and why; `range` is what leads to it in the document."""

    said: str
    why: Refusal
    range: Range | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What goes with a document, which goes by `name` in the job: `files`, and in that order `companions`.

    `looked_at` are the paths of all files that were looked for, there or not; `*.go` stands for all files of
    a folder with that ending.
    """

    name: str
    files: tuple[JobFile, ...] = ()
    companions: tuple[Companion, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    looked_at: frozenset[str] = frozenset()


def gather(main: str, name: str, text: str, language: str, reader: Reader) -> Gathered:
    """Return what goes with the document at the plain absolute path `main`, whose file is called `name`."""
    work = _Gathering(main, reader)
    package = find_package(language, posixpath.basename(main), text)
    if package is not None:
        work.gather_package(package)
    else:
        work.follow(text, language)
    return _lay_out(work, name)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A file that travels, and what led to it: the words, and their place in the document."""

    source: Source
    said: str
    range: Range | None


@dataclass(slots=True)
class _Gathering:
    """How far it has come."""

    main: str
    reader: Reader
    taken: dict[str, _Taken] = field(default_factory=dict)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    looked_at: set[str] = field(default_factory=set)
    size: int = 0

    def gather_package(self, package: Package) -> None:
        """Take the files of the document's folder that are of its package."""
        folder = posixpath.dirname(self.main)
        self.looked_at.add(join(folder, f"*{package.ending}"))
        names = self.reader.names(folder)
        if isinstance(names, Refusal):
            self.leave_out("the package's other files", names, None)
            return
        for name in package.sort(names):
            path = join(folder, name)
            if path == self.main:
                continue
            found = self._look(path)
            if not isinstance(found, Source):
                self.leave_out(name, found, None)
            elif package.belongs(name, found.text):
                self._take(path, _Taken(found, name, None))

    def follow(self, text: str, language: str) -> None:
        """Take what the document names, then what those files name."""
        source = SourceText(text)
        waiting: deque[tuple[Choice, str, Range | None]] = deque([(Choice(self.main), text, None)])
        while waiting:
            at, text_, via = waiting.popleft()
            for reference in scan(language, text_, at):
                range_ = via or source.range(reference.start, reference.end)
                choice = self._choose(reference, range_)
                if choice is not None:
                    waiting.append((choice, self.taken[choice.path].source.text, range_))

    def _choose(self, reference: Reference, range_: Range) -> Choice | None:
        """Take the first of a reference's files that is there; return it if it is new."""
        is_closed = False
        for choice in reference.choices:
            if choice.path == self.main or choice.path in self.taken:
                return None
            found = self._look(choice.path)
            if isinstance(found, Source):
                self._take(choice.path, _Taken(found, reference.said, range_))
                return choice
            is_closed = is_closed or found is Refusal.CLOSED
            if found not in {Refusal.ABSENT, Refusal.CLOSED}:
                self.leave_out(reference.said, found, range_)
                return None
        if is_closed:
            self.leave_out(reference.said, Refusal.CLOSED, range_)
        return None

    def _look(self, path: str) -> Source | Refusal:
        """Read a file if there is room for it."""
        if len(self.looked_at) >= _MOST_LOOKED_UP and path not in self.looked_at:
            return Refusal.TOO_MANY
        self.looked_at.add(path)
        is_full = len(self.taken) >= MOST_FILES
        found = self.reader.read(path, 0 if is_full else MOST_BYTES - self.size)
        if is_full and (isinstance(found, Source) or found is Refusal.TOO_LARGE):
            return Refusal.TOO_MANY
        return found

    def _take(self, path: str, taken: _Taken) -> None:
        self.taken[path] = taken
        self.size += len(taken.source.content)

    def leave_out(self, said: str, why: Refusal, range_: Range | None) -> None:
        """Note that a file does not travel, once; one that is not there is no news."""
        if why is not Refusal.ABSENT:
            self.left_out.setdefault(said, LeftOut(said, why, range_))


def _lay_out(work: _Gathering, name: str) -> Gathered:
    """Give each file its path in the job, below the deepest folder that holds them all."""
    home = posixpath.dirname(work.main)
    root = posixpath.commonpath([home, *map(posixpath.dirname, work.taken)])
    if not is_fit(posixpath.relpath(work.main, root)):
        root = home  # the document must go, whatever its folders are called
    own = posixpath.join(posixpath.relpath(home, root), name).removeprefix("./")
    paths = {own}
    files: list[JobFile] = []
    companions: list[Companion] = []
    for path, taken in work.taken.items():
        relative = posixpath.relpath(path, root)
        if not is_fit(relative) or _clashes(relative, paths):
            work.leave_out(taken.said, Refusal.BAD_NAME, taken.range)
            continue
        paths.add(relative)
        source = taken.source
        files.append(JobFile(relative, source.content))
        companions.append(
            Companion(posixpath.relpath(path, home), source.uri, source.version, source.text, taken.range)
        )
    return Gathered(
        own,
        tuple(files),
        tuple(companions),
        tuple(work.left_out.values()),
        frozenset(work.looked_at),
    )


def is_fit(path: str) -> bool:
    """Whether a relative path may be a file's in a job: no compiler takes it for an option."""
    return (
        path.isprintable()
        and len(path) <= MAX_PATH_LENGTH
        and not path.startswith(("-", "@", "..", "/"))
        and path != "."
    )


def _clashes(path: str, others: set[str]) -> bool:
    """Whether a file is there already, or one of the two would lie below the other."""
    return path in others or any(is_below(path, one) or is_below(one, path) for one in others)
