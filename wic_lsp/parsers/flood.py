"""Bound what is shown: past a hundred findings, the rest is one sentence.

Compilers are asked to stop after 101 errors; warnings and notes have no such bound. Their own words for
stopping are not shown besides ours.
"""

from __future__ import annotations

from wic_lsp.model import Finding, Place, Severity

MAX_FINDINGS = 100


def cut_flood(findings: tuple[Finding, ...], *, was_stopped: bool, top: Place) -> tuple[Finding, ...]:
    """Return at most 100 findings, and one more that says so where there were more.

    `was_stopped` says that the compiler itself gave up; `top` is where to say so when it found nothing.
    """
    if len(findings) > MAX_FINDINGS:
        message = f"More than {MAX_FINDINGS} problems were reported; the rest are not shown."
        findings = findings[:MAX_FINDINGS]
    elif was_stopped:
        message = "The compiler stopped here because of too many errors; there may be more."
    else:
        return findings
    place = findings[-1].place if findings else top
    return (*findings, Finding(Severity.INFORMATION, message, place))
