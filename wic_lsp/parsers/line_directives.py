r"""Lead a presumed place back to the line that was really written: undo `#line`.

After `#line 100 "foo.y"` compilers speak of lines of a file that may not exist. The directives are in the
text, so the way back is known. Never guesses: a place that no line of the text has is None.

Source: C23 6.10.5, GCC's "Line Control", which also takes `# 100 "foo.y"`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wic_lsp.parsers.directives import find_directives
from wic_lsp.positions import LineRule, SourceText

_LINE = re.compile(r'(?:line\s+|(?=\d))(?P<line>\d{1,10})(?:\s+"(?P<file>(?:[^"\\]|\\.)*)")?')
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Region:
    """The lines from `first` up to, not including, `end`, which compilers call `line` and on of `file`."""

    first: int
    end: int
    file: str
    line: int


def read_regions(source: SourceText, name: str, rule: LineRule) -> tuple[Region, ...]:
    """Cut the text at its line directives; one region, which is the whole of `name`, where it has none."""
    starts = [(1, name, 1)]
    file = name
    for directive in find_directives(source, r"line\b|\d"):
        match = _LINE.match(directive.body)
        if match is None:
            continue
        if match["file"] is not None:
            file = _ESCAPE.sub(r"\1", match["file"])
        starts.append((source.line_at(directive.offset, rule) + 1, file, int(match["line"])))
    ends = [first for first, _, _ in starts[1:]] + [source.line_count(rule) + 1]
    return tuple(
        Region(first, end, file, line) for (first, file, line), end in zip(starts, ends, strict=True)
    )


def physical_lines(regions: tuple[Region, ...], file: str, line: int) -> tuple[int, ...]:
    """Return the lines that a compiler may mean by `line` of `file`, in order; mostly one, or none."""
    return tuple(
        region.first + line - region.line
        for region in regions
        if region.file == file and region.line <= line < region.line + region.end - region.first
    )
