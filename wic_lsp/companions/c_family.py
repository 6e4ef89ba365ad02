"""C and C++: the files that quoted includes name, beside the file that names them.

An include is followed whatever the `#if` around it says. One in angle brackets names a header of the
compiler's own, since no folder can be added to those that it searches.
"""

from __future__ import annotations

import re
from typing import Final

from wic_lsp.companions.lexing import up_to_last
from wic_lsp.companions.references import Choice, Reference, join
from wic_lsp.positions import SourceText

_NAMES: Final = r"(?:include|include_next|import|embed)\b"
WANTED: Final = re.compile(r'#[^\r\n"<]*"[^\r\n]*')
_OPERAND: Final = re.compile(_NAMES + r'\s*"([^"\r\n\0]+)"')


def scan_c(text: str, at: Choice) -> tuple[Reference, ...]:
    """Return what the text includes in quotes, in its order."""
    from wic_lsp.parsers.directives import find_directives  # noqa: PLC0415 - a start does not wait for parsers

    found = []
    for directive in find_directives(SourceText(up_to_last(text, WANTED)), _NAMES):
        match = _OPERAND.match(directive.body)
        if match is None:
            continue
        start = text.find(f'"{match[1]}"', directive.offset)
        if start >= 0:
            choice = Choice(join(at.folder, match[1]))
            found.append(Reference((choice,), match[1], start, start + len(match[1]) + 2))
    return tuple(found)
