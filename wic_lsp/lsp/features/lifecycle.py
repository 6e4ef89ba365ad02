"""initialize and shutdown: what the client can do is read, what the server does is chosen, all is ended.

Diagnostics are delivered in one way per client: pulled if it can, else pushed. textDocument/diagnostic and
what else not every client wants is registered here and not before, since pygls advertises to every client
what is registered.
"""

from __future__ import annotations

import asyncio
import os

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from wic_lsp.config import Origin
from wic_lsp.lsp.client import Client
from wic_lsp.lsp.client_log import ClientLog
from wic_lsp.lsp.encodings import take_encoding, unwrap
from wic_lsp.lsp.features import code_lens, pull
from wic_lsp.lsp.features.workspace import folders_of
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session
from wic_lsp.positions import Encoding


def register(server: WicServer, session: Session) -> None:
    """Register initialize and shutdown."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        agreed = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
        client = Client.of(params, Encoding(types.PositionEncodingKind(agreed).value))
        session.begin(client)
        if client.pulls:
            pull.register(server, session)
        if client.lenses:
            code_lens.register(server, session)
        terms = session.terms
        options, problems = terms.read_file()
        session.configure("file", Origin.USER, options)
        for problem in problems:
            session.report(problem)
        said, problems = take_encoding(unwrap(params.initialization_options), client.encoding)
        session.configure("start", terms.origin, said)
        for problem in problems:
            session.report(problem)
        session.preferences.open_folders(folders_of(params))
        session.companions.open_folders(folders_of(params))
        if not terms.is_shared:  # else the process is one of another machine
            _follow_client(server, params.process_id)
        server.log = ClientLog(server, terms.log_key)
        asyncio.get_running_loop().call_soon(session.warm_up)

    @server.feature(types.SHUTDOWN)
    async def shutdown(_params: None) -> None:
        await session.aclose()


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
