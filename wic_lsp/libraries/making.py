"""A toolchain's compiled library, made once for all who want it, in the runtime that compiles with it.

Making one takes a minute, so it is nobody's alone: who waits may leave, as a check does at every edit, and
the making goes on until it is done or everything is closed. What cannot be made is not tried again for a
while; whoever wants it is told why, and compiles without.

The job is ours alone: no file of a user's is in it, and it has the isolation and the memory of any other.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import uuid4

from wic_lsp.cache import job_key
from wic_lsp.libraries.archive import Archive, Unsound, read_made
from wic_lsp.libraries.imports import IMPORTS
from wic_lsp.libraries.store import LibraryFolder
from wic_lsp.sharing import tell_wait
from wic_lsp.toolchains.dialects import Library
from wic_lsp.toolchains.families import Toolchain
from wic_runtimes.contract import CompileJob, CompileOutput, JobFile, Limits, Outcome, Runtime
from wic_runtimes.errors import RuntimeFailure, RuntimeUnavailable
from wic_runtimes.waiting import outlast

_FAILURES_KNOWN_S: Final = 300.0
_SOON_S: Final = 0.5
"""What is had sooner, as from the disk, nobody is told to wait for."""

_OPEN_FILES: Final = 4096
"""`go list` reads the folders of a whole library at once."""

_log = logging.getLogger(__name__)


class NoLibrary(Exception):  # noqa: N818 - no error: it is compiled without
    """There is no compiled library, and none will be for a while; the text says why."""


class Libraries:
    """The compiled libraries of this process. All state belongs to one event loop.

    `folder` says where they are kept on disk, and is called when that is first needed; without one they are
    not. `clock` gives seconds.
    """

    def __init__(
        self, folder: Callable[[], Path] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._known: dict[str, Archive] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        self._makings: dict[str, asyncio.Task[Archive]] = {}

    async def members(
        self, runtime: Runtime, toolchain: Toolchain, library: Library, limits: Limits, texts: Iterable[str]
    ) -> tuple[JobFile, ...] | None:
        """Return what a job needs of the library for these texts; None where that cannot be told.

        Raises NoLibrary, and RuntimeUnavailable where the runtime does not work.
        """
        names = IMPORTS[library.imports](texts)
        if not names:
            return None if names is None else ()
        archive = await self._find(runtime, toolchain, library, limits)
        try:
            found = [(name, archive.get(name)) for name in sorted(names)]
        except Unsound as exc:
            raise NoLibrary(f"what is kept of it is no library: {exc}") from exc
        return tuple(
            JobFile(library.member.format(name=name), content)
            for name, content in found
            if content is not None
        )

    async def _find(
        self, runtime: Runtime, toolchain: Toolchain, library: Library, limits: Limits
    ) -> Archive:
        job = making_job(toolchain, library, limits)
        key = job_key(replace(job, limits=Limits()), f"{runtime.name} {toolchain.stamp}")
        archive = self._known.get(key)
        if archive is not None:
            return archive
        failed_at, why = self._failed.get(key, (None, ""))
        if failed_at is not None and self._clock() - failed_at <= _FAILURES_KNOWN_S:
            raise NoLibrary(why)
        making = self._makings.get(key)
        if making is None:
            work = self._make(runtime, job, key, toolchain.id)
            making = asyncio.get_running_loop().create_task(work, name=f"library of {toolchain.id}")
            self._makings[key] = making
            making.add_done_callback(lambda done: self._made(key, done))
        done, _ = await asyncio.wait((making,), timeout=_SOON_S)
        if not done:
            tell_wait(f"compiling the standard library of {toolchain.id}, once: this takes a minute or more")
            await asyncio.wait((making,))  # not cancelled with whoever waits
        if making.cancelled():
            raise NoLibrary("its making was ended")
        return making.result()

    async def _make(self, runtime: Runtime, job: CompileJob, key: str, toolchain: str) -> Archive:
        """Return the library that is kept, or a new one. Raises NoLibrary or RuntimeUnavailable."""
        folder = LibraryFolder(self._folder()) if self._folder is not None and job.is_pinned else None
        kept = await asyncio.to_thread(folder.load, key) if folder is not None else None
        if kept is not None:
            return kept
        _log.info("%s: compiling the standard library of %s", runtime.name, toolchain)
        try:
            output = await runtime.compile(job)
        except RuntimeUnavailable:
            raise
        except RuntimeFailure as failure:
            raise NoLibrary(str(failure)) from failure
        why_not = _why_not(output, job.limits)
        if why_not:
            raise NoLibrary(why_not)
        try:
            archive = await asyncio.to_thread(read_made, output.stdout)
        except Unsound as exc:
            raise NoLibrary(f"what came back is no library: {exc}") from exc
        if folder is not None:
            await asyncio.to_thread(folder.save, key, archive)
        _log.info("%s: %s took %.1f s", runtime.name, toolchain, output.total_s)
        return archive

    def _made(self, key: str, making: asyncio.Task[Archive]) -> None:
        if self._makings.get(key) is making:
            del self._makings[key]
        if making.cancelled():
            return
        error = making.exception()
        if error is None:
            self._known[key] = making.result()
        elif isinstance(error, NoLibrary):
            _log.warning("no compiled standard library: %s", error)
            self._failed[key] = (self._clock(), str(error))

    async def aclose(self) -> None:
        """End what is being made; the next use begins afresh, and tries again what failed."""
        makings = list(self._makings.values())
        for making in makings:
            making.cancel()
        await outlast(*makings)
        self._known.clear()
        self._failed.clear()


def making_job(toolchain: Toolchain, library: Library, limits: Limits) -> CompileJob:
    """Return the job that makes a toolchain's library, with the user's limits but for time and open files."""
    seconds = max(library.seconds, limits.wall_s)
    wanted = replace(
        limits,
        wall_s=seconds,
        cpu_s=max(limits.cpu_s, int(seconds)),
        open_files=max(limits.open_files, _OPEN_FILES),
    )
    return CompileJob(
        id=f"library-{uuid4().hex}",
        argv=(*library.making, *toolchain.command),
        files=library.files,
        image=toolchain.image,
        roots=(*toolchain.roots, *(library.roots if toolchain.image is None else ())),
        limits=toolchain.family.needs.raise_limits(wanted),
        environment=toolchain.environment,
        needs_own_path=False,
    )


def _why_not(output: CompileOutput, limits: Limits) -> str:
    """Say why an output is no library's; empty where it may be one."""
    match output.outcome:
        case Outcome.FINISHED if output.exit_code == 0:
            return ""
        case Outcome.FINISHED:
            said = " ".join(output.stderr[:2000].decode("utf-8", "replace").split())[:300]
            return f"it failed with exit code {output.exit_code}: {said}"
        case Outcome.TIMED_OUT:
            return f"it took longer than {limits.wall_s:g} s"
        case Outcome.OUT_OF_MEMORY:
            return f"it needed more than {limits.memory_bytes // (1024 * 1024)} MB of memory"
        case _:
            return f"it ended by {output.outcome.value}"
