"""The house itself: imports run downward, modules stay small and say what they are, starting loads little."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted([*ROOT.glob("wic_lsp/**/*.py"), *ROOT.glob("runtimes/**/*.py")])
MAX_LINES = 400

LOADED = """
import json, sys
sys.argv[1:] = json.loads(sys.argv[1])
from wic_lsp.cli import main
try:
    main()
except SystemExit:
    pass
sys.stdout.flush()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def loaded_by(folder, *words):
    """Run `wic` with these words and return the top-level modules that it had loaded at its end."""
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", LOADED, json.dumps(words)],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_imports_run_downward():
    """The contracts in pyproject.toml hold, all of them."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_there_are_modules_to_look_at():
    """The tests below look at both source roots."""
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == {"wic_lsp", "runtimes"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_small_and_says_what_it_is_for(path):
    """At most 400 lines, and a docstring first."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    assert ast.get_docstring(ast.parse(text))


def test_a_text_report_pays_for_no_language_server(tmp_path):
    """`wic check` loads neither pygls nor lsprotocol, rich only for colour, a reader only for Markdown."""
    (tmp_path / "t.c").write_text("int x = y;\n")
    loaded = loaded_by(tmp_path, "check", "t.c")
    assert "wic_lsp" in loaded
    assert not loaded & {"pygls", "lsprotocol", "rich", "cattrs", "markdown_it"}


@pytest.mark.parametrize(
    "words", [["--version"], ["--help"], ["doctor"], ["toolchains"], ["gc"], ["images", "list"]]
)
def test_other_commands_pay_for_no_language_server_either(tmp_path, words):
    """Nor for anything else that they do not use."""
    loaded = loaded_by(tmp_path, *words)
    assert not loaded & {"pygls", "lsprotocol", "rich", "cattrs"}


def test_no_start_waits_for_what_keeps_results_on_disk(tmp_path):
    """SQLite is loaded with the first question to it: by no start, and by nobody who keeps nothing."""
    (tmp_path / "t.c").write_text("int x = y;\n")
    words = [["serve", "--stdio"], ["check", "--no-cache", "t.c"], ["toolchains"]]
    assert all("sqlite3" not in loaded_by(tmp_path, *one) for one in words)
    assert "sqlite3" in loaded_by(tmp_path, "check", "t.c")


def test_a_runtime_that_was_not_chosen_costs_nothing(tmp_path):
    """Whoever compiles in the sandbox never loads a container engine's client."""
    (tmp_path / "t.c").write_text("int x = y;\n")
    for words in (["check", "t.c"], ["--version"], ["check", "--runtime", "sandbox", "t.c"]):
        assert not loaded_by(tmp_path, *words) & {"docker", "requests", "kubernetes"}


def test_json_loads_what_it_needs_and_no_server(tmp_path):
    """LSP diagnostics need lsprotocol, never pygls."""
    (tmp_path / "t.c").write_text("int x = y;\n")
    loaded = loaded_by(tmp_path, "check", "--format", "json", "t.c")
    assert "lsprotocol" in loaded
    assert not loaded & {"pygls", "rich"}


def test_a_server_of_ones_own_pays_for_no_shared_one(tmp_path):
    """`wic serve --stdio` loads neither aiohttp nor Prometheus' client."""
    loaded = loaded_by(tmp_path, "serve", "--stdio")
    assert "pygls" in loaded
    assert not loaded & {"aiohttp", "prometheus_client", "docker", "requests", "kubernetes", "rich"}


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("aiohttp", ["serve", "--ws", "127.0.0.1:0"]),
        ("prometheus_client", ["serve", "--ws", "127.0.0.1:0"]),
        ("aiohttp", ["connect", "ws://127.0.0.1:1"]),
    ],
)
def test_what_a_shared_server_needs_may_be_missing(tmp_path, package, words):
    """The sentence names the package and the command that installs it."""
    code = f"""
import sys
sys.modules[{package!r}] = None
from wic_lsp.cli import main
sys.exit(main({words!r}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert f"needs the package {package}, which is not installed" in done.stderr
    assert "pip install 'wic-lsp[serve]'" in done.stderr
    assert "Traceback" not in done.stderr
