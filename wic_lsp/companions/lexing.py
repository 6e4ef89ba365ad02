"""Just enough of a language's words to know what is a comment, what is a string and what is neither.

It is no lexer: a text that it misreads costs a file that travels in vain, or one that does not travel. What
it must never do is take more than linear time, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_NESTING: Final = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Blanked:
    """A text in which comments, and literals that are not `kept`, are spaces; offsets are the text's own.

    `strings` are the ends of the kept ones by their starts, both with the quotes; `comments` are where the
    comments were.
    """

    text: str
    strings: Mapping[int, int]
    comments: tuple[tuple[int, int], ...]


def blank(text: str, token: re.Pattern[str], *, nests: bool = False) -> Blanked:
    """Blank a text by its comments and literals, which `token` finds.

    Its group `comment` is a comment's and `string` that of a literal to keep; all else is blanked. Where
    comments nest, `token` finds the opening of a long one as the group `opening`.
    """
    pieces: list[str] = []
    strings: dict[int, int] = {}
    comments: list[tuple[int, int]] = []
    done = 0
    while match := token.search(text, done):
        start, end = match.span()
        if nests and match["opening"] is not None:
            end = _end_of_comment(text, end)
        if end == start:
            break
        pieces.append(text[done:start])
        if match["string"] is not None:
            strings[start] = end
            pieces.append(text[start:end])
        else:
            pieces.append(" " * (end - start))
            if match["comment"] is not None:
                comments.append((start, end))
        done = end
    pieces.append(text[done:])
    return Blanked("".join(pieces), strings, tuple(comments))


def up_to_last(text: str, wanted: re.Pattern[str]) -> str:
    """Return the text up to what `wanted` finds last, empty where it finds nothing."""
    end = 0
    for match in wanted.finditer(text):
        end = match.end()
    return text[:end]


def _end_of_comment(text: str, position: int) -> int:
    depth = 1
    for match in _NESTING.finditer(text, position):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)
