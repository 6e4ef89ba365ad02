"""One container's life, from its making to its end. Everything here blocks and belongs in a thread.

A `Container` is made, attached to, started, fed, read and removed by the one thread that runs its job. Others
may only `end` it, which wakes that thread: so there is one way to an end, and no half-made container.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, unique
from typing import Any, Final, cast

from wic_runtimes.contract import CompileJob, Limits
from wic_runtimes.docker.archive import pack
from wic_runtimes.docker.engine import EngineApi, remove_container
from wic_runtimes.docker.faults import translated
from wic_runtimes.docker.labels import JOB, own_labels
from wic_runtimes.docker.spec import container_configuration, image_name
from wic_runtimes.docker.stream import Reader

_CHUNK: Final = 256 * 1024
_START_S: Final = 30.0
"""How long an engine may take from a container's start to the compiler's."""

_LONGEST_PAUSE_S: Final = 0.1


@unique
class Ending(Enum):
    """Why a container's job is over."""

    BY_ITSELF = "by itself"
    TIME = "time"
    OUTPUT = "output"
    NEVER_BEGAN = "never began"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a container's job ended. What follows `compile_s` is the engine's word, on BY_ITSELF alone.

    `was_killed` says that somebody had the engine kill the container.
    """

    ending: Ending
    exit_code: int | None
    compile_s: float
    was_out_of_memory: bool
    was_killed: bool


class Container:
    """One container. `make` it, `run` it, then `remove` it, whatever happened between, and `close`."""

    def __init__(self, api: EngineApi, name: str) -> None:
        self._api = api
        self._name = name
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
        """Release what this side holds. May be called again."""
        with self._lock:
            for descriptor in filter(lambda one: one >= 0, (self._wake_read, self._wake_write)):
                os.close(descriptor)
            self._wake_read = self._wake_write = -1

    def make(self, configuration: Mapping[str, object]) -> None:
        """Have the engine make the container; it is not started."""
        self._api.create_container_from_config(configuration, self._name)

    def remove(self) -> None:
        """Kill and remove the container; one that is gone already, or was never made, is no error."""
        remove_container(self._api, self._name)

    def run(self, archive: bytes, limits: Limits, reader: Reader) -> Ended:
        """Start the compiler, feed it, and read until it ends or must be ended."""
        if self._is_ended:
            return _cut_short(Ending.ENDED)
        attached = self._api.attach_socket(self._name, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        stream = _Stream(attached)
        try:
            started = time.time()
            self._api.start(self._name)
            return self._watch(stream, archive, limits, reader, started)
        finally:
            stream.close()

    def _watch(
        self, stream: _Stream, archive: bytes, limits: Limits, reader: Reader, started: float
    ) -> Ended:
        began = time.monotonic()
        deadline = began + _START_S
        unsent = memoryview(archive)
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        poll.register(stream.fileno(), select.POLLIN | select.POLLOUT)
        while True:
            ready = dict(poll.poll(max(deadline - time.monotonic(), 0) * 1000))
            events = ready.get(stream.fileno(), 0)
            if events & select.POLLOUT:
                unsent = stream.send(unsent)
                if not unsent:
                    poll.modify(stream.fileno(), select.POLLIN)
            data = stream.receive() if events & ~select.POLLOUT else None
            if data:
                had_begun = reader.has_begun
                reader.feed(data)
                if reader.has_begun and not had_begun:
                    began = time.monotonic()
                    deadline = began + limits.wall_s
            ending = self._find_reason(reader, deadline)
            if ending is not None:
                return _cut_short(ending, time.monotonic() - began)
            if data == b"":
                return self._find_end(reader, began, deadline, started)

    def _find_reason(self, reader: Reader, deadline: float) -> Ending | None:
        """Say why the job must end now; None where it may go on."""
        if self._is_ended:
            return Ending.ENDED
        if reader.is_over:
            return Ending.OUTPUT
        if time.monotonic() >= deadline:
            return Ending.TIME if reader.has_begun else Ending.NEVER_BEGAN
        return None

    def _find_end(self, reader: Reader, began: float, deadline: float, started: float) -> Ended:
        """Wait for the end of a process whose output has ended, and ask the engine how it was."""
        pause_s = 0.001
        while True:
            state = cast("Mapping[str, Any]", self._api.inspect_container(self._name)["State"])
            compile_s = time.monotonic() - began
            if not state["Running"]:
                code = int(state["ExitCode"])
                heard = self._heard_since(started) if code != 0 else set()
                return Ended(
                    Ending.BY_ITSELF,
                    code,
                    compile_s,
                    was_out_of_memory=bool(state["OOMKilled"]) or "oom" in heard,
                    was_killed="kill" in heard,
                )
            ending = self._find_reason(reader, deadline)
            if ending is not None:
                return _cut_short(ending, compile_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            select.select([self._wake_read], [], [], pause_s)

    def _heard_since(self, started: float) -> set[str]:
        """Return what the engine told of it: a kill for memory may be told too late for its state."""
        filters = {"container": self._name, "event": ["oom", "kill"]}
        events = self._api.events(since=started - 1, until=time.time(), filters=filters, decode=True)
        return {str(event.get("Action", "")) for event in events}


def _cut_short(ending: Ending, compile_s: float = 0.0) -> Ended:
    return Ended(ending, None, compile_s, was_out_of_memory=False, was_killed=False)


def run_container(container: Container, job: CompileJob, reader: Reader, endpoint: str) -> Ended:
    """Carry a job through; what did not end by itself is removed. Raises RuntimeFailure."""
    is_over = False
    with translated(endpoint, image_name(job.image)):
        try:
            container.make(container_configuration(job, {**own_labels(), JOB: job.id}))
            ended = container.run(pack(job.files), job.limits, reader)
            is_over = ended.ending is Ending.BY_ITSELF
        finally:
            if not is_over:
                container.remove()
    return ended


class _Stream:
    """The attached connection: writes go to the container's stdin, reads are frames of its output."""

    def __init__(self, attached: Any) -> None:
        # The SDK returns the connection itself or a file over it, by how the engine is reached.
        self._attached = attached
        self._socket = cast("socket.socket", getattr(attached, "_sock", attached))
        self._socket.setblocking(False)  # noqa: FBT003 - the socket module's own signature

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._socket.fileno()

    def send(self, unsent: memoryview) -> memoryview:
        """Send what fits; when all is sent, say so, so that whoever reads inside meets the end."""
        try:
            unsent = unsent[self._socket.send(unsent[:_CHUNK]) :]
        except BlockingIOError:
            return unsent
        except (BrokenPipeError, ConnectionResetError):
            return unsent[len(unsent) :]  # it ended before it had read all; its output says why
        if not unsent:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
        return unsent

    def receive(self) -> bytes | None:
        """Return what has come, empty at the end; None where nothing has come."""
        try:
            return self._socket.recv(_CHUNK)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            return b""

    def close(self) -> None:
        """Close the connection."""
        with suppress(OSError):
            self._socket.close()
        self._attached.close()
