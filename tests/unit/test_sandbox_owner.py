"""A label names one server for ever: the living are never touched, the dead are always found."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from wic_runtimes import ownership
from wic_runtimes.sandbox import owner

SLEEP = "import time; time.sleep(600)"


def label_parts():
    return ownership.own_label().removeprefix("wic-").split("-")


def test_we_live():
    """Our own label is of a living server."""
    assert not ownership.is_dead(ownership.own_label())


def test_a_pid_that_was_given_away_again_is_another_server():
    """The same pid with another start is a dead server."""
    pid, start, namespace = label_parts()
    assert ownership.is_dead(f"wic-{pid}-{int(start) - 1}-{namespace}")


def test_a_server_of_another_pid_namespace_cannot_be_judged():
    """What cannot be seen from here is not called dead: it may live in a container beside us."""
    pid, start, namespace = label_parts()
    assert not ownership.is_dead(f"wic-{pid}-{int(start) - 1}-{int(namespace) + 1}")


def test_other_words_are_no_labels():
    """Whatever else is found is left alone."""
    for word in ("", "wic", "wic-1", "wic-1-2", "wic-a-b-c", "wic-1-2-3-4", f"x{ownership.own_label()}"):
        assert not ownership.is_dead(word)


def test_only_the_sandboxes_of_the_dead_are_killed():
    """A process that carries a dead server's name is killed; one of a living server is not."""
    pid, start, namespace = label_parts()
    dead = f"wic-{pid}-{int(start) - 1}-{namespace}"
    living = ownership.own_label()
    names = [owner.program_name(dead), owner.program_name(living), f"x{owner.program_name(dead)}"]
    processes = [subprocess.Popen([name, "-c", SLEEP], executable=sys.executable) for name in names]
    try:
        deadline = time.monotonic() + 10
        while processes[0].poll() is None and time.monotonic() < deadline:
            owner.kill_orphans()
            time.sleep(0.02)
        assert [process.poll() for process in processes] == [-9, None, None]
        assert not owner.is_stranger(processes[1].pid, living)
        assert owner.is_stranger(os.getpid(), living)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_process_that_is_not_there_has_no_start():
    """Pid 0 is nobody's."""
    assert ownership.start_time(0) is None
