"""What the checks of documents found in other files, and what is therefore shown for those.

A file is shown what its own check found, if it is open, and what others found in it that is not among that
already. What was found in a text that an editor shows is shown only for that version of it; what was found in
a file on the disk only while it is not open. Decides and remembers; publishes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lsprotocol import types

from wic_lsp.lsp.client import Client
from wic_lsp.lsp.other_files import OtherFiles
from wic_lsp.lsp.present import Shown
from wic_lsp.lsp.to_lsp import to_range


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one document's check found in another file, at one version of that; None is the disk's."""

    version: int | None
    diagnostics: tuple[types.Diagnostic, ...]


class Elsewhere:
    """What was found in other files, by the files' URIs and those of the documents that lead there."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Contribution]] = {}
        self._stamps: dict[str, int] = {}
        self._news: dict[str, None] = {}

    def take(self, uri: str, found: Mapping[str, Contribution]) -> tuple[str, ...]:
        """Take in what a document's newest check found; return the URIs of what is now shown otherwise."""
        had = {other for other, by_document in self._found.items() if uri in by_document}
        changed = [
            other
            for other in (*sorted(had - found.keys()), *found)
            if self._found.get(other, {}).get(uri) != found.get(other)
        ]
        for other in changed:
            by_document = self._found.setdefault(other, {})
            by_document.pop(uri, None)
            if other in found:
                by_document[uri] = found[other]
            if not by_document:
                del self._found[other]
            self._stamps[other] = self._stamps.get(other, 0) + 1
            self._news[other] = None
        return tuple(changed)

    def show(
        self, uri: str, version: int | None, own: Sequence[types.Diagnostic] = ()
    ) -> tuple[types.Diagnostic, ...]:
        """Return what is shown for a file at that version (None: it is not open)."""
        shown = {_key(one): one for one in own}
        more: list[types.Diagnostic] = []
        for contribution in self._found.get(uri, {}).values():
            for one in contribution.diagnostics if contribution.version == version else ():
                if _key(one) not in shown:
                    shown[_key(one)] = one
                    more.append(one)
        return (*own, *more)

    def stamp(self, uri: str) -> str:
        """Return a word that changes whenever what others found in a file does."""
        stamp = self._stamps.get(uri, 0)
        return f"+{stamp}" if stamp else ""

    def read_news(self) -> tuple[str, ...]:
        """Return the URIs of what is shown otherwise since this was last asked."""
        news, self._news = self._news, {}
        return tuple(news)


def gather_findings(uri: str, shown: Iterable[Shown], client: Client) -> Mapping[str, Contribution]:
    """Return what a document's check found in other files, at their own places, by their URIs."""
    found: dict[str, dict[object, types.Diagnostic]] = {}
    versions: dict[str, int | None] = {}
    files = OtherFiles()
    for one in shown:
        origin = one.finding.origin
        file = files.of(one.results).get(origin.file or "") if origin is not None else None
        if origin is None or file is None:
            continue
        at = types.Location(file.uri, to_range(origin.range, file.lines, client.encoding))
        diagnostic = _move(one.diagnostic, at, uri, with_related=client.related)
        found.setdefault(file.uri, {}).setdefault(_key(diagnostic), diagnostic)
        versions[file.uri] = file.version
    return {other: Contribution(versions[other], tuple(by_key.values())) for other, by_key in found.items()}


def _move(
    diagnostic: types.Diagnostic, at: types.Location, uri: str, *, with_related: bool
) -> types.Diagnostic:
    """Return a diagnostic at its true place, with what leads there as related information."""
    others = [one for one in diagnostic.related_information or () if one.location != at]
    way = types.DiagnosticRelatedInformation(types.Location(uri, diagnostic.range), "reached from here")
    return types.Diagnostic(
        range=at.range,
        message=diagnostic.message,
        severity=diagnostic.severity,
        code=diagnostic.code,
        code_description=diagnostic.code_description,
        source=diagnostic.source,
        tags=diagnostic.tags,
        related_information=[way, *others] if with_related else None,
    )


def _key(diagnostic: types.Diagnostic) -> object:
    start, end = diagnostic.range.start, diagnostic.range.end
    return start.line, start.character, end.line, end.character, diagnostic.message
