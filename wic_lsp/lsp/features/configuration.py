"""Settings from the editor: asked for with workspace/configuration, or taken from didChangeConfiguration.

What comes this way may come from a workspace's own files (.vscode/settings.json, .dir-locals.el), so it is
taken as a workspace's word: it cannot choose the runtime or raise limits. `initializationOptions` can.
"""

from __future__ import annotations

import logging

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from wic_lsp.lsp.encodings import unwrap
from wic_lsp.lsp.features.workspace import watch_files
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session

_log = logging.getLogger(__name__)
_SECTION = "wic"


def register(server: WicServer, session: Session) -> None:
    """Register initialized and didChangeConfiguration."""

    async def ask() -> None:
        item = types.ConfigurationItem(section=_SECTION)
        try:
            answer = await server.workspace_configuration_async(types.ConfigurationParams([item]))
        except JsonRpcException as exc:
            _log.warning("the editor did not give its configuration: %s", exc)
            return
        session.configure("workspace", session.terms.workspace_origin, answer[0] if answer else None)

    @server.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        client = session.client
        if client is not None and client.registers_configuration:
            registration = types.Registration(
                "wic-configuration",
                types.WORKSPACE_DID_CHANGE_CONFIGURATION,
                types.DidChangeConfigurationRegistrationOptions(section=_SECTION),
            )
            try:
                await server.client_register_capability_async(types.RegistrationParams([registration]))
            except JsonRpcException as exc:
                _log.warning("the editor will not tell of changed settings: %s", exc)
        if client is not None and client.configuration:
            await ask()
        await watch_files(server, session)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        if session.client is not None and session.client.configuration:
            await ask()
        else:
            session.configure("workspace", session.terms.workspace_origin, unwrap(params.settings))
