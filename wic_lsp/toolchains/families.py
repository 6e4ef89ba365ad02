"""Compiler families as data: one TOML file each, read into values. No IO but reading our own package.

A family says how its compilers are called, found and spoken to; a `Toolchain` is one compiler of a family
at one version for one language. Adding a compiler is adding a file here, never a line of code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

_LANGUAGES_FILE: Final = "languages.toml"


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its name in settings, its LSP identifiers, and the endings of its files' names."""

    id: str
    title: str
    editor: tuple[str, ...]
    endings: tuple[str, ...]
    header_endings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LanguageSupport:
    """How a family compiles one language: its programs' names and the words that choose the language."""

    program: str
    programs: re.Pattern[str]
    argv: tuple[str, ...]
    header_argv: tuple[str, ...]
    standards: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the versions from `oldest` on are spoken to, and which parser understands the answer.

    `plain_argv` makes the compiler write as it does for people.
    """

    oldest: int
    parser: str
    argv: tuple[str, ...]
    plain_argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """One compiler family; the fields are those of its TOML file.

    `versions` are the major versions that have an image, newest first; `image` names it by {major}.
    """

    id: str
    title: str
    image: str
    versions: tuple[int, ...]
    roots: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    version_argv: tuple[str, ...]
    version_pattern: re.Pattern[str]
    languages: Mapping[str, LanguageSupport]
    standard_flag: str
    allowed_flags: tuple[re.Pattern[str], ...]
    dialects: tuple[Dialect, ...]

    def dialect_for(self, major: int) -> Dialect | None:
        """Return the newest dialect that this version speaks; None where it is too old for all."""
        fitting = [dialect for dialect in self.dialects if dialect.oldest <= major]
        return max(fitting, key=lambda dialect: dialect.oldest, default=None)


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One compiler at one version for one language, ready to be put into a job.

    `image` names the very image that was asked for its version, by its digest; None where the compiler is
    the runtime's own program. `stamp` changes whenever the compiler does, and is part of every cache key.
    """

    id: str
    family: Family
    language: str
    version: str
    program: str
    image: str | None
    roots: tuple[str, ...]
    dialect: Dialect
    stamp: str

    @property
    def is_on_host(self) -> bool:
        """Whether this is a program of this machine, so that the paths it names are, too."""
        return self.program.startswith("/")

    def rejected_flag(self, flags: tuple[str, ...]) -> str | None:
        """Return the first flag that is not allowed; None where all are."""
        allowed = self.family.allowed_flags
        return next((flag for flag in flags if not any(rule.fullmatch(flag) for rule in allowed)), None)

    def accepts_standard(self, standard: str) -> bool:
        """Whether the family knows a standard of that name for this language."""
        return self.family.languages[self.language].standards.fullmatch(standard) is not None

    def arguments(
        self, file_name: str, standard: str | None, flags: tuple[str, ...], *, is_plain: bool = False
    ) -> tuple[str, ...]:
        """Return the whole argument vector. Flags and standard must have been accepted before."""
        support = self.family.languages[self.language]
        is_header = file_name.endswith(languages()[self.language].header_endings)
        chosen = (self.family.standard_flag.format(standard=standard),) if standard else ()
        return (
            self.program,
            *(self.dialect.plain_argv if is_plain else self.dialect.argv),
            *chosen,
            *flags,
            *(support.header_argv if is_header else support.argv),
            file_name,
        )


@cache
def languages() -> Mapping[str, Language]:
    """Return every language by its name in settings."""
    table = _read(_LANGUAGES_FILE)
    return {
        name: Language(
            name,
            entry["title"],
            tuple(entry["editor"]),
            tuple(entry["endings"]),
            tuple(entry["header_endings"]),
        )
        for name, entry in table.items()
    }


@cache
def families() -> Mapping[str, Family]:
    """Return every family that we ship, by its id."""
    names = (entry.name for entry in resources.files(__package__).iterdir())
    files = sorted(name for name in names if name.endswith(".toml") and name != _LANGUAGES_FILE)
    found = (parse_family(_read(name)) for name in files)
    # The first family is the one that is taken where the user chose none.
    return {family.id: family for family in sorted(found, key=lambda family: (family.id != "gcc", family.id))}


@cache
def images() -> Mapping[str, str]:
    """Return the id of the toolchain in every image that a family names, by the image's name, in order."""
    return {
        family.image.format(major=major): f"{family.id}-{major}"
        for family in families().values()
        for major in family.versions
    }


def language_of_editor(language_id: str) -> str | None:
    """Return the language that an editor calls `language_id`; None where we have none."""
    return next((name for name, language in languages().items() if language_id in language.editor), None)


def language_of_path(path: str) -> str | None:
    """Return the language of a file by its name's ending; None where we have none."""
    for name, language in languages().items():
        if path.endswith((*language.endings, *language.header_endings)):
            return name
    return None


def parse_family(table: Mapping[str, Any]) -> Family:
    """Turn a family's TOML into a value. Raises KeyError or re.error where the file is wrong."""
    return Family(
        id=table["family"],
        title=table["title"],
        image=table["image"],
        versions=tuple(table["versions"]),
        roots=tuple(table["roots"]),
        environment=tuple(sorted(table["environment"].items())),
        version_argv=tuple(table["version"]["argv"]),
        version_pattern=re.compile(table["version"]["pattern"]),
        languages={
            name: LanguageSupport(
                entry["program"],
                re.compile(entry["programs"]),
                tuple(entry["argv"]),
                tuple(entry["header_argv"]),
                re.compile(entry["standards"]),
            )
            for name, entry in table["languages"].items()
        },
        standard_flag=table["flags"]["standard"],
        allowed_flags=tuple(re.compile(rule) for rule in table["flags"]["allowed"]),
        dialects=tuple(
            Dialect(entry["from"], entry["parser"], tuple(entry["argv"]), tuple(entry["plain_argv"]))
            for entry in table["dialects"]
        ),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
