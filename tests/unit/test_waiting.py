"""Waiting that outlasts its own cancelling, and is over only when what was waited for is."""

from __future__ import annotations

import asyncio

import pytest

from wic_runtimes.waiting import outlast


async def test_whoever_is_cancelled_meanwhile_waits_on_and_is_cancelled_then():
    """The end of what is waited for comes first, however often the waiting is cancelled."""
    future = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(outlast(future))
    for _ in range(3):
        await asyncio.sleep(0)
        waiting.cancel()
    await asyncio.sleep(0)
    assert not waiting.done()
    future.set_result(None)
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_what_follows_the_end_has_been_called():
    """Also where it is done already: a loop that waits until its end was noted would else never give way."""
    future = asyncio.get_running_loop().create_future()
    noted = []
    future.add_done_callback(noted.append)
    future.set_result(None)
    await outlast(future)
    assert noted == [future]


async def test_it_ends_though_it_is_cancelled_at_every_turn():
    """Whoever cancels until the waiting has ended would else wait for ever."""
    future = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(outlast(future))
    await asyncio.sleep(0)
    future.set_result(None)
    for _ in range(10):
        waiting.cancel()
        await asyncio.sleep(0)
    assert waiting.cancelled()


async def test_nothing_is_waited_for_at_once():
    """Without anything to wait for, it is over."""
    await outlast()
