"""One sandbox, from its making to its end: bubblewrap held at a gate, opened, watched, killed.

A `Sandbox` is spawned with everything fixed but the contents of its files. bubblewrap waits twice: at a gate,
a pipe that it reads before it does anything, until it is in its control group; and at a hold, another pipe,
which it reads when all namespaces and mounts are made, until the files have their contents. So nearly all of
the work is done before it is needed. The gate passes one word without which bubblewrap refuses to run: a
gate that closes because the server died starts nothing. A hold that closes so lets an empty file be compiled.

Output is counted as it comes, and too much of it kills the sandbox. All processes of a sandbox share a pid
namespace, whose first process we hold by pidfd: killing it kills all, and when it has ended all have.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any, Final, cast

from wic_runtimes import ownership
from wic_runtimes.contract import CompileJob, Outcome
from wic_runtimes.sandbox import owner
from wic_runtimes.sandbox.memory import Group
from wic_runtimes.sandbox.spec import GATE_WORD, NOBODY, Descriptors
from wic_runtimes.waiting import outlast

_STDOUT: Final = 1
_STDERR: Final = 2
_PATIENCE_S: Final = 2.0
_TRICKLE_BYTES: Final = 4096
_REST_S: Final = 0.02

MakeArguments = Callable[[Descriptors], tuple[str, ...]]


class Sandbox(asyncio.SubprocessProtocol):
    """One bubblewrap process and what is known of it. Made by `spawn`; use once.

    `closed` is done when no process of the sandbox is left. Never await it bare: a cancelled wait would
    cancel it. Use `outlast`.
    """

    def __init__(self, output_limit: int, group: Group | None, label: str) -> None:
        self.group = group
        self.verdict: Outcome | None = None
        self.exit_code: int | None = None
        self.was_out_of_memory = False
        self.was_made = False  # bubblewrap got as far as making namespaces
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._label = label
        self._output_limit = output_limit
        self._transport: asyncio.SubprocessTransport | None = None
        self._files: list[int] = []
        self._gate = -1
        self._hold = -1
        self._status = -1
        self._report = b""
        self._init = -1
        self._is_killed = False
        self._last_resort: asyncio.TimerHandle | None = None
        self._open_ends = 4  # stdout, stderr, the status pipe, bubblewrap; and the first process, once known

    @classmethod
    async def spawn(
        cls,
        job: CompileJob,
        seccomp: bytes,
        make_arguments: MakeArguments,
        program: str,
        group: Group | None,
    ) -> Sandbox:
        """Start bubblewrap in its control group and let it build all that it can. Raises OSError.

        When it raises, no process and no descriptor is left.
        """
        loop = asyncio.get_running_loop()
        is_root = os.geteuid() == 0
        sandbox = cls(job.limits.output_bytes, group, ownership.own_label())
        with ExitStack() as kept:
            with ExitStack() as lent:
                files = [_opened(kept, os.memfd_create("wic-source")) for _ in job.files]
                gate_read, gate_write = os.pipe()
                _opened(lent, gate_read)
                _opened(kept, gate_write)
                hold_read, hold_write = os.pipe()
                _opened(lent, hold_read)
                _opened(kept, hold_write)
                status_read, status_write = os.pipe()
                _opened(kept, status_read)
                _opened(lent, status_write)
                filter_file = _opened(lent, os.memfd_create("wic-filter"))
                _write_all(filter_file, seccomp)
                # As root we run it as nobody, who may not reach its folder: it is started by descriptor.
                program_file = _opened(lent, os.open(program, os.O_RDONLY)) if is_root else -1
                numbers = Descriptors(
                    gate_read, hold_read, status_write, filter_file, program_file, tuple(files)
                )
                passed = (*files, gate_read, hold_read, status_write, filter_file, program_file)
                transport, _ = await loop.subprocess_exec(
                    lambda: sandbox,
                    *(word.encode("utf-8", errors="surrogateescape") for word in make_arguments(numbers)),
                    stdin=asyncio.subprocess.DEVNULL,
                    env={},
                    cwd="/",
                    pass_fds=[fd for fd in passed if fd >= 0],
                    executable=f"/proc/self/fd/{program_file}" if is_root else program,
                    **_as_nobody(is_root),
                )
            kept.pop_all()
        sandbox._keep(transport, files, (gate_write, hold_write), status_read)
        if group is not None:
            try:
                with suppress(ProcessLookupError):  # it ended by itself; its own words will say why
                    await asyncio.to_thread(group.take_in, transport.get_pid())
            except BaseException:
                sandbox.kill()
                await outlast(sandbox.closed)
                raise
        sandbox._open_gate()
        return sandbox

    def _keep(
        self, transport: asyncio.SubprocessTransport, files: list[int], pipes: tuple[int, int], status: int
    ) -> None:
        self._transport = transport
        self._files = files
        self._gate, self._hold = pipes
        self._status = status
        asyncio.get_running_loop().add_reader(status, self._read_status)

    @property
    def is_waiting(self) -> bool:
        """Whether the sandbox is alive and has not been let go on."""
        return self._hold >= 0 and self._transport is not None and self._transport.get_returncode() is None

    @property
    def ended_for_no_reason(self) -> bool:
        """Whether it ended without a word from the program, and neither we nor the kernel's limits did it."""
        return self.exit_code is None and self.verdict is None and not self.was_out_of_memory

    def _open_gate(self) -> None:
        """Let bubblewrap build the sandbox, as far as the hold."""
        if self._gate >= 0:
            with suppress(BrokenPipeError):  # it has ended; `closed` will be done
                os.write(self._gate, GATE_WORD)
            os.close(self._gate)
            self._gate = -1

    def go_on(self, contents: list[bytes]) -> None:
        """Write the files and let the program run."""
        for fd, content in zip(self._files, contents, strict=True):
            _write_all(fd, content)
        self._release()

    def _release(self) -> None:
        """Let go of the gate, the hold and the files. A gate that closes without the word starts nothing."""
        for fd in (*self._files, self._gate, self._hold):
            if fd >= 0:
                os.close(fd)
        self._files = []
        self._gate = self._hold = -1

    def kill(self, verdict: Outcome | None = None) -> None:
        """End every process of the sandbox. The first verdict stands. Does not wait; see `closed`."""
        if self.closed.done():
            return
        if self.verdict is None:
            self.verdict = verdict
        self._is_killed = True
        if self._init >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
        elif self._gate >= 0:
            self._kill_bubblewrap()  # it has no child yet
            self._release()
        elif self._last_resort is None:
            # Between the gate and the news of its child, bubblewrap must not die: the child might stay.
            loop = asyncio.get_running_loop()
            self._last_resort = loop.call_later(_PATIENCE_S, self._kill_bubblewrap)

    def time_out(self) -> None:
        """End every process because its time is over; an answer that has come already stands."""
        self.kill(Outcome.TIMED_OUT if self.exit_code is None else None)

    def _kill_bubblewrap(self) -> None:
        if self._transport is not None:
            with suppress(ProcessLookupError):
                self._transport.kill()

    def _read_status(self) -> None:
        chunk = os.read(self._status, 65536)
        if not chunk:
            asyncio.get_running_loop().remove_reader(self._status)
            os.close(self._status)
            self._close_end()
            return
        self._report += chunk
        *lines, self._report = self._report.split(b"\n")
        for line in lines:
            report = cast("dict[str, int]", json.loads(line))
            if "child-pid" in report:
                self._watch_init(report["child-pid"])
            elif "exit-code" in report:
                self.exit_code = report["exit-code"]
                self._read_all()

    def _watch_init(self, pid: int) -> None:
        """Hold the namespace's first process, to kill it and to see its end."""
        self.was_made = True
        with suppress(OSError):  # it has ended, or this kernel has no pidfd: bubblewrap's own end must do
            held = os.pidfd_open(pid)
            if owner.is_stranger(pid, self._label):
                os.close(held)
            else:
                self._init = held
                self._open_ends += 1
                asyncio.get_running_loop().add_reader(held, self._init_ended)
        if self._is_killed:
            self.kill()

    def _init_ended(self) -> None:
        """Reap the first process where nobody else does: we are pid 1 of a container, and it became ours."""
        asyncio.get_running_loop().remove_reader(self._init)
        with suppress(ChildProcessError):
            os.waitid(os.P_PIDFD, self._init, os.WEXITED | os.WNOHANG)
        os.close(self._init)
        self._init = -1
        self._close_end()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep the output as far as it fits; see asyncio.SubprocessProtocol."""
        room = self._output_limit - len(self.stdout) - len(self.stderr)
        (self.stdout if fd == _STDOUT else self.stderr).extend(data[:room])
        if len(data) > room:
            self.kill(Outcome.OUTPUT_LIMIT)
        elif len(data) < _TRICKLE_BYTES and self.exit_code is None:
            self._rest(fd)

    def _rest(self, fd: int) -> None:
        """Let what comes in drops gather a while: waking for each line would take the compiler's own time."""
        pipe = self._pipe(fd)
        if pipe is not None:
            pipe.pause_reading()
            asyncio.get_running_loop().call_later(_REST_S, pipe.resume_reading)

    def _read_all(self) -> None:
        """Rest no more: the program has ended, and somebody waits for what it wrote."""
        for pipe in (self._pipe(_STDOUT), self._pipe(_STDERR)):
            if pipe is not None:
                pipe.resume_reading()

    def _pipe(self, fd: int) -> asyncio.ReadTransport | None:
        pipe = self._transport.get_pipe_transport(fd) if self._transport is not None else None
        return cast("asyncio.ReadTransport | None", pipe)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Count the ends; see asyncio.SubprocessProtocol."""
        del fd, exc
        self._close_end()

    def process_exited(self) -> None:
        """Count the ends; see asyncio.SubprocessProtocol."""
        self._close_end()

    def _close_end(self) -> None:
        self._open_ends -= 1
        if self._open_ends:
            return
        if self._last_resort is not None:
            self._last_resort.cancel()
        self._release()
        if self._transport is not None:
            self._transport.close()
        if not self.closed.done():
            self.closed.set_result(None)


def _as_nobody(is_root: bool) -> dict[str, Any]:  # noqa: FBT001 - what it says
    return {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if is_root else {}


def _opened(stack: ExitStack, fd: int) -> int:
    stack.callback(os.close, fd)
    return fd


def _write_all(fd: int, content: bytes) -> None:
    """Write from the start and leave the offset, which the reader shares, at 0."""
    view, offset = memoryview(content), 0
    while offset < len(content):
        offset += os.pwrite(fd, view[offset:], offset)
