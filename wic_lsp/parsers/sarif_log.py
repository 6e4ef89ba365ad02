"""Find a SARIF log in what a compiler wrote, whole or not: what is the same for all that speak it.

Source: OASIS SARIF 2.1.0. Nothing here raises on any input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wic_lsp.parsers.documents import Json, decode_elements, decode_value, elements, member

_OBJECT = re.compile(r'^\{(?=\s*(?:"|\Z))', re.MULTILINE)
_RESULTS = re.compile(r'"results"\s*:\s*\[')


@dataclass(frozen=True, slots=True)
class SarifLog:
    """A log, and the text around it. Of one that `is_broken`, `rescued` are the results that are whole."""

    value: Json
    outside: str
    is_broken: bool
    rescued: tuple[Json, ...] = ()


def find_log(text: str) -> SarifLog | None:
    """Return the first log in a text, which begins a line; None where there is none."""
    match = _OBJECT.search(text)
    if match is None:
        return None
    log = decode_value(text, match.start())
    outside = text[: match.start()] + "\n" + text[log.end :]
    if elements(log.value, "runs"):
        return SarifLog(log.value, outside, is_broken=False)
    results = _RESULTS.search(text, match.start())
    rescued = decode_elements(text, results.end()).values if results is not None else ()
    return SarifLog(log.value, outside, is_broken=True, rescued=rescued)


def steps_of(result: Json) -> Iterator[Json]:
    """Yield the locations on the paths that lead to a result."""
    for flow in elements(result, "codeFlows"):
        for thread in elements(flow, "threadFlows"):
            for step in elements(thread, "locations"):
                yield member(step, "location")
