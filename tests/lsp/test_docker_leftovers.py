"""Containers of a server that was killed: the next one removes them, unasked and without an edit."""

from __future__ import annotations

import os
import signal

import pytest

from tests.conformance.traces import processes_with, until
from tests.lsp.programs import CLEAN, ENDLESS, make_uri

pytestmark = pytest.mark.engine("docker")

OPTIONS = {"runtime": "docker", "toolchains": {"cpp": ["gcc-12"]}, "timeoutSeconds": 600}
DOCUMENTS = 20
WITHIN_S = 60.0


async def test_the_next_server_removes_the_containers_of_a_killed_one(start_raw, own_engine):
    """Killed with -9 during as many compiles as it does at once, with more that want to begin."""
    killed = await start_raw(DOCKER_HOST=own_engine.url)
    await killed.initialize(initializationOptions=OPTIONS)
    uri, _ = make_uri()
    await killed.open(uri, CLEAN)
    await until(lambda: bool(own_engine.ours()))
    names = []
    for _ in range(DOCUMENTS):
        uri, name = make_uri()
        names.append(name)
        await killed.open(uri, ENDLESS)
    await until(lambda: any(processes_with(name) for name in names))
    os.kill(killed.process.pid, signal.SIGKILL)
    await killed.process.wait()
    assert own_engine.ours()
    following = await start_raw(DOCKER_HOST=own_engine.url)
    await following.initialize(initializationOptions={"runtime": "docker"})
    await until(lambda: own_engine.ours() == [], within_s=WITHIN_S)
    assert not any(processes_with(name) for name in names)
    assert await following.finish() == 0
