"""The files of docs/own-toolchains.md, as a reader would copy them."""

from __future__ import annotations

import re
from pathlib import Path

_PAGE = Path(__file__).parents[1] / "docs" / "own-toolchains.md"


def file_of(family: str) -> str:
    """Return the page's file for a family."""
    blocks = re.findall(r"^```toml\n(.*?)^```", _PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (found,) = (block for block in blocks if f'family = "{family}"' in block)
    return found
