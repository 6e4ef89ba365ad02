"""What a hover says, as Markdown or as plain text: pure functions over what was found out.

Whatever a compiler or a user wrote is shown as it is and can do nothing else: output stands in a fence that
is longer than any in it, words have their marks escaped, and a link is one of the web's. Only a compiler's
explanation is Markdown itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from wic_lsp.matrix import Row
from wic_lsp.toolchains.explaining import Explaining

_TICKS: Final = re.compile(r"`+")
_MARKS: Final = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&$^=:@/])")
_OPENING: Final = re.compile(r"(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)")
_LINK: Final = re.compile(r"https?://[^\s<>\"\\^`{|}]+")
_SHORTEST_FENCE: Final = 3


@dataclass(frozen=True, slots=True)
class Told:
    """What is known about one finding. What is not known is empty.

    `original` are the compiler's own words for people, `explanation` is its long explanation in Markdown.
    """

    toolchains: str
    code: str = ""
    link: str = ""
    original: str = ""
    explanation: str = ""

    @property
    def has_news(self) -> bool:
        """Whether it says more than the diagnostic itself."""
        return bool(self.link or self.original or self.explanation)


def to_markdown(tables: Iterable[Sequence[Row]], told: Iterable[Told]) -> str:
    """Return the tables and all that is told, with a line between each two; empty where there is nothing."""
    parts = [table(rows) for rows in tables]
    parts += [_section(one) for one in told if one.has_news]
    return "\n\n---\n\n".join(parts)


def to_plain_text(tables: Iterable[Sequence[Row]], told: Iterable[Told]) -> str:
    """Return the same for a client that shows no Markdown."""
    parts = ["\n".join(f"{row.toolchain}: {row.text}" for row in rows) for rows in tables]
    parts += [
        "\n\n".join(filter(None, (one.original, one.link, one.explanation))) for one in told if one.has_news
    ]
    return "\n\n".join(parts)


def highlight(explanation: str, explaining: Explaining) -> str:
    """Return an explanation with the blocks of its own language marked as editors know that language."""
    closing = ""
    lines = []
    for line in explanation.split("\n"):
        match = _OPENING.fullmatch(line)
        if match is None:
            lines.append(line)
        elif closing:
            is_end = match["fence"].startswith(closing) and not match["info"].strip()
            closing = "" if is_end else closing
            lines.append(line)
        else:
            closing = match["fence"]
            is_own = explaining.fences.fullmatch(match["info"].strip()) is not None
            lines.append(f"{match['indent']}{closing}{explaining.highlight}" if is_own else line)
    return "\n".join(lines)


def fenced(text: str) -> str:
    """Return the text as a block of code that nothing in it can end."""
    ticks = max((len(run) for run in _TICKS.findall(text)), default=0)
    fence = "`" * max(ticks + 1, _SHORTEST_FENCE)
    return f"{fence}text\n{text}\n{fence}"


def escaped(text: str) -> str:
    """Return one line of text that means itself in Markdown, also in a table."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def is_link(url: str) -> bool:
    """Whether a URL is one of the web's, with nothing in it that could end it."""
    return _LINK.fullmatch(url) is not None


def table(rows: Sequence[Row]) -> str:
    """Return a table of what became of one snippet, with a line for each toolchain."""
    lines = [f"| {escaped(row.toolchain)} | {escaped(row.text)} |" for row in rows]
    return "\n".join(["| Toolchain | Result |", "| --- | --- |", *lines])


def _section(told: Told) -> str:
    name = escaped(told.code)
    if is_link(told.link):
        name = f"[{name or 'documentation'}](<{told.link}>)"
    head = " ".join(filter(None, (f"**{escaped(told.toolchains)}**" if told.toolchains else "", name)))
    original = fenced(told.original) if told.original else ""
    return "\n\n".join(filter(None, (head, original, told.explanation)))
