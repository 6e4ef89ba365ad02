r"""Read what Go's compiler writes: Go 1.19 to 1.26, and by its form earlier and later ones.

Needs `-e`, without which it stops after ten errors, and `-L`, by which it names the real place too where a
`//line` directive presumes another: `other.go:100[main.go:5:6]: ...`. Columns are bytes, and a byte-order
mark is three of them; lines end at \n. Past the columns that it can remember it names a line only. Source:
cmd/internal/src and cmd/compile/internal/base (FlushErrors).

Errors are all that it says. Indented lines add to the one before: with a place of their own, or without. A
message may show a raw string of the user's, line for line: what looks like a message in it is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.placing import Ruler
from wic_lsp.parsers.remarks import UNREADABLE, Point, Remark, Report, Spot
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import ColumnUnit, LineRule

GO_RULER = Ruler(LineRule.LF, ColumnUnit.BYTE, counts_mark=True)
_HEADING: Final = re.compile(
    r"(?P<file>[^\s:\[][^:\[]*):(?P<line>\d{1,9})(?::(?P<column>\d{1,9}))?"
    r"(?:\[(?P<real_file>[^\]]+?):(?P<real_line>\d{1,9})(?::(?P<real_column>\d{1,9}))?\])?: (?P<message>.*)"
)
_INDENT: Final = re.compile(r"(?:\t| {4})(?=\S)")
_IDLE: Final = re.compile(r"\s*|# .*|exit status \d+|command-line-arguments")
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
_STOPPED: Final = "too many errors"
_LONGEST_RAW_STRING: Final = 2000  # lines
_OTHERS_SHOWN: Final = 20


def parse_go_text(stdout: bytes, stderr: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what the compiler said: by itself on its standard output, through `go list` on the other."""
    texts = (output.decode("utf-8", "replace") for output in (stdout, stderr))
    lines = [line.removesuffix("\r") for text in texts for line in text.split("\n")]
    reading = _read(lines)
    remarks = tuple(_to_remark(message) for message in reading.messages)
    others = "\n".join(reading.others[:_OTHERS_SHOWN])
    if others and not remarks:
        remarks = (Remark(Severity.ERROR, others),)
    return to_findings(Report(remarks, was_stopped=reading.was_stopped), sources, GO_RULER)


@dataclass(frozen=True, slots=True)
class _Message:
    """A message: its place, its lines, and what was added to it, with a place where it has one."""

    spot: Spot
    lines: list[str]
    added: list[tuple[Spot | None, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """What was made of the lines; `others` are those that are no part of a message."""

    messages: list[_Message] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    was_stopped: bool = False


def _read(lines: Sequence[str]) -> _Reading:
    reading = _Reading()
    position = 0
    while position < len(lines):
        line = lines[position]
        heading = _read_heading(line)
        if heading is not None:
            end = _end_of_message(lines, position)
            spot, message = heading
            reading.messages.append(_Message(spot, [message, *lines[position + 1 : end]]))
            position = end
            continue
        position += 1
        if line.strip() == _STOPPED:
            reading.was_stopped = True
        elif _INDENT.match(line) and reading.messages:
            _add(reading.messages[-1], line.strip())
        elif not _IDLE.fullmatch(line):
            reading.others.append(line)
    return reading


def _read_heading(line: str) -> tuple[Spot, str] | None:
    match = _HEADING.fullmatch(line)
    if match is None:
        return None
    kind = "real_" if match["real_file"] else ""
    point = Point(int(match[f"{kind}line"]), int(match[f"{kind}column"] or 0))
    return Spot(match[f"{kind}file"], point), match["message"]


def _end_of_message(lines: Sequence[str], start: int) -> int:
    """Return the index of the line after a message: the next, unless a raw string is open at its end.

    One that is never closed is none.
    """
    is_open = False
    for index in range(start, min(start + _LONGEST_RAW_STRING, len(lines))):
        # Inside a raw string quotes are only characters; outside, a backquote in quotes is only one.
        text = lines[index]
        if is_open:
            _, closing, text = text.partition("`")
            is_open = not closing
        if not is_open:
            is_open = _QUOTED.sub("", text).count("`") % 2 == 1
        if not is_open:
            return index + 1
    return start + 1


def _add(message: _Message, line: str) -> None:
    """Add an indented line; those without a place that follow each other are one note.

    What a colon announces is a part of the message itself.
    """
    heading = _read_heading(line)
    if not message.added and heading is None and message.lines[-1].endswith(":"):
        message.lines.append(line)
        return
    if heading is not None:
        message.added.append(heading)
    elif message.added and message.added[-1][0] is None:
        message.added[-1] = (None, f"{message.added[-1][1]}\n{line}")
    else:
        message.added.append((None, line))


def _to_remark(message: _Message) -> Remark:
    notes = tuple(_to_notes(message))
    text = "\n".join(message.lines).strip() or UNREADABLE
    return Remark(Severity.ERROR, text, message.spot, notes=notes)


def _to_notes(message: _Message) -> Iterator[Remark]:
    for spot, text in message.added:
        yield Remark(Severity.INFORMATION, text, spot)
