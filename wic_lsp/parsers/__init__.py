"""Parsers: what a compiler wrote, turned into findings. Pure functions, no IO.

Every parser has the same shape, `Parser`; a toolchain's file names its parser by a key of `PARSERS`.
"""

from __future__ import annotations

from wic_lsp.parsers.clang import parse_clang_text
from wic_lsp.parsers.gcc_json import parse_gcc_json
from wic_lsp.parsers.gcc_sarif import parse_gcc_sarif
from wic_lsp.parsers.sources import Parser

PARSERS: dict[str, Parser] = {
    "clang-text": parse_clang_text,
    "gcc-json": parse_gcc_json,
    "gcc-sarif": parse_gcc_sarif,
}
"""Every parser by the name that toolchains use for it."""
