"""From a text to the files that it needs: by the names in it, or as members of its package. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from wic_lsp.companions import c_family, go, java, rust, script, zig
from wic_lsp.companions.references import Choice, Reference

Scan: TypeAlias = Callable[[str, Choice], tuple[Reference, ...]]
Belongs: TypeAlias = Callable[[str, str], bool]
"""Says of a file, by its name and its text, whether it belongs to a package."""

_SCANS: Final[Mapping[str, Scan]] = MappingProxyType(
    {
        "c": c_family.scan_c,
        "cpp": c_family.scan_c,
        "rust": rust.scan_rust,
        "typescript": script.scan_script,
        "javascript": script.scan_script,
        "zig": zig.scan_zig,
    }
)
_FELLOWS: Final[Mapping[str, Callable[[str, str], Belongs | None]]] = MappingProxyType(
    {"go": go.fellows, "java": java.fellows}
)
_WANTED: Final = MappingProxyType(
    {
        "c": c_family.WANTED,
        "cpp": c_family.WANTED,
        "rust": rust.WANTED,
        "typescript": script.WANTED,
        "javascript": script.WANTED,
        "zig": zig.WANTED,
    }
)
_ENDINGS: Final = MappingProxyType({"go": ".go", "java": ".java"})
_WORD: Final = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Package:
    """The files of the document's folder that may be of its package: by `ending`, if they `belong`."""

    ending: str
    belongs: Belongs
    words: frozenset[str]

    def sort(self, names: tuple[str, ...]) -> list[str]:
        """Return those that may be, first those whose name the document says: not all may have room."""
        fitting = (name for name in names if name.endswith(self.ending))
        return sorted(fitting, key=lambda name: (name.removesuffix(self.ending) not in self.words, name))


def scan(language: str, text: str, at: Choice) -> tuple[Reference, ...]:
    """Return what a text names of other files, in its order; nothing in a language without such names."""
    scan_text = _SCANS.get(language)
    return scan_text(text, at) if scan_text is not None else ()


def find_package(language: str, name: str, text: str) -> Package | None:
    """Return the package that a document is of, where its language's files need not name each other."""
    choose = _FELLOWS.get(language)
    belongs = choose(name, text) if choose is not None else None
    if belongs is None:
        return None
    return Package(_ENDINGS[language], belongs, frozenset(_WORD.findall(text)))


def may_need(language: str, text: str) -> bool:
    """Whether a text is worth a closer look: quick, and never wrong when it says no."""
    wanted = _WANTED.get(language)
    return language in _FELLOWS or (wanted is not None and wanted.search(text) is not None)


def has_companions(language: str) -> bool:
    """Whether files in a language may need others at all."""
    return language in _SCANS or language in _FELLOWS
