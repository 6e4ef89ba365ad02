"""Parsers: what a compiler wrote, turned into findings. Pure functions, no IO.

Every parser has the same shape, `Parser`; a toolchain's file names its parser by a key of `PARSERS`, or of
`PARSERS_OF_ANY` for those that have to be told how the compiler writes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wic_lsp.model import Finding
from wic_lsp.parsers.clang import parse_clang_text
from wic_lsp.parsers.gcc_json import parse_gcc_json
from wic_lsp.parsers.gcc_like import parse_gcc_like
from wic_lsp.parsers.gcc_sarif import parse_gcc_sarif
from wic_lsp.parsers.go import parse_go_text
from wic_lsp.parsers.javac import parse_javac
from wic_lsp.parsers.pattern import parse_matches
from wic_lsp.parsers.python import parse_python_json
from wic_lsp.parsers.rustc import parse_rustc_json
from wic_lsp.parsers.sarif import parse_sarif
from wic_lsp.parsers.sources import Parser, Sources
from wic_lsp.parsers.tsc import parse_tsc_text
from wic_lsp.parsers.zig import parse_zig_text
from wic_lsp.toolchains.dialects import Dialect
from wic_lsp.toolchains.reading import Reading

PARSERS: dict[str, Parser] = {
    "clang-text": parse_clang_text,
    "gcc-json": parse_gcc_json,
    "gcc-sarif": parse_gcc_sarif,
    "go-text": parse_go_text,
    "javac": parse_javac,
    "python-json": parse_python_json,
    "rustc-json": parse_rustc_json,
    "tsc-text": parse_tsc_text,
    "zig-text": parse_zig_text,
}
"""Every parser that is made for one compiler, by the name that toolchains use for it."""

PARSERS_OF_ANY: dict[str, Callable[[Reading, bytes, bytes, Sources], tuple[Finding, ...]]] = {
    "gcc-text": parse_gcc_like,
    "pattern": parse_matches,
    "sarif": parse_sarif,
}
"""Every parser that is made for no compiler in particular, by name; see `Reading`."""


def parser_for(dialect: Dialect) -> Parser:
    """Return the parser of a dialect. That of patterns wants their matches in place of the output."""
    of_any = PARSERS_OF_ANY.get(dialect.parser)
    return PARSERS[dialect.parser] if of_any is None else partial(of_any, dialect.reading)
