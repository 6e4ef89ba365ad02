"""An editor without a screen: pytest-lsp's client, which also checks that the server keeps to the protocol.

It keeps every publication and message in the order of their arrival. Waiting means waiting for one of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient as PyglsClient
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient

from tests.lsp.raw import PATIENCE_S

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Abilities:
    """What an editor says that it can do, and what its user has set."""

    pulls: bool = False
    encodings: tuple[types.PositionEncodingKind, ...] | None = None
    progress: bool = False
    related: bool = True
    hovers: tuple[types.MarkupKind, ...] = (types.MarkupKind.Markdown, types.MarkupKind.PlainText)
    versioned_edits: bool = True
    refreshes: bool = False
    lenses: bool = False
    refreshes_lenses: bool = False
    watches: bool = False
    statuses: bool = False
    folders: tuple[Path, ...] = ()
    configuration: Mapping[str, object] | None = None
    options: Mapping[str, object] | None = field(default=None)

    def capabilities(self) -> types.ClientCapabilities:
        """Say it in LSP."""
        diagnostic = types.DiagnosticClientCapabilities(
            related_information=self.related, related_document_support=self.related
        )
        return types.ClientCapabilities(
            experimental={"wicStatus": True} if self.statuses else None,
            general=types.GeneralClientCapabilities(
                position_encodings=list(self.encodings) if self.encodings is not None else None
            ),
            text_document=types.TextDocumentClientCapabilities(
                diagnostic=diagnostic if self.pulls else None,
                hover=types.HoverClientCapabilities(content_format=list(self.hovers)),
                code_lens=types.CodeLensClientCapabilities() if self.lenses else None,
                publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                    related_information=self.related, version_support=True
                ),
            ),
            window=types.WindowClientCapabilities(work_done_progress=self.progress),
            workspace=types.WorkspaceClientCapabilities(
                configuration=self.configuration is not None,
                did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(
                    dynamic_registration=self.watches
                ),
                workspace_folders=bool(self.folders),
                workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=self.versioned_edits),
                diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=self.refreshes),
                code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=self.refreshes_lenses),
                execute_command=types.ExecuteCommandClientCapabilities(),
            ),
        )


class Editor(LanguageClient):
    """One editor with one server."""

    def __init__(self, abilities: Abilities) -> None:
        super().__init__(converter_factory=default_converter)
        self.abilities = abilities
        self.settings: object = abilities.configuration
        self.published: list[types.PublishDiagnosticsParams] = []
        self.messages: list[types.ShowMessageParams] = []
        self.logged: list[types.LogMessageParams] = []
        self.progress: list[types.ProgressParams] = []
        self.created: list[types.WorkDoneProgressCreateParams] = []
        self.registered: list[types.RegistrationParams] = []
        self.statuses: list[Any] = []
        self.refreshes = 0
        self.lens_refreshes = 0
        self.sections: list[str | None] = []
        self.errors = b""
        self._news = asyncio.Event()
        self._listen()

    def _listen(self) -> None:
        def keep(method: str, take: Callable[[Any], object]) -> None:
            @self.feature(method)
            def taken(params: Any) -> None:
                take(params)
                self._news.set()

        keep(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, self.published.append)
        keep(types.WINDOW_SHOW_MESSAGE, self.messages.append)
        keep(types.WINDOW_LOG_MESSAGE, self.logged.append)
        keep("wic/status", self.statuses.append)
        keep(types.PROGRESS, self.progress.append)
        keep(types.WINDOW_WORK_DONE_PROGRESS_CREATE, self.created.append)
        keep(types.CLIENT_REGISTER_CAPABILITY, self.registered.append)
        keep(types.WORKSPACE_DIAGNOSTIC_REFRESH, lambda _: self._count_refresh())
        keep(types.WORKSPACE_CODE_LENS_REFRESH, lambda _: self._count_lens_refresh())

        @self.feature(types.WORKSPACE_CONFIGURATION)
        def configuration(params: types.ConfigurationParams) -> list[object]:
            self.sections += [item.section for item in params.items]
            self._news.set()
            return [self.settings for _ in params.items]

    def _count_refresh(self) -> None:
        self.refreshes += 1

    def _count_lens_refresh(self) -> None:
        self.lens_refreshes += 1

    async def start(
        self, command: Path, *words: str, environment: Mapping[str, str]
    ) -> types.InitializeResult:
        """Start a server and introduce ourselves."""
        # pytest-lsp's own start_io writes the server's stderr into ours; it is kept here, to be looked at.
        await PyglsClient.start_io(self, str(command), *words, env=dict(environment))
        self._stderr_forwarder = asyncio.create_task(self._drain())
        return await self.initialize_session(
            types.InitializeParams(
                self.abilities.capabilities(),
                initialization_options=self.abilities.options,
                workspace_folders=_to_folders(self.abilities.folders),
            )
        )

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._server is not None
        return self._server.pid

    async def _drain(self) -> None:
        assert self._server is not None
        assert self._server.stderr is not None
        while chunk := await self._server.stderr.read(65536):
            self.errors += chunk

    async def wait_for(self, find: Callable[[], T | None], what: str) -> T:
        """Return what `find` gives, as soon as a message makes it give something."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (found := find()) is None:
                    self._news.clear()
                    await self._news.wait()
                return found
        except TimeoutError:
            raise AssertionError(f"{what} did not come; {self.published=} {self.logged=}") from None

    def open(self, uri: str, text: str, version: int = 1, language: str = "cpp") -> None:
        """Open a document."""
        item = types.TextDocumentItem(uri, language, version, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, uri: str, version: int, *changes: types.TextDocumentContentChangeEvent | str) -> None:
        """Edit a document: a string is its whole new text."""
        whole = [
            types.TextDocumentContentChangeWholeDocument(one) if isinstance(one, str) else one
            for one in changes
        ]
        document = types.VersionedTextDocumentIdentifier(version, uri)
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, whole))

    def save(self, uri: str) -> None:
        """Save a document."""
        document = types.TextDocumentIdentifier(uri)
        self.text_document_did_save(types.DidSaveTextDocumentParams(document))

    def close(self, uri: str) -> None:
        """Close a document."""
        document = types.TextDocumentIdentifier(uri)
        self.text_document_did_close(types.DidCloseTextDocumentParams(document))

    def move(self, closed: Sequence[Path] = (), opened: Sequence[Path] = ()) -> None:
        """Close folders of the workspace and open others."""
        event = types.WorkspaceFoldersChangeEvent(_to_folders(opened), _to_folders(closed))
        self.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))

    def touch(self, *files: Path) -> None:
        """Tell that watched files have changed."""
        events = [types.FileEvent(file.as_uri(), types.FileChangeType.Changed) for file in files]
        self.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))

    async def shown(self, uri: str, version: int | None, *, after: int = 0) -> list[types.Diagnostic]:
        """Return the diagnostics that are pushed for a version; `after` passes over earlier publications."""

        def find() -> list[types.Diagnostic] | None:
            for one in self.published[after:]:
                if one.uri == uri and one.version == version:
                    return list(one.diagnostics)
            return None

        return await self.wait_for(find, f"the diagnostics of version {version}")

    async def pull(self, uri: str, previous: str | None = None) -> types.DocumentDiagnosticReport:
        """Pull a document's diagnostics."""
        document = types.TextDocumentIdentifier(uri)
        params = types.DocumentDiagnosticParams(document, previous_result_id=previous)
        async with asyncio.timeout(PATIENCE_S):
            return await self.text_document_diagnostic_async(params)

    async def check(self, uri: str, text: str) -> list[types.Diagnostic]:
        """Open a document and return its diagnostics, in the way that was agreed."""
        self.open(uri, text)
        if not self.abilities.pulls:
            return await self.shown(uri, 1)
        report = await self.pull(uri)
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        return list(report.items)

    async def warned(self, *words: str) -> str:
        """Return the message shown to the user that has all these words, when it comes."""

        def find() -> str | None:
            said = [one.message for one in self.messages]
            return next((one for one in said if all(word in one for word in words)), None)

        return await self.wait_for(find, f"a message with {words}")

    async def actions(
        self, uri: str, range_: types.Range, only: Sequence[str] | None = None
    ) -> list[types.CodeAction]:
        """Ask what can be done about a range."""
        context = types.CodeActionContext([], only=list(only) if only is not None else None)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), range_, context)
        found = await self.text_document_code_action_async(params) or []
        assert all(isinstance(one, types.CodeAction) for one in found)
        return [one for one in found if isinstance(one, types.CodeAction)]

    async def lenses(self, uri: str) -> list[types.CodeLens]:
        """Ask for what stands above the lines."""
        params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
        async with asyncio.timeout(PATIENCE_S):
            return list(await self.text_document_code_lens_async(params) or [])

    async def hover(self, uri: str, line: int, character: int) -> types.Hover | None:
        """Ask what there is to know about a place."""
        place = types.Position(line, character)
        params = types.HoverParams(types.TextDocumentIdentifier(uri), place)
        async with asyncio.timeout(PATIENCE_S):
            return await self.text_document_hover_async(params)

    async def run(self, command: str, *arguments: object) -> Any:
        """Run one of the server's commands."""
        params = types.ExecuteCommandParams(command, list(arguments))
        async with asyncio.timeout(PATIENCE_S):
            return await self.workspace_execute_command_async(params)

    async def configure(self, settings: object) -> None:
        """Change the user's settings and say so."""
        self.settings = settings
        params = types.DidChangeConfigurationParams({"wic": settings})
        self.workspace_did_change_configuration(params)

    async def quit(self) -> int:
        """End the conversation as LSP wants it; returns the server's exit code."""
        assert self._server is not None
        async with asyncio.timeout(PATIENCE_S):
            await self.shutdown_session()
        return await self._gone()

    async def aclose(self) -> None:
        """Quit if that was not done, and make sure that no process is left."""
        if self._server is None:
            return
        if self._server.returncode is None:
            self._server.kill()
        await self._gone()

    async def _gone(self) -> int:
        assert self._server is not None
        assert self._server.stdin is not None
        self._stop_event.set()
        self._server.stdin.close()
        await self._server.wait()
        if self._stderr_forwarder is not None:
            await self._stderr_forwarder
        await PyglsClient.stop(self)
        code = self._server.returncode
        assert code is not None
        return code


def _to_folders(folders: Sequence[Path]) -> list[types.WorkspaceFolder]:
    return [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]


def at(line: int, start: int, end: int) -> types.Range:
    """Return the range between two columns of a line."""
    return types.Range(types.Position(line, start), types.Position(line, end))


def find_text(text: str, part: str) -> tuple[int, int]:
    """Return the line and the code-point column of a part of a text that occurs once."""
    assert text.count(part) == 1
    before = text[: text.index(part)]
    return before.count("\n"), len(before) - before.rfind("\n") - 1
