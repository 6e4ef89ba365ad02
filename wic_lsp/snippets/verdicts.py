"""What a compiler's result means for a block, by what its author says of it.

A block that must fail is right when it does. Its errors stay readable and are errors no longer, and lose
their fixes, which would make it what it must not be. One that compiles is an error, said where the author
says otherwise. What was not compiled to its end says nothing, whatever was expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from wic_lsp.model import Block, CheckResult, Expectation, Finding, Place, Severity

MUST_FAIL_CODE: Final = "wic-must-fail"


def judge(block: Block, result: CheckResult) -> CheckResult:
    """Return the result of a block's snippet as the block's: with what is wrong about its attributes."""
    result = replace(result, block=block.openings[0])
    if block.attributes.expectation is Expectation.COMPILES or not result.is_complete:
        return replace(result, findings=(*block.problems, *result.findings))
    own = tuple(_own_and_expected(block, result.findings))
    return replace(result, findings=(*block.problems, *_unexpected(block, result), *own))


def _own_and_expected(block: Block, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Leave out what is said of the blocks that it continues, except errors: those are its doing."""
    first = block.openings[0].start.line
    for finding in findings:
        if finding.severity is Severity.ERROR:
            yield replace(finding, severity=Severity.INFORMATION, fixes=())
        elif finding.place.file is not None or finding.place.range.start.line >= first:
            yield finding


def _unexpected(block: Block, result: CheckResult) -> Iterator[Finding]:
    place = Place(None, block.said_at)
    if not result.has_error:
        message = "This block must not compile, and it does."
        yield Finding(Severity.ERROR, message, place, code=MUST_FAIL_CODE)
        return
    said = [one.code for one in result.findings if one.severity is Severity.ERROR and one.code]
    missing = [code for code in block.attributes.codes if code not in said]
    if missing:
        instead = f" The compiler said {', '.join(dict.fromkeys(said))}." if said else ""
        message = f"This block must fail with {', '.join(missing)}.{instead}"
        yield Finding(Severity.ERROR, message, place, code=MUST_FAIL_CODE)
