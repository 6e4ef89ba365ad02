"""Compiler families as data: one TOML file each, read into values. No IO but reading our own package.

A family says how its compilers are called, found and spoken to; a `Toolchain` is one compiler of a family
at one version for one language. Adding a compiler is adding a file here, never a line of code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from wic_lsp.toolchains.dialects import Dialect, Version, parse_dialect
from wic_lsp.toolchains.explaining import Explaining, parse_explaining
from wic_lsp.toolchains.manuals import Manual, parse_manual
from wic_runtimes.contract import JobFile, Limits

_MEGABYTE: Final = 1024 * 1024
_LANGUAGES_FILE: Final = "languages.toml"
_NOTHING: Final = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its name in settings, its LSP identifiers, and the endings of its files' names.

    `header_endings` are of files that are checked as headers, where the language has such. `comment` begins a
    comment up to the line's end, `block_comment` are what begins and ends another one; empty for none.
    `words` are further names that it has in Markdown.
    """

    id: str
    title: str
    editor: tuple[str, ...]
    endings: tuple[str, ...]
    header_endings: tuple[str, ...]
    comment: str = ""
    block_comment: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LanguageSupport:
    """How a family compiles one language: its programs' names and the words that choose the language.

    `program` is the bare name, which it has in images; `programs` are all names that it may have on a host.
    `launcher` are the names of what runs it there, where the program is a script (`node` for `tsc`).
    `standards` are those that can be chosen: none unless it says so. `text_argv` are further words for texts
    in which a pattern is found: those of the first that is. `names_companions` for one that looks for no file
    by itself.
    """

    program: str
    programs: re.Pattern[str]
    argv: tuple[str, ...] = ()
    header_argv: tuple[str, ...] = ()
    standards: re.Pattern[str] = _NOTHING
    launcher: re.Pattern[str] | None = None
    text_argv: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = ()
    names_companions: bool = False

    @property
    def known_standards(self) -> str:
        """The standards that can be chosen, as a regular expression; empty where there are none."""
        return "" if self.standards is _NOTHING else self.standards.pattern

    def argv_for(self, text: str) -> tuple[str, ...]:
        """Return the words that this text asks for by what it holds."""
        return next((argv for pattern, argv in self.text_argv if pattern.search(text)), ())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a compiler is told where it lies, and would not be told elsewhere.

    `argv` follows the program's name, before all that the dialect says. The words and the values may hold
    what `candidates` fills in.
    """

    argv: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Needs:
    """What a compiler needs of a job besides the user's limits.

    `tmp_bytes` is the size of its /tmp, none where 0. `address_bytes` is what it reserves of addresses and
    never fills. `processes` and `open_files` are raised to these. `own_path` says that it must be able to
    ask the system where its program lies.
    """

    tmp_bytes: int = 0
    address_bytes: int = 0
    processes: int = 0
    open_files: int = 0
    own_path: bool = False

    def raise_limits(self, limits: Limits) -> Limits:
        """Return the user's limits with what the compiler needs; its memory and its time stay the user's."""
        return replace(
            limits,
            tmp_bytes=max(limits.tmp_bytes, self.tmp_bytes),
            address_bytes=max(limits.address_bytes, self.address_bytes),
            processes=max(limits.processes, self.processes),
            open_files=max(limits.open_files, self.open_files),
        )


@dataclass(frozen=True, slots=True)
class Family:
    """One compiler family; the fields are those of its TOML file.

    `versions` are those that have an image, newest first, as they stand in a toolchain's id; `image` names it
    by {version}. `folders` are where the host's own programs are looked for besides PATH. `files` lie beside
    every snippet. `explaining` is None where the compiler explains no codes, `manual` where its links stay as
    they are.
    """

    id: str
    title: str
    image: str
    versions: tuple[str, ...]
    roots: tuple[str, ...]
    environment: Mapping[str, str]
    version_argv: tuple[str, ...]
    version_pattern: re.Pattern[str]
    languages: Mapping[str, LanguageSupport]
    standard_flag: str
    allowed_flags: tuple[re.Pattern[str], ...]
    dialects: tuple[Dialect, ...]
    folders: tuple[str, ...] = ()
    on_host: Surroundings = field(default_factory=Surroundings)
    in_image: Surroundings = field(default_factory=Surroundings)
    needs: Needs = field(default_factory=Needs)
    files: tuple[JobFile, ...] = ()
    explaining: Explaining | None = None
    manual: Manual | None = None

    def dialect_for(self, version: Version, answer: str = "") -> Dialect | None:
        """Return the newest dialect that this version speaks; None where it is too old for all.

        Of several that are as new it is the first in the file.
        """
        fitting = [one for one in self.dialects if one.oldest <= version and one.answer.search(answer)]
        return max(fitting, key=lambda dialect: dialect.oldest, default=None)

    def images(self) -> Mapping[str, str]:
        """Return the id of the toolchain in every image of the family, by the image's name, newest first."""
        return {self.image.format(version=version): f"{self.id}-{version}" for version in self.versions}


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One compiler at one version for one language, ready to be put into a job.

    `image` names the very image that was asked for its version, by its digest; None where the compiler is
    the runtime's own program. `command` calls it: its program, with what launches it before and with what it
    must be told where it lies behind. `stamp` changes whenever the compiler does, and is part of every cache
    key.
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
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]

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
        self,
        file_name: str,
        standard: str | None,
        flags: tuple[str, ...],
        *,
        text: str = "",
        companions: tuple[str, ...] = (),
        is_plain: bool = False,
    ) -> tuple[str, ...]:
        """Return the whole argument vector. Flags and standard must have been accepted before."""
        support = self.family.languages[self.language]
        header_endings = languages()[self.language].header_endings
        is_header = bool(header_endings) and file_name.endswith(header_endings)
        words = self.dialect.standard_argv or self.family.standard_flag.split()
        chosen = tuple(word.format(standard=standard) for word in words) if standard else ()
        return (
            *self.command,
            *(self.dialect.plain_argv if is_plain else self.dialect.argv),
            *chosen,
            *flags,
            *(support.header_argv if is_header else support.argv),
            *support.argv_for(text),
            file_name,
            *(companions if support.names_companions else ()),
        )


_OWN_LANGUAGES: Final[dict[str, Language]] = {}
_OWN_FAMILIES: Final[dict[str, Family]] = {}


def adopt(languages_: Mapping[str, Language], families_: Mapping[str, Family]) -> None:
    """Make the user's own languages and families known besides those that we ship, in place of earlier ones.

    Called where a process starts, before anything of it is asked for. A family of the id of one of ours
    replaces it.
    """
    _OWN_LANGUAGES.clear()
    _OWN_LANGUAGES.update(languages_)
    _OWN_FAMILIES.clear()
    _OWN_FAMILIES.update(families_)
    for known in (languages, families, images):
        known.cache_clear()


@cache
def languages() -> Mapping[str, Language]:
    """Return every language by its name in settings, the user's own last."""
    return {**shipped_languages(), **_OWN_LANGUAGES}


@cache
def families() -> Mapping[str, Family]:
    """Return every family by its id, the user's own last."""
    return {**shipped_families(), **_OWN_FAMILIES}


@cache
def shipped_languages() -> Mapping[str, Language]:
    """Return every language that we know by ourselves."""
    return {name: parse_language(name, entry) for name, entry in _read(_LANGUAGES_FILE).items()}


@cache
def shipped_families() -> Mapping[str, Family]:
    """Return every family that we ship, by its id."""
    names = (entry.name for entry in resources.files(__package__).iterdir())
    files = sorted(name for name in names if name.endswith(".toml") and name != _LANGUAGES_FILE)
    found = (parse_family(_read(name)) for name in files)
    # The first family is the one that is taken where the user chose none.
    return {family.id: family for family in sorted(found, key=lambda family: (family.id != "gcc", family.id))}


@cache
def images() -> Mapping[str, str]:
    """Return the id of the toolchain in every image that a family names, by the image's name, in order."""
    return {image: name for family in families().values() for image, name in family.images().items()}


def language_of_editor(language_id: str) -> str | None:
    """Return the language that an editor calls `language_id`; None where we have none."""
    return next((name for name, language in languages().items() if language_id in language.editor), None)


def language_of_path(path: str) -> str | None:
    """Return the language of a file by its name's ending; None where we have none."""
    for name, language in languages().items():
        if path.endswith((*language.endings, *language.header_endings)):
            return name
    return None


def parse_language(name: str, entry: Mapping[str, Any]) -> Language:
    """Turn a language's table into a value. Raises KeyError where it is wrong."""
    return Language(
        name,
        entry["title"],
        tuple(entry["editor"]),
        tuple(entry["endings"]),
        tuple(entry.get("header_endings", ())),
        entry.get("comment", ""),
        tuple(entry.get("block_comment", ())),
        tuple(entry.get("words", ())),
    )


def parse_family(table: Mapping[str, Any]) -> Family:
    """Turn a family's TOML into a value. Raises KeyError, ValueError or re.error where the file is wrong."""
    return Family(
        id=table["family"],
        title=table["title"],
        image=table["image"],
        versions=tuple(str(version) for version in table["versions"]),
        roots=tuple(table["roots"]),
        environment=table["environment"],
        version_argv=tuple(table["version"]["argv"]),
        version_pattern=re.compile(table["version"]["pattern"]),
        languages={name: _parse_support(entry) for name, entry in table["languages"].items()},
        standard_flag=table["flags"]["standard"],
        allowed_flags=tuple(re.compile(rule) for rule in table["flags"]["allowed"]),
        dialects=tuple(parse_dialect(entry) for entry in table["dialects"]),
        folders=tuple(table.get("folders", ())),
        on_host=_parse_surroundings(table.get("on_host", {})),
        in_image=_parse_surroundings(table.get("in_image", {})),
        needs=_parse_needs(table.get("needs", {})),
        files=tuple(JobFile(name, text.encode()) for name, text in table.get("files", {}).items()),
        explaining=parse_explaining(table.get("explain")),
        manual=parse_manual(table.get("manual")),
    )


def _parse_support(entry: Mapping[str, Any]) -> LanguageSupport:
    return LanguageSupport(
        program=entry["program"],
        programs=re.compile(entry["programs"]),
        argv=tuple(entry.get("argv", ())),
        header_argv=tuple(entry.get("header_argv", ())),
        standards=re.compile(entry["standards"]) if "standards" in entry else _NOTHING,
        launcher=re.compile(entry["launcher"]) if "launcher" in entry else None,
        text_argv=tuple(
            (re.compile(one["text"], re.MULTILINE), tuple(one["argv"])) for one in entry.get("where", ())
        ),
        names_companions=entry.get("names_companions", False),
    )


def _parse_surroundings(entry: Mapping[str, Any]) -> Surroundings:
    return Surroundings(tuple(entry.get("argv", ())), entry.get("environment", {}))


def _parse_needs(entry: Mapping[str, Any]) -> Needs:
    return Needs(
        tmp_bytes=entry.get("tmp_megabytes", 0) * _MEGABYTE,
        address_bytes=entry.get("address_megabytes", 0) * _MEGABYTE,
        processes=entry.get("processes", 0),
        open_files=entry.get("open_files", 0),
        own_path=entry.get("own_path", False),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))
