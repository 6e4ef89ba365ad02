"""initialize and shutdown: what the client can do is read, what the server does is chosen, all is ended.

Diagnostics are delivered in one way per client: pulled if it can, else pushed. textDocument/diagnostic is
registered here and not before, since pygls advertises what is registered to every client.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from typing import cast

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from wic_lsp.assembly import read_user_file, user_file
from wic_lsp.config import Origin
from wic_lsp.lsp.client import Client
from wic_lsp.lsp.features import pull
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session
from wic_lsp.positions import Encoding


def register(server: WicServer, session: Session) -> None:
    """Register initialize and shutdown."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        agreed = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
        session.begin(Client.of(params, Encoding(types.PositionEncodingKind(agreed).value)))
        if session.pulls:
            pull.register(server, session)
        options, problems = read_user_file(user_file())
        session.configure("file", Origin.USER, options)
        for problem in problems:
            session.report(problem)
        session.configure("start", Origin.USER, unwrap(params.initialization_options))
        _follow_client(server, params.process_id)
        _forward_logs(server)
        asyncio.get_running_loop().call_soon(session.warm_up)

    @server.feature(types.SHUTDOWN)
    async def shutdown(_params: None) -> None:
        await session.aclose()


def unwrap(options: object) -> object:
    """Return the options themselves, whether or not the editor wrapped them in `wic`."""
    if isinstance(options, Mapping) and "wic" in options:
        return cast("Mapping[str, object]", options)["wic"]
    return options


def _follow_client(server: WicServer, process_id: int | None) -> None:
    """Stop when the editor's process ends, as LSP asks; one that we cannot see is not followed."""
    if process_id is None:
        return
    try:
        descriptor = os.pidfd_open(process_id)
    except OSError:
        return
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        server.wic_protocol.stopped.set()

    loop.add_reader(descriptor, gone)


class _ClientLog(logging.Handler):
    """Sends our own log records to the client as window/logMessage."""

    def __init__(self, server: WicServer) -> None:
        super().__init__(logging.INFO)
        self._server = server

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        kinds = {logging.ERROR: types.MessageType.Error, logging.WARNING: types.MessageType.Warning}
        kind = kinds.get(record.levelno, types.MessageType.Info)
        self._server.window_log_message(types.LogMessageParams(kind, self.format(record)))


def _forward_logs(server: WicServer) -> None:
    for name in ("wic_lsp", "wic_runtimes"):
        logger = logging.getLogger(name)
        logger.setLevel(min(logging.INFO, logging.getLogger().level))
        logger.addHandler(_ClientLog(server))
