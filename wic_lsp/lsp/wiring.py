"""The language server put together: a server, its session, and one module per feature.

This is all that knows how they fit. Features get the server and the session and answer; what the session has
to tell the client goes through `_Outbox`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Final

from lsprotocol import types

from wic_lsp.config import Problem
from wic_lsp.lsp.checked import Status
from wic_lsp.lsp.features import (
    code_actions,
    commands,
    configuration,
    hover,
    images,
    lifecycle,
    matrix,
    progress,
    sync,
    workspace,
)
from wic_lsp.lsp.refreshing import Refreshing
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session
from wic_lsp.lsp.terms import Terms
from wic_runtimes.contract import Transfer

STATUS: Final = "wic/status"

_log = logging.getLogger(__name__)


def create_server(terms: Terms) -> WicServer:
    """Return a server for one client, to be served on these terms."""
    server = WicServer()
    server.wic_protocol.most_unanswered = terms.unanswered
    server.session = Session(terms, _Outbox(server))
    for feature in (lifecycle, sync, configuration, workspace, code_actions, commands, hover, images, matrix):
        feature.register(server, server.session)
    return server


class _Outbox:
    """What the session tells its client; see `outbox`."""

    def __init__(self, server: WicServer) -> None:
        self._server = server
        self._lenses = Refreshing(lambda: server.workspace_code_lens_refresh(None))

    def publish(self, uri: str, version: int | None, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Push a document's diagnostics."""
        params = types.PublishDiagnosticsParams(uri, list(diagnostics), version)
        self._server.text_document_publish_diagnostics(params)

    def tell_status(self, uri: str, version: int, status: Status, reason: str) -> None:
        """Notify a client that wants to show it; others might take it for an error."""
        client = self._server.session.client
        if client is not None and client.statuses:
            told = {"uri": uri, "version": version, "status": status.value, "reason": reason}
            self._server.protocol.notify(STATUS, told)

    def refresh(self) -> None:
        """Ask the client to pull again, if it can be asked."""
        client = self._server.session.client
        if client is not None and client.refreshes:
            self._server.workspace_diagnostic_refresh(None)

    def refresh_lenses(self) -> None:
        """Ask the client for its lenses anew, if it can be asked."""
        client = self._server.session.client
        if client is not None and client.lenses and client.refreshes_lenses:
            self._lenses.tell()

    def warn(self, problem: Problem) -> None:
        """Show a problem with the settings, and log it."""
        _log.warning("%s", problem.message)
        self._server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, problem.message))

    def part(self, reason: str) -> None:
        """End the conversation."""
        self._server.wic_protocol.part(reason)

    @contextmanager
    def progress(self, title: str, uri: str) -> Iterator[Callable[[str], None]]:
        """Show work that takes longer than a second."""
        cancel = partial(self._server.session.cancel_check, uri)
        with progress.show_progress(self._server, title, cancel) as shown:
            yield lambda message: shown.report(message, None)

    def pull_progress(self, image: str) -> AbstractContextManager[Callable[[Transfer], None]]:
        """Show a pull from its beginning."""
        return images.show_pull(self._server, self._server.session, image)
