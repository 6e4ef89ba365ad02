"""The language server: pygls's server with our protocol, one session, and one module per feature.

This is all that knows how they fit together. Features get the session and answer; what the session has to
tell the client goes through `_Outbox`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import cast

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from wic_lsp import __version__
from wic_lsp.config import Problem
from wic_lsp.lsp.features import code_actions, commands, configuration, lifecycle, progress, pull, sync
from wic_lsp.lsp.protocol import WicProtocol
from wic_lsp.lsp.session import Session

_log = logging.getLogger(__name__)


class WicServer(LanguageServer):
    """One client's server. `runtime` is the one that the command line asked for, if any."""

    def __init__(self, runtime: str | None) -> None:
        super().__init__("wic-lsp", __version__, protocol_cls=WicProtocol)
        self.session = Session(runtime, _Outbox(self))
        for feature in (lifecycle, sync, configuration, code_actions, commands):
            feature.register(self, self.session)

    @property
    def wic_protocol(self) -> WicProtocol:
        """The protocol, as what it is."""
        return cast("WicProtocol", self.protocol)

    def register_pull(self) -> None:
        """Offer textDocument/diagnostic; only for a client that pulls, during its initialize request."""
        pull.register(self, self.session)


class _Outbox:
    """What the session tells its client; see `session.Outbox`."""

    def __init__(self, server: WicServer) -> None:
        self._server = server

    def publish(self, uri: str, version: int | None, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Push a document's diagnostics."""
        params = types.PublishDiagnosticsParams(uri, list(diagnostics), version)
        self._server.text_document_publish_diagnostics(params)

    def refresh(self) -> None:
        """Ask the client to pull again, if it can be asked."""
        client = self._server.session.client
        if client is not None and client.refreshes:
            self._server.workspace_diagnostic_refresh(None)

    def warn(self, problem: Problem) -> None:
        """Show a problem with the settings, and log it."""
        _log.warning("%s", problem.message)
        self._server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, problem.message))

    def progress(self, title: str, uri: str) -> AbstractContextManager[None]:
        """Show work that takes longer than a second."""
        return progress.show_progress(self._server, title, lambda: self._server.session.cancel_check(uri))
