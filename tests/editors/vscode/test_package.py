"""What is shipped: the package, its settings and who may set them, and how it is locked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from typing import Final

import pytest

from tests.editors.conftest import EDITORS, ROOT
from tests.editors.texts import PLUS
from tests.editors.vscode.code_server import install_extension
from tests.editors.vscode.conftest import NOT_COPIED, npm
from wic_lsp.config import Origin, Settings, option_names, resolve
from wic_lsp.snippets.kinds import MARKDOWN_EDITOR_IDS
from wic_lsp.toolchains.families import languages

FOLDER: Final = EDITORS / "vscode"
MANIFEST: Final = json.loads((FOLDER / "package.json").read_text())
PROPERTIES: Final = {
    name.removeprefix("wic."): said
    for name, said in MANIFEST["contributes"]["configuration"]["properties"].items()
}
OWN: Final = {"path", "installFrom", "server", "tokenFile", "caFile", "languages", "trace.server"}
"""What the extension itself obeys, and the server does not know."""
USER_ONLY: Final = {
    name for name in option_names() if "cannot be set by" in str(resolve([(Origin.WORKSPACE, {name: 1})])[1])
}


def test_all_of_the_servers_settings_are_there_and_no_others():
    """Whatever the server accepts can be set in VS Code, described."""
    assert set(PROPERTIES) == set(option_names()) | OWN
    assert all(said["markdownDescription"] for said in PROPERTIES.values())


@pytest.mark.parametrize("name", sorted(set(PROPERTIES) & set(option_names())))
def test_a_setting_has_the_servers_default_and_the_scope_that_the_server_gives_it(name):
    """What a workspace may not set is the machine's; what it may is restricted until it is trusted."""
    said = PROPERTIES[name]
    assert resolve([(Origin.USER, {name: said["default"]})]) == (Settings(), ())
    assert said["scope"] == ("machine" if name in USER_ONLY else "window")
    restricted = MANIFEST["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    assert (f"wic.{name}" in restricted) == (name not in USER_ONLY)


def test_what_starts_programs_or_names_servers_is_the_machines():
    """Nothing that a workspace says decides which program runs, or whom it speaks to."""
    assert {PROPERTIES[name]["scope"] for name in OWN - {"trace.server"}} == {"machine"}


def test_settings_by_language_and_when_have_the_servers_values():
    """What is offered while settings are written is what the server takes."""
    for name in ("toolchains", "standards", "flags"):
        assert set(PROPERTIES[name]["properties"]) == set(languages())
    for value in PROPERTIES["when"]["enum"]:
        assert resolve([(Origin.WORKSPACE, {"when": value})])[1] == ()


def test_every_language_that_the_server_knows_is_sent_to_it():
    """Each identifier of VS Code's that the server compiles starts the extension and is sent to it."""
    known = {name for one in languages().values() for name in one.editor} | MARKDOWN_EDITOR_IDS
    sent = set(PROPERTIES["languages"]["default"])
    assert sent == known - {"c++"}  # another editor's name for cpp
    assert {f"onLanguage:{name}" for name in sent} <= set(MANIFEST["activationEvents"])


def test_the_settings_that_the_extension_sends_are_those_that_there_are():
    """Its lists of what goes where name each of the server's settings, under who may set it."""
    source = (FOLDER / "src/settings.ts").read_text()
    lists = {
        name: set(re.findall(r'"(\w+)"', words))
        for name, words in re.findall(r"^const (USER_ONLY|LIMITS|SHARED) = \[(.*)\];$", source, re.MULTILINE)
    }
    assert lists["USER_ONLY"] == USER_ONLY
    assert lists["LIMITS"] | lists["SHARED"] == set(option_names()) - USER_ONLY


def test_every_command_can_be_carried_out():
    """Each command of the palette is registered, and each that is registered has a title."""
    source = (FOLDER / "src/commands.ts").read_text()
    registered = set(re.findall(r"^    (\w+): (?:async )?\(\w*\) =>", source, re.MULTILINE))
    assert {f"wic.{name}" for name in registered} == {
        one["command"] for one in MANIFEST["contributes"]["commands"]
    }


def test_the_lock_file_names_no_registry():
    """It holds what packages must hash to, and no address: whoever builds uses their own registry."""
    lock = (FOLDER / "package-lock.json").read_text()
    assert "integrity" in lock
    assert "resolved" not in lock
    assert not re.search(r"https?://[^\"]*(registry|npmjs)", lock)


def test_the_version_is_the_servers():
    """One version for both, in the changelog as well."""
    from wic_lsp import __version__

    assert MANIFEST["version"] == __version__
    assert f"## {__version__}" in (FOLDER / "CHANGELOG.md").read_text()


def test_the_package_holds_what_is_shipped_and_nothing_else(vsix):
    """One bundle, no sources, no modules; the licence is the project's and the picture is in it."""
    with zipfile.ZipFile(vsix) as package:
        names = set(package.namelist())
        assert package.read("extension/LICENSE.txt") == (ROOT / "LICENSE").read_bytes()
        assert package.read("extension/images/vscode.png") == (ROOT / "docs/vscode.png").read_bytes()
        assert b"images/vscode.png" in package.read("extension/readme.md")
        manifest = json.loads(package.read("extension/package.json"))
    assert manifest["contributes"] == MANIFEST["contributes"]
    media = {f"extension/media/{file.name}" for file in (FOLDER / "media").iterdir()}
    images = {f"extension/images/{name}" for name in ("icon.png", "vscode.png")}
    texts = {f"extension/{name}" for name in ("package.json", "readme.md", "changelog.md", "LICENSE.txt")}
    about = {"[Content_Types].xml", "extension.vsixmanifest"}
    dist = {f"extension/dist/{name}" for name in ("extension.js", "ThirdPartyNotices.txt")}
    assert names == {*dist, *media, *images, *texts, *about}


@pytest.mark.engine("sandbox")
@pytest.mark.engine("gcc")
def test_a_server_can_come_with_the_package(vsix, home):
    """Installed, it compiles: by whatever Python is new enough, and with nothing else of ours."""
    own = vsix.parent
    for name in ("wic_lsp", "runtimes"):
        shutil.copytree(ROOT / name, own.parents[1] / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, own.parents[1] / name)
    npm(own, "run", "package:bundled")
    (package,) = own.glob("wic-lsp-linux-*.vsix")
    install_extension(package, home.home / "extensions", home)
    (program,) = (home.home / "extensions").glob("wic-lsp.wic-lsp-*/bundled/bin/wic")
    file = home.write(PLUS.name, PLUS.content)
    around = home.environment(path=home.files)
    said = subprocess.run([program, "--version"], env=around, text=True, check=True, capture_output=True)
    assert said.stdout == f"wic {MANIFEST['version']}\n"
    done = subprocess.run([program, "check", file], env=around, text=True, check=False, capture_output=True)
    assert (done.returncode, "did you mean" in done.stdout) == (1, True), done.stderr


def test_building_leaves_nothing_that_git_would_take(vsix):
    """What is made while building is ignored by the repository."""
    ignored = (FOLDER / ".gitignore").read_text().split()
    made = {"dist", "build", "node_modules", "*.vsix"}
    assert {one.strip("/") for one in ignored} == made == set(NOT_COPIED)
