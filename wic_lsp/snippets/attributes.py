"""What the author of a block says of it: the words of its info string, and of a comment before it.

Rust's words are those of rustdoc and mdBook, which take them after a comma or a space. For every language
there are words of ours, with `wic:` before them, so that they can be no other tool's: `wic:skip`,
`wic:fragment`, `wic:continue`, `wic:must-fail` (or `wic:must-fail=CODE`), `wic:toolchain=gcc-11`,
`wic:standard=c++17`. They may also stand in a comment of one line just before the block, `<!-- wic:skip
-->`: some renderers show, or refuse, an info string that has more than a language. Words of other tools are
passed over; one of ours that means nothing is an error, since what its author wanted is not done.

Sources: the rustdoc book, "Attributes"; the mdBook guide, "Rust-specific features".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from markdown_it.common.utils import unescapeAll

from wic_lsp.model import Attributes, Expectation, Finding, Note, Position, Range
from wic_lsp.snippets.fences import Words
from wic_lsp.snippets.words import Word, mistake

_OURS: Final = "wic:"
_PLAIN: Final = ("continue", "fragment", "must-fail", "skip")
_VALUED: Final = ("standard", "toolchain")
_WORD: Final = re.compile(r"[^\s,{}]+")
_EDITION: Final = re.compile(r"edition(20\d\d)")
_ERROR_CODE: Final = re.compile(r"E\d{4}")
_OF_RUSTDOC: Final = ("compile_fail", "ignore", "no_run", "should_panic", "test_harness")


@dataclass(slots=True)
class _Reading:
    attributes: Attributes = field(default_factory=Attributes)
    problems: list[Finding] = field(default_factory=list)

    def learn(self, **known: object) -> None:
        self.attributes = replace(self.attributes, **known)  # type: ignore[arg-type] # the callers' names


def first_word(info: Words) -> str:
    """Return the word of an info string that names the language; empty where there is none."""
    word = next(_split(info), None)
    return word.text.removeprefix(".") if word is not None else ""


def read_attributes(
    info: Words, comment: Words | None, language: str
) -> tuple[Attributes, tuple[Finding, ...]]:
    """Return what a comment and an info string ask for, and what is wrong with it, where it stands."""
    reading = _Reading()
    if comment is not None and comment.text.startswith(_OURS):
        _read(_split(comment), reading, is_rust=False)
    words = _split(info)
    next(words, None)  # the language
    _read(words, reading, is_rust=language == "rust")
    return reading.attributes, tuple(reading.problems)


def _split(words: Words) -> Iterator[Word]:
    """Return the words, without backslashes and entities."""
    for match in _WORD.finditer(words.text):
        line, column = words.at.line, words.at.column
        range_ = Range(Position(line, column + match.start()), Position(line, column + match.end()))
        yield Word(unescapeAll(match[0]), range_)


def _read(words: Iterable[Word], reading: _Reading, *, is_rust: bool) -> None:
    for word in words:
        name, _, value = word.text.removeprefix(_OURS).partition("=")
        if word.text.startswith(_OURS):
            _read_ours(word, name, value, reading)
        elif name == "hidelines" and value:
            reading.learn(hides=value)
        elif is_rust:
            _read_rust(word, reading)


def _read_ours(word: Word, name: str, value: str, reading: _Reading) -> None:
    known = reading.attributes
    match name:
        case "must-fail":
            codes = (*known.codes, *filter(None, [value]))
            reading.learn(expectation=Expectation.FAILS, codes=codes)
        case "skip" | "fragment" | "continue" if "=" in word.text:
            reading.problems.append(mistake(word, f"'{_OURS}{name}' takes no value.", f"{_OURS}{name}"))
        case "skip":
            reading.learn(is_skipped=True)
        case "fragment":
            reading.learn(is_fragment=True)
        case "continue":
            reading.learn(joins=True)
        case "toolchain" | "standard" if not value:
            example = "gcc-12" if name == "toolchain" else "c++20"
            reading.problems.append(
                mistake(word, f"'{_OURS}{name}' needs a value, as {_OURS}{name}={example}.")
            )
        case "toolchain":
            reading.learn(toolchains=(*known.toolchains, value))
        case "standard":
            reading.learn(standard=value)
        case _:
            reading.problems.append(_unknown(word, name, value))


def _read_rust(word: Word, reading: _Reading) -> None:
    said = word.text.removeprefix(".")
    edition = _EDITION.fullmatch(said)
    if said == "compile_fail":
        reading.learn(expectation=Expectation.FAILS)
    elif said == "ignore" or said.startswith("ignore-"):  # ignore-<target>: not right everywhere
        reading.learn(is_skipped=True)
    elif edition is not None:
        reading.learn(standard=edition[1])
    elif _ERROR_CODE.fullmatch(said):
        reading.learn(codes=(*reading.attributes.codes, said))
    elif said not in _OF_RUSTDOC:
        meant = next((one for one in _OF_RUSTDOC if _bare(one) == _bare(said)), None)
        if meant is not None:
            reading.problems.append(mistake(word, f"'{said}' is no attribute of rustdoc.", meant))


def _bare(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")


def _unknown(word: Word, name: str, value: str) -> Finding:
    near = difflib.get_close_matches(name, [*_PLAIN, *_VALUED], n=1)
    meant = "".join([_OURS, near[0], f"={value}" if value else ""]) if near else None
    known = [f"{_OURS}{one}" for one in _PLAIN] + [f"{_OURS}{one}=…" for one in _VALUED]
    found = mistake(word, f"There is no attribute '{_OURS}{name}'.", meant)
    return replace(found, notes=(Note(f"Known are {', '.join(known)}."),))
