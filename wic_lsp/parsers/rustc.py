r"""Read rustc's `--error-format=json`: rustc 1.63 to 1.95, and by its form earlier and later ones.

One object on each line of stderr. Columns are code points, whatever the rendered form shows; lines end at \n.
A message has spans, some of them primary, and children, which are notes or suggestions. Source: the rustc
book, "JSON Output"; compiler/rustc_errors/src/json.rs.

What a macro of another crate is at fault for is shown where the user calls it. rustc closes with a count of
what it said: where that is missing, its report breaks off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.documents import Json, decode_value, elements, member, number_of, text_of
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.gcc_json import BROKEN_OFF
from wic_lsp.parsers.placing import Ruler
from wic_lsp.parsers.remarks import UNREADABLE, Point, Remark, Replacement, Report, Spot
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import ColumnUnit, LineRule

RUSTC_RULER = Ruler(LineRule.LF, ColumnUnit.CODE_POINT)
_DOCUMENTATION: Final = "https://doc.rust-lang.org"
_ERROR_CODE: Final = re.compile(r"E\d{4}")
_LINT_LEVEL: Final = re.compile(r"`#\[(?P<level>warn|deny)\((?P<lint>[\w:]+)\)\]`.* on by default")
_SUMMARY: Final = re.compile(
    r"aborting due to (?:(?:\d+ )?previous errors?|one previous error)(?:[;,] \d+ warnings? emitted)?"
    r"|\d+ warnings? emitted"
)
_SURE: Final = "MachineApplicable"
_PLACEHOLDERS: Final = "HasPlaceholders"
"""With holes that only the user can fill: it is told, and never put into the text."""
_MOST_EXPANSIONS: Final = 128
_OTHERS_SHOWN: Final = 20
_SEVERITIES: Final = {
    "warning": Severity.WARNING,
    "note": Severity.INFORMATION,
    "help": Severity.INFORMATION,
}


def parse_rustc_json(_stdout: bytes, stderr: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what rustc said; its standard output holds nothing of it."""
    reading = _read(stderr.decode("utf-8", "replace"), sources)
    return to_findings(Report(_with_end(reading)), sources, RUSTC_RULER)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read: the remarks, the lines that are no JSON, and whether rustc came to its end."""

    remarks: tuple[Remark, ...]
    others: tuple[str, ...]
    has_end: bool
    is_broken: bool


def _read(text: str, sources: Sources) -> _Reading:
    remarks: list[Remark] = []
    others: list[str] = []
    has_end = is_broken = False
    levels: dict[str, str] = {}
    for line in text.split("\n"):
        if not line.startswith("{"):
            others += [line] if line.strip() else []
            continue
        value = decode_value(line, 0).value
        if value is None:
            is_broken = True
        elif _is_end(value):
            has_end = True
        elif member(value, "message") is not None:
            remarks.append(_read_diagnostic(value, sources, levels))
    return _Reading(tuple(remarks), tuple(others), has_end, is_broken)


def _is_end(value: Json) -> bool:
    """Whether it only counts what was said, or tells where codes are explained."""
    if elements(value, "spans"):
        return False
    return text_of(value, "level") == "failure-note" or bool(_SUMMARY.fullmatch(text_of(value, "message")))


def _with_end(reading: _Reading) -> tuple[Remark, ...]:
    """Return the remarks, with one more where rustc did not end as it should."""
    has_error = any(remark.severity is Severity.ERROR for remark in reading.remarks)
    others = "\n".join(reading.others[:_OTHERS_SHOWN])
    if reading.is_broken:
        return (*reading.remarks, BROKEN_OFF)
    if has_error or reading.has_end or not (reading.remarks or others):
        return reading.remarks
    if others:
        message = others.removeprefix("error: ")
        return (*reading.remarks, Remark(Severity.ERROR, message))
    is_news = any(remark.severity is Severity.WARNING for remark in reading.remarks)
    return (*reading.remarks, BROKEN_OFF) if is_news else reading.remarks


def _read_diagnostic(value: Json, sources: Sources, levels: dict[str, str]) -> Remark:
    """Read one message. `levels` remembers of lints what rustc tells with the first of each only."""
    message = text_of(value, "message") or UNREADABLE
    level = text_of(value, "level")
    if level.startswith("error: ") and level != f"error: {message}":
        message = f"{level.removeprefix('error: ')}: {message}"
    spans = elements(value, "spans")
    first = _main_span(spans)
    label = text_of(first, "label")
    children = elements(value, "children")
    code = text_of(value, "code", "code") or None
    notes = [note for span in spans if span is not first for note in _read_label(span, sources)]
    notes += _read_expansion(first, sources)
    for child in children:
        notes += _read_child(child, sources)
    return Remark(
        severity=_SEVERITIES.get(level, Severity.ERROR),
        message=f"{message}\n{label}" if label and label != message else message,
        spot=_spot(first, sources),
        code=code,
        code_url=_documentation(code, children, levels),
        notes=tuple(notes),
    )


def _main_span(spans: Sequence[Json]) -> Json:
    """Return the place that a message is about; None where it has none."""
    primary = [span for span in spans if member(span, "is_primary") is True]
    return next(iter((*primary, *spans)), None)


def _documentation(code: str | None, children: Sequence[Json], levels: dict[str, str]) -> str | None:
    """Return the page that explains the code: an error's own, or that of lints of its lint's level."""
    if code is None:
        return None
    if _ERROR_CODE.fullmatch(code):
        return f"{_DOCUMENTATION}/error_codes/{code}.html"
    for child in children:
        match = _LINT_LEVEL.search(text_of(child, "message"))
        if match is not None:
            levels.setdefault(code, match["level"])
    level = levels.get(code)
    if level is None:
        return None
    return f"{_DOCUMENTATION}/rustc/lints/listing/{level}-by-default.html#{code.replace('_', '-')}"


def _read_label(span: Json, sources: Sources) -> Iterator[Remark]:
    """Yield what rustc writes beside another place than the first, unless that place is none."""
    label = text_of(span, "label")
    is_primary = member(span, "is_primary") is True
    is_nowhere = not is_primary and number_of(span, "byte_end") == 0
    if (label or is_primary) and not is_nowhere:
        yield Remark(Severity.INFORMATION, label or "also here", _spot(span, sources))


def _read_expansion(span: Json, sources: Sources) -> Iterator[Remark]:
    """Yield the calls of the user's own macros that a place is in, the innermost first."""
    for _ in range(_MOST_EXPANSIONS):
        expansion = member(span, "expansion")
        if expansion is None:
            return
        caller = member(expansion, "span")
        name = text_of(expansion, "macro_decl_name")
        is_elsewhere = _spot_of(span) != _spot_of(caller)
        if name and is_elsewhere and _is_ours(span, sources) and _is_ours(caller, sources):
            yield Remark(Severity.INFORMATION, f"in this use of `{name}`", _spot(caller, sources))
        span = caller


def _read_child(child: Json, sources: Sources) -> Iterator[Remark]:
    """Yield a note, once for each way to change the text that it offers."""
    message = text_of(child, "message")
    spans = elements(child, "spans")
    if not message:
        return
    first = _main_span(spans)
    note = Remark(Severity.INFORMATION, message, _spot(first, sources))
    ways = list(_ways(spans, sources))
    if not ways:
        yield replace(note, message=_with_label(message, first))
        for span in spans:
            if span is not first:
                yield from _read_label(span, sources)
        return
    for way, words in ways:
        text = " ".join(way[0].text.split())
        is_offered = _PLACEHOLDERS not in words
        is_told = text in message or (is_offered and len(ways) == 1)
        told = message if is_told else f"{message}: `{text}`"
        if is_offered:
            yield replace(note, message=told, replacements=way, is_sure=words == {_SURE})
        else:
            yield replace(note, message=told)


def _with_label(message: str, span: Json) -> str:
    label = text_of(span, "label")
    return f"{message}\n{label}" if label else message


def _ways(spans: Sequence[Json], sources: Sources) -> Iterator[tuple[tuple[Replacement, ...], set[str]]]:
    """Yield each way to change the text that the spans hold, and rustc's words for how sure it is of it.

    rustc writes the parts of all ways one after the other: a new one begins where a part touches what was
    changed already. Of ways there may be several only where it is not sure.
    """
    parts: list[Replacement] = []
    words: set[str] = set()
    for span in spans:
        part = _replacement(span, sources)
        if part is None:
            continue
        if any(_touches(part, other) for other in parts):
            yield tuple(parts), words
            parts, words = [], set()
        parts.append(part)
        words.add(text_of(span, "suggestion_applicability"))
    if parts:
        yield tuple(parts), words


def _touches(one: Replacement, other: Replacement) -> bool:
    return one.start == other.start or (one.start < other.end and other.start < one.end)


def _replacement(span: Json, sources: Sources) -> Replacement | None:
    text = member(span, "suggested_replacement")
    spot = _spot_of(span)
    if not isinstance(text, str) or spot is None or spot.start is None or spot.end is None:
        return None
    if not _is_ours(span, sources):
        return None
    return Replacement(spot.file, spot.start, spot.end, text_of(span, "suggested_replacement"))


def _is_ours(span: Json, sources: Sources) -> bool:
    return sources.path_of(text_of(span, "file_name")) is not None


def _spot(span: Json, sources: Sources) -> Spot | None:
    """Return the span's place, or where the user's own text calls the macro that it is in."""
    inner = span
    for _ in range(_MOST_EXPANSIONS):
        if _is_ours(span, sources) or member(span, "expansion") is None:
            break
        span = member(span, "expansion", "span")
    return _spot_of(span) or _spot_of(inner)


def _spot_of(span: Json) -> Spot | None:
    file = text_of(span, "file_name")
    line, column = number_of(span, "line_start"), number_of(span, "column_start")
    last, end = number_of(span, "line_end"), number_of(span, "column_end")
    if not file or not line or not column:
        return None
    caret = Point(line, column)
    if not last or not end:
        return Spot(file, caret)
    return Spot(file, caret, caret, Point(last, end))
