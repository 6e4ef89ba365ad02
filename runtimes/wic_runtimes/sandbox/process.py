"""One sandbox, from its making to its end: bubblewrap held at a gate, opened, watched, killed.

A `Sandbox` is spawned with everything fixed but the contents of its files, and waits at a gate: a pipe that
bubblewrap reads to its end before it does anything. That lets the slow parts (starting a process, moving it
into a control group) happen before they are needed. Opening the gate writes the contents and closes the
pipe. Output is counted as it comes, and too much of it kills the sandbox. The end of a sandbox is the end
of all of its processes: they share a pid namespace, whose first process we kill by pidfd.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Final, cast

from wic_runtimes.contract import CompileJob, Outcome
from wic_runtimes.sandbox.memory import Group
from wic_runtimes.sandbox.spec import NOBODY, Descriptors

_STDOUT: Final = 1

MakeArguments = Callable[[Descriptors], tuple[str, ...]]


class Sandbox(asyncio.SubprocessProtocol):
    """One bubblewrap process and what is known of it. Made by `spawn`; use once."""

    def __init__(self, files: list[int], gate: int, output_limit: int, group: Group | None) -> None:
        self.group = group
        self.verdict: Outcome | None = None
        self.exit_code: int | None = None
        self.was_out_of_memory = False
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._files = files
        self._gate = gate
        self._output_limit = output_limit
        self._transport: asyncio.SubprocessTransport | None = None
        self._status = -1
        self._report = b""
        self._init = -1
        self._is_killed = False
        self._open_ends = 4  # stdout, stderr, the status pipe, the process itself

    @classmethod
    async def spawn(
        cls,
        job: CompileJob,
        seccomp: bytes | None,
        make_arguments: MakeArguments,
        program: str,
        group: Group | None,
    ) -> Sandbox:
        """Start bubblewrap and hold it at its gate, in its control group. Raises OSError."""
        loop = asyncio.get_running_loop()
        is_root = os.geteuid() == 0
        files = [os.memfd_create("wic-source", os.MFD_CLOEXEC) for _ in job.files]
        gate_read, gate_write = os.pipe()
        status_read, status_write = os.pipe()
        filter_file = _memory_file(seccomp) if seccomp is not None else -1
        # As root we run bubblewrap as nobody, who may not reach its folder: it is started by descriptor.
        program_file = os.open(program, os.O_RDONLY) if is_root else -1
        lent = [fd for fd in (*files, gate_read, status_write, filter_file, program_file) if fd >= 0]
        sandbox = cls(files, gate_write, job.limits.output_bytes, group)
        sandbox._status = status_read
        arguments = make_arguments(Descriptors(gate_read, status_write, filter_file, program_file, tuple(files)))
        as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if is_root else {}
        try:
            transport, _ = await loop.subprocess_exec(
                lambda: sandbox,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=lent,
                executable=f"/proc/self/fd/{program_file}" if is_root else program,
                cwd="/",
                **as_nobody,
            )
        except BaseException:
            for fd in (*files, gate_write, status_read):
                os.close(fd)
            raise
        finally:
            for fd in lent:
                if fd not in files:
                    os.close(fd)
        sandbox._transport = transport
        loop.add_reader(status_read, sandbox._read_status)
        if group is not None:
            try:
                await asyncio.to_thread(group.take_in, transport.get_pid())
            except BaseException:
                sandbox.kill()
                raise
        return sandbox

    @property
    def is_waiting(self) -> bool:
        """Whether the sandbox is at its gate, alive."""
        return self._gate >= 0 and self._transport is not None and self._transport.get_returncode() is None

    def open_gate(self, contents: list[bytes]) -> None:
        """Write the files and let the sandbox run."""
        for fd, content in zip(self._files, contents, strict=True):
            _write_all(fd, content)
        self._release()

    def _release(self) -> None:
        for fd in self._files:
            os.close(fd)
        self._files = []
        if self._gate >= 0:
            os.close(self._gate)
            self._gate = -1

    def kill(self, verdict: Outcome | None = None) -> None:
        """End every process of the sandbox. The first verdict stands. Does not wait; see `closed`."""
        if self.verdict is None:
            self.verdict = verdict
        self._is_killed = True
        if self._init >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
        elif self._gate >= 0 and self._transport is not None:
            # Still at the gate: bubblewrap has no child yet. After the gate we wait for its child's pid
            # instead, since a child whose parent dies too early would stay.
            with suppress(ProcessLookupError):
                self._transport.kill()
            self._release()

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

    def _watch_init(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            self._init = os.pidfd_open(pid)
        if self._is_killed:
            self.kill()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep the output as far as it fits; see asyncio.SubprocessProtocol."""
        room = self._output_limit - len(self.stdout) - len(self.stderr)
        (self.stdout if fd == _STDOUT else self.stderr).extend(data[:room])
        if len(data) > room:
            self.kill(Outcome.OUTPUT_LIMIT)

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
        if self._init >= 0:
            os.close(self._init)
            self._init = -1
        self._release()
        if self._transport is not None:
            self._transport.close()
        if not self.closed.done():
            self.closed.set_result(None)


def _memory_file(content: bytes) -> int:
    fd = os.memfd_create("wic", os.MFD_CLOEXEC)
    _write_all(fd, content)
    return fd


def _write_all(fd: int, content: bytes) -> None:
    """Write from the start and leave the offset, which the reader shares, at 0."""
    view, offset = memoryview(content), 0
    while offset < len(content):
        offset += os.pwrite(fd, view[offset:], offset)
