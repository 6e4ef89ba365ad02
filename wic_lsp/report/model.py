"""What every report is made of: a checked file, what to say where it was not checked, where files lie.

Values and pure functions; the formats beside this module decide how they look.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from wic_lsp.model import CheckResult
from wic_runtimes.contract import SOURCE_DIR, Outcome

EXIT_CLEAN: Final = 0
EXIT_ERRORS: Final = 1
EXIT_NOT_CHECKED: Final = 2

_REASONS: Final[Mapping[Outcome | None, str]] = {
    None: "Nothing was compiled.",
    Outcome.TIMED_OUT: "The compiler did not end in time.",
    Outcome.OUT_OF_MEMORY: "The compiler ran out of memory.",
    Outcome.OUTPUT_LIMIT: "The compiler wrote more than is accepted.",
    Outcome.CRASHED: "The compiler crashed.",
}


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One file with what became of each of its snippets on each toolchain.

    `path` is as the user wrote it and `text` is what was compiled; the results' positions are of `text`.
    `absolute` is where the file lies, for formats that must say it; empty where that is not known.
    """

    path: str
    text: str
    results: tuple[CheckResult, ...]
    absolute: str = ""


def exit_code(files: Sequence[CheckedFile]) -> int:
    """Return 0 if all compiled without an error, 1 if some did not, 2 if something could not be checked."""
    results = [result for file in files for result in file.results]
    if not all(result.is_complete for result in results):
        return EXIT_NOT_CHECKED
    return EXIT_ERRORS if any(result.has_error for result in results) else EXIT_CLEAN


def outcome_name(result: CheckResult) -> str:
    """Name the outcome for machines; `not_run` where nothing was compiled."""
    return "not_run" if result.outcome is None else result.outcome.value


def reason_of(result: CheckResult) -> str:
    """Say in a sentence why the result is not complete."""
    return result.reason.strip() or _REASONS.get(result.outcome, "")


def explain(result: CheckResult) -> str:
    """Say why the result is not complete and what to do about it."""
    return " ".join(filter(None, [_sentence(reason_of(result)), _sentence(result.remedy)]))


def to_uri(path: str) -> str:
    """Turn an absolute path into a file URI and a relative one into a relative reference (RFC 3986, 4.2)."""
    try:
        quoted = quote(path, errors="surrogateescape")
    except UnicodeEncodeError:
        quoted = quote(path, errors="replace")
    return f"file://{quoted}" if path.startswith("/") else quoted


def locate(checked_path: str, file: str) -> str:
    """Return the path of a file that the compiler named while it compiled `checked_path`.

    The job's own file lies in SOURCE_DIR inside the runtime and beside the checked file outside; others are
    named as they lie from there.
    """
    named = PurePosixPath(file)
    if named.is_relative_to(SOURCE_DIR):
        named = named.relative_to(SOURCE_DIR)
    return posixpath.normpath(PurePosixPath(checked_path).parent / named)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else text + "."
