"""Turns at the cluster: many tests share it, or one has it alone, among all of a user's test processes.

A test that compiles in the cluster shares it. One that stops a part of the cluster, or closes its node, has
it alone, so that no other test meets that. Who waits to be alone is not passed by: whoever comes later waits,
too.

A process that holds it may ask again for the same; one that shares it must never ask to be alone, since it
would wait for itself.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Turns:
    """The turns that are kept by two files in a folder. A killed process gives back what it held."""

    def __init__(self, folder: Path) -> None:
        self._door = folder / f"wic-test-cluster-{os.getuid()}-door.lock"
        self._room = folder / f"wic-test-cluster-{os.getuid()}-room.lock"
        self._holders = 0
        self._held: int | None = None
        self._is_alone = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Use the cluster beside others; waits while one has it alone, or wants to."""
        with self._hold(fcntl.LOCK_SH):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have the cluster alone; waits for all that share it."""
        assert self._is_alone or not self._holders, "who shares the cluster would wait for itself"
        with self._hold(fcntl.LOCK_EX):
            yield

    @contextmanager
    def _hold(self, how: int) -> Iterator[None]:
        if not self._holders:
            self._held = _enter(self._door, self._room, how)
            self._is_alone = how == fcntl.LOCK_EX
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
            if not self._holders and self._held is not None:
                os.close(self._held)
                self._held, self._is_alone = None, False


def _enter(door: Path, room: Path, how: int) -> int:
    """Return a descriptor that holds the room: closing it is leaving. Who waits for it stands in the door."""
    held = _open(room)
    try:
        waiting = _open(door)
        try:
            fcntl.flock(waiting, fcntl.LOCK_EX)
            fcntl.flock(held, how)
        finally:
            os.close(waiting)
    except BaseException:
        os.close(held)
        raise
    return held


def _open(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


TURNS = Turns(Path(tempfile.gettempdir()))
"""This process's turns at the tests' cluster."""


@pytest.fixture
def cluster_shared() -> Iterator[None]:
    """Let a test use the cluster while nobody breaks it."""
    with TURNS.shared():
        yield


@pytest.fixture(scope="module")
def cluster_shared_by_module() -> Iterator[None]:
    """Let a module's tests use the cluster, with what they made there, while nobody breaks it."""
    with TURNS.shared():
        yield


@pytest.fixture
def cluster_alone() -> Iterator[None]:
    """Let a test break the cluster while nobody else uses it; it must leave it whole."""
    with TURNS.alone():
        yield
