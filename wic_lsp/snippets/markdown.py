"""A Markdown document as blocks: what its fenced code in known languages is, ready to be compiled.

A block keeps its place and is compiled without what is around it in the document; its id tells what is
compiled and not where it stands, so that only what changed need be compiled again.

Blocks that continue each other are one: the text of all is compiled once, and findings land where their
line is. One that must fail is tried on top of what it continues, and then forgotten; a skipped one is left
out.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from wic_lsp.model import Attributes, Block, Expectation, Finding, Place, Range, Severity, Snippet
from wic_lsp.positions import line_content
from wic_lsp.snippets.attributes import first_word, read_attributes
from wic_lsp.snippets.directive import MARK, MOST_LINES, read_directive
from wic_lsp.snippets.fenced import Fenced, fenced, language_of_word
from wic_lsp.snippets.fences import FencedText, find_fences
from wic_lsp.snippets.fragments import Part, Placed, compose
from wic_lsp.snippets.hidden_lines import reveal
from wic_lsp.snippets.words import PROBLEM_CODE

_ID_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class _Piece:
    """One fenced block with what its author says of it."""

    language: str
    ending: str
    fence: FencedText
    attributes: Attributes
    problems: tuple[Finding, ...]


@dataclass(slots=True)
class _Unit:
    """Pieces that are compiled together; the first `borrowed` of them belong to another unit."""

    pieces: list[_Piece]
    borrowed: int = 0
    is_open: bool = True
    problems: list[Finding] = field(default_factory=list)


def extract(text: str) -> tuple[Block, ...]:
    """Return the blocks of a Markdown document, those to skip included, in order."""
    units = _join(_read(fence) for fence in find_fences(text))
    units.sort(key=lambda unit: unit.pieces[unit.borrowed].fence.opening)
    seen: Counter[str] = Counter()
    blocks = []
    for unit in units:
        block = _make_block(unit)
        seen[block.id] += 1
        count = seen[block.id]
        blocks.append(block if count == 1 else replace(block, id=f"{block.id}-{count}"))
    return tuple(blocks)


def _read(fence: FencedText) -> _Piece | None:
    known = language_of_word(first_word(fence.info))
    if known is None:
        return None
    language, ending = known
    piece = _Piece(language, ending, fence, *read_attributes(fence.info, fence.comment, language))
    has_word = any(MARK in line for line in fence.lines[:MOST_LINES])
    return _listen(piece) if has_word and not piece.attributes.is_skipped else piece


def _listen(piece: _Piece) -> _Piece:
    """Add what a comment in the block's first lines asks for; what its fence says goes before."""
    placed = _shown_lines(piece, fenced(piece.language))[:MOST_LINES]
    text, lines = "".join(line for line, _ in placed), tuple(origin for _, origin in placed)
    wishes, problems = read_directive(Snippet(text, piece.language, "", lines))
    said = piece.attributes
    return replace(
        piece,
        attributes=replace(
            said,
            toolchains=said.toolchains or wishes.toolchains,
            standard=said.standard or wishes.standard,
            flags=wishes.flags,
        ),
        problems=(*piece.problems, *problems),
    )


def _join(pieces: Iterable[_Piece | None]) -> list[_Unit]:
    """Put together what continues what; each language goes on by itself."""
    units: list[_Unit] = []
    last: dict[str, _Unit] = {}
    for piece in pieces:
        if piece is None:
            continue
        asked = piece.attributes
        before = last.get(piece.language)
        base = before.pieces if before is not None and before.is_open else None
        can_go_on = not asked.is_skipped and asked.expectation is Expectation.COMPILES
        if base is not None and asked.joins and not asked.is_skipped:
            if can_go_on:
                base.append(piece)
            else:
                units.append(_Unit([*base, piece], borrowed=len(base)))
            continue
        unit = _Unit([piece], is_open=can_go_on)
        units.append(unit)
        if asked.joins and not asked.is_skipped:
            unit.problems.append(_nothing_before(piece))
        if not asked.joins or base is None:
            last[piece.language] = unit
    return units


def _nothing_before(piece: _Piece) -> Finding:
    place = Place(None, _said_at(piece.fence))
    message = "There is no block before that this one could continue, or it is skipped or must fail."
    return Finding(Severity.ERROR, message, place, code=PROBLEM_CODE)


def _make_block(unit: _Unit) -> Block:
    own, last = unit.pieces[unit.borrowed :], unit.pieces[-1]
    rules = fenced(last.language)
    attributes = _of_all(unit.pieces)
    text, lines = compose([_make_part(piece, rules) for piece in unit.pieces], rules)
    named = rules.named_by.search(text)
    is_plain = named is not None and named[1].isascii()
    name = f"{named[1]}{last.ending}" if named is not None and is_plain else f"main{unit.pieces[0].ending}"
    return Block(
        id=_identify(last.language, name, text, *attributes.toolchains, f"std {attributes.standard}"),
        snippet=Snippet(text, last.language, name, lines),
        attributes=attributes,
        openings=tuple(piece.fence.opening for piece in own),
        said_at=_said_at(last.fence),
        problems=(*(problem for piece in own for problem in piece.problems), *unit.problems),
    )


def _of_all(pieces: Sequence[_Piece]) -> Attributes:
    """Return the last one's attributes; toolchains and standard are the last that were named, flags all."""
    asked = [piece.attributes for piece in reversed(pieces)]
    return replace(
        asked[0],
        toolchains=next((one.toolchains for one in asked if one.toolchains), ()),
        standard=next((one.standard for one in asked if one.standard), None),
        flags=tuple(flag for piece in pieces for flag in piece.attributes.flags),
    )


def _make_part(piece: _Piece, rules: Fenced) -> Part:
    fence = piece.fence
    return Part(
        _shown_lines(piece, rules),
        piece.attributes.is_fragment or rules.is_always_fragment,
        fence.opening,
        fence.end,
    )


def _shown_lines(piece: _Piece, rules: Fenced) -> tuple[Placed, ...]:
    """Return a block's lines as they are compiled, without what hides some of them."""
    hides = piece.attributes.hides or rules.hides
    lines = zip(piece.fence.lines, piece.fence.origins, strict=True)
    return tuple(_reveal(placed, hides) for placed in lines) if hides else tuple(lines)


def _reveal(placed: Placed, hides: str) -> Placed:
    """Take what hides a line off it."""
    line, origin = placed
    content = line_content(line)
    shown, indent, dropped = reveal(content, hides)
    around = replace(origin.fence, hides=hides) if origin.fence is not None else None
    if not dropped:
        return line, replace(origin, fence=around)
    column = origin.start.column + indent + dropped - origin.indent
    return shown + line[len(content) :], replace(
        origin,
        start=replace(origin.start, column=column),
        indent=indent,
        hidden=content[: indent + dropped],
        fence=around,
    )


def _said_at(fence: FencedText) -> Range:
    """Return where the info string stands, without the blanks around it."""
    said = fence.info.text
    start = replace(fence.info.at, column=fence.info.at.column + len(said) - len(said.lstrip()))
    return Range(start, replace(start, column=start.column + len(said.strip())))


def _identify(*parts: str) -> str:
    """Return a name for what is compiled: equal for equal contents, wherever they stand."""
    content = "\0".join(part.replace("\0", "\0\0") for part in parts)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_LENGTH]
