"""The sandbox runtime itself: jobs in, outputs out, nothing left behind.

For every kind of job that was seen (the same command and files' names; only contents differ) one spare
sandbox waits at its gate, so that the next edit starts at once. A spare that is not used for a minute is
ended. All state here belongs to the event loop; files are opened and processes started by `process`.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from wic_runtimes.contract import (
    CompileJob,
    CompileOutput,
    Health,
    JobFile,
    Leftovers,
    Limits,
    Outcome,
    Program,
    check_job,
)
from wic_runtimes.errors import ImageUnavailable, JobRejected, RuntimeFailure, RuntimeUnavailable
from wic_runtimes.sandbox import host
from wic_runtimes.sandbox.memory import MemoryGroups, collect_dead_groups
from wic_runtimes.sandbox.process import Sandbox
from wic_runtimes.sandbox.seccomp import make_filter
from wic_runtimes.sandbox.spec import bwrap_arguments

_SPARE_LIFETIME_S: Final = 60.0
_MOST_SPARES: Final = 4
_SIGNAL_BASE: Final = 128


class SandboxRuntime:
    """Runs jobs with the host's own compilers, each in namespaces of its own. See `Runtime`."""

    def __init__(self, *, keeps_spares: bool) -> None:
        self._keeps_spares = keeps_spares
        self._seccomp = make_filter(host.machine())
        self._groups: MemoryGroups | None = None
        self._running: dict[str, Sandbox] = {}
        self._spares: dict[CompileJob, tuple[Sandbox, asyncio.TimerHandle]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    @property
    def name(self) -> str:
        """The word that users choose this runtime by."""
        return "sandbox"

    async def compile(self, job: CompileJob, /) -> CompileOutput:
        """Run the job to its end; see `Runtime.compile`."""
        began = time.monotonic()
        check_job(job)
        if job.id in self._running:
            raise JobRejected(f"A job with the id {job.id!r} is running already.")
        kind = _kind(job)
        sandbox = self._take_spare(kind) or await self._spawn(kind)
        self._running[job.id] = sandbox
        timer = None
        opened = time.monotonic()
        try:
            sandbox.open_gate([file.content for file in job.files])
            loop = asyncio.get_running_loop()
            timer = loop.call_later(job.limits.wall_s, sandbox.kill, Outcome.TIMED_OUT)
            if self._keeps_spares and kind not in self._spares:
                self._own(self._prepare_spare(kind), f"spare for {job.id}")
            await asyncio.shield(sandbox.closed)
        finally:
            if timer is not None:
                timer.cancel()
            await self._end(job.id, sandbox)
        ended = time.monotonic()
        return self._judge(sandbox, ended - opened, ended - began)

    async def _end(self, job_id: str, sandbox: Sandbox) -> None:
        """Wait until every process is gone, however often we are cancelled meanwhile."""
        if not sandbox.closed.done():
            sandbox.kill()
        interrupted: asyncio.CancelledError | None = None
        while not sandbox.closed.done():
            try:
                await asyncio.shield(sandbox.closed)
            except asyncio.CancelledError as exc:
                interrupted = exc
        self._running.pop(job_id, None)
        self._release(sandbox)
        if interrupted is not None:
            raise interrupted

    def _judge(self, sandbox: Sandbox, compile_s: float, total_s: float) -> CompileOutput:
        """Say how the sandbox ended. Raises RuntimeUnavailable where the compiler never began."""
        outcome, code = sandbox.verdict, sandbox.exit_code
        if outcome is None and sandbox.was_out_of_memory:
            outcome = Outcome.OUT_OF_MEMORY
        if outcome is None and code is None:
            raise host.explain_failure(sandbox.stderr.decode(errors="replace"), host.forbidders())
        if outcome is None:
            outcome = Outcome.CRASHED if code is not None and code > _SIGNAL_BASE else Outcome.FINISHED
        code = code if outcome in {Outcome.FINISHED, Outcome.CRASHED} else None
        return CompileOutput(outcome, code, bytes(sandbox.stdout), bytes(sandbox.stderr), compile_s, total_s)

    async def _spawn(self, kind: CompileJob) -> Sandbox:
        """Start a sandbox for that kind of job, held at its gate."""
        if self._is_closed:
            raise RuntimeUnavailable("The sandbox runtime has been closed.")
        layout = await asyncio.to_thread(host.host_layout)
        program = kind.argv[0]
        if not os.access(program, os.X_OK):
            raise ImageUnavailable(
                f"The compiler {program} is not on this machine.",
                "Install it, or choose another toolchain: wic toolchains lists what is usable.",
            )
        if self._seccomp is None:
            raise RuntimeUnavailable(
                f"The sandbox has no system-call filter for {host.machine()}.",
                "Choose another runtime; x86_64 and aarch64 are supported.",
            )
        group = None
        try:
            groups = await self._memory_groups()
            group = groups.acquire(kind.limits.memory_bytes)
            roots = host.existing(kind.roots)
            return await Sandbox.spawn(
                kind,
                self._seccomp,
                lambda descriptors: bwrap_arguments(
                    kind, roots, layout, descriptors, bound_memory=groups.hierarchy is None
                ),
                layout.bwrap,
                group,
            )
        except OSError as exc:
            if group is not None:
                groups.release(group)
            raise RuntimeUnavailable(
                f"The sandbox could not be started: {exc.strerror} ({exc.filename or layout.bwrap}).",
                "See `wic doctor`.",
            ) from exc

    async def _memory_groups(self) -> MemoryGroups:
        if self._groups is None:
            found = await asyncio.to_thread(MemoryGroups)
            self._groups = self._groups or found
        return self._groups

    def _release(self, sandbox: Sandbox) -> None:
        """Read what the group knows, then let it be used again."""
        if sandbox.group is not None and self._groups is not None:
            sandbox.was_out_of_memory = sandbox.group.kills() > sandbox.group.kills_before
            self._groups.release(sandbox.group)

    def _take_spare(self, kind: CompileJob) -> Sandbox | None:
        found = self._spares.pop(kind, None)
        if found is None:
            return None
        sandbox, timer = found
        timer.cancel()
        if sandbox.is_waiting:
            return sandbox
        self._own(self._discard(sandbox), "dead spare")
        return None

    async def _prepare_spare(self, kind: CompileJob) -> None:
        with suppress(RuntimeFailure):  # the job that needs it will meet and report the same fault
            sandbox = await self._spawn(kind)
            if self._is_closed or kind in self._spares:
                await self._discard(sandbox)
                return
            timer = asyncio.get_running_loop().call_later(_SPARE_LIFETIME_S, self._drop_spare, kind)
            self._spares[kind] = (sandbox, timer)
            while len(self._spares) > _MOST_SPARES:
                self._drop_spare(next(iter(self._spares)))

    def _drop_spare(self, kind: CompileJob) -> None:
        sandbox, timer = self._spares.pop(kind)
        timer.cancel()
        self._own(self._discard(sandbox), "old spare")

    async def _discard(self, sandbox: Sandbox) -> None:
        sandbox.kill()
        await asyncio.shield(sandbox.closed)
        self._release(sandbox)

    def _own(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"sandbox: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def find_programs(self, pattern: re.Pattern[str], /) -> Sequence[Program]:
        """Find compilers on PATH; see `Runtime.find_programs`."""
        folders = [folder for folder in os.get_exec_path() if os.path.isabs(folder)]
        return await asyncio.to_thread(host.find_programs, pattern, folders)

    async def cleanup(self, job_id: str, /) -> None:
        """End the job if it still runs; see `Runtime.cleanup`."""
        sandbox = self._running.get(job_id)
        if sandbox is not None:
            sandbox.kill()
            await asyncio.shield(sandbox.closed)

    async def collect_garbage(self) -> Leftovers:
        """Remove the control groups of dead servers; their processes died with them."""
        return Leftovers(await asyncio.to_thread(collect_dead_groups))

    async def health(self) -> Health:
        """Run `prlimit --version` in a sandbox and say how it went."""
        try:
            layout = await asyncio.to_thread(host.host_layout)
            job = CompileJob(f"health-{id(self)}-{time.monotonic_ns()}", (layout.prlimit, "--version"))
            job = replace(job, limits=Limits(wall_s=10), files=(JobFile("probe", b""),))
            output = await self.compile(job)
        except RuntimeFailure as failure:
            return Health(usable=False, reason=failure.reason, remedy=failure.remedy)
        self._drop_spares_of(job)
        if output.outcome is not Outcome.FINISHED or output.exit_code != 0:
            return Health(usable=False, reason=f"A trial run in the sandbox failed: {output.stderr.decode(errors='replace')}")
        return Health(usable=True, facts=await asyncio.to_thread(self._facts, layout.bwrap, await self._memory_groups()))

    def _drop_spares_of(self, job: CompileJob) -> None:
        if _kind(job) in self._spares:
            self._drop_spare(_kind(job))

    def _facts(self, bwrap: str, groups: MemoryGroups) -> dict[str, str]:
        if groups.hierarchy is not None:
            memory = f"limited for all processes together, by control group v{groups.hierarchy.version}"
        else:
            memory = f"limited for each process by its address space; no control group ({groups.why_not})"
        version = ".".join(map(str, host.bwrap_version(bwrap)))
        return {
            "bubblewrap": f"{bwrap} ({version})",
            "memory": memory,
            "processes": "limited in each sandbox by RLIMIT_NPROC",
            "user": "nobody" if os.geteuid() == 0 else "the server's own user, in a user namespace",
        }

    async def aclose(self) -> None:
        """End every job and every spare, and remove our control groups."""
        self._is_closed = True
        for sandbox in list(self._running.values()):
            sandbox.kill()
        for kind in list(self._spares):
            self._drop_spare(kind)
        while self._tasks or self._running:
            await asyncio.gather(*self._tasks, *(sandbox.closed for sandbox in self._running.values()))
            await asyncio.sleep(0)
        if self._groups is not None:
            await asyncio.to_thread(self._groups.close)


def _kind(job: CompileJob) -> CompileJob:
    """Return the job without what differs from edit to edit, to compare it with others."""
    files = tuple(JobFile(file.path, b"") for file in job.files)
    return replace(job, id="", files=files)
