"""Java: which files of a folder are one package with the document. Source: JLS 25, section 7.4."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_SPACE: Final = r"(?>\s+|//[^\n\r]*+|/\*(?s:.*?)\*/)*+"
_PACKAGE: Final = re.compile(rf"\ufeff?{_SPACE}package\b{_SPACE}(?P<name>\w++(?:\s*+\.\s*+\w++)*+)\s*+;")
_NO_CLASSES: Final = ("module-info.java", "package-info.java")


def fellows(_name: str, text: str) -> Callable[[str, str], bool]:
    """Return what says of another file, by its name and its text, whether it is of the document's package."""
    package = package_of(text)

    def belongs(other: str, other_text: str) -> bool:
        return other.endswith(".java") and other not in _NO_CLASSES and package_of(other_text) == package

    return belongs


def package_of(text: str) -> str:
    """Return the package that a file says it is of; empty for the unnamed one."""
    match = _PACKAGE.match(text)
    return "" if match is None else "".join(match["name"].split())
