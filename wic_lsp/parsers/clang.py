r"""Read clang's text: clang 13 to 19, and by its form earlier and later ones.

Needs `-fdiagnostics-parseable-fixits -fdiagnostics-print-source-range-info -fno-color-diagnostics
-fdiagnostics-show-option -fdiagnostics-show-note-include-stack`, and the carets, without which clang drops
its fix-its.

The text holds lines of the user's own, and messages may hold line feeds. A comment that reads like a
diagnostic must not become one, and no real one may be lost. Echoed lines are told by how they begin. A
message ends where the echo of its own line begins, which is compared to the text: what stands before it is
the message's, however it looks. clang's closing count of warnings and errors is held against ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.clang_lines import (
    Heading,
    documentation_of,
    echoed_line,
    is_echo,
    is_echo_of,
    read_fix_it,
    read_heading,
    read_includer,
    read_summary,
    split_option,
)
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.gcc_text import SEVERITIES
from wic_lsp.parsers.placing import Placer, Ruler
from wic_lsp.parsers.remarks import UNREADABLE, Includer, Point, Remark, Replacement, Report, Spot
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import ColumnUnit, LineRule, SourceText

CLANG_RULER = Ruler(LineRule.LSP, ColumnUnit.BYTE, counts_mark=True, preprocesses=True)
_LONGEST_ECHO = 4096  # MaxLineLengthToPrint: clang echoes no longer line, and drops its fix-its
_LONGEST_MESSAGE = 200  # lines
_MOST_LINES_SEARCHED = 20_000  # for echoes, in all: output made to be slow to read is read less well instead
_MOST_LINES_ECHOED = 16
_STOPPED = "too many errors emitted"
_OTHERS_SHOWN = 20


def parse_clang_text(_stdout: bytes, stderr: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what clang said; its standard output holds nothing of it."""
    lines = stderr.decode("utf-8", "replace").split("\n")
    placer = Placer(sources, CLANG_RULER)
    reading = _Reading(lines, sources, placer).read()
    counts = [count for line in lines if (count := read_summary(line)) is not None]
    if counts and reading.counted < counts[-1]:
        lenient = _Reading(lines, sources, placer, takes_every_heading=True).read()
        reading = lenient if lenient.counted >= counts[-1] else reading
    remarks = (*reading.remarks, *_read_end(reading, counts))
    return to_findings(Report(remarks, was_stopped=reading.was_stopped), sources, CLANG_RULER)


def _read_end(reading: _Reading, counts: Sequence[int]) -> tuple[Remark, ...]:
    """Return what must be added because clang did not end as it should: nothing after a good end."""
    others = "\n".join(reading.others[:_OTHERS_SHOWN]).strip()
    has_unlocated_error = any(
        remark.spot is None and remark.severity is Severity.ERROR for remark in reading.remarks
    )
    if counts:
        is_lost = reading.counted < counts[-1]
        message = "Some of what clang said could not be read."
        return (Remark(Severity.ERROR, message),) if is_lost else ()
    if has_unlocated_error or not (reading.counted or others or reading.is_in_chain):
        return ()
    message = "clang's output breaks off; there may be more errors."
    return (Remark(Severity.ERROR, f"{message}\n{others}".strip()),)


@dataclass(slots=True)
class _Reading:
    """One pass over the lines: what was made of those before `position`.

    `takes_every_heading` gives up on telling real diagnostics from lines of a message that look like one.
    """

    lines: Sequence[str]
    sources: Sources
    placer: Placer
    takes_every_heading: bool = False
    position: int = 0
    counted: int = 0
    was_stopped: bool = False
    others: list[str] = field(default_factory=list)
    _groups: list[list[Remark]] = field(default_factory=list)
    _searched: int = 0
    _last: Heading | None = None
    _chain: list[Includer] = field(default_factory=list)
    _chains: dict[str, tuple[Includer, ...]] = field(default_factory=dict)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What was read, each with its notes."""
        return tuple(replace(first, notes=tuple(notes)) for first, *notes in self._groups)

    @property
    def is_in_chain(self) -> bool:
        """Whether lines about what included a file are not followed by what was found in it."""
        return bool(self._chain)

    def read(self) -> _Reading:
        while self.position < len(self.lines):
            line = self.lines[self.position]
            includer = read_includer(line)
            heading = read_heading(line)
            if includer is not None:
                self._chain.append(includer)
                self.position += 1
            elif heading is not None:
                self._read_diagnostic(heading)
            else:
                if line.strip() and read_summary(line) is None:
                    self.others.append(line)
                self.position += 1
        return self

    def _read_diagnostic(self, heading: Heading) -> None:
        """Read a heading, the rest of its message, the echo of its place and its fix-its."""
        end = self._end_of_message(heading)
        message = "\n".join([heading.message, *self.lines[self.position + 1 : end]])
        while end < len(self.lines) and is_echo(self.lines[end]):
            end += 1
        replacements: list[Replacement] = []
        while end < len(self.lines) and (replacement := read_fix_it(self.lines[end])) is not None:
            replacements.append(replacement)
            end += 1
        self.position = end
        self._last = heading
        self._add(heading, message, tuple(replacements))

    def _end_of_message(self, heading: Heading) -> int:
        """Return the index of the line after the message's last one.

        Where an echo must follow, the message ends where it begins. Where none must, or none is found, it
        ends at the first line that is something else.
        """
        after = self.position + 1
        echo = self._find_echo(heading, after) if self._expects_echo(heading) else None
        if echo is not None:
            return echo
        index = after
        while index < len(self.lines) and not self._ends_message(self.lines[index]):
            index += 1
        return index

    def _find_echo(self, heading: Heading, start: int) -> int | None:
        """Return the index of the line that begins the echo of the heading's place."""
        shown = self._shown(heading)
        for index in range(start, min(start + _LONGEST_MESSAGE, len(self.lines))):
            if self._searched > _MOST_LINES_SEARCHED:
                return None
            line = self.lines[index]
            self._searched += index > start
            if is_echo(line) and (shown is None or _is_echo_of(line, heading, *shown)):
                return index
            if read_summary(line) is not None:
                return None
            if _is_structure(line) and (shown is None or self.takes_every_heading):
                return None
        return None

    def _expects_echo(self, heading: Heading) -> bool:
        """Whether clang echoes a line for it: not twice for one place, and not where there is no line."""
        if not heading.is_located or heading.file.startswith("<"):
            return False
        last = self._last
        if (
            last is not None
            and not heading.ranges
            and (last.file, last.caret) == (heading.file, heading.caret)
        ):
            return False
        shown = self._shown(heading)
        return shown is None or len(shown[0].line_text(shown[1], CLANG_RULER.lines)) <= _LONGEST_ECHO

    def _shown(self, heading: Heading) -> tuple[SourceText, int] | None:
        """Return the text and its real line that the heading is about; None where it is not the job's."""
        hint = heading.ranges[0][0] if heading.ranges else None
        line = self.placer.find_main_line(heading.file, heading.caret.line, hint)
        if line is not None:
            return self.sources.texts[self.sources.main], line
        path = self.sources.path_of(heading.file)
        return None if path is None else (self.sources.texts[path], heading.caret.line)

    def _ends_message(self, line: str) -> bool:
        return not line.strip() or is_echo(line) or _is_structure(line) or read_summary(line) is not None

    def _add(self, heading: Heading, message: str, replacements: tuple[Replacement, ...]) -> None:
        """Add what was read: a note to what it is a note of, anything else by itself."""
        self.counted += heading.is_counted
        if self._chain:
            self._chains[heading.file] = tuple(self._chain)
            self._chain = []
        if heading.kind == "fatal error" and message.startswith(_STOPPED):
            self.was_stopped = True
            return
        message, option = split_option(message)
        remark = Remark(
            severity=SEVERITIES.get(heading.kind, Severity.ERROR),
            message=message or UNREADABLE,  # as for an #error without words
            spot=self._spot(heading),
            code=option,
            code_url=documentation_of(option),
            replacements=replacements,
            chain=self._chains.get(heading.file, ()),
        )
        if heading.kind == "note" and self._groups:
            self._groups[-1].append(remark)
        else:
            self._groups.append([remark])

    def _spot(self, heading: Heading) -> Spot | None:
        """Return the heading's place: the range that its caret is in, else the caret alone.

        clang's other ranges are operands beside the caret, and would point past the culprit.
        """
        if not heading.is_located:
            return None
        hint = heading.ranges[0][0] if heading.ranges else None
        line = self.placer.find_main_line(heading.file, heading.caret.line, hint) or heading.caret.line
        caret = Point(line, heading.caret.column)
        for start, end in heading.ranges:
            if start <= caret < end:
                return Spot(heading.file, heading.caret, start, end, is_physical=True)
        return Spot(heading.file, heading.caret)


def _is_structure(line: str) -> bool:
    return any(read(line) is not None for read in (read_includer, read_heading, read_fix_it))


def _is_echo_of(echo: str, heading: Heading, source: SourceText, line: int) -> bool:
    shown = line + echoed_line(echo, heading.caret.line)
    return abs(shown - line) <= _MOST_LINES_ECHOED and is_echo_of(
        echo, source.line_text(shown, CLANG_RULER.lines)
    )
