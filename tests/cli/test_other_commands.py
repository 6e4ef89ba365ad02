"""`wic doctor`, `wic toolchains`, `wic gc` and `wic --version`."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from wic_lsp import __version__
from wic_lsp.toolchains.families import languages


def test_the_version_is_told(shell):
    """One line."""
    ended = shell("--version")
    assert (ended.code, ended.out) == (0, f"wic {__version__}\n")


@pytest.mark.parametrize(
    "words", [[], ["chekc"], ["check"], ["check", "--format", "xml", "a.c"], ["gc", "x"]]
)
def test_a_wrong_command_line_is_exit_code_2(shell, words):
    """The grammar goes to stderr."""
    ended = shell(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("usage: wic")


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"]])
def test_help_tells_the_exit_codes(shell, words):
    """What scripts need is where people look."""
    ended = shell(*words)
    assert ended.code == 0
    assert "0 all compiled without an error" in " ".join(ended.out.split())


@pytest.mark.engine("sandbox")
def test_the_doctor_tells_programs_what_works(wic):
    """Every runtime with its facts, every toolchain with its version; exit code 0."""
    ended = wic("doctor", "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert list(report) == ["version", "runtimes", "choice", "cache", "ownToolchains"]
    assert report["version"] == 1
    (sandbox,) = (one for one in report["runtimes"] if one["name"] == "sandbox")
    assert list(sandbox) == ["name", "usable", "default", "reason", "remedy", "facts", "toolchains"]
    assert (sandbox["usable"], sandbox["default"]) == (True, True)
    assert set(sandbox["facts"]) == {"bubblewrap", "memory", "processes", "user"}
    usable = [one for one in sandbox["toolchains"] if one["usable"]]
    assert {"c", "cpp"} <= {one["language"] for one in usable} <= set(languages())
    for one in usable:
        assert list(one) == ["id", "language", "program", "usable", "version", "parser"]
        assert one["program"].startswith("/")
        assert one["version"].startswith(one["id"].rpartition("-")[2])
    assert [one["language"] for one in report["choice"]] == list(languages())
    for one in report["choice"]:
        assert list(one) == ["language", "setting", "wanted", "runtime", "toolchain", "why", "remedy"]
    for one in report["choice"][:2]:
        assert (one["setting"], one["wanted"], one["runtime"]) == ("auto", None, "sandbox")
        assert one["toolchain"] in {each["id"] for each in usable}
        assert (one["why"], one["remedy"]) == ("It works here and has the toolchain.", "")


@pytest.mark.engine("sandbox")
def test_the_doctor_tells_people_what_works(wic):
    """The same, to be read."""
    ended = wic("doctor")
    assert (ended.code, ended.err) == (0, "")
    first, *rest = ended.out.splitlines()
    assert first == "runtime sandbox (default): usable"
    assert any(re.fullmatch(r"  C\+\+ +gcc-\d+ +[\d.]+ +/\S+", line) for line in rest)
    assert any(line.startswith("  memory: limited") for line in rest)
    choices = rest[rest.index("choice of 'auto':") + 1 :]
    for title, line in zip(("C", "C[+][+]"), choices[:2], strict=True):
        assert re.fullmatch(rf"  {title}: gcc-\d+ in sandbox\. It works here and has the toolchain\.", line)


@pytest.mark.engine("sandbox")
def test_toolchains_are_listed(wic):
    """Both ways hold the same compilers; the text says as well why there are none of a runtime's."""
    text, objects = wic("toolchains"), json.loads(wic("toolchains", "--format", "json").out)
    assert text.code == 0
    assert objects["version"] == 1
    lines = [line for line in text.out.splitlines() if not line.startswith("kubernetes: ")]
    assert [line.split()[0] for line in lines] == [one["runtime"] for one in objects["toolchains"]]
    listed = {(one["id"], one["program"]) for one in objects["toolchains"] if one["usable"]}
    usable = [line.split() for line in lines if " not usable: " not in line]
    assert listed == {(words[2], words[-1]) for words in usable}


@pytest.mark.engine("sandbox")
def test_a_machine_without_compilers_is_told_what_to_install(wic):
    """Exit code 1, unless one lies in a folder of its own; a check of C says the same, with exit code 2."""
    (wic.folder / "bin").mkdir()
    for program in ("bwrap", "prlimit"):
        if found := shutil.which(program):
            (wic.folder / "bin" / program).symlink_to(found)
    wic.environment["PATH"] = str(wic.folder / "bin")
    wic.environment["DOCKER_HOST"] = "unix:///nowhere.sock"
    choice = json.loads(wic("doctor", "--format", "json").out)["choice"]
    has_none = all(one["toolchain"] is None for one in choice)
    ended = wic("doctor")
    assert ended.code == has_none
    assert ended.out.startswith("runtime sandbox (default): usable\n")
    told = "  No compiler was found. Install one, as gcc, javac or rustc.\n"
    assert (told in ended.out) is has_none
    assert (
        "\n  C: nothing. No C compiler was found for the runtime 'sandbox'. Install one (gcc, clang), "
        "or choose another runtime. With docker: No container engine answers at unix:///nowhere.sock. "
    ) in ended.out
    assert [(one["runtime"], one["toolchain"]) for one in choice[:2]] == [(None, None)] * 2
    assert all(one["why"] and one["remedy"] for one in choice[:2])
    assert wic("toolchains").code == has_none
    wic.write("t.c", "int x;\n")
    ended = wic("check", "t.c")
    assert ended.code == 2
    assert "No C compiler was found for the runtime 'sandbox'. Install one (gcc, clang)" in ended.out


@pytest.mark.engine("sandbox")
def test_a_compiler_that_others_stand_in_for_is_left_to_the_doctor(wic, open_folder):
    """A script called gcc before the real one: the list holds what can be used, the doctor also why not."""
    (open_folder / "gcc").write_text("#!/bin/sh\n")
    (open_folder / "gcc").chmod(0o755)
    wic.environment["PATH"] = f"{open_folder}:{wic.environment['PATH']}"
    listed = json.loads(wic("toolchains", "--format", "json").out)["toolchains"]
    in_c = [one for one in listed if (one["runtime"], one["language"]) == ("sandbox", "c")]
    assert in_c
    assert all(one["usable"] for one in in_c)
    (line,) = (line for line in wic("doctor").out.splitlines() if re.match(r"  C +gcc +not usable: ", line))
    assert f"{open_folder}/gcc cannot be run in the sandbox" in line


@pytest.mark.parametrize("name", ["bin", "b\udcff"])
@pytest.mark.parametrize("mode", [0o755, 0o700])
@pytest.mark.engine("sandbox")
def test_a_compiler_that_cannot_be_used_is_listed_with_the_reason(wic, open_folder, name, mode):
    """A wrapper script, or one that only its owner can read, is neither hidden nor the end of the others.

    Its path may be any bytes, and its words have no power over the terminal.
    """
    folder = open_folder / name
    folder.mkdir(mode)
    (folder / "gcc-98").write_text('#!/bin/sh\nprintf "\\033[31mno\\n"\n')
    (folder / "gcc-98").chmod(0o755)
    wic.environment["PATH"] = f"{folder}:{wic.environment['PATH']}"
    ended = wic("doctor")
    assert ended.code == 0
    (line,) = (line for line in ended.out.splitlines() if "gcc-98" in line)
    assert "not usable: " in line
    assert "\x1b" not in ended.out
    objects = json.loads(wic("toolchains", "--format", "json").out)["toolchains"]
    (unusable,) = (one for one in objects if one["id"] == "gcc-98")
    assert (unusable["program"], unusable["usable"]) == (str(folder / "gcc-98"), False)
    assert unusable["reason"]
    wic.write("t.c", "int x;\n")
    assert wic("check", "--toolchain", "gcc-98", "t.c").code == 2


@pytest.mark.engine("sandbox")
def test_collecting_garbage_says_what_it_did(wic):
    """Exit code 0; each line names the runtime, the last one what is kept on disk."""
    ended = wic("gc")
    assert (ended.code, ended.err) == (0, "")
    runtimes = [line.partition(": ")[0] for line in ended.out.splitlines()]
    assert list(dict.fromkeys(runtimes)) == ["sandbox", "docker", "kubernetes", "results on disk"]
