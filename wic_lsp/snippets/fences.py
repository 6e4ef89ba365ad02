r"""From a document to its fenced blocks, each line with its exact place. Knows Markdown, and no language.

markdown-it-py says which blocks there are and what is in them (CommonMark 0.31, 4.5), but not in which
column a line's own text begins behind quotes and lists. That is read off the line itself: what a block has
of a line is the line's end, after at most three spaces that stand for a tab which a container cut through.

A fence inside a comment or another HTML block is none, as in CommonMark. Indented code is no block here: it
cannot name its language, and much of it is output or a quoted command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from wic_lsp.model import Fence, LineKind, LineOrigin, Position, Range
from wic_lsp.positions import line_content, split_lines

_NESTED_AT_MOST: Final = 100
_TAB_STOP: Final = 4
_LONGEST_CUT: Final = 3
_COMMENT: Final = re.compile(r"<!--[ \t]*(.*?)[ \t]*-->[ \t]*")


@dataclass(frozen=True, slots=True)
class Words:
    """Some of a document's text on one line, with where it begins."""

    text: str
    at: Position


@dataclass(frozen=True, slots=True)
class FencedText:
    r"""One fenced block: `info` behind its opening marker, and its lines with where they stand.

    `lines` end with \n, the last one perhaps not. `end` is where what comes after the last of them stands.
    `comment` is what a comment of one line just before the block says.
    """

    opening: Range
    info: Words
    lines: tuple[str, ...]
    origins: tuple[LineOrigin, ...]
    end: LineOrigin
    comment: Words | None = None


def find_fences(text: str) -> tuple[FencedText, ...]:
    """Return every fenced block of a document in CommonMark, whatever its language, in order."""
    lines = split_lines(text)
    tokens = _reader().parse(text.removeprefix("\ufeff"))
    before: Iterable[Token | None] = [None, *tokens]
    return tuple(
        _read_fence(token, previous, lines)
        for previous, token in zip(before, tokens, strict=False)
        if token.type == "fence"
    )


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"maxNesting": _NESTED_AT_MOST})
    reader.core.ruler.enableOnly(["normalize", "block"])
    return reader


def _read_fence(token: Token, previous: Token | None, lines: Sequence[str]) -> FencedText:
    first, last = token.map or (0, 0)
    head = line_content(lines[first])
    at = len(head) - len(token.info) - len(token.markup)
    opening = Range(Position(first, at), Position(first, len(head)))
    contents = token.content.removesuffix("\n").split("\n") if token.content else []
    is_closed = last - first - 1 > len(contents) and _closes(lines[last - 1], token.markup)
    numbers = range(first + 1, last - 1 if is_closed else last)
    contents += [""] * (len(numbers) - len(contents))  # a last line of quote marks alone, without its end
    margin = _measure(head[:at])
    spots = [_find(content, lines[n], n, margin) for content, n in zip(contents, numbers, strict=True)]
    fence = Fence(token.markup, _find_prefix(spots, lines, margin), lines[first][len(head) :] or "\n")
    origins = tuple(
        LineOrigin(Position(spot.line, spot.column), indent=spot.cut, takes_spaces=spot.is_wide, fence=fence)
        for spot in spots
    )
    if is_closed:
        end = _place_closing(lines[last - 1], last - 1, margin)
    else:
        end = _place_end(origins, lines, opening)
    return FencedText(
        opening,
        Words(head[at + len(token.markup) :], Position(first, at + len(token.markup))),
        tuple(_own_text(origin, lines) for origin in origins),
        origins,
        replace(end, fence=fence),
        _read_comment(previous, token, lines),
    )


def _own_text(origin: LineOrigin, lines: Sequence[str]) -> str:
    r"""Return what the block has of a line; every line end is \n, as in CommonMark."""
    line = lines[origin.start.line]
    own = line_content(line)
    return " " * origin.indent + own[origin.start.column :] + ("\n" if own != line else "")


def _closes(line: str, marker: str) -> bool:
    return re.search(rf"{re.escape(marker)}[ \t]*$", line_content(line)) is not None


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a block's text begins on a line, after `cut` spaces that stand for a part of a tab."""

    line: int
    column: int
    cut: int
    is_wide: bool


def _find(content: str, line: str, number: int, margin: tuple[int, list[int]]) -> _Spot:
    """Find where what the block has of a line begins in the line."""
    own = line_content(line)
    normal = own.replace("\0", "\ufffd")
    for cut in range(_LONGEST_CUT + 1):
        if content[:cut].strip(" ") == "" and normal.endswith(content[cut:]):
            column = len(own) - len(content) + cut
            kept = content[cut:]
            # A space that was left shows that no more was taken. A tab does not: half of it may be a quote's.
            is_wide = bool(cut) or kept.startswith(" ") or _is_as_wide(own[:column], margin)
            return _Spot(number, column, cut, is_wide)
    raise ValueError(f"Line {number + 1} does not end with what the block has of it.")


def _place_closing(line: str, number: int, margin: tuple[int, list[int]]) -> LineOrigin:
    own = line_content(line).rstrip(" \t")
    column = len(own.rstrip(own[-1]))
    is_wide = _is_as_wide(own[:column], margin)
    return LineOrigin(Position(number, column), LineKind.END, takes_spaces=is_wide)


def _place_end(origins: Sequence[LineOrigin], lines: Sequence[str], opening: Range) -> LineOrigin:
    """Take the end of the last line where nothing closes the block: nothing can be written behind it."""
    at = opening.end
    if origins:
        line = origins[-1].start.line
        at = Position(line, len(line_content(lines[line])))
    return LineOrigin(at, LineKind.ADDED, stands_for=Range(at, at))


def _find_prefix(spots: Iterable[_Spot], lines: Sequence[str], margin: tuple[int, list[int]]) -> str | None:
    """Return what a new line must begin with, so that all behind it is text, by the lines that there are."""
    for spot in spots:
        prefix = lines[spot.line][: spot.column]
        if spot.is_wide and not spot.cut:
            return prefix
        if prefix.endswith(">") and _measure(prefix) == margin:
            return prefix + " "
    return None


def _is_as_wide(prefix: str, margin: tuple[int, list[int]]) -> bool:
    """Whether a line's beginning is like the opening line's: then what follows is text, with its blanks.

    Not so where it ends with a quote's mark, which takes the next blank.
    """
    return not prefix.endswith(">") and _measure(prefix) == margin


def _measure(prefix: str) -> tuple[int, list[int]]:
    """Say how wide a line's beginning is with its tabs, and in which columns quotes begin."""
    width, quotes = 0, []
    for character in prefix:
        if character == ">":
            quotes.append(width)
        width += _TAB_STOP - width % _TAB_STOP if character == "\t" else 1
    return width, quotes


def _read_comment(previous: Token | None, token: Token, lines: Sequence[str]) -> Words | None:
    """Read the comment just before a block, in the same list or quote, if it has one line."""
    if previous is None or previous.type != "html_block" or previous.level != token.level:
        return None
    line = (previous.map or [0])[0]
    match = _COMMENT.fullmatch(previous.content.strip("\n"))
    if match is None:
        return None
    whole = line_content(lines[line])
    return Words(match[1], Position(line, len(whole) - len(match[0]) + match.start(1)))
