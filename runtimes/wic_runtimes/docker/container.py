"""One container's life, from its making to its end. Everything here blocks and belongs in a thread.

A `Container` is opened (made, attached to, started), runs one job, and is removed; one thread at a time does
so. Others may only `end` it, which wakes that thread: so there is one way to an end, and no half-made
container. The end of a compiler is heard from the script inside; where that says nothing, or not enough, the
engine is asked how the container ended.
"""

from __future__ import annotations

import math
import os
import select
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from wic_runtimes.contract import SOURCE_DIR, Limits
from wic_runtimes.docker.attached import Attached
from wic_runtimes.docker.engine import Engine, remove_container
from wic_runtimes.docker.frames import Frames
from wic_runtimes.docker.judging import Ended, Ending
from wic_runtimes.docker.plan import Plan
from wic_runtimes.inside.stream import Reader

_START_S: Final = 30.0
"""How long an engine may take from a container's start to the compiler's."""

_SPARE_START_S: Final = 5.0
"""How long a container that waits may take from its job to the compiler's start, before another is taken."""

_END_S: Final = 5.0
"""How long a container may go on after its output has ended: longer only where its engine was restarted."""

_LATE_S: Final = 2.0
"""How late a busy engine may tell what it was that was killed."""

_KILLED: Final = 137
_LONGEST_PAUSE_S: Final = 0.1


class Container:
    """One container: `open` it, `run` its job, then `remove` it whatever happened between, and `close`.

    `url` is its engine's address, `name` what the engine knows it by.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.url = engine.url
        self.name = name
        self._engine = engine
        self._api = engine.api
        self._attached: Attached | None = None
        self._frames = Frames()
        self._is_waiting = False
        self._is_ended = False
        self._lock = threading.Lock()
        self._wake_read, self._wake_write = os.pipe()

    def end(self) -> None:
        """Let the job end soon. May be called by any thread, at any time."""
        with self._lock:
            self._is_ended = True
            if self._wake_write >= 0:
                os.write(self._wake_write, b".")

    def close(self) -> None:
        """Close what is open on our side. Nobody may be running it."""
        self._detach()
        with self._lock:
            for descriptor in filter(lambda one: one >= 0, (self._wake_read, self._wake_write)):
                os.close(descriptor)
            self._wake_read = self._wake_write = -1

    def _detach(self) -> None:
        if self._attached is not None:
            self._attached.close()
            self._attached = None

    def open(self, plan: Plan) -> None:
        """Have the engine make and start the container, attached to us."""
        self._api.create_container_from_config(self._engine.fit(plan.configuration), self.name)
        if self._is_ended:
            return
        if plan.archive:
            self._api.put_archive(self.name, SOURCE_DIR, plan.archive)
        params = {"stdin": int(bool(plan.mark)), "stdout": 1, "stderr": 1, "stream": 1}
        self._attached = Attached(self._api.attach_socket(self.name, params))
        self._api.start(self.name)

    def await_ready(self) -> bool:
        """Wait until the script inside waits for its job; False where it does not come to that."""
        reader = Reader(0, "-")
        self._watch(b"", _START_S, _START_S, reader, until_ready=True)
        self._is_waiting = reader.is_ready
        return reader.is_ready

    @property
    def descriptor(self) -> int:
        """What can be read from only when a container that waits has ended."""
        return self._attached.fileno() if self._attached is not None else -1

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its job, as far as can be seen from here."""
        return self._is_waiting and self._attached is not None and not self._attached.has_news

    def run(self, feed: bytes, limits: Limits, reader: Reader) -> Ended:
        """Feed the job to the script, and read until it ends or must be ended."""
        if self._is_ended or self._attached is None:
            return Ended(Ending.ENDED, None, 0.0)
        start_s = _SPARE_START_S if self._is_waiting else _START_S
        self._is_waiting = False
        try:
            return self._watch(feed, start_s, limits.wall_s, reader)
        finally:
            self._detach()  # an engine that cannot hand on what still comes would not remove the container

    def remove(self) -> None:
        """Kill and remove the container; one that is gone already, or was never made, is no error."""
        remove_container(self._api, self.name)

    def _watch(
        self, feed: bytes, start_s: float, wall_s: float, reader: Reader, *, until_ready: bool = False
    ) -> Ended:
        attached = cast("Attached", self._attached)
        began = time.monotonic()
        deadline = began + (wall_s if reader.has_begun else start_s)
        unsent = memoryview(feed)
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        poll.register(attached.fileno(), select.POLLIN | (select.POLLOUT if unsent else 0))
        while True:
            ready = dict(poll.poll(max(_latest(reader, deadline) - time.monotonic(), 0) * 1000))
            events = ready.get(attached.fileno(), 0)
            if events & select.POLLOUT:
                unsent = attached.send(unsent)
                if not unsent:
                    poll.modify(attached.fileno(), select.POLLIN)
            data = attached.receive() if events & ~select.POLLOUT else None
            if data:
                had_begun = reader.has_begun
                for kind, payload in self._frames.feed(data):
                    reader.take(kind, payload)
                if reader.has_begun and not had_begun:
                    began = time.monotonic()
                    deadline = began + wall_s
            trailer = reader.trailer
            if trailer is not None and trailer.was_memory is not None:
                compile_s = time.monotonic() - began
                return Ended(Ending.SAID, trailer.exit_code, compile_s, was_out_of_memory=trailer.was_memory)
            if data == b"":
                return self._find_end(reader, began, deadline)
            ending = self._find_reason(reader, deadline)
            if ending is not None or (until_ready and reader.is_ready):
                return Ended(ending or Ending.SAID, None, time.monotonic() - began)

    def _find_reason(self, reader: Reader, deadline: float) -> Ending | None:
        """Say why the job must end now; None where it may go on."""
        if self._is_ended:
            return Ending.ENDED
        if reader.is_over:
            return Ending.OUTPUT
        if time.monotonic() >= _latest(reader, deadline):
            return Ending.TIME if reader.has_begun else Ending.NEVER_BEGAN
        return None

    def _find_end(self, reader: Reader, began: float, deadline: float) -> Ended:
        """Wait for the end of a container whose output has ended, and ask the engine how it was."""
        reader.finish()
        compile_s = time.monotonic() - began
        lost_at = time.monotonic() + _END_S if reader.has_mark else math.inf
        told_by = time.monotonic() + _LATE_S
        pause_s = 0.001
        while not reader.is_over:
            state = cast("Mapping[str, Any]", self._api.inspect_container(self.name)["State"])
            if not state["Running"]:
                ended = self._explain_end(state, reader, compile_s)
                if not _is_causeless(ended, reader) or time.monotonic() >= told_by:
                    return ended
            ending = Ending.LOST if time.monotonic() >= lost_at else self._find_reason(reader, deadline)
            if ending is not None:
                return Ended(ending, None, compile_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            select.select([self._wake_read], [], [], pause_s)
        return Ended(Ending.OUTPUT, None, compile_s)

    def _explain_end(self, state: Mapping[str, Any], reader: Reader, compile_s: float) -> Ended:
        """Say how a container ended, by its state and by what the engine saw of it. Podman tells nothing."""
        is_podman = self._engine.host.is_podman
        heard = set() if is_podman else self._heard(str(state["FinishedAt"]))
        was_out_of_memory = bool(state["OOMKilled"]) or "oom" in heard
        if not (is_podman or heard or was_out_of_memory):  # it does not even know of the start
            return Ended(Ending.LOST, None, compile_s)
        trailer = reader.trailer
        return Ended(
            Ending.SAID if trailer is not None or not reader.has_mark else Ending.GONE,
            trailer.exit_code if trailer is not None else int(state["ExitCode"]),
            compile_s,
            was_out_of_memory=was_out_of_memory,
            was_killed=trailer is None and "kill" in heard,
            is_unexplained=is_podman and not was_out_of_memory,
        )

    def _heard(self, finished_at: str) -> set[str]:
        """Return what the engine saw: a kill for memory may come too late for the state.

        It remembers nothing of before its own start. Its clock may be ahead of ours.
        """
        until = max(time.time(), datetime.fromisoformat(finished_at).timestamp())
        filters = {"container": self.name, "event": ["start", "oom", "kill"]}
        events = self._api.events(since=0, until=until, filters=filters, decode=True)
        return {str(event.get("Action", "")) for event in events}


def _latest(reader: Reader, deadline: float) -> float:
    """Return until when a container may go on: past its compiler's end for as long as it takes to go."""
    return deadline if reader.trailer is None else deadline + _END_S


def _is_causeless(ended: Ended, reader: Reader) -> bool:
    """Whether something was killed and nobody has said yet by whom: the engine's word may be on its way.

    It hears of a kill for memory and of a container's end in two ways, of which either may be the faster.
    """
    has_cause = ended.was_out_of_memory or ended.was_killed or ended.is_unexplained
    trailer = reader.trailer
    was_killed = ended.exit_code == _KILLED if trailer is None else trailer.was_somebody
    return was_killed and not has_cause
