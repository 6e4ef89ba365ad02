"""The report for GitHub Actions: workflow commands, which GitHub shows beside the lines of a change.

Source: docs.github.com, "Workflow commands for GitHub Actions", and its toolkit's command.ts for the
escapes. A command is one line; anything that could begin another must be escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from wic_lsp.matrix import Merged, group_results, merge
from wic_lsp.model import CheckResult, Note, Severity
from wic_lsp.report.model import CheckedFile, explain, locate
from wic_lsp.report.terminal import sanitise, sanitise_line

_COMMANDS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "notice",
    Severity.HINT: "notice",
}


def render_github(files: Sequence[CheckedFile]) -> str:
    """Return one command per finding and per result that is not complete; empty if all is well.

    What several toolchains agree on is annotated once: GitHub shows few annotations of each step.
    """
    commands = []
    for file in files:
        for group in group_results(file.results):
            commands += [_annotate(file, merged) for merged in merge(group)]
            commands += [_tell_unchecked(file, one) for one in group.results if not one.is_complete]
    return "".join(commands)


def _tell_unchecked(file: CheckedFile, result: CheckResult) -> str:
    properties = {"file": file.path}
    if result.block is not None:
        properties["line"] = str(result.block.start.line + 1)
    properties["title"] = " ".join(filter(None, ["not checked", result.toolchain]))
    return _command("error", properties, explain(result))


def _annotate(file: CheckedFile, merged: Merged) -> str:
    finding, place = merged.finding, merged.finding.place
    start, end = place.range.start, place.range.end
    properties = {
        "file": file.path if place.file is None else locate(file.path, place.file),
        "line": str(start.line + 1),
        "endLine": str(end.line + 1),
    }
    # GitHub's annotations accept columns only within one line (Checks API, start_column).
    if start.line == end.line:
        properties |= {"col": str(start.column + 1), "endColumn": str(end.column + 1)}
    properties["title"] = " ".join(filter(None, [", ".join(merged.toolchains) or "wic", finding.code]))
    message = "\n".join(
        [
            merged.message,
            *(_say_note(file, note) for note in finding.notes),
            *(f"help: {fix.title}" for fix in finding.fixes),
        ]
    )
    return _command(_COMMANDS[finding.severity], properties, message)


def _say_note(file: CheckedFile, note: Note) -> str:
    if note.place is None:
        return f"note: {note.message}"
    path = file.path if note.place.file is None else locate(file.path, note.place.file)
    start = note.place.range.start
    return f"{path}:{start.line + 1}:{start.column + 1}: note: {note.message}"


def _command(name: str, properties: Mapping[str, str], message: str) -> str:
    said = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    return f"::{name} {said}::{_escape(sanitise(message))}\n"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(sanitise_line(text)).replace(":", "%3A").replace(",", "%2C")
