"""The report for code scanning services: SARIF 2.1.0.

One run; each result of a snippet on a toolchain is an invocation, and findings say which invocation they
are from. What was not compiled to its end is an invocation that failed, with a notification that says
why: an empty `results` alone must never read as success.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", by section below.
Columns are code points, as `columnKind` declares (3.14.17).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from wic_lsp import __version__
from wic_lsp.model import CheckResult, Finding, Fix, Note, Place, Range, Severity
from wic_lsp.report.model import CheckedFile, explain, locate, outcome_name, to_uri

Json: TypeAlias = dict[str, object]

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "note",
    Severity.HINT: "note",
}


def render_sarif(files: Sequence[CheckedFile]) -> str:
    """Return one SARIF log, indented, in ASCII, with the newline that ends it."""
    return json.dumps(make_log(files, __version__), indent=2) + "\n"


def make_log(files: Sequence[CheckedFile], wic_version: str) -> Json:
    """Make the log as a value."""
    checks = [(file, result) for file in files for result in file.results]
    links = _collect_links(finding for _, result in checks for finding in result.findings)
    rules = {code: index for index, code in enumerate(links)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "wic",
                        "version": wic_version,
                        "rules": [
                            {"id": code} | ({"helpUri": link} if link else {}) for code, link in links.items()
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [_make_invocation(file, result) for file, result in checks],
                "results": [
                    _make_result(file, finding, rules, invocation)
                    for invocation, (file, result) in enumerate(checks)
                    for finding in result.findings
                ],
            }
        ],
    }


def _collect_links(findings: Iterable[Finding]) -> dict[str, str]:
    """Return each code with its page, empty where the compiler gave none, in order of appearance."""
    links: dict[str, str] = {}
    for finding in findings:
        if finding.code is not None:
            links[finding.code] = links.get(finding.code) or finding.code_url or ""
    return links


def _make_invocation(file: CheckedFile, result: CheckResult) -> Json:
    """Source: 3.20."""
    invocation: Json = {"executionSuccessful": result.is_complete}
    if not result.is_complete:
        invocation["toolExecutionNotifications"] = [
            {
                "level": "error",
                "message": _message(explain(result)),
                "locations": [{"physicalLocation": _locate_check(file, result)}],
            }
        ]
    invocation["properties"] = {
        "path": file.path,
        "toolchain": result.toolchain,
        "runtime": result.runtime,
        "outcome": outcome_name(result),
        "duration_s": round(result.duration_s, 6),
        "cached": result.cached,
    }
    return invocation


def _locate_check(file: CheckedFile, result: CheckResult) -> Json:
    """Place what is said of a whole file, or of a block by its first line."""
    place: Json = {"artifactLocation": {"uri": to_uri(file.path)}}
    return place | ({"region": _region(result.block)} if result.block is not None else {})


def _make_result(file: CheckedFile, finding: Finding, rules: Mapping[str, int], invocation: int) -> Json:
    """Source: 3.27."""
    result: Json = {}
    if finding.code is not None:
        result |= {"ruleId": finding.code, "ruleIndex": rules[finding.code]}
    result |= {
        "level": _LEVELS[finding.severity],
        "message": _message(finding.message),
        "locations": [{"physicalLocation": _locate(file, finding.place)}],
        "provenance": {"invocationIndex": invocation},
    }
    # The schema wants these arrays free of repetitions; compilers repeat themselves.
    related = _unique(_make_related(file, finding, note) for note in finding.notes)
    fixes = _unique(_make_fix(file, fix) for fix in finding.fixes if fix.edits)
    return result | ({"relatedLocations": related} if related else {}) | ({"fixes": fixes} if fixes else {})


def _make_related(file: CheckedFile, finding: Finding, note: Note) -> Json:
    """Place a note; one without a place goes with its finding, as GitHub drops those without."""
    place = note.place or finding.place
    return {"physicalLocation": _locate(file, place), "message": _message(note.message)}


def _make_fix(file: CheckedFile, fix: Fix) -> Json:
    """Source: 3.55."""
    return {
        "description": _message(fix.title),
        "artifactChanges": [
            {
                "artifactLocation": {"uri": to_uri(file.path)},
                "replacements": [
                    {"deletedRegion": _region(edit.range), "insertedContent": {"text": edit.new_text}}
                    for edit in fix.edits
                ],
            }
        ],
    }


def _message(text: str) -> Json:
    """Double the braces, which would be placeholders otherwise (3.11.5)."""
    return {"text": text.replace("{", "{{").replace("}", "}}")}


def _locate(file: CheckedFile, place: Place) -> Json:
    path = file.path if place.file is None else locate(file.path, place.file)
    return {"artifactLocation": {"uri": to_uri(path)}, "region": _region(place.range)}


def _region(range_: Range) -> Json:
    """Count lines and columns from one; `endColumn` is the column after the last (3.30.8)."""
    return {
        "startLine": range_.start.line + 1,
        "startColumn": range_.start.column + 1,
        "endLine": range_.end.line + 1,
        "endColumn": range_.end.column + 1,
    }


def _unique(values: Iterable[Json]) -> list[Json]:
    seen: list[Json] = []
    for value in values:
        if value not in seen:
            seen.append(value)
    return seen
