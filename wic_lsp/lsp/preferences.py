"""What a client's user and its workspace have set, and what of it is in force for a document.

The client's own layers (the user's file, what the editor hands over at start and later) are in force
everywhere. Over them each folder of the workspace has what its `wic.toml` says for the documents in it. Those
files are read off the event loop, when a folder is opened and again when they change; a check waits for that.
On a shared server no file is looked at: the client's folders are not on this machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from wic_lsp.config import Origin, Problem, Settings, resolve
from wic_lsp.lsp.terms import Terms
from wic_lsp.workspace_file import NAMES, WorkspaceFile, read_workspace_file
from wic_runtimes.waiting import outlast

_LAYERS = ("file", "start", "workspace")


class Preferences:
    """All settings of one client.

    `warn` shows a problem, and gets each once; `changed` is called whenever other settings are in force.
    """

    def __init__(self, terms: Terms, warn: Callable[[Problem], None], changed: Callable[[], None]) -> None:
        self.settings = terms.base
        self._terms = terms
        self._warn = warn
        self._changed = changed
        self._layers: dict[str, tuple[Origin, object]] = {}
        self._shown: set[str] = set()
        self._files: dict[Path, WorkspaceFile] = {}
        self._wanted: set[Path] = set()
        self._reads: set[asyncio.Task[None]] = set()
        self._reading = asyncio.Lock()

    def configure(self, layer: str, origin: Origin, options: object) -> None:
        """Set one layer of options: `file`, `start` or `workspace`."""
        self._layers[layer] = (origin, options)
        layers = [self._layers[name] for name in _LAYERS if name in self._layers]
        settings, problems = resolve([*layers, (Origin.USER, self._terms.forced)], self._terms.base)
        for problem in problems:
            self.report(problem)
        if settings != self.settings:
            self.settings = settings
            self._changed()

    def report(self, problem: Problem) -> None:
        """Tell the user of a problem, once."""
        if problem.message not in self._shown:
            self._shown.add(problem.message)
            self._warn(problem)

    def open_folders(self, uris: Iterable[str]) -> None:
        """Read the files of folders that the client has opened."""
        for folder in filter(None, map(path_here, uris)):
            self._read(folder)

    def close_folders(self, uris: Iterable[str]) -> None:
        """Forget folders that the client has closed."""
        for folder in filter(None, map(path_here, uris)):
            self._take(folder, None)

    def reread(self, uris: Iterable[str]) -> None:
        """Read again what of changed files is a folder's own; the others are none of ours."""
        for path in filter(None, map(path_here, uris)):
            if path.name in NAMES and path.parent in self._files:
                self._read(path.parent)

    async def settle(self) -> None:
        """Wait until all that is being read has been."""
        while self._reads:
            await asyncio.wait(set(self._reads))

    def settings_for(self, uri: str) -> Settings:
        """Return what is in force for a document, as far as its folder's file has been read."""
        path = path_here(uri)
        if path is None or not self._files:
            return self.settings
        around = [folder for folder in self._files if path.is_relative_to(folder)]
        if not around:
            return self.settings
        settings, problems = self._files[max(around, key=lambda one: len(one.parts))].over(self.settings)
        for problem in problems:
            self.report(problem)
        return settings

    async def aclose(self) -> None:
        """End all reading."""
        for read in self._reads:
            read.cancel()
        await outlast(*self._reads)

    def _read(self, folder: Path) -> None:
        if self._terms.is_shared or folder in self._wanted:
            return
        self._wanted.add(folder)
        self._files.setdefault(folder, WorkspaceFile())
        read = asyncio.get_running_loop().create_task(self._carry_out(folder), name=f"read {folder}")
        self._reads.add(read)
        read.add_done_callback(self._reads.discard)

    async def _carry_out(self, folder: Path) -> None:
        async with self._reading:  # so that what is read last is what is taken last
            self._wanted.discard(folder)
            found = await asyncio.to_thread(read_workspace_file, folder)
        if folder in self._files:
            self._take(folder, found)

    def _take(self, folder: Path, found: WorkspaceFile | None) -> None:
        known = self._files.pop(folder, WorkspaceFile())
        if found is not None:
            self._files[folder] = found
            for problem in found.over(self.settings)[1]:
                self.report(problem)
        if known != (found or WorkspaceFile()):
            self._changed()


def path_here(uri: str) -> Path | None:
    """Return the path on this machine that a URI names; None where it names none."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # no URI at all, as "file://[x"
        return None
    path = PurePosixPath(unquote(parts.path))
    is_here = parts.scheme == "file" and parts.netloc in {"", "localhost"}
    return Path(path) if is_here and path.is_absolute() and ".." not in path.parts else None
