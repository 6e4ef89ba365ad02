"""Trying again: as often as it says, with pauses as long as it says, and only where it can help."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.virtual_time import in_virtual_time
from wic_runtimes.kubernetes.patience import Patience, persist


class Attempts:
    """Something that fails, and when it was tried; from some time on it works."""

    def __init__(self, works_at: int = 1000) -> None:
        self.at_s: list[float] = []
        self._works_at = works_at

    async def __call__(self) -> str:
        """Fail, or work."""
        self.at_s.append(asyncio.get_running_loop().time())
        if len(self.at_s) < self._works_at:
            raise ConnectionError(len(self.at_s))
        return "made"


@pytest.mark.parametrize(
    ("patience", "least_s", "most_s"),
    [
        (Patience(tries=1, first_s=1.0, longest_s=1.0), 0.0, 0.0),
        (Patience(tries=40, first_s=0.25, longest_s=0.25), 9.75, 9.75),
        (Patience(tries=6, first_s=1.0, longest_s=4.0), 1 + 2 + 4 + 4 + 4, 1.1 + 2.2 + 4 + 4 + 4),
    ],
)
def test_all_tries_are_used_and_no_pause_is_too_long(patience, least_s, most_s):
    """Pauses grow to the longest, and there they stay; the last failure is what is said."""
    attempts = Attempts()

    @in_virtual_time
    async def run() -> None:
        with pytest.raises(ConnectionError, match=str(patience.tries)):
            await persist(attempts, patience, lambda _: True)

    run()
    assert len(attempts.at_s) == patience.tries
    assert least_s - 0.001 <= attempts.at_s[-1] <= most_s + 0.001


@in_virtual_time
async def test_it_ends_when_it_works():
    """With what was made."""
    attempts = Attempts(works_at=3)
    assert await persist(attempts, Patience(10, 1.0, 8.0), lambda _: True) == "made"
    assert len(attempts.at_s) == 3


@in_virtual_time
async def test_what_trying_again_does_not_help_is_tried_once():
    """And nothing is waited for."""
    attempts = Attempts()
    with pytest.raises(ConnectionError):
        await persist(attempts, Patience(10, 1.0, 8.0), lambda _: False)
    assert attempts.at_s == [0.0]


@in_virtual_time
async def test_who_is_in_a_hurry_waits_no_longer():
    """What is left of the pauses is not made."""
    attempts, hurry = Attempts(works_at=3), asyncio.Event()
    asyncio.get_running_loop().call_later(0.5, hurry.set)
    assert await persist(attempts, Patience(10, 100.0, 1000.0), lambda _: True, hurry) == "made"
    assert attempts.at_s[-1] <= 0.51
