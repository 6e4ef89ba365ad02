"""What a language needs to be compiled from a fenced block of Markdown: data, read from fenced.toml.

Code in a text is rarely a whole file: statements lack the function around them, a file its package. What is
put around them, and which lines stay outside of it, is said there for each language; `fragments` does it. A
language that says nothing is compiled as it is written.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from wic_lsp.toolchains.families import Language, languages

_NEVER: Final = re.compile(r"(?!)")
_ALWAYS: Final = re.compile("")
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wrapping:
    """What stands before and after statements in which `when` is found, in lines of its own.

    `outer_before` and `outer_after` stand around that and around members, as a class does.
    """

    before: str
    after: str
    when: re.Pattern[str] = _ALWAYS
    outer_before: str = ""
    outer_after: str = ""


@dataclass(frozen=True, slots=True)
class Fenced:
    """How a language is compiled from blocks.

    `names` are what it is called in info strings, besides its own name, the editors' and its files' endings.
    `top` is the first line of every block in which `top_unless` is not found. `head` begins a line with what
    must stand before everything else, as imports, `item` one with what else stays outside of a function, and
    `member` one with what stays outside of it and inside of a class; each ends with a line at whose end
    brackets are closed and `item_end` is found. A block is a fragment where its author says so or
    `is_always_fragment`, unless `whole` is found in it. `indent` is how many spaces a fragment's lines get.
    `hides` begins lines that readers are not shown. `named_by` finds what a file must be called.
    """

    names: tuple[str, ...] = ()
    top: str = ""
    top_unless: re.Pattern[str] = _NEVER
    head: re.Pattern[str] = _NEVER
    item: re.Pattern[str] = _NEVER
    member: re.Pattern[str] = _NEVER
    item_end: re.Pattern[str] = _ALWAYS
    whole: re.Pattern[str] = _NEVER
    wrappings: tuple[Wrapping, ...] = ()
    is_always_fragment: bool = False
    indent: int = 0
    hides: str = ""
    named_by: re.Pattern[str] = _NEVER
    comment: re.Pattern[str] = _COMMENT


def fenced(language: str) -> Fenced:
    """Return how that language is compiled from blocks."""
    known, own = _tables().get(language), languages().get(language)
    if known is not None:
        return known
    return Fenced() if own is None else _as_written(own)


def _as_written(language: Language) -> Fenced:
    """Return how a language is compiled that has no table: as it is written."""
    forms = []
    if language.comment:
        forms.append(rf"{re.escape(language.comment)}[^\n]*")
    if language.block_comment:
        begin, end = map(re.escape, language.block_comment)
        forms.append(rf"{begin}(?s:.*?)(?:{end}|\Z)")
    return Fenced(comment=re.compile("|".join(forms)) if forms else _NEVER)


def language_of_word(word: str) -> tuple[str, str] | None:
    """Return the language that an info string's first word names, and the ending of its file's name.

    None where we have none. Capitals are taken for small letters.
    """
    return _words(tuple(languages().values())).get(word.lower())


@cache
def _words(known: Sequence[Language]) -> Mapping[str, tuple[str, str]]:
    """Return languages and endings by each word; a name goes before other languages' endings."""
    words: dict[str, tuple[str, str]] = {}
    for words_of in (_names, _endings):
        for language in known:
            for word, ending in words_of(language):
                words.setdefault(word.lower(), (language.id, ending))
    return words


def _names(language: Language) -> Iterator[tuple[str, str]]:
    for word in (language.id, *language.editor, *language.words, *fenced(language.id).names):
        yield word, language.endings[0]


def _endings(language: Language) -> Iterator[tuple[str, str]]:
    for ending in (*language.endings, *language.header_endings):
        yield ending.removeprefix("."), ending


@cache
def _tables() -> Mapping[str, Fenced]:
    text = resources.files(__package__).joinpath("fenced.toml").read_text(encoding="utf-8")
    return {name: parse_fenced(table) for name, table in tomllib.loads(text).items()}


def parse_fenced(table: Mapping[str, Any]) -> Fenced:
    """Turn a language's table into a value. Raises KeyError or re.error where the file is wrong."""

    def pattern(name: str, default: re.Pattern[str] = _NEVER) -> re.Pattern[str]:
        return re.compile(table[name], re.MULTILINE) if name in table else default

    return Fenced(
        names=tuple(table.get("names", ())),
        top=table.get("top", ""),
        top_unless=pattern("top_unless"),
        head=pattern("head"),
        item=pattern("item"),
        member=pattern("member"),
        item_end=re.compile(table["item_end"]) if "item_end" in table else _ALWAYS,
        whole=pattern("whole"),
        wrappings=tuple(
            Wrapping(
                entry["before"],
                entry["after"],
                re.compile(entry["when"]) if "when" in entry else _ALWAYS,
                entry.get("outer_before", ""),
                entry.get("outer_after", ""),
            )
            for entry in table.get("wrappings", ())
        ),
        is_always_fragment=table.get("is_always_fragment", False),
        indent=table.get("indent", 0),
        hides=table.get("hides", ""),
        named_by=pattern("named_by"),
        comment=pattern("comment", _COMMENT),
    )
