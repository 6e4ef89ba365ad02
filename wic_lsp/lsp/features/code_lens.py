"""textDocument/codeLens: above each snippet, which toolchains take it and which do not.

Above a file that several toolchains compile, and above each block of Markdown that was compiled. Pressing it
runs `wic.showOutput`. While the text is newer than its last result there are none, and the client is asked
to look again when the next has come, if it can be asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lsprotocol import types

from wic_lsp.lsp.features.commands import SHOW_OUTPUT
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session
from wic_lsp.matrix import Group, Row, Verdict, compared, rows
from wic_lsp.model import CheckResult

MARKS: Final[Mapping[Verdict, str]] = {
    Verdict.PASSES: "\u2713",
    Verdict.WARNS: "\u2713",
    Verdict.FAILS: "\u2717",
    Verdict.NOT_RUN: "?",
}
_BETWEEN: Final = " \u00b7 "


def register(server: WicServer, session: Session) -> None:
    """Register the handler; called at initialize, for a client that shows lenses."""

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=False))
    def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
        uri = params.text_document.uri
        checked = session.current(uri)
        return make_lenses(uri, checked.results) if checked is not None else []


def make_lenses(uri: str, results: Sequence[CheckResult]) -> list[types.CodeLens]:
    """Return a lens for each snippet that has something to compare, at the line that it begins on."""
    return [_make_lens(uri, group) for group in compared(results)]


def _make_lens(uri: str, group: Group) -> types.CodeLens:
    top = types.Position(group.block.start.line if group.block is not None else 0, 0)
    title = _BETWEEN.join(map(_say, rows(group)))
    return types.CodeLens(types.Range(top, top), types.Command(title, SHOW_OUTPUT, arguments=[uri]))


def _say(row: Row) -> str:
    """Say it in few words: why a compiler did not run to its end is for the diagnostics."""
    words = "" if row.verdict is Verdict.PASSES else row.short
    return " ".join(filter(None, (row.toolchain, MARKS[row.verdict], words)))
