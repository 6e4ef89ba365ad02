"""Read SARIF 2.1.0 as the standard has it, from any compiler that writes it to one of its outputs.

Not GCC's, which has a parser of its own: it counts columns in a way that the standard does not know. Here a
run's `columnKind` says what they count, UTF-16 units where it says nothing; a region without an end ends with
its line. What a log leaves out (levels, messages, names of files) is looked up where the standard puts it. A
fix is never applied unasked: SARIF does not tell how sure one is. Source: OASIS SARIF 2.1.0, the sections
named below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.documents import Json, elements, member, number_of, text_of
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.gcc_json import BROKEN_OFF
from wic_lsp.parsers.placing import Ruler
from wic_lsp.parsers.remarks import WORDLESS, Point, Remark, Replacement, Report, Spot
from wic_lsp.parsers.sarif_log import SarifLog, find_log, steps_of
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import ColumnUnit, LineRule
from wic_lsp.toolchains.reading import Reading

_LEVELS: Final = {
    "warning": Severity.WARNING,
    "note": Severity.INFORMATION,
    "none": Severity.INFORMATION,
}
_NOT_FOUND: Final = ("pass", "notApplicable")
_END_OF_LINE: Final = 2**31 - 1
_PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{(\d{1,3})\}")
_LINK: Final = re.compile(
    r"(?<!\\)\[((?:[^\[\]\\]|\\.){1,500})\]\((?:\d{1,9}|[a-z][a-z+.-]{1,20}:[^()\s]*)\)"
)
_BRACKET: Final = re.compile(r"\\([\[\]])")


def parse_sarif(_reading: Reading, stdout: bytes, stderr: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what the compiler said, in the log that stands on its standard output or on standard error."""
    texts = (output.decode("utf-8", "replace") for output in (stdout, stderr))
    found = [log for log in map(find_log, texts) if log is not None]
    log = next((one for one in found if not one.is_broken), found[0] if found else None)
    if log is None:
        return ()
    by_unit: dict[ColumnUnit, list[Remark]] = {}
    for run in _runs(log):
        by_unit.setdefault(run.columns, []).extend(run.read())
    if log.is_broken:
        by_unit.setdefault(ColumnUnit.UTF16, []).append(BROKEN_OFF)
    return tuple(
        finding
        for unit, remarks in by_unit.items()
        for finding in to_findings(Report(tuple(remarks)), sources, Ruler(LineRule.LSP, unit))
    )


def _runs(log: SarifLog) -> Iterator[_Run]:
    """Yield the runs; what could be rescued of a broken log is one that says nothing of itself."""
    if log.is_broken:
        yield _Run({"results": list(log.rescued)})
    else:
        yield from map(_Run, elements(log.value, "runs"))


@dataclass(frozen=True)
class _Run:
    """One run of a tool (3.14): its results, and what they refer to."""

    value: Json

    @property
    def columns(self) -> ColumnUnit:
        """What its columns count (3.14.17)."""
        is_of_points = text_of(self.value, "columnKind") == "unicodeCodePoints"
        return ColumnUnit.CODE_POINT if is_of_points else ColumnUnit.UTF16

    @cached_property
    def _rules(self) -> list[Json]:
        return elements(self.value, "tool", "driver", "rules")

    @cached_property
    def _rules_by_id(self) -> dict[str, Json]:
        return {text_of(rule, "id"): rule for rule in self._rules}

    def read(self) -> Iterator[Remark]:
        """Yield what the tool said of the code, and then of itself."""
        for result in elements(self.value, "results"):
            is_suppressed = bool(elements(result, "suppressions")) and all(
                text_of(one, "status") in {"", "accepted"} for one in elements(result, "suppressions")
            )
            if not is_suppressed and text_of(result, "kind") not in _NOT_FOUND:
                yield self._read_result(result)
        for invocation in elements(self.value, "invocations"):
            for said in elements(invocation, "toolExecutionNotifications"):
                level = text_of(said, "level") or "warning"
                message = self._read_message(member(said, "message"), None)
                locations = elements(said, "locations")
                spot = self._read_spot(locations[0]) if locations else None
                yield Remark(_LEVELS.get(level, Severity.ERROR), message, spot)

    def _read_result(self, result: Json) -> Remark:
        rule = self._rule_of(result)
        locations = elements(result, "locations")
        fixes = elements(result, "fixes")
        noted = [*elements(result, "relatedLocations"), *steps_of(result)]
        return Remark(
            severity=self._severity(result, rule),
            message=self._read_message(member(result, "message"), rule),
            spot=self._read_spot(locations[0]) if locations else None,
            code=text_of(result, "ruleId") or text_of(rule, "id") or None,
            code_url=text_of(rule, "helpUri") or None,
            notes=(
                *(
                    Remark(
                        Severity.INFORMATION,
                        self._read_message(member(location, "message"), rule),
                        self._read_spot(location),
                    )
                    for location in noted
                    if isinstance(member(location, "message"), dict)
                ),
                *(
                    Remark(
                        Severity.INFORMATION,
                        self._read_message(member(fix, "description"), rule),
                        replacements=tuple(self._read_replacements(fix)),
                    )
                    for fix in fixes[1:]
                ),
            ),
            replacements=tuple(self._read_replacements(fixes[0])) if fixes else (),
            hedges=True,
        )

    def _rule_of(self, result: Json) -> Json:
        """Return the rule that a result is of, by its place or its id (3.27.5 to 3.27.7)."""
        for path in (("ruleIndex",), ("rule", "index")):
            index = member(result, *path)
            if isinstance(index, int) and 0 <= index < len(self._rules):
                return self._rules[index]
        return self._rules_by_id.get(text_of(result, "ruleId") or text_of(result, "rule", "id"))

    def _severity(self, result: Json, rule: Json) -> Severity:
        """Return how grave a result is (3.27.10)."""
        if text_of(result, "kind") not in {"", "fail"}:
            return Severity.INFORMATION
        usual = text_of(rule, "defaultConfiguration", "level") or "warning"
        return _LEVELS.get(text_of(result, "level") or usual, Severity.ERROR)

    def _read_message(self, message: Json, rule: Json) -> str:
        """Return a message's words, of its own or of its rule, with its arguments and no links (3.11)."""
        said = text_of(message, "text") or text_of(message, "markdown")
        name = text_of(message, "id")
        arguments = elements(message, "arguments")
        if not said and name:
            said = text_of(rule, "messageStrings", name, "text") or text_of(
                self.value, "tool", "driver", "globalMessageStrings", name, "text"
            )
        if arguments or (name and not text_of(message, "text")):
            said = _PLACEHOLDER.sub(lambda match: _fill_in(match, arguments), said)
        return _BRACKET.sub(r"\1", _LINK.sub(r"\1", said)).strip() or WORDLESS

    def _read_spot(self, location: Json) -> Spot | None:
        file = self._read_file(member(location, "physicalLocation", "artifactLocation"))
        region = member(location, "physicalLocation", "region")
        line = number_of(region, "startLine")
        if not file or not line:
            return None
        if number_of(region, "startColumn") is None and number_of(region, "endLine") in {None, line}:
            return Spot(file, Point(line, 0))
        start, end = _read_region(region)
        return Spot(file, start, start, end)

    def _read_replacements(self, fix: Json) -> Iterator[Replacement]:
        for change in elements(fix, "artifactChanges"):
            file = self._read_file(member(change, "artifactLocation"))
            for replacement in elements(change, "replacements"):
                region = member(replacement, "deletedRegion")
                if file and number_of(region, "startLine"):
                    start, end = _read_region(region)
                    yield Replacement(file, start, end, text_of(replacement, "insertedContent", "text"))

    def _read_file(self, artifact: Json) -> str:
        """Return a file's name: by its URI (3.4.3), under a base (3.4.4), or among all files (3.4.5)."""
        uri = text_of(artifact, "uri")
        index = member(artifact, "index")
        files = elements(self.value, "artifacts")
        if not uri and isinstance(index, int) and 0 <= index < len(files):
            artifact = member(files[index], "location")
            uri = text_of(artifact, "uri")
        base = text_of(self.value, "originalUriBaseIds", text_of(artifact, "uriBaseId"), "uri")
        try:
            parts = urlsplit(urljoin(base, uri) if base.startswith("file:") else uri)
        except ValueError:  # no URI at all
            return uri
        return unquote(parts.path) if parts.scheme in {"", "file"} else uri


def _fill_in(match: re.Match[str], arguments: list[Json]) -> str:
    """Return what stands for a placeholder or for a doubled brace (3.11.5)."""
    if match[1] is None:
        return match[0][0]
    number = int(match[1])
    argument = arguments[number] if number < len(arguments) else None
    return argument if isinstance(argument, str) else match[0]


def _read_region(region: Json) -> tuple[Point, Point]:
    """Return where a region begins and ends (3.30.5 to 3.30.8)."""
    line = number_of(region, "startLine") or 1
    end_column = number_of(region, "endColumn")
    start = Point(line, number_of(region, "startColumn") or 1)
    end_line = number_of(region, "endLine") or line
    return start, Point(end_line, _END_OF_LINE if end_column is None else end_column)
