"""Which findings say that code is unnecessary or deprecated: by each compiler's own codes, else by its words.

Editors fade out the one and strike through the other, so a tag is given only where the range shows the very
code that could go away or that is deprecated. What says that a value should have been used is about a
mistake: fading it out would say the opposite. A table and a pure function.
"""

from __future__ import annotations

import re
from typing import Final

from lsprotocol.types import DiagnosticTag

from wic_lsp.model import Finding

_IS_UNUSED: Final = "unused"
_IS_DEPRECATED: Final = "deprecated"
"""How the names of GCC's and Clang's options and of rustc's lints begin that say so."""

_NOT_UNNECESSARY: Final = frozenset(
    {
        *("unused-result", "unused-value", "unused-comparison", "unused-volatile-lvalue"),
        *("unused-getter-return-value", "unused-command-line-argument"),
        *("unused-must-use", "unused-results", "unused-comparisons", "unused-assignments"),
    }
)

_BY_CODE: Final = {
    DiagnosticTag.Unnecessary: frozenset(
        {
            *("unreachable-code", "unreachable-code-break", "unreachable-code-return"),
            *("unreachable-code-loop-increment", "unreachable-code-fallthrough"),
            *("dead-code", "unreachable-patterns", "redundant-imports", "redundant-semicolons"),
            # TypeScript's own list is `reportsUnnecessary` in its diagnosticMessages.json.
            *("TS2695", "TS6133", "TS6138", "TS6192", "TS6196", "TS6198", "TS6199", "TS6205"),
            *("TS7027", "TS7028"),
        }
    ),
    DiagnosticTag.Deprecated: frozenset(
        {
            *("-Xlint:deprecation", "-Xlint:removal", "-Xlint:dep-ann"),
            *("TS1540", "TS6385", "TS6387"),  # `reportsDeprecated`
        }
    ),
}

# Go and Zig have no codes, and javac has none for its errors.
_UNNECESSARY_WORDS: Final = re.compile(
    r"declared and not used: \S+|\S+ declared (?:and|but) not used"
    r'|"[^"]*" imported (?:as \S+ )?and not used|imported and not used: "[^"]*"(?: as \S+)?'
    r"|label \S+ defined and not used"
    r"|unused (?:local (?:constant|variable)|function parameter|capture|(?:\w+ ){1,2}label)"
    r"|unreachable (?:code|statement)"
)


def tags_of(finding: Finding) -> list[DiagnosticTag] | None:
    """Return the finding's tag; None where it has none, or is about another place than where it is shown."""
    if finding.place.file is not None or finding.origin is not None:
        return None
    if finding.code is None:
        said = _UNNECESSARY_WORDS.fullmatch(finding.message.split("\n")[0])
        return [DiagnosticTag.Unnecessary] if said else None
    name = finding.code.removeprefix("-Werror=").removeprefix("-W").replace("_", "-")
    for tag, codes in _BY_CODE.items():
        if name in codes:
            return [tag]
    if name.startswith(_IS_UNUSED) and name not in _NOT_UNNECESSARY:
        return [DiagnosticTag.Unnecessary]
    return [DiagnosticTag.Deprecated] if name.startswith(_IS_DEPRECATED) else None
