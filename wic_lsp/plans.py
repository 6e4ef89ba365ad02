"""What is to be compiled of a document, and with what: its author's word goes before the user's.

A document is one plan (a source file) or one for each of its blocks (Markdown). A document may choose
toolchains, standards and allowed flags, as any file of a workspace may, and nothing else: what it says goes
through the pipeline's own rules for them. Decides; compiles nothing and reads no file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from wic_lsp.config import Settings
from wic_lsp.model import Block, CheckResult, Finding, Snippet
from wic_lsp.snippets.verdicts import judge
from wic_lsp.snippets.whole_file import extract_whole_file
from wic_lsp.toolchains.families import families

_WRONG = "The block is to be skipped, and something else is wrong about its attributes."

Compile: TypeAlias = Callable[[Snippet, Settings, str | None], Awaitable[CheckResult]]
"""Compiles one snippet on one toolchain, under those settings."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One snippet with all that it is compiled with: its settings, and one or several toolchains.

    `block` is the block that it is of, None for a whole file. `problems` are what is wrong about what the
    document says of itself.
    """

    snippet: Snippet
    settings: Settings
    toolchains: tuple[str | None, ...]
    block: Block | None = None
    problems: tuple[Finding, ...] = ()

    @property
    def is_skipped(self) -> bool:
        """Whether its author wants nothing compiled."""
        return self.block is not None and self.block.attributes.is_skipped

    async def carry_out(self, compile_: Compile) -> tuple[CheckResult, ...]:
        """Compile it on each toolchain, side by side; the results are in the toolchains' order."""
        if self.is_skipped:
            return _tell_skipped(self.block, self.problems)
        results = await asyncio.gather(
            *(compile_(self.snippet, self.settings, name) for name in self.toolchains)
        )
        return tuple(self._judge(result) for result in results)

    def _judge(self, result: CheckResult) -> CheckResult:
        if self.block is not None:
            return judge(self.block, result)
        return replace(result, findings=(*self.problems, *result.findings)) if self.problems else result


def plan_file(
    text: str, language: str, path: str, settings: Settings, named: Sequence[str] = ()
) -> tuple[Plan, ...]:
    """Return the one plan of a source file. `named` are toolchains that go before the settings'."""
    snippet = extract_whole_file(text, language, path)
    return (Plan(snippet, settings, tuple(named) or settings.toolchains_for(language)),)


def plan_markdown(text: str, settings: Settings, named: Sequence[str] = ()) -> tuple[Plan, ...]:
    """Return a plan for each block of a Markdown document, those to skip included, in the document's order.

    Of `named` those count that are for the block's language; what its author names goes before all.
    """
    from wic_lsp.snippets.markdown import extract  # noqa: PLC0415 - reading Markdown takes a while to load

    return tuple(_plan_block(block, settings, named) for block in extract(text))


async def carry_out(plans: Sequence[Plan], compile_: Compile) -> tuple[CheckResult, ...]:
    """Compile them all side by side; the results are in their order."""
    of_each = await asyncio.gather(*(plan.carry_out(compile_) for plan in plans))
    return tuple(result for results in of_each for result in results)


def _plan_block(block: Block, settings: Settings, named: Sequence[str]) -> Plan:
    own = _settings_of(block, settings)
    return Plan(block.snippet, own, _toolchains_of(block, own, named), block, block.problems)


def _settings_of(block: Block, settings: Settings) -> Settings:
    """Return the settings with the standard that the block's author names."""
    standard = block.attributes.standard
    if standard is None:
        return settings
    return replace(settings, standards={**settings.standards, block.snippet.language: (standard,)})


def _toolchains_of(block: Block, settings: Settings, named: Sequence[str]) -> tuple[str | None, ...]:
    """Return the toolchains that the author names, else those of `named` for its language, else settings'.

    A name that no family has is for every language, so that somebody is told.
    """
    language = block.snippet.language
    fitting = tuple(name for name in named if _is_for(name, language))
    return block.attributes.toolchains or fitting or settings.toolchains_for(language)


def _is_for(toolchain: str, language: str) -> bool:
    of_name = [
        family
        for family in families().values()
        if toolchain == family.id or toolchain.startswith(f"{family.id}-")
    ]
    return not of_name or any(language in family.languages for family in of_name)


def _tell_skipped(block: Block | None, problems: tuple[Finding, ...]) -> tuple[CheckResult, ...]:
    """Return what is to be told of a block that is not compiled: nothing where nothing is wrong about it."""
    if not problems or block is None:
        return ()
    told = CheckResult(None, None, None, problems, _WRONG, "Correct them.", block=block.openings[0])
    return (told,)
