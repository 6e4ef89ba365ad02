"""`wic check` on Markdown: each block that is not to be skipped, on each toolchain that is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from wic_lsp.blocks import settings_of, skipped, toolchains_of
from wic_lsp.config import Settings
from wic_lsp.model import Block, CheckResult, Snippet
from wic_lsp.snippets.markdown import extract
from wic_lsp.snippets.verdicts import judge

Check: TypeAlias = Callable[[Snippet, Settings, str | None], Awaitable[CheckResult]]


async def check_blocks(
    text: str, settings: Settings, named: Sequence[str], check: Check
) -> tuple[CheckResult, ...]:
    """Return the results of a document's blocks, in the document's order and positions."""
    blocks = await asyncio.to_thread(extract, text)
    of_each = await asyncio.gather(*(_check_block(block, settings, named, check) for block in blocks))
    return tuple(result for results in of_each for result in results)


async def _check_block(
    block: Block, settings: Settings, named: Sequence[str], check: Check
) -> Sequence[CheckResult]:
    if block.attributes.is_skipped:
        told = skipped(block)
        return [told] if told is not None else []
    own = settings_of(block, settings)
    return [judge(block, await check(block.snippet, own, name)) for name in toolchains_of(block, own, named)]
