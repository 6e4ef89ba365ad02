"""What `wic check` prints: checked files in, one text out, in a format for people or for machines.

Each format is a module with one pure function; `render` chooses among them and imports only the chosen
one, so that `--format text` does not pay for lsprotocol. Nothing here compiles, reads files or prints.

No format may ever show a file that was not compiled to the end as clean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from wic_lsp.report.model import CheckedFile, exit_code

__all__ = ["FORMATS", "CheckedFile", "Format", "exit_code", "render"]

Format: TypeAlias = Literal["text", "json", "sarif", "github"]
FORMATS: Final[tuple[Format, ...]] = ("text", "json", "sarif", "github")


def render(format_: Format, files: Sequence[CheckedFile], *, colour: bool = False) -> str:
    """Return the report, with the newline that ends it; `colour` counts for `text` alone."""
    if format_ == "json":
        from wic_lsp.report.json_report import render_json  # noqa: PLC0415

        return render_json(files)
    if format_ == "sarif":
        from wic_lsp.report.sarif import render_sarif  # noqa: PLC0415

        return render_sarif(files)
    if format_ == "github":
        from wic_lsp.report.github import render_github  # noqa: PLC0415

        return render_github(files)
    from wic_lsp.report.text import render_text  # noqa: PLC0415

    return render_text(files, colour=colour)
