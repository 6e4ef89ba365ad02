"""What was compiled, remembered at two levels: in memory for this process, in a file for all of the user's.

Memory answers at once. The file answers from a thread of its own, is asked only for what is not in memory,
and is given `_PATIENCE_S`; while it owes an answer that nobody waits for any more, it is not asked. What is
put into it is written behind the answer. Only what FINISHED is kept, and on disk only what a compiler said
whose very content the job names (`CompileJob.is_pinned`).

What is under way is here as well (`flights`): who would look for a result may find it being made.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wic_lsp import __version__
from wic_lsp.cache import ResultCache
from wic_lsp.flights import Flights
from wic_lsp.results.roots import OLD_S, Roots
from wic_lsp.results.worker import Worker
from wic_runtimes.contract import CompileJob, CompileOutput, Outcome

if TYPE_CHECKING:
    from wic_lsp.results.file import ResultFile

_PATIENCE_S: Final = 2.0
_LAST_WRITES_S: Final = 2.0
_WAITING_BYTES: Final = 32 * 1024 * 1024
_OVERHEAD_BYTES: Final = 1024
_log = logging.getLogger(__name__)


class Results:
    """Compile outputs by key. All state belongs to the event loop, but what the thread alone touches.

    `folder` says where the file lies, and is called when that is first needed; without one there is no file.
    """

    def __init__(self, folder: Callable[[], Path] | None = None, memory: ResultCache | None = None) -> None:
        self.flights: Flights[CompileOutput] = Flights()
        self._memory = memory if memory is not None else ResultCache()
        self._folder = folder
        self._disk: _Disk | None = None
        self._since = 0.0
        self._overdue: Future[None] | None = None
        self._waiting_bytes = 0

    def known(self, key: str) -> CompileOutput | None:
        """Return what memory has."""
        return self._memory.get(key)

    async def recall(self, key: str, job: CompileJob, room_bytes: int) -> CompileOutput | None:
        """Return what the file has, and keep it in memory. `room_bytes` is 0 for a user who wants no file."""
        if not self._is_for_disk(job, room_bytes) or (self._overdue is not None and not self._overdue.done()):
            return None
        disk, roots, since = self._open(), _roots(job), self._since
        asked = disk.worker.submit(lambda: disk.get(_name(key), roots, since))
        waiting = asyncio.wrap_future(asked)
        done, _ = await asyncio.wait((waiting,), timeout=_PATIENCE_S)
        if not done:
            waiting.cancel()
            if disk is self._disk:
                self._overdue = disk.worker.submit(lambda: None)  # done when the thread is free again
            _log.info("the file of results does not answer; what is compiled does not wait for it")
            return None
        output = waiting.result()
        if output is not None:
            self._memory.put(key, output)
        elif roots:
            disk.worker.submit(lambda: disk.roots.look(roots, OLD_S))
        return output

    def keep(self, key: str, job: CompileJob, output: CompileOutput, room_bytes: int) -> None:
        """Remember an output that FINISHED; any other is passed over. Does not wait for the disk."""
        self._memory.put(key, output)
        size = len(output.stdout) + len(output.stderr) + _OVERHEAD_BYTES
        if (
            output.outcome is not Outcome.FINISHED
            or not self._is_for_disk(job, room_bytes)
            or self._waiting_bytes + size > _WAITING_BYTES
        ):
            return
        disk, roots, now, loop = self._open(), _roots(job), time.time(), asyncio.get_running_loop()
        self._waiting_bytes += size

        def tell(writing: Future[None]) -> None:
            with suppress(RuntimeError):  # the loop was closed, since the disk hangs
                loop.call_soon_threadsafe(self._written, size, writing)

        writing = disk.worker.submit(lambda: disk.put(_name(key), output, roots, room_bytes, now))
        writing.add_done_callback(tell)

    def forget(self) -> None:
        """Recall, from now on, only what is compiled from now on."""
        self._memory.clear()
        self._since = time.time()

    async def aclose(self) -> None:
        """Let what waits be written, as long as that does not hang; the next use begins afresh."""
        disk, self._disk, self._overdue = self._disk, None, None
        if disk is not None:
            closing = asyncio.wrap_future(disk.worker.submit(disk.close))
            disk.worker.end()
            await asyncio.wait((closing,), timeout=_LAST_WRITES_S)
            if not closing.cancel():
                closing.result()

    def _is_for_disk(self, job: CompileJob, room_bytes: int) -> bool:
        return self._folder is not None and room_bytes > 0 and job.is_pinned

    def _open(self) -> _Disk:
        if self._disk is None:
            assert self._folder is not None  # noqa: S101 - see `_is_for_disk`
            self._disk = _Disk(self._folder)
        return self._disk

    def _written(self, size: int, writing: Future[None]) -> None:
        self._waiting_bytes -= size
        if (error := writing.exception()) is not None:
            _log.error("a result could not be written down", exc_info=error)


class _Disk:
    """The file and the thread that alone uses it: all but `worker` is the thread's."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self.worker = Worker("results on disk")
        self.roots = Roots()
        self._folder = folder
        self._file: ResultFile | None = None
        self._has_no_sqlite = False

    def get(self, key: str, roots: tuple[str, ...], since: float) -> CompileOutput | None:
        file = self._opened()
        return file.get(key, lambda: self.roots.look(roots), since) if file is not None else None

    def put(
        self, key: str, output: CompileOutput, roots: tuple[str, ...], room_bytes: int, at: float
    ) -> None:
        file, around = self._opened(), self.roots.known(roots)
        if file is not None and around is not None:
            file.put(key, output, around, room_bytes, at)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _opened(self) -> ResultFile | None:
        if self._file is None and not self._has_no_sqlite:
            try:
                from wic_lsp.results.file import ResultFile  # noqa: PLC0415 - no start waits for SQLite
            except ImportError:
                self._has_no_sqlite = True
                _log.info("this Python has no SQLite: results are kept in memory alone")
            else:
                self._file = ResultFile(self._folder())
        return self._file


def _roots(job: CompileJob) -> tuple[str, ...]:
    """Return what the compiler reads that is in no job: nothing where it comes in an image."""
    return job.roots if job.image is None else ()


def _name(key: str) -> str:
    """Return the key of a result in a file that other versions of ours use as well.

    They may have other filters around the compiler, so that it says something else.
    """
    return hashlib.sha256(f"{__version__} {key}".encode()).hexdigest()
