r"""The grammar of single lines that clang writes: headings, include chains, fix-its, echoes, the summary.

Knows what a line looks like and nothing of what surrounds it: a line of the user's text may look like any
of these, and `clang` decides which are clang's own. Source: clang's lib/Frontend/TextDiagnostic.cpp and
DiagnosticRenderer.cpp; clang 13 to 19.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wic_lsp.parsers.remarks import Includer, Point, Replacement

_KIND = r"(?P<kind>fatal error|error|warning|note|remark)"
_LOCATED = re.compile(
    r"(?P<file>(?![ ]|\d+ \| ).+?):(?P<line>\d{1,9})(?::(?P<column>\d{1,9}))?:"
    r"(?P<ranges>(?:\{[\d:-]{7,40}\})*):? " + _KIND + r": (?P<message>.*)"
)
_UNLOCATED = re.compile(r"(?:[\w.+/-]+: )?" + _KIND + r": (?P<message>.*)")
_LLVM_ERROR = re.compile(r"LLVM ERROR: (?P<message>.*)")
_RANGE = re.compile(r"\{(\d{1,9}):(\d{1,9})-(\d{1,9}):(\d{1,9})\}")
_INCLUDED = re.compile(r"In (?:file included|module '[^']*' imported) from (?P<file>.+):(?P<line>\d{1,9}):")
_FIX_IT = re.compile(r'fix-it:"(?P<file>(?:[^"\\]|\\.)*)":(?P<range>\{[\d:-]+\}):"(?P<text>(?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_GUTTER = re.compile(r" *(?P<line>\d{1,9}) \| ?(?P<text>.*)")
_SUMMARY = re.compile(r"(?:(?P<warnings>\d+) warnings?)?(?: and )?(?:(?P<errors>\d+) errors?)? generated\.")
_UNPRINTABLE = re.compile(r"<U\+[0-9A-F]{4,6}>|<[0-9A-F]{2}>|[^!-~]")
_OPTION = re.compile(r" \[(?P<options>-[WR][^\[\]\s]*)\]\Z")
_NOWHERE = Point(0, 0)


@dataclass(frozen=True, slots=True)
class Heading:
    """The line that a diagnostic begins with. `ranges` are of the real file's lines, ends exclusive."""

    kind: str
    message: str
    file: str = ""
    caret: Point = _NOWHERE
    ranges: tuple[tuple[Point, Point], ...] = ()

    @property
    def is_located(self) -> bool:
        """Whether it names a place in a file."""
        return bool(self.file) and self.caret.line > 0

    @property
    def is_counted(self) -> bool:
        """Whether clang counts it in its summary."""
        return self.kind not in {"note", "remark"}


def read_heading(line: str) -> Heading | None:
    """Read the first line of a diagnostic, with or without a place."""
    match = _LOCATED.fullmatch(line)
    if match is not None:
        caret = Point(int(match["line"]), int(match["column"] or 0))
        return Heading(match["kind"], match["message"], match["file"], caret, _read_ranges(match["ranges"]))
    match = _UNLOCATED.fullmatch(line)
    if match is not None:
        return Heading(match["kind"], match["message"])
    match = _LLVM_ERROR.fullmatch(line)
    return None if match is None else Heading("fatal error", match["message"])


def read_includer(line: str) -> Includer | None:
    """Read a line that says what included the file of the diagnostic to come; the outermost is first."""
    match = _INCLUDED.fullmatch(line)
    return None if match is None else Includer(match["file"], int(match["line"]))


def read_fix_it(line: str) -> Replacement | None:
    """Read a line of -fdiagnostics-parseable-fixits: a presumed file, real lines, C escapes."""
    match = _FIX_IT.fullmatch(line)
    ranges = () if match is None else _read_ranges(match["range"])
    if match is None or not ranges:
        return None
    start, end = ranges[0]
    return Replacement(_unescape(match["file"]), start, end, _unescape(match["text"]), is_physical=True)


def read_summary(line: str) -> int | None:
    """Return how many warnings and errors clang says that it wrote."""
    match = _SUMMARY.fullmatch(line)
    if match is None or (match["warnings"] is None and match["errors"] is None):
        return None
    return int(match["warnings"] or 0) + int(match["errors"] or 0)


def is_echo(line: str) -> bool:
    """Whether the line can be of the user's text, or the carets under it.

    With -fdiagnostics-print-source-range-info, clang 16 and before put a space before each such line; clang
    17 on puts the line's number and a bar. No line of clang's own begins like that.
    """
    return line.startswith(" ") or _GUTTER.fullmatch(line) is not None


def echoed_line(echo: str, presumed: int) -> int:
    """Return how many lines after the caret's the echo is: clang 17 on begin with lines before it."""
    match = _GUTTER.fullmatch(echo)
    return 0 if match is None else int(match["line"]) - presumed


def is_echo_of(echo: str, text: str) -> bool:
    """Whether `echo` shows `text`: but for spaces, and whatever clang writes as <U+0000> or <00>."""
    match = _GUTTER.fullmatch(echo)
    expected = _UNPRINTABLE.sub("", text)
    return (match is not None and _UNPRINTABLE.sub("", match["text"]) == expected) or (
        echo.startswith(" ") and _UNPRINTABLE.sub("", echo) == expected
    )


def split_option(message: str) -> tuple[str, str | None]:
    """Cut `[-Werror,-Wname]` off a message's end; the option comes without the words about errors."""
    match = _OPTION.search(message)
    if match is None:
        return message, None
    names = [name for name in match["options"].split(",") if name != "-Werror"]
    return message[: match.start()], names[0] if names else None


def documentation_of(option: str | None) -> str | None:
    """Return where clang's manual describes a warning: the anchor that docutils makes of its heading."""
    if option is None or not option.startswith("-W"):
        return None
    anchor = re.sub(r"[^a-z0-9]+", "-", option.lower()).strip("-")
    return f"https://clang.llvm.org/docs/DiagnosticsReference.html#{anchor}"


def _read_ranges(text: str) -> tuple[tuple[Point, Point], ...]:
    numbers = (tuple(map(int, match.groups())) for match in _RANGE.finditer(text))
    return tuple((Point(a, b), Point(c, d)) for a, b, c, d in numbers)


def _unescape(text: str) -> str:
    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if len(code) > 1:
            return bytes([int(code, 8) & 0xFF])
        return {b"n": b"\n", b"t": b"\t"}.get(code, code)

    return _ESCAPE.sub(plain, text.encode("utf-8", "replace")).decode("utf-8", "replace")
