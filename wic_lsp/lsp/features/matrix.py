"""The command that shows how the toolchains differ on a document, as Markdown.

It is of the last check of the text that is open, and compiles nothing. Where there is no such check, or
nothing to compare, it is a sentence that says why.
"""

from __future__ import annotations

from typing import Final

from pygls.exceptions import JsonRpcInvalidParams

from wic_lsp.lsp.documents import UnknownDocument
from wic_lsp.lsp.features.commands import Json, read_uri
from wic_lsp.lsp.matrix_text import describe_matrix
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session

SHOW_MATRIX: Final = "wic.showMatrix"


def register(server: WicServer, session: Session) -> None:
    """Register the command. Its argument is the URI of an open document."""

    @server.command(SHOW_MATRIX)
    def show_matrix(*arguments: Json) -> str:
        uri = read_uri(SHOW_MATRIX, arguments)
        if session.documents.get(uri) is None:
            raise JsonRpcInvalidParams(str(UnknownDocument(uri)))
        checked, withheld = session.current(uri), session.why_withheld(uri)
        if checked is not None:
            return describe_matrix(checked.results)
        return describe_matrix((withheld,)) if withheld is not None else "It is being checked."
