"""Parsers: what a compiler wrote, turned into findings. Pure functions, no IO.

Every parser has the same shape, `Parser`; a toolchain's file names its parser by a key of `PARSERS`.
"""

from __future__ import annotations

from wic_lsp.parsers.clang import parse_clang_text
from wic_lsp.parsers.gcc_json import parse_gcc_json
from wic_lsp.parsers.gcc_sarif import parse_gcc_sarif
from wic_lsp.parsers.go import parse_go_text
from wic_lsp.parsers.javac import parse_javac
from wic_lsp.parsers.python import parse_python_json
from wic_lsp.parsers.rustc import parse_rustc_json
from wic_lsp.parsers.sources import Parser
from wic_lsp.parsers.tsc import parse_tsc_text
from wic_lsp.parsers.zig import parse_zig_text

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
"""Every parser by the name that toolchains use for it."""
