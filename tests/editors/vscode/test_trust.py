"""What a workspace may decide: before it is trusted nothing, afterwards what the server lets it."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.editors.conftest import make_home
from tests.editors.texts import PLUS
from tests.editors.vscode.code_server import Window, install_extension, servers
from tests.editors.vscode.conftest import editing

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.engine("gcc")]

SETTINGS = {
    "wic.toolchains": {"c": ["gcc-99"]},
    "wic.runtime": "docker",
    "wic.path": "/nowhere/wic",
    "wic.server": "ws://127.0.0.1:9",
    "wic.timeoutSeconds": 30,
}


def test_a_workspaces_settings_count_when_it_is_trusted_and_its_programs_never(
    browser, module_folder, extensions
):
    """Untrusted, its toolchain is passed over; trusted, it counts. Its program and server never do.

    What the user sets reaches the server as the user's word: a workspace cannot raise it, trusted or not.
    """
    files = {
        "right.c": "int total(int count) { return count; }\n",
        ".vscode/settings.json": json.dumps(SETTINGS),
    }
    settings = {"wic.toolchains": {"c": ["gcc-12"]}, "wic.timeoutSeconds": 20, "wic.runtime": "sandbox"}
    folder = module_folder / "settings"
    folder.mkdir()
    with editing(browser, folder, extensions, files, settings, asks_for_trust=True) as (window, home):
        window.open_file("right.c")
        expect(window.status).to_contain_text("wic: clean")
        expect(window.page.locator('.statusbar-item[id="status.workspaceTrust"]')).to_contain_text(
            "Restricted Mode"
        )
        assert servers(home, "serve")
        expect(window.page.locator(".notification-toast")).to_have_count(0)
        window.shoot("untrusted")
        trust(window)
        window.open_file("right.c")
        expect(window.status).to_contain_text("wic: not checked")
        expect(window.status).to_have_attribute("aria-label", re.compile("gcc-99"))
        assert servers(home, "serve")
        assert not servers(home, "connect")
        expect(window.notification("wic.")).to_contain_text(
            "wic.timeoutSeconds cannot be raised by a workspace above your own 20; in force is 20.0."
        )
        window.shoot("trusted")


def test_the_chosen_interpreters_environment_is_looked_into_when_the_workspace_is_trusted(
    browser, module_folder, vsix
):
    """Before that not: the environment may lie in the workspace, and what is in it would be run.

    The Python extension is stood in for by one of its name, with what of its API we use.
    """
    folder = module_folder / "interpreter"
    nothing = folder / "nothing"
    nothing.mkdir(parents=True)
    extensions, installing = folder / "extensions", make_home(folder / "installing")
    for one in (vsix, make_python_extension(folder / "python.vsix")):
        install_extension(one, extensions, installing)
    own = folder / "own"
    own.mkdir()
    files = {PLUS.name: PLUS.content}
    with editing(browser, own, extensions, files, {}, path=nothing, asks_for_trust=True) as (window, home):
        window.open_file(PLUS.name)
        expect(window.status).to_contain_text("wic: no server")
        trust(window)
        window.open_file(PLUS.name)
        expect(window.status).to_contain_text("wic: 1 error")
        (server,) = servers(home, "serve")
        program = str(Path(sys.executable).with_name("wic")).encode()
        assert program in Path(f"/proc/{server}/cmdline").read_bytes()


def trust(window: Window) -> None:
    """Trust the workspace, as its user does."""
    window.run("Workspaces: Manage Workspace Trust")
    editor = window.page.locator(".workspace-trust-editor")
    editor.get_by_role("button", name="Trust", exact=True).click()
    expect(window.page.locator('.statusbar-item[id="status.workspaceTrust"]')).to_have_count(0)


def make_python_extension(file: Path) -> Path:
    """Make an extension that says of the tests' own Python that it is the chosen interpreter."""
    manifest = {
        "name": "python",
        "publisher": "ms-python",
        "version": "1.0.0",
        "engines": {"vscode": "^1.91.0"},
        "activationEvents": ["onStartupFinished"],
        "main": "./main.js",
        "capabilities": {"untrustedWorkspaces": {"supported": True}},
    }
    python = json.dumps(sys.executable)
    main = f"""
        const {{ Uri }} = require("vscode");
        exports.activate = () => ({{
          environments: {{
            getActiveEnvironmentPath: () => ({{ path: {python} }}),
            resolveEnvironment: async ({{ path }}) => ({{ executable: {{ uri: Uri.file(path) }} }}),
          }},
        }});
    """
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("extension/package.json", json.dumps(manifest))
        package.writestr("extension/main.js", main)
    return file
