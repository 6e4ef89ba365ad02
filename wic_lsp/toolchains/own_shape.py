"""What a file of the user's own must look like: every key that a family's file can have, and its values.

Our own files are of the same shape. Which keys go together is `own`'s to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast

from wic_lsp.toolchains.reading import AFTER, COLUMNS, GRADES, LAST
from wic_lsp.toolchains.shapes import (
    Check,
    Each,
    Shape,
    count,
    each,
    expression,
    expressions,
    flag,
    like,
    one_of,
    text,
    texts,
    words,
)

PARSERS_OF_ANY: Final = ("gcc-text", "pattern", "sarif")
"""The parsers that are made for no compiler in particular."""

PARSERS_OF_ONE: Final = (
    "clang-text", "gcc-json", "gcc-sarif", "go-text", "javac", "python-json", "rustc-json", "tsc-text",
    "zig-text",
)  # fmt: skip
"""The parsers that are made for one compiler, or for what speaks like it."""

GROUPS: Final = ("file", "line", "column", "end_line", "end_column", "severity", "code", "message")
"""What a pattern's groups can be called."""

_FAMILY: Final = r"[a-z][a-z0-9_+]*"
"""Without a hyphen: what begins with `gcc-` is one of GCC's toolchains."""

_NAME: Final = r"[a-z][a-z0-9_+#]*(?:-[a-z][a-z0-9_+#]*)*"
_VERSION: Final = r"\d{1,9}(?:\.\d{1,9})*"


def _version(value: object) -> str | None:
    is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    is_text = isinstance(value, str) and re.fullmatch(_VERSION, value) is not None
    return None if is_number or is_text else 'a whole number, or a version in quotes as "1.80"'


def _template(name: str) -> Check:
    """Take what is filled in, and an empty text."""
    description = f"a text with {{{name}}} in it, once, and no other braces"
    return like(rf"(?:[^{{}}]*\{{{name}\}}[^{{}}]*)?", description)


def _with(name: str) -> Check:
    """Take words of which some are filled in."""
    word = like(rf"[^{{}}]*(?:\{{{name}\}}[^{{}}]*)?", "")
    return each(word, f"a list of words, with {{{name}}} in them and no other braces")


def _finds_version(value: object) -> str | None:
    wrong = expression(value)
    if wrong is None and re.compile(cast("str", value)).groups < 1:
        return "a regular expression whose first group is the version"
    return wrong


def _severities(value: object) -> str | None:
    is_right = isinstance(value, Mapping) and all(
        isinstance(said, str) and said in GRADES for said in value.values()
    )
    return None if is_right else f"a table from the compiler's words to {', '.join(GRADES)}"


_ENDINGS: Final = each(like(r"\.[^\s/]{1,32}", ""), 'a list of endings, as [".x"]')
_PLACE: Final = r"\{(?:program|launcher|folder|prefix)\}"
_ROOT: Final = like(rf"(?:/|{_PLACE}).*", "")
_AROUND: Final = Shape({"argv": words, "environment": texts})
_LIBRARY: Final = Shape(
    {
        "imports": one_of("go"),
        "member": _template("name"),
        "making": words,
        "files": texts,
        "roots": each(like(r"/.*", ""), "a list of absolute paths"),
        "seconds": count,
        "argv": words,
        "plain_argv": words,
    },
    needed=("imports", "member", "making", "files", "roots", "seconds", "argv", "plain_argv"),
)
SHAPE: Final = Shape(
    {
        "family": like(_FAMILY, "a name in small letters and digits, as nasm"),
        "title": text,
        "image": _template("version"),
        "versions": each(_version, 'a list of versions, each a whole number or in quotes as "1.80"'),
        "folders": words,
        "roots": each(
            _ROOT, "a list of absolute paths, or ones that begin with {program}, {folder} or {prefix}"
        ),
        "environment": texts,
        "on_host": _AROUND,
        "in_image": _AROUND,
        "files": texts,
        "version": Shape({"argv": words, "pattern": _finds_version}),
        "needs": Shape(
            {
                "tmp_megabytes": count,
                "address_megabytes": count,
                "processes": count,
                "open_files": count,
                "own_path": flag,
            }
        ),
        "flags": Shape({"standard": _template("standard"), "allowed": expressions}),
        "explain": Shape(
            {
                "argv": _with("code"),
                "pattern": expression,
                "fences": expression,
                "highlight": text,
            },
            needed=("argv", "pattern"),
        ),
        "manual": Shape(
            {"newest": text, "edition": _template("version"), "versions": expression},
            needed=("newest", "edition", "versions"),
        ),
        "languages": Each(
            Shape(
                {
                    "title": text,
                    "editor": words,
                    "endings": _ENDINGS,
                    "header_endings": _ENDINGS,
                    "comment": text,
                    "block_comment": each(
                        like(r"\S+", ""), "a list of two texts: what begins one, and ends it"
                    ),
                    "words": words,
                    "program": like(r"[^\s/]+", "the program's bare name, as nasm"),
                    "programs": expression,
                    "launcher": expression,
                    "argv": words,
                    "header_argv": words,
                    "standards": expression,
                    "names_companions": flag,
                    "where": Each(Shape({"text": expression, "argv": words}, needed=("text", "argv"))),
                },
                needed=("program",),
            ),
            re.compile(_NAME),
        ),
        "dialects": Each(
            Shape(
                {
                    "from": _version,
                    "answer": expression,
                    "parser": one_of(*PARSERS_OF_ANY, *PARSERS_OF_ONE),
                    "argv": words,
                    "plain_argv": words,
                    "standard": _with("standard"),
                    "slow": text,
                    "provisional": flag,
                    "library": _LIBRARY,
                    "pattern": expression,
                    "note_pattern": expression,
                    "columns": one_of(*COLUMNS),
                    "first_column": one_of(0, 1),
                    "end_column": one_of(AFTER, LAST),
                    "severities": _severities,
                },
                needed=("parser",),
            )
        ),
    },
    needed=("family", "languages", "dialects"),
)
