"""Read what many compilers write as GCC writes it for people: `file:line:column: severity: message [code]`.

For compilers that have no parser of their own. The column may be missing, and the code. A line of that form
without a severity is an error, unless it is indented, as GCC's way to what comes next, or begins with dots,
as NASM's to what came before: then it is a note. Other lines (the text that is echoed, what is counted at the
end) are passed over. What the columns count, and from where, the dialect says; lines end at a line feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.gcc_text import is_guess
from wic_lsp.parsers.placing import Ruler
from wic_lsp.parsers.remarks import Point, Remark, Report, Spot
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import LineRule
from wic_lsp.toolchains.reading import Reading

_CODE = re.compile(r"(?P<message>.*\S)\s+\[(?P<code>[^\[\]\s]+)\]")
_PLACE = r"(?P<file>[^\s:][^:]*):(?P<line>\d{1,9}):(?:(?P<column>\d{1,9}):)?"


def parse_gcc_like(reading: Reading, stdout: bytes, stderr: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what the compiler said, on standard error and then on standard output."""
    remarks = [
        remark
        for output in (stderr, stdout)
        for remark in _read(reading, output.decode("utf-8", "replace").split("\n"))
    ]
    return to_findings(Report(tuple(remarks)), sources, Ruler(LineRule.LF, reading.columns))


def _read(reading: Reading, lines: list[str]) -> Iterator[Remark]:
    """Yield the messages with their notes; what leads to a message stands before it."""
    heading = _heading(tuple(reading.severities))
    last: Remark | None = None
    ahead: list[Remark] = []
    for line in lines:
        match = heading.fullmatch(line.rstrip("\r"))
        if match is None:
            continue
        word, said = match["word"] or match["program_word"], match["message"]
        grade = reading.grade(word) if word else Severity.ERROR
        if not word and said.startswith(("  ", "\t")):
            ahead.append(_to_remark(reading, match, Severity.INFORMATION))
        elif grade is None or (not word and said.startswith(" ...") and last is not None):
            note = _to_remark(reading, match, Severity.INFORMATION)
            last = note if last is None else replace(last, notes=(*last.notes, note))
        else:
            if last is not None:
                yield last
            last = _to_remark(reading, match, grade)
            last = replace(last, notes=tuple(ahead))
            ahead = []
    if last is not None:
        yield replace(last, notes=(*last.notes, *ahead))
    else:
        yield from ahead


def _to_remark(reading: Reading, match: re.Match[str], grade: Severity) -> Remark:
    said = match["message"].strip()
    coded = _CODE.fullmatch(said)
    message, code = (coded["message"], coded["code"]) if coded is not None else (said, None)
    spot = None
    if match["line"] is not None:
        column = 0 if match["column"] is None else reading.count(int(match["column"]))
        spot = Spot(match["file"], Point(int(match["line"]), column))
    return Remark(grade, message, spot, code, hedges=is_guess(message))


@lru_cache(maxsize=16)
def _heading(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what a message begins with. One without a place is a program's, and then has a severity."""
    known = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)
    return re.compile(
        rf"(?:{_PLACE}(?: ?(?P<word>{known}):)?|(?:[^\s:]+: )?(?P<program_word>{known}):)"
        r"(?P<message>[ \t]*\S.*)",
        re.IGNORECASE,
    )
