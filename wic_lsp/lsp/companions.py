"""The files that go with a client's documents: found in its workspace, and watched for what changes in them.

The workspace is the folders that the client has open; where it has none, what `find_root` says. On a shared
server nothing of this machine is looked at: there are the client's own open documents. What an editor shows
goes before what is on the disk. A document is checked again when a file changes that its last check looked
for, whether it was there or not.
"""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

from wic_lsp.companions.gather import Gathered, gather
from wic_lsp.companions.references import join
from wic_lsp.companions.workspace import OpenText, Workspace, find_root
from wic_lsp.lsp.documents import Document, DocumentSnapshot
from wic_lsp.lsp.occasions import Occasion
from wic_lsp.lsp.planning import path_of
from wic_lsp.lsp.preferences import path_here
from wic_lsp.model import CheckResult
from wic_lsp.plans import Plan


class Companions:
    """What goes with the documents of one client.

    `documents` gives those that are open; `check_again` is called for one whose companions have changed, with
    what has become of them.
    """

    def __init__(
        self,
        documents: Callable[[], Iterable[Document]],
        check_again: Callable[[str, Occasion], None],
        *,
        is_shared: bool,
    ) -> None:
        self._documents = documents
        self._check_again = check_again
        self._is_shared = is_shared
        self._folders: dict[str, None] = {}
        self._looked_at: dict[str, frozenset[str]] = {}

    def open_folders(self, uris: Iterable[str]) -> None:
        """Count folders to the workspace."""
        self._folders.update(dict.fromkeys(_paths_here(uris)))

    def close_folders(self, uris: Iterable[str]) -> None:
        """Count folders to the workspace no longer."""
        for folder in _paths_here(uris):
            self._folders.pop(folder, None)

    async def join(
        self, snapshot: DocumentSnapshot, plans: Sequence[Plan] | CheckResult
    ) -> Sequence[Plan] | CheckResult:
        """Return a document's plans with the files that go with it. Reads off the event loop."""
        if isinstance(plans, CheckResult):
            return plans
        return [await self._join(snapshot, plan) if plan.may_need_companions else plan for plan in plans]

    async def _join(self, snapshot: DocumentSnapshot, plan: Plan) -> Plan:
        is_here = path_here(snapshot.uri) is not None
        if not (is_here or self._is_shared):
            return plan
        main = join("/", path_of(snapshot.uri))
        while True:
            texts = self._texts(snapshot.uri)
            gathered = await asyncio.to_thread(self._gather, main, plan, texts, tuple(self._folders))
            self._looked_at[snapshot.uri] = gathered.looked_at
            if _versions(texts, gathered) == _versions(self._texts(snapshot.uri), gathered):
                return plan.join(gathered)

    def _gather(
        self, main: str, plan: Plan, texts: dict[str, OpenText], folders: tuple[str, ...]
    ) -> Gathered:
        roots = folders
        if not roots and not self._is_shared:
            roots = (find_root(main, posixpath.expanduser("~")),)
        workspace = Workspace(roots, texts, reads_disk=not self._is_shared)
        return gather(main, plan.snippet.name, plan.snippet.text, plan.snippet.language, workspace)

    def _texts(self, main: str) -> dict[str, OpenText]:
        """Return the other documents that are open in the same place (the scheme and the host), by path."""
        place = _place(main)
        return {
            join("/", path_of(document.uri)): OpenText(document.text, document.uri, document.version)
            for document in self._documents()
            if document.uri != main and not document.is_refused and _place(document.uri) == place
        }

    def forget(self, uri: str) -> None:
        """Forget a document that is closed."""
        self._looked_at.pop(uri, None)

    def touch(self, *uris: str, occasion: Occasion = Occasion.SURROUNDINGS) -> None:
        """Have those documents checked again that looked for one of these files."""
        changed = {(_place(uri), join("/", path_of(uri))) for uri in uris}
        for document in tuple(self._documents()):
            looked_at = self._looked_at.get(document.uri)
            if not looked_at or document.uri in uris:
                continue
            place = _place(document.uri)
            if any(at == place and _is_in(path, looked_at) for at, path in changed):
                self._check_again(document.uri, occasion)


def _is_in(path: str, looked_at: frozenset[str]) -> bool:
    folder, name = posixpath.split(path)
    return path in looked_at or join(folder, f"*{posixpath.splitext(name)[1]}") in looked_at


def _versions(texts: dict[str, OpenText], gathered: Gathered) -> dict[str, tuple[str, int]]:
    """Return the versions of the open texts that count for what was gathered."""
    return {path: (one.uri, one.version) for path, one in texts.items() if _is_in(path, gathered.looked_at)}


def _paths_here(uris: Iterable[str]) -> Iterable[str]:
    return (join("/", str(path)) for path in map(path_here, uris) if path is not None)


def _place(uri: str) -> tuple[str, str]:
    """Return the scheme and the host of a URI."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # no URI at all
        return "", ""
    return parts.scheme, "" if parts.netloc == "localhost" else parts.netloc
