r"""Read what `python.toml`'s program says of a text that Python compiled: Python 3.8 to 3.13.

The program writes one JSON array, of one object for each thing that the interpreter's own compile() said. It
says of each what its columns are worth, for Python has no one unit. Measured on 3.8 to 3.13, of a str:

* `character`, where the error brings the line that it is on: code points, from one.
* `byte`, where it brings none (the symbol table's and the compiler's own errors): bytes of UTF-8, from one.
* `line`, where the line that it brings is another (an f-string's inside, before 3.12), and for warnings,
  which have no column: only the line is to be trusted.
* `none`: not even that.

Ends are exclusive, and not always there.
"""

from __future__ import annotations

from typing import Final

from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.documents import Json, decode_elements, number_of, text_of
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.placing import Ruler
from wic_lsp.parsers.remarks import Point, Remark, Report, Spot
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import ColumnUnit, LineRule

PYTHON_RULER = Ruler(LineRule.LSP, ColumnUnit.CODE_POINT, counts_mark=True)
_UNITS: Final = {"character": ColumnUnit.CODE_POINT, "byte": ColumnUnit.BYTE}
_EXCEPTIONS: Final = "https://docs.python.org/3/library/exceptions.html#"
_DOCUMENTED: Final = frozenset(
    {
        *("SyntaxError", "IndentationError", "TabError", "RecursionError", "MemoryError", "OverflowError"),
        *("SyntaxWarning", "DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"),
    }
)
_MOST_WORDS: Final = 2000


def parse_python_json(stdout: bytes, stderr: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what Python said. Its standard error counts only where the program did not come to its end."""
    text = stdout.decode("utf-8", "replace")
    start = text.find("[")
    array = decode_elements(text, start + 1 if start >= 0 else len(text))
    remarks = [_read_one(element, sources) for element in array.values]
    if not array.is_complete:
        said = stderr.decode("utf-8", "replace").strip()[-_MOST_WORDS:]
        message = "Python ended before it had said all; there may be more errors."
        remarks.append(Remark(Severity.ERROR, f"{message}\n{said}".strip()))
    return to_findings(Report(tuple(remarks)), sources, PYTHON_RULER)


def _read_one(value: Json, sources: Sources) -> Remark:
    kind = text_of(value, "kind")
    return Remark(
        severity=Severity.WARNING if kind.endswith("Warning") else Severity.ERROR,
        message=text_of(value, "message") or kind or "Python said something that could not be read.",
        spot=_read_spot(value, sources),
        code=kind or None,
        code_url=f"{_EXCEPTIONS}{kind}" if kind in _DOCUMENTED else None,
    )


def _read_spot(value: Json, sources: Sources) -> Spot | None:
    line = number_of(value, "line")
    unit = text_of(value, "unit")
    if not line or unit not in {*_UNITS, "line"}:
        return None
    if unit == "line":
        return Spot(sources.main, Point(line, 0))
    start = _read_point(value, "", _UNITS[unit], sources)
    end = _read_point(value, "end_", _UNITS[unit], sources)
    if start is None:
        return Spot(sources.main, Point(line, 0))
    return Spot(sources.main, start) if end is None else Spot(sources.main, start, start, end)


def _read_point(value: Json, prefix: str, unit: ColumnUnit, sources: Sources) -> Point | None:
    """Return the start or the end in code points and with the mark, which Python never counts."""
    line = number_of(value, f"{prefix}line")
    column = number_of(value, f"{prefix}column")
    if not line or not column:
        return None
    source = sources.texts[sources.main]
    position = source.position(source.offset(line, column, unit, PYTHON_RULER.lines))
    return Point(position.line + 1, position.column + 1)
