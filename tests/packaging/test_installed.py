"""The wheel in an empty environment: installed as a user would, far from the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest

from tests.packaging.conftest import TIMEOUT_S, run
from wic_lsp import __version__

pytestmark = pytest.mark.engine("package index")


def frame(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def answer_to(number, stream):
    """Read messages until the answer to that request."""
    while True:
        size = 0
        while (line := stream.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
            assert line, "the server ended"
        message = json.loads(stream.read(size))
        if message.get("id") == number:
            return message


def test_both_commands_are_there(environment, bare, tmp_path):
    """They run from any folder, and tell the version that was built."""
    done = run(environment / "wic", "--version", cwd=tmp_path, env=bare)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"wic {__version__}\n", "")
    assert (environment / "wic-lsp").exists()


def test_nothing_comes_from_the_checkout(environment, bare, tmp_path):
    """Both packages, their data and the runtimes are the installed ones."""
    program = (
        "import sys, wic_lsp, wic_runtimes\n"
        "from wic_runtimes.registry import runtime_names\n"
        "from wic_lsp.toolchains.families import families\n"
        "assert all(module.__file__.startswith(sys.prefix) for module in (wic_lsp, wic_runtimes))\n"
        "print(*runtime_names(), *families())\n"
    )
    done = run(environment / "python", "-c", program, cwd=tmp_path, env=bare)
    assert done.stderr == ""
    assert {"sandbox", "gcc", "clang"} <= set(done.stdout.split())


def test_the_playgrounds_page_came_along(page, environment, bare, tmp_path):
    """It is found where it was installed."""
    program = "from wic_lsp.serving.static import read_page; print(*read_page().paths)"
    done = run(environment / "python", "-c", program, cwd=tmp_path, env=bare)
    assert done.stderr == ""
    assert {"/", "/app.js", "/style.css"} <= set(done.stdout.split())


def test_what_it_needs_fits_together(environment, tmp_path):
    """`pip check` finds no conflict, and no test tool was drawn in."""
    done = run(sys.executable, "-m", "pip", "--python", environment / "python", "check", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "No broken requirements found.\n")
    listed = run(
        sys.executable, "-m", "pip", "--python", environment / "python", "list", "--format=json", cwd=tmp_path
    )
    names = {package["name"] for package in json.loads(listed.stdout)}
    assert {"wic-lsp", "pygls", "lsprotocol", "platformdirs", "rich"} <= names
    assert not names & {"pytest", "mypy", "ruff", "hypothesis", "docker", "kubernetes"}


def test_a_file_is_checked(environment, bare, tmp_path, missing_engine):
    """Doctor, text and JSON work with nothing but what the wheel asked for."""
    health = run(environment / "wic", "doctor", cwd=tmp_path, env=bare)
    if health.returncode != 0:
        missing_engine(f"the sandbox or a compiler is missing: {health.stdout}")
    (tmp_path / "t.c").write_text("int main(void){ return y; }\n")
    text = run(environment / "wic", "check", "t.c", cwd=tmp_path, env=bare)
    assert (text.returncode, text.stderr) == (1, "")
    assert " --> t.c:1:24\n" in text.stdout
    report = run(environment / "wic", "check", "--format", "json", "t.c", cwd=tmp_path, env=bare)
    (result,) = json.loads(report.stdout)["results"]
    assert result["outcome"] == "finished"
    assert [one["severity"] for one in result["diagnostics"]] == [1]


def test_images_are_listed_with_their_recipes(environment, bare, tmp_path):
    """The recipes came with the wheel. Without the engine's client no image can be looked for: it says so."""
    listed = run(environment / "wic", "images", "list", "--format", "json", cwd=tmp_path, env=bare)
    assert listed.returncode == 1
    assert "wic-lsp[docker]" in listed.stderr or "No container engine answers" in listed.stderr
    images = {one["image"]: one for one in json.loads(listed.stdout)["images"]}
    assert (images["gcc:12"]["recipe"], images["gcc:13"]["recipe"]) == (True, False)
    assert images["gcc:12"]["here"] is None


def test_the_server_starts_and_ends(environment, bare, tmp_path):
    """`wic-lsp --stdio` answers initialize and shutdown, and exits with 0."""
    parameters = {"processId": None, "rootUri": None, "capabilities": {}}
    process = subprocess.Popen(
        [environment / "wic-lsp", "--stdio"],
        cwd=tmp_path,
        env=bare,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    clock = threading.Timer(TIMEOUT_S, process.kill)
    clock.start()
    try:
        process.stdin.write(frame({"id": 1, "method": "initialize", "params": parameters}))
        process.stdin.flush()
        result = answer_to(1, process.stdout)["result"]
        process.stdin.write(
            frame({"method": "initialized", "params": {}}) + frame({"id": 2, "method": "shutdown"})
        )
        process.stdin.flush()
        assert answer_to(2, process.stdout)["result"] is None
        process.stdin.write(frame({"method": "exit"}))
        _, err = process.communicate(timeout=TIMEOUT_S)
    finally:
        clock.cancel()
        process.kill()
        process.wait()
    assert result["serverInfo"] == {"name": "wic-lsp", "version": __version__}
    assert "textDocumentSync" in result["capabilities"]
    assert (process.returncode, err) == (0, b"")
