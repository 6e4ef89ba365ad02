"""Find the `#include` of the user's own file that brought a header in.

An error inside a header must be shown where the user can see it. clang and GCC 15 say by which files a
header was reached. Older GCCs do not, but `-H` prints the tree of what was opened, and the headers at its
first level are the main file's own includes, in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from wic_lsp.model import Range
from wic_lsp.parsers.directives import find_directives
from wic_lsp.parsers.remarks import Opener
from wic_lsp.positions import LineRule, SourceText

_NAMES = r"(?:include|include_next|import)\b"
_OPERAND = re.compile(_NAMES + r"""\s*(?P<operand><[^>\r\n]*>|"[^"\r\n]*"|[^\s].*)""")
_OPENED = re.compile(r"(?P<depth>\.+) (?P<file>.+)")


@dataclass(frozen=True, slots=True)
class Include:
    """An include of the text: its line by the compiler's rule, what it names, and the operand's range."""

    line: int
    name: str
    range: Range


def read_includes(source: SourceText, rule: LineRule) -> tuple[Include, ...]:
    """Return the text's includes in order; a range covers the operand with its quotes or brackets."""
    includes = []
    for directive in find_directives(source, _NAMES):
        match = _OPERAND.match(directive.body)
        if match is None:
            continue
        operand = match["operand"].rstrip()
        start = directive.offset + match.start("operand")
        line = source.line_at(directive.offset, rule)
        includes.append(Include(line, operand.strip('<>"'), source.range(start, start + len(operand))))
    return tuple(includes)


def read_openers(lines: Iterable[str]) -> tuple[Opener, ...]:
    """Read the tree that GCC's `-H` prints: dots for the depth, a space, the file."""
    trees: list[tuple[str, set[str]]] = []
    for line in lines:
        match = _OPENED.fullmatch(line)
        if match is None:
            continue
        if len(match["depth"]) == 1:
            trees.append((match["file"], set()))
        if trees:
            trees[-1][1].add(match["file"])
    return tuple(Opener(file, frozenset(opened)) for file, opened in trees)


def find_opening_include(
    includes: tuple[Include, ...], openers: tuple[Opener, ...], header: str
) -> Include | None:
    """Return the include through which `header` was first opened; None where it cannot be told.

    The openers are in the order of the includes, of which some may have been skipped: each takes the next
    include that names it.
    """
    position = 0
    for opener in openers:
        found = next(
            (rank for rank in range(position, len(includes)) if _names(includes[rank].name, opener.file)),
            None,
        )
        if found is not None:
            position = found + 1
        if header in opener.opened:
            return None if found is None else includes[found]
    return None


def _names(name: str, file: str) -> bool:
    """Whether an include of `name` may have opened `file`."""
    plain = name.removeprefix("./")
    return bool(plain) and (file == plain or file.endswith("/" + plain))
