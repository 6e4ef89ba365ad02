"""What the words are that people name toolchains, standards and flags by, and whose they are.

Which toolchains there are on a machine is not known here, only which families there could be. A word that no
family takes is a mistake wherever it is compiled, and can be told where it stands, before anything runs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Final

from wic_lsp.toolchains.families import Family, families

_STANDARD: Final = "{standard}"
_VERSION: Final = re.compile(r"\d+(?:\.\d+)*$")


def family_of(toolchain: str) -> Family | None:
    """Return the family that a toolchain's id is of, as that of `gcc-12` or `gcc`; None for no such."""
    known = families().values()
    of_name = [one for one in known if toolchain == one.id or toolchain.startswith(f"{one.id}-")]
    return max(of_name, key=lambda one: len(one.id), default=None)


def families_for(language: str, toolchains: Iterable[str | None] = ()) -> tuple[Family, ...]:
    """Return the families that may compile a language: those of the toolchains that are named, else all."""
    of_language = tuple(one for one in families().values() if language in one.languages)
    named = [family.id for name in toolchains if name is not None and (family := family_of(name))]
    return tuple(one for one in of_language if one.id in named) or of_language


def has_standard(of: Iterable[Family], language: str, standard: str) -> bool:
    """Whether one of these families knows a standard of that name for the language."""
    return any(one.languages[language].standards.fullmatch(standard) for one in of)


def has_flag(of: Iterable[Family], flag: str) -> bool:
    """Whether one of these families takes a flag."""
    return any(rule.fullmatch(flag) for one in of for rule in one.allowed_flags)


def read_standard(of: Iterable[Family], words: Sequence[str]) -> tuple[str, int] | None:
    """Return the standard that the first words choose, as a compiler's words do, and how many words that are.

    None where the first word chooses none, an empty standard where it is not said which. What is told in one
    word, as `--edition=2021`, may be said in two, as `--edition 2021`, and the other way round.
    """
    for template in dict.fromkeys(one.standard_flag for one in of):
        option, _, _ = template.partition(_STANDARD)
        has_name = option.endswith((" ", "="))
        name = option.rstrip(" =")
        beginning = f"{name}=" if has_name else option
        if has_name and words[0] == name:
            value = words[1] if len(words) > 1 and not words[1].startswith("-") else ""
            return value, 2 if value else 1
        if beginning and words[0].startswith(beginning):
            return words[0].removeprefix(beginning), 1
    return None


def guess_toolchain(word: str, language: str) -> str | None:
    """Return the toolchain that somebody may mean by a word that names none, as `gcc-11` by `g++-11`."""
    of_language = families_for(language)
    for family in of_language:
        support = family.languages[language]
        if word == support.program:
            return family.id
        version = _VERSION.search(word)
        if version is not None and support.programs.fullmatch(word):
            return f"{family.id}-{version[0]}"
    head, dash, rest = word.partition("-")
    near = difflib.get_close_matches(head, [family.id for family in of_language], n=1)
    return f"{near[0]}{dash}{rest}" if near else None
