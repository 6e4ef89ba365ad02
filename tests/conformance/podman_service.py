"""A Podman service of this test run's own, on a socket of its own, for one process and its children.

Its storage is apart from the machine's Podman (see tests/engines/podman). It is ended with the process that
started it, and where that was killed, ends by itself when nobody has spoken to it for an hour.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

_SCRIPT: Final = Path(__file__).parents[1] / "engines" / "podman"
_VARIABLE: Final = "WIC_TEST_PODMAN"
_START_S: Final = 60.0


_service: subprocess.Popen[bytes] | None = None


def podman_address() -> str:
    """Return the service's address, having started it. Where it does not start, nobody listens there.

    One that has ended since, for want of anybody who speaks to it, is started anew.
    """
    address = os.environ.get(_VARIABLE)
    if address is None or (_service is not None and _service.poll() is not None):
        address = os.environ[_VARIABLE] = _start()  # inherited by the servers that tests start
    return address


def _start() -> str:
    global _service  # noqa: PLW0603 - one for each test process
    folder = tempfile.mkdtemp(prefix="wic-podman-")
    socket = Path(folder, "podman.sock")
    # Podman leaves files of its own in both of these folders.
    places = {"cwd": folder, "env": {**os.environ, "TMPDIR": folder}}
    with Path(folder, "log").open("wb") as log:
        service = subprocess.Popen(
            [_SCRIPT, "serve", socket], stdin=subprocess.DEVNULL, stdout=log, stderr=log, **places
        )
    atexit.register(_end, service, folder)
    _service = service
    deadline = time.monotonic() + _START_S
    while not socket.exists() and service.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return f"unix://{socket}"


def _end(service: subprocess.Popen[bytes], folder: str) -> None:
    service.terminate()
    try:
        service.wait(20)
    except subprocess.TimeoutExpired:
        service.kill()
        service.wait()
    shutil.rmtree(folder)
