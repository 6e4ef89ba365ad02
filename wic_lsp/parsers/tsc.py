r"""Read tsc's text under `--pretty false`: TypeScript 4.9 to 7.0.

One line for each message, with UTF-16 columns in lines as ECMAScript has them (U+2028 ends one, too), and
indented lines for what leads up to it. tsc gives no ranges in this form, so the word or the string that
stands at its place is shown. Source: formatDiagnostic in src/compiler/program.ts, isLineBreak in
src/compiler/scanner.ts.

tsc writes the names of modules and of some properties as they are, line feeds included. So a string in the
text could make a line that looks like a message of tsc's own; such a string, in the quotes that tsc puts it
in, is taken for a part of the message. Nothing in this form tells that the end is missing, but a line that
breaks off.
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
from wic_lsp.positions import ColumnUnit, LineRule

TSC_RULER = Ruler(LineRule.ECMA, ColumnUnit.UTF16)
_HEADING = re.compile(
    r"(?:(?P<file>[^\s(].*?)\((?P<line>\d{1,9}),(?P<column>\d{1,9})\): )?"
    r"(?P<kind>error|warning|suggestion|message) (?P<code>TS\d{1,6}): (?P<message>.+)",
    re.DOTALL,
)
_STRING = re.compile(r""""(?:[^"\\\r\n]|\\.){1,2000}"|'(?:[^'\\\r\n]|\\.){1,2000}'""", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:u\{(?P<braced>[0-9A-Fa-f]{1,6})\}|u(?P<unit>[0-9A-Fa-f]{4})|x(?P<byte>[0-9A-Fa-f]{2})"
    r"|(?P<continued>\r\n|[\r\n\u2028\u2029])|(?P<plain>.))",
    re.DOTALL,
)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "v": "\v", "f": "\f", "0": "\0"}
_LAST_CODE_POINT = 0x10FFFF
_MOST_STRINGS = 200
_OTHERS_SHOWN = 20
_SEVERITIES = {
    "warning": Severity.WARNING,
    "message": Severity.INFORMATION,
    "suggestion": Severity.HINT,
}


@dataclass(frozen=True, slots=True)
class _Message:
    """A message: its heading, and the lines that lead up to it."""

    heading: re.Match[str]
    details: list[str] = field(default_factory=list)


def parse_tsc_text(stdout: bytes, stderr: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what tsc said: its messages from its standard output, and anything from standard error."""
    text = stdout.decode("utf-8", "replace")
    strings = _strings_of_several_lines(sources)
    messages: list[_Message] = []
    others = [line for line in stderr.decode("utf-8", "replace").split("\n") if line.strip()]
    for line in _join(text.split("\n"), strings):
        heading = _HEADING.fullmatch(line)
        if heading is not None:
            messages.append(_Message(heading))
        elif line.startswith(" ") and messages:
            messages[-1].details.append(line)
        elif line.strip():
            others.append(line)
    remarks = [_to_remark(message, sources) for message in messages]
    if others:
        remarks.append(Remark(Severity.ERROR, "\n".join(others[:_OTHERS_SHOWN])))
    elif text and not text.endswith("\n"):
        remarks.append(Remark(Severity.ERROR, "tsc's output breaks off; there may be more errors."))
    return to_findings(Report(tuple(remarks)), sources, TSC_RULER)


def _to_remark(message: _Message, sources: Sources) -> Remark:
    heading = message.heading
    return Remark(
        severity=_SEVERITIES.get(heading["kind"], Severity.ERROR),
        message=heading["message"],
        spot=None if heading["file"] is None else _read_spot(heading, sources),
        code=heading["code"],
        notes=tuple(Remark(Severity.INFORMATION, line.strip()) for line in message.details),
    )


def _read_spot(heading: re.Match[str], sources: Sources) -> Spot:
    """Return the place; where a string of one line begins there, the string."""
    start = Point(int(heading["line"]), int(heading["column"]))
    path = sources.path_of(heading["file"])
    if path is None:
        return Spot(heading["file"], start)
    source = sources.texts[path]
    string = _STRING.match(source.text, source.offset(*_ruled(start)))
    if string is None or len(string[0].splitlines()) > 1:
        return Spot(heading["file"], start)
    length = len(string[0].encode("utf-16-le", "surrogatepass")) // 2
    return Spot(heading["file"], start, start, Point(start.line, start.column + length))


def _ruled(point: Point) -> tuple[int, int, ColumnUnit, LineRule]:
    return point.line, point.column, TSC_RULER.columns, TSC_RULER.lines


def _join(lines: Sequence[str], strings: Sequence[str]) -> Iterator[str]:
    """Yield the lines, those as one that a string of the user's runs through in quotes."""
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        while (more := _lines_to_join(line, lines[index:], strings)) > 0:
            line = "\n".join([line, *lines[index : index + more]])
            index += more
        yield line


def _lines_to_join(line: str, following: Sequence[str], strings: Iterable[str]) -> int:
    """Return how many of the following lines are reached by a string that begins on this line's last one."""
    last = line.rpartition("\n")[2]
    for string in strings:
        first, *rest = string.split("\n")
        for quote in "'\"":
            if not last.endswith(quote + first) or len(following) < len(rest):
                continue
            *middle, end = rest
            reaches_end = following[len(middle)].startswith(end + quote)
            if reaches_end and list(following[: len(middle)]) == middle:
                return len(rest)
    return 0


def _strings_of_several_lines(sources: Sources) -> tuple[str, ...]:
    """Return the values of the texts' strings that hold line feeds, the longest first."""
    found: set[str] = set()
    for source in sources.texts.values():
        for match in _STRING.finditer(source.text):
            value = _ESCAPE.sub(_unescape, match[0][1:-1]) if "\\" in match[0] else ""
            if "\n" in value:
                found.add(value)
            if len(found) >= _MOST_STRINGS:
                break
    return tuple(sorted(found, key=lambda value: (-value.count("\n"), value)))


def _unescape(match: re.Match[str]) -> str:
    """Return the characters of an escape. Source: ECMAScript 2024, section 12.9.4."""
    digits = match["braced"] or match["unit"] or match["byte"]
    if digits:
        value = int(digits, 16)
        return chr(value) if value <= _LAST_CODE_POINT else match[0]
    if match["continued"]:
        return ""
    return _NAMED.get(match["plain"], match["plain"])
