"""What the tests of all editors share: a home that is a test's own, and the server's command."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import fail_or_skip

ROOT: Final = Path(__file__).parents[2]
EDITORS: Final = ROOT / "editors"
PROGRAMS: Final = Path("/opt/wic-editors")
"""Where tests/engines/editors puts what Debian has no package of."""


@dataclass(frozen=True, slots=True)
class Home:
    """A user's folders that are a test's own; `files` is an empty workspace, and no repository."""

    home: Path
    files: Path

    def environment(self, *, path: Path | None = None, **other: str) -> Mapping[str, str]:
        """Return the environment of an editor's process: that home, and nothing of the tests' own user.

        `wic-lsp` is on its PATH; with `path`, that folder stands there instead of it.
        """
        home = str(self.home)
        own = path or Path(sys.executable).parent
        return {
            "HOME": home,
            "XDG_CONFIG_HOME": f"{home}/.config",
            "XDG_CACHE_HOME": f"{home}/.cache",
            "XDG_DATA_HOME": f"{home}/.local/share",
            "XDG_STATE_HOME": f"{home}/.local/state",
            "XDG_RUNTIME_DIR": f"{home}/run",
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "PATH": f"{own}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            **{
                name: os.environ[name]
                for name in ("http_proxy", "https_proxy", "no_proxy")
                if name in os.environ
            },
            **other,
        }

    def write(self, name: str, content: str) -> Path:
        """Write a file of the workspace."""
        file = self.files / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        return file


@pytest.fixture
def home(tmp_path) -> Home:
    """Give a test a home and a workspace of its own."""
    return make_home(tmp_path)


def make_home(folder: Path) -> Home:
    """Make a home and a workspace in a folder."""
    found = Home(folder / "home", folder / "files")
    for one in (found.home / "run", found.files):
        one.mkdir(parents=True)
    (found.home / "run").chmod(0o700)
    return found


def find_program(*names: str) -> Path:
    """Return the first of these programs that there is, by path or by name; skip where there is none."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        fail_or_skip(f"there is no {' or '.join(names)}: tests/engines/editors/install")
    return Path(found)


@pytest.fixture(scope="session")
def server() -> Path:
    """Give the server's program, as it is installed beside the tests' Python."""
    return find_program(str(Path(sys.executable).with_name("wic-lsp")))
