"""Read what GCC writes as plain text around its JSON or SARIF.

The structured report holds what the compiler proper said, if it lived to write it. Everything else comes as
text: the driver's errors, running out of memory, giving up, and the tree of headers that `-H` asks for.
None of the errors among these may be lost, least of all when there is no report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from wic_lsp.model import Severity
from wic_lsp.parsers.includes import read_openers
from wic_lsp.parsers.remarks import Opener, Point, Remark, Spot

_MESSAGE = re.compile(
    r"(?:(?P<file>[^\s:][^:]*):(?:(?P<line>\d{1,9}):)?(?:(?P<column>\d{1,9}):)? )?"
    r"(?P<kind>fatal error|internal compiler error|error|sorry, unimplemented|warning|note): (?P<message>.+)"
)
_CONFUSED = re.compile(
    r"(?:(?P<file>[^:]+):(?P<line>\d{1,9}):(?:\d+:)? )?(?P<message>confused by earlier errors.*)"
)
_STOPPED = re.compile(r"compilation terminated due to -f(?:max-errors=\d+|atal-errors)\.?")
_TREE = re.compile(r"(?:\.+|!|x) .+")
_GUARDS = "Multiple include guards may be useful for:"
_ALARMING = re.compile(
    r"\berror\b|fatal|terminated|exhausted|out of memory|abort|cannot|signal", re.IGNORECASE
)
_UNREMARKABLE = re.compile(r"\s*|compilation terminated\.|Please submit a full bug report.*|See <.*")
_OTHERS_SHOWN = 20

SEVERITIES = {
    "warning": Severity.WARNING,
    "note": Severity.INFORMATION,
    "none": Severity.INFORMATION,
    "remark": Severity.INFORMATION,
    "debug": Severity.INFORMATION,
    "anachronism": Severity.WARNING,
}
"""By GCC's and clang's words; any other word is an error, so that no error is taken for less."""


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What the text around a report says."""

    remarks: tuple[Remark, ...]
    openers: tuple[Opener, ...]
    was_stopped: bool


def is_guess(message: str) -> bool:
    """Whether GCC only guesses what was meant, so that its fix-its are not to be applied unasked."""
    return "did you mean" in message or "did you forget" in message or "suggested alternative" in message


def read_leftovers(text: str, *, has_report: bool) -> Leftovers:
    """Read the text around the report; without a report there is always an error among the remarks.

    Lines that are not understood are shown as an error where there is no report, and where they sound like
    one; those are the only way then to know what went wrong.
    """
    lines = text.split("\n")
    remarks: list[Remark] = []
    others: list[str] = []
    for line in _without_guards(lines):
        remark = _read_message(line)
        if remark is not None:
            remarks.append(remark)
        elif not (_UNREMARKABLE.fullmatch(line) or _TREE.fullmatch(line) or _STOPPED.fullmatch(line)):
            others.append(line)
    if has_report:
        others = [line for line in others if _ALARMING.search(line)]
    if others:
        remarks.append(Remark(Severity.ERROR, "\n".join(others[:_OTHERS_SHOWN])))
    if not has_report and not any(remark.severity is Severity.ERROR for remark in remarks):
        remarks.append(Remark(Severity.ERROR, "The compiler ended without a report of what it found."))
    was_stopped = any(_STOPPED.fullmatch(line) for line in lines)
    return Leftovers(tuple(remarks), read_openers(lines), was_stopped)


def _without_guards(lines: Iterable[str]) -> Iterable[str]:
    """Yield the lines without the list of files that `-H` ends with: bare paths, which say nothing."""
    in_list = False
    for line in lines:
        if line == _GUARDS:
            in_list = True
        elif in_list and not _read_message(line):
            continue
        else:
            in_list = False
            yield line


def _read_message(line: str) -> Remark | None:
    match = _MESSAGE.fullmatch(line)
    if match is not None:
        severity = SEVERITIES.get(match["kind"], Severity.ERROR)
        message = match["message"]
        if match["kind"] == "internal compiler error":
            message = f"internal compiler error: {message}"
        return Remark(severity, message, _spot(match["file"], match["line"], match["column"]))
    match = _CONFUSED.fullmatch(line)
    if match is not None:
        return Remark(Severity.ERROR, match["message"], _spot(match["file"], match["line"], None))
    return None


def _spot(file: str | None, line: str | None, column: str | None) -> Spot | None:
    """Return the place that a line of text begins with; a name without a line is a program's."""
    if file is None or line is None:
        return None
    return Spot(file, Point(int(line), int(column or 0)))
