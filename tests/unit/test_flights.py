"""Single flight: what several want at once is done once, by the first whose turn it is, for who stays."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.virtual_time import in_virtual_time
from wic_lsp.fairness import FairGate
from wic_lsp.flights import Flights
from wic_lsp.sharing import OpenGate


class Work:
    """Work that ends when it is told to; it counts who runs, and how each run ended."""

    def __init__(self):
        self.running = 0
        self.begun = 0
        self.cancelled = 0
        self.answer = asyncio.get_running_loop().create_future()

    async def __call__(self):
        """Do it once."""
        self.running += 1
        self.begun += 1
        try:
            return await asyncio.shield(self.answer)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1


class Door:
    """A turn that comes when it is told to; it counts who is inside."""

    def __init__(self):
        self.opened = asyncio.get_running_loop().create_future()
        self.inside = 0
        self.waiting = 0

    @asynccontextmanager
    async def turn(self):
        """Wait until it is opened."""
        self.waiting += 1
        try:
            await asyncio.shield(self.opened)
        finally:
            self.waiting -= 1
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1


async def pause():
    """Let everything happen that can."""
    for _ in range(30):
        await asyncio.sleep(0)


def board(flights, work, turn=None, key="k"):
    return asyncio.create_task(flights.ride(key, turn or OpenGate().turn, work))


@in_virtual_time
async def test_the_same_work_at_once_is_done_once():
    """All get what came of it; one of them is told that it was its own."""
    flights, work = Flights(), Work()
    riders = [board(flights, work) for _ in range(5)]
    await pause()
    assert "k" in flights
    work.answer.set_result(7)
    assert [await one for one in riders] == [(7, True), *[(7, False)] * 4]
    assert work.begun == 1
    assert "k" not in flights


@in_virtual_time
async def test_other_work_is_other_work():
    """Keys that differ do not meet."""
    flights, one, other = Flights(), Work(), Work()
    riders = [board(flights, one, key="a"), board(flights, other, key="b")]
    one.answer.set_result(1)
    other.answer.set_result(2)
    assert [await rider for rider in riders] == [(1, True), (2, True)]


@in_virtual_time
async def test_what_has_landed_is_begun_anew():
    """A flight is no memory."""
    flights, first, second = Flights(), Work(), Work()
    first.answer.set_result(1)
    second.answer.set_result(2)
    assert await board(flights, first) == (1, True)
    assert await board(flights, second) == (2, True)


@in_virtual_time
async def test_a_failure_is_everybodys():
    """Who rode on it fails as well, and the next one tries again."""
    flights, work = Flights(), Work()
    riders = [board(flights, work) for _ in range(3)]
    await pause()
    work.answer.set_exception(KeyError("no"))
    for one in riders:
        with pytest.raises(KeyError):
            await one
    again = Work()
    again.answer.set_result(1)
    assert await board(flights, again) == (1, True)


@pytest.mark.parametrize("leaver", [0, 1, 2])
def test_who_leaves_ends_nothing_for_the_others(leaver):
    """Also the one whose work it was."""

    @in_virtual_time
    async def run():
        flights, work = Flights(), Work()
        riders = [board(flights, work) for _ in range(3)]
        await pause()
        riders[leaver].cancel()
        with pytest.raises(asyncio.CancelledError):
            await riders[leaver]
        assert (work.running, work.cancelled) == (1, 0)
        work.answer.set_result(7)
        assert [(await one)[0] for one in riders if one is not riders[leaver]] == [7, 7]

    run()


@in_virtual_time
async def test_the_last_one_to_leave_ends_it_and_waits():
    """When a cancelled call returns, nothing runs any more."""
    flights, work = Flights(), Work()
    riders = [board(flights, work) for _ in range(2)]
    await pause()
    for one, running in zip(riders, (1, 0), strict=True):
        one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await one
        assert work.running == running
    assert work.cancelled == 1
    assert "k" not in flights


@in_virtual_time
async def test_nobody_boards_what_is_being_ended():
    """Work that takes its time to end is not taken for work that will have a result."""
    flights, may_end = Flights(), asyncio.Event()

    async def slow():
        try:
            await asyncio.Event().wait()
        finally:
            await may_end.wait()

    leaving = board(flights, slow)
    await pause()
    leaving.cancel()
    await pause()
    assert not leaving.done()
    work = Work()
    work.answer.set_result(7)
    assert await board(flights, work) == (7, True)
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await leaving


@in_virtual_time
async def test_a_call_that_is_cancelled_twice_still_waits_for_the_end():
    """Impatience does not leave work behind."""
    flights, may_end, ended = Flights(), asyncio.Event(), []

    async def slow():
        try:
            await asyncio.Event().wait()
        finally:
            await may_end.wait()
            ended.append(True)

    leaving = board(flights, slow)
    await pause()
    for _ in range(3):
        leaving.cancel()
        await pause()
    assert not leaving.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert ended == [True]


@in_virtual_time
async def test_nobody_waits_in_anothers_queue():
    """Whoever has the first turn begins, and the others give up their places."""
    flights, work, busy, idle = Flights(), Work(), Door(), Door()
    first, second = board(flights, work, busy.turn), board(flights, work, idle.turn)
    await pause()
    assert (busy.waiting, idle.waiting, work.begun) == (1, 1, 0)
    idle.opened.set_result(None)
    await pause()
    assert (busy.waiting, idle.inside, work.begun) == (0, 1, 1)
    third = board(flights, work, busy.turn)
    await pause()
    assert busy.waiting == 0
    work.answer.set_result(7)
    assert [await one for one in (first, second, third)] == [(7, False), (7, True), (7, False)]
    assert (busy.inside, idle.inside) == (0, 0)


@in_virtual_time
async def test_who_leaves_before_a_turn_gives_up_its_place_alone():
    """The other still waits for its own."""
    flights, work, one, other = Flights(), Work(), Door(), Door()
    leaving, staying = board(flights, work, one.turn), board(flights, work, other.turn)
    await pause()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert (one.waiting, other.waiting) == (0, 1)
    other.opened.set_result(None)
    work.answer.set_result(7)
    assert await staying == (7, True)


@in_virtual_time
async def test_a_turn_that_is_refused_is_one_callers_failure():
    """A gate that is closed to one is not closed to all."""
    flights, work, shut, door = Flights(), Work(), Door(), Door()
    refused, staying = board(flights, work, shut.turn), board(flights, work, door.turn)
    await pause()
    shut.opened.set_exception(PermissionError("shut"))
    with pytest.raises(PermissionError):
        await refused
    door.opened.set_result(None)
    work.answer.set_result(7)
    assert await staying == (7, True)


@in_virtual_time
async def test_a_turn_is_kept_until_the_work_ends_also_where_its_owner_leaves():
    """There are never more compiles than the gate lets in."""
    flights, work, gate = Flights(), Work(), FairGate(1, 1)
    pilot, rider = board(flights, work, gate.lane().turn), board(flights, work, gate.lane().turn)
    await pause()
    assert (gate.running, gate.waiting) == (1, 0)
    pilot.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pilot
    assert gate.running == 1
    work.answer.set_result(7)
    assert await rider == (7, False)
    assert (gate.running, gate.waiting) == (0, 0)


class Scene:
    """Riders of two keys, whose works and doors do what they are told to."""

    def __init__(self):
        self.flights = Flights()
        self.riders = []
        self.doors = []
        self.works = {key: [Work()] for key in "ab"}

    def board(self, number):
        """Let one more come."""
        key = "ab"[number % 2]
        self.doors.append(Door())

        async def work():
            return await self.works[key][-1]()

        self.riders.append(board(self.flights, work, self.doors[-1].turn, key))

    def leave(self, number):
        """Cancel one."""
        for one in self.riders[number : number + 1]:
            one.cancel()

    def open(self, number):
        """Let one in."""
        for door in self.doors[number : number + 1]:
            if not door.opened.done():
                door.opened.set_result(None)

    def refuse(self, number):
        """Let one never in."""
        for door in self.doors[number : number + 1]:
            if not door.opened.done():
                door.opened.set_exception(PermissionError)
                door.opened.exception()

    def land(self, number):
        """End the work of one key well; the next one is another."""
        works = self.works["ab"[number % 2]]
        works[-1].answer.set_result(number % 2)
        works.append(Work())

    def fail(self, number):
        """End the work of one key badly."""
        works = self.works["ab"[number % 2]]
        works[-1].answer.set_exception(KeyError)
        works[-1].answer.exception()
        works.append(Work())

    def wait(self, number):
        """Do nothing; see `pause`."""

    async def end(self):
        """Let everybody in and everything land; return what became of all."""
        for number in range(len(self.doors)):
            self.open(number)
        await pause()
        for number in range(2):
            self.land(number)
        return await asyncio.gather(*self.riders, return_exceptions=True)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["board", "board", "leave", "open", "refuse", "land", "fail", "wait"]),
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_each_gets_an_answer_and_nothing_is_left(steps):
    """Riders come, leave and are refused at any moment; at most one work of a key runs that is wanted.

    In the end whoever stayed has an answer, no turn is taken or waited for, and no task is left.
    """

    @in_virtual_time
    async def run():
        scene = Scene()
        for step, number, pauses in steps:
            getattr(scene, step)(number)
            if pauses:
                await pause()
                assert all(works[-1].running <= 1 for works in scene.works.values())
        for one in await scene.end():
            assert isinstance(one, tuple | KeyError | PermissionError | asyncio.CancelledError)
        await pause()
        assert scene.flights._flights == {}
        assert all((door.waiting, door.inside) == (0, 0) for door in scene.doors)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run()
