"""Write down, under `expected/`, what the parsers make of every capture, for a person to review.

What stands there is a claim about what the user should see, not about what the parsers do: read the diff
that this makes before it is committed. Run it as `python -m tests.corpus.expect`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.corpus.capture import HERE, TOOLCHAINS, case_files, folder_of, main_file
from wic_lsp.model import Finding, Note, Range
from wic_lsp.parsers import PARSERS
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import SourceText

MOST_NOTES = 6


def read_sources(case: Path) -> Sources:
    """Return the case's files as a parser gets them."""
    texts = {name: SourceText(path.read_bytes().decode()) for name, path in case_files(case).items()}
    return Sources(main_file(case), texts)


def parse_capture(toolchain: str, case: str) -> tuple[Finding, ...]:
    """Parse one capture with its toolchain's parser."""
    captured = json.loads((HERE / "captures" / toolchain / f"{case}.json").read_text())
    stdout, stderr = (captured[name].encode("utf-8", "surrogateescape") for name in ("stdout", "stderr"))
    return PARSERS[TOOLCHAINS[toolchain].parser](stdout, stderr, read_sources(folder_of(toolchain, case)))


def _span(range_: Range) -> str:
    return f"{range_.start.line}:{range_.start.column}-{range_.end.line}:{range_.end.column}"


def _note(note: Note) -> str:
    if note.place is None:
        return note.message
    return f"{note.message} @ {note.place.file or ''} {_span(note.place.range)}"


def as_expected(finding: Finding, source: SourceText) -> dict[str, object]:
    """Return the finding in the form of the expected files: ranges as line:column, and the text they cover.

    Of many notes the first are written out, and all are counted.
    """
    range_ = finding.place.range
    covered = source.text[source.offset_of(range_.start) : source.offset_of(range_.end)]
    expected: dict[str, object] = {
        "severity": finding.severity.name,
        "message": finding.message,
        "range": _span(range_),
        "covers": covered if len(covered) < 80 else covered[:40] + "…",
    }
    if finding.code is not None:
        expected |= {"code": finding.code, "code_url": finding.code_url}
    if finding.notes:
        expected |= {
            "note_count": len(finding.notes),
            "notes": [_note(note) for note in finding.notes[:MOST_NOTES]],
        }
    if finding.fixes:
        expected["fixes"] = [
            {
                "title": fix.title,
                "is_sure": fix.is_sure,
                "edits": [f"{_span(edit.range)} {edit.new_text!r}" for edit in fix.edits],
            }
            for fix in finding.fixes
        ]
    return expected


def expect(toolchain: str, case: str) -> list[dict[str, object]]:
    """Return what the parsers make of one capture."""
    source = read_sources(folder_of(toolchain, case))
    return [as_expected(finding, source.texts[source.main]) for finding in parse_capture(toolchain, case)]


def main() -> None:
    """Rewrite the expected files of the named toolchains, or of all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("toolchains", nargs="*", choices=[*sorted(TOOLCHAINS), []], metavar="toolchain")
    options = parser.parse_args()
    for toolchain in options.toolchains or sorted(TOOLCHAINS):
        target = HERE / "expected" / toolchain
        target.mkdir(parents=True, exist_ok=True)
        for captured in sorted((HERE / "captures" / toolchain).iterdir()):
            text = json.dumps(expect(toolchain, captured.stem), indent=1, ensure_ascii=False)
            (target / captured.name).write_text(text + "\n")


if __name__ == "__main__":
    main()
