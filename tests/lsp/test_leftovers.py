"""What a server that was killed leaves behind is removed by the next one, without being asked."""

from __future__ import annotations

import os
import signal

import pytest

from tests.conformance.traces import control_groups_of, processes_with, sandboxes_of, until
from tests.lsp.programs import ENDLESS, ENDLESS_FLAGS, make_uri

pytestmark = pytest.mark.usefixtures("engine")
OPTIONS = {"flags": ENDLESS_FLAGS, "timeoutSeconds": 600}


async def test_the_next_server_removes_what_a_killed_one_left(start_raw):
    """A server is killed with -9 while it compiles; once the next one has started, nothing of it is left."""
    killed = await start_raw()
    await killed.initialize(initializationOptions=OPTIONS)
    uri, name = make_uri()
    await killed.open(uri, ENDLESS)
    await until(lambda: bool(processes_with(name)))
    os.kill(killed.process.pid, signal.SIGKILL)
    await killed.process.wait()
    following = await start_raw()
    await following.initialize()
    dead = killed.process.pid
    await until(lambda: not (processes_with(name) or sandboxes_of(dead) or control_groups_of(dead)))
    assert await following.finish() == 0
