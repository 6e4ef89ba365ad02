"""Which other files a text names, in each language: in its code, never in a comment or a string."""

from __future__ import annotations

import pytest

from tests.unit.companion_files import gathered, paths_of
from wic_lsp.companions import go
from wic_lsp.companions.references import Choice
from wic_lsp.companions.scan import find_package, has_companions, scan
from wic_lsp.toolchains.families import languages


def said(language, text, name="main"):
    return [one.said for one in scan(language, text, Choice(f"/w/{name}"))]


@pytest.mark.parametrize("language", ["c", "cpp"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('#include "a.h"\n', ["a.h"]),
        ('  #  include\t"../b/a.h" // why\n#include<x.h>\n', ["../b/a.h"]),
        ('#if 0\n#include "a.h"\n#endif\n', ["a.h"]),
        ('// #include "a.h"\n/* \n#include "b.h"\n*/\n', []),
        ('const char *s = "\\\n#include \\"a.h\\"\\\n";\n', []),
        ('/* x */ int a; /*\n*/\n#include "é.h"\r\n#import "i.h"\n#embed "d.bin"\n', ["é.h", "i.h", "d.bin"]),
        ('#include <a.h> // "no.h"\n#define X "x.h"\n#include X\n', []),
        ('\ufeff#include "a.h"', ["a.h"]),
    ],
)
def test_c_follows_quoted_includes(language, text, found):
    """Whatever the `#if` around them says; those in angle brackets are the compiler's own."""
    assert said(language, text) == found


def test_a_raw_string_of_cpp_includes_nothing():
    """Its lines may look like directives."""
    assert said("cpp", 'auto s = R"x(\n#include "a.h"\n)x";\n#include "b.h"\n') == ["b.h"]


def test_a_reference_knows_its_place():
    """Its offsets cover what stands in the text, quotes and all."""
    text = '/* é */\n#include "a.h"\n'
    (found,) = scan("c", text, Choice("/w/main.c"))
    assert text[found.start : found.end] == '"a.h"'
    assert [one.path for one in found.choices] == ["/w/a.h"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('const a = @import("a.zig");\nconst s = @import("std");', ["a.zig"]),
        ('// @import("a.zig")\nconst s = "@import(\\"b.zig\\")";\n', []),
        ('const t =\n    \\\\@import("a.zig")\n;\nconst d = @embedFile("d.txt");', ["d.txt"]),
        ('const c = \'"\'; const b = @import("sub/b.zig");', ["sub/b.zig"]),
    ],
)
def test_zig_follows_imports_of_files(text, found):
    """Not of modules, and not in comments or strings, those of several lines included."""
    assert said("zig", text) == found


@pytest.mark.parametrize("language", ["typescript", "javascript"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "import a, { b } from './a';\nimport \"../b\";\nexport * from './c.js'\n",
            ["./a", "../b", "./c.js"],
        ),
        (
            "import fs from 'fs'; import '@scope/x'; require('./r'); await import( /* c */ './d' )",
            ["./r", "./d"],
        ),
        (
            "import type { T } from './t'; let x: import('./u').U; import y = require('./y')",
            ["./t", "./u", "./y"],
        ),
        ("// import './a'\n/* import './b' */\nconst s = \"import './c'\";\nconst t = `import './d'`;", []),
        ("const r = /[/'\"`]/g; import './a'", ["./a"]),
        ("x.from('./a'); fooimport('./b'); a.require('./c')", []),
        ("export {\n  a,\n  b,\n}\nfrom\n'./a'\n", ["./a"]),
        ("/// <reference path=\"g.d.ts\" />\nimport '.'; import '..'", ["g.d.ts", ".", ".."]),
        ("const q = 10 / 2; const s = 'it'; import './a' // '", ["./a"]),
    ],
)
def test_scripts_follow_relative_imports(language, text, found):
    """However they are written; a package is not followed."""
    assert said(language, text, "main.ts") == found


def test_javascript_imports_types_in_comments_for_tools():
    """As tsc reads them in plain JavaScript; in TypeScript they mean nothing."""
    text = "/** @type {import('./t').T} */\nlet x;\n// import('./n')\n/* import('./m') */\n"
    assert said("javascript", text, "a.js") == ["./t"]
    assert said("typescript", text, "a.ts") == []


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("./a", ["/w/a.ts", "/w/a.tsx", "/w/a.d.ts", "/w/a.js"]),
        ("./a.js", ["/w/a.ts", "/w/a.tsx", "/w/a.d.ts", "/w/a.js"]),
        ("./a.mjs", ["/w/a.mts", "/w/a.d.mts", "/w/a.mjs"]),
        ("./a.b", ["/w/a.b.ts"]),
        ("./d.json", ["/w/d.json"]),
        ("..", ["/index.ts"]),
    ],
)
def test_a_script_is_looked_for_in_the_order_of_tsc(name, first):
    """What a file was made from goes before the file."""
    (found,) = scan("typescript", f"import '{name}'", Choice("/w/main.ts"))
    assert [one.path for one in found.choices][: len(first)] == first


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mod a;\npub(crate) mod b ;\n#[cfg(x)] mod r#c;", ["a", "b", "c"]),
        ('// mod a;\n/* /* mod b; */ mod c; */ let s = "mod d;"; let r = r#"mod e;"#; mod f;', ["f"]),
        ("let c = '\"'; mod a; let l: &'static str = \"x\"; mod b;", ["a", "b"]),
        ('#[path = "x/y.rs"] mod a;', ["x/y.rs"]),
        (
            '#[cfg_attr(unix, path = "u.rs")]\n#[cfg_attr(windows, path = "w.rs")]\nmod a;',
            ["u.rs", "w.rs", "a"],
        ),
        ('#[doc = "path = \\"x\\""] mod a;', ["a"]),
        ('const T: &str = include_str!("t.txt"); include!("i.rs");', ["t.txt", "i.rs"]),
        ("mod model { fn x() {} }\nfn modx() {}", []),
        ('fn f() { let s = "{"; } mod a { } mod b;', ["b"]),
    ],
)
def test_rust_follows_modules(text, found):
    """Not in comments, which nest, or strings; a path in an attribute goes before the name."""
    assert said("rust", text) == found


RUST = {
    "/w/main.rs": 'mod a;\nmod b { mod c; #[path = "q.rs"] mod d; }\n#[path = "odd/e.rs"] mod e;\nmod none;',
    "/w/a.rs": 'mod x; #[path = "y.rs"] mod y; mod z { mod deep; }',
    "/w/a/x/mod.rs": "mod w;",
    "/w/a/x/w.rs": "",
    "/w/y.rs": "",
    "/w/a/z/deep.rs": "",
    "/w/b/c.rs": "mod inner;",
    "/w/b/c/inner.rs": "",
    "/w/b/q.rs": "",
    "/w/odd/e.rs": "mod f;",
    "/w/odd/f.rs": "",
    "/w/x.rs": "not this one",
}


def test_rust_looks_where_the_reference_says():
    """Beside the root, a mod.rs and what a path names; in its own folder for any other file."""
    assert set(paths_of(gathered("rust", RUST))) == {path[3:] for path in RUST} - {"x.rs"}


@pytest.mark.parametrize(
    ("name", "text", "holds"),
    [
        ("a.go", "package p", True),
        ("a_linux.go", "package p", True),
        ("a_windows.go", "package p", False),
        ("a_arm64.go", "package p", False),
        ("a_linux_amd64.go", "package p", True),
        ("linux.go", "//go:build !windows\n\npackage p", True),
        ("a.go", "//go:build (linux && !cgo) || go1.20\n\npackage p", True),
        ("a.go", "//go:build ignore\n\npackage p", False),
        ("a.go", "// +build windows darwin,!amd64\n// +build gc\n\npackage p", False),
        ("a.go", "// +build linux,amd64\n\npackage p", True),
        ("a.go", "//go:build linux &&\n\npackage p", False),
        ("a.go", "//go:build " + "(" * 5000 + "\n\npackage p", False),
    ],
)
def test_go_files_are_those_for_linux(name, text, holds):
    """By the end of their names, and by what their constraints say."""
    assert go.is_for_us(name, text) is holds


GO = {
    "/w/a.go": "// Package p is.\n/* package q */ package p\n",
    "/w/b.go": "package p\n",
    "/w/c.go": "package q\n",
    "/w/b_test.go": "package p\n",
    "/w/x_test.go": "package p_test\n",
    "/w/w_windows.go": "package p\n",
    "/w/cgo.go": 'package p\n\nimport "C"\n',
    "/w/_d.go": "package p\n",
    "/w/sub/e.go": "package p\n",
    "/w/notes.txt": "package p\n",
}


@pytest.mark.parametrize(
    ("main", "others"),
    [
        ("/w/a.go", ["b.go"]),
        ("/w/b_test.go", ["a.go", "b.go"]),
        ("/w/x_test.go", []),
        ("/w/w_windows.go", ["a.go", "b.go"]),
    ],
)
def test_go_takes_the_files_of_the_package(main, others):
    """Of the same folder and name; tests only with a test, and never what is for another system."""
    assert paths_of(gathered("go", GO, main))[1:] == others


JAVA = {
    "/w/p/Main.java": "/* package q; */ package a . p;\nclass Main { Other x; }\n",
    "/w/p/Apart.java": "package a.p;\nclass Apart {}\n",
    "/w/p/Other.java": "package a.p;\nclass Other {}\n",
    "/w/p/Stray.java": "class Stray {}\n",
    "/w/p/module-info.java": "module a {}\n",
    "/w/Up.java": "package a.p;\n",
}


def test_java_takes_the_files_of_the_package():
    """Of the same folder and package, first those that the document names."""
    assert paths_of(gathered("java", JAVA)) == ["Main.java", "Other.java", "Apart.java"]
    assert paths_of(gathered("java", JAVA, "/w/p/Stray.java")) == ["Stray.java"]


def test_python_needs_nothing():
    """Only the one file is compiled, and an unknown package is none."""
    assert not has_companions("python")
    assert find_package("go", "a.go", "not go at all") is None
    assert {name for name in languages() if has_companions(name)} == set(languages()) - {"python"}


@pytest.mark.parametrize("language", sorted(languages()))
@pytest.mark.parametrize(
    "part", ["/*", "/", '"', "(/[", '#include "', "mod a{", 'r#"', "//go:build (", "`", "'", " \t\n"]
)
def test_no_text_takes_long(language, part):
    """The work grows with the text alone, so a hostile one only costs what its size says."""
    text = "package p\n" + part * 20000 + '\n#include "a"\nmod x;\nimport "./x"\n@import("x.zig")\n'
    scan(language, text, Choice("/w/main"))
    find_package(language, "main", text)
