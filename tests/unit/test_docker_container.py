"""How a container ended whose output has, as its engine comes to tell it: of what was killed, maybe later."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from wic_runtimes.docker import container as module
from wic_runtimes.docker.container import Container
from wic_runtimes.docker.judging import Ending
from wic_runtimes.inside.script import BEGUN, MACHINE_COUNTER
from wic_runtimes.inside.stream import STDERR, STDOUT, Reader

MARK = "0123456789abcdef"


class SlowEngine:
    """An engine that says so often that a container has ended, before it says what happened there as well."""

    def __init__(self, silent: int, *late: str) -> None:
        self.asked = 0
        self._silent = silent
        self._late = late

    def inspect_container(self, _name):
        """Say that the container has ended, with the script's own exit code."""
        state = {"Running": False, "OOMKilled": False, "ExitCode": 1, "FinishedAt": "2026-01-01T00:00Z"}
        return {"State": state}

    def events(self, **_words):
        """Say what happened, as far as it is known."""
        self.asked += 1
        seen = ["start", *(self._late if self.asked > self._silent else ())]
        return [{"Action": one} for one in seen]


def find_end(engine, killed_before, killed_after):
    """Return how a compiler ended that exited with 1, by the machine's counts of kills for memory."""
    reader = Reader(1000, MARK)
    reader.take(STDOUT, BEGUN)
    reader.take(STDERR, f"{MARK}\n".encode())
    counts = f"{MACHINE_COUNTER}:{killed_before} {MACHINE_COUNTER}:{killed_after}"
    reader.take(STDOUT, f"{MARK} 1 {counts}\n".encode())
    seen_as = SimpleNamespace(url="", api=engine, host=SimpleNamespace(is_podman=False))
    container = Container(seen_as, "name")
    try:
        return container._find_end(reader, time.monotonic(), time.monotonic() + 60)
    finally:
        container.close()


def test_a_word_of_memory_that_comes_late_is_waited_for():
    """Where something on the machine was killed, and the engine knows of the end alone at first."""
    engine = SlowEngine(3, "oom")
    ended = find_end(engine, 5, 6)
    assert (ended.ending, ended.exit_code, ended.was_out_of_memory) == (Ending.SAID, 1, True)
    assert engine.asked == 4


@pytest.mark.parametrize(("after", "asks_again"), [(5, False), (6, True)])
def test_what_was_killed_elsewhere_is_not_held_against_a_container(monkeypatch, after, asks_again):
    """The engine has some time for its word, and only where there may be one."""
    monkeypatch.setattr(module, "_LATE_S", 0.2)
    engine = SlowEngine(1000)
    ended = find_end(engine, 5, after)
    assert (ended.ending, ended.exit_code, ended.was_out_of_memory) == (Ending.SAID, 1, False)
    assert (engine.asked > 1) == asks_again
