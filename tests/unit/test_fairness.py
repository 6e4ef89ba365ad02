"""Whose turn it is: bounds for each and for all, in turn, and nothing lost when somebody leaves."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_lsp.fairness import FairGate, Turns
from wic_runtimes.errors import JobRejected


def drain(turns: Turns[str]) -> list[str]:
    """Begin everything that may begin."""
    taken = []
    while (one := turns.take()) is not None:
        taken.append(one[1])
    return taken


def test_no_more_run_than_may():
    """In all, and of each client."""
    turns: Turns[str] = Turns(3, 2)
    for number in range(5):
        turns.ask(1, f"a{number}")
    assert drain(turns) == ["a0", "a1"]
    turns.ask(2, "b0")
    turns.ask(2, "b1")
    assert drain(turns) == ["b0"]
    assert (turns.running, turns.waiting) == (3, 4)


def test_clients_take_turns():
    """One of each client that waits, however many of one wait."""
    turns: Turns[str] = Turns(1, 1)
    for number in range(3):
        turns.ask(1, f"a{number}")
    turns.ask(2, "b0")
    turns.ask(3, "c0")
    order = []
    while (taken := turns.take()) is not None:
        order.append(taken[1])
        turns.end(taken[0])
    assert order == ["a0", "b0", "c0", "a1", "a2"]


def test_who_is_at_its_bound_keeps_its_place():
    """It is passed over, and comes first as soon as one of its own ends."""
    turns: Turns[str] = Turns(2, 1)
    turns.ask(1, "a0")
    turns.ask(1, "a1")
    assert drain(turns) == ["a0"]
    turns.ask(2, "b0")
    turns.ask(2, "b1")
    assert drain(turns) == ["b0"]
    turns.end(1)
    assert drain(turns) == ["a1"]


def test_what_is_withdrawn_is_forgotten():
    """It is not begun, and what is unknown is no error."""
    turns: Turns[str] = Turns(1, 1)
    turns.ask(1, "a0")
    turns.withdraw(1, "a0")
    turns.withdraw(1, "a0")
    turns.withdraw(9, "z")
    assert (turns.take(), turns.waiting) == (None, 0)


events = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 3)),
        st.tuples(st.just("end"), st.integers(0, 3)),
        st.tuples(st.just("withdraw"), st.integers(0, 3)),
        st.tuples(st.just("take"), st.just(0)),
    ),
    max_size=80,
)


@given(events=events, in_all=st.integers(1, 4), each=st.integers(1, 3))
def test_nobody_is_passed_over_twice_for_the_same_other(events, in_all, each):
    """While a client waits and may have one more, no other is let in twice; bounds hold; nothing is lost."""
    turns: Turns[int] = Turns(in_all, each)
    waiting: dict[int, list[int]] = {client: [] for client in range(4)}
    running = dict.fromkeys(range(4), 0)
    let_in_since: dict[int, set[int]] = {client: set() for client in range(4)}
    for number, (what, client) in enumerate(events):
        match what:
            case "ask":
                turns.ask(client, number)
                waiting[client].append(number)
            case "withdraw" if waiting[client]:
                turns.withdraw(client, waiting[client].pop())
            case "end" if running[client]:
                turns.end(client)
                running[client] -= 1
            case "take":
                eligible = {one for one in range(4) if waiting[one] and running[one] < each}
                taken = turns.take()
                if taken is None:
                    assert not eligible or sum(running.values()) == in_all
                    continue
                who, ticket = taken
                assert who in eligible
                assert waiting[who].pop(0) == ticket
                running[who] += 1
                for other in eligible - {who}:
                    assert who not in let_in_since[other]
                    let_in_since[other].add(who)
                let_in_since[who].clear()
        for one in range(4):
            if not waiting[one] or running[one] >= each:
                let_in_since[one].clear()
        assert turns.running == sum(running.values()) <= in_all
        assert turns.waiting == sum(map(len, waiting.values()))
        assert all(count <= each for count in running.values())


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Worker:
    """Takes turns and holds each until it is told to end."""

    def __init__(self, lane):
        self.lane = lane
        self.begun = 0
        self.may_end = asyncio.Event()

    async def work(self):
        """Take one turn."""
        async with self.lane.turn():
            self.begun += 1
            await self.may_end.wait()


async def test_the_gate_lets_in_as_turns_decide():
    """A turn ends with its block, and the next one begins."""
    gate = FairGate(1, 1)
    one, other = Worker(gate.lane()), Worker(gate.lane())
    tasks = [asyncio.create_task(worker.work()) for worker in (one, other, one)]
    await settle()
    assert (one.begun, other.begun, gate.running, gate.waiting) == (1, 0, 1, 2)
    one.may_end.set()
    await settle()
    assert (one.begun, other.begun) == (1, 1)
    other.may_end.set()
    await asyncio.gather(*tasks)
    assert (gate.running, gate.waiting) == (0, 0)


async def test_who_is_cancelled_takes_no_turn():
    """Neither while it waits, nor when its turn has just come, nor while it runs."""
    gate = FairGate(1, 1)
    worker = Worker(gate.lane())
    running, waiting, next_one = (asyncio.create_task(worker.work()) for _ in range(3))
    await settle()
    waiting.cancel()
    await settle()
    assert gate.waiting == 1
    running.cancel()
    await asyncio.sleep(0)
    next_one.cancel()
    await asyncio.gather(running, waiting, next_one, return_exceptions=True)
    assert (gate.running, gate.waiting) == (0, 0)


@pytest.mark.parametrize("steps", range(6))
async def test_a_turn_is_never_lost(steps):
    """At whatever moment whoever waits is cancelled, the next one gets the turn."""
    gate = FairGate(1, 1)
    first, second, third = (Worker(gate.lane()) for _ in range(3))
    tasks = [asyncio.create_task(worker.work()) for worker in (first, second, third)]
    await settle()
    first.may_end.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    tasks[1].cancel()
    second.may_end.set()
    await settle()
    assert third.begun == 1
    third.may_end.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (gate.running, gate.waiting) == (0, 0)


async def test_a_closed_gate_refuses_and_lets_what_runs_go_on():
    """Who waits and who comes later gets a sentence; nothing of it looks like a compile."""
    gate = FairGate(1, 1)
    worker = Worker(gate.lane())
    running, waiting = asyncio.create_task(worker.work()), asyncio.create_task(worker.work())
    await settle()
    gate.close()
    with pytest.raises(JobRejected, match="being stopped"):
        await waiting
    with pytest.raises(JobRejected, match="being stopped"):
        await worker.work()
    assert not running.done()
    worker.may_end.set()
    await running


async def test_a_client_is_idle_when_nothing_of_its_own_runs():
    """Whatever others do."""
    gate = FairGate(2, 1)
    mine, other = Worker(gate.lane()), Worker(gate.lane())
    await mine.lane.wait_for_idle()
    tasks = [asyncio.create_task(worker.work()) for worker in (mine, other)]
    await settle()
    waiting = asyncio.create_task(mine.lane.wait_for_idle())
    await settle()
    assert not waiting.done()
    mine.may_end.set()
    await waiting
    other.may_end.set()
    await asyncio.gather(*tasks)
