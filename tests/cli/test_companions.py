"""`wic check` on a file that needs others: they are found in its workspace and compiled with it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.engine("sandbox")

# By family: the files, of which the first is checked. All are right, but for `WRONG` in the second.
PROJECTS = {
    "gcc": {
        "src/main.c": '#include "../include/add.h"\nint main(void) { return add(1, 2); }\n',
        "include/add.h": '#include "deep/more.h"\nint add(int a, int b) { WRONG; return a + b + MORE; }\n',
        "include/deep/more.h": "#define MORE 1\n",
    },
    "rustc": {
        "main.rs": 'mod a;\n#[path = "odd.rs"]\nmod b;\nfn main() { assert!(a::inner::one() < b::two()) }\n',
        "a.rs": "pub mod inner;\nfn _wrong() { WRONG }\n",
        "a/inner.rs": "pub fn one() -> i32 { 1 }\n",
        "odd.rs": "pub fn two() -> i32 { 2 }\n",
    },
    "go": {
        "one.go": "package shapes\n\nfunc Double() int { return 2 * single() }\n",
        "two.go": "package shapes\n\nfunc single() int { WRONG; return 1 }\n",
        "two_windows.go": "package shapes\n\nfunc single() int { return 2 }\n",
        "one_test.go": "package shapes\n\nfunc Double() int { return 3 }\n",
        "main.go": "package main\n",
    },
    "javac": {
        "p/One.java": "package p;\nclass One { int twice() { return 2 * new Two().one(); } }\n",
        "p/Two.java": "package p;\nclass Two { int one() { return 1; } WRONG }\n",
        "p/Other.java": "package q;\nclass One { }\n",
    },
    "tsc": {
        "main.ts": "import { one } from './lib/one.js';\nexport const two: number = one() * 2;\n",
        "lib/one.ts": "import { unit } from '.';\nexport function one(): number { WRONG; return unit; }\n",
        "lib/index.ts": "export const unit = 1;\n",
    },
    "zig": {
        "main.zig": 'const one = @import("lib/one.zig");\nexport fn two() i32 { return 2 * one.one(); }\n',
        "lib/one.zig": 'const unit = @import("unit.zig");\npub fn one() i32 { WRONG; return unit.unit; }\n',
        "lib/unit.zig": "pub const unit: i32 = 1;\n",
    },
}
WRONG = {
    "gcc": "oops",
    "rustc": "oops",
    "go": "oops",
    "javac": "Oops oops;",
    "tsc": "oops",
    "zig": "_ = oops",
}


def write(wic, family, wrong=""):
    """Write a project; return its first file, and its second's path and the place of the mistake."""
    files = PROJECTS[family]
    for name, text in files.items():
        filler = {"zig": "_ = 1", "tsc": "0"}.get(family, "")
        wic.write(name, text.replace("WRONG", wrong or filler))
    main, second, *_ = files
    line, text = next((at, text) for at, text in enumerate(files[second].split("\n")) if "WRONG" in text)
    return main, second, (line, text.index("WRONG"))


@pytest.mark.parametrize("family", PROJECTS)
def test_what_a_file_needs_is_compiled_with_it(wic, need, family):
    """Over several steps, and nothing that does not belong to it."""
    need(family)
    main, _, _ = write(wic, family)
    ended = wic("check", "--format", "json", main)
    assert [one for one in ended.result["diagnostics"] if one["severity"] == 1] == []
    assert (ended.code, ended.result["outcome"]) == (0, "finished")


@pytest.mark.parametrize("family", PROJECTS)
def test_a_mistake_in_another_file_is_told_with_its_place(wic, need, family):
    """As an error of the file that is checked, which leads to the very place."""
    need(family)
    main, second, (line, column) = write(wic, family, WRONG[family])
    ended = wic("check", "--format", "json", main)
    assert ended.code == 1
    errors = [one for one in ended.result["diagnostics"] if one["severity"] == 1]
    places = [one["relatedInformation"][0]["location"] for one in errors]
    assert {place["uri"] for place in places} == {(wic.folder / second).as_uri()}
    starts = {(place["range"]["start"]["line"], place["range"]["start"]["character"]) for place in places}
    assert (line, column + WRONG[family].lower().rindex("oops") * (family == "zig")) in starts


def test_the_text_report_names_the_other_file_as_the_user_would(wic):
    """From where they are, without detours."""
    write(wic, "gcc", "oops")
    ended = wic("check", "src/main.c")
    assert "note: in ../include/add.h:2:" in ended.out
    assert "\n --> include/add.h:2:" in ended.out


def test_nothing_outside_of_the_workspace_is_read(wic, tmp_path):
    """Neither by a link nor by `..`, and that is told; the folder that the user is in is the workspace."""
    inner = tmp_path / "w"
    inner.mkdir()
    (tmp_path / "secret.h").write_text("#error the secret\n")
    (inner / "link.h").symlink_to("../secret.h")
    (inner / "a.c").write_text('#include "link.h"\n#include "../secret.h"\n')
    wic.folder = inner
    ended = wic("check", "a.c")
    assert "the secret" not in ended.out
    assert (
        "info: 'link.h' is left out. It lies outside of the workspace. [left-out]\n --> a.c:1:10\n"
        in ended.out
    )
    assert "info: '../secret.h' is left out." in ended.out


def test_a_repository_is_a_workspace(wic):
    """Wherever in it the user is."""
    (wic.folder / "p" / ".git").mkdir(parents=True)
    wic.write("p/src/a.c", '#include "../b.h"\nint x = B;\n')
    wic.write("p/b.h", "#define B 1\n")
    wic.folder /= "p/src"
    assert wic("check", "a.c").code == 0


def test_a_pipe_with_a_headers_name_is_no_header(wic):
    """It is not opened, and that is told."""
    import os

    os.mkfifo(wic.folder / "p.h")
    wic.write("a.c", '#include "p.h"\n')
    ended = wic("check", "a.c")
    assert "'p.h' is left out. It is no regular file." in ended.out
