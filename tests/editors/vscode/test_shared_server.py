"""A server that many share, used from VS Code in place of one of its own."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.editors.conftest import Home, make_home
from tests.editors.texts import PLUS
from tests.editors.vscode.code_server import eventually, free_port, servers
from tests.editors.vscode.conftest import editing

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.engine("gcc")]


@contextlib.contextmanager
def serving(home: Home, port: int, tokens: Path) -> Iterator[None]:
    """Run `wic serve --ws` on a port until the block ends."""
    log = home.home / "serve.log"
    command = [
        Path(sys.executable).with_name("wic"),
        "serve",
        f"--ws=127.0.0.1:{port}",
        "--health=127.0.0.1:0",
        f"--token-file={tokens}",
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=dict(home.environment()), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        try:
            yield
        finally:
            process.kill()
            process.wait()


def test_a_shared_server_compiles_and_its_loss_and_return_are_shown(browser, module_folder, extensions):
    """The token comes from the user's file. While the server is away that is said, and nothing shown."""
    tokens = module_folder / "token"
    tokens.write_text("a-token-of-more-than-16\n", encoding="utf-8")
    tokens.chmod(0o600)
    remote, port = make_home(module_folder / "remote"), free_port()
    url = f"ws://127.0.0.1:{port}"
    settings = {"wic.server": url, "wic.tokenFile": str(tokens)}
    folder, files = module_folder / "local", {PLUS.name: PLUS.content}
    folder.mkdir()
    with editing(browser, folder, extensions, files, settings) as (window, home):
        window.open_file(PLUS.name)
        expect(window.status).to_contain_text("wic: no server")
        expect(window.notification(f"The shared server {url} cannot be used")).to_be_visible()
        window.shoot("away")
        with serving(remote, port, tokens):
            expect(window.status).to_contain_text("wic: 1 error")
            expect(window.squiggles).to_have_count(1)
            assert servers(home, "connect")
            assert not servers(home, "serve")
            window.shoot("shared")
        expect(window.status).to_contain_text("wic: no server")
        expect(window.squiggles).to_have_count(0)
        expect(window.status).to_have_attribute("aria-label", re.compile("connection|connect"))
        with serving(remote, port, tokens):
            expect(window.status).to_contain_text("wic: 1 error")
        eventually(lambda: not servers(home, "connect"))
