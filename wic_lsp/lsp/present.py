"""From results to a document's diagnostics: whose they are, and what to show when there are none.

A result that is not complete becomes one information at the top of the document, with the reason and the
remedy. It never becomes an empty list: that would look like "clean".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types

from wic_lsp.lsp.client import Client
from wic_lsp.lsp.documents import Document
from wic_lsp.lsp.terms import Room
from wic_lsp.lsp.to_lsp import ResolveUri, resolve_nothing, to_diagnostic
from wic_lsp.model import CheckResult, Finding, Place, Position, Range, Severity
from wic_lsp.positions import line_content
from wic_lsp.snippets.kinds import MARKDOWN_EDITOR_IDS
from wic_lsp.toolchains.families import languages


def present_results(
    results: Sequence[CheckResult], document: Document, client: Client, *, shares_files: bool
) -> tuple[types.Diagnostic, ...]:
    """Return every diagnostic for the document's present text, results in their order.

    `shares_files` says whether the files of this machine are the client's as well.
    """
    found = []
    for result in results:
        source = f"wic {result.toolchain}" if result.toolchain else "wic"
        resolve: ResolveUri = resolve_host_file if shares_files and result.is_on_host else resolve_nothing
        findings = result.findings if result.is_complete else (*result.findings, explain(result, document))
        found += [
            to_diagnostic(
                finding,
                document.lines,
                client.encoding,
                document.uri,
                source=source,
                resolve_uri=resolve,
                version=document.version,
                with_related=client.related,
                missing_image=result.missing_image,
            )
            for finding in findings
        ]
    return tuple(found)


def explain(result: CheckResult, document: Document) -> Finding:
    """Turn a result that is not complete into one information at the top of the document."""
    what = "Not compiled" if result.outcome is None else "Not checked to the end"
    message = " ".join(filter(None, (f"{what}: {result.reason}", result.remedy)))
    code = "not-run" if result.outcome is None else result.outcome.value.replace("_", "-")
    top = Range(Position(0, 0), Position(0, len(line_content(document.lines[0]))))
    return Finding(Severity.INFORMATION, message, Place(None, top), code=code)


def refuse_language(language_id: str) -> CheckResult:
    """Say that there is no compiler for a document's language."""
    names = {name for language in languages().values() for name in language.editor} | MARKDOWN_EDITOR_IDS
    known = ", ".join(sorted(names))
    return CheckResult(
        None,
        None,
        None,
        reason=f"The language '{language_id}' is not one that wic compiles.",
        remedy=f"It compiles: {known}.",
    )


def refuse_size(size: int, most: int) -> CheckResult:
    """Say that a Markdown document is too large; both in code points."""
    return CheckResult(
        None,
        None,
        None,
        reason=f"The document has {size:,} characters; at most {most:,} are read.",
        remedy="Split it.",
    )


def refuse_document(room: Room) -> CheckResult:
    """Say that a document was not kept, since its client has too many or too large ones open."""
    return CheckResult(
        None,
        None,
        None,
        reason=f"This server keeps at most {room.documents} open documents of one client, "
        f"and {room.characters:,} characters in all.",
        remedy="Close some, then close this one and open it again.",
    )


def resolve_host_file(file: str) -> str | None:
    """Return the URI of a file of this machine that the compiler named by its absolute path."""
    path = Path(file)
    return path.resolve().as_uri() if path.is_absolute() and path.is_file() else None
