r"""The compiler's own words about one finding, cut out of what it writes for people.

Compilers write for people in few ways: a line with the place, the kind and the message, or one with kind and
message above the place, then whatever belongs to it, up to the next such line. So this needs to know no
compiler. It must never show what was said about something else: a passage is returned only where message and
place leave no other. A line of the user's that is echoed and looks like a message can cut a passage short or
make it impossible to tell, and nothing more.

Pure functions over text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from wic_lsp.model import Finding, Position, Range, Snippet
from wic_lsp.positions import move_range

_KIND: Final = (
    r"(?P<kind>(?:fatal |internal compiler )?error|sorry, unimplemented|warning|note|help|remark|\w+Warning)"
)
_PLACED: Final = re.compile(
    r"(?P<file>[^\s:(][^:(]*):(?P<line>\d{1,9}):(?:\d{1,9}:)? (?:" + _KIND + r": )?(?P<message>\S.*)"
)
_IN_BRACKETS: Final = re.compile(
    r"(?P<file>[^\s(].*?)\((?P<line>\d{1,9}),\d{1,9}\): "
    r"(?P<kind>error|warning|message) TS\d{1,6}: (?P<message>.+)"
)
_ABOVE: Final = re.compile(r"(?:[\w.+/-]+: )?" + _KIND + r"(?: TS\d{1,6}|\[\w+\])?: (?P<message>.+)")
_ARROW: Final = re.compile(r" *--> (?P<file>.+):(?P<line>\d{1,9}):\d{1,9}")
_TRACED: Final = re.compile(r'  File "(?P<file>.+)", line (?P<line>\d{1,9})')
_RAISED: Final = re.compile(r"\w+Error: (?P<message>.+)")
_LEADING: Final = re.compile(
    r"\S.*: (?:In|At) .*:|In file included from .*|\s+from .*:\d+[:,]?\d*[:,]|\S+:\d+:(?:\d+:)? {2,}\S.*"
)
_CLOSING: Final = re.compile(
    r"\d+ (?:errors?|warnings?)(?: and \d+ errors?)?(?: generated\.)?|Found \d+ errors?.*|too many errors"
    r"|compilation terminated\b.*|For more information about .*|Some errors have detailed explanations: .*"
    r"|Compile Log Output:|only showing the first .*"
)
_ADDED: Final = frozenset({"note", "help", "remark"})
_CODES: Final = re.compile(r"\x1b\[[\d;]*m")
_MOST_LINES: Final = 60


@dataclass(frozen=True, slots=True)
class _Passage:
    """What begins with one message. `line` is from one, None where the message has no place."""

    message: str
    file: str
    line: int | None
    lines: tuple[str, ...]


def cut_original(raw: str, finding: Finding, findings: Sequence[Finding], snippet: Snippet) -> str:
    """Return the passage of `raw` that is about the finding; empty where that cannot be told exactly.

    `findings` are all of the same result, in the document's positions as `finding` itself. Of a long passage
    the first lines are returned, and one that says how many follow.
    """
    passages = [one for one in _read(raw) if _says(one.message, _first_line(finding))]
    rivals = [one for one in findings if _first_line(one) == _first_line(finding)]
    here = [one for one in passages if _is_at(one, finding, snippet)]
    if not here:
        # Said of a header or of a macro's body. Of a block's own file some findings may have been left out.
        is_one = len(passages) == len(rivals) == 1
        return (
            _text(passages[0])
            if is_one and not (snippet.lines and _is_in(passages[0], finding, snippet))
            else ""
        )
    near = [one for one in rivals if any(_is_at(passage, one, snippet) for passage in here)]
    if len(here) != len(near) or finding not in near:
        return ""
    return _text(here[near.index(finding)])


def _read(raw: str) -> Iterator[_Passage]:
    """Yield the passages, in their order."""
    lines = [_CODES.sub("", line).removesuffix("\r") for line in raw.split("\n")]
    starts = [
        index for index in range(len(lines)) if _begins(lines[index]) or _TRACED.fullmatch(lines[index])
    ]
    for start, following in pairwise([*starts, len(lines)]):
        end = next((at for at in range(start, following) if _CLOSING.fullmatch(lines[at])), following)
        if end == following < len(lines):
            end = _with_leading(lines, end)
        passage = _read_one(lines[start:end], lines[_with_leading(lines, start) : start])
        if passage is not None:
            yield passage


def _read_one(lines: Sequence[str], leading: Sequence[str]) -> _Passage | None:
    """Read one passage: its place is on its first line or on the next, and Python says the message last."""
    place = _TRACED.fullmatch(lines[0])
    message = _begins(lines[0])
    if place is not None:
        last = next((at for at in range(len(lines)) if _RAISED.fullmatch(lines[at])), None)
        message = None if last is None else _RAISED.fullmatch(lines[last])
        lines = lines if last is None else lines[: last + 1]
    elif message is not None and "file" in message.groupdict():
        place = message
    elif len(lines) > 1:
        place = _ARROW.fullmatch(lines[1])
    if message is None:
        return None
    file, line = ("", None) if place is None else (place["file"], int(place["line"]))
    return _Passage(message["message"], _plain_name(file), line, (*leading, *lines))


def _begins(line: str) -> re.Match[str] | None:
    """Return the message that a line begins; what only adds to the one before begins none."""
    match = _PLACED.fullmatch(line) or _IN_BRACKETS.fullmatch(line) or _ABOVE.fullmatch(line)
    return None if match is None or match["kind"] in _ADDED else match


def _with_leading(lines: Sequence[str], start: int) -> int:
    """Return where the lines begin that lead up to the message at `start`: in which function, by what way."""
    while start > 0 and _LEADING.fullmatch(lines[start - 1]):
        start -= 1
    return start


def _says(told: str, message: str) -> bool:
    """Whether a line's words are the message, with or without the name of an option or a lint beside it."""
    is_named = told.startswith(f"{message} [") and told.endswith("]")
    return told == message or is_named or re.fullmatch(r"\[[\w-]+\] " + re.escape(message), told) is not None


def _is_at(passage: _Passage, finding: Finding, snippet: Snippet) -> bool:
    """Whether the passage's place is on a line of the finding's range."""
    if passage.line is None or not _is_in(passage, finding, snippet):
        return False
    start = Position(passage.line - 1, 0)
    place = finding.place
    line = start.line
    if place.file is None and snippet.lines:
        line = move_range(Range(start, start), snippet.lines).start.line
    return place.range.start.line <= line <= place.range.end.line


def _is_in(passage: _Passage, finding: Finding, snippet: Snippet) -> bool:
    """Whether the passage is about the file that the finding is shown in."""
    return passage.file == _plain_name(finding.place.file or snippet.name)


def _plain_name(file: str) -> str:
    return file.removeprefix("./")


def _first_line(finding: Finding) -> str:
    return finding.message.split("\n")[0]


def _text(passage: _Passage) -> str:
    lines = "\n".join(passage.lines).rstrip().split("\n")
    more = len(lines) - _MOST_LINES
    return "\n".join([*lines[:_MOST_LINES], f"… {more} more lines"] if more > 1 else lines)
