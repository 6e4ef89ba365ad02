"""What VS Code says where the server is not there, or is another program; and that it installs it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.editors.conftest import ROOT, Home
from tests.editors.texts import PLUS
from tests.editors.vscode.code_server import Window, servers, write_settings
from tests.editors.vscode.conftest import editing

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.engine("gcc")]


@pytest.fixture(scope="module")
def running(browser, module_folder, extensions) -> Iterator[tuple[Window, Home]]:
    """Give the module one VS Code, with another program `wic` on the PATH and no server anywhere."""
    programs = module_folder / "programs"
    programs.mkdir()
    yocto = programs / "wic"
    yocto.write_text("#!/bin/sh\necho wic version 0.2.0\n", encoding="utf-8")
    yocto.chmod(0o755)
    files = {PLUS.name: PLUS.content}
    with editing(browser, module_folder, extensions, files, {}, path=programs) as running:
        yield running


@pytest.fixture
def set_settings(running) -> Iterator[Callable[..., None]]:
    """Give a test what writes the user's settings, which VS Code then takes up."""
    window, home = running

    def write(**settings: object) -> None:
        write_settings(home.home / "data", {f"wic.{name}": value for name, value in settings.items()})

    yield write
    window.run("Notifications: Clear All Notifications")
    write()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere/wic", "There is no program {path}."),
        ("programs/wic", "{path} is no wic: asked for its version, it says: wic version 0.2.0"),
    ],
)
def test_a_wrong_path_is_said(running, set_settings, module_folder, name, why):
    """The message names the setting, the path and what is wrong with it; no other program is taken for it."""
    window, _ = running
    path = str(module_folder / name)
    window.open_file(PLUS.name)
    set_settings(path=[path])
    said = window.notification("The setting wic.path names no server.")
    expect(said).to_contain_text(why.format(path=path))
    expect(window.status).to_have_attribute("aria-label", re.compile(f"wic: no server.*{re.escape(path)}"))
    window.shoot(f"wrong-{name.partition('/')[0]}")


def test_an_installation_that_fails_says_why(running, set_settings):
    """It shows pip's own last words, and leaves no server behind."""
    window, _ = running
    set_settings(installFrom="/nowhere/wic-lsp")
    window.open_file(PLUS.name)
    window.run("Wic: Install or Update the Server")
    failure = window.notification("wic could not be installed.")
    expect(failure).to_contain_text("/nowhere/wic-lsp")
    window.shoot("failed-installation")
    expect(window.status).to_contain_text("wic: no server")


def test_a_server_that_is_not_there_is_offered_and_installed(running, set_settings):
    """The offer stands though another `wic` is on the PATH; taken, it leads to a squiggle.

    The server is installed from this clone, by venv and pip, into the extension's own folder.
    """
    window, home = running
    set_settings(installFrom=str(ROOT))
    window.open_file(PLUS.name)
    window.run("Wic: Restart Server")
    offer = window.notification("was not found on this machine")
    expect(offer).to_be_visible()
    expect(window.status).to_contain_text("wic: no server")
    window.shoot("offer")
    offer.get_by_role("button", name="Install").click()
    expect(window.notification("Installing wic")).to_be_visible()
    window.shoot("installing")
    expect(window.status).to_contain_text("wic: 1 error", timeout=200_000)
    expect(window.squiggles).to_have_count(1)
    window.shoot("installed")
    (server,) = servers(home, "serve")
    own = home.home / "data/User/globalStorage/wic-lsp.wic-lsp/venv/bin/wic"
    assert str(own).encode() in Path(f"/proc/{server}/cmdline").read_bytes()
    shutil.rmtree(own.parents[1])
    window.run("Wic: Restart Server")
    expect(window.status).to_contain_text("wic: no server")
