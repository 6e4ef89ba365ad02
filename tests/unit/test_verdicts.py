"""What a result means for a block that must compile, and for one that must not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wic_lsp.model import CheckResult, Edit, Finding, Fix, Place, Position, Range, Severity
from wic_lsp.snippets.markdown import extract
from wic_lsp.snippets.verdicts import MUST_FAIL_CODE, judge
from wic_runtimes.contract import Outcome


def at(line):
    return Place(None, Range(Position(line, 0), Position(line, 1)))


ERROR = Finding(
    Severity.ERROR, "e", at(4), code="E1", fixes=(Fix("f", (Edit(at(4).range, ""),), is_sure=True),)
)
WARNING = Finding(Severity.WARNING, "w", at(4))
CLEAN = CheckResult("gcc-12", "fake", Outcome.FINISHED)
DOCUMENT = "```c\na\n```\n```c wic:continue wic:must-fail{words}\nb\n```\n"


def block(words=""):
    return extract(DOCUMENT.format(words=words))[-1]


def test_a_block_that_must_compile_is_what_the_compiler_says():
    """Its findings are left as they are, what is wrong about its attributes comes first, and it is named."""
    (plain, wrong) = extract("```c\na\n```\n```c wic:x\nb\n```\n")
    result = replace(CLEAN, findings=(ERROR, WARNING))
    assert judge(plain, result) == replace(result, block=plain.openings[0])
    assert judge(wrong, result).findings == (*wrong.problems, ERROR, WARNING)


def test_a_block_that_must_fail_and_compiles_is_an_error_on_its_info_string():
    """Where the author says that it must."""
    (finding,) = judge(block(), CLEAN).findings
    assert (finding.severity, finding.code) == (Severity.ERROR, MUST_FAIL_CODE)
    assert finding.message == "This block must not compile, and it does."
    assert finding.place.range == Range(Position(3, 3), Position(3, 31))


def test_warnings_are_no_failure():
    """Only an error is; the warnings stay."""
    findings = judge(block(), replace(CLEAN, findings=(WARNING,))).findings
    assert [one.severity for one in findings] == [Severity.ERROR, Severity.WARNING]


def test_a_block_that_must_fail_and_does_is_right():
    """Its errors can still be read, are none any more, and nothing offers to mend them."""
    result = judge(block(), replace(CLEAN, findings=(ERROR, WARNING)))
    assert not result.has_error
    assert result.findings == (replace(ERROR, severity=Severity.INFORMATION, fixes=()), WARNING)


def test_warnings_of_what_it_continues_are_the_others():
    """They are said of the block where they are; its errors may be anywhere."""
    above, in_header = replace(WARNING, place=at(1)), replace(WARNING, place=replace(at(0), file="/h.h"))
    error = replace(ERROR, place=at(1))
    kept = judge(block(), replace(CLEAN, findings=(above, error, in_header))).findings
    assert kept == (replace(error, severity=Severity.INFORMATION, fixes=()), in_header)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("=E1", []),
        ("=E2", ["This block must fail with E2. The compiler said E1."]),
        ("=E1 wic:must-fail=E2", ["This block must fail with E2. The compiler said E1."]),
    ],
)
def test_it_must_fail_as_it_says(words, said):
    """An error of another kind is not what the author is showing."""
    result = judge(block(words), replace(CLEAN, findings=(ERROR,)))
    assert [one.message for one in result.findings if one.severity is Severity.ERROR] == said


@pytest.mark.parametrize("outcome", [None, Outcome.TIMED_OUT, Outcome.CRASHED])
def test_what_was_not_compiled_says_nothing(outcome):
    """It neither failed as it must nor compiled; problems with attributes are said nevertheless."""
    result = replace(CLEAN, outcome=outcome, reason="r")
    assert judge(block(), result) == replace(result, block=block().openings[0])
    wrong = block(" wic:x")
    assert judge(wrong, result).findings == wrong.problems
