"""Which edition of a compiler's manual is linked to: that of its own version, where there is one on the web.

Compilers that name a page name the newest edition's, as a rule, where an option may be gone or mean something
else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Manual:
    """How the newest edition's pages begin, how those of a {version} do, and which versions have them."""

    newest: str
    edition: str
    versions: re.Pattern[str]

    def pin(self, url: str | None, version: str) -> str | None:
        """Return the page in the edition of that version; another page, and none, as it is."""
        if url is None or not url.startswith(self.newest) or self.versions.fullmatch(version) is None:
            return url
        return self.edition.format(version=version) + url.removeprefix(self.newest)


def parse_manual(entry: Mapping[str, Any] | None) -> Manual | None:
    """Turn a family's table into a value. Raises KeyError or re.error where it is wrong."""
    if entry is None:
        return None
    return Manual(entry["newest"], entry["edition"], re.compile(entry["versions"], re.ASCII))
