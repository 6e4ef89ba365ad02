"""Go: which files of a folder are one package with the document, as `go build` chooses them for linux/amd64.

A file's name and its `//go:build` line may say that it is for other systems; one that needs C is none without
cgo, which we do not use. Where the document itself is for another system, only files for all systems go with
it. Sources: https://pkg.go.dev/cmd/go, "Build constraints"; go/build (goodOSArchFile).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_SPACE: Final = r"(?>\s+|//[^\n]*+|/\*(?s:.*?)\*/)*+"
_PACKAGE: Final = re.compile(rf"\ufeff?{_SPACE}package\s+(?P<name>\w+)")
_CONSTRAINT: Final = re.compile(
    r"^//go:build[ \t]+(?P<now>[^\r\n]*)|^//[ \t]*\+build[ \t](?P<old>[^\r\n]*)", re.MULTILINE
)
_C: Final = re.compile(r'^import\s*(?:\(\s*)?"C"', re.MULTILINE)
_TOKEN: Final = re.compile(r"\s*(?:(?P<tag>[\w.]+)|(?P<sign>&&|\|\||[!()]))")
_LONGEST: Final = 200  # so that it nests no deeper than Python does
_SYSTEM: Final = re.compile(
    r"aix|android|darwin|dragonfly|freebsd|hurd|illumos|ios|js|linux|nacl|netbsd|openbsd|plan9|"
    r"solaris|wasip1|windows|zos"
)
_MACHINE: Final = re.compile(
    r"386|amd64|amd64p32|arm|armbe|arm64|arm64be|loong64|mips|mipsle|mips64|mips64le|mips64p32|"
    r"mips64p32le|ppc|ppc64|ppc64le|riscv|riscv64|s390|s390x|sparc|sparc64|wasm"
)
_TRUE: Final = frozenset({"linux", "amd64", "unix", "gc"})
_VERSION: Final = re.compile(r"go1\.\d+")


def fellows(name: str, text: str) -> Callable[[str, str], bool] | None:
    """Return what says of another file, by its name and its text, whether it is of the document's package.

    None where the document has no package clause.
    """
    package = _PACKAGE.match(text)
    if package is None:
        return None
    is_test = name.endswith("_test.go")
    is_foreign = not is_for_us(name, text)

    def belongs(other: str, other_text: str) -> bool:
        if not other.endswith(".go") or other.startswith(("_", ".")):
            return False
        if other.endswith("_test.go") and not is_test:
            return False
        theirs = _PACKAGE.match(other_text)
        if theirs is None or theirs["name"] != package["name"] or _C.search(other_text):
            return False
        return not is_constrained(other, other_text) if is_foreign else is_for_us(other, other_text)

    return belongs


def is_constrained(name: str, text: str) -> bool:
    """Whether a file says for what systems it is."""
    return bool(_words(name)) or _expression(text) is not None


def is_for_us(name: str, text: str) -> bool:
    """Whether a file is for linux/amd64, as far as it says so by its name and its text."""
    expression = _expression(text)
    return all(word in _TRUE for word in _words(name)) and (expression is None or holds(expression))


def _words(name: str) -> tuple[str, ...]:
    """Return the system and the machine that a file's name ends with."""
    _, *words = name.removesuffix(".go").removesuffix("_test").split("_")
    last = words[-1] if words else ""
    if _MACHINE.fullmatch(last):
        return tuple(words[-2:]) if _SYSTEM.fullmatch("".join(words[-2:-1])) else (last,)
    return (last,) if _SYSTEM.fullmatch(last) else ()


def _expression(text: str) -> str | None:
    """Return what a file's build constraint says, in the newer form; None where it has none."""
    package = _PACKAGE.match(text)
    head = text[: package.start("name")] if package is not None else ""
    if "build" not in head:
        return None
    old: list[str] = []
    for match in _CONSTRAINT.finditer(head):
        if match["now"] is not None:
            return match["now"]
        options = (" && ".join(option.split(",")) for option in match["old"].split())
        old.append(" || ".join(f"({option})" for option in options))
    return " && ".join(f"({line})" for line in old) if old else None


def holds(expression: str) -> bool:
    """Whether a build constraint holds for linux/amd64; one that cannot be read does not."""
    tokens: list[str] = []
    position = 0
    expression = expression.rstrip()
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None or len(expression) > _LONGEST:
            return False
        tokens.append(match["tag"] or match["sign"])
        position = match.end()
    try:
        value, rest = _either(tokens)
    except IndexError:
        return False
    return value and not rest


def _either(tokens: list[str]) -> tuple[bool, list[str]]:
    value, tokens = _both(tokens)
    while tokens and tokens[0] == "||":
        other, tokens = _both(tokens[1:])
        value = value or other
    return value, tokens


def _both(tokens: list[str]) -> tuple[bool, list[str]]:
    value, tokens = _one(tokens)
    while tokens and tokens[0] == "&&":
        other, tokens = _one(tokens[1:])
        value = value and other
    return value, tokens


def _one(tokens: list[str]) -> tuple[bool, list[str]]:
    """Read a tag, a negation or a group. Raises IndexError where the constraint ends too early."""
    first, rest = tokens[0], tokens[1:]
    if first == "!":
        value, rest = _one(rest)
        return not value, rest
    if first == "(":
        value, rest = _either(rest)
        if rest[0] != ")":
            raise IndexError
        return value, rest[1:]
    if first in {"&&", "||", ")"}:
        raise IndexError
    return first in _TRUE or _VERSION.fullmatch(first) is not None, rest
