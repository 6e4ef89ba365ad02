"""Which of the changes that a compiler offers are fixes, and of which it is sure."""

from __future__ import annotations

from wic_lsp.model import Severity
from wic_lsp.parsers.findings import to_findings
from wic_lsp.parsers.gcc_json import GCC_RULER
from wic_lsp.parsers.remarks import Point, Remark, Replacement, Report, Spot
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import SourceText

SOURCES = Sources("main.c", {"main.c": SourceText("int value = other;\n")})


def part(start, end, text="x", file="main.c"):
    return Replacement(file, Point(1, start), Point(1, end), text)


def note(*parts, is_sure=False):
    return Remark(Severity.INFORMATION, "did you mean that?", replacements=parts, is_sure=is_sure)


def fixes(*parts, notes=()):
    spot = Spot("main.c", Point(1, 5))
    remark = Remark(Severity.ERROR, "bad", spot, replacements=parts, notes=notes)
    (finding,) = to_findings(Report((remark,)), SOURCES, GCC_RULER)
    return [([edit.new_text for edit in fix.edits], fix.is_sure) for fix in finding.fixes]


def test_parts_that_touch_are_one_fix():
    """Also several that are put in at one place, in the compiler's order."""
    assert fixes(part(1, 4, "a"), part(4, 4, "b"), part(4, 4, "c")) == [(["a", "b", "c"], True)]


def test_parts_that_overlap_are_no_fix():
    """No editor could carry them out."""
    assert fixes(part(1, 6), part(4, 8)) == []


def test_a_fix_that_reaches_into_another_file_is_none():
    """A half of it would be worse than nothing."""
    assert fixes(part(1, 4), part(1, 4, file="other.h")) == []


def test_of_several_sure_ones_none_is_sure():
    """They are alternatives: none may be applied unasked."""
    assert fixes(part(1, 4, "a"), notes=(note(part(1, 4, "b"), is_sure=True),)) == [
        (["a"], False),
        (["b"], False),
    ]


def test_one_sure_way_beside_guesses_stays_sure():
    """The compiler says which one it means."""
    assert fixes(part(1, 4, "a"), notes=(note(part(1, 4, "b")),)) == [(["a"], True), (["b"], False)]


def test_the_same_change_is_offered_once():
    """And is sure where the compiler is sure of it anywhere."""
    assert fixes(part(1, 4, "a"), notes=(note(part(1, 4, "a")),)) == [(["a"], True)]
