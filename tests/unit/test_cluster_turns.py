"""The turns at the tests' cluster: shared by many, or of one alone, and nobody is passed by for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.cluster_turns import Turns

_HOLD = """\
import sys
from pathlib import Path
from tests.conformance.cluster_turns import Turns
print("asks", flush=True)
with getattr(Turns(Path(sys.argv[1])), sys.argv[2])():
    print("holds", flush=True)
    sys.stdin.readline()
print("left", flush=True)
"""


class Other:
    """Another process that takes a turn, which it gives back when it is told to."""

    def __init__(self, folder: Path, turn: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(folder), turn],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert self.says() == "asks"

    def says(self) -> str:
        """Return what it says next; waits."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def comes_to_wait(self) -> None:
        """Return when the kernel says that it waits for a lock; forever where it never does. See proc(5)."""
        while not any(
            "->" in words and str(self._process.pid) in words
            for words in map(str.split, Path("/proc/locks").read_text().splitlines())
        ):
            assert self._process.poll() is None

    def leave(self) -> None:
        """Have it give back its turn, and end."""
        self._process.communicate("\n")

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def begin(tmp_path):
    others = []

    def begin(turn: str) -> Other:
        others.append(Other(tmp_path, turn))
        return others[-1]

    yield begin
    for other in others:
        other.kill()


def test_many_share_at_once(begin):
    """Who shares waits for nobody that shares."""
    assert [begin("shared").says() for _ in range(3)] == ["holds"] * 3


def test_alone_is_alone(begin):
    """While one has it alone, the next waits, whatever it wants; and gets it when that one leaves."""
    for first, second in (("alone", "shared"), ("alone", "alone"), ("shared", "alone")):
        holder = begin(first)
        assert holder.says() == "holds"
        waiting = begin(second)
        waiting.comes_to_wait()
        holder.leave()
        assert waiting.says() == "holds"
        waiting.leave()


def test_who_waits_to_be_alone_is_not_passed_by(begin):
    """Whoever wants to share comes after it, though another one shares still."""
    holder = begin("shared")
    assert holder.says() == "holds"
    alone = begin("alone")
    alone.comes_to_wait()
    late = begin("shared")
    late.comes_to_wait()
    holder.leave()
    assert alone.says() == "holds"
    alone.leave()
    assert late.says() == "holds"


def test_who_is_killed_holds_nothing(begin):
    """The kernel gives back what a dead process held."""
    holder = begin("alone")
    assert holder.says() == "holds"
    holder.kill()
    assert begin("alone").says() == "holds"


def test_a_process_may_ask_again_for_what_it_holds(tmp_path, begin):
    """It keeps its turn until it has given back the last."""
    turns = Turns(tmp_path)
    for turn in (turns.shared, turns.alone):
        with turn():
            with turn():
                pass
            waiting = begin("alone")
            waiting.comes_to_wait()
        assert waiting.says() == "holds"
        waiting.leave()


def test_who_shares_must_not_ask_to_be_alone(tmp_path):
    """It would wait for itself, so it fails instead."""
    turns = Turns(tmp_path)
    with turns.shared(), pytest.raises(AssertionError, match="wait for itself"), turns.alone():
        pass
