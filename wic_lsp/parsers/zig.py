r"""Read what Zig writes with `--color on`: Zig 0.13 to 0.17, and by its form earlier and later ones.

Without colours, older ones show neither the ranges nor how a place was reached. And the codes tell Zig's own
lines from those of the user's: a message begins with one, the lines of it that follow are indented by as
much as stands before it, and one begins the line of the user's that is echoed, under which the range is
marked. Columns are bytes, and a byte-order mark is three of them; lines end at \n. Source:
lib/std/zig/ErrorBundle.zig.

Zig checks what is reached from a program's or a library's entry, as it does when it compiles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.placing import Ruler
from wic_lsp.parsers.remarks import UNREADABLE, Point, Remark, Report, Spot
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import ColumnUnit, LineRule

ZIG_RULER = Ruler(LineRule.LF, ColumnUnit.BYTE, counts_mark=True)
_RESET: Final = "\x1b[0m"
_CODE: Final = re.compile(r"\x1b\[[\d;]*m")
_HEADING: Final = re.compile(
    r"(?:\x1b\[0m)*\x1b\[1m(?P<file>.+?):(?P<line>\d{1,9}):(?P<column>\d{1,9}): "
    r"\x1b\[\d{1,2}m(?P<kind>error|note): (?:\x1b\[\d{1,2}m)*(?P<message>.*)"
)
_UNLOCATED: Final = re.compile(r"(?P<kind>error|warning): (?P<message>.*)")
_MARKS: Final = re.compile(r"(?P<before> *)\x1b\[\d{1,2}m(?P<marks>~*\^~*)")
_REFERENCE: Final = re.compile(
    r" {4}(?P<name>.+?)(?:__(?:anon|func)_\d+)?(?: \[inlined\])?: "
    r"(?P<file>.+):(?P<line>\d{1,9}):(?P<column>\d{1,9})"
)
_REFERENCES: Final = "referenced by:"
_LOG: Final = "Compile Log Output:"
_LOGGED: Final = "found compile log statement"
_OTHERS_SHOWN: Final = 20


def parse_zig_text(_stdout: bytes, stderr: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what Zig said; its standard output holds nothing of it."""
    reading = _Reading(stderr.decode("utf-8", "replace").split("\n"), sources)
    reading.read()
    return to_findings(Report(reading.remarks), sources, ZIG_RULER)


@dataclass(slots=True)
class _Reading:
    """One pass over the lines: what was made of those before `position`."""

    lines: Sequence[str]
    sources: Sources
    position: int = 0
    _groups: list[list[Remark]] = field(default_factory=list)
    _others: list[str] = field(default_factory=list)
    _logged: list[str] = field(default_factory=list)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What was read, each with its notes."""
        remarks = [replace(first, notes=tuple(notes)) for first, *notes in self._groups]
        others = "\n".join(self._others[:_OTHERS_SHOWN])
        if others and not remarks:
            remarks = [Remark(Severity.ERROR, others)]
        return (*remarks, *self._log(is_told=any(one.message == _LOGGED for one in remarks)))

    def _log(self, *, is_told: bool) -> tuple[Remark, ...]:
        """Return what the text had logged, where it was not told as an error: others hide that."""
        if not self._logged or is_told:
            return ()
        return (Remark(Severity.INFORMATION, "\n".join([_LOG, *self._logged])),)

    def read(self) -> None:
        while self.position < len(self.lines):
            line = self.lines[self.position]
            heading = _HEADING.fullmatch(line)
            plain = _CODE.sub("", line)
            self.position += 1
            if heading is not None:
                self._read_message(heading)
            elif plain == _REFERENCES:
                self._read_references()
            elif plain == _LOG:
                self._read_log()
            elif (match := _UNLOCATED.fullmatch(plain)) is not None:
                severity = Severity.WARNING if match["kind"] == "warning" else Severity.ERROR
                self._groups.append([Remark(severity, match["message"].strip() or UNREADABLE)])
            elif plain.strip():
                self._others.append(plain)

    def _read_message(self, heading: re.Match[str]) -> None:
        """Read the rest of a message, and the range that is marked under its line."""
        words = f"{heading['file']}:{heading['line']}:{heading['column']}: {heading['kind']}: "
        indent = " " * len(words.encode("utf-8", "replace"))
        message = [_CODE.sub("", heading["message"])]
        while self.position < len(self.lines) and self.lines[self.position].startswith(indent):
            message.append(_CODE.sub("", self.lines[self.position].removeprefix(indent)))
            self.position += 1
        caret = Point(int(heading["line"]), int(heading["column"]))
        text = "\n".join(message).strip() or UNREADABLE
        spot = Spot(heading["file"], caret, *self._read_range(caret))
        if heading["kind"] == "note" and self._groups:
            self._groups[-1].append(Remark(Severity.INFORMATION, text, spot))
            return
        is_note = heading["kind"] == "note"
        self._groups.append([Remark(Severity.INFORMATION if is_note else Severity.ERROR, text, spot)])

    def _read_range(self, caret: Point) -> tuple[Point, Point] | tuple[()]:
        """Pass over the line that is echoed, and return the range that is marked under it."""
        marked = self.lines[self.position + 1 : self.position + 2]
        match = _MARKS.fullmatch(marked[0]) if marked else None
        if match is None or not self.lines[self.position].startswith(_RESET):
            return ()
        self.position += 2
        first = len(match["before"]) + 1
        is_here = first + match["marks"].index("^") == caret.column
        if not is_here or len(match["marks"]) == 1:
            return ()
        return Point(caret.line, first), Point(caret.line, first + len(match["marks"]))

    def _read_references(self) -> None:
        """Read by which way a place was reached, as far as it leads through the job's own files."""
        while self.position < len(self.lines):
            match = _REFERENCE.fullmatch(self.lines[self.position])
            if match is None and not self.lines[self.position].startswith("    "):
                return
            self.position += 1
            if match is not None and self._groups and self.sources.path_of(match["file"]) is not None:
                spot = Spot(match["file"], Point(int(match["line"]), int(match["column"])))
                self._groups[-1].append(
                    Remark(Severity.INFORMATION, f"referenced by `{match['name']}`", spot)
                )

    def _read_log(self) -> None:
        while self.position < len(self.lines) and not self.lines[self.position].startswith("\x1b"):
            if self.lines[self.position].strip():
                self._logged.append(self.lines[self.position])
            self.position += 1
