"""How the versions of a compiler are spoken to, and what tells versions apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from wic_lsp.toolchains.reading import Reading, parse_reading
from wic_runtimes.contract import JobFile

_ANYTHING: Final = re.compile(r"")

Version: TypeAlias = tuple[int, ...]
"""A version as numbers, as (1, 80): what of it tells toolchains of a family apart."""


def read_version(text: str) -> Version:
    """Turn `1.80` into (1, 80). Raises ValueError for what is no version."""
    return tuple(int(part) for part in text.split("."))


def is_version(text: str | None) -> bool:
    """Whether `read_version` reads it."""
    return text is not None and re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})*", text) is not None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the versions from `oldest` on are spoken to, and which parser understands the answer.

    `plain_argv` makes the compiler write as it does for people. `answer` must be found in what the compiler
    says when it is asked for its version: by it, two of one version can be told apart that differ in what is
    installed with them. `standard_argv` are its words for a standard, where they are not the family's.
    One that is `provisional` is spoken only until what is missing is installed; `slow` says why it takes
    long, and what to do. `reading` is for parsers that are made for no compiler in particular. `library` says
    how the standard library is compiled once, where it is not.
    """

    oldest: Version
    parser: str
    argv: tuple[str, ...]
    plain_argv: tuple[str, ...]
    answer: re.Pattern[str] = _ANYTHING
    standard_argv: tuple[str, ...] = ()
    is_provisional: bool = False
    reading: Reading = field(default_factory=Reading)
    slow: str = ""
    library: Library | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """How a standard library is compiled once, and how a compiler is called with what a text imports of it.

    `making` are the words before the compiler's own, which write the library to stdout (see
    `libraries.archive`) with `files` beside them; on a host they need `roots` too. It may take `seconds`.
    `imports` says who reads what a text imports. Each member that it does travels as the file `member`, and
    `dialect` is spoken then.
    """

    making: tuple[str, ...]
    files: tuple[JobFile, ...]
    roots: tuple[str, ...]
    seconds: float
    imports: str
    member: str
    dialect: Dialect


def parse_dialect(entry: Mapping[str, Any]) -> Dialect:
    """Turn a dialect's table into a value. Raises KeyError, ValueError or re.error where it is wrong."""
    return Dialect(
        read_version(str(entry["from"])),
        entry["parser"],
        tuple(entry["argv"]),
        tuple(entry["plain_argv"]),
        re.compile(entry.get("answer", "")),
        tuple(entry.get("standard", ())),
        entry.get("provisional", False),
        parse_reading(entry),
        entry.get("slow", ""),
        _parse_library(entry) if "library" in entry else None,
    )


def _parse_library(entry: Mapping[str, Any]) -> Library:
    """Turn the table of a dialect's library into a value. Its dialect differs from that one in its words."""
    table = entry["library"]
    return Library(
        tuple(table["making"]),
        tuple(JobFile(path, content.encode()) for path, content in table["files"].items()),
        tuple(table["roots"]),
        float(table["seconds"]),
        table["imports"],
        table["member"],
        Dialect(
            read_version(str(entry["from"])),
            entry["parser"],
            tuple(table["argv"]),
            tuple(table["plain_argv"]),
        ),
    )
