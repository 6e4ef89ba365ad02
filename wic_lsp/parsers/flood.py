"""Bound what is shown: past a hundred findings, the rest is one sentence.

Errors are kept before anything else, so that code with an error never looks as if it had only warnings. A
compiler's own words for stopping early are not shown besides ours. Works on what was read, before places
are worked out for it, because a flood may be of a hundred thousand.
"""

from __future__ import annotations

from wic_lsp.model import Finding, Place, Severity
from wic_lsp.parsers.remarks import Remark

MAX_FINDINGS = 100


def keep_most_grave(remarks: tuple[Remark, ...]) -> tuple[Remark, ...]:
    """Return a hundred at most, errors before others, in the order that they were reported in."""
    if len(remarks) <= MAX_FINDINGS:
        return remarks
    by_gravity = sorted(
        range(len(remarks)), key=lambda index: (remarks[index].severity is not Severity.ERROR, index)
    )
    return tuple(remarks[index] for index in sorted(by_gravity[:MAX_FINDINGS]))


def describe_cut(reported: int, *, was_stopped: bool, place: Place) -> tuple[Finding, ...]:
    """Return the finding that says, at `place`, that there is more than is shown; none if there is not.

    `reported` is how many there were before the cut; `was_stopped` says that the compiler itself gave up.
    """
    if reported > MAX_FINDINGS:
        message = f"More than {MAX_FINDINGS} problems were reported; the rest are not shown."
    elif was_stopped:
        message = "The compiler stopped here because of too many errors; there may be more."
    else:
        return ()
    return (Finding(Severity.INFORMATION, message, place),)
