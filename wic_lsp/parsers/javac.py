r"""Read javac in the layout that we ask it for: javac 11 to 25.

Needs `-XDdiags.layout=@%f:%l:%c:%o:%s:%e:%p%L%m|%p%L%m|%p%L%m -XDdiags.formatterOptions=-source -Xjcov`. The
layout begins every message that has a place with its file, line, column, and the offsets of its caret, its
start and its end; `-source` leaves out the line of the user's that javac echoes; `-Xjcov` makes it remember
ends. Offsets are UTF-16 units from the file's start, so javac's columns, in which tabs are eight, are not
needed. Source: com.sun.tools.javac.util.BasicDiagnosticFormatter (formatMeta); verified on 17 and 25.

What javac adds to a message is indented, so no line of it passes for a message. javac closes with a count of
its errors and warnings, which is held against ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.placing import Ruler
from wic_lsp.parsers.remarks import Point, Remark, Report, Spot
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import ColumnUnit, LineRule, SourceText

JAVAC_RULER = Ruler(LineRule.LSP, ColumnUnit.CODE_POINT, counts_mark=True)
_LOCATED = re.compile(
    r"@(?P<file>.+?):(?P<line>\d{1,9}):\d{1,9}:"
    r"(?P<caret>-?\d{1,10}):(?P<start>-?\d{1,10}):(?P<end>-?\d{1,10}):"
    r"(?P<kind>error|warning|Note): (?P<message>.+)"
)
_UNLOCATED = re.compile(r"(?P<kind>error|warning|Note): (?P<message>.+)")
_LINT = re.compile(r"\[(?P<category>[a-z][\w-]*)\] (?P<message>.+)")
_COUNT = re.compile(r"(\d{1,9}) (?:error|warning)s?")
_CUT = re.compile(r"only showing the first \d+ (?:error|warning)s, of \d+ total; .*")
_UNREMARKABLE = re.compile(r"Usage: javac .*|[Uu]se --help .*|.* VM warning: .*|Picked up \w+: .*")
_SIMPLIFIED = "Some messages have been simplified;"
_ADVICE = "Recompile with "
_OTHERS_SHOWN = 20
_SEVERITIES = {"warning": Severity.WARNING, "Note": Severity.INFORMATION}


@dataclass(frozen=True, slots=True)
class _Message:
    """A message: its first line, its place, and the lines that javac added."""

    kind: str
    text: str
    spot: Spot | None
    details: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """What was made of javac's lines."""

    messages: list[_Message] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    was_stopped: bool = False


def parse_javac(_stdout: bytes, stderr: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what javac said; its standard output holds nothing of it."""
    reading = _read(stderr.decode("utf-8", "replace").split("\n"), sources)
    remarks = (*_merge_notes(reading.messages), *_read_end(reading))
    return to_findings(Report(remarks, was_stopped=reading.was_stopped), sources, JAVAC_RULER)


def _read(lines: Iterable[str], sources: Sources) -> _Reading:
    reading = _Reading()
    for line in lines:
        message = _read_message(line, sources)
        count = _COUNT.fullmatch(line)
        if message is not None:
            reading.messages.append(message)
        elif count is not None:
            reading.counts.append(int(count[1]))
        elif _CUT.fullmatch(line):
            reading.was_stopped = True
        elif line.startswith(" ") and reading.messages:
            reading.messages[-1].details.append(line)
        elif line.strip() and not _UNREMARKABLE.fullmatch(line):
            reading.others.append(line)
    return reading


def _read_message(line: str, sources: Sources) -> _Message | None:
    match = _LOCATED.fullmatch(line)
    if match is not None:
        return _Message(match["kind"], match["message"], _read_spot(match, sources))
    match = _UNLOCATED.fullmatch(line)
    return None if match is None else _Message(match["kind"], match["message"], None)


def _read_spot(match: re.Match[str], sources: Sources) -> Spot:
    """Return the place: javac's range, or what is at its caret where that says more.

    A caret on a word inside of its range is at a declaration's name, which may be long; one on a brace is
    at the end of a body, and one on a dot before the name that a longer chain ends with. What spans lines is
    taken whole unless it ends with a body.
    """
    file = match["file"]
    path = sources.path_of(file)
    if path is None or int(match["caret"]) < 0:
        return Spot(file, Point(int(match["line"]), 0))
    source = sources.texts[path]
    caret, start, end = (source.offset_of_utf16(int(match[name])) for name in ("caret", "start", "end"))
    point = _point(source, caret)
    is_name = source.text[caret : caret + 1].isidentifier() or source.text.startswith("}", caret)
    if not start <= caret < end or (is_name and start < caret):
        return Spot(file, point)
    first, last = _point(source, start), _point(source, end)
    if first.line == last.line:
        return Spot(file, point, first, last)
    if source.text.startswith(".", caret):
        name = _point(source, caret + 1)
        return Spot(file, name, name, last) if name.line == last.line else Spot(file, name)
    if source.text[end - 1] == "}":
        return Spot(file, point)
    return Spot(file, point, first, last)


def _point(source: SourceText, offset: int) -> Point:
    position = source.position(offset)
    return Point(position.line + 1, position.column + 1)


def _merge_notes(messages: Sequence[_Message]) -> Iterator[Remark]:
    """Yield the messages; a note of javac's that says how to learn more goes with the one before it."""
    waiting: Remark | None = None
    for message in messages:
        if message.kind == "Note" and message.text.startswith(_SIMPLIFIED):
            continue
        remark = _to_remark(message)
        if waiting is not None and message.kind == "Note" and message.text.startswith(_ADVICE):
            remark = Remark(waiting.severity, f"{waiting.message}\n{remark.message}", waiting.spot)
        elif waiting is not None:
            yield waiting
        waiting = remark
    if waiting is not None:
        yield waiting


def _to_remark(message: _Message) -> Remark:
    match = _LINT.fullmatch(message.text)
    return Remark(
        severity=_SEVERITIES.get(message.kind, Severity.ERROR),
        message=message.text if match is None else match["message"],
        spot=message.spot,
        code=None if match is None else f"-Xlint:{match['category']}",
        notes=tuple(Remark(Severity.INFORMATION, text) for text in _gather_details(message.details)),
    )


def _gather_details(lines: Iterable[str]) -> Iterator[str]:
    """Yield what was added, each with the lines that are indented further, which belong to it."""
    gathered: list[str] = []
    for line in lines:
        depth = len(line) - len(line.lstrip(" "))
        if gathered and depth <= len(gathered[0]) - len(gathered[0].lstrip(" ")):
            yield "\n".join(one.strip() for one in gathered)
            gathered = []
        gathered.append(line)
    if gathered:
        yield "\n".join(one.strip() for one in gathered)


def _read_end(reading: _Reading) -> Iterator[Remark]:
    """Yield what must be added because javac did not end as it should: nothing after a good end."""
    counted = [message for message in reading.messages if message.kind != "Note"]
    if reading.counts:
        if len(counted) < sum(reading.counts):
            yield Remark(Severity.ERROR, "Some of what javac said could not be read.")
        return
    if any(message.kind == "error" and message.spot is None for message in counted):
        return
    if reading.others:
        yield Remark(Severity.ERROR, "\n".join(reading.others[:_OTHERS_SHOWN]))
    elif counted:
        yield Remark(Severity.ERROR, "javac's output breaks off; there may be more errors.")
