"""However the engine is reached, a compile is the same: over a socket, over TCP, over TCP with TLS."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from contextlib import asynccontextmanager

import pytest

from tests.conformance.engine_relay import Relay
from tests.conformance.runtimes_under_test import RUNTIMES
from tests.conformance.traces import make_marker, processes_with, until
from wic_runtimes.contract import Outcome
from wic_runtimes.docker.endpoint import own_endpoint
from wic_runtimes.errors import RuntimeUnavailable

pytestmark = pytest.mark.engine("docker")

DOCKER = next(one for one in RUNTIMES if one.name == "docker")
_UNIX = "unix://"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Make a key and a certificate that vouches for itself, named as Docker's clients want."""
    folder = tmp_path_factory.mktemp("certificates")
    words = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=engine "
        "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)
    (folder / "ca.pem").write_bytes((folder / "cert.pem").read_bytes())
    return folder


@asynccontextmanager
async def relayed(context):
    """Let the user's engine be reached over TCP; yields the port."""
    endpoint = own_endpoint()
    assert endpoint is not None
    relay = Relay(endpoint.url.removeprefix(_UNIX), "none", "none", "none:none")
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await relay.aclose()


def server_context(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.fixture(params=["tcp", "tls"])
async def far(request, certificates, docker_bench, monkeypatch):
    """Give a runtime that reaches the engine in that way."""
    context = server_context(certificates) if request.param == "tls" else None
    if not own_endpoint().url.startswith(_UNIX):
        pytest.skip("the engine is not reached over a socket of this machine, so it is relayed already")
    async with relayed(context) as port:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        if context is not None:
            monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
            monkeypatch.setenv("DOCKER_CERT_PATH", str(certificates))
        runtime = DOCKER.create()
        try:
            yield runtime
        finally:
            await runtime.aclose()


async def test_a_far_engine_compiles(far):
    """An error is told, the output is whole however large, with a container that waits or without."""
    output = await far.compile(DOCKER.gcc("int main(void) { return oops; }\n"))
    assert (output.outcome, output.exit_code) == (Outcome.FINISHED, 1)
    assert b"main.c:1:25: error:" in output.stderr
    await until(lambda: bool(far._spares._waiting))
    output = await far.compile(DOCKER.gcc("int x;\n"))
    assert (output.outcome, output.exit_code, output.stderr) == (Outcome.FINISHED, 0, b"")
    lines = b"".join(b"%09d\n" % number for number in range(1, 400_001))
    script = "perl -e 'for (1..400000) { printf qq{%09d\\n}, $_ }'"
    output = await far.compile(DOCKER.shell(script, output_bytes=5_000_000))
    assert (output.outcome, output.stdout) == (Outcome.FINISHED, lines)
    output = await far.compile(DOCKER.shell("yes", output_bytes=1000))
    assert (output.outcome, len(output.stdout)) == (Outcome.OUTPUT_LIMIT, 1000)


async def test_what_waits_on_a_far_engine_is_used(far):
    """A container that waits is not taken for a dead one because of what TLS says by itself."""
    await far.compile(DOCKER.gcc("int x;\n"))
    await until(lambda: bool(far._spares._waiting))
    (kind,) = far._spares._waiting
    spare = far._spares._waiting[kind][0].spare
    await asyncio.sleep(0.2)
    assert far._spares._waiting[kind][0].spare is spare
    used = []
    run = spare.run
    spare.run = lambda *words: used.append(spare.name) or run(*words)
    output = await far.compile(DOCKER.gcc("int x;\n"))
    assert output.outcome is Outcome.FINISHED
    assert used == [spare.name]


async def test_a_compile_on_a_far_engine_is_cancelled(far):
    """Its processes have ended when that is over."""
    marker = make_marker()
    task = asyncio.create_task(far.compile(DOCKER.shell("sleep 600", marker, wall_s=60, tmp_bytes=1000)))
    await until(lambda: bool(processes_with(marker)))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert processes_with(marker) == []


async def test_a_far_engine_over_ssh_is_refused_with_another_way(monkeypatch):
    """No stream of a container can be waited for there; a forwarded socket does."""
    monkeypatch.setenv("DOCKER_HOST", "ssh://me@build.example")
    runtime = DOCKER.create()
    with pytest.raises(RuntimeUnavailable, match=r"over ssh://.*ssh -fnNT -L .* me@build\.example"):
        await runtime.compile(DOCKER.gcc("int x;\n"))
    await runtime.aclose()
