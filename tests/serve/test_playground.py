"""The playground's port: its files and what they forbid, whose page may connect, and where its token is."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
import yarl

from tests.lsp.programs import make_uri
from tests.playground_page import PAGE, ROOT, build_page
from tests.serve.conftest import SANDBOX
from tests.serve.shared_server import BEARER, TOKEN, WIC, Socket, shared_server, wait_for_playground

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

ASKS_FOR = {
    "/": "text/html",
    "/index.html": "text/html",
    "/app.js": "text/javascript",
    "/style.css": "text/css",
    "/icon.svg": "image/svg+xml",
    "/licenses.txt": "text/plain",
}
OPEN = ("--playground", "127.0.0.1:0")


@pytest.fixture(scope="module")
def page():
    """Have the page built."""
    build_page()


@pytest.fixture(scope="module")
def open_server(page, environment, tmp_path_factory):
    """Give one server that needs no token to all tests of the module."""
    with shared_server(environment, tmp_path_factory.mktemp("open"), *SANDBOX, *OPEN, token=None) as server:
        yield server
        assert server.process.poll() is None, server.log
        assert "Traceback" not in server.log


@pytest.fixture
async def place(open_server):
    """Give that server's playground, as HOST:PORT."""
    return await open_server.playground()


def protocols(token):
    """Return the subprotocols by which a page shows its token."""
    return ("wic.lsp", f"wic.token.{base64.urlsafe_b64encode(token.encode()).decode().rstrip('=')}")


async def status(session, place, **more):
    """Ask for a WebSocket as a page would; returns the status."""
    try:
        async with session.ws_connect(f"http://{place}/lsp", **more) as socket:
            return 101 if socket.protocol == "wic.lsp" else "no subprotocol"
    except aiohttp.WSServerHandshakeError as refused:
        return refused.status


async def test_every_file_of_the_page_is_served(place, session):
    """Each has its type; what is asked for again by its tag is not sent again."""
    for path, kind in ASKS_FOR.items():
        async with session.get(f"http://{place}{path}") as answer:
            assert answer.status == 200
            assert answer.content_type == kind
            body = await answer.read()
            tag = answer.headers.get("ETag", "")
        if kind == "text/html":
            assert b"@NONCE@" not in body
            continue
        assert body == (PAGE / path[1:]).read_bytes()
        async with session.get(f"http://{place}{path}", headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304


@pytest.mark.parametrize("path", [*ASKS_FOR, "/offer.json", "/nothing", "/lsp"])
async def test_every_answer_forbids_what_the_page_does_not_need(place, session, path):
    """No other host, no frame, no script in the text, no guessing of types, no address told to others."""
    if path == "/lsp":  # the editors' answer: no page at all
        assert await status(session, place) == 403
        return
    async with session.get(f"http://{place}{path}") as answer:
        policy = dict(
            one.strip().partition(" ")[::2] for one in answer.headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert (policy["script-src"], policy["connect-src"]) == ("'self'", "'self'")
        assert policy["form-action"] == "'none'"
        assert re.fullmatch(r"'self'(?: 'nonce-[\w-]{20,}')?", policy["style-src"])
        assert not re.search(r"unsafe|https?:|\*", answer.headers["Content-Security-Policy"])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Server"] == "wic"


async def test_each_page_has_a_nonce_of_its_own(place, session):
    """The word that lets the editor add styles is in the header and in the page, and never twice the same."""
    nonces = set()
    for _ in range(3):
        async with session.get(f"http://{place}/") as answer:
            (nonce,) = re.findall(r"'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])
            assert f'content="{nonce}"' in await answer.text()
            assert answer.headers["Cache-Control"] == "no-store"
            nonces.add(nonce)
    assert len(nonces) == 3


def test_the_page_names_no_other_host():
    """Not in its text, its style or its program, but for what is a name and is never asked for."""
    build_page()
    named = {
        name
        for file in PAGE.iterdir()
        if file.suffix != ".txt"
        for name in re.findall(r"(?:https?:)?//([\w-]+(?:\.[\w-]+)+)", file.read_text(encoding="utf-8"))
    }
    assert named <= {"www.w3.org"}, named  # the namespace of SVG


@pytest.mark.parametrize(
    "path",
    [
        "/../static.py",
        "/..%2fstatic.py",
        "/%2e%2e/static.py",
        "/../../../../../../etc/passwd",
        "/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd",
        "//etc/passwd",
        "/page/index.html",
        "/app.js/",
        "/app.js%00.txt",
        "/..\\static.py",
        "/static.py",
    ],
)
async def test_nothing_but_the_pages_files_is_served(place, session, path):
    """Whatever a path says, it is one of the page's names or none."""
    async with session.get(yarl.URL(f"http://{place}{path}", encoded=True)) as answer:
        assert answer.status == 404
        assert "def " not in await answer.text()


async def test_only_get_is_answered(place, session):
    """Nothing can be sent there but LSP."""
    async with session.post(f"http://{place}/offer.json", data=b"x" * 100_000) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")


async def test_what_can_be_chosen_is_told(place, session):
    """Languages, with their compilers by name and version and standards that one of them takes; no paths."""
    async with session.get(f"http://{place}/offer.json") as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-store"
        text = await answer.text()
    languages = {one["id"]: one for one in json.loads(text)["languages"]}
    cpp = languages["cpp"]
    assert (cpp["title"], cpp["editor"], cpp["file"]) == ("C++", "cpp", "main.cpp")
    names = [one["id"] for one in cpp["toolchains"]]
    assert names
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+-[\d.]+", one) for one in names)
    assert "c++17" in cpp["standards"]
    assert not {"c17", "c++99"} & set(cpp["standards"])
    assert "/usr" not in text


async def test_a_page_of_its_own_is_a_client(place, session):
    """It has its session by a WebSocket, with the subprotocol that it asked for."""
    connection = await session.ws_connect(
        f"http://{place}/lsp", protocols=["wic.lsp"], origin=f"http://{place}"
    )
    assert connection.protocol == "wic.lsp"
    socket = Socket(connection)
    await socket.initialize()
    uri, _ = make_uri()
    await socket.open(uri, "int main() { return nothing_at_all; }\n")
    (found,) = await socket.published(uri, 1)
    assert "nothing_at_all" in found["message"]
    await connection.close()


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1",
        "http://localhost",
        "http://127.0.0.1:1",
        "file://",
        "http://{place}.evil.example",
        "http://user@{place}",
        "ftp://{place}",
        "http://{place}/",
        "",
    ],
)
async def test_no_other_page_is_a_client(place, session, origin):
    """Its origin is not the address that it speaks to, whatever it looks like: 403, and no offer either."""
    origin = origin.format(place=place)
    assert await status(session, place, origin=origin, protocols=["wic.lsp"]) == 403
    if origin:
        async with session.get(f"http://{place}/offer.json", headers={"Origin": origin}) as answer:
            assert answer.status == 403


async def test_who_names_no_origin_is_no_page(place, session):
    """Editors have a port of their own."""
    assert await status(session, place, protocols=["wic.lsp"]) == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "",
        "[::1",
        "0.0.0.0",  # noqa: S104 - a name, nothing is listened on
    ],
)
@pytest.mark.parametrize("path", ["/", "/app.js", "/offer.json", "/lsp"])
async def test_a_name_that_was_made_to_mean_this_machine_is_not_answered(place, session, host, path):
    """DNS rebinding: the page is loaded from the attacker's name, which then means 127.0.0.1."""
    host = host.format(port=place.rpartition(":")[2])
    headers = {"Host": host, "Origin": f"http://{host}"}
    if path == "/lsp":
        assert await status(session, place, headers=headers, protocols=["wic.lsp"]) in {400, 421}
        return
    async with session.get(f"http://{place}{path}", headers=headers) as answer:
        assert answer.status in {400, 421}
        assert "<html" not in await answer.text()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "127.1.2.3"])
async def test_this_machines_own_names_are_answered(place, session, name):
    """At any port, for whoever forwards one."""
    async with session.get(f"http://{place}/", headers={"Host": f"{name}:9999"}) as answer:
        assert answer.status == 200


async def test_an_allowed_origin_is_that_of_a_proxy_in_front(page, start_server, session):
    """Its name is answered on this machine too, and its pages are served."""
    server = start_server(*OPEN, "--allow-origin", "https://try.example", token=None)
    place = await server.playground()
    proxied = {"Host": "try.example"}
    async with session.get(f"http://{place}/", headers=proxied) as answer:
        assert answer.status == 200
    assert (
        await status(session, place, headers=proxied, origin="https://try.example", protocols=["wic.lsp"])
        == 101
    )
    assert (
        await status(session, place, headers=proxied, origin="https://two.example", protocols=["wic.lsp"])
        == 403
    )


async def test_a_page_needs_the_token_that_editors_need(page, start_server, session):
    """As a subprotocol for the WebSocket, in a header for the offer; the page itself holds nothing secret."""
    server = start_server(*OPEN)
    place = await server.playground()
    origin = f"http://{place}"
    async with session.get(f"http://{place}/") as answer:
        assert answer.status == 200
    for words in (
        ("wic.lsp",),
        protocols("wrong-" + TOKEN),
        protocols("é" * 20),
        ("wic.lsp", "wic.token.!!"),
    ):
        assert await status(session, place, origin=origin, protocols=words) == 401
    assert await status(session, place, origin=origin, headers=BEARER, protocols=("wic.lsp",)) == 401
    assert await status(session, place, origin=origin, protocols=protocols(TOKEN)) == 101
    for headers, code in (({}, 401), (BEARER, 200)):
        async with session.get(f"http://{place}/offer.json", headers=headers) as answer:
            assert answer.status == code
            assert answer.headers.get("X-Wic-Reason") == ("token" if code == 401 else None)
    assert TOKEN not in server.log
    assert protocols(TOKEN)[1] not in server.log


async def test_a_page_takes_a_place_as_an_editor_does(page, start_server, session, open_socket):
    """The bound on clients is one for both ports, and the page is told of it before it connects."""
    server = start_server(*OPEN, "--max-connections", "1")
    place = await server.playground()
    inside = await open_socket(server)
    assert await status(session, place, origin=f"http://{place}", protocols=protocols(TOKEN)) == 503
    async with session.get(f"http://{place}/offer.json", headers=BEARER) as answer:
        assert (answer.status, "all the clients" in await answer.text()) == (503, True)
    await inside.socket.close()
    await server.until("wic_connections", 0)
    assert await status(session, place, origin=f"http://{place}", protocols=protocols(TOKEN)) == 101


async def test_a_page_can_choose_nothing_that_a_workspace_cannot(place, session):
    """Neither at the start nor later: the runtime and higher limits stay those of whoever runs the server."""
    connection = await session.ws_connect(
        f"http://{place}/lsp", protocols=["wic.lsp"], origin=f"http://{place}"
    )
    socket = Socket(connection)
    await socket.initialize(initializationOptions={"runtime": "docker", "timeoutSeconds": 600})
    told = [one["params"]["message"] for one in socket.inbox if one.get("method") == "window/showMessage"]
    assert {name for name in ("runtime", "timeoutSeconds") if any(f"wic.{name}" in one for one in told)} == {
        "runtime",
        "timeoutSeconds",
    }
    response = await socket.request("workspace/executeCommand", {"command": "wic.restartRuntime"})
    assert "only whoever runs it" in response["error"]["message"]
    uri, _ = make_uri()
    await socket.open(uri, "int main() {}\n")
    assert await socket.published(uri, 1) == []
    answer = await socket.request(
        "workspace/executeCommand", {"command": "wic.showOutput", "arguments": [uri]}
    )
    assert answer["result"][0]["runtime"] == "sandbox"
    await connection.close()


def serve(environment, *words, **more):
    """Run `wic serve` to its end."""
    return subprocess.run(
        [*more.pop("command", [WIC]), "serve", *words],
        env={**environment, **more},
        cwd=environment["HOME"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_only_this_machine_is_served_without_a_token(environment):
    """As editors' port is."""
    done = serve(environment, "--playground", "0.0.0.0:0")
    assert done.returncode == 2
    assert "Without a token everyone who reaches 0.0.0.0:0" in done.stderr


def test_an_address_is_needed(environment):
    """The sentence names the option."""
    done = serve(environment, "--playground", "8000")
    assert (done.returncode, "--playground needs an address" in done.stderr) == (2, True)


def test_where_the_page_was_not_built_it_says_what_to_run(environment, tmp_path):
    """One sentence, exit code 2, and nothing is listened on. The other commands are as ever."""
    copy = tmp_path / "site"
    ignore = shutil.ignore_patterns("page", "__pycache__")
    shutil.copytree(ROOT / "wic_lsp", copy / "wic_lsp", ignore=ignore)
    command = [sys.executable, "-c", "import sys; from wic_lsp.cli import main; sys.exit(main())"]
    path = os.pathsep.join([str(copy), str(ROOT / "runtimes")])
    done = serve(environment, "--playground", "127.0.0.1:0", command=command, PYTHONPATH=path)
    assert done.returncode == 2
    assert "make playground" in done.stderr
    assert "pip install '.[serve]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert "the playground is" not in done.stderr
    assert serve(environment, "--help", command=command, PYTHONPATH=path).returncode == 0


def listening_ports(pid):
    """Return the ports of IPv4 that a process listens on."""
    own = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            own |= set(re.findall(r"socket:\[(\d+)\]", str(entry.readlink())))
    rows = [
        line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    ]
    return [int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and row[9] in own]


def test_it_needs_no_port_for_editors_or_for_health(page, environment, tmp_path):
    """`wic serve --playground` alone listens there and nowhere else."""
    log_file = tmp_path / "log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [WIC, "serve", *OPEN, *SANDBOX], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        place = wait_for_playground(process, log_file)
        assert listening_ports(process.pid) == [int(place.rpartition(":")[2])]
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0
    assert "health" not in log_file.read_text(encoding="utf-8")
