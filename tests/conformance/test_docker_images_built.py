"""The images that we build: each compiles C and C++ in the runtime itself and has nothing needless."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.runtimes_under_test import job_id
from wic_runtimes.contract import CompileJob, CompileOutput, JobFile, Outcome

pytestmark = pytest.mark.engine("docker")

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(recipe.parent for recipe in (ROOT / "runtimes/images").glob("*/recipe.toml"))
ENGINE = ROOT / "tests/engines/docker"
LABEL = "dev.wic.image"
LARGEST_BYTES = 600_000_000

PROGRAMS = {"gcc": ("gcc", "g++"), "clang": ("clang", "clang++")}
HELLO = {
    "main.c": '#include <stdio.h>\nint main(void) { puts("hello"); }\n',
    "main.cpp": '#include <iostream>\nint main() { std::cout << "hello\\n"; }\n',
}
OOPS = {"main.c": "int main(void) { return oops; }\n", "main.cpp": "int main(    ) { return oops; }\n"}

# Root looks, so that nothing is hidden from it.
NEEDLESS = "find / -xdev -perm /6000; find /var/lib/apt/lists /var/cache /var/log /usr/share/doc -type f"


def wanted() -> list[str]:
    """Return the images that the engine's script makes."""
    (line,) = re.findall(r'^WANTED="(.+)"$', ENGINE.read_text(), re.MULTILINE)
    return line.split()


def family(image: str) -> str:
    return image.partition(":")[0].rpartition("/")[2]


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(params=wanted())
def image(request, docker_bench, missing_engine):
    """Give each image that the engine's script makes; another's of that name is not for us to judge."""
    inspected = docker("image", "inspect", request.param)
    if inspected.returncode:
        missing_engine(f"the image {request.param} is not here: tests/engines/docker up builds it")
    (known,) = json.loads(inspected.stdout)
    if (known["Config"]["Labels"] or {}).get(LABEL) != family(request.param):
        missing_engine(f"the image {request.param} is not one that we built")
    return known


@pytest.fixture
def name(image) -> str:
    return next(tag for tag in image["RepoTags"] if tag in wanted())


@pytest.fixture(params=sorted(HELLO))
def compile_in(request, name, docker_bench):
    """Give what compiles one of several texts of a file, in C and in C++, in an image."""
    file = request.param
    program = PROGRAMS[family(name)][file == "main.cpp"]

    async def compile_text(texts: dict[str, str]) -> CompileOutput:
        files = (JobFile(file, texts[file].encode()),)
        return await docker_bench.runtime.compile(
            CompileJob(job_id(), (program, "-fsyntax-only", file), files, image=name)
        )

    return compile_text


async def test_it_compiles(compile_in):
    """A correct file has nothing said about it, so the headers and the library's are there."""
    output = await compile_in(HELLO)
    assert (output.outcome, output.exit_code) == (Outcome.FINISHED, 0), output
    assert (output.stdout, output.stderr) == (b"", b"")


async def test_it_rejects(compile_in):
    """A wrong one is rejected at its place."""
    output = await compile_in(OOPS)
    assert (output.outcome, output.exit_code) == (Outcome.FINISHED, 1), output
    assert b":1:25: error:" in output.stderr


async def test_it_has_the_version_that_it_is_named_after(name, docker_bench):
    """Both programs say it."""
    for program in PROGRAMS[family(name)]:
        output = await docker_bench.runtime.compile(
            CompileJob(job_id(), (program, "-dumpversion"), image=name)
        )
        assert output.stdout.decode().strip().partition(".")[0] == name.rpartition(":")[2], output


def test_it_is_nobodys_and_small(image: dict[str, Any]):
    """It starts as nobody, opens nothing, keeps nothing, and is of a size that can be pulled."""
    config = image["Config"]
    assert config["User"] == "65534:65534"
    assert not config.get("ExposedPorts")
    assert not config.get("Volumes")
    assert 0 < image["Size"] < LARGEST_BYTES


def test_it_has_nothing_needless(name):
    """No file that gives another's rights, no list of packages, no cache, no log."""
    found = docker("run", "--rm", "--network", "none", "--user", "0:0", name, "sh", "-c", NEEDLESS)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_it_has_what_the_runtime_works_with(name):
    """`sh`, `tar` and the small programs beside them."""
    programs = ("sh", "tar", "env", "chmod", "sleep")
    look = ("sh", "-c", 'for program; do command -v "$program"; done', "sh", *programs)
    found = docker("run", "--rm", "--network", "none", name, *look)
    assert [Path(line).name for line in found.stdout.split()] == list(programs)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_image_of_ours_is_built_from_what_is_here(folder):
    """Each Dockerfile starts from Debian's small image, takes a version, says what it is, ends as nobody."""
    lines = (folder / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("FROM ")] == ["FROM debian:bookworm-slim"]
    assert any(line.startswith("ARG VERSION=") for line in lines)
    assert f'LABEL {LABEL}="{folder.name}"' in lines
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER 65534:65534"


def test_every_family_is_built_and_tried():
    """A folder that the tests make no image of, or an image that no recipe makes, would go untried."""
    assert [folder.name for folder in FOLDERS] == sorted(PROGRAMS)
    assert {family(image) for image in wanted()} == set(PROGRAMS)
    recipes = [tomllib.loads((folder / "recipe.toml").read_text()) for folder in FOLDERS]
    made = {recipe["image"].format(version=version) for recipe in recipes for version in recipe["versions"]}
    assert set(wanted()) <= made
