"""The user's own compilers: files like ours, read strictly, completed, and turned into families.

A user's file may leave out what most compilers do not need, and may say in its `[languages.x]` what kind of
language x is, where we have none of that name. A file with a mistake is passed over whole, so that nothing in
it holds half; all of its mistakes are told. A family of the id of one of ours replaces ours. Pure: where the
files lie, and who may write them, is not known here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from wic_lsp.toolchains.families import Family, Language, parse_family, parse_language
from wic_lsp.toolchains.own_shape import GROUPS, SHAPE
from wic_lsp.toolchains.shapes import Mistake, find_mistakes

_NEEDED_GROUPS: Final = ("line", "message")
_OF_PATTERN: Final = ("pattern", "note_pattern", "end_column")
_OF_TEXT: Final = ("columns", "first_column", "severities")
_OF_LANGUAGE: Final = ("title", "editor", "endings", "header_endings", "comment", "block_comment", "words")


@dataclass(frozen=True, slots=True)
class Own:
    """What the user's files hold: languages and families by their ids, `files` by the families' ids.

    `mistakes` go by the names of the files, which are passed over.
    """

    languages: Mapping[str, Language] = field(default_factory=lambda: MappingProxyType({}))
    families: Mapping[str, Family] = field(default_factory=lambda: MappingProxyType({}))
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    mistakes: tuple[tuple[str, Mistake], ...] = ()


def read_own(files: Iterable[tuple[str, str]], known: Mapping[str, Language]) -> Own:
    """Read files, each a name and its text, in that order. `known` are the languages that we ship."""
    tables, mistakes = _read_tables(files)
    languages: dict[str, Language] = dict(known)
    owners: dict[str, str] = {}
    families: dict[str, str] = {}
    for name, table in list(tables.items()):
        wrong = [*_find_repeated(table, families), *_learn_languages(name, table, languages, owners)]
        if wrong:
            mistakes += [(name, one) for one in wrong]
            del tables[name]
            for language in [language for language, owner in owners.items() if owner == name]:
                del languages[language], owners[language]
        else:
            families[table["family"]] = name
    for name, table in list(tables.items()):  # a file may use a language that a later one defines
        unknown = [language for language in table["languages"] if language not in languages]
        mistakes += [(name, _undefined(language, known)) for language in unknown]
        if unknown:
            del tables[name], families[table["family"]]
    own = {name: language for name, language in languages.items() if name in owners}
    used = {language for table in tables.values() for language in table["languages"]}
    return Own(
        {name: language for name, language in own.items() if name in used},
        {table["family"]: parse_family(complete(table)) for table in tables.values()},
        families,
        tuple(mistakes),
    )


def complete(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a user's table with what may be left out, as `parse_family` wants it."""
    version, flags = table.get("version", {}), table.get("flags", {})
    return {
        "title": table["family"],
        "image": "{version}",
        "versions": [],
        "roots": ["{program}"],
        "environment": {"LC_ALL": "C.UTF-8"},
        **table,
        "version": {"argv": ["--version"], "pattern": _usual_version(table.get("versions", ())), **version},
        "flags": {"standard": "", "allowed": [], **flags},
        "languages": {
            name: {"programs": rf"{re.escape(entry['program'])}(?:-\d+(?:\.\d+)*)?", **entry}
            for name, entry in table["languages"].items()
        },
        "dialects": [
            {"from": 0, "argv": [], "plain_argv": entry.get("argv", []), **entry}
            for entry in table["dialects"]
        ],
    }


def _usual_version(versions: Sequence[object]) -> str:
    """Return what finds a version: the first number, with as many behind it as `versions` have, or one."""
    further = {str(version).count(".") for version in versions}
    least, most = (min(further), max(further)) if further else (0, 1)
    return rf"(\d{{1,9}}(?:\.\d{{1,9}}){{{least},{most}}})(?:\.\d{{1,9}})*"


def _read_tables(
    files: Iterable[tuple[str, str]],
) -> tuple[dict[str, dict[str, Any]], list[tuple[str, Mistake]]]:
    """Return the tables that are right by themselves, by their files' names, and what is wrong in others."""
    tables: dict[str, dict[str, Any]] = {}
    mistakes: list[tuple[str, Mistake]] = []
    for name, content in files:
        try:
            table = tomllib.loads(content)
        except (ValueError, RecursionError) as exc:
            mistakes.append((name, Mistake("", f"is no TOML: {exc}")))
            continue
        wrong = list(find_mistakes(table, SHAPE)) or list(_find_contradictions(table))
        mistakes += [(name, one) for one in wrong]
        if not wrong:
            tables[name] = table
    return tables, mistakes


def _find_contradictions(table: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what is wrong with a table whose values are right each by itself."""
    if bool(table.get("image")) != bool(table.get("versions")):
        yield Mistake("image", "and versions belong together: an image is named by its version")
    if len({str(version).count(".") for version in table.get("versions", ())}) > 1:
        yield Mistake("versions", "must have as many numbers each")
    dialects = table["dialects"]
    for number, dialect in enumerate(dialects, 1):
        yield from _find_in_dialect(dialect, f"dialects[{number}]")
    has_words = bool(table.get("flags", {}).get("standard")) or all(one.get("standard") for one in dialects)
    for name, entry in table["languages"].items():
        if "standards" in entry and not has_words:
            yield Mistake(f"languages.{name}.standards", "needs flags.standard: how the compiler is told one")
        if len(entry.get("block_comment", ("", ""))) != 2:  # noqa: PLR2004 - a beginning and an end
            yield Mistake(
                f"languages.{name}.block_comment", "must be two texts: what begins one, and ends it"
            )
    for path in table.get("files", {}):
        if not re.fullmatch(r"\w[\w.+-]*(?:/\w[\w.+-]*)*", path):
            yield Mistake(f"files.{path}", "must have the name of a file beside the snippet")


def _find_in_dialect(dialect: Mapping[str, Any], here: str) -> Iterator[Mistake]:
    parser = dialect["parser"]
    foreign: tuple[str, ...] = ()
    if parser != "pattern":
        foreign = _OF_PATTERN if parser == "gcc-text" else (*_OF_PATTERN, *_OF_TEXT)
    for key in foreign:
        if key in dialect:
            yield Mistake(f"{here}.{key}", f"means nothing to the parser {parser}")
    if parser == "pattern":
        if "pattern" not in dialect:
            yield Mistake(f"{here}.pattern", "is missing")
        for key, needed in (("pattern", _NEEDED_GROUPS), ("note_pattern", ("message",))):
            if key in dialect:
                yield from _find_in_groups(dialect[key], needed, f"{here}.{key}")


def _find_in_groups(pattern: str, needed: Iterable[str], here: str) -> Iterator[Mistake]:
    groups = re.compile(pattern).groupindex
    for group in needed:
        if group not in groups:
            yield Mistake(here, f"must have a group (?P<{group}>...)")
    for group in groups:
        if group not in GROUPS:
            yield Mistake(here, f"has a group {group}; there are {', '.join(GROUPS)}")


def _find_repeated(table: Mapping[str, Any], families: Mapping[str, str]) -> Iterator[Mistake]:
    if table["family"] in families:
        yield Mistake("family", f"{table['family']} is in {families[table['family']]} already")


def _learn_languages(
    name: str, table: Mapping[str, Any], languages: dict[str, Language], owners: dict[str, str]
) -> Iterator[Mistake]:
    """Add the languages that a file defines to those that are known, and yield what is wrong about them."""
    for language, entry in table["languages"].items():
        here = f"languages.{language}"
        said = [key for key in _OF_LANGUAGE if key in entry]
        if language in languages and said:
            whose = f"{owners[language]} says" if language in owners else "wic knows"
            yield Mistake(f"{here}.{said[0]}", f"is not to be said here: {whose} what {language} is")
        elif said and "endings" not in entry:
            yield Mistake(f"{here}.endings", "is missing: how the names of the language's files end")
        elif said and not entry["endings"]:
            yield Mistake(f"{here}.endings", "must have one ending at least")
        elif said:
            own = parse_language(language, {"title": language, "editor": [language], **entry})
            yield from _find_taken(own, languages, here)
            languages[language] = own
            owners[language] = name


def _find_taken(own: Language, languages: Mapping[str, Language], here: str) -> Iterator[Mistake]:
    """Yield what another language has already."""
    for other in languages.values():
        taken = {*other.endings, *other.header_endings}
        for ending in (*own.endings, *own.header_endings):
            if ending in taken:
                yield Mistake(f"{here}.endings", f"has {ending}, which is an ending of {other.title}")
        for word in own.editor:
            if word in other.editor:
                yield Mistake(f"{here}.editor", f"has {word}, which editors call {other.title}")


def _undefined(language: str, known: Mapping[str, Language]) -> Mistake:
    return Mistake(
        f"languages.{language}.endings",
        f"is missing: {language} is none of wic's languages ({', '.join(known)}), so say what it is",
    )
