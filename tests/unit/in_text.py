"""What must hold of every place that a parser gives."""

from __future__ import annotations

from collections.abc import Iterator

from wic_lsp.model import Finding, Range
from wic_lsp.positions import SourceText


def ranges_of(finding: Finding) -> Iterator[Range]:
    """Yield the finding's own range and those that its fixes change."""
    yield finding.place.range
    yield from (edit.range for fix in finding.fixes for edit in fix.edits)


def assert_in_text(range_: Range, text: SourceText) -> None:
    """Fail for a range that ends before it begins, or that begins or ends where the text has no place."""
    assert range_.start <= range_.end
    for position in (range_.start, range_.end):
        assert text.position(text.offset_of(position)) == position
