r"""Rust: the files of `mod x;`, and what `include!`, `include_str!` and `include_bytes!` name.

A module's file is looked for by what file names it. The file that is compiled, a `mod.rs` and a file that a
`#[path]` names have their modules beside them; any other `a.rs` has them in `a/`. A module in braces adds a
folder. What a `cfg` says is not asked: all of it is followed. Source: The Rust Reference, "Modules", "Module
source filenames" and "The path attribute".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from wic_lsp.companions.lexing import Blanked, blank, up_to_last
from wic_lsp.companions.references import Choice, Reference, join

_TOKEN: Final = re.compile(
    r"""
      (?P<comment>//[^\n]*|(?P<opening>/\*))
    | \b(?:b|c)?r(?P<hashes>\#+)".*?(?:"(?P=hashes)|\Z)
    | (?P<string>\b(?:b|c)?r"[^"]*"?|(?:\b[bc])?"(?:[^"\\]|\\.)*"?)
    | '(?:[^'\\\n]|\\(?:u\{[^}\n]{0,12}\}|x[0-9a-fA-F]{2}|.))'
    """,
    re.VERBOSE | re.DOTALL,
)
WANTED: Final = re.compile(r"\bmod\b[^\n]*|\binclude(?:_str|_bytes)?\s*![^\n]*")
_STEP: Final = re.compile(
    r"""
      (?P<attribute>\#\s*\[)
    | (?P<module>\bmod\s+(?P<raw>r\#)?(?P<name>[^\W\d]\w*)\s*(?P<kind>[;{]))
    | \binclude(?:_str|_bytes)?\s*!\s*[(\[{]\s*(?P<included>r?"[^"\\\0]+")
    | (?P<string>(?:\b(?:r|[bc]r?))?")
    | [{};]
    """,
    re.VERBOSE,
)
_LONGEST: Final = 4096  # no path is longer
_BRACKET: Final = re.compile(r'[\[\]]|(?:\b(?:r|[bc]r?))?"')
_IS_PATH: Final = re.compile(r"\s*path\b")
_PATH: Final = re.compile(r'\bpath\s*=\s*(?:r?"(?P<path>[^"\\\0]+)")')


@dataclass(frozen=True, slots=True)
class _Folder:
    """Where modules are looked for: `path`, or `owner` below it; a `#[path]` counts from `path`."""

    path: str
    owner: str


def scan_rust(text: str, at: Choice) -> tuple[Reference, ...]:
    """Return what the text names as modules in other files, and what it includes, in its order."""
    blanked = blank(up_to_last(text, WANTED), _TOKEN, nests=True)
    reading = _Reading(blanked, at)
    position = 0
    while match := _STEP.search(blanked.text, position):
        position = reading.take(match)
    return tuple(reading.found)


class _Reading:
    """How far a text is read: the braces that are open, and the attributes that wait for their module."""

    def __init__(self, blanked: Blanked, at: Choice) -> None:
        self.found: list[Reference] = []
        self._blanked = blanked
        self._at = at
        self._folders = [_Folder(at.folder, at.owner)]
        self._modules: list[int] = []
        self._depth = 0
        self._direct: str | None = None
        self._paths: list[str] = []

    def take(self, match: re.Match[str]) -> int:
        """Take in one step, and return the offset to go on from."""
        if match["attribute"] is not None:
            return self._read_attribute(match.end())
        if match["string"] is not None:
            return self._blanked.strings.get(match.start(), match.end())
        if match["included"] is not None:
            self.found.append(_refer_to_included(match, self._at))
            return match.end()
        if match["module"] is not None and match["kind"] == ";":
            self.found += _refer(match, self._folders[-1], self._direct, self._paths)
        elif match["module"] is not None:
            self._depth += 1
            self._modules.append(self._depth)
            self._folders.append(_enter(self._folders[-1], match["name"], self._direct))
        elif match[0] == "{":
            self._depth += 1
        elif match[0] == "}":
            self._leave()
        self._direct, self._paths = None, []
        return match.end()

    def _leave(self) -> None:
        if self._modules and self._modules[-1] == self._depth:
            self._modules.pop()
            self._folders.pop()
        self._depth -= 1

    def _read_attribute(self, start: int) -> int:
        """Read what an attribute says of a path; returns the offset after the bracket that closes it."""
        code, position, level = self._blanked.text, start, 1
        while level and (match := _BRACKET.search(code, position)):
            position = match.end()
            if match[0].endswith('"'):
                position = self._blanked.strings.get(match.start(), position)
            else:
                level += 1 if match[0] == "[" else -1
        named = [match["path"] for match in _PATH.finditer(code, start, position)]
        if named and _IS_PATH.match(code, start):
            self._direct = named[0]
        else:
            self._paths += named
        return position


def _refer_to_included(match: re.Match[str], at: Choice) -> Reference:
    quoted = match["included"]
    said = quoted[quoted.index('"') + 1 : -1]
    choice = Choice(join(at.folder, said), at.owner)
    return Reference((choice,), said, match.start("included"), match.end("included"))


def _refer(match: re.Match[str], folder: _Folder, direct: str | None, paths: list[str]) -> list[Reference]:
    """Return where the module may lie: by its `#[path]`, by those of its `cfg_attr`s, and by its name."""
    name = match["name"]
    start, end = match.span("name")
    if direct is not None:
        paths = [direct]
    found = [Reference((Choice(join(folder.path, one)),), one, start, end) for one in paths]
    if direct is None:
        base = join(folder.path, folder.owner)
        choices = (Choice(join(base, f"{name}.rs"), name), Choice(join(base, name, "mod.rs")))
        found.append(Reference(choices, name, start, end))
    return found


def _enter(folder: _Folder, name: str, direct: str | None) -> _Folder:
    """Return the folder of a module in braces."""
    if len(folder.path) > _LONGEST:
        return folder
    if direct is not None:
        return _Folder(join(folder.path, direct), "")
    return _Folder(join(folder.path, folder.owner, name), "")
