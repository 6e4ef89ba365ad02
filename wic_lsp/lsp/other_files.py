"""The files that travelled with a snippet, as they are shown: where they lie, and their lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from wic_lsp.model import CheckResult, Companion
from wic_lsp.positions import split_lines


class OtherFile:
    """A companion with the lines that it had when it was compiled."""

    def __init__(self, companion: Companion) -> None:
        self.uri = companion.uri
        self.version = companion.version
        self._text = companion.text

    @cached_property
    def lines(self) -> Sequence[str]:
        """Its lines, with their ends."""
        return split_lines(self._text)


class OtherFiles:
    """The companions of several results, of which many have the same: each is cut into lines once."""

    def __init__(self) -> None:
        self._known: dict[int, Mapping[str, OtherFile]] = {}

    def of(self, results: Sequence[CheckResult]) -> Mapping[str, OtherFile]:
        """Return the companions of results of one snippet by the names that places give them."""
        companions = results[0].companions if results else ()
        known = self._known.get(id(companions))
        if known is None:
            known = {companion.path: OtherFile(companion) for companion in companions}
            self._known[id(companions)] = known
        return known
