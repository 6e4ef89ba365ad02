"""What is published: the wheel holds both packages with their data and nothing else, and can be rebuilt."""

from __future__ import annotations

import configparser
import email
import os
import shutil
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.packaging.conftest import ROOT, run
from wic_lsp import __version__


@pytest.fixture(scope="session")
def names(wheel):
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def read(wheel, name):
    with zipfile.ZipFile(wheel) as opened:
        return opened.read(f"wic_lsp-{__version__}.dist-info/{name}").decode()


def sources(folder, package):
    """Return the files of a package in the checkout, as the wheel names them."""
    return {
        str(PurePosixPath(package, path.relative_to(folder)))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_both_packages_whole(names):
    """Every module, toolchain, recipe and both marks of typing, and beside them nothing but metadata."""
    packages = {name for name in names if ".dist-info/" not in name}
    expected = sources(ROOT / "wic_lsp", "wic_lsp") | sources(ROOT / "runtimes/wic_runtimes", "wic_runtimes")
    folders = [file.parent for file in ROOT.glob("runtimes/images/*/recipe.toml")]
    recipes = set().union(*(sources(one, f"wic_runtimes/images/{one.name}") for one in folders))
    assert packages == expected | recipes
    assert {f"wic_runtimes/images/gcc/{name}" for name in ("Dockerfile", "recipe.toml")} <= recipes
    assert {"wic_lsp/py.typed", "wic_runtimes/py.typed"} <= packages
    assert {f"wic_lsp/toolchains/{name}.toml" for name in ("gcc", "clang", "languages")} <= packages


def test_the_wheel_holds_the_playgrounds_page(page, names):
    """What was built, though git does not hold it, with the licences of what it was built of; no sources."""
    files = {name.removeprefix("wic_lsp/serving/page/") for name in names if "/serving/page/" in name}
    assert files == {"index.html", "app.js", "style.css", "icon.svg", "licenses.txt"}
    ours = [name for name in names if name.startswith("wic_lsp/")]
    assert not [name for name in ours if "node_modules" in name or name.endswith(".ts")]


def test_a_clone_without_node_can_be_installed(tmp_path):
    """The page is left out, nothing is run for it, and `wic serve --playground` says what to do."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    clone = tmp_path / "clone"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, clone / name)
    assert not (clone / "wic_lsp/serving/page").exists()
    site, home = tmp_path / "site", tmp_path / "home"
    home.mkdir()
    words = ("install", "--no-input", "--no-deps", "--no-build-isolation", "--target", site, clone)
    without_node = {**os.environ, "PATH": str(home)}
    done = run(sys.executable, "-m", "pip", *words, cwd=home, env=without_node)
    assert done.returncode == 0, done.stderr
    code = (
        "import sys; from wic_lsp.cli import main; sys.exit(main(['serve', '--playground', '127.0.0.1:0']))"
    )
    own = {**without_node, "PYTHONPATH": str(site), "HOME": str(home)}
    said = run(sys.executable, "-c", code, cwd=home, env=own)
    assert (said.returncode, "make playground" in said.stderr) == (2, True)
    assert "Traceback" not in said.stderr


def test_the_wheel_is_pure_and_of_this_version(wheel):
    """One file for every platform."""
    assert wheel.name == f"wic_lsp-{__version__}-py3-none-any.whl"
    assert "Root-Is-Purelib: true" in read(wheel, "WHEEL")


def test_the_wheels_entry_points_are_the_projects(wheel):
    """Both commands, and the runtimes by the door that strangers use."""
    parser = configparser.ConfigParser()
    parser.read_string(read(wheel, "entry_points.txt"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert dict(parser["console_scripts"]) == project["scripts"]
    assert dict(parser["wic_lsp.runtimes"]) == project["entry-points"]["wic_lsp.runtimes"]
    assert {"wic", "wic-lsp"} == set(parser["console_scripts"])


def test_the_wheels_metadata_is_complete(wheel, names):
    """A licence with its text, a readme, the Python that is needed, and no tool of ours among the needs."""
    metadata = email.message_from_string(read(wheel, "METADATA"))
    assert (metadata["Name"], metadata["Version"]) == ("wic-lsp", __version__)
    assert (metadata["License-Expression"], metadata["License-File"]) == ("Apache-2.0", "LICENSE")
    assert f"wic_lsp-{__version__}.dist-info/licenses/LICENSE" in names
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload().strip()
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert not [
        line for line in needed if line.startswith(("pytest", "mypy", "ruff", "hypothesis", "hatchling"))
    ]


def test_the_source_archive_holds_what_the_wheel_is_made_of(archive, wheel, tmp_path):
    """A wheel built from the archive alone is the same wheel; no tests and no editors' folders are in it."""
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    assert {"LICENSE", "README.md", "pyproject.toml", "wic_lsp", "runtimes", "PKG-INFO"} <= {
        entry.name for entry in folder.iterdir()
    }
    assert not (folder / "tests").exists()
    done = run(
        sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "again", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    (again,) = Path(tmp_path / "again").glob("*.whl")
    assert again.read_bytes() == wheel.read_bytes()
