"""What would be published, built once for all workers, and an empty environment that it is installed into."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.playground_page import build_page
from tests.sharing import once

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 300


def run(*words, **options):
    """Run a program to its end."""
    return subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, **options)


@pytest.fixture(scope="session")
def built(shared_folder):
    """Give a folder with the wheel and the source archive of this checkout.

    The playground's page is in them where npm can build it.
    """

    def make(folder):
        if shutil.which("npm") is not None:
            build_page()
        done = run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=ROOT)
        assert done.returncode == 0, done.stderr

    return once(shared_folder, "built", make)


@pytest.fixture
def page(missing_engine):
    """Skip where the wheel's page could not be built."""
    if shutil.which("npm") is None:
        missing_engine("there is no npm to build the playground's page")


@pytest.fixture(scope="session")
def wheel(built):
    """Give the wheel."""
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def archive(built):
    """Give the source archive."""
    (archive,) = built.glob("*.tar.gz")
    return archive


@pytest.fixture(scope="session")
def installation(shared_folder, wheel):
    """Give the result of installing the wheel, with what it needs, into an environment that had nothing."""

    def make(folder):
        run(sys.executable, "-m", "venv", "--without-pip", folder / "env").check_returncode()
        python = folder / "env" / "bin" / "python"
        done = run(
            sys.executable, "-m", "pip", "--python", python, "install", "--no-input", wheel, cwd=folder
        )
        (folder / "failure").write_text("" if done.returncode == 0 else done.stderr)

    return once(shared_folder, "installed", make)


@pytest.fixture
def environment(installation, missing_engine):
    """Give the programs' folder of that environment; skip where no package index could be reached."""
    failure = (installation / "failure").read_text()
    if "Failed to establish a new connection" in failure or "No matching distribution" in failure:
        missing_engine("the package index cannot be reached")
    assert not failure
    return installation / "env" / "bin"


@pytest.fixture
def bare():
    """Give what a user's shell has, without anything of this environment or of Python's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
    return kept | {"PATH": os.defpath.strip(":") + ":/usr/bin:/bin:/usr/sbin:/sbin"}
