"""The workspace: which folders are open, and that a file in them has changed outside of what we are shown.

A client that can watch files for us is asked to, once it is initialized; others tell of what they save.
"""

from __future__ import annotations

import logging

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from wic_lsp.companions.scan import has_companions
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session
from wic_lsp.toolchains.families import languages
from wic_lsp.workspace_file import NAMES

_log = logging.getLogger(__name__)


def register(server: WicServer, session: Session) -> None:
    """Register didChangeWorkspaceFolders and didChangeWatchedFiles."""

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        removed = [folder.uri for folder in params.event.removed]
        added = [folder.uri for folder in params.event.added]
        session.preferences.close_folders(removed)
        session.preferences.open_folders(added)
        session.companions.close_folders(removed)
        session.companions.open_folders(added)
        if not session.terms.is_shared:
            session.check_all()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(params: types.DidChangeWatchedFilesParams) -> None:
        uris = [change.uri for change in params.changes]
        session.preferences.reread(uris)
        session.companions.touch(*uris)


def folders_of(params: types.InitializeParams) -> list[str]:
    """Return the URIs of the folders that the client has open when it begins."""
    if params.workspace_folders:
        return [folder.uri for folder in params.workspace_folders]
    return [params.root_uri] if params.root_uri is not None else []


async def watch_files(server: WicServer, session: Session) -> None:
    """Ask the client to tell of changes to the workspace's own settings and sources, where it can."""
    client = session.client
    if client is None or not client.watches_files or session.terms.is_shared:
        return
    watchers = [types.FileSystemWatcher(f"**/{name}") for name in (*NAMES, *companion_names())]
    registration = types.Registration(
        "wic-workspace",
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        types.DidChangeWatchedFilesRegistrationOptions(watchers),
    )
    try:
        await server.client_register_capability_async(types.RegistrationParams([registration]))
    except JsonRpcException as exc:
        _log.warning("the editor will not tell of changed files: %s", exc)


def companion_names() -> list[str]:
    """Return the patterns of the names of files that others may need, for each language where they may."""
    needed = [one for name, one in languages().items() if has_companions(name)]
    return [f"*{ending}" for one in needed for ending in (*one.endings, *one.header_endings)]
