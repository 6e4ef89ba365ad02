"""What a block is compiled with: its author's word, then the user's. Decides; compiles nothing.

A document may choose toolchains and standards, as any file of a workspace may, and nothing else: what it says
goes through the pipeline's own rules for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wic_lsp.config import Settings
from wic_lsp.model import Block, CheckResult
from wic_lsp.toolchains.families import families

_WRONG = "The block is to be skipped, and something else is wrong about its attributes."


def settings_of(block: Block, settings: Settings) -> Settings:
    """Return the settings with the standard that the block's author names."""
    standard = block.attributes.standard
    if standard is None:
        return settings
    return replace(settings, standards={**settings.standards, block.snippet.language: (standard,)})


def toolchains_of(block: Block, settings: Settings, named: Sequence[str] = ()) -> tuple[str | None, ...]:
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


def skipped(block: Block) -> CheckResult | None:
    """Return what is to be told of a block that is not compiled: None where nothing is wrong about it."""
    if not block.problems:
        return None
    return CheckResult(
        None, None, None, block.problems, reason=_WRONG, remedy="Correct them.", block=block.openings[0]
    )
