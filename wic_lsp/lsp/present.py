"""From results to a document's diagnostics: whose they are, and what to show when there are none.

What several toolchains agree on is one diagnostic under all their names; one that not all give says who alone
gives it, at the end of its first line. A result that is not complete becomes one information at the top of
the document, with the reason and the remedy; what the user does not want compiled becomes a hint. Neither
becomes an empty list: that would look like "clean".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lsprotocol import types

from wic_lsp.lsp.client import Client
from wic_lsp.lsp.documents import Document
from wic_lsp.lsp.other_files import OtherFiles
from wic_lsp.lsp.terms import Room
from wic_lsp.lsp.to_lsp import ResolveUri, resolve_nothing, to_diagnostic
from wic_lsp.matrix import Merged, alone, group_results, merge
from wic_lsp.model import CheckResult, Finding, Place, Position, Range, Severity
from wic_lsp.positions import line_content
from wic_lsp.snippets.kinds import MARKDOWN_EDITOR_IDS
from wic_lsp.toolchains.families import languages

NOT_CHECKED: Final = "not-checked"


@dataclass(frozen=True, slots=True)
class Shown:
    """One diagnostic, with the finding that it shows and the results that have it, one for each toolchain."""

    diagnostic: types.Diagnostic
    finding: Finding
    results: tuple[CheckResult, ...]


def present_results(
    results: Sequence[CheckResult], document: Document, client: Client, *, shares_files: bool
) -> tuple[Shown, ...]:
    """Return all that is shown for the document's present text, snippet by snippet.

    `shares_files` says whether the files of this machine are the client's as well.
    """
    files = OtherFiles()

    def show(merged: Merged, missing_image: str = "") -> Shown:
        is_on_host = shares_files and all(one.is_on_host for one in merged.results)
        resolve: ResolveUri = resolve_host_file if is_on_host else resolve_nothing
        diagnostic = to_diagnostic(
            replace(merged.finding, message=merged.message),
            document.lines,
            client.encoding,
            document.uri,
            source=" ".join(filter(None, ("wic", ", ".join(merged.toolchains)))),
            resolve_uri=resolve,
            version=document.version,
            with_related=client.related,
            missing_image=missing_image,
            others=files.of(merged.results),
        )
        return Shown(diagnostic, merged.finding, merged.results)

    shown = []
    for group in group_results(results):
        shown += [show(merged) for merged in merge(group)]
        for result in group.results:
            if not result.is_complete:
                shown.append(show(alone(result, explain(result, document)), result.missing_image))
    return tuple(shown)


def explain(result: CheckResult, document: Document) -> Finding:
    """Turn a result that is not complete into one information at the top of the document.

    What the user does not want compiled is a hint, on the block that it is of.
    """
    top = Range(Position(0, 0), Position(0, len(line_content(document.lines[0]))))
    message = say_incomplete(result)
    if result.is_withheld:
        return Finding(Severity.HINT, message, Place(None, result.block or top), code=NOT_CHECKED)
    code = "not-run" if result.outcome is None else result.outcome.value.replace("_", "-")
    return Finding(Severity.INFORMATION, message, Place(None, top), code=code)


def say_incomplete(result: CheckResult) -> str:
    """Say in a sentence or two why a result is not complete, and what to do."""
    if result.is_withheld:
        return ": ".join(filter(None, (result.reason, result.remedy)))
    what = "Not compiled" if result.outcome is None else "Not checked to the end"
    return " ".join(filter(None, (f"{what}: {result.reason}", result.remedy)))


def refuse_language(language_id: str) -> CheckResult:
    """Say that there is no compiler for a document's language."""
    names = {name for language in languages().values() for name in language.editor} | MARKDOWN_EDITOR_IDS
    known = ", ".join(sorted(names))
    return CheckResult(
        reason=f"The language '{language_id}' is not one that wic compiles.",
        remedy=f"It compiles: {known}.",
    )


def refuse_size(size: int, most: int) -> CheckResult:
    """Say that a Markdown document is too large; both in code points."""
    return CheckResult(
        reason=f"The document has {size:,} characters; at most {most:,} are read.",
        remedy="Split it.",
    )


def refuse_document(room: Room) -> CheckResult:
    """Say that a document was not kept, since its client has too many or too large ones open."""
    return CheckResult(
        reason=f"This server keeps at most {room.documents} open documents of one client, "
        f"and {room.characters:,} characters in all.",
        remedy="Close some, then close this one and open it again.",
    )


def resolve_host_file(file: str) -> str | None:
    """Return the URI of a file of this machine that the compiler named by its absolute path."""
    path = Path(file)
    return path.resolve().as_uri() if path.is_absolute() and path.is_file() else None
