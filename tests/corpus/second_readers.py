"""A second reader of each compiler's raw output, which knows nothing of the parsers and is quite simple.

It says of each error and each warning the first line of its message and the line that the compiler names. The
tests hold the parsers' findings against it. It must never learn from a parser: two that agree by copying tell
nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Said = Iterator[tuple[str, int]]


def read_clang(_stdout: str, stderr: str) -> Said:
    """Read the headings, which begin at the line's start."""
    for line in stderr.splitlines():
        match = re.match(r"[^ ].*?:(\d+):\d+:(?:\{.*\}:)? (?:fatal error|error|warning): (.*)", line)
        if match and not re.match(r" |\d+ \|", line):
            yield re.sub(r" \[-W[^ ]*\]$", "", match[2]), int(match[1])


def read_gcc_json(_stdout: str, stderr: str) -> Said:
    """Read the array, wherever it begins."""
    start = stderr.index("\n[{") + 1 if "\n[{" in stderr else stderr.find("[{")
    yield from _read_json(json.JSONDecoder(strict=False).raw_decode(stderr, start)[0] if start >= 0 else [])


def _read_json(diagnostics: list[dict[str, Any]]) -> Said:
    for diagnostic in diagnostics:
        if diagnostic["kind"] != "note":
            yield diagnostic["message"].split("\n")[0], diagnostic["locations"][0]["caret"]["line"]
        yield from _read_json(diagnostic.get("children", []))


def read_gcc_sarif(_stdout: str, stderr: str) -> Said:
    """Read the results; braces are doubled in them since GCC 15."""
    start = stderr.index('{"$schema"')
    log = json.JSONDecoder(strict=False).raw_decode(stderr, start)[0]
    doubles = log["runs"][0]["tool"]["driver"]["version"] >= "15"
    for result in log["runs"][0]["results"]:
        if result.get("level", "error") in {"error", "warning"}:
            text = result["message"]["text"]
            text = text.replace("{{", "{").replace("}}", "}") if doubles else text
            line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
            yield text.split("\n")[0], line


def read_rustc(_stdout: str, stderr: str) -> Said:
    """Read the objects, one on a line; what lies in another crate's macro counts where it is called."""
    for line in stderr.split("\n"):
        if not line.startswith("{"):
            continue
        said = json.loads(line)
        is_count = not said["spans"] and re.search("previous error|warnings? emitted", said["message"])
        if said["level"] in {"error", "warning"} and not is_count:
            span = next((span for span in said["spans"] if span["is_primary"]), None)
            while span and span["file_name"].startswith("/") and span["expansion"]:
                span = span["expansion"]["span"]
            yield said["message"].split("\n")[0], span["line_start"] if span else 1


def read_javac(_stdout: str, stderr: str) -> Said:
    """Read the lines that begin a message: with a place, or with the word that says how grave it is."""
    for line in stderr.split("\n"):
        if line.startswith("@"):
            _, number, *_, kind, message = line.split(":", 7)
        elif line.startswith(("error: ", "warning: ")):
            kind, message = line.split(":", 1)
            number = "1"
        else:
            continue
        if kind != "Note":
            yield re.sub(r"^\[[a-z-]+\] ", "", message.removeprefix(" ")), int(number)


def read_python(stdout: str, _stderr: str) -> Said:
    """Read the array; what has no line is shown on the first."""
    for said in json.loads(stdout):
        yield said["message"] or said["kind"], said["line"] if said["unit"] != "none" else 1


def read_tsc(stdout: str, _stderr: str) -> Said:
    """Read the lines that hold a code: those of a place begin with it."""
    for line in stdout.split("\n"):
        match = re.match(r"(?:\S+\((\d+),\d+\): )?error TS\d+: (.*)", line)
        if match:
            yield match[2], int(match[1] or 1)


def read_go(stdout: str, stderr: str) -> Said:
    """Read what begins with a file and a line; where a directive presumes another, the real one is meant."""
    for line in (*stdout.split("\n"), *stderr.split("\n")):
        match = re.match(r"[^\s:]+:(\d+)(?::\d+)?(?:\[[^:]+:(\d+)(?::\d+)?\])?: (.*)", line)
        if match:
            yield match[3], int(match[2] or match[1])
        elif line.startswith("go: "):
            yield line, 1


def read_zig(_stdout: str, stderr: str) -> Said:
    """Read what is coloured as an error is."""
    for match in re.finditer(r"\x1b\[1m[^\n\x1b]+?:(\d+):\d+: \x1b\[31merror: \x1b\[0m\x1b\[1m(.*)", stderr):
        yield match[2], int(match[1])


SECOND_READERS: dict[str, Callable[[str, str], Said]] = {
    "clang-text": read_clang,
    "gcc-json": read_gcc_json,
    "gcc-sarif": read_gcc_sarif,
    "javac": read_javac,
    "python-json": read_python,
    "go-text": read_go,
    "rustc-json": read_rustc,
    "tsc-text": read_tsc,
    "zig-text": read_zig,
}
"""Every second reader, by the name of the parser of the same output."""
