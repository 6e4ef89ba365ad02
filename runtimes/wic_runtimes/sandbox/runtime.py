"""The sandbox runtime itself: jobs in, outputs out, nothing left behind.

Who owns a job and how it ends is `running`'s; what is stopped here is a sandbox.
All state here belongs to the event loop; what looks at files runs in a thread.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from wic_runtimes import ownership
from wic_runtimes.contract import (
    CompileJob,
    CompileOutput,
    Health,
    Image,
    JobFile,
    Leftovers,
    Limits,
    Outcome,
    Program,
)
from wic_runtimes.endings import outcome_of, taken_away
from wic_runtimes.errors import ImageUnavailable, JobEvicted, RuntimeFailure, RuntimeUnavailable
from wic_runtimes.running import Run, Runs
from wic_runtimes.sandbox import host, owner
from wic_runtimes.sandbox.memory import Group, MemoryGroups, collect_dead_groups
from wic_runtimes.sandbox.process import Sandbox
from wic_runtimes.sandbox.seccomp import make_filter
from wic_runtimes.sandbox.spec import Descriptors, HostLayout, Mounts, bwrap_arguments
from wic_runtimes.spares import Bounds, Maker, Spares
from wic_runtimes.waiting import outlast

_SPARES: Final = Bounds(most=4, most_of_a_kind=1, lifetime_s=60.0)
_NO_SPARES: Final = Bounds(most=0, most_of_a_kind=0, lifetime_s=0.0)

_FIRST_WORDS: Final = 2000


class SandboxRuntime:
    """Runs jobs with the host's own compilers, each in namespaces of its own. See `Runtime`."""

    def __init__(self, *, keeps_spares: bool) -> None:
        self._seccomp = make_filter(host.machine())
        self._lock = threading.Lock()  # `_groups` is made by whichever thread needs it first
        self._groups: MemoryGroups | None = None
        self._runs = Runs("sandbox")
        bounds = _SPARES if keeps_spares else _NO_SPARES
        self._spares: Spares[CompileJob, _Spare] = Spares(
            "sandbox", bounds, Maker(self._make_spare, self._discard_spare, _is_good)
        )

    @property
    def name(self) -> str:
        """The word that users choose this runtime by."""
        return "sandbox"

    async def compile(self, job: CompileJob, /) -> CompileOutput:
        """Run the job to its end; see `Runtime.compile`."""
        return await self._runs.run(job, lambda run: self._carry_out(job, run))

    async def _carry_out(self, job: CompileJob, run: Run, *, comes_again: bool = True) -> CompileOutput:
        """Find or make a sandbox, run the job in it, and say how it ended."""
        began = time.monotonic()
        kind = _kind(job)
        use = self._spares.begin(kind)
        was_made = False
        try:
            sandbox = use.spare.sandbox if use.spare is not None else await self._spawn(kind)
            compile_s = await self._drive(sandbox, job, run)
            if use.spare is not None and sandbox.ended_for_no_reason and not run.is_ended:
                sandbox = await self._spawn(kind)  # what the spare was to bind is not there any more
                compile_s = await self._drive(sandbox, job, run)
            was_made = sandbox.was_made
        finally:
            self._spares.end(use, may_fill=was_made and comes_again)
        outcome, code = _judge(sandbox, job, is_ended=run.is_ended)
        stdout, stderr = bytes(sandbox.stdout), bytes(sandbox.stderr)
        return CompileOutput(outcome, code, stdout, stderr, compile_s, time.monotonic() - began)

    async def _make_spare(self, kind: CompileJob) -> _Spare:
        stamp = host.program_stamp(kind.argv[0])
        return _Spare(await self._spawn(kind), stamp)

    async def _discard_spare(self, spare: _Spare) -> None:
        await self._discard(spare.sandbox)

    async def _drive(self, sandbox: Sandbox, job: CompileJob, run: Run) -> float:
        """Let the sandbox go on and wait until no process is left; return the seconds between."""
        run.stop_by(sandbox.kill)
        timer = None
        opened = time.monotonic()
        try:
            if not run.is_ended:
                sandbox.go_on([file.content for file in job.files])
                loop = asyncio.get_running_loop()
                timer = loop.call_later(job.limits.wall_s, sandbox.time_out)
                await asyncio.wait([sandbox.closed])
        finally:
            ended = time.monotonic()
            if timer is not None:
                timer.cancel()
            await self._discard(sandbox)
        return ended - opened

    async def _discard(self, sandbox: Sandbox) -> None:
        """End a sandbox, wait until no process is left, and let its group be used again."""
        sandbox.kill()
        try:
            await outlast(sandbox.closed)
        finally:
            if sandbox.group is not None and self._groups is not None:
                sandbox.was_out_of_memory = await asyncio.to_thread(self._groups.release, sandbox.group)

    async def _spawn(self, kind: CompileJob) -> Sandbox:
        """Start a sandbox for that kind of job, held at its gate. Raises RuntimeFailure."""
        if self._seccomp is None:
            raise RuntimeUnavailable(
                f"The sandbox has no system-call filter for {host.machine()}.",
                "Choose another runtime; x86_64 and aarch64 are supported.",
            )
        try:
            layout, mounts, groups, group = await asyncio.to_thread(self._prepare, kind)
        except OSError as exc:
            raise _not_started(exc) from exc

        def make_arguments(descriptors: Descriptors) -> tuple[str, ...]:
            name = owner.program_name(ownership.own_label())
            bound_memory = groups.hierarchy is None
            return bwrap_arguments(kind, mounts, layout, descriptors, name=name, bound_memory=bound_memory)

        try:
            return await Sandbox.spawn(kind, self._seccomp, make_arguments, layout.bwrap, group)
        except BaseException as exc:
            if group is not None:
                await asyncio.to_thread(groups.release, group)
            if isinstance(exc, OSError):
                raise _not_started(exc) from exc
            raise

    def _prepare(self, kind: CompileJob) -> tuple[HostLayout, Mounts, MemoryGroups, Group | None]:
        """Look at the host for what that kind of job needs. Blocks; for a thread."""
        layout = host.host_layout()
        if not Path(kind.argv[0]).is_absolute() or not os.access(kind.argv[0], os.X_OK):
            raise _no_program(kind.argv[0], "is not on this machine")
        mounts = host.find_mounts(kind.roots)
        groups = self._find_groups()
        return layout, mounts, groups, groups.acquire(kind.limits.memory_bytes)

    def _find_groups(self) -> MemoryGroups:
        with self._lock:
            if self._groups is None:
                self._groups = MemoryGroups()
            return self._groups

    async def find_programs(
        self, pattern: re.Pattern[str], folders: Sequence[str] = (), /
    ) -> Sequence[Program]:
        """Find compilers on PATH and in those folders; see `Runtime.find_programs`."""
        path = [folder for folder in os.get_exec_path() if Path(folder).is_absolute()]
        return await asyncio.to_thread(
            lambda: host.find_programs(pattern, path, host.expand_folders(folders))
        )

    async def find_images(self, _names: Sequence[str], /) -> Sequence[Image]:
        """Find none: compilers are the host's own programs; see `Runtime.find_images`."""
        return ()

    async def cleanup(self, job_id: str, /) -> None:
        """End the job if it still runs; see `Runtime.cleanup`."""
        await self._runs.end(job_id)

    async def collect_garbage(self) -> Leftovers:
        """Kill the sandboxes of dead servers and remove their control groups."""
        return Leftovers(await asyncio.to_thread(lambda: (*owner.kill_orphans(), *collect_dead_groups())))

    async def health(self) -> Health:
        """Run `prlimit --version` in a sandbox and say how it went."""
        try:
            layout = await asyncio.to_thread(host.host_layout)
            job = CompileJob(f"health-{id(self)}-{time.monotonic_ns()}", (layout.prlimit, "--version"))
            job = replace(job, limits=Limits(wall_s=10), files=(JobFile("probe", b""),))
            output = await self._runs.run(job, lambda run: self._carry_out(job, run, comes_again=False))
        except RuntimeFailure as failure:
            return Health(usable=False, reason=failure.reason, remedy=failure.remedy)
        if output.outcome is not Outcome.FINISHED or output.exit_code != 0:
            words = " ".join(output.stderr.decode(errors="replace").split())
            reason = f"A trial run in the sandbox failed ({output.outcome.value}): {words}"
            return Health(usable=False, reason=reason, remedy="See `wic doctor`, or choose another runtime.")
        return Health(usable=True, facts=await asyncio.to_thread(self._facts, layout))

    def _facts(self, layout: HostLayout) -> dict[str, str]:
        groups = self._find_groups()
        if groups.hierarchy is not None:
            memory = f"limited for all processes together, by control group v{groups.hierarchy.version}"
        else:
            memory = f"limited for each process by its address space; no control group ({groups.why_not})"
        version = ".".join(map(str, host.bwrap_version(layout.bwrap)))
        counted = "in each sandbox" if layout.counts_apart else "for the user as a whole (before Linux 5.14)"
        return {
            "bubblewrap": f"{layout.bwrap} ({version})",
            "memory": memory,
            "processes": f"limited by RLIMIT_NPROC, counted {counted}",
            "user": "nobody" if os.geteuid() == 0 else "the server's own user, in a user namespace",
        }

    async def aclose(self) -> None:
        """End every job and every spare, and remove our control groups. May be called again."""
        await self._runs.close(self._close)

    async def _close(self) -> None:
        self._runs.end_all()
        await self._spares.aclose()
        await self._runs.all_ended()
        if self._groups is not None:
            await asyncio.to_thread(self._groups.close)


@dataclass(frozen=True, slots=True)
class _Spare:
    """A sandbox that waits, and its compiler's file as it was when it was built."""

    sandbox: Sandbox
    stamp: str


def _is_good(kind: CompileJob, spare: _Spare) -> bool:
    """Whether it waits, for the compiler that is there now."""
    return spare.sandbox.is_waiting and spare.stamp == host.program_stamp(kind.argv[0])


def _kind(job: CompileJob) -> CompileJob:
    """Return the job without what differs from edit to edit, to compare it with others."""
    files = tuple(JobFile(file.path, b"") for file in job.files)
    return replace(job, id="", files=files)


def _judge(sandbox: Sandbox, job: CompileJob, *, is_ended: bool) -> tuple[Outcome, int | None]:
    """Say how the compiler ended. Raises RuntimeFailure where it never began or was taken away."""
    code = sandbox.exit_code
    if sandbox.verdict is not None:
        return sandbox.verdict, None
    if is_ended:
        raise taken_away()
    if sandbox.was_out_of_memory:
        return Outcome.OUT_OF_MEMORY, None
    words = sandbox.stderr[:_FIRST_WORDS].decode(errors="replace")
    if code is None and sandbox.was_made and not words.startswith("bwrap: "):
        raise JobEvicted("The sandbox was killed from outside before its compiler ended.", "Run it again.")
    if code is None:
        raise host.explain_failure(words, host.forbidders())
    if words.startswith(f"prlimit: failed to execute {job.argv[0]}"):
        raise _no_program(job.argv[0], "cannot be run in the sandbox: it is not below the job's roots")
    if code == 1 and words.startswith(("prlimit: ", "bwrap: execvp")):
        raise host.explain_failure(words, host.forbidders())
    return outcome_of(code), code


def _no_program(program: str, what: str) -> ImageUnavailable:
    return ImageUnavailable(
        f"The compiler {program} {what}.",
        "Install it, or choose another toolchain: `wic toolchains` lists what is usable.",
    )


def _not_started(exc: OSError) -> RuntimeUnavailable:
    at = f" ({exc.filename})" if exc.filename else ""
    return RuntimeUnavailable(f"The sandbox could not be started: {exc.strerror}{at}.", "See `wic doctor`.")
