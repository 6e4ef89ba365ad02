"""What a text says in a comment of what it is compiled with: `// wic: gcc-11 -std=c++17 -Wall`.

The comment has a line of its own among the first ones, and its text begins with `wic:`. Its words are
toolchains, a standard as the language's compilers are told it, and flags; a flag's own value may follow it.
Several such comments add up. A word that no compiler of the language takes is an error where it stands, and
is left out. A flag still has to pass the rules of the toolchain that compiles: nothing is allowed here.

A comment is known by how its line begins, without regard to what is around it: a string of several lines that
has such a line among a file's first is taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from typing import Final

from wic_lsp.model import Finding, Note, Place, Position, Range, Snippet, Wishes
from wic_lsp.positions import line_content, move_range, split_lines
from wic_lsp.snippets.fixes import move_fix
from wic_lsp.snippets.words import Word, mistake
from wic_lsp.toolchains.families import Family, Language, languages
from wic_lsp.toolchains.naming import (
    families_for,
    family_of,
    guess_toolchain,
    has_flag,
    has_standard,
    read_standard,
)

MARK: Final = "wic:"
MOST_LINES: Final = 10
_MOST_WORDS: Final = 64
_FIRST_LINES: Final = re.compile(rf"(?:[^\r\n]*(?:\r\n|\r|\n)){{0,{MOST_LINES - 1}}}[^\r\n]*")
_BLANKS: Final = r"[ \t]*"
_WORD: Final = re.compile(r"\S+")
_PART: Final = re.compile(r"[^,]+")


@dataclass(slots=True)
class _Reading:
    """What was understood so far. `families` are those that may compile the text."""

    language: str
    families: tuple[Family, ...]
    wishes: Wishes = field(default_factory=Wishes)
    problems: list[Finding] = field(default_factory=list)


def read_directive(snippet: Snippet) -> tuple[Wishes, tuple[Finding, ...]]:
    """Return what a snippet's first lines ask for, and what is wrong with it, in the document's positions."""
    beginning = _FIRST_LINES.match(snippet.text)
    if beginning is None or MARK not in beginning[0]:
        return Wishes(), ()
    words = _find_words(beginning[0], languages()[snippet.language])
    reading = _Reading(snippet.language, families_for(snippet.language))
    rest = [word for word in words if not _read_toolchains(word, reading)]
    reading.families = families_for(snippet.language, reading.wishes.toolchains)
    _read_options(rest, reading)
    problems = sorted(reading.problems, key=lambda one: one.place.range)
    return reading.wishes, tuple(_to_document(one, snippet) for one in problems)


def _find_words(text: str, language: Language) -> list[Word]:
    pattern = _comments(language.comment, language.block_comment)
    words = (
        _word(number, found.start(name), match)
        for number, line in enumerate(split_lines(text))
        if (found := pattern.match(line_content(line))) is not None
        for name, said in found.groupdict().items()
        if said is not None
        for match in _WORD.finditer(said)
    )
    return list(islice(words, _MOST_WORDS))


@cache
def _comments(comment: str, block_comment: tuple[str, ...]) -> re.Pattern[str]:
    """Return what a line must be like to be such a comment; its group that is not None is what is said."""
    forms = []
    if comment:
        forms.append(f"{re.escape(comment)}{_BLANKS}{MARK}(?P<line>.*)")
    if block_comment:
        begin, end = map(re.escape, block_comment)
        forms.append(f"{begin}{_BLANKS}{MARK}(?P<block>.*?){end}")
    return re.compile(rf"\ufeff?{_BLANKS}(?:{'|'.join(forms)})" if forms else r"(?!)")


def _word(line: int, offset: int, match: re.Match[str]) -> Word:
    start, end = offset + match.start(), offset + match.end()
    return Word(match[0], Range(Position(line, start), Position(line, end)))


def _read_toolchains(word: Word, reading: _Reading) -> bool:
    """Take in a word that names toolchains; False where it names none."""
    parts = list(_parts(word))
    if word.text.startswith("-") or not any(family_of(part.text) for part in parts):
        return False
    for part in parts:
        family = family_of(part.text)
        if family is None:
            reading.problems.append(_unknown(part, reading.language))
        elif reading.language not in family.languages:
            title = languages()[reading.language].title
            reading.problems.append(mistake(part, f"'{part.text}' does not compile {title}."))
        else:
            named = (*reading.wishes.toolchains, part.text)
            reading.wishes = replace(reading.wishes, toolchains=tuple(dict.fromkeys(named)))
    return True


def _parts(word: Word) -> Iterator[Word]:
    start = word.range.start
    return (_word(start.line, start.column, match) for match in _PART.finditer(word.text))


def _read_options(words: Sequence[Word], reading: _Reading) -> None:
    """Take in a standard and flags, each with the value that may follow it."""
    at = 0
    takes_value = False
    while at < len(words):
        word = words[at]
        standard = read_standard(reading.families, [one.text for one in words[at : at + 2]])
        if standard is not None:
            value, count = standard
            _read_standard(words[at : at + count], value, reading)
            at += count
            takes_value = False
            continue
        is_flag = word.text.startswith("-")
        if (is_flag or takes_value) and has_flag(reading.families, word.text):
            reading.wishes = replace(reading.wishes, flags=(*reading.wishes.flags, word.text))
            takes_value = is_flag
        else:
            found = _refused(word, reading.families) if is_flag else _unknown(word, reading.language)
            reading.problems.append(found)
            takes_value = False
        at += 1


def _read_standard(words: Sequence[Word], value: str, reading: _Reading) -> None:
    word = words[-1]
    if not value:
        reading.problems.append(mistake(word, f"'{word.text}' needs a standard."))
    elif has_standard(reading.families, reading.language, value):
        reading.wishes = replace(reading.wishes, standard=value)
    else:
        known = dict.fromkeys(one.languages[reading.language].standards.pattern for one in reading.families)
        title = languages()[reading.language].title
        found = mistake(word, f"No compiler for {title} has a standard '{value}'.")
        reading.problems.append(replace(found, notes=(Note(f"Known are {', '.join(known)}."),)))


def _refused(word: Word, families: Sequence[Family]) -> Finding:
    titles = " or ".join(one.title for one in families)
    allowed = dict.fromkeys(rule.pattern for one in families for rule in one.allowed_flags)
    found = mistake(word, f"The flag '{word.text}' is not allowed for {titles}.")
    return replace(found, notes=(Note(f"Allowed are (as regular expressions): {'  '.join(allowed)}"),))


def _unknown(word: Word, language: str) -> Finding:
    found = mistake(word, f"There is no toolchain '{word.text}'.", guess_toolchain(word.text, language))
    names = ", ".join(one.id for one in families_for(language))
    note = f"For {languages()[language].title} there are {names}, each with or without a version."
    return replace(found, notes=(Note(note),))


def _to_document(finding: Finding, snippet: Snippet) -> Finding:
    fixes = tuple(moved for one in finding.fixes if (moved := move_fix(one, snippet)) is not None)
    place = Place(None, move_range(finding.place.range, snippet.lines))
    return replace(finding, place=place, fixes=fixes)
