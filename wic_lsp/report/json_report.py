"""The report for programs: LSP diagnostics, one object per snippet and toolchain.

Positions are LSP's, in UTF-16 units, and so are the URIs: absolute, unlike `path`, which is as the user
wrote it. The keys and their order are part of the interface and change only with `version`; a result of a
block of Markdown also has the `line` that the block begins on. A result that is not finished always says its
reason; an empty `diagnostics` means something only where `outcome` is `finished`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final

from wic_lsp.model import CheckResult, Finding
from wic_lsp.positions import Encoding, split_lines
from wic_lsp.report.model import CheckedFile, locate, outcome_name, reason_of, to_uri

VERSION: Final = 1


def render_json(files: Sequence[CheckedFile]) -> str:
    """Return one JSON object, indented, in ASCII, with the newline that ends it."""
    convert = _load_conversion()
    results = []
    for file in files:
        lines = split_lines(file.text)
        results += [
            _to_object(
                file, result, [convert(file, lines, result.toolchain, each) for each in result.findings]
            )
            for result in file.results
        ]
    return json.dumps({"version": VERSION, "results": results}, indent=2) + "\n"


def _to_object(file: CheckedFile, result: CheckResult, diagnostics: list[object]) -> dict[str, object]:
    said: dict[str, object] = {
        "path": file.path,
        "toolchain": result.toolchain,
        "runtime": result.runtime,
        "why": result.why,
        "outcome": outcome_name(result),
        "duration_s": round(result.duration_s, 6),
        "cached": result.cached,
        "diagnostics": diagnostics,
    }
    if result.block is not None:
        said["line"] = result.block.start.line
    if not result.is_complete:
        said |= {"reason": reason_of(result), "remedy": result.remedy}
    return said


def _load_conversion() -> Callable[[CheckedFile, Sequence[str], str | None, Finding], object]:
    # lsprotocol takes 0.3 s to import, which the other formats shall not pay.
    from wic_lsp.lsp.other_files import OtherFiles  # noqa: PLC0415
    from wic_lsp.lsp.to_lsp import to_diagnostic, to_json  # noqa: PLC0415

    files = OtherFiles()

    def convert(file: CheckedFile, lines: Sequence[str], toolchain: str | None, finding: Finding) -> object:
        path = file.absolute or file.path
        results = [result for result in file.results if result.companions]
        diagnostic = to_diagnostic(
            finding,
            lines,
            Encoding.UTF16,
            to_uri(path),
            source=f"wic {toolchain}" if toolchain else "wic",
            resolve_uri=lambda named: to_uri(locate(path, named)),
            others=files.of(results),
        )
        return to_json(diagnostic)

    return convert
