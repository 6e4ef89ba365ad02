r"""A compiler's fixes, moved from a snippet to its document: into quotes and lists, between fences.

The document that a fix makes must give the very snippet that the compiler wanted, read again. A line that is
new in a quote needs the quote's `>`, one that is new in a list its indentation; some texts cannot be written
into a block at all, as a line that would close it. What cannot be done exactly is not offered. Reads nothing
of the document: all that it must know of it is in the snippet's lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from wic_lsp.model import Edit, Fence, Fix, LineKind, LineOrigin, Position, Range, Snippet
from wic_lsp.positions import line_content, move_range, split_lines
from wic_lsp.snippets.hidden_lines import reveal


def move_fix(fix: Fix, snippet: Snippet) -> Fix | None:
    """Return the fix in the document's positions; None where it cannot be made there exactly."""
    if not snippet.lines:
        return fix
    texts = split_lines(snippet.text)
    whole = _join_neighbours(sorted(fix.edits, key=lambda edit: edit.range), texts)
    if whole is None or not all(_can_be_made(edit, snippet.lines, texts) for edit in whole):
        return None
    return replace(fix, edits=tuple(_move(edit, snippet.lines) for edit in fix.edits))


def _move(edit: Edit, lines: Sequence[LineOrigin]) -> Edit:
    fence = lines[edit.range.start.line].fence
    line_end = f"{fence.line_end}{fence.prefix or ''}" if fence is not None else "\n"
    return Edit(move_range(edit.range, lines), edit.new_text.replace("\n", line_end))


def _join_neighbours(edits: Sequence[Edit], texts: Sequence[str]) -> list[Edit] | None:
    """Make one edit of those that touch the same line, so that it can be judged as it will be.

    None where edits overlap or lie outside of the text.
    """
    if any(one.range.end > other.range.start for one, other in pairwise(edits)):
        return None
    joined: list[Edit] = []
    for edit in edits:
        start, end = edit.range.start, edit.range.end
        if start > end or end.line >= len(texts) or not _is_in(start, texts) or not _is_in(end, texts):
            return None
        if joined and joined[-1].range.end.line == start.line:
            last = joined.pop()
            kept = texts[start.line][last.range.end.column : start.column]
            joined.append(Edit(Range(last.range.start, end), last.new_text + kept + edit.new_text))
        else:
            joined.append(edit)
    return joined


def _is_in(position: Position, texts: Sequence[str]) -> bool:
    return position.column <= len(line_content(texts[position.line]))


def _can_be_made(edit: Edit, lines: Sequence[LineOrigin], texts: Sequence[str]) -> bool:
    """Whether the document, with this edit, would give the snippet with this edit."""
    start, end = edit.range.start, edit.range.end
    touched = lines[start.line : end.line + 1]
    first, last = touched[0], touched[-1]
    fence = first.fence
    if fence is None or not _are_one_piece(touched):
        return False
    if start.column < first.indent or end.column < last.indent or "\r" in edit.new_text:
        return False
    if "\n" in edit.new_text and (fence.prefix is None or first.indent):
        return False
    head, tail = texts[start.line][: start.column], line_content(texts[end.line])[end.column :]
    made = (head + edit.new_text + tail).split("\n")
    if last.kind is LineKind.END and not _ends_before_the_closing_fence(made, first):
        return False
    was_blank = not line_content(texts[start.line]).strip()
    fits_first = head or first.hidden or first.takes_spaces or _fits_narrow_line(made[0], was_blank=was_blank)
    return bool(fits_first) and all(
        _stays(line, fence, origin=first if index == 0 else None) for index, line in enumerate(made)
    )


def _are_one_piece(touched: Sequence[LineOrigin]) -> bool:
    """Whether the lines follow each other in one block of the document, and are nobody else's."""
    has_kinds = touched[-1].kind is not LineKind.ADDED and all(
        origin.kind is LineKind.SOURCE for origin in touched[:-1]
    )
    return has_kinds and all(
        one.start.line + 1 == other.start.line and one.fence == other.fence
        for one, other in pairwise(touched)
    )


def _ends_before_the_closing_fence(made: Sequence[str], first: LineOrigin) -> bool:
    """Whether nothing but a right prefix would stand before the closing fence on its line."""
    begins_alone = len(made) > 1 and first.kind is not LineKind.END
    return not made[-1] and (begins_alone or (first.takes_spaces and not first.hidden))


def _fits_narrow_line(made: str, *, was_blank: bool) -> bool:
    """Whether a line may be so where spaces at its start would be taken for indentation.

    A line that was blank may be less indented than a list allows for others.
    """
    return not made or (not was_blank and not made.startswith((" ", "\t")))


def _stays(line: str, fence: Fence, origin: LineOrigin | None) -> bool:
    """Whether the line, written into the block, is read as itself; `origin` where it was there before."""
    mark = re.escape(fence.marker)
    if re.fullmatch(rf"{mark}{re.escape(fence.marker[0])}*", line.strip(" \t")):
        return False
    written = line if origin is None else origin.hidden + line[origin.indent :]
    return not fence.hides or reveal(written, fence.hides)[0] == line
