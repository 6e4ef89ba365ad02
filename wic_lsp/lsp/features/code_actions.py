"""textDocument/codeAction: a quick fix for each fix that a compiler offers, and one for all sure ones.

Where nothing was compiled for lack of an image, its pull is offered.

Only for the version that was checked: a fix for an older text would land in the wrong place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from lsprotocol import types

from wic_lsp.lsp.checked import Checked
from wic_lsp.lsp.features.images import offer_pulls
from wic_lsp.lsp.present import Shown
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session
from wic_lsp.lsp.to_lsp import OfferedFix, read_fixes, sort_key, to_workspace_edit, touch
from wic_lsp.matrix import group_results

FIX_ALL: Final = f"{types.CodeActionKind.SourceFixAll.value}.wic"


def register(server: WicServer, session: Session) -> None:
    """Register the handler."""
    kinds = [types.CodeActionKind.QuickFix, FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    def code_action(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        uri = params.text_document.uri
        checked = session.current(uri)
        if checked is None or session.client is None:
            return None
        version = checked.version if session.client.versioned_edits else None
        actions: list[types.CodeAction] = []
        if _wants(params, types.CodeActionKind.QuickFix.value):
            actions += quick_fixes(uri, checked, params.range, version)
            if not session.terms.is_shared:
                actions += offer_pulls(checked, lambda range_: touch(range_, params.range))
        if _wants(params, FIX_ALL):
            actions += fix_all(uri, checked, version)
        return actions or None


def quick_fixes(
    uri: str, checked: Checked, range_: types.Range, version: int | None
) -> Iterator[types.CodeAction]:
    """Yield an action for each fix of each diagnostic that touches the range.

    Where several diagnostics offer the same change it is one action, for all of those that touch the range.
    """
    for fix, of in _offers(checked):
        diagnostics = [one.diagnostic for one in of if touch(one.diagnostic.range, range_)]
        if diagnostics:
            yield types.CodeAction(
                title=fix.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=diagnostics,
                is_preferred=fix.is_sure,
                edit=to_workspace_edit(uri, fix.edits, version),
            )


def fix_all(uri: str, checked: Checked, version: int | None) -> Iterator[types.CodeAction]:
    """Yield one action that applies every fix the compiler is sure of, if there is any.

    Of several toolchains that compile the same snippet it is the first that is sure of any: another may mend
    the same fault in another way, and both together would not mend it. What is left then is the next one's.
    """
    sure: dict[int, list[Sequence[types.TextEdit]]] = {}
    for fix, of in _offers(checked):
        if fix.is_sure:
            for result in {id(result) for shown in of for result in shown.results}:
                sure.setdefault(result, []).append(fix.edits)
    taken: list[Sequence[types.TextEdit]] = []
    for group in group_results(checked.results):
        taken += next((sure[id(one)] for one in group.results if id(one) in sure), [])
    edits = non_overlapping(taken)
    if edits:
        yield types.CodeAction(
            title="Fix all that the compiler is sure of",
            kind=FIX_ALL,
            edit=to_workspace_edit(uri, edits, version),
        )


def _offers(checked: Checked) -> Iterator[tuple[OfferedFix, list[Shown]]]:
    """Yield each change that is offered, once, with all that offer it; it is sure where all are sure."""
    offers: dict[object, list[tuple[OfferedFix, Shown]]] = {}
    for shown in checked.shown:
        for fix in read_fixes(shown.diagnostic):
            change = tuple(
                (sort_key(one.range.start), sort_key(one.range.end), one.new_text) for one in fix.edits
            )
            offers.setdefault(change, []).append((fix, shown))
    for same in offers.values():
        first, _ = same[0]
        yield replace(first, is_sure=all(fix.is_sure for fix, _ in same)), [shown for _, shown in same]


def non_overlapping(fixes: Sequence[Sequence[types.TextEdit]]) -> list[types.TextEdit]:
    """Take each fix whole, or not at all where it touches what an earlier one changes."""
    taken: list[types.TextEdit] = []
    for edits in fixes:
        if all(not touch(edit.range, other.range) for edit in edits for other in taken):
            taken += edits
    return taken


def _wants(params: types.CodeActionParams, kind: str) -> bool:
    """Whether the client asked for that kind, or for one above it, or for any (CodeActionContext.only)."""
    only = params.context.only
    return only is None or any(kind == one or kind.startswith(f"{one}.") for one in map(_name, only))


def _name(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind
