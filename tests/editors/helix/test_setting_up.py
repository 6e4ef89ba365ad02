"""Helixes that are set up in other ways: the page's settings, a shared server, and what is missing."""

from __future__ import annotations

import shutil
import subprocess

from tests.conftest import fail_or_skip
from tests.editors.conftest import find_program
from tests.editors.helix.helix import FOLDER, HELIX, start_helix
from tests.editors.texts import PLAIN, WIDE
from tests.serve.shared_server import TOKEN, shared_server

PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
LANGUAGES = (FOLDER / "languages.toml").read_text(encoding="utf-8")
_, SETTINGS, SHARED = (part.partition("```")[0] for part in PAGE.split("```toml\n")[1:])
C_ALONE = '\n[[language]]\nname = "c"\nlanguage-servers = ["wic"]\n'


def test_it_runs_beside_clangd(home, server):
    """With the shipped file both are asked, and the list has what each says, with clangd's code."""
    if shutil.which("clangd") is None:
        fail_or_skip("there is no clangd: tests/engines/editors/helix")
    with start_helix(home, LANGUAGES, home.write(PLAIN.name, PLAIN.content)) as helix:
        helix.screen.wait_for("\N{BLACK CIRCLE} 2 ")
        helix.write(" d")
        helix.screen.wait_for("undeclared_var_use_suggest", "\u2018cuont\u2019 undeclared")


def test_settings_of_the_page_are_taken(home, server):
    """The page's settings choose both toolchains, and each says the error in its own words."""
    with start_helix(home, SETTINGS + C_ALONE, home.write(PLAIN.name, PLAIN.content)) as helix:
        helix.screen.wait_for("\N{BLACK CIRCLE} 2 ")
        helix.write("]d")
        helix.screen.wait_for("(first use in this function)", "use of undeclared identifier")


def test_a_shared_server_is_reached_by_wic_connect(home, server, tmp_path):
    """The page's command, with another address, checks on a shared server, with the right columns."""
    token = home.home / "token"
    token.write_text(TOKEN, encoding="utf-8")
    token.chmod(0o600)
    with shared_server(home.environment(), tmp_path) as shared:
        own = SHARED.replace("wss://wic.example.org:8080", shared.url).replace(
            "/home/me/.config/wic/token", str(token)
        )
        assert shared.url in own
        assert str(token) in own
        with start_helix(home, own + C_ALONE, home.write(WIDE.name, WIDE.content)) as helix:
            helix.go_to_diagnostic("did you mean")
            helix.replace("count")
            helix.wait_for_none()
            assert helix.save() == WIDE.mended


def test_a_text_that_is_compiled_on_command_has_no_findings_before(home, server):
    """With `when` at `command`, the page's command brings what there was none of before."""
    own = SETTINGS.replace('when = "always"', 'when = "command"')
    assert own != SETTINGS
    with start_helix(home, own + C_ALONE, home.write(PLAIN.name, PLAIN.content)) as helix:
        assert "\N{BLACK CIRCLE}" not in helix.screen.text()
        helix.run_server_command("wic.checkNow", "\N{BLACK CIRCLE} 2 ")


def test_a_missing_server_is_told(home):
    """`hx --health`, which the page names, says that `wic-lsp` is not there."""
    empty = home.home / "bin"
    empty.mkdir()
    config = home.home / ".config/helix/languages.toml"
    config.parent.mkdir(parents=True)
    config.write_text(LANGUAGES, encoding="utf-8")
    report = subprocess.run(
        [find_program(str(HELIX)), "--health", "c"],
        env=home.environment(path=empty),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert "'wic-lsp' not found in $PATH" in report
