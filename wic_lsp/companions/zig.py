"""Zig: the files that `@import` and `@embedFile` name, beside the file that names them.

A name without a file's ending is a module (`std`), which is not ours to find.
"""

from __future__ import annotations

import re
from typing import Final

from wic_lsp.companions.lexing import blank, up_to_last
from wic_lsp.companions.references import Choice, Reference, join

_TOKEN: Final = re.compile(
    r"""(?P<comment>//[^\n]*)|(?P<string>"(?:[^"\\\n]|\\.)*"?)|\\\\[^\n]*|'(?:[^'\\\n]|\\.)*'?"""
)
WANTED: Final = re.compile(r"@(?:import|embedFile)\b[^\n]*")
_NAMED: Final = re.compile(r'@(?P<how>import|embedFile)\s*\(\s*(?P<name>"[^"\\\n\0]+")')


def scan_zig(text: str, at: Choice) -> tuple[Reference, ...]:
    """Return what the text imports and embeds by a file's name, in its order."""
    blanked = blank(up_to_last(text, WANTED), _TOKEN)
    found = []
    for match in _NAMED.finditer(blanked.text):
        name = match["name"][1:-1]
        is_file = match["how"] == "embedFile" or name.endswith((".zig", ".zon"))
        if is_file and match.start("name") in blanked.strings:
            choice = Choice(join(at.folder, name))
            found.append(Reference((choice,), name, match.start("name"), match.end("name")))
    return tuple(found)
