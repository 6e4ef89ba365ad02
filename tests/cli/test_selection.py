"""Where `wic check` compiles: what `auto` falls back to, what it says of it, and that a choice is obeyed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache

import pytest

from tests.cli.conftest import TIMEOUT_S, Wic

pytestmark = pytest.mark.engine("docker")
SOURCE = "int main(void) { return y; }\n"
ENGINE_IS_AT = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")


@cache
def docker_health() -> dict[str, object]:
    """Say what the doctor says of Docker, once in each test process."""
    done = subprocess.run(
        [Wic.program, "doctor", "--format", "json"], capture_output=True, check=False, timeout=TIMEOUT_S
    )
    (docker,) = (one for one in json.loads(done.stdout)["runtimes"] if one["name"] == "docker")
    return docker


@pytest.fixture
def wic_with_docker(wic, missing_engine):
    """Give the command on a machine where the sandbox and an engine with the image gcc:12 work."""
    docker = docker_health()
    if not docker["usable"]:
        missing_engine(f"docker is not usable here: {docker['reason']} {docker['remedy']}")
    if not any(one["id"] == "gcc-12" and one["usable"] for one in docker["toolchains"]):
        missing_engine("the image gcc:12 is not on this engine: docker pull gcc:12")
    wic.environment |= {name: os.environ[name] for name in ENGINE_IS_AT if name in os.environ}
    wic.write("t.c", SOURCE)
    return wic


def leave_on_path(wic, *programs):
    """Take all programs from the command's PATH but these."""
    folder = wic.folder / "bin"
    folder.mkdir()
    for program in programs:
        if found := shutil.which(program):
            (folder / program).symlink_to(found)
    wic.environment["PATH"] = str(folder)


def test_without_a_compiler_on_the_machine_docker_compiles(wic_with_docker):
    """The report says where, and why there; the diagnostics are the compiler's."""
    wic = wic_with_docker
    leave_on_path(wic, "bwrap", "prlimit")
    ended = wic("check", "--format", "json", "--toolchain", "gcc-12", "t.c")
    assert (ended.code, ended.err) == (1, "")
    assert (ended.result["runtime"], ended.result["toolchain"]) == ("docker", "gcc-12")
    assert ended.result["why"].startswith("It has the toolchain; sandbox has not (")
    assert len(ended.result["diagnostics"]) == 1
    text = wic("check", "--toolchain", "gcc-12", "t.c")
    assert "; gcc-12, docker, " in text.out


def test_a_sandbox_that_was_chosen_is_not_replaced(wic_with_docker):
    """Neither on the command line nor in the user's file; nothing is compiled, and the reason is its own."""
    wic = wic_with_docker
    leave_on_path(wic, "bwrap", "prlimit")
    expected = ("not_run", "sandbox", "No C compiler was found for the runtime 'sandbox'.")
    ended = wic("check", "--format", "json", "--runtime", "sandbox", "t.c")
    assert ended.code == 2
    assert (ended.result["outcome"], ended.result["runtime"], ended.result["reason"]) == expected
    wic.configure('runtime = "sandbox"\n')
    ended = wic("check", "--format", "json", "t.c")
    assert ended.code == 2
    assert (ended.result["outcome"], ended.result["runtime"], ended.result["reason"]) == expected
    assert "docker" not in ended.result["remedy"]


@pytest.mark.parametrize("is_known", [True, False])
def test_where_the_sandbox_does_not_work_docker_compiles(wic_with_docker, is_known):
    """Whether that shows when its compiler is asked, or only at the compile since the answer was kept."""
    wic = wic_with_docker
    wic.environment["XDG_CACHE_HOME"] = str(wic.folder / "cache")
    if is_known:
        assert wic("check", "--format", "json", "t.c").result["runtime"] == "sandbox"
    leave_on_path(wic, "gcc", "bwrap")
    ended = wic("check", "--no-cache", "--format", "json", "t.c")
    assert ended.code == 1
    assert (ended.result["runtime"], len(ended.result["diagnostics"])) == ("docker", 1)
    assert ended.result["why"].startswith(
        "It has the toolchain; sandbox does not work here (The sandbox needs"
    )
    refused = wic("check", "--no-cache", "--format", "json", "--runtime", "sandbox", "t.c")
    assert (refused.code, refused.result["outcome"]) == (2, "not_run")


def test_an_image_that_is_missing_is_named_with_what_the_sandbox_has(wic_with_docker):
    """The pull is what helps; nothing is pulled, and no other version is taken."""
    wic = wic_with_docker
    leave_on_path(wic, "gcc", "bwrap", "prlimit")
    there = {one["id"] for one in docker_health()["toolchains"]}
    wanted = next(name for name in (f"clang-{major}" for major in range(9, 22)) if name not in there)
    image = f"silkeh/clang:{wanted.removeprefix('clang-')}"
    ended = wic("check", "--format", "json", "--toolchain", wanted, "t.c")
    assert ended.code == 2
    assert ended.result["reason"] == f"The image {image} is not here."
    assert image in ended.result["remedy"].partition("With sandbox: ")[0]
    assert f"There is no C toolchain '{wanted}' in the runtime 'sandbox'." in ended.result["remedy"]


def test_the_doctor_explains_the_fallback(wic_with_docker):
    """For people and for programs; something can be compiled, so the exit code is 0."""
    wic = wic_with_docker
    wic.configure('toolchains.c = "gcc-12"\ntoolchains.cpp = ["gcc-12", "gcc-99"]\n')
    leave_on_path(wic, "bwrap", "prlimit")
    ended = wic("doctor", "--format", "json")
    assert ended.code == 0
    choice = json.loads(ended.out)["choice"]
    taken = [(one["language"], one["wanted"], one["runtime"], one["toolchain"]) for one in choice]
    assert taken[:3] == [
        ("c", "gcc-12", "docker", "gcc-12"),
        ("cpp", "gcc-12", "docker", "gcc-12"),
        ("cpp", "gcc-99", None, None),
    ]
    lines = wic("doctor").out.splitlines()
    (line,) = (line for line in lines if line.startswith("  C: "))
    assert line.startswith(
        "  C: gcc-12 in docker. It has the toolchain; sandbox has not (There is no C toolchain"
    )
    (line,) = (line for line in lines if line.startswith("  C++, gcc-99: "))
    assert line.startswith(
        "  C++, gcc-99: nothing. There is no C++ toolchain 'gcc-99' in the runtime 'sandbox'."
    )


def test_the_doctor_speaks_of_the_runtime_that_the_user_chose(wic_with_docker):
    """It is the default then, and stands first."""
    wic = wic_with_docker
    wic.configure('runtime = "docker"\n[toolchains]\nc = "gcc-12"\ncpp = "gcc-12"\n')
    ended = wic("doctor")
    assert ended.code == 0
    assert ended.out.startswith("runtime docker (default): usable\n")
    assert (
        "choice of 'docker':\n"
        "  C: gcc-12 in docker. This runtime was chosen in the settings.\n"
        "  C++: gcc-12 in docker. This runtime was chosen in the settings.\n"
    ) in ended.out


@pytest.mark.parametrize("is_in_file", [True, False])
def test_what_runs_the_containers_is_asked_of_the_engine(wic_with_docker, is_in_file):
    """A class that the engine has not is an error that names it, from the file or the command line."""
    wic = wic_with_docker
    words = ["--runtime-class", "no-such-class"]
    if is_in_file:
        wic.configure('runtimeClass = "no-such-class"\n')
        words = []
    ended = wic("check", "--runtime", "docker", *words, "--toolchain", "gcc-12", "t.c")
    assert ended.code == 2
    assert "no-such-class" in ended.out
    sound = wic("check", "--runtime", "docker", "--runtime-class", "", "--toolchain", "gcc-12", "t.c")
    assert sound.code == 1
