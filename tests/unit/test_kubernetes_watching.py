"""One watch for all pods: it goes on after whatever may break it off, and whoever waits in vain is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from kubernetes.aio.client import ApiException

from tests.unit.virtual_time import in_virtual_time
from wic_runtimes.errors import RuntimeFailure, RuntimeUnavailable
from wic_runtimes.kubernetes.faults import translated
from wic_runtimes.kubernetes.watching import Followed, PodWatch

SERVER = "https://192.0.2.1:6443"
FORBIDDEN = 'pods is forbidden: User "x" cannot watch resource "pods" in API group "" in the namespace "n"'


def pod(job: str, node: str = "") -> Mapping[str, Any]:
    """Return a pod of that Job, where it is, if anywhere."""
    metadata = {"name": f"{job}-pod", "labels": {"batch.kubernetes.io/job-name": job}}
    return {"metadata": metadata, "spec": {"nodeName": node}, "status": {"phase": "Pending"}}


def fault(exc: Exception) -> RuntimeFailure:
    """Return what a request raises where the client raised that."""
    with pytest.raises(RuntimeFailure) as raised, translated(SERVER):
        raise exc
    return raised.value


def answered(status: int, words: str) -> RuntimeFailure:
    """Return what a request raises to which the API server has answered that."""
    return fault(ApiException(status, words))


class Script:
    """A cluster whose lists and watches go as written: each watch is its changes and how it breaks off."""

    def __init__(
        self, lists: Sequence[Any], watches: Sequence[tuple[Sequence[Any], Exception | None]]
    ) -> None:
        self._lists = list(lists)
        self._watches = list(watches)
        self.log: list[str] = []

    async def list_pods(self, selector: str) -> tuple[Sequence[Mapping[str, Any]], str]:
        """Answer as written; the last for ever."""
        self.log.append("list")
        answer = self._lists.pop(0) if len(self._lists) > 1 else self._lists[0]
        if isinstance(answer, Exception):
            raise answer
        return answer, str(len(self.log))

    async def watch_pods(self, selector: str, version: str) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
        """Tell as written; a watch that does not break off says no more."""
        self.log.append(f"watch from {version}")
        changes, end = self._watches.pop(0) if self._watches else ((), None)
        for change in changes:
            yield change
        if end is not None:
            raise end
        await asyncio.Event().wait()


@asynccontextmanager
async def watch(script: Script) -> AsyncIterator[PodWatch]:
    """Give a watch of such a cluster; it is closed at the end."""
    watching = PodWatch(script, "of=ours")  # type: ignore[arg-type]
    try:
        yield watching
    finally:
        await watching.aclose()


async def until(followed: Followed, is_so: Callable[[Followed], object]) -> None:
    """Wait for news until that is so, a minute at most."""
    async with asyncio.timeout(60):
        while not is_so(followed):
            await followed.news(60)


def is_on(node: str) -> Callable[[Followed], object]:
    """Return whether a pod was seen there."""
    return lambda followed: followed.sighting is not None and followed.sighting.node == node


@in_virtual_time
async def test_many_jobs_share_one_watch():
    """Each hears of its own pod alone."""
    changes = [("ADDED", pod("a", "one")), ("ADDED", pod("b", "two")), ("BOOKMARK", {"metadata": {}})]
    script = Script([[]], [(changes, None)])
    async with watch(script) as watching:
        first, second = watching.follow("a"), watching.follow("b")
        await until(first, is_on("one"))
        await until(second, is_on("two"))
    assert script.log == ["list", "watch from 1"]


BREAKS = {
    "the connection is lost": fault(ConnectionResetError("reset")),
    "the API server has forgotten": answered(410, "too old resource version: 1 (2)"),
    "the API server has too much to do": answered(429, "too many requests"),
    "the API server fails": answered(500, "etcdserver: leader changed"),
    "the answer is nonsense": fault(ValueError("no JSON")),
}


@pytest.mark.parametrize("why", BREAKS)
def test_a_watch_that_breaks_off_lists_afresh(why):
    """So nothing is missed: neither what has come meanwhile, nor what has gone."""

    @in_virtual_time
    async def run() -> None:
        script = Script([[pod("a"), pod("b")], [pod("b", "one")]], [((), BREAKS[why])])
        async with watch(script) as watching:
            gone, changed = watching.follow("a"), watching.follow("b")
            await until(changed, is_on("one"))
            assert gone.sighting is not None
            assert gone.sighting.is_gone
            assert gone.failure is changed.failure is None
        assert script.log == ["list", "watch from 1", "list", "watch from 3"]

    run()


@in_virtual_time
async def test_an_api_server_that_is_away_for_a_while_is_waited_for():
    """Some tries later it answers, and nobody has noticed."""
    silence = fault(ConnectionRefusedError("refused"))
    script = Script([[], silence, silence, silence, [pod("a", "one")]], [((), silence)])
    async with watch(script) as watching:
        followed = watching.follow("a")
        await until(followed, is_on("one"))
        assert followed.failure is None


@in_virtual_time
async def test_an_api_server_that_stays_away_is_said_to_all_and_the_next_tries_again():
    """Whoever comes later begins a new watch."""
    silence = fault(ConnectionRefusedError("refused"))
    script = Script([silence], [])
    async with watch(script) as watching:
        for name in ("a", "b"):
            followed = watching.follow(name)
            await until(followed, lambda followed: followed.failure is not None)
            assert followed.failure is silence


@in_virtual_time
async def test_a_watch_that_is_forbidden_is_said_at_once():
    """Asking again would not help; and it is the watch that is missing, not the list."""
    script = Script([[]], [((), answered(403, FORBIDDEN))])
    async with watch(script) as watching:
        followed = watching.follow("a")
        await until(followed, lambda followed: followed.failure is not None)
        assert "may not watch pods" in str(followed.failure)
    assert script.log == ["list", "watch from 1"]


@in_virtual_time
async def test_watches_that_break_off_at_once_are_begun_ever_more_rarely():
    """A proxy that allows none is not asked without end."""
    silence = fault(ConnectionResetError("reset"))
    script = Script([[]], [((), silence)] * 1000)
    async with watch(script) as watching:
        watching.follow("a")
        await asyncio.sleep(60)
    assert len(script.log) < 50


def test_a_fault_of_our_own_ends_nobodys_waiting_in_silence(caplog):
    """It is logged with its place, and said to all that wait."""

    @in_virtual_time
    async def run() -> None:
        async with watch(Script([[]], [([("ADDED", {"metadata": {}})], LookupError("odd"))])) as watching:
            followed = watching.follow("a")
            await until(followed, lambda followed: followed.failure is not None)
            assert isinstance(followed.failure, RuntimeUnavailable)
            assert "cannot be watched" in followed.failure.reason

    with caplog.at_level(logging.ERROR):
        run()
    assert "Watching pods failed." in caplog.text


@in_virtual_time
async def test_who_is_followed_no_longer_hears_nothing():
    """What comes of its pod is nobody's business any more."""
    script = Script([[]], [([("ADDED", pod("a", "one")), ("ADDED", pod("b", "one"))], None)])
    async with watch(script) as watching:
        first, second = watching.follow("a"), watching.follow("b")
        watching.forget("a")
        await until(second, is_on("one"))
        assert first.sighting is None
