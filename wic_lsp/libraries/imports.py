"""What a text imports, by the language. Pure, and linear in the text's length.

To name too much costs a file that travels in vain. To name too little costs an error that is none, of a
package that "is not there": so every import clause counts, also one that stands where none may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

_GO_TOKEN: Final = re.compile(
    r"//[^\n]*+"
    r"|/\*(?:[^*]|\*(?!/))*+(?:\*/)?"
    r'|"(?:[^"\\\n]|\\[^\n])*+"?'
    r"|`[^`]*+`?"
    r"|'(?:[^'\\\n]|\\[^\n])*+'?"
    r"|\b(?P<clause>import)\b"
)
_GO_SPACE: Final = r"(?:[\s;]|//[^\n]*+(?:\n|\Z)|/\*(?:[^*]|\*(?!/))*+\*/)*+"
_GO_OPENING: Final = re.compile(rf"{_GO_SPACE}\(")
_GO_ONE: Final = re.compile(
    rf'{_GO_SPACE}(?:(?:\w+|\.){_GO_SPACE})?(?:"(?P<path>[^"\n]*+)"|`(?P<raw>[^`]*+)`)'
)


def go_imports(texts: Iterable[str]) -> frozenset[str] | None:
    """Return the import paths of Go's files; None where one is written with an escape, as nobody does.

    Source: the Go specification, "Import declarations".
    """
    found: set[str] = set()
    for text in texts:
        at = 0
        while (token := _GO_TOKEN.search(text, at)) is not None:
            at = token.end()
            if token["clause"] is None:
                continue
            opening = _GO_OPENING.match(text, at)
            at = opening.end() if opening is not None else at
            while (one := _GO_ONE.match(text, at)) is not None:
                at = one.end()
                found.add(one["raw"] if one["path"] is None else one["path"])
                if opening is None:
                    break
    return None if any("\\" in path for path in found) else frozenset(found)


IMPORTS: Final[Mapping[str, Callable[[Iterable[str]], frozenset[str] | None]]] = MappingProxyType(
    {"go": go_imports}
)
"""Who reads what texts import, by the word for it in a family's file. None where that cannot be told."""
