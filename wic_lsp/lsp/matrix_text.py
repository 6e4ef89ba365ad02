"""How the toolchains differ on a document, as Markdown: a table, and what not all of them say.

Where there is nothing to compare it is a sentence that says why. Whatever a compiler or a user wrote is shown
as it is and can do nothing else. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from wic_lsp.lsp.hover_text import escaped, table
from wic_lsp.lsp.present import say_incomplete
from wic_lsp.matrix import Group, Merged, compared, merge, rows, tabulate
from wic_lsp.model import CheckResult

_NOT_ASKED: Final = "-"
_MOST_FINDINGS: Final = 100


def describe_matrix(results: Sequence[CheckResult]) -> str:
    """Return the table of a document's results and what some toolchains say alone, or why there is none."""
    groups = compared(results)
    if not groups:
        return _explain(results)
    parts = [table(rows(groups[0])) if len(groups) == 1 else _grid(groups)]
    alone = [_say(one) for group in groups for one in merge(group) if not one.is_unanimous]
    if alone:
        more = len(alone) - _MOST_FINDINGS
        shown = [*alone[:_MOST_FINDINGS], *([f"- and {more} more"] if more > 0 else [])]
        parts += ["What not all of them say:", "\n".join(shown)]
    parts += list(_unasked(results, groups))
    return "\n\n".join(parts)


def _grid(groups: Sequence[Group]) -> str:
    """Return a table with a line for each snippet, and a column for each toolchain."""
    of_all = tabulate([(_name(group), group) for group in groups])
    lines = [["Snippet", *map(escaped, of_all.toolchains)], ["---"] * (len(of_all.toolchains) + 1)]
    for name, cells in of_all.lines:
        lines.append([name, *(_NOT_ASKED if row is None else escaped(row.short) for row in cells)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _name(group: Group) -> str:
    return "the file" if group.block is None else f"line {group.block.start.line + 1}"


def _say(one: Merged) -> str:
    place, code = one.finding.place, one.finding.code
    line = place.range.start.line + 1
    where = f"line {line}" if place.file is None else f"{place.file}:{line}"
    message = one.finding.message.split("\n")[0] + (f" [{code}]" if code else "")
    what = f"{one.finding.severity.name.lower()}: {message}"
    return f"- {escaped(where)}, {escaped(one.only)}: {escaped(what)}"


def _unasked(results: Sequence[CheckResult], groups: Sequence[Group]) -> Iterator[str]:
    """Yield why something of the document was not compiled, where no line of the table is about it."""
    of_table = {id(one) for group in groups for one in group.results}
    for one in results:
        if not one.is_complete and id(one) not in of_table:
            yield _say_why(one)


def _explain(results: Sequence[CheckResult]) -> str:
    """Say why there is nothing to compare."""
    if not results:
        return "There is no code in it to compile."
    said = [one for one in results if not one.is_complete]
    if said:
        return _say_why(said[0])
    name = escaped(results[0].toolchain or "")
    return f"It was compiled by {name} alone; there is a table where several are chosen."


def _say_why(result: CheckResult) -> str:
    """Say why it is not complete; the words about what is withheld are all our own."""
    return say_incomplete(result) if result.is_withheld else escaped(say_incomplete(result))
