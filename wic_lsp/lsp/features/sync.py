"""didOpen, didChange, didSave, didClose: the session follows what the editor shows."""

from __future__ import annotations

import logging

from lsprotocol import types

from wic_lsp.lsp.documents import UnknownDocument
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session

_log = logging.getLogger(__name__)


def register(server: WicServer, session: Session) -> None:
    """Register the handlers."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        session.open(params.text_document)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        try:
            session.change(document.uri, params.content_changes, document.version)
        except UnknownDocument as unknown:
            _log.warning("%s A change to it is passed over.", unknown)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        session.preferences.reread([params.text_document.uri])
        session.save(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        session.close(params.text_document.uri)
