"""Blocks made into what can be compiled: joined, with what is to be around them, each line with its place.

A line of a block is never changed but for an indentation before it, and what is added stands in lines of
its own, so that a compiler's columns stay right. Lines may be put into another order (imports before the
function around statements): each takes its place in the document along. Which lines belong outside is
decided by patterns, for what leads a block alone: what follows its first statement is inside with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from wic_lsp.model import LineKind, LineOrigin, Position, Range
from wic_lsp.positions import line_content, split_lines
from wic_lsp.snippets.fenced import Fenced, Wrapping

Placed: TypeAlias = tuple[str, LineOrigin]

_STRING: Final = r'"(?:\\.|[^"\\\n])*"|`[^`]*`|' + r"'(?:\\[^'\n]*|[^'\\\n])'"


@dataclass(frozen=True, slots=True)
class Part:
    """One block's lines. `opening` is its first line in the document, `end` what stands after its text."""

    lines: tuple[Placed, ...]
    is_fragment: bool
    opening: Range
    end: LineOrigin


@dataclass(slots=True)
class _Sorted:
    """Lines by where they belong."""

    head: list[Placed]
    items: list[Placed]
    members: list[Placed]
    inside: list[Placed]


def compose(parts: Sequence[Part], rules: Fenced) -> tuple[str, tuple[LineOrigin, ...]]:
    """Return the text of one or several blocks as one file, and where each of its lines stands."""
    text = "".join(line for part in parts for line, _ in part.lines)
    sorted_ = _Sorted([], [], [], [])
    is_whole = rules.whole.search(text) is not None
    for part in parts:
        _sort(part.lines, rules, sorted_, is_fragment=part.is_fragment and not is_whole)
    opening, closing = parts[0].opening, _closing(parts[-1].end)
    placed: list[Placed] = []
    if rules.top and not rules.top_unless.search(text):
        placed += _added(rules.top, opening)
    placed += [*sorted_.head, *sorted_.items]
    said = "".join(line for line, _ in sorted_.inside)
    wrapping = next((one for one in rules.wrappings if one.when.search(said)), None)
    needs_function = bool(sorted_.inside) or (rules.is_always_fragment and not is_whole)
    if wrapping is not None and (sorted_.members or needs_function):
        placed += _wrap(sorted_, wrapping, rules.indent, opening, closing, needs_function=needs_function)
    else:
        placed += [*sorted_.members, *sorted_.inside]
    return _join(placed, parts[-1].end, closing)


def _join(placed: Sequence[Placed], end: LineOrigin, closing: Range) -> tuple[str, tuple[LineOrigin, ...]]:
    """Join the lines; what comes after the last one's end has a place, too."""
    whole = [line if line_content(line) != line else line + "\n" for line, _ in placed[:-1]]
    whole += [line for line, _ in placed[-1:]]
    text, origins = "".join(whole), [origin for _, origin in placed]
    if not text or line_content(text) != text:
        is_ours = bool(origins) and origins[-1].kind is LineKind.ADDED
        origins.append(_ours(closing) if is_ours else end)
    return text, tuple(origins)


def _wrap(
    sorted_: _Sorted,
    wrapping: Wrapping,
    indent: int,
    opening: Range,
    closing: Range,
    *,
    needs_function: bool,
) -> Iterable[Placed]:
    yield from _added(wrapping.outer_before, opening)
    yield from sorted_.members
    if needs_function:
        yield from _added(wrapping.before, opening)
        yield from (_indented(line, origin, indent) for line, origin in sorted_.inside)
        yield from _added(wrapping.after, closing)
    yield from _added(wrapping.outer_after, closing)


def _indented(line: str, origin: LineOrigin, indent: int) -> Placed:
    if not line.strip():
        return line, origin
    return " " * indent + line, replace(origin, indent=origin.indent + indent)


def _added(text: str, place: Range) -> list[Placed]:
    """Return lines that are ours; whatever is said of them is shown at `place`."""
    return [(f"{line}\n", _ours(place)) for line in text.split("\n")] if text else []


def _ours(place: Range) -> LineOrigin:
    return LineOrigin(place.start, LineKind.ADDED, stands_for=place)


def _closing(end: LineOrigin) -> Range:
    """Return where a block ends: its closing marker, else the end of its last line."""
    if end.stands_for is not None:
        return end.stands_for
    width = len(end.fence.marker) if end.fence is not None else 0
    return Range(end.start, Position(end.start.line, end.start.column + width))


def _sort(lines: Sequence[Placed], rules: Fenced, into: _Sorted, *, is_fragment: bool) -> None:
    """Put each line where it belongs; what is no fragment has only its head taken apart."""
    patterns = (rules.head, rules.item, rules.member) if is_fragment else (rules.head,)
    targets = (into.head, into.items, into.members)
    quiet = _silence("".join(line for line, _ in lines), rules)
    level = taken = at = 0
    while at < len(lines):
        if not quiet[at].strip():
            at += 1
            continue
        found = next((n for n, one in enumerate(patterns) if one.match(line_content(lines[at][0]))), None)
        if found is None:
            break
        level, at = max(level, found), _end_of_item(quiet, at, rules)
        targets[level].extend(lines[taken:at])
        taken = at
    if not is_fragment:
        into.items.extend(lines[taken:])
    elif at == len(lines) and taken:
        targets[level].extend(lines[taken:])
    else:
        into.inside.extend(lines[taken:])


def _end_of_item(quiet: Sequence[str], start: int, rules: Fenced) -> int:
    depth, said = 0, ""
    for index in range(start, len(quiet)):
        line = quiet[index]
        said += line_content(line) + "\n"
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        if depth <= 0 and rules.item_end.search(said.rstrip()):
            return index + 1
    return len(quiet)


def _silence(text: str, rules: Fenced) -> list[str]:
    """Return the lines with blanks for comments and for what strings say, so that brackets can be counted."""
    pattern = re.compile(f"(?P<comment>{rules.comment.pattern})|{_STRING}", re.DOTALL)

    def blank(match: re.Match[str]) -> str:
        said = re.sub(r"[^\r\n]", " ", match[0])
        return said if match["comment"] is not None else f"{match[0][0]}{said[1:-1]}{match[0][-1]}"

    return split_lines(pattern.sub(blank, text))
