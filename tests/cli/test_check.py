"""`wic check` as its users meet it: exit codes, formats, choices, and every kind of file name."""

from __future__ import annotations

import json
import os
import re

import jsonschema
import pytest

from tests.unit.test_report_machines import load_sarif_schema
from wic_lsp.report import FORMATS

pytestmark = pytest.mark.engine("sandbox")

SOURCE = 'int main(){ int x = "a"; return y; }'
CLEAN = "int main(void){ return 0; }\n"


def place(line, start, end):
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}


def test_json_holds_exactly_what_the_compiler_said(wic):
    """One warning and one error, each with the range of the token that it is about; exit code 1."""
    wic.write("t.c", SOURCE)
    ended = wic("check", "--format", "json", "t.c")
    assert (ended.code, ended.err) == (1, "")
    report = json.loads(ended.out)
    assert list(report) == ["version", "results"]
    (result,) = report["results"]
    assert list(result) == [
        *("path", "toolchain", "runtime", "why", "outcome", "duration_s", "cached", "diagnostics"),
    ]
    assert (result["path"], result["runtime"], result["outcome"]) == ("t.c", "sandbox", "finished")
    assert result["toolchain"].startswith("gcc-")
    assert 0 < result["duration_s"] < 30
    assert result["cached"] is False
    assert [(one["range"], one["severity"]) for one in result["diagnostics"]] == [
        (place(0, 20, 23), 2),
        (place(0, 32, 33), 1),
    ]
    assert {one["source"] for one in result["diagnostics"]} == {f"wic {result['toolchain']}"}


@pytest.mark.parametrize("path", ["t.c", "./t.c", "sub/../t.c", "{folder}/t.c", "sub/ü b.c"])
def test_every_uri_in_json_is_an_absolute_file_uri(wic, path):
    """Editors and tools can open what a diagnostic refers to, from wherever they run."""
    wic.write("t.c", SOURCE)
    wic.write("sub/ü b.c", SOURCE)
    named = path.format(folder=wic.folder)
    ended = wic("check", "--format", "json", named)
    (related,) = [one for said in ended.result["diagnostics"] for one in said.get("relatedInformation", [])]
    file = wic.folder / ("sub/ü b.c" if "ü" in path else "t.c")
    assert related["location"]["uri"] == file.as_uri()
    assert ended.result["path"] == named


def test_a_clean_file_is_told_so(wic):
    """Exit code 0, and one line that says what was checked with what."""
    wic.write("t.c", CLEAN)
    ended = wic("check", "t.c")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("no errors in 1 file; gcc-")
    assert ended.out.count("\n") == 1


def test_warnings_alone_are_no_failure(wic):
    """A file that compiles with a warning compiles."""
    wic.write("t.c", "#warning look here\nint x;\n")
    ended = wic("check", "t.c")
    assert ended.code == 0
    assert "warning: #warning look here" in ended.out


def test_text_shows_the_line_and_the_range(wic):
    """The place from one, the line of source, and marks under the token, without colour in a pipe."""
    wic.write("t.c", SOURCE)
    ended = wic("check", "t.c")
    assert ended.code == 1
    lines = ended.out.splitlines()
    at = lines.index(" --> t.c:1:33")
    assert lines[at - 1] == "error: \u2018y\u2019 undeclared (first use in this function)"
    assert lines[at + 2 : at + 4] == [f"1 | {SOURCE}", "  | " + " " * 32 + "^"]
    assert "  | " + " " * 20 + "^^^" in lines
    assert lines[-1].startswith("1 error, 1 warning in 1 file; gcc-")
    assert "\x1b" not in ended.out


def test_sarif_is_sarif(wic):
    """What a code scanning service gets validates against the official schema."""
    wic.write("t.c", SOURCE)
    ended = wic("check", "--format", "sarif", "t.c", "missing.c")
    assert ended.code == 2
    schema = load_sarif_schema()
    log = json.loads(ended.out)
    jsonschema.validators.validator_for(schema)(schema).validate(log)
    (run,) = log["runs"]
    assert [one["level"] for one in run["results"]] == ["warning", "error"]
    assert [one["executionSuccessful"] for one in run["invocations"]] == [True, False]


def test_github_gets_commands(wic):
    """One line for each finding, in GitHub's own form."""
    wic.write("t.c", SOURCE)
    ended = wic("check", "--format", "github", "t.c")
    assert ended.code == 1
    warning, error = ended.out.splitlines()
    assert warning.startswith("::warning file=t.c,line=1,endLine=1,col=21,endColumn=24,title=gcc-")
    assert error.startswith("::error file=t.c,line=1,endLine=1,col=33,endColumn=34,title=gcc-")


UNREADABLE = {
    "missing.c": "missing.c cannot be read: No such file or directory.",
    "folder.c": "folder.c is a directory.",
    "folder": "folder is a directory.",
    "t.xyz": "t.xyz is in no language that is known.",
    "none": "none is in no language that is known.",
    "latin.c": "latin.c is not UTF-8: byte 7 is wrong.",
    "nul.c": "Line 2 holds a NUL byte, so this is not source text.",
    "large.c": "large.c has 1,048,577 bytes; at most 1,048,576 are checked.",
    "device.c": "device.c is a device or a pipe.",
    "endless.c": "endless.c is a device or a pipe.",
    "pipe.c": "pipe.c is a device or a pipe.",
    "t.c/x.c": "t.c/x.c cannot be read: Not a directory.",
    "x" * 300 + ".c": "cannot be read: File name too long.",
    "loop.c": "loop.c cannot be read: Too many levels of symbolic links.",
}


@pytest.fixture
def unreadable(wic):
    wic.write("t.c", CLEAN)
    wic.write("t.xyz", "")
    wic.write("none", "")
    wic.write("latin.c", b"// cafe\xe9\n")
    wic.write("nul.c", b"int x;\nint\0y;\n")
    wic.write("large.c", b"/" * (1024 * 1024 + 1))
    (wic.folder / "folder.c").mkdir()
    (wic.folder / "folder").mkdir()
    os.mkfifo(wic.folder / "pipe.c")
    (wic.folder / "device.c").symlink_to("/dev/null")
    (wic.folder / "endless.c").symlink_to("/dev/zero")
    (wic.folder / "loop.c").symlink_to("loop.c")
    return wic


def test_what_holds_no_source_text_is_not_checked(unreadable):
    """Each has its reason and a remedy, and nothing that could be taken for clean; the others are checked."""
    ended = unreadable("check", "--format", "json", *UNREADABLE, "t.c")
    assert ended.code == 2
    *refused, clean = ended.results
    assert [one["path"] for one in refused] == list(UNREADABLE)
    for one in refused:
        assert UNREADABLE[one["path"]] in one["reason"]
        assert one["remedy"].endswith(".") or one["remedy"].startswith("Known endings: .c ")
        assert (one["outcome"], one["diagnostics"]) == ("not_run", [])
    assert clean["outcome"] == "finished"


@pytest.mark.parametrize("name", UNREADABLE, ids=lambda name: name[:20])
def test_one_file_that_is_not_checked_is_exit_code_2(unreadable, name):
    """People read the reason first, and never "no errors"."""
    ended = unreadable("check", name)
    assert (ended.code, ended.err) == (2, "")
    assert ended.out.startswith("not checked: ")
    assert UNREADABLE[name] in ended.out
    assert "no errors" not in ended.out
    assert ended.out.splitlines()[-1].startswith("1 not checked in 1 file")


REFUSED = [
    (["--runtime", "sandbx"], "There is no runtime 'sandbx'.", "Did you mean 'sandbox'?"),
    (["--toolchain", "gc-12"], "There is no C toolchain 'gc-12'", "Did you mean 'gcc-"),
    (["--toolchain", "rustc-1"], "There is no C toolchain 'rustc-1'", "Usable: gcc-"),
    (["--flag=-fplugin=x"], "The flag '-fplugin=x' is not allowed for GCC.", "-pedantic"),
    (["--flag=-Wall", "--flag=@x"], "The flag '@x' is not allowed for GCC.", "-pedantic"),
    (["--std", "c++20"], "GCC has no standard 'c++20' for this language.", "c99"),
    (["--std", "c99 -o x"], "GCC has no standard 'c99 -o x' for this language.", "c99"),
]


@pytest.mark.parametrize(("words", "reason", "remedy"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_cannot_be_had_is_not_replaced_by_something_else(wic, words, reason, remedy):
    """An unknown runtime, toolchain, flag or standard: exit code 2, and what was probably meant."""
    wic.write("t.c", CLEAN)
    ended = wic("check", *words, "t.c")
    assert (ended.code, ended.err) == (2, "")
    assert ended.out.startswith(f"not checked: {reason}")
    assert remedy in ended.out
    assert "no errors" not in ended.out


def test_several_files_are_checked_in_the_order_given(wic):
    """The worst of them decides the exit code; each has its own result."""
    wic.write("a.c", SOURCE)
    wic.write("b.cpp", "int main() { return 0; }\n")
    ended = wic("check", "--format", "json", "b.cpp", "a.c", "b.cpp")
    assert ended.code == 1
    assert [(one["path"], len(one["diagnostics"])) for one in ended.results] == [
        ("b.cpp", 0),
        ("a.c", 2),
        ("b.cpp", 0),
    ]
    assert wic("check", "a.c", "none.c").code == 2


def test_a_file_is_checked_on_every_toolchain_that_is_named(wic, need):
    """One result each, and the text says which compiler said what."""
    need("clang")
    wic.write("t.c", SOURCE)
    ended = wic("check", "--format", "json", "--toolchain", "gcc", "--toolchain", "clang", "t.c")
    assert [one["toolchain"].partition("-")[0] for one in ended.results] == ["gcc", "clang"]
    assert all(one["outcome"] == "finished" and one["diagnostics"] for one in ended.results)
    text = wic("check", "--toolchain", "gcc", "--toolchain", "clang", "t.c").out
    assert "t.c:1:33 (only gcc-" in text
    assert "t.c:1:33 (only clang-" in text


def test_several_toolchains_end_in_a_table(wic, need):
    """What they agree on is said once, here and on GitHub; of several files each has its line."""
    need("clang")
    wic.write("t.c", "int main(void) { int idle; return 0; }\n")
    wic.write("u.c", "int x = y;\n")
    words = ("check", "--flag=-Wall", "--toolchain", "gcc", "--toolchain", "clang")
    alone = wic(*words, "t.c")
    assert (alone.code, alone.out.count("unused variable")) == (0, 1)
    assert re.search(r"t\.c:1:22 \(gcc-\d+, clang-\d+\)\n", alone.out)
    assert re.search(r"\n\ngcc-\d+ +1 warning\nclang-\d+ +1 warning\n\n1 warning in 1 file; ", alone.out)
    both = wic(*words, "t.c", "u.c")
    assert both.code == 1
    assert re.search(
        r"\n\n     gcc-\d+ +clang-\d+\nt\.c  1 warning  1 warning\nu\.c  1 error    1 error\n\n", both.out
    )
    assert wic(*words, "--format", "github", "t.c").out.count("unused variable") == 1
    said = wic(*words, "--format", "json", "t.c").results
    assert [len(one["diagnostics"]) for one in said] == [1, 1]


def test_one_toolchain_that_is_missing_spoils_the_whole(wic):
    """What the others found is shown; the exit code says that not all was done."""
    wic.write("t.c", CLEAN)
    ended = wic("check", "--format", "json", "--toolchain", "gcc", "--toolchain", "gcc-99", "t.c")
    assert ended.code == 2
    assert [one["outcome"] for one in ended.results] == ["finished", "not_run"]


@pytest.mark.parametrize(("standard", "code"), [("c++20", 0), ("c++11", 1)])
def test_the_standard_decides(wic, standard, code):
    """Concepts compile in C++20 and not in C++11."""
    wic.write("t.cpp", "template <class T> concept Any = true;\nint main() {}\n")
    assert wic("check", "--std", standard, "t.cpp").code == code


def test_a_flag_decides(wic):
    """A warning becomes an error where the user wants that."""
    wic.write("t.c", "int main(void) { int unused; return 0; }\n")
    assert wic("check", "t.c").out.startswith("no errors")
    ended = wic("check", "--format", "json", "--flag=-Wall", "--flag=-Werror", "t.c")
    assert ended.code == 1
    (diagnostic,) = ended.result["diagnostics"]
    assert diagnostic["severity"] == 1
    assert "unused" in diagnostic["message"]


NAMES = [
    *(
        "a b.c",
        "ünï😀.c",
        "new\nline.c",
        "quote'\".c",
        "$(id).c",
        "*.c",
        "a.b.c",
        "%s%n.c",
        "\x1b[31m.c",
        ".c",
    ),
    *("-flag.c", "--version.c", "-Wall.c", "@x.c"),
]


def test_any_file_name_will_do(wic):
    """The report names each file as the user did, and each is compiled as it is."""
    for name in NAMES:
        wic.write(name, SOURCE)
    ended = wic("check", "--format", "json", "--", *NAMES)
    assert ended.code == 1
    assert [one["path"] for one in ended.results] == NAMES
    assert {len(one["diagnostics"]) for one in ended.results} == {2}


def test_a_file_name_has_no_power_over_a_terminal(wic):
    """Neither an escape sequence nor a second line comes out of a name."""
    for name in NAMES:
        wic.write(name, SOURCE)
    for format_ in ("text", "github"):
        ended = wic("check", "--format", format_, "--", *NAMES)
        assert ended.code == 1
        assert "\x1b" not in ended.out
        assert "new\nline" not in ended.out
    unread = wic("check", "--", "\x1b[31m\nno errors in 1 file.c")
    assert "\x1b" not in unread.out
    assert "\nno errors" not in unread.out


def test_a_name_that_is_no_utf8_will_do(wic):
    """File names are bytes; the report is text all the same."""
    (wic.folder / "a\udcff.c").write_text(SOURCE)
    for format_ in FORMATS:
        assert wic("check", "--format", format_, "a\udcff.c").code == 1


def test_ranges_count_as_editors_do(wic):
    """A character outside the basic plane is two units in JSON and one column in text."""
    wic.write("t.c", 'int main(void){ const char *s = "😀ü"; return y; }')
    diagnostics = wic("check", "--format", "json", "t.c").result["diagnostics"]
    assert diagnostics[-1]["range"] == place(0, 46, 47)
    assert " --> t.c:1:46\n" in wic("check", "t.c").out


@pytest.mark.parametrize(
    "text", ["", "\n", "\ufeffint x;\n", "int x;\r\nint y;\r\n", "int x;\rint y;\r", "//"]
)
def test_odd_but_right_files_are_clean(wic, text):
    """Empty, with a byte-order mark, with any line ends, or without a last one."""
    wic.write("t.c", text)
    ended = wic("check", "t.c")
    assert ended.code == 0, ended.out
