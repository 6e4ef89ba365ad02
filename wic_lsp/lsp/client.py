"""What the client can do, read once from its initialize request, so that features ask in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol import types

from wic_lsp.positions import Encoding


@dataclass(frozen=True, slots=True)
class Client:
    """One client's abilities, and the encoding of columns that was agreed with it."""

    encoding: Encoding
    pulls: bool
    refreshes: bool
    related_documents: bool
    related: bool
    progress: bool
    markdown: bool
    lenses: bool
    refreshes_lenses: bool
    configuration: bool
    registers_configuration: bool
    watches_files: bool
    versioned_edits: bool
    statuses: bool
    process_id: int | None

    @classmethod
    def of(cls, params: types.InitializeParams, encoding: Encoding) -> Client:
        """Read the initialize request."""
        text = params.capabilities.text_document or types.TextDocumentClientCapabilities()
        workspace = params.capabilities.workspace or types.WorkspaceClientCapabilities()
        window = params.capabilities.window or types.WindowClientCapabilities()
        edit = workspace.workspace_edit or types.WorkspaceEditClientCapabilities()
        publish = text.publish_diagnostics
        pull = text.diagnostic
        change = workspace.did_change_configuration
        watched = workspace.did_change_watched_files
        return cls(
            encoding=encoding,
            pulls=pull is not None,
            refreshes=workspace.diagnostics is not None and bool(workspace.diagnostics.refresh_support),
            related_documents=pull is not None and bool(pull.related_document_support),
            related=bool(publish and publish.related_information) or bool(pull and pull.related_information),
            progress=bool(window.work_done_progress),
            markdown=text.hover is not None
            and types.MarkupKind.Markdown in (text.hover.content_format or ()),
            lenses=text.code_lens is not None,
            refreshes_lenses=workspace.code_lens is not None and bool(workspace.code_lens.refresh_support),
            configuration=bool(workspace.configuration),
            registers_configuration=change is not None and bool(change.dynamic_registration),
            watches_files=watched is not None and bool(watched.dynamic_registration),
            versioned_edits=bool(edit.document_changes),
            statuses=_wants_statuses(params.capabilities.experimental),
            process_id=params.process_id,
        )


def _wants_statuses(experimental: object) -> bool:
    """Whether a client says `{"wicStatus": true}` among what is no part of LSP."""
    said: object = experimental.get("wicStatus") if isinstance(experimental, dict) else None
    return said is True
