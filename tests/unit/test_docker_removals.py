"""Removing containers: nobody waits, each is tried again, and an engine that is away is not asked twice."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

import pytest

from wic_runtimes.docker import removals
from wic_runtimes.docker.removals import Removals


class FakeContainer:
    """A container that is removed, or not, as its engine is."""

    url = "unix:///engine.sock"

    def __init__(self, name: str, engine: FakeEngine) -> None:
        self.name = name
        self.is_open = True
        self._engine = engine

    def close(self) -> None:
        """Close our side."""
        self.is_open = False

    def remove(self) -> None:
        """Ask the engine."""
        assert not self.is_open
        self._engine.asked.append(self.name)
        if self._engine.failure is not None:
            raise self._engine.failure
        self._engine.removed.append(self.name)


class FakeEngine:
    """Who was asked to be removed, who was, and why not."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.removed: list[str] = []
        self.failure: Exception | None = None


class AnswerError(OSError):
    """What the engine itself answers has a status."""

    status_code = 500


@pytest.fixture
def engine(monkeypatch) -> FakeEngine:
    monkeypatch.setattr(removals, "_PAUSE_S", 0)
    return FakeEngine()


async def at_once(work: Callable[[], None]) -> None:
    work()


def add(each: Removals, engine: FakeEngine, *names: str) -> None:
    for name in names:
        each.add(FakeContainer(name, engine))  # type: ignore[arg-type] # a fake


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def until_quiet() -> None:
    """Nothing runs here."""


async def test_containers_are_removed_soon(engine):
    """In the order in which their jobs ended."""
    each = Removals(at_once, until_quiet)
    add(each, engine, "a", "b")
    assert engine.removed == []
    await settle()
    assert engine.removed == ["a", "b"]
    await each.aclose()
    assert engine.asked == ["a", "b"]


async def test_an_engine_that_is_away_is_asked_once_a_time_and_again_with_the_next(engine):
    """Each question might wait for as long as an engine may take to answer."""
    each = Removals(at_once, until_quiet)
    engine.failure = TimeoutError()
    add(each, engine, "a", "b", "c")
    await settle()
    assert engine.asked == ["a"]
    engine.failure = None
    add(each, engine, "d")
    await settle()
    assert sorted(engine.removed) == ["a", "b", "c", "d"]
    await each.aclose()


async def test_one_that_the_engine_refuses_keeps_none_of_the_others(engine):
    """An engine that answers is there, so the next question makes sense."""
    each = Removals(at_once, until_quiet)
    engine.failure = AnswerError(errno.EIO, "driver failed to remove root filesystem")
    add(each, engine, "a", "b")
    await settle()
    assert engine.asked == ["a", "b"]
    engine.failure = None
    await each.aclose()
    assert sorted(engine.removed) == ["a", "b"]


async def test_closing_asks_an_engine_that_is_away_once_more_and_no_more(engine):
    """What stays is left to the next server, by its labels; closing must have an end."""
    each = Removals(at_once, until_quiet)
    engine.failure = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
    add(each, engine, "a", "b", "c")
    await settle()
    await each.aclose()
    assert len(engine.asked) == 2
    assert engine.removed == []
