"""What a hostile file may not learn through the editor, and what may not reach the editor's pipe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conformance.traces import containers_of, processes_with, sandboxes_of, until
from tests.lsp.programs import WRONG, flood, make_uri

pytestmark = pytest.mark.engine("sandbox")

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
PIPES = {"/dev/stdin", "/proc/self/fd/0", "/dev/fd/0", "/proc/self/fd/1"}


@pytest.fixture(params=["sandbox", "docker"])
def options(request):
    """Give the options for each runtime in turn."""
    if request.param == "sandbox":
        request.getfixturevalue("engine")
        return {"runtime": "sandbox"}
    request.getfixturevalue("docker")
    return {"runtime": "docker", "toolchains": {"c": ["gcc-12"], "cpp": ["gcc-12"]}, "timeoutSeconds": 6}


@pytest.mark.parametrize("language", ["c", "cpp"])
async def test_nothing_of_the_host_can_be_included(start_raw, options, language, tmp_path):
    """Including the host's files, the environment or the editor's pipe shows nothing of them, anywhere.

    An image has files of such names that are its own; its compiler waits for itself where it reads what it
    writes to.
    """
    (tmp_path / "beside.h").write_text(f"#error {SECRET}\n", encoding="utf-8")
    client = await start_raw()
    await client.initialize(initializationOptions=options)
    for path in (*PEEKS, str(tmp_path / "beside.h")):
        uri, _ = make_uri(f".{language}")
        text = f'#include "{path}"\nint value = missing_name;\n'
        await client.open(uri, text, language=language)
        published = await client.published(uri, 1)
        assert published["diagnostics"], path
        if path not in PIPES:
            assert any(one["severity"] == 1 for one in published["diagnostics"]), path
        shown = await client.request(
            "workspace/executeCommand", {"command": "wic.showOutput", "arguments": [uri]}
        )
        waited_for_itself = any("did not end within" in one["message"] for one in published["diagnostics"])
        assert waited_for_itself == (path == "/proc/self/fd/1" and options["runtime"] == "docker"), path
        assert shown["result"][0]["output"] or waited_for_itself, path
    assert await client.finish() == 0
    everything = json.dumps(client.inbox) + client.errors.decode()
    assert SECRET not in everything
    assert "WIC_TEST_SECRET" not in everything
    if options["runtime"] == "sandbox":
        assert not [line for line in PASSWD if line in everything]
    assert '"Content-Length' not in everything


NAMES = ("-o.cpp", "@args.cpp", "a b.cpp", "..%2F..%2Fetc%2Fpasswd.cpp", "$(id).cpp", "'.cpp", "%00.cpp")


async def test_a_files_name_is_no_argument(start_raw, options):
    """However a file is called, it is compiled as a file."""
    client = await start_raw()
    await client.initialize(initializationOptions=options)
    for name in NAMES:
        uri = f"file:///nowhere/{name}"
        await client.open(uri, WRONG)
        (found,) = (await client.published(uri, 1))["diagnostics"]
        assert "nothing" in found["message"], name
        assert found["severity"] == 1, name
    assert await client.finish() == 0


BOMB = "".join(f"#define A{level + 1} {f'A{level} ' * 10}\n" for level in range(12)) + "int y = A12;\n"


@pytest.mark.parametrize(
    ("text", "limit_s", "said"),
    [
        (f"#define A0 x x x x x x x x x x\n{BOMB}", 6, ("did not end within", "memory")),
        (flood(), 30, ("wrote more than",)),
    ],
    ids=["bomb", "flood"],
)
async def test_a_hostile_file_ends_as_what_it_is(start_raw, options, text, limit_s, said):
    """It is said on the document, the next one is checked as ever, and nothing is left."""
    client = await start_raw()
    await client.initialize(initializationOptions=options | {"timeoutSeconds": limit_s})
    uri, name = make_uri()
    await client.open(uri, text)
    (found,) = (await client.published(uri, 1))["diagnostics"]
    assert any(words in found["message"] for words in said), found
    await until(lambda: processes_with(name) == [])
    other, _ = make_uri()
    await client.open(other, WRONG)
    (found,) = (await client.published(other, 1))["diagnostics"]
    assert "nothing" in found["message"]
    server = client.process.pid
    assert await client.finish() == 0
    assert sandboxes_of(server) == []
    if options["runtime"] == "docker":
        assert containers_of(server) == []


@pytest.mark.usefixtures("engine")
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
