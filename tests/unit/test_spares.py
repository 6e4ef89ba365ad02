"""How many spares wait, for which kinds, and when they are built and ended; on a clock that jumps."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tests.unit.virtual_time import in_virtual_time
from wic_runtimes.errors import RuntimeUnavailable
from wic_runtimes.spares import Bounds, Maker, Spares

BOUNDS = Bounds(most=4, most_of_a_kind=2, lifetime_s=100.0, pause_s=1.0, patience_s=10.0)
EARLY = Bounds(most=4, most_of_a_kind=2, lifetime_s=100.0, pause_s=0.0, patience_s=0.0, is_early=True)
SOON = 5.0
BUILDING_S = 0.5


@dataclass
class Workbench:
    """Makes numbered spares, and remembers when each was begun and which have ended."""

    begun: list[tuple[float, str]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)
    broken: bool = False
    room: int = 100

    async def make(self, kind: str) -> str:
        """Build one, or fail."""
        self.begun.append((now(), kind))
        number = len(self.begun)
        await asyncio.sleep(BUILDING_S)
        if self.broken:
            raise RuntimeUnavailable("The engine is down.")
        return f"{kind}{number}"

    async def discard(self, spare: str) -> None:
        """End one."""
        await asyncio.sleep(BUILDING_S)
        self.ended.append(spare)

    def spares(self, bounds: Bounds = BOUNDS) -> Spares[str, str]:
        """Return spares that are made here."""
        return Spares(
            "test",
            bounds,
            Maker(
                self.make,
                self.discard,
                lambda _, spare: spare not in self.dead,
                lambda kinds: len(kinds) <= self.room,
            ),
        )


def now() -> float:
    return asyncio.get_running_loop().time()


async def use(spares, *kinds, for_s=0.0):
    """Run jobs of these kinds side by side; returns the spares that they were given."""
    uses = [spares.begin(kind) for kind in kinds]
    await asyncio.sleep(for_s)
    for one in uses:
        spares.end(one)
    return [one.spare for one in uses]


@in_virtual_time
async def test_nothing_is_built_before_it_was_needed():
    """A kind that was never used costs nothing; its first job finds no spare, its second does."""
    bench = Workbench()
    spares = bench.spares()
    assert await use(spares, "c") == [None]
    await asyncio.sleep(SOON)
    assert len(bench.begun) == 1
    assert await use(spares, "c") == ["c1"]
    await spares.aclose()
    assert bench.ended == []  # the one that was handed out is the job's to end, the next was not begun


@in_virtual_time
async def test_building_waits_for_the_result():
    """It begins a moment after a job's end, never while the job's result is still to come."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c", for_s=50)
    assert bench.begun == []
    await asyncio.sleep(SOON)
    assert bench.begun == [(51.0, "c")]
    await spares.aclose()


@in_virtual_time
async def test_as_many_are_kept_as_were_missed_at_once():
    """Whoever finds none has one more kept, up to the bound for its kind."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c", "c", "c")
    await asyncio.sleep(SOON)
    assert set(await use(spares, "c", "c", "c")) == {"c1", "c2", None}
    await spares.aclose()


@in_virtual_time
async def test_building_has_patience_with_what_runs():
    """A job that began meanwhile has the machine for itself, for some time."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c")
    other = spares.begin("other")
    await asyncio.sleep(SOON)
    assert bench.begun == []
    spares.end(other, may_fill=False)
    await asyncio.sleep(0)
    await asyncio.sleep(SOON)
    assert bench.begun == [(SOON, "c")]
    await spares.aclose()


@in_virtual_time
async def test_patience_ends():
    """Where jobs never pause, spares are built all the same."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c")
    other = spares.begin("other")
    await asyncio.sleep(BOUNDS.patience_s + SOON)
    assert bench.begun == [(BOUNDS.pause_s + BOUNDS.patience_s, "c")]
    spares.end(other)
    await spares.aclose()


@in_virtual_time
async def test_a_moment_between_two_jobs_is_enough():
    """An edit that cancels a compile and begins the next one lets the spare be built for the one after."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c")
    other = spares.begin("other")
    await asyncio.sleep(SOON)
    spares.end(other, may_fill=False)
    other = spares.begin("other")
    await asyncio.sleep(BUILDING_S)
    assert bench.begun == [(SOON, "c")]
    spares.end(other, may_fill=False)
    await spares.aclose()


@in_virtual_time
async def test_what_nobody_takes_grows_old_and_is_not_replaced():
    """After long idleness nothing waits, and nothing is built."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c", "c")
    await asyncio.sleep(10 * BOUNDS.lifetime_s)
    assert (len(bench.begun), sorted(bench.ended)) == (2, ["c1", "c2"])
    assert await use(spares, "c") == [None]
    await spares.aclose()


@in_virtual_time
async def test_of_too_many_the_oldest_go():
    """With steady use of one at a time the second spare ends, and one is kept."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c", "c")
    for _ in range(8):
        await asyncio.sleep(BOUNDS.lifetime_s / 4)
        (given,) = await use(spares, "c")
        assert given is not None
    await asyncio.sleep(SOON)
    assert bench.ended == ["c1"]
    assert set(await use(spares, "c", "c")) & {None}
    await spares.aclose()


@in_virtual_time
async def test_a_dead_spare_is_not_handed_out():
    """It is ended, and the next good one is given."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c", "c")
    await asyncio.sleep(SOON)
    bench.dead.add("c2")
    assert await use(spares, "c") == ["c1"]
    await spares.aclose()
    assert bench.ended == ["c2"]


@in_virtual_time
async def test_a_spare_that_is_lost_is_ended_and_replaced_after_the_next_job():
    """Whoever watches a spare may say that it is of no use any more, and say so twice."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c")
    await asyncio.sleep(SOON)
    spares.lose("c1")
    spares.lose("c1")
    await asyncio.sleep(SOON)
    assert bench.ended == ["c1"]
    assert await use(spares, "c") == [None]
    await asyncio.sleep(SOON)
    assert None not in await use(spares, "c")
    await spares.aclose()


@in_virtual_time
async def test_kinds_that_were_used_last_displace_older_ones():
    """There are never more than the bound for all together."""
    bench = Workbench()
    spares = bench.spares()
    for kind in ("a", "b", "c", "d", "e"):
        await use(spares, kind)
        await asyncio.sleep(SOON)
    assert bench.ended == ["a1"]
    assert await use(spares, "a", "b") == [None, "b2"]
    await spares.aclose()


@in_virtual_time
async def test_what_does_not_fit_the_machine_is_not_built():
    """Older kinds make room; where there is none to be had, a job goes without."""
    bench = Workbench(room=1)
    spares = bench.spares()
    await use(spares, "a")
    await asyncio.sleep(SOON)
    await use(spares, "b")
    await asyncio.sleep(SOON)
    assert bench.ended == ["a1"]
    assert await use(spares, "b") == ["b2"]
    bench.room = 0
    await asyncio.sleep(SOON)
    assert len(bench.begun) == 2
    await spares.aclose()


@in_virtual_time
async def test_what_cannot_be_built_is_not_tried_again_before_the_next_job():
    """The job that needs it will meet the fault, and say it."""
    bench = Workbench(broken=True)
    spares = bench.spares()
    await use(spares, "c")
    await asyncio.sleep(1000)
    assert len(bench.begun) == 1
    await use(spares, "c")
    await asyncio.sleep(1000)
    assert len(bench.begun) == 2
    await spares.aclose()


@in_virtual_time
async def test_a_kind_that_is_forgotten_is_ended_even_while_one_is_built():
    """As when the image that it was made from has been replaced."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c", "c")
    await asyncio.sleep(BOUNDS.pause_s + 1.5 * BUILDING_S)
    assert len(bench.begun) == 2
    spares.forget(lambda kind: kind == "c")
    await asyncio.sleep(SOON)
    assert sorted(bench.ended) == ["c1", "c2"]
    assert await use(spares, "c") == [None]
    await spares.aclose()


@in_virtual_time
async def test_closing_ends_all_and_waits_for_it():
    """Those that are being built as well; afterwards nothing is built."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c", "c")
    await asyncio.sleep(BOUNDS.pause_s + 1.5 * BUILDING_S)
    await spares.aclose()
    assert sorted(bench.ended) == ["c1", "c2"]
    assert await use(spares, "c") == [None]
    await asyncio.sleep(1000)
    assert len(bench.begun) == 2


@in_virtual_time
async def test_where_none_are_wanted_none_are_built():
    """A command that runs once keeps nothing for later."""
    bench = Workbench()
    spares = bench.spares(Bounds(most=0, most_of_a_kind=0, lifetime_s=1.0))
    await use(spares, "c", "c")
    await asyncio.sleep(1000)
    assert bench.begun == []
    await spares.aclose()


@in_virtual_time
async def test_where_another_machine_builds_the_next_is_begun_when_one_is_taken():
    """The job that took it still runs, and is not in its way."""
    bench = Workbench()
    spares = bench.spares(EARLY)
    await use(spares, "c", for_s=10)
    await asyncio.sleep(SOON)
    assert bench.begun == [(10.0, "c")]
    taken = spares.begin("c")
    await asyncio.sleep(SOON)
    assert bench.begun == [(10.0, "c"), (15.0, "c")]
    assert await use(spares, "c") == ["c2"]
    spares.end(taken)
    await spares.aclose()


@in_virtual_time
async def test_a_job_that_finds_none_begins_nothing_before_its_end():
    """It is yet to be seen whether one of its kind can be run at all."""
    bench = Workbench()
    spares = bench.spares(EARLY)
    first = spares.begin("c")
    await asyncio.sleep(SOON)
    assert bench.begun == []
    spares.end(first, may_fill=False)
    await asyncio.sleep(SOON)
    assert bench.begun == []
    await spares.aclose()


@in_virtual_time
async def test_a_job_that_finds_its_spare_lost_begins_nothing_before_its_end():
    """Whatever it was lost to may be there still."""
    bench = Workbench()
    spares = bench.spares(EARLY)
    await use(spares, "c")
    await asyncio.sleep(SOON)
    spares.lose("c1")
    await use(spares, "c", for_s=10)
    assert [begun for begun, _ in bench.begun] == [0.0]
    await asyncio.sleep(SOON)
    assert [begun for begun, _ in bench.begun][1] == SOON + 10
    await spares.aclose()


@in_virtual_time
async def test_many_that_are_taken_at_once_are_built_one_after_the_other():
    """One building serves all that lack one, and never makes more than are wanted."""
    bench = Workbench()
    spares = bench.spares(EARLY)
    await use(spares, "c", "c")
    await asyncio.sleep(SOON)
    assert None not in await use(spares, "c", "c", for_s=SOON)
    assert [begun for begun, _ in bench.begun] == [0.0, BUILDING_S, SOON, SOON + BUILDING_S]
    await spares.aclose()


@in_virtual_time
async def test_elsewhere_nothing_is_built_while_the_job_runs():
    """The machine is the job's own: taking a spare begins nothing there."""
    bench = Workbench()
    spares = bench.spares()
    await use(spares, "c")
    await asyncio.sleep(SOON)
    assert await use(spares, "c", for_s=50) == ["c1"]
    assert len(bench.begun) == 1
    await spares.aclose()


@in_virtual_time
async def test_it_is_known_whether_any_wait_or_are_made():
    """So that whoever needs their room knows that ending them gives some."""
    bench = Workbench()
    spares = bench.spares()
    seen = [spares.has_any]
    await use(spares, "c")
    seen.append(spares.has_any)
    await asyncio.sleep(BOUNDS.pause_s + BUILDING_S / 2)
    seen.append(spares.has_any)  # it is being made
    await asyncio.sleep(SOON)
    seen.append(spares.has_any)  # it waits
    taken = spares.begin("c")
    seen.append(spares.has_any)  # it is a job's
    spares.end(taken, may_fill=False)
    await asyncio.sleep(SOON)
    seen.append(spares.has_any)
    assert seen == [False, False, True, True, False, False]
    await use(spares, "d")
    await asyncio.sleep(SOON)
    assert spares.has_any
    spares.forget(lambda _: True)
    assert not spares.has_any
    await spares.aclose()
    assert bench.ended == ["d2"]
