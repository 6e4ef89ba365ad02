"""The connection to a container's streams, over a WebSocket that plays the API server."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from types import SimpleNamespace

import pytest

from tests.unit.virtual_time import in_virtual_time
from wic_runtimes.kubernetes.attached import Attached

OK = b"\3" + json.dumps({"metadata": {}, "status": "Success"}).encode()
BROKEN = b"\3" + json.dumps({"status": "Failure", "message": "x", "reason": "InternalError"}).encode()


class FakeSocket:
    """Hands out messages, then ends, or goes on waiting while `ends` is false."""

    def __init__(self, *messages, ends=True, refuses_after=None):
        self.messages = deque(messages)
        self.sent = []
        self.taken = 0
        self.closed = False
        self._ends = ends
        self._refuses_after = refuses_after

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.messages:
            if self._ends:
                raise StopAsyncIteration
            await asyncio.Event().wait()
        self.taken += 1
        message = self.messages.popleft()
        if isinstance(message, asyncio.Event):
            await message.wait()
            return await self.__anext__()
        if isinstance(message, BaseException):
            raise message
        return SimpleNamespace(data=message)

    async def send_bytes(self, data):
        """Send, or refuse as aiohttp does when the connection is closing."""
        if self._refuses_after is not None and len(self.sent) >= self._refuses_after:
            raise ConnectionResetError("Cannot write to closing transport")
        self.sent.append(data)

    async def close(self):
        """Close it."""
        self.closed = True


class Ends:
    """Counts how often the end was told, and remembers what could be seen then."""

    def __init__(self):
        self.seen = []
        self.attached = None

    def __call__(self):
        """Be told."""
        self.seen.append((self.attached.has_ended, self.attached.is_cut))


def attach(socket):
    ends = Ends()
    ends.attached = Attached(socket, ends)
    return ends.attached, ends


async def all_of(attached):
    found = []
    while (came := await attached.receive()) is not None:
        found.append(came)
    return found


@in_virtual_time
async def test_what_comes_keeps_its_order_and_its_stream():
    """Each message says on which stream its bytes were written."""
    socket = FakeSocket(b"\1a", b"\2b", b"\1c\0\1\2", OK)
    attached, _ = attach(socket)
    assert await all_of(attached) == [(1, b"a"), (2, b"b"), (1, b"c\0\1\2")]
    await attached.aclose()


@in_virtual_time
async def test_messages_without_content_say_nothing():
    """The API server opens each channel with an empty message; texts are none of the protocol's."""
    attached, _ = attach(FakeSocket(b"\1", b"\2", b"", "text", None, b"\1a", OK))
    assert await all_of(attached) == [(1, b"a")]
    await attached.aclose()


@pytest.mark.parametrize(
    ("last", "is_cut"),
    [
        ((OK,), False),
        ((), True),
        ((BROKEN,), True),
        ((b"\3{}",), True),
        ((b"\3[]",), True),
        ((b"\3no json",), True),
        ((b"\3\xff",), True),
        ((ConnectionResetError("x"),), True),
    ],
)
def test_an_end_is_told_from_a_cut(last, is_cut):
    """Only an API server that says so has ended the streams by its rules. Either way they end, and once."""

    @in_virtual_time
    async def run():
        attached, ends = attach(FakeSocket(b"\1a", *last))
        assert await all_of(attached) == [(1, b"a")]
        assert await attached.receive() is None
        assert (attached.has_ended, attached.is_cut) == (True, is_cut)
        assert ends.seen == [(True, is_cut)]
        await attached.aclose()

    run()


@in_virtual_time
async def test_whoever_waits_already_hears_of_the_end():
    """Also where the connection breaks while nothing is in the queue."""
    for last in (OK, b"\3no json", ConnectionResetError("x")):
        goes_on = asyncio.Event()
        attached, _ = attach(FakeSocket(goes_on, last))
        waiting = asyncio.create_task(attached.receive())
        await asyncio.sleep(1)
        assert not waiting.done()
        goes_on.set()
        assert await waiting is None
        await attached.aclose()


@in_virtual_time
async def test_the_end_of_one_that_waits_is_known_though_nobody_reads():
    """A pod that waits for its job and is taken away must not be handed out."""
    attached, ends = attach(FakeSocket(b"\1wic: ready\n"))
    await asyncio.sleep(1)
    assert ends.seen == [(True, True)]
    await attached.aclose()


@in_virtual_time
async def test_a_flood_is_held_back():
    """What nobody takes is not fetched: it waits in the container, and nothing of it is lost."""
    flood = [b"\1" + b"%d" % number for number in range(1000)]
    socket = FakeSocket(*flood, OK)
    attached, ends = attach(socket)
    await asyncio.sleep(1)
    assert socket.taken == 64 + 1
    assert ends.seen == []
    assert [payload for _, payload in await all_of(attached)] == [one[1:] for one in flood]
    assert ends.seen == [(True, False)]
    await attached.aclose()


@in_virtual_time
async def test_a_queue_that_is_full_at_the_end_loses_nothing():
    """The last messages are there, though the end is known before they are read."""
    socket = FakeSocket(*[b"\1x"] * 64, OK)
    attached, ends = attach(socket)
    await asyncio.sleep(1)
    assert ends.seen == [(True, False)]
    assert len(await all_of(attached)) == 64
    assert await attached.receive() is None
    await attached.aclose()


@in_virtual_time
async def test_what_is_sent_goes_to_stdin_in_pieces():
    """No message is larger than what API servers take; together they are what was to be sent."""
    socket = FakeSocket(ends=False)
    attached, _ = attach(socket)
    data = bytes(range(256)) * 1500
    await attached.send(data)
    await attached.send(b"")
    assert len(socket.sent) == 3
    assert all(one[:1] == b"\0" and len(one) <= 128 * 1024 + 1 for one in socket.sent)
    assert b"".join(one[1:] for one in socket.sent) == data
    await attached.aclose()


@in_virtual_time
async def test_what_is_not_read_any_more_is_no_error():
    """A container that has ended says so by its output; writing to it fails at any moment."""
    socket = FakeSocket(ends=False, refuses_after=1)
    attached, _ = attach(socket)
    await attached.send(bytes(300 * 1024))
    assert len(socket.sent) == 1
    socket.closed = True
    socket._refuses_after = None
    await attached.send(b"x")
    assert len(socket.sent) == 1
    await attached.aclose()


@in_virtual_time
async def test_closing_ends_the_reading_and_the_connection():
    """Nothing runs on, whether it waits for the container or for a reader; it may be told of its end."""
    for socket in (FakeSocket(ends=False), FakeSocket(*[b"\1x"] * 1000), FakeSocket(OK)):
        before = asyncio.all_tasks()
        attached, _ = attach(socket)
        await asyncio.sleep(1)
        await attached.aclose()
        assert socket.closed
        assert asyncio.all_tasks() == before
