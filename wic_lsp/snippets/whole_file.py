"""A source file is one snippet: the whole of it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

from wic_lsp.model import Snippet
from wic_lsp.toolchains.families import languages

_PLAIN_NAME: Final = re.compile(r"\w[\w.+-]{0,99}", re.ASCII)


def extract_whole_file(text: str, language: str, path: str) -> Snippet:
    """Return the file as a snippet.

    It keeps its name where that is a plain one, so that messages and `__FILE__` read as the user expects;
    otherwise it is called `main`, with the same ending if that is one of the language's.
    """
    name = PurePosixPath(path).name
    if not _PLAIN_NAME.fullmatch(name):
        known = languages()[language]
        endings = (*known.endings, *known.header_endings)
        ending = next((ending for ending in endings if name.endswith(ending)), known.endings[0])
        name = f"main{ending}"
    return Snippet(text, language, name)
