r"""TypeScript and JavaScript: the files that relative imports name, as tsc looks for them.

The endings are tried in tsc's order; a name that ends in `.js` may mean the `.ts` that it is made from. A
package's name is not followed. Sources: "Modules - Reference" in the TypeScript handbook; ECMAScript 2024,
section 16.2.
"""

from __future__ import annotations

import re
from typing import Final

from wic_lsp.companions.lexing import blank, up_to_last
from wic_lsp.companions.references import Choice, Reference, join

_TOKEN: Final = re.compile(
    r"""
      (?P<comment>//[^\r\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>"(?:[^"\\\r\n]|\\.)*"?|'(?:[^'\\\r\n]|\\.)*'?)
    | `(?:[^`\\]|\\.)*(?:`|\Z)
    | (?:[(,=:\[!&|?{;+]|=>|\breturn\b|\btypeof\b)\s*+
      /(?![/*])(?:[^/\\\[\r\n]|\\.|\[(?:[^\]\\\r\n]|\\.)*+\]?)++/?
    """,
    re.VERBOSE | re.DOTALL,
)
WANTED: Final = re.compile(r"""["']\.{1,2}["'/][^\r\n]*|<reference\b[^\r\n]*""")
_NAMED: Final = re.compile(
    r"""(?<![.\w$])(?:from|import|module|(?:import|require)\s*\()\s*(?P<name>(["'])\.{1,2}(?:/[^"'\\\r\n\0]*)?\2)"""
)
_IN_COMMENT: Final = re.compile(
    r"""(?:\bimport\s*\(\s*|@import\b[^"'\r\n]*\bfrom\s*)(?P<name>(["'])\.{1,2}(?:/[^"'\\\r\n\0]*)?\2)"""
)
_PATH: Final = re.compile(r"""///\s*<reference\s[^>\r\n]*?\bpath\s*=\s*(?P<name>(["'])[^"'\r\n\0]+\2)""")
_PLAIN_SCRIPT: Final = (".js", ".jsx", ".mjs", ".cjs")
_ENDINGS: Final = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".json")
_MADE_FROM: Final = {
    ".js": (".ts", ".tsx", ".d.ts", ".js", ".jsx"),
    ".jsx": (".tsx", ".ts", ".d.ts", ".jsx", ".js"),
    ".mjs": (".mts", ".d.mts", ".mjs"),
    ".cjs": (".cts", ".d.cts", ".cjs"),
}
_OWN: Final = (".ts", ".tsx", ".mts", ".cts", ".json")


def scan_script(text: str, at: Choice) -> tuple[Reference, ...]:
    """Return what the text imports by a relative name, in its order.

    In plain JavaScript a type may be imported in a comment for tools.
    """
    blanked = blank(up_to_last(text, WANTED), _TOKEN)
    found = [
        _refer(match, choose_files(at.folder, match["name"][1:-1]))
        for match in _NAMED.finditer(blanked.text)
        if match.start("name") in blanked.strings
    ]
    has_types_in_comments = at.path.endswith(_PLAIN_SCRIPT)
    for start, end in blanked.comments:
        if has_types_in_comments and text.startswith("/**", start):
            found += [
                _refer(match, choose_files(at.folder, match["name"][1:-1]))
                for match in _IN_COMMENT.finditer(text, start, end)
            ]
        if (match := _PATH.match(text, start, end)) is not None:
            found.append(_refer(match, (Choice(join(at.folder, match["name"][1:-1])),)))
    return tuple(sorted(found, key=lambda reference: reference.start))


def choose_files(folder: str, name: str) -> tuple[Choice, ...]:
    """Return the files that a relative name may mean, in the order in which tsc looks for them."""
    path = join(folder, name)
    paths: list[str] = []
    if not name.endswith((".", "/")):
        stem, dot, ending = path.rpartition(".")
        ending = dot + ending
        if ending in _MADE_FROM:
            paths += [stem + one for one in _MADE_FROM[ending]]
        elif ending in _OWN:
            paths.append(path)
        paths += [path + one for one in _ENDINGS]
    paths += [join(path, f"index{one}") for one in _ENDINGS]
    return tuple(Choice(one) for one in dict.fromkeys(paths))


def _refer(match: re.Match[str], choices: tuple[Choice, ...]) -> Reference:
    return Reference(choices, match["name"][1:-1], match.start("name"), match.end("name"))
