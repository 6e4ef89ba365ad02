"""What is put around code that is no whole file: what stays outside, in which order, for each language."""

from __future__ import annotations

import re

import pytest

from wic_lsp.snippets.fenced import fenced
from wic_lsp.snippets.markdown import extract
from wic_lsp.toolchains.families import languages


def compiled(code, info, more=""):
    """Return what is compiled of a block, or of two that are joined."""
    joined = f"\n```{info} wic:continue\n{more}\n```" if more else ""
    (block,) = extract(f"```{info}\n{code}\n```{joined}")
    return block.snippet.text.splitlines()


@pytest.mark.parametrize(
    ("info", "outside", "inside", "before", "after"),
    [
        ("c", ["#include <stdio.h>"], ["puts(1);"], ["void wic_fragment(void) {"], ["}"]),
        ("c", ["#define A(x) \\", "  (x)"], ["A(1);"], ["void wic_fragment(void) {"], ["}"]),
        (
            "c",
            ["// f", "int f(int x)", "{", "  return x;", "}"],
            ["f(1);"],
            ["void wic_fragment(void) {"],
            ["}"],
        ),
        (
            "c",
            ["struct p { int x; };", "int g(", "  int x);"],
            ["struct p q = {1};"],
            ["void wic_fragment(void) {"],
            ["}"],
        ),
        ("c", ['char *s(void) { return "{"; } /* { */'], ["s();"], ["void wic_fragment(void) {"], ["}"]),
        ("c", [], ["if (x) {", "}"], ["void wic_fragment(void) {"], ["}"]),
        (
            "cpp",
            ["template <class T>", "T f(T x) {", "  return x;", "}"],
            ["f(1);"],
            ["void wic_fragment() {"],
            ["}"],
        ),
        ("cpp", ["using namespace std;", "struct P {", "};"], ["P p;"], ["void wic_fragment() {"], ["}"]),
        ("cpp", ["#include <vector>"], ["std::vector<int> v(3);"], ["void wic_fragment() {"], ["}"]),
        (
            "java",
            ["import java.util.*;", "class A {", "}"],
            ["new A();"],
            ["class WicFragment {", "void wicFragment() throws Throwable {"],
            ["}", "}"],
        ),
        (
            "go",
            ["package a", "import (", '\t"fmt"', ")", "func f() {", "}"],
            ["x := 1"],
            ["func _() {"],
            ["}"],
        ),
        (
            "js",
            ["import a from 'b';", "export const c = 1;"],
            ["await c;"],
            ["async function wicFragment() {"],
            ["}"],
        ),
        (
            "ts",
            ["import {", "  a,", "} from 'b';"],
            ["import('c');"],
            ["async function wicFragment() {"],
            ["}"],
        ),
        ("rust", ["#![allow(a)]", "extern crate b;"], ["use b::c;"], ["fn main() {"], ["}"]),
        (
            "zig",
            ['const std = @import("std");'],
            ["const x = 1;", "_ = x;"],
            ["pub fn wicFragment() anyerror!void {"],
            ["}", "comptime { _ = &wicFragment; }"],
        ),
    ],
)
def test_what_leads_a_fragment_and_must_be_outside_stays_there(info, outside, inside, before, after):
    """Imports, types and functions, whole; from the first statement on, all is inside."""
    lines = compiled("\n".join([*outside, *inside, *outside]), f"{info} wic:fragment")
    top = ["#![allow(unused)]"] if info == "rust" else []
    assert lines == [*top, *outside, *before, *inside, *outside, *after]


def test_comments_and_blank_lines_go_with_what_follows():
    """A comment on an import stays with it, one on a statement goes inside."""
    lines = compiled("/* a\n*/\n#include <b>\n\n// c\nd();", "c wic:fragment")
    assert lines == ["/* a", "*/", "#include <b>", "void wic_fragment(void) {", "", "// c", "d();", "}"]


def test_without_statements_there_is_nothing_to_wrap():
    """A comment that ends a block goes with what is before it; one alone is inside, where code would be."""
    assert compiled("int f(void);\n// end", "c wic:fragment") == ["int f(void);", "// end"]
    assert compiled("// a", "c wic:fragment") == ["void wic_fragment(void) {", "// a", "}"]


def test_what_is_no_fragment_is_compiled_as_it_is():
    """Unless its author says so, nothing is put around a block."""
    assert compiled("#include <a>\nx();", "c") == ["#include <a>", "x();"]


def test_methods_of_a_java_fragment_are_in_the_class():
    """And statements in a method beside them."""
    lines = compiled("int f(int x) {\n  return x;\n}\nf(1);", "java wic:fragment")
    assert lines == [
        "class WicFragment {",
        "int f(int x) {",
        "  return x;",
        "}",
        "void wicFragment() throws Throwable {",
        "f(1);",
        "}",
        "}",
    ]


def test_rust_is_wrapped_as_rustdoc_does():
    """In a main unless there is one; in one that may fail where the block's last words say so."""
    assert compiled("f();", "rust") == ["#![allow(unused)]", "fn main() {", "f();", "}"]
    assert compiled("fn main() {}", "rust") == ["#![allow(unused)]", "fn main() {}"]
    assert compiled("// fn main() {}", "rust") == ["#![allow(unused)]", "fn main() {", "// fn main() {}", "}"]
    assert compiled("", "rust") == ["#![allow(unused)]", "fn main() {", "", "}"]
    *_, last = compiled("f()?;\nOk::<(), E>(())", "rust")
    assert last == "} _wic_inner().unwrap() }"


def test_go_without_a_package_gets_one():
    """A file without one is none, a fragment or not."""
    assert compiled("func f() {}", "go") == ["package snippet", "func f() {}"]
    assert compiled("// a\npackage b", "go") == ["// a", "package b"]


def test_python_is_indented_and_its_columns_stay():
    """Its function has no braces: its lines get an indentation that the document does not have."""
    (block,) = extract("```python wic:fragment\nimport a\nif a:\n\n  return 1\n```")
    assert block.snippet.text.split("\n") == [
        "import a",
        "async def wic_fragment():",
        "    if a:",
        "",
        "      return 1",
        "    pass",
        "",
    ]
    assert [line.indent for line in block.snippet.lines] == [0, 0, 4, 0, 4, 0, 0]


def test_imports_of_joined_blocks_come_first():
    """Where a language wants them before all else, those of a later block go before an earlier one's code."""
    plain = compiled("class A {}", "java", "import b.C;\nclass D {}")
    assert plain == ["import b.C;", "class A {}", "class D {}"]
    lines = compiled("import a.*;\nnew A();", "java wic:fragment", "import b.*;\nnew B();")
    assert lines[:2] == ["import a.*;", "import b.*;"]
    assert lines[-4:] == ["new A();", "new B();", "}", "}"]


def test_each_table_is_of_a_language_and_its_wrappings_fit_together():
    """A name that no language has would never be used; brackets that are opened before are closed after."""
    for name in ("c", "cpp", "go", "java", "javascript", "python", "rust", "typescript", "zig"):
        assert name in languages()
        rules = fenced(name)
        for one in rules.wrappings:
            around = f"{one.outer_before}{one.before}{one.after}{one.outer_after}"
            assert around.count("{") == around.count("}")
            assert one.before
        assert rules.wrappings[-1].when.search("") is not None


def test_a_language_without_a_table_is_compiled_as_written():
    """A fragment, too: there is nothing to put around it."""
    rules = fenced("cobol")
    assert (rules.wrappings, rules.top, rules.hides) == ((), "", "")
    assert re.search(rules.head, "import x") is None
