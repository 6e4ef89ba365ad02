"""Lines of a block that are compiled and not shown: what rustdoc and mdBook take off them.

Sources: the rustdoc book, "Hiding portions of the example" (`# ` before the line, or `#` alone; `##` is one
`#` that is shown), and mdBook's `hidelines`, where any other prefix hides. The indentation before is kept.
"""

from __future__ import annotations

from typing import Final

HASH: Final = "#"
"""rustdoc's prefix, which has rules of its own: `#[derive]` and `#!` hide nothing."""


def reveal(line: str, hides: str) -> tuple[str, int, int]:
    """Return what is compiled of a line, how long its indentation is, and how much was dropped behind it."""
    rest = line.lstrip(" \t")
    dropped = _dropped(rest.rstrip(), hides) if hides else 0
    indent = len(line) - len(rest) if dropped else 0
    return (line[:indent] + rest[dropped:] if dropped else line), indent, dropped


def _dropped(stripped: str, hides: str) -> int:
    if hides != HASH:
        return len(hides) if stripped.startswith(hides) else 0
    if stripped.startswith("# "):
        return 2
    return 1 if stripped == HASH or stripped.startswith("##") else 0
