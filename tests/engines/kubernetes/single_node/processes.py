"""The components as processes: found in the process table, started apart from us, and stopped.

A component is found by its program and by the state folder in its words, never by a number that was written
down: the machine may have started anew since, and another process may have that number.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

from .configuration import command_line, environment_of, program_of
from .places import LOGS, NODE_IP, RUN, STATE
from .saying import CannotRun, last_lines, say

_STOP_S: Final = 20.0
_LOOK_S: Final = 0.1


class Died(CannotRun):
    """A component ended by itself."""


def process_of(component: str) -> int | None:
    """Return the process id of a component that runs, or None."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and is_component(_words_of(entry), component):
            return int(entry.name)
    return None


def foreign_api_server() -> str | None:
    """Return the program of an API server that has our address in our network and is not ours, or None."""
    network = _network_of(Path("/proc/self"))
    for entry in Path("/proc").iterdir():
        words = _words_of(entry) if entry.name.isdigit() else []
        is_one = f"--bind-address={NODE_IP}" in words and not is_component(words, "kube-apiserver")
        if is_one and _network_of(entry) == network:
            return words[0]
    return None


def is_component(words: list[str], component: str) -> bool:
    """Say whether a process of these words is our component."""
    return words[:1] == [program_of(component)] and any(f"{STATE}/" in word for word in words)


def log_of(component: str) -> Path:
    """Return the path of what a component says, over all its lives."""
    return LOGS / f"{component}.log"


def start(component: str) -> None:
    """Start a component that does not run. It outlives us."""
    if process_of(component) is not None:
        return
    for folder in (LOGS, RUN):
        folder.mkdir(parents=True, exist_ok=True)
    with log_of(component).open("ab") as log:
        child = subprocess.Popen(
            command_line(component),
            env={**os.environ, **environment_of(component)},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (RUN / f"{component}.pid").write_text(str(child.pid))


def stop(component: str, first: signal.Signals = signal.SIGTERM) -> None:
    """End a component, by force where the first signal does not end it."""
    for number in (first, signal.SIGKILL):
        pid = process_of(component)
        if pid is None:
            break
        _send(pid, number)
        deadline = time.monotonic() + _STOP_S
        while process_of(component) == pid and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
    if process_of(component) is not None:
        raise CannotRun(f"{component} cannot be ended")
    (RUN / f"{component}.pid").unlink(missing_ok=True)


def demand_alive(component: str) -> None:
    """Raise, with the end of its log, where a component that was started has ended."""
    if process_of(component) is None:
        log = log_of(component)
        said = last_lines(log.read_text(errors="replace")) if log.exists() else "(nothing)"
        raise Died(f"{component} ended by itself; its log, {log}, ends:\n{said}")


def kill_what_is_left() -> None:
    """End the containers' keepers that a killed containerd left, and with them their containers."""
    for entry in Path("/proc").iterdir():
        words = _words_of(entry) if entry.name.isdigit() else []
        if words and Path(words[0]).name.startswith("containerd-shim") and str(RUN) in " ".join(words):
            say("ending", Path(words[0]).name, entry.name)
            _send(int(entry.name), signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _network_of(process: Path) -> str | None:
    try:
        return str((process / "ns" / "net").readlink())
    except (FileNotFoundError, ProcessLookupError):
        return None


def _words_of(process: Path) -> list[str]:
    try:
        return process.joinpath("cmdline").read_bytes().decode(errors="replace").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
