"""What a hostile file may not learn through the editor, and what may not reach the editor's pipe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lsp.programs import WRONG, make_uri

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

SECRET = "the-servers-own-secret"  # noqa: S105 - planted in the server's environment by conftest.py
PASSWD = {line for line in Path("/etc/passwd").read_text(encoding="utf-8").splitlines() if line}
PEEKS = (
    "/etc/passwd",
    "/etc/hostname",
    "/proc/self/environ",
    "/proc/1/environ",
    "/proc/self/fd/0",
    "/proc/self/fd/1",
    "/dev/stdin",
    "/dev/fd/0",
    "/proc/self/cmdline",
)


@pytest.mark.parametrize("language", ["c", "cpp"])
async def test_nothing_of_the_host_can_be_included(start_raw, language):
    """Including the host's files, the environment or the editor's pipe shows nothing of them, anywhere."""
    client = await start_raw()
    await client.initialize()
    for path in PEEKS:
        uri, _ = make_uri(f".{language}")
        text = f'#include "{path}"\nint value = missing_name;\n'
        await client.open(uri, text, language=language)
        published = await client.published(uri, 1)
        assert published["diagnostics"], path
        if path not in {"/dev/stdin", "/proc/self/fd/0", "/dev/fd/0", "/proc/self/fd/1"}:
            assert any(one["severity"] == 1 for one in published["diagnostics"]), path
        shown = await client.request(
            "workspace/executeCommand", {"command": "wic.showOutput", "arguments": [uri]}
        )
        assert shown["result"][0]["output"], path
    assert await client.finish() == 0
    everything = json.dumps(client.inbox) + client.errors.decode()
    assert SECRET not in everything
    assert "WIC_TEST_SECRET" not in everything
    assert not [line for line in PASSWD if line in everything]
    assert '"Content-Length' not in everything


NAMES = ("-o.cpp", "@args.cpp", "a b.cpp", "..%2F..%2Fetc%2Fpasswd.cpp", "$(id).cpp", "'.cpp", "%00.cpp")


async def test_a_files_name_is_no_argument(start_raw):
    """However a file is called, it is compiled as a file."""
    client = await start_raw()
    await client.initialize()
    for name in NAMES:
        uri = f"file:///nowhere/{name}"
        await client.open(uri, WRONG)
        (found,) = (await client.published(uri, 1))["diagnostics"]
        assert "nothing" in found["message"], name
        assert found["severity"] == 1, name
    assert await client.finish() == 0


async def test_only_messages_go_to_stdout(start_raw):
    """With the log turned up, a compile, an error, a command: stdout carries LSP and stderr the log."""
    client = await start_raw("--log-level", "debug")
    await client.initialize()
    uri, _ = make_uri()
    await client.open(uri, WRONG)
    await client.published(uri, 1)
    await client.request("workspace/executeCommand", {"command": "wic.showOutput", "arguments": [uri]})
    await client.write(b"Content-Length: 1\r\n\r\n{")
    await client.response(None)
    await client.asked("window/logMessage")
    assert await client.finish() == 0  # which fails if there was one byte outside of a message
    assert b"DEBUG" in client.errors
