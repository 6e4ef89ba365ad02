"""Debounce, supersede and cancel, on a clock that jumps to the next timer instead of waiting for it."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.virtual_time import in_virtual_time
from wic_lsp.scheduler import LONGEST_DELAY_S, SHORTEST_DELAY_S, Scheduler, Slot

DOC = "file:///a.cpp"


def now() -> float:
    return asyncio.get_running_loop().time()


class Checks:
    """Checks that take a given time, or fail; keeps when each began and how it ended."""

    def __init__(self, duration_s: float = 0.0, unwinding_s: float = 0.0) -> None:
        self.duration_s = duration_s
        self.unwinding_s = unwinding_s
        self.began: list[tuple[str, int, float]] = []
        self.ended: list[tuple[str, int, str]] = []
        self.failure: Exception | None = None
        self.running: dict[str, int] = {}
        self.most = 0

    async def __call__(self, key: str, version: int) -> None:
        """Run one check."""
        self.began.append((key, version, now()))
        self.running[key] = self.running.get(key, 0) + 1
        self.most = max(self.most, self.running[key])
        try:
            await asyncio.sleep(self.duration_s)
            if self.failure is not None:
                raise self.failure
            self.ended.append((key, version, "finished"))
        except asyncio.CancelledError:
            await asyncio.sleep(self.unwinding_s)
            self.ended.append((key, version, "cancelled"))
            raise
        finally:
            self.running[key] -= 1

    @property
    def versions(self) -> list[int]:
        """The versions that were begun, in their order."""
        return [version for _, version, _ in self.began]


@in_virtual_time
async def test_a_burst_of_edits_compiles_only_the_last():
    """Only the newest text is sent; earlier edits cost nothing."""
    checks = Checks()
    scheduler = Scheduler(checks)
    for version in range(1, 201):
        scheduler.request(DOC, version)
        await asyncio.sleep(0.01)
    await asyncio.sleep(10)
    assert checks.versions == [200]


@in_virtual_time
async def test_the_delay_counts_from_the_last_edit():
    """A check begins when the typing has paused for the debounce, not before."""
    checks = Checks()
    scheduler = Scheduler(checks)
    scheduler.request(DOC, 1)
    await asyncio.sleep(0.04)
    scheduler.request(DOC, 2)
    await asyncio.sleep(10)
    assert checks.began == [(DOC, 2, pytest.approx(0.04 + SHORTEST_DELAY_S))]


@in_virtual_time
async def test_at_once_means_without_delay():
    """Opening and saving do not wait for a pause in the typing."""
    checks = Checks()
    scheduler = Scheduler(checks)
    scheduler.request(DOC, 1, delay_s=5)
    scheduler.request(DOC, 1, at_once=True)
    await asyncio.sleep(0.001)
    assert checks.began == [(DOC, 1, 0.0)]


@in_virtual_time
async def test_a_fixed_delay_is_kept():
    """A debounce that the user has set holds, whatever checks take."""
    checks = Checks(duration_s=5)
    scheduler = Scheduler(checks)
    scheduler.request(DOC, 1, at_once=True)
    await asyncio.sleep(10)
    scheduler.request(DOC, 2, delay_s=2.5)
    await asyncio.sleep(10)
    assert checks.began[1] == (DOC, 2, pytest.approx(12.5))


@pytest.mark.parametrize(
    ("duration_s", "delay_s"),
    [(0.0, SHORTEST_DELAY_S), (0.02, SHORTEST_DELAY_S), (0.4, 0.2), (0.9, 0.45), (30.0, LONGEST_DELAY_S)],
)
def test_the_delay_adapts_to_what_checks_take(duration_s, delay_s):
    """A quick document is checked 50 ms after an edit, a slow one after half of its time, at most 500 ms."""
    slot = Slot()
    for version in range(30):
        slot.request(version, 0.0, None, at_once=False)
        slot.begin()
        slot.end(duration_s)
    slot.request(99, 100.0, None, at_once=False)
    assert slot.due() == pytest.approx(100.0 + delay_s, abs=1e-3)


def test_a_single_slow_check_does_not_make_a_quick_document_slow():
    """The delay follows the mean of what checks took, with the newest weighing a third."""
    slot = Slot()
    for duration_s in (0.1, 0.1, 0.1, 2.0):
        slot.request(1, 0.0, None, at_once=False)
        slot.begin()
        slot.end(duration_s)
    assert SHORTEST_DELAY_S < slot.delay() < LONGEST_DELAY_S


def test_what_opening_took_counts_until_an_edit_was_checked():
    """Opening a document with a hundred blocks compiles them all, an edit of it one; saving is no edit."""
    slot = Slot()
    for at_once, duration_s, delay_s in [
        (True, 16.0, LONGEST_DELAY_S),
        (True, 0.6, 0.3),
        (False, 0.2, 0.1),
        (True, 16.0, 0.1),
    ]:
        slot.request(1, 0.0, None, at_once=at_once)
        slot.begin()
        slot.end(duration_s)
        assert slot.delay() == pytest.approx(delay_s)


def test_a_cancelled_check_does_not_count_as_a_quick_one():
    """How soon a check was superseded says nothing of how long it would have taken."""
    slot = Slot()
    slot.request(1, 0.0, None, at_once=True)
    slot.begin()
    slot.end(0.8)
    slot.request(2, 1.0, None, at_once=True)
    slot.begin()
    slot.end(None)
    assert slot.delay() == pytest.approx(0.4)


@in_virtual_time
async def test_each_document_has_its_own_delay():
    """A slow document does not slow down another."""
    checks = Checks(duration_s=2)
    scheduler = Scheduler(checks)
    scheduler.request(DOC, 1, at_once=True)
    await asyncio.sleep(5)
    scheduler.request("other", 1)
    scheduler.request(DOC, 2)
    await asyncio.sleep(0.1)
    assert [key for key, _, _ in checks.began] == [DOC, "other"]


@in_virtual_time
async def test_the_next_check_begins_when_the_old_one_has_ended():
    """A superseded check is cancelled at once, and only its real end lets the next begin."""
    checks = Checks(duration_s=100, unwinding_s=3)
    scheduler = Scheduler(checks)
    scheduler.request(DOC, 1, at_once=True)
    await asyncio.sleep(1)
    scheduler.request(DOC, 2, at_once=True)
    await asyncio.sleep(2)
    assert checks.versions == [1]
    await asyncio.sleep(2)
    assert checks.began[1] == (DOC, 2, pytest.approx(4.0))
    assert checks.ended == [(DOC, 1, "cancelled")]
    await scheduler.aclose()


@in_virtual_time
async def test_a_document_never_has_two_checks_at_a_time():
    """However edits, saves and cancels fall, at most one check of a document runs."""
    checks = Checks(duration_s=0.3, unwinding_s=0.07)
    scheduler = Scheduler(checks)
    for step in range(300):
        scheduler.request(DOC, step, at_once=step % 3 == 0)
        if step % 7 == 0:
            scheduler.cancel(DOC)
        if step % 11 == 0:
            scheduler.forget(DOC)
        await asyncio.sleep(0.013 * (step % 17))
    scheduler.request(DOC, 1000)
    await asyncio.sleep(10)
    assert checks.most == 1
    assert checks.ended[-1] == (DOC, 1000, "finished")


@in_virtual_time
async def test_documents_are_checked_side_by_side():
    """One document's long check does not keep another's waiting."""
    checks = Checks(duration_s=5)
    scheduler = Scheduler(checks)
    for key in "abc":
        scheduler.request(key, 1, at_once=True)
    await asyncio.sleep(5.1)
    assert [how for _, _, how in checks.ended] == ["finished"] * 3


@in_virtual_time
async def test_saving_what_is_being_checked_does_not_begin_anew():
    """A hurried check of the version that runs already leaves it running."""
    checks = Checks(duration_s=5)
    scheduler = Scheduler(checks)
    scheduler.request(DOC, 1, at_once=True)
    await asyncio.sleep(4)
    scheduler.hurry(DOC, 1)
    await asyncio.sleep(2)
    assert checks.versions == [1]
    assert checks.ended == [(DOC, 1, "finished")]


@in_virtual_time
async def test_saving_what_waits_for_its_delay_begins_at_once():
    """A hurried check cuts the debounce of an edit short, and ends the check of an older version."""
    checks = Checks(duration_s=5)
    scheduler = Scheduler(checks)
    scheduler.request(DOC, 1, at_once=True)
    await asyncio.sleep(1)
    scheduler.request(DOC, 2, delay_s=60)
    scheduler.hurry(DOC, 2)
    await asyncio.sleep(1)
    assert checks.versions == [1, 2]
    await scheduler.aclose()


@in_virtual_time
async def test_cancelling_ends_what_runs_and_forgets_what_waits():
    """After a cancel nothing runs and nothing begins by itself."""
    checks = Checks(duration_s=5)
    scheduler = Scheduler(checks)
    scheduler.request(DOC, 1, at_once=True)
    await asyncio.sleep(1)
    scheduler.request(DOC, 2)
    scheduler.cancel(DOC)
    scheduler.cancel("never heard of")
    await asyncio.sleep(60)
    assert checks.ended == [(DOC, 1, "cancelled")]
    assert not scheduler.is_busy(DOC)


@in_virtual_time
async def test_an_error_is_reported_and_later_checks_run():
    """A check that raises is told to the event loop, and the next edit is checked as ever."""
    checks = Checks()
    scheduler = Scheduler(checks)
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, context: reported.append(context["exception"])
    )
    checks.failure = ValueError("a fault of ours")
    scheduler.request(DOC, 1, at_once=True)
    await asyncio.sleep(1)
    assert reported == [checks.failure]
    checks.failure = None
    scheduler.request(DOC, 2)
    await asyncio.sleep(1)
    assert checks.ended == [(DOC, 2, "finished")]


@in_virtual_time
async def test_a_forgotten_document_leaves_nothing():
    """Forgetting ends the check and drops everything, once that has ended."""
    checks = Checks(duration_s=5, unwinding_s=1)
    scheduler = Scheduler(checks)
    scheduler.request(DOC, 1, at_once=True)
    scheduler.request("idle", 1)
    await asyncio.sleep(1)
    scheduler.forget(DOC)
    await asyncio.sleep(10)
    scheduler.forget("idle")
    scheduler.forget("never heard of")
    assert (scheduler._slots, scheduler._tasks, scheduler._timers, scheduler._kept) == ({}, {}, {}, set())


@in_virtual_time
async def test_a_document_that_is_opened_again_is_checked():
    """Closing and opening again, while the old check still unwinds, checks the new text."""
    checks = Checks(duration_s=5, unwinding_s=1)
    scheduler = Scheduler(checks)
    scheduler.request(DOC, 1, at_once=True)
    await asyncio.sleep(1)
    scheduler.forget(DOC)
    scheduler.request(DOC, 1, at_once=True)
    await asyncio.sleep(10)
    assert checks.ended == [(DOC, 1, "cancelled"), (DOC, 1, "finished")]


@in_virtual_time
async def test_closing_waits_for_every_end():
    """After `aclose` no task of the scheduler is left, and nothing that waited has begun."""
    checks = Checks(duration_s=100, unwinding_s=2)
    scheduler = Scheduler(checks)
    for key in "abc":
        scheduler.request(key, 1, at_once=True)
    await asyncio.sleep(1)
    scheduler.request("a", 2)
    scheduler.request("d", 1)
    await scheduler.aclose()
    assert [how for _, _, how in checks.ended] == ["cancelled"] * 3
    assert len(asyncio.all_tasks()) == 1
    await asyncio.sleep(60)
    assert len(checks.began) == 3


@in_virtual_time
async def test_settling_waits_for_what_runs_and_ends_nothing():
    """Checks that begin meanwhile are not waited for."""
    checks = Checks(duration_s=5)
    scheduler = Scheduler(checks)
    await scheduler.settle()
    scheduler.request(DOC, 1, at_once=True)
    await asyncio.sleep(1)
    scheduler.request("file:///b.cpp", 1, delay_s=3)
    await scheduler.settle()
    assert now() == pytest.approx(5)
    assert checks.ended == [(DOC, 1, "finished")]
    await scheduler.aclose()
