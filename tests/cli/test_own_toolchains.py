"""A compiler of the user's own, by the file of docs/own-toolchains.md, as the commands use it."""

from __future__ import annotations

import json

import pytest

from tests.own_toolchains import file_of

pytestmark = pytest.mark.engine("sandbox")

BAD = "section .text\nfoo\n\tmoov ebx, 2\n"


def place(line, start, end):
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}


def brief(result):
    return [(one["severity"], one["message"], one["range"], one.get("code")) for one in result["diagnostics"]]


@pytest.fixture
def nasm(wic, missing_engine):
    """Give the command with NASM made known by the page's file."""
    wic.write("config/wic/toolchains/nasm.toml", file_of("nasm"))
    listed = json.loads(wic("toolchains", "--format", "json").out)["toolchains"]
    if not any(one["usable"] and one["id"].startswith("nasm") for one in listed):
        missing_engine("nasm is not installed for sandbox")
    return wic


def test_the_pages_compiler_checks_a_file(nasm):
    """Exactly what it says, each where it is."""
    nasm.write("bad.asm", BAD)
    ended = nasm("check", "--format", "json", "bad.asm")
    assert (ended.code, ended.err) == (1, "")
    assert ended.result["toolchain"].startswith("nasm-2.")
    assert brief(ended.result) == [
        (
            2,
            "label alone on a line without a colon might be in error",
            place(1, 0, 3),
            "-w+label-orphan",
        ),
        (1, "parser: instruction expected", place(2, 1, 12), None),
    ]
    nasm.write("good.asm", "main:\n\tret\n")
    assert nasm("check", "good.asm").code == 0


def test_its_blocks_in_markdown_are_checked(nasm):
    """By its name, and by an ending of its files; each where it stands."""
    nasm.write(
        "a.md",
        "# Title\n\n- ```nasm\n  main: moov eax, 1\n  ```\n\n```asm\nmain: ret\n```\n```x86\nno\n```\n",
    )
    ended = nasm("check", "--format", "json", "a.md")
    assert [brief(one) for one in ended.results] == [
        [(1, "parser: instruction expected", place(3, 2, 19), None)],
        [],
    ]


def test_its_flags_are_those_that_the_file_allows(nasm):
    """In settings, on the command line, and in a comment of its language."""
    nasm.write("bad.asm", BAD)
    ended = nasm("check", "--flag=-w-label-orphan", "bad.asm")
    assert "label alone" not in ended.out
    nasm.write("quiet.asm", f"; wic: nasm -w-label-orphan\n{BAD}")
    ended = nasm("check", "quiet.asm")
    assert ended.code == 1
    assert "label alone" not in ended.out
    nasm.configure('flags.nasm = ["-w-label-orphan"]\n')
    ended = nasm("check", "bad.asm")
    assert ended.err == ""
    assert "label alone" not in ended.out
    ended = nasm("check", "--flag=-I/etc", "bad.asm")
    assert ended.code == 2
    assert "'-I/etc' is not allowed for nasm" in ended.out


def test_it_is_listed_like_ours(nasm):
    """By `wic toolchains` and by the doctor, who says as well which file it is of."""
    lines = [line.split() for line in nasm("toolchains").out.splitlines() if "nasm" in line]
    assert [line[:3] for line in lines if line[0] == "sandbox"] == [["sandbox", "Assembly", lines[0][2]]]
    report = json.loads(nasm("doctor", "--format", "json").out)
    assert report["ownToolchains"] == {
        "path": str(nasm.folder / "config/wic/toolchains"),
        "families": {"nasm": "nasm.toml"},
        "problems": [],
    }
    (choice,) = (one for one in report["choice"] if one["language"] == "nasm")
    assert choice["toolchain"].startswith("nasm-2.")


def test_a_broken_file_is_told_and_the_others_count(nasm):
    """One line on stderr for each mistake, and the doctor has them too; the check goes on."""
    nasm.write("bad.asm", BAD)
    broken = nasm.write("config/wic/toolchains/broken.toml", 'family = "x"\n')
    told = [f"wic: {broken}: {key} is missing; it is passed over." for key in ("languages", "dialects")]
    ended = nasm("check", "bad.asm")
    assert (ended.code, ended.err.splitlines()) == (1, told)
    assert nasm("toolchains").err.splitlines() == told
    doctor = nasm("doctor").out.splitlines()
    assert [f"wic: {line.strip()}" for line in doctor if str(broken) in line] == told


def test_a_pattern_that_takes_for_ever_is_an_error(nasm):
    """What the compiler wrote is then never shown as clean."""
    nasm.write(
        "config/wic/toolchains/nasm.toml",
        file_of("nasm").replace(
            'parser = "gcc-text"', "parser = \"pattern\"\npattern = '(?P<message>(?:\\w+)+)!(?P<line>1)'"
        ),
    )
    nasm.write("bad.asm", f"%warning {'a' * 60}\n")
    ended = nasm("check", "bad.asm")
    assert ended.code == 1
    assert "could not be read: matching its pattern takes more than 1 s" in ended.out


def test_a_workspaces_folder_makes_no_compiler_known(wic):
    """Only the user's own says which programs run."""
    for folder in ("toolchains", ".wic/toolchains", "wic/toolchains", ".config/wic/toolchains"):
        wic.write(f"{folder}/nasm.toml", file_of("nasm"))
    wic.write("bad.asm", BAD)
    ended = wic("check", "bad.asm")
    assert ended.code == 2
    assert "bad.asm is in no language that is known." in ended.out
