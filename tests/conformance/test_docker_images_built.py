"""The images that we build: each compiles its languages in the runtime itself and has nothing needless."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.languages import SAMPLES, check_text
from wic_lsp.discovery import Catalogue
from wic_lsp.model import Severity
from wic_lsp.toolchains.families import families, images, languages

pytestmark = pytest.mark.engine("docker")

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(recipe.parent for recipe in (ROOT / "runtimes/images").glob("*/recipe.toml"))
ENGINE = ROOT / "tests/engines/docker"
LABEL = "dev.wic.image"
LARGEST_BYTES = 600_000_000

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


async def toolchains_in(name: str, runtime):
    """Return what the image compiles with, for each of its languages."""
    catalogue = Catalogue(runtime, families(), None)
    id_ = images()[name]
    languages_there = next(one for one in families().values() if name in one.images()).languages
    return [await catalogue.choose(language, id_) for language in languages_there]


async def test_it_compiles(name, docker_bench):
    """A correct file has nothing said about it, so the standard library is there."""
    for toolchain in await toolchains_in(name, docker_bench.runtime):
        output, findings = await check_text(
            docker_bench.runtime, toolchain, SAMPLES[toolchain.language].right
        )
        assert (output.exit_code, findings) == (0, ())


async def test_it_rejects(name, docker_bench):
    """A wrong one is rejected at its place."""
    for toolchain in await toolchains_in(name, docker_bench.runtime):
        sample = SAMPLES[toolchain.language]
        _, findings = await check_text(docker_bench.runtime, toolchain, sample.wrong)
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        assert [finding.place.range.start for finding in errors] == [sample.place], findings


async def test_it_has_the_version_that_it_is_named_after(name, docker_bench):
    """All of its programs say it."""
    ids = {toolchain.id for toolchain in await toolchains_in(name, docker_bench.runtime)}
    assert ids == {images()[name]}


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
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert set(bases) == {"debian:bookworm-slim"}
    assert any(line.startswith("ARG VERSION=") for line in lines)
    assert f'LABEL {LABEL}="{folder.name}"' in lines
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER 65534:65534"


def test_every_family_is_built_and_tried():
    """A folder that the tests make no image of, or an image that no recipe makes, would go untried."""
    assert {family(image) for image in wanted()} == {folder.name for folder in FOLDERS}
    assert set(SAMPLES) == set(languages())
    recipes = [tomllib.loads((folder / "recipe.toml").read_text()) for folder in FOLDERS]
    made = {recipe["image"].format(version=version) for recipe in recipes for version in recipe["versions"]}
    assert set(wanted()) <= made
