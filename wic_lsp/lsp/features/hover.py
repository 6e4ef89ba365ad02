"""textDocument/hover: what the compiler knows besides: its own words, its long explanation, a link.

On a diagnostic it is all that is known of each finding there, and how the toolchains differ, where several
compiled the snippet. On the line that such a snippet begins with it is that table alone.

Only for the version that was checked. What is shown is compiled once more, in isolation as ever, and only
when it is asked for; a question that is cancelled ends that compile. Where the compiler's words about a
finding cannot be told from others', there are none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from lsprotocol import types

from wic_lsp.lsp.checked import Checked
from wic_lsp.lsp.hover_text import Told, highlight, is_link, to_markdown, to_plain_text
from wic_lsp.lsp.present import Shown
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session
from wic_lsp.lsp.to_lsp import touch
from wic_lsp.matrix import Row, group_results, rows
from wic_lsp.model import CheckResult, Finding
from wic_lsp.originals import cut_original
from wic_lsp.plans import Plan
from wic_lsp.toolchains.naming import family_of

_MOST_FINDINGS: Final = 8


def register(server: WicServer, session: Session) -> None:
    """Register the handler."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        checked, client = session.current(uri), session.client
        if checked is None or client is None:
            return None
        at = types.Range(params.position, params.position)
        here = [one for one in checked.shown if touch(one.diagnostic.range, at)][:_MOST_FINDINGS]
        tables = find_tables(checked, here, params.position.line)
        told = await session.see_through(_tell_all(session, uri, here), f"hover {uri}") if here else []
        if session.current(uri) is not checked:
            return None
        text = (to_markdown if client.markdown else to_plain_text)(tables, told)
        kind = types.MarkupKind.Markdown if client.markdown else types.MarkupKind.PlainText
        range_ = here[0].diagnostic.range if here else None
        return types.Hover(types.MarkupContent(kind, text), range_) if text else None


def find_tables(checked: Checked, here: Sequence[Shown], line: int) -> list[tuple[Row, ...]]:
    """Return the table of each snippet that several toolchains compiled and that is asked about.

    It is asked about by one of its findings, or by the line that it begins on.
    """
    results = {id(result) for shown in here for result in shown.results}
    tables = []
    for group in group_results(checked.results):
        first = group.block.start.line if group.block is not None else 0
        if group.is_matrix and (first == line or any(id(one) in results for one in group.results)):
            tables.append(rows(group))
    return tables


async def _tell_all(session: Session, uri: str, here: Sequence[Shown]) -> list[Told]:
    document = session.documents.get(uri)
    if document is None:
        return []
    plans = await session.plans_of(document.snapshot())
    if isinstance(plans, CheckResult):
        return []
    return list(await asyncio.gather(*(_tell(session, shown, plans) for shown in here)))


async def _tell(session: Session, shown: Shown, plans: Sequence[Plan]) -> Told:
    """Find out what there is to know about a finding; the words are those of the first that says it."""
    finding = shown.finding
    toolchains = ", ".join(dict.fromkeys(one.toolchain for one in shown.results if one.toolchain))
    link = finding.code_url or ""
    told = Told(toolchains, finding.code or "", link if is_link(link) else "")
    for result in shown.results[:1]:
        plan = next((one for one in plans if _is_of(one, result)), None)
        if plan is not None and result.toolchain is not None and result.is_complete:
            original, explanation = await asyncio.gather(
                _find_original(session, finding, result, plan),
                _find_explanation(session, finding.code, result.toolchain, plan),
            )
            told = Told(told.toolchains, told.code, told.link, original, explanation)
    return told


async def _find_original(session: Session, finding: Finding, result: CheckResult, plan: Plan) -> str:
    said = next((one for one in result.findings if _is_same(one, finding)), None)
    if said is None:
        return ""
    written = await session.terms.pipeline.show(plan.snippet, plan.settings, result.toolchain)
    return (
        cut_original(written.raw_output, said, result.findings, plan.snippet) if written.is_complete else ""
    )


async def _find_explanation(session: Session, code: str | None, toolchain: str, plan: Plan) -> str:
    family = family_of(toolchain)
    explaining = family.explaining if family is not None else None
    if explaining is None or code is None or explaining.words_for(code) is None:
        return ""
    language = plan.snippet.language
    answer = await session.terms.pipeline.explain(language, code, plan.settings, toolchain)
    if not answer.is_complete or answer.has_error:
        return ""
    return highlight(answer.raw_output.strip(), explaining)


def _is_of(plan: Plan, result: CheckResult) -> bool:
    return result.block == (plan.block.openings[0] if plan.block is not None else None)


def _is_same(one: Finding, shown: Finding) -> bool:
    """Whether what one toolchain said is what is shown for all that agree, which is the first one's."""
    return (one.message, one.place) == (shown.message, shown.place)
