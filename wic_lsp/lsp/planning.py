"""From an open document to what is compiled of it, or to the reason why nothing is.

Its language is what the editor says it is, else what its name says. Reading Markdown takes long enough to be
done off the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from wic_lsp.config import Settings
from wic_lsp.lsp.documents import DocumentSnapshot
from wic_lsp.lsp.present import refuse_document, refuse_language, refuse_size
from wic_lsp.lsp.terms import Room
from wic_lsp.model import CheckResult
from wic_lsp.pipeline import MAX_SNIPPET_BYTES
from wic_lsp.plans import Plan, plan_file, plan_markdown
from wic_lsp.snippets.kinds import MARKDOWN_EDITOR_IDS, is_markdown
from wic_lsp.toolchains.families import language_of_editor, language_of_path


async def plan(
    snapshot: DocumentSnapshot, settings: Settings, room: Room | None
) -> Sequence[Plan] | CheckResult:
    """Return what is compiled of a document, or the result that says why nothing is."""
    if snapshot.is_refused and room is not None:
        return refuse_document(room)
    path = path_of(snapshot.uri)
    language = language_of_editor(snapshot.language_id)
    if language is None and (snapshot.language_id in MARKDOWN_EDITOR_IDS or is_markdown(path)):
        if len(snapshot.text) > MAX_SNIPPET_BYTES:
            return refuse_size(len(snapshot.text), MAX_SNIPPET_BYTES)
        return await asyncio.to_thread(plan_markdown, snapshot.text, settings)
    language = language or language_of_path(path)
    if language is None:
        return refuse_language(snapshot.language_id)
    return plan_file(snapshot.text, language, path, settings)


def path_of(uri: str) -> str:
    """Return the path that a URI names; for other schemes than `file` it is only good for its name."""
    try:
        path = urlsplit(uri).path
    except ValueError:  # no URI at all, as "file://[x"
        path = uri
    return str(PurePosixPath(unquote(path) or "/"))
