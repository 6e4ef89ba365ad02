"""Who is not let in, what is too much, and that the server lives and serves through all of it."""

from __future__ import annotations

import asyncio
import os
import subprocess

import aiohttp
import pytest

from tests.conformance.traces import until
from tests.lsp.programs import CLEAN, make_uri
from tests.serve.shared_server import BEARER, TOKEN, WIC

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

LARGE = 100 * 1024 * 1024


async def _serves(server, open_socket) -> None:
    """Fail unless a client gets diagnostics."""
    socket = await open_socket(server)
    await socket.initialize()
    uri, _ = make_uri()
    await socket.open(uri, "int main() { return nothing_at_all; }\n")
    (found,) = await socket.published(uri, 1)
    assert "nothing_at_all" in found["message"]
    await socket.request("shutdown")
    await socket.send("exit")
    assert await socket.closed() == 1000


async def _refused(session, server, headers) -> tuple[int, str]:
    """Ask for a WebSocket; returns the status and the text of the refusal."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    async with session.get(f"http://{server.address}/", headers={**upgrade, **headers}) as answer:
        assert "aiohttp" not in answer.headers["Server"]
        return answer.status, await answer.text()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong-0123456789abcdef"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"{TOKEN}"},
        {"Authorization": "Bearer \xff\xfe" + "é" * 20},
    ],
)
async def test_without_the_token_nobody_is_let_in(server, session, headers):
    """The answer is 401, before anything of LSP, and is counted; the token is not in the log."""
    before = await server.count("wic_connections_refused_total", reason="token")
    status, text = await _refused(session, server, headers)
    assert status == 401
    assert "token is missing or wrong" in text
    assert await server.count("wic_connections_refused_total", reason="token") == before + 1
    assert TOKEN not in server.log
    assert TOKEN not in text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", ""])
async def test_a_page_is_not_served(server, session, origin):
    """A browser names its page's origin: 403, with the right token as well."""
    status, text = await _refused(session, server, {**BEARER, "Origin": origin})
    assert (status, "--allow-origin" in text) == (403, True)


async def test_a_page_may_be_allowed(start_server, session, open_socket):
    """An origin that the server allows is served, and no other one."""
    server = start_server("--allow-origin", "https://ide.example", "--allow-origin", "https://two.example")
    socket = await open_socket(server, headers={"Origin": "https://ide.example"})
    assert (await socket.initialize())["capabilities"]
    status, _ = await _refused(session, server, {**BEARER, "Origin": "https://ide.example.evil"})
    assert status == 403


async def test_what_is_no_websocket_is_told_so(server, session):
    """A browser or a probe that comes to the wrong port is told what is here."""
    async with session.get(f"http://{server.address}/", headers=BEARER) as answer:
        assert answer.status == 426
        assert "wic connect" in await answer.text()
    async with session.post(f"http://{server.address}/x", headers=BEARER, data=b"x" * 100_000) as answer:
        assert answer.status == 426


async def test_a_message_that_is_too_large_ends_its_connection_alone(server, open_socket):
    """A hundred megabytes are refused with 1009 without being kept; the server serves on."""
    memory = _resident_bytes(server.process.pid)
    socket = await open_socket(server)
    await socket.initialize()
    sending = asyncio.create_task(socket.socket.send_str("x" * LARGE))
    assert await socket.closed() in {1009, 1006}  # the network may tell of the end before its reason comes
    await asyncio.gather(sending, return_exceptions=True)
    assert _resident_bytes(server.process.pid) - memory < LARGE // 2
    await until(lambda: "(1009" in server.log)
    await _serves(server, open_socket)


async def test_a_large_message_in_many_frames_is_refused_as_well(server, open_socket):
    """The bound is on the message, not on a frame of it."""
    socket = await open_socket(server)
    await socket.initialize()
    writer = socket.socket._writer

    async def send() -> None:
        for _ in range(LARGE // 2**20):
            await writer.send_frame(
                b"x" * 2**20, aiohttp.WSMsgType.TEXT if not _ else aiohttp.WSMsgType.CONTINUATION
            )

    sending = asyncio.create_task(send())
    assert await socket.closed() in {1009, 1002, 1006}
    await asyncio.gather(sending, return_exceptions=True)
    await _serves(server, open_socket)


def _resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123 - no file of the disk
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_a_document_as_large_as_is_compiled_is_taken(server, open_socket):
    """A document of 1 MiB of what JSON escapes longest fits into one message."""
    socket = await open_socket(server)
    await socket.initialize()
    uri, _ = make_uri()
    text = "/*" + "\x01" * (1024 * 1024 - 100) + "*/\nint main() { return large; }\n"
    await socket.open(uri, text)
    found = await socket.published(uri, 1)
    assert any("large" in one["message"] for one in found)


async def test_a_binary_frame_is_refused(server, open_socket):
    """Messages are text: anything else ends the connection with 1003."""
    socket = await open_socket(server)
    await socket.initialize()
    await socket.socket.send_bytes(b"{}")
    assert await socket.closed() == 1003
    await _serves(server, open_socket)


async def test_a_thousand_connections_are_survived(start_server, open_socket, session):
    """As many as there are places are let in, the others get 503 and are told when to come again."""
    server = start_server("--max-connections", "10")
    inside = [await open_socket(server) for _ in range(10)]
    gate = asyncio.Semaphore(100)

    async def ask() -> int:
        async with gate:
            status, _ = await _refused(session, server, BEARER)
            return status

    assert set(await asyncio.gather(*(ask() for _ in range(1000)))) == {503}
    assert await server.count("wic_connections_refused_total", reason="full") == 1000
    await inside[0].initialize()
    uri, _ = make_uri()
    await inside[0].open(uri, CLEAN)
    assert await inside[0].published(uri, 1) == []
    await inside.pop().socket.close()
    await server.until("wic_connections", 9)
    await _serves(server, open_socket)


async def test_a_thousand_silent_connections_are_survived(server, open_socket):
    """Who connects and says nothing takes nobody's place."""
    host, _, port = server.address.rpartition(":")
    silent = [await asyncio.open_connection(host, int(port)) for _ in range(1000)]
    await _serves(server, open_socket)
    for _, writer in silent:
        writer.transport.abort()
    await asyncio.gather(*(writer.wait_closed() for _, writer in silent), return_exceptions=True)


async def test_a_refusal_says_when_to_come_again(start_server, open_socket):
    """503 has Retry-After."""
    server = start_server("--max-connections", "1")
    inside = await open_socket(server)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await open_socket(server)
    await inside.socket.close()
    assert refused.value.status == 503
    assert int(refused.value.headers["Retry-After"]) > 0


async def test_tokens_are_replaced_while_the_server_runs(start_server, session, tmp_path):
    """A file of tokens is read again when it changes; the old one is refused, an emptied file refuses all."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    server = start_server("--token-file", str(file), token=None)

    async def status(token: str) -> int:
        try:
            async with session.ws_connect(server.url, headers={"Authorization": f"Bearer {token}"}):
                return 101
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status

    assert await status(TOKEN) == 101
    fresh = "fedcba9876543210-another"
    new = tmp_path / "new"
    new.write_text(f"{fresh}\n\n{fresh}-too\n", encoding="utf-8")
    new.replace(file)
    assert [await status(one) for one in (TOKEN, fresh, f"{fresh}-too")] == [401, 101, 101]
    file.write_text("", encoding="utf-8")
    assert await status(fresh) == 401
    assert "nobody is let in" in server.log
    file.unlink()
    assert await status(fresh) == 401
    file.write_text(TOKEN, encoding="utf-8")
    assert await status(TOKEN) == 101
    assert fresh not in server.log


def _serve(environment, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [WIC, "serve", *words], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--ws", "0.0.0.0:0"], "Without a token everyone who reaches 0.0.0.0:0"),
        (["--ws", "[::]:0"], "Without a token everyone who reaches [::]:0"),
        (["--ws", "8080"], "--ws needs an address"),
        (["--ws", "127.0.0.1:0", "--health", "::1:0"], "--health needs an address"),
        (["--ws", "127.0.0.1:0", "--tls-cert", "/nowhere"], "go together"),
        (["--ws", "127.0.0.1:0", "--tls-cert", "/nowhere", "--tls-key", "/nowhere"], "cannot be used"),
        (["--ws", "127.0.0.1:0", "--token-file", "/nowhere"], "cannot be read"),
        (
            ["--ws", "127.0.0.1:0", "--max-compiles", "2", "--max-compiles-each", "3"],
            "Lower --max-compiles-each",
        ),
        (["--ws", "192.0.2.1:80", "--token-file", "TOKEN"], "Nothing can listen on 192.0.2.1:80"),
        (["--token-file", "/nowhere"], "--token-file is for a shared server"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(environment, tmp_path, words, said):
    """The exit code is 2, and there is one sentence with a remedy."""
    (tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    words = [str(tmp_path / "token") if word == "TOKEN" else word for word in words]
    code, errors = _serve(environment, *words)
    assert code == 2
    assert said in errors
    assert "Traceback" not in errors
    assert len(errors.splitlines()) == 1


def test_a_token_that_can_be_guessed_is_refused(environment):
    """It must be long enough, and is not repeated."""
    code, errors = _serve({**environment, "WIC_TOKEN": "hunter2"}, "--ws", "127.0.0.1:0")
    assert code == 2
    assert "16 or more" in errors
    assert "hunter2" not in errors


def test_without_a_token_only_this_machine_is_served(start_server):
    """It is told in the log."""
    server = start_server(token=None)
    assert "there is no token" in server.log


async def test_a_clients_words_are_no_lines_of_the_log(server, open_socket):
    """What a client sends can forge no record."""
    socket = await open_socket(server)
    await socket.initialize()
    await socket.send("textDocument/didClose\n2026-01-01 00:00:00,000 INFO forged: record", {"a": 1})
    await socket.send("textDocument/didClose", {"textDocument": {"uri": "x\nforged"}, "x": 1})
    assert (await socket.request("x\nINFO forged", {}))["error"]["code"] == -32601
    assert not [
        line for line in server.log.splitlines() if line.startswith(("forged", "2026-01-01", "INFO forged"))
    ]
