"""Which documents are Markdown: by a file's name, and by what editors call it."""

from __future__ import annotations

from typing import Final

MARKDOWN_ENDINGS: Final = (".md", ".markdown", ".mkd", ".mdown")
MARKDOWN_EDITOR_IDS: Final = frozenset({"markdown"})


def is_markdown(path: str) -> bool:
    """Whether a file of that name is Markdown."""
    return path.lower().endswith(MARKDOWN_ENDINGS)
