"""What is to be compiled of a document, and with what: its author's word goes before the settings'.

A document is one plan (a source file) or one for each of its blocks (Markdown). A document may choose
toolchains, standards and allowed flags, as any file of a workspace may, and nothing else: what it says goes
through the pipeline's own rules for them. The last word has whoever types a command. Decides; compiles
nothing and reads no file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from wic_lsp.companions.gather import Gathered
from wic_lsp.companions.joining import join_result, join_snippet
from wic_lsp.companions.scan import may_need
from wic_lsp.config import Settings
from wic_lsp.model import Block, CheckResult, Finding, Snippet, Wishes
from wic_lsp.snippets.directive import read_directive
from wic_lsp.snippets.verdicts import judge
from wic_lsp.snippets.whole_file import extract_whole_file
from wic_lsp.toolchains.naming import families_for, family_of, has_flag, has_standard

_NOTHING: Final = Wishes()
_WRONG = "The block is to be skipped, and something else is wrong about its attributes."

Compile: TypeAlias = Callable[[Snippet, Settings, str | None], Awaitable[CheckResult]]
"""Compiles one snippet on one toolchain, under those settings."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One snippet with all that it is compiled with: its settings, and one or several toolchains.

    `block` is the block that it is of, None for a whole file. `problems` are what is wrong about what the
    document says of itself. `gathered` are the files that go with it.
    """

    snippet: Snippet
    settings: Settings
    toolchains: tuple[str | None, ...]
    block: Block | None = None
    problems: tuple[Finding, ...] = ()
    gathered: Gathered | None = None

    @property
    def may_need_companions(self) -> bool:
        """Whether to gather what goes with it: it is a whole file that may name others."""
        return self.block is None and may_need(self.snippet.language, self.snippet.text)

    def join(self, gathered: Gathered) -> Plan:
        """Return the plan with the files that go with it."""
        return replace(self, snippet=join_snippet(self.snippet, gathered), gathered=gathered)

    @property
    def is_chosen(self) -> bool:
        """Whether somebody named what it is compiled with."""
        return self.toolchains != (None,)

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
        if self.gathered is not None:
            result = join_result(result, self.gathered, self.snippet.text)
        return replace(result, findings=(*self.problems, *result.findings)) if self.problems else result


class Unaccepted(Exception):  # noqa: N818 - says what is wrong; nothing here is an error of ours
    """No block takes what was said on the command line; `args` are a reason and a remedy."""


def plan_file(
    text: str, language: str, path: str, settings: Settings, last_word: Wishes = _NOTHING
) -> tuple[Plan, ...]:
    """Return the one plan of a source file. `last_word` goes before what the file says of itself."""
    snippet = extract_whole_file(text, language, path)
    said, problems = read_directive(snippet)
    toolchains = last_word.toolchains or said.toolchains or settings.toolchains_for(language)
    return (Plan(snippet, _obey(settings, language, said, last_word), toolchains, problems=problems),)


def plan_markdown(text: str, settings: Settings, last_word: Wishes = _NOTHING) -> tuple[Plan, ...]:
    """Return a plan for each block of a Markdown document, those to skip included, in the document's order.

    Of `last_word` each block gets what is for its toolchains. Raises Unaccepted where a word of it is for no
    block at all, though there are blocks.
    """
    from wic_lsp.snippets.markdown import extract  # noqa: PLC0415 - reading Markdown takes a while to load

    blocks = extract(text)
    if last_word == _NOTHING:
        return tuple(_plan_block(block, settings, last_word) for block in blocks)
    fitting = [_fit(last_word, block, settings) for block in blocks]
    heard = [fit for block, fit in zip(blocks, fitting, strict=True) if not block.attributes.is_skipped]
    if heard:
        _refuse_unheard(last_word, heard)
    return tuple(_plan_block(block, settings, fit) for block, fit in zip(blocks, fitting, strict=True))


async def carry_out(plans: Sequence[Plan], compile_: Compile) -> tuple[CheckResult, ...]:
    """Compile them all side by side; the results are in their order."""
    of_each = await asyncio.gather(*(plan.carry_out(compile_) for plan in plans))
    return tuple(result for results in of_each for result in results)


def _plan_block(block: Block, settings: Settings, last_word: Wishes) -> Plan:
    language, asked = block.snippet.language, block.attributes
    said = Wishes(asked.toolchains, asked.standard, asked.flags)
    own = _obey(settings, language, said, last_word)
    return Plan(
        block.snippet, own, _toolchains_of(block, settings, last_word.toolchains), block, block.problems
    )


def _obey(settings: Settings, language: str, said: Wishes, last_word: Wishes) -> Settings:
    """Return the settings with the standard and the flags that are wanted.

    A compiler obeys the last of two flags: the document's come after the settings', and the last word's,
    which takes their place, after the document's.
    """
    standard = last_word.standard or said.standard
    if standard is not None:
        settings = replace(settings, standards={**settings.standards, language: (standard,)})
    if said.flags or last_word.flags:
        first = () if last_word.flags else settings.flags.get(language, ())
        flags = (*first, *said.flags, *last_word.flags)
        settings = replace(settings, flags={**settings.flags, language: flags})
    return settings


def _toolchains_of(block: Block, settings: Settings, named: tuple[str, ...]) -> tuple[str | None, ...]:
    return named or block.attributes.toolchains or settings.toolchains_for(block.snippet.language)


def _fit(last_word: Wishes, block: Block, settings: Settings) -> Wishes:
    """Return what of the last word is for a block.

    A toolchain that no family has is for every block, so that somebody is told.
    """
    language = block.snippet.language
    named = tuple(name for name in last_word.toolchains if _is_for(name, language))
    able = families_for(language, _toolchains_of(block, settings, named))
    standard = last_word.standard
    return Wishes(
        named,
        standard if standard is not None and has_standard(able, language, standard) else None,
        tuple(flag for flag in last_word.flags if has_flag(able, flag)),
    )


def _is_for(toolchain: str, language: str) -> bool:
    family = family_of(toolchain)
    return family is None or language in family.languages


def _refuse_unheard(last_word: Wishes, fitting: Sequence[Wishes]) -> None:
    """Raise Unaccepted where a standard or a flag is for no block."""
    unheard = [flag for flag in last_word.flags if not any(flag in one.flags for one in fitting)]
    if last_word.standard is not None and not any(one.standard for one in fitting):
        reason = f"No block here is of a language that has the standard '{last_word.standard}'."
        raise Unaccepted(reason, "Correct it, or leave it out.")
    if unheard:
        reason = f"No compiler of the blocks here may be given the flag '{unheard[0]}'."
        raise Unaccepted(reason, "Correct it, or leave it out.")


def _tell_skipped(block: Block | None, problems: tuple[Finding, ...]) -> tuple[CheckResult, ...]:
    """Return what is to be told of a block that is not compiled: nothing where nothing is wrong about it."""
    if not problems or block is None:
        return ()
    told = CheckResult(findings=problems, reason=_WRONG, remedy="Correct them.", block=block.openings[0])
    return (told,)
