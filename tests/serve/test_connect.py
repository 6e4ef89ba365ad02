"""`wic connect`: what an editor sees of a server that cannot be had, or that goes away."""

from __future__ import annotations

import asyncio
import signal
import socket as sockets
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.lsp.programs import CLEAN, make_uri
from tests.lsp.raw import frame
from tests.serve.shared_server import TOKEN, WIC


def _connect(environment, *words: str, **extra: str) -> tuple[int, str]:
    """Try to connect; returns the exit code and what was said."""
    done = subprocess.run(
        [WIC, "connect", *words],
        env={**environment, **extra},
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def _free_port() -> int:
    with sockets.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def certificate(tmp_path) -> tuple[Path, Path]:
    """Make a certificate for this machine's own address, signed by itself."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return cert, key


@pytest.mark.parametrize(
    ("token", "said"),
    [("", "WIC_TOKEN"), ("wrong", "does not accept the token")],
)
def test_a_token_that_is_not_accepted_is_named(server, environment, token, said):
    """The sentence says where a token comes from; the token itself is not repeated."""
    code, errors = _connect(environment, server.url, WIC_TOKEN=token)
    assert code == 2
    assert said in errors
    assert len(errors.splitlines()) == 1
    assert not token or f"{token} " not in errors.replace("with one", "")


def test_a_token_may_come_from_a_file(server, environment, tmp_path):
    """Its first line is the token; a file that cannot be read is named."""
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    code, errors = _connect(environment, server.url, "--token-file", str(tmp_path / "token"))
    assert (code, errors) == (
        1,
        "",
    )  # standard input was closed without a word, as with a server of one's own
    code, errors = _connect(environment, server.url, "--token-file", str(tmp_path / "none"))
    assert (code, "cannot be read" in errors) == (2, True)


async def test_a_server_that_is_full_is_told(start_server, open_socket, token_environment):
    """503 says that it is full, and that one may try again."""
    server = start_server("--max-connections", "1")
    socket = await open_socket(server)
    code, errors = await asyncio.to_thread(_connect, token_environment, server.url)
    assert (code, "takes no more clients now" in errors) == (2, True)
    await socket.socket.close()


def test_nothing_there_is_told(token_environment):
    """A refused connection, and a name that nobody knows."""
    code, errors = _connect(token_environment, f"ws://127.0.0.1:{_free_port()}")
    assert (code, "does not run: the connection is refused" in errors) == (2, True)
    code, errors = _connect(token_environment, "wss://no-such-host.invalid")
    assert (code, "its name is unknown here" in errors) == (2, True)


def test_a_server_that_is_none_of_ours_is_told(server, token_environment):
    """The port of the metrics speaks HTTP and no WebSocket."""
    code, errors = _connect(token_environment, server.health.replace("http", "ws"))
    assert (code, "Check the URL" in errors) == (2, True)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://wic.example", "is no WebSocket's URL"),
        ("nonsense", "is no WebSocket's URL"),
        ("ws://[", "is no WebSocket's URL"),
        ("wss://me:secret@wic.example", "no place for a secret"),
        ("ws://192.0.2.1:80", "could read the token"),
    ],
)
def test_a_target_that_makes_no_sense_is_told(token_environment, url, said):
    """Nothing is sent anywhere, least of all the token in the clear."""
    code, errors = _connect(token_environment, url)
    assert (code, said in errors) == (2, True)
    assert TOKEN not in errors


def test_a_proxy_is_used_and_named(environment):
    """Where the environment names a proxy, faults of the proxy are told as such; this machine needs none."""
    proxy = f"http://127.0.0.1:{_free_port()}"
    more = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "", "WIC_TOKEN": TOKEN}
    code, errors = _connect(environment, "wss://wic.example", **more)
    assert (code, "The proxy to wss://wic.example cannot be reached" in errors) == (2, True)
    code, errors = _connect(environment, f"ws://127.0.0.1:{_free_port()}", **more)
    assert (code, "the connection is refused" in errors) == (2, True)


@pytest.mark.engine("sandbox")
@pytest.mark.usefixtures("engine")
async def test_tls_with_an_authority_of_ones_own(start_server, start_editor, certificate, token_environment):
    """The server's certificate is checked; `--ca-file` names who signed it."""
    cert, key = certificate
    server = start_server("--tls-cert", str(cert), "--tls-key", str(key))
    assert server.scheme == "wss"
    editor = await start_editor(None, "--ca-file", str(cert), to=server)
    assert await editor.check(make_uri()[0], CLEAN) == []
    assert await editor.quit() == 0
    code, errors = await asyncio.to_thread(_connect, token_environment, server.url)
    assert (code, "no certificate to be trusted" in errors, "--ca-file" in errors) == (2, True, True)
    code, errors = await asyncio.to_thread(_connect, token_environment, server.url.replace("wss", "ws"))
    assert code == 2


def test_a_file_of_authorities_that_is_none_is_told(token_environment, tmp_path):
    """It is named."""
    (tmp_path / "ca").write_text("nonsense", encoding="utf-8")
    code, errors = _connect(token_environment, "wss://wic.example", "--ca-file", str(tmp_path / "ca"))
    assert (code, "holds no certificates" in errors) == (2, True)


async def test_a_server_that_goes_away_is_told(start_server, start_raw):
    """The editor's server process ends with 1 and a sentence, so that the editor starts it again."""
    for number, said in ((signal.SIGTERM, "is being stopped"), (signal.SIGKILL, "the connection broke")):
        server = start_server()
        client = await start_raw(to=server)
        await client.initialize()
        server.process.send_signal(number)
        assert await client.ended() == 1
        assert said in client.errors.decode()
        assert b"Traceback" not in client.errors


async def test_a_message_that_is_too_large_is_told(start_raw):
    """The limit is the server's; the sentence says what was too large, as far as the network lets it."""
    client = await start_raw()
    await client.initialize()
    with suppress(ConnectionError):  # it may end while we write
        await client.notify("x" * (9 * 1024 * 1024))
    assert await client.ended() == 1
    assert b"messages as large" in client.errors or b"the connection broke" in client.errors


async def test_sigterm_ends_the_bridge_properly(start_raw, server):
    """The exit code is a signal's, as with a server of one's own; the server hears of the end at once."""
    client = await start_raw()
    await client.initialize()
    await server.until("wic_connections", 1)
    client.process.send_signal(signal.SIGTERM)
    assert await client.ended() == 128 + signal.SIGTERM
    await server.until("wic_connections", 0)


async def test_a_closed_stdin_ends_the_bridge_properly(start_raw, server):
    """An editor that just goes away ends its session on the server."""
    client = await start_raw()
    await client.initialize()
    client.process.stdin.close()
    assert await client.ended() == 1
    assert client.errors == b""
    await server.until("wic_connections", 0)


async def test_what_was_sent_before_the_end_is_answered(start_raw):
    """Requests, shutdown, exit and the end of input in one breath: every answer comes."""
    client = await start_raw()
    await client.initialize()
    messages = [{"jsonrpc": "2.0", "id": number, "method": f"wic/{number}"} for number in range(50, 60)]
    messages.append({"jsonrpc": "2.0", "id": 60, "method": "shutdown"})
    messages.append({"jsonrpc": "2.0", "method": "exit"})
    await client.write(b"".join(frame(one) for one in messages))
    client.process.stdin.close()
    for number in range(50, 61):
        await client.response(number)
    assert await client.ended() == 0


def test_connecting_loads_no_language_server(environment, tmp_path):
    """The bridge carries bytes: its start pays for neither pygls nor Prometheus."""
    code = "import sys, wic_lsp.commands.connect, wic_lsp.connecting.bridge; print(*sys.modules)"
    loaded = subprocess.run(
        [WIC.with_name("python"), "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    assert "aiohttp" in loaded
    assert not {"pygls", "lsprotocol", "cattrs", "prometheus_client", "rich"} & set(loaded)
