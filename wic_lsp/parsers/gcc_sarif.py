"""Read GCC's `-fdiagnostics-format=sarif-stderr`: GCC 13 on, and all that there is from GCC 16.

One SARIF 2.1.0 object on stderr, with text before and after it. Its columns are neither bytes nor code
points, whatever its `columnKind`: they are a terminal's, with tabs at every eighth column and wide
characters as two; measured on GCC 13 to 16. They count on the text of the *presumed* line of the presumed
file, and on bytes where there is no such file. Sources: OASIS SARIF 2.1.0; gcc/diagnostic-format-sarif.cc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from wic_lsp.model import Finding, Severity
from wic_lsp.parsers.documents import (
    Json,
    elements,
    member,
    number_of,
    text_of,
)
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.gcc_json import BROKEN_OFF, GCC_RULER, gather_notes
from wic_lsp.parsers.gcc_text import SEVERITIES, is_guess, read_leftovers
from wic_lsp.parsers.remarks import UNREADABLE, Includer, Point, Remark, Replacement, Report, Spot
from wic_lsp.parsers.sarif_log import find_log, steps_of
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import display_to_byte_column

_LINK = re.compile(r"\[([^\[\]]*)\]\((?:sarif:|https://gcc\.gnu\.org/)[^()\s]*\)")
_DOUBLES_BRACES = re.compile(r"(?:1[5-9]|[2-9]\d)\.")
_DEEPEST_CHAIN = 200


def parse_gcc_sarif(_stdout: bytes, stderr: bytes, sources: Sources) -> tuple[Finding, ...]:
    """Return what GCC said; its standard output holds nothing of it."""
    text = stderr.decode("utf-8", "replace")
    reader = _Reader(sources)
    remarks: list[Remark] = []
    outside = text
    log = find_log(text)
    if log is not None:
        outside = log.outside
        remarks.extend(reader.read_log(log.value))
        if log.is_broken:
            remarks.extend(remark for result in log.rescued for remark in reader.read_result(result, {}))
            remarks.append(BROKEN_OFF)
    leftovers = read_leftovers(outside, has_report=log is not None)
    report = Report(
        gather_notes((*remarks, *leftovers.remarks)),
        was_stopped=leftovers.was_stopped,
        openers=leftovers.openers,
    )
    return to_findings(report, sources, GCC_RULER)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads SARIF's objects; needs the sources, because columns can only be counted on their text."""

    sources: Sources
    doubles_braces: bool = False

    def read_log(self, log: Json) -> Iterator[Remark]:
        for run in elements(log, "runs"):
            version = text_of(run, "tool", "driver", "version")
            reader = replace(self, doubles_braces=_DOUBLES_BRACES.match(version) is not None)
            yield from reader.read_run(run)

    def read_run(self, run: Json) -> Iterator[Remark]:
        """Yield what one run of the compiler said."""
        rules = {
            text_of(rule, "id"): text_of(rule, "helpUri") for rule in elements(run, "tool", "driver", "rules")
        }
        remarks = [
            remark for result in elements(run, "results") for remark in self.read_result(result, rules)
        ]
        for invocation in elements(run, "invocations"):
            remarks.extend(self._read_invocation(invocation, remarks))
        yield from remarks

    def read_result(self, result: Json, rules: Mapping[str, str]) -> Iterator[Remark]:
        message = self._read_message(result) or UNREADABLE
        rule = text_of(result, "ruleId")
        locations = elements(result, "locations")
        primary = locations[0] if locations else None
        related = elements(result, "relatedLocations")
        yield Remark(
            severity=SEVERITIES.get(text_of(result, "level"), Severity.ERROR),
            message=message,
            spot=self._read_spot(primary),
            code=rule.replace("-Werror=", "-W") if rule.startswith("-") else None,
            code_url=rules.get(rule) or None,
            notes=(
                *(self._read_note(location) for location in related if text_of(location, "message", "text")),
                *self._read_flows(result),
            ),
            replacements=tuple(self._read_replacements(result)),
            chain=_read_chain(primary, related),
            hedges=is_guess(message),
        )

    def _read_message(self, value: Json) -> str:
        """Return a message's words: without SARIF's links, and with its doubled braces undone.

        GCC doubles them since 15, as SARIF 2.1.0 3.11.5 asks.
        """
        text = _LINK.sub(r"\1", text_of(value, "message", "text"))
        return text.replace("{{", "{").replace("}}", "}") if self.doubles_braces else text

    def _read_invocation(self, invocation: Json, remarks: list[Remark]) -> Iterator[Remark]:
        """Yield what the compiler said about itself: that it crashed, above all."""
        for notification in elements(invocation, "toolExecutionNotifications"):
            locations = elements(notification, "locations")
            yield Remark(
                severity=SEVERITIES.get(text_of(notification, "level"), Severity.ERROR),
                message=f"internal compiler error: {self._read_message(notification)}",
                spot=self._read_spot(locations[0] if locations else None),
            )
        failed = member(invocation, "executionSuccessful") is False
        if failed and not any(remark.severity is Severity.ERROR for remark in remarks):
            yield Remark(Severity.ERROR, "The compiler failed without saying why.")

    def _read_note(self, location: Json) -> Remark:
        return Remark(
            Severity.INFORMATION,
            self._read_message(location),
            self._read_spot(location),
            replacements=tuple(self._read_replacements(location)),
        )

    def _read_flows(self, result: Json) -> Iterator[Remark]:
        """Yield the steps of the paths that the analyzer found."""
        for location in steps_of(result):
            if text_of(location, "message", "text"):
                yield self._read_note(location)

    def _read_spot(self, location: Json) -> Spot | None:
        file = _read_file(member(location, "physicalLocation", "artifactLocation"))
        region = member(location, "physicalLocation", "region")
        line = number_of(region, "startLine")
        if not file or not line:
            return None
        column = number_of(region, "startColumn")
        if not column:
            return Spot(file, Point(line, 0))
        start, end = self._read_region(file, region)
        is_point = (number_of(region, "endLine") or line) == line and (
            (number_of(region, "endColumn") or 0) <= column + 1
        )
        return Spot(file, start) if is_point else Spot(file, start, start, end)

    def _read_replacements(self, value: Json) -> Iterator[Replacement]:
        """Yield the replacements of the first fix; a second one would be another way to fix the same."""
        for change in elements(value, "fixes")[:1]:
            for artifact in elements(change, "artifactChanges"):
                file = _read_file(member(artifact, "artifactLocation"))
                for replacement in elements(artifact, "replacements"):
                    start, end = self._read_region(file, member(replacement, "deletedRegion"))
                    if file and start.line:
                        yield Replacement(file, start, end, text_of(replacement, "insertedContent", "text"))

    def _read_region(self, file: str, region: Json) -> tuple[Point, Point]:
        """Return where the region begins and ends, in bytes; without an end it is empty."""
        line = number_of(region, "startLine") or 0
        column = number_of(region, "startColumn") or 1
        end_line = number_of(region, "endLine") or line
        end_column = number_of(region, "endColumn")
        if end_column is None:
            end_column = column
        is_empty = (line, column) == (end_line, end_column)
        start = self._bytes(file, Point(line, column), after_marks=not is_empty)
        return start, self._bytes(file, Point(end_line, end_column), after_marks=True)

    def _bytes(self, file: str, point: Point, *, after_marks: bool) -> Point:
        path = self.sources.path_of(file)
        if path is None:
            return point
        line = self.sources.texts[path].line_text(point.line, GCC_RULER.lines)
        if point.line == 1:
            line = line.removeprefix("\ufeff")
        return Point(point.line, display_to_byte_column(line, point.column, after_marks=after_marks))


def _read_file(artifact: Json) -> str:
    """Return the file's name: GCC writes it as it is, and escapes nothing in it."""
    return text_of(artifact, "uri").removeprefix("file://")


def _read_chain(primary: Json, related: list[Json]) -> tuple[Includer, ...]:
    """Follow `isIncludedBy` from the header outwards; GCC 15 on."""
    by_id = {number_of(location, "id"): location for location in related}
    chain: list[Includer] = []
    location: Json = primary
    while len(chain) < _DEEPEST_CHAIN:
        target = next(
            (
                number_of(relation, "target")
                for relation in elements(location, "relationships")
                if "isIncludedBy" in elements(relation, "kinds")
            ),
            None,
        )
        location = by_id.get(target) if target is not None else None
        line = number_of(location, "physicalLocation", "region", "startLine")
        if line is None:
            break
        chain.append(Includer(_read_file(member(location, "physicalLocation", "artifactLocation")), line))
    return tuple(chain)
