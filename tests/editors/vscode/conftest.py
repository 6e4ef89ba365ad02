"""The extension, built once and installed once, and a window to use it in."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser

from tests.conftest import fail_or_skip
from tests.editors.conftest import EDITORS, PROGRAMS, ROOT, Home, make_home
from tests.editors.vscode.code_server import (
    NODE,
    PATIENCE_MS,
    SIZE,
    Window,
    chromium,
    code_server,
    install_extension,
)
from tests.sharing import once

NOT_COPIED: Final = ("node_modules", "build", "dist", "*.vsix")


def npm(folder: Path, *words: str) -> None:
    """Run npm in a folder, with the Node that the tests have."""
    around = {**os.environ, "PATH": f"{NODE}:{os.environ['PATH']}", "npm_config_prefer_offline": "true"}
    command = ["npm", *words]
    done = subprocess.run(
        command, cwd=folder, env=around, text=True, check=False, capture_output=True, timeout=800
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"


def bring_modules(own: Path) -> None:
    """Do `npm ci`, or take what it made of the same lock file before: kept where that may be written."""
    lock = sha256((own / "package-lock.json").read_bytes()).hexdigest()[:16]
    kept = PROGRAMS / "vscode-modules" / lock / "node_modules"
    if not kept.exists():
        npm(own, "ci")
        if not os.access(PROGRAMS, os.W_OK):
            return
        kept.parent.parent.mkdir(exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=kept.parent.parent))
        shutil.move(own / "node_modules", fresh / "node_modules")
        fresh.chmod(0o755)
        try:
            fresh.rename(kept.parent)
        except OSError:  # another run of tests was faster
            shutil.rmtree(fresh)
    (own / "node_modules").symlink_to(kept)


@pytest.fixture(scope="session")
def vsix(shared_folder) -> Path:
    """Build the extension by the two commands that its README names, in a copy of what it is built from."""
    if not (NODE / "node").exists():
        fail_or_skip("there is no code-server: tests/engines/editors/install")

    def build(folder: Path) -> None:
        for name in ("LICENSE", "docs/vscode.png"):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        own = folder / "editors/vscode"
        shutil.copytree(EDITORS / "vscode", own, ignore=shutil.ignore_patterns(*NOT_COPIED))
        bring_modules(own)
        npm(own, "run", "package")

    return once(shared_folder, "vscode-build", build) / "editors/vscode/wic-lsp.vsix"


@pytest.fixture(scope="session")
def extensions(vsix, shared_folder) -> Path:
    """Give code-server's folder of extensions, in which ours has been installed by the command line."""

    def install(folder: Path) -> None:
        home = make_home(folder / "installing")
        assert "was successfully installed" in install_extension(vsix, folder / "extensions", home)

    return once(shared_folder, "vscode-extensions", install) / "extensions"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a module's tests a browser; no longer, since it keeps the event loop of its process busy."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory) -> Path:
    """Give a module a folder of its own."""
    return tmp_path_factory.mktemp("vscode")


@contextlib.contextmanager
def editing(
    browser: Browser,
    folder: Path,
    extensions: Path,
    files: Mapping[str, str],
    settings: Mapping[str, object],
    *,
    path: Path | None = None,
    asks_for_trust: bool = False,
    **other: str,
) -> Iterator[tuple[Window, Home]]:
    """Run VS Code on a folder with these files, in a home of its own, and show it in a window."""
    home = make_home(folder)
    for name, content in files.items():
        home.write(name, content)
    running = code_server(home, extensions, settings, path=path, asks_for_trust=asks_for_trust, **other)
    with running as server:
        context = browser.new_context(viewport=SIZE)
        context.set_default_timeout(PATIENCE_MS)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        window = Window(context.new_page(), folder)
        try:
            window.open(server.url, home.files)
            yield window, home
        except BaseException:
            window.shoot("failed")
            raise
        finally:
            context.close()
