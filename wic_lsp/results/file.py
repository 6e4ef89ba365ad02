"""The file of results: SQLite, bounded, used by several servers at once, and never a reason not to compile.

Every method may block and belongs to one thread. None raises what SQLite or the file system raises: a file
that is busy, full, unreadable or not allowed is the same as one that holds nothing, is told in the log once,
and where it cannot be used at all is left alone for some minutes. A file that is damaged is replaced by an
empty one. What is read is compared with its own digest, so that a disk's fault is no wrong answer.

No transaction is long: each writes one result and removes at most `REMOVED_AT_ONCE`, those first that were
used longest ago. The time of a use is written with the next result.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from wic_lsp.results import tables
from wic_lsp.results.folder import FileState, ResultFolder, Unfit, size_of
from wic_lsp.results.packing import pack, unpack
from wic_lsp.results.tables import LAYOUT, Damaged, Row, fill, number
from wic_runtimes.contract import CompileOutput

OVERHEAD_BYTES: Final = 512
"""What a result takes besides its own bytes: keys, an index, half of a page."""

_LARGEST_PART: Final = 8
_TOUCHED_AT_ONCE: Final = 64
_FRESH_MS: Final = 60_000
_UNUSED_MS: Final = 30 * 24 * 3600 * 1000
_ENTRIES: Final = "SELECT entries FROM total"
_PAUSE_S: Final = 300.0
_MOST_TRIES: Final = 4
_BUSY: Final = frozenset(
    (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_SCHEMA)
)
_PASSING: Final = frozenset((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM))
_FORBIDDEN: Final = frozenset(
    (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOLFS)
)
_log = logging.getLogger(__name__)
T = TypeVar("T")
Around = Callable[[], bytes]


class ResultFile:
    """Compile outputs by their key, on disk. `clock` gives seconds since the epoch."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = ResultFolder(folder, LAYOUT)
        self._clock = clock
        self._open_file: tuple[Path, int, sqlite3.Connection] | None = None
        self._touched: dict[str, int] = {}
        self._trouble = ""
        self._paused_until = 0.0

    def get(self, key: str, around: Around, since: float = 0.0) -> CompileOutput | None:
        """Return what was kept; not what was written before `since`, nor amid other things than `around`."""

        def read(connection: sqlite3.Connection) -> CompileOutput | None:
            row = tables.read(connection, key)
            if row is None or row.written_ms < since * 1000 or (row.around and row.around != around()):
                return None
            if abs(self._now() - row.used_ms) > _FRESH_MS and len(self._touched) < _TOUCHED_AT_ONCE:
                self._touched[key] = self._now()
            try:
                return unpack(row.body)
            except ValueError as exc:
                raise Damaged(str(exc)) from exc

        return self._attempt(read, None)

    def put(
        self, key: str, output: CompileOutput, around: bytes, room_bytes: int, at: float | None = None
    ) -> None:
        """Keep an output that FINISHED, within `room_bytes` for all together, unless it is large for that.

        `at` is when it was had, in the clock's seconds; None for now.
        """
        body, now = pack(output), self._now()
        had = int(at * 1000) if at is not None else now
        row = Row(key, around, had, now, len(body) + OVERHEAD_BYTES, body)
        if row.size * _LARGEST_PART > room_bytes:
            return

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            self._write_uses(connection)
            tables.replace(connection, row, room_bytes)
            connection.execute("COMMIT")
            tables.give_back(connection, all_of_it=False)

        self._attempt(write, None)

    def prune(self, room_bytes: int) -> tuple[int, int]:
        """Remove what has long been unused, or is over the bound; return how many that were, and their bytes.

        Also removes what other versions of ours, and those that died, left.
        """
        before = self.state()
        if before is None:
            return 0, 0
        unused = self._now() - _UNUSED_MS

        def prune_some(connection: sqlite3.Connection) -> int:
            connection.execute("BEGIN IMMEDIATE")
            had = number(connection, _ENTRIES)
            tables.remove_unused(connection, unused)
            tables.make_room(connection, room_bytes)
            left = number(connection, _ENTRIES)
            connection.execute("COMMIT")
            return had - left

        while self._attempt(prune_some, 0):
            pass
        strays = self._attempt(self._shrink, 0)
        after = self.state() or FileState(before.path)
        entries, held = before.entries - after.entries, before.held_bytes - after.held_bytes
        return max(entries, 0), max(held, 0) + strays

    def state(self) -> FileState | None:
        """Say what the file holds; None where there is none, and none is made."""
        try:
            if self._folder.current() is None:
                return None
        except FileNotFoundError:
            return None
        except OSError as exc:
            return FileState(self._folder.path, trouble=str(exc))
        entries = self._attempt(lambda connection: number(connection, _ENTRIES), 0)
        held = self._attempt(lambda connection: number(connection, "SELECT size FROM total"), 0)
        if self._open_file is None:
            return FileState(self._folder.path, trouble=self._trouble)
        path = self._open_file[0]
        return FileState(path, entries, held, size_of(path), self._trouble)

    def close(self) -> None:
        """Write down what was used, and close the file."""
        if self._touched and self._open_file is not None:
            self._attempt(self._write_last_uses, None)
        self._close()

    def _write_last_uses(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        self._write_uses(connection)
        connection.execute("COMMIT")

    def _write_uses(self, connection: sqlite3.Connection) -> None:
        uses = [(used, key) for key, used in self._touched.items()]
        self._touched.clear()
        connection.executemany("UPDATE result SET used = ? WHERE key = ?", uses)

    def _shrink(self, connection: sqlite3.Connection) -> int:
        """Give what is free back to the file system; return the bytes of files that nobody needs."""
        tables.give_back(connection, all_of_it=True)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return self._folder.remove_strays()

    def _now(self) -> int:
        return int(self._clock() * 1000)

    def _attempt(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do it, on a fresh file where this one is damaged; `otherwise` where it cannot be done."""
        if self._clock() < self._paused_until:
            return otherwise
        for _ in range(_MOST_TRIES):
            try:
                return work(self._connect())
            except Damaged as exc:
                why = str(exc)
            except (OSError, Unfit) as exc:
                self._pause(str(exc))
                return otherwise
            except sqlite3.DatabaseError as exc:
                code, why = getattr(exc, "sqlite_errorcode", 0) & 0xFF, str(exc)
                if code == sqlite3.SQLITE_CANTOPEN:
                    self._close()  # perhaps another has just replaced it
                    continue
                if code in _BUSY | _PASSING | _FORBIDDEN:
                    self._give_up(why, code)
                    return otherwise
            try:
                self._replace(why)
            except (sqlite3.DatabaseError, OSError) as exc:
                why = str(exc)
                break
        self._pause(why)
        return otherwise

    def _connect(self) -> sqlite3.Connection:
        """Return the connection to the file that is in force."""
        if self._open_file is not None:
            path, inode, connection = self._open_file
            with suppress(FileNotFoundError):
                if path.stat().st_ino == inode:
                    return connection
            self._close()
        self._folder.prepare()
        path = self._folder.current() or self._folder.make(fill)
        connection = tables.connect(path)
        self._open_file = (path, path.stat().st_ino, connection)
        tables.begin_use(connection)
        return connection

    def _replace(self, why: str) -> None:
        """Put an empty file in the damaged one's place."""
        path = self._open_file[0] if self._open_file is not None else None
        self._close()
        self._touched.clear()
        if path is not None:
            _log.warning("the file of results %s was damaged (%s); it is made anew", path, why)
            self._folder.make(fill, after=path)

    def _give_up(self, why: str, code: int) -> None:
        """Pass over what has failed, and over all that follows where it would fail as well."""
        self._roll_back()
        if code in _BUSY:
            _log.debug("the file of results is busy: %s", why)
        elif code in _PASSING:
            self._complain("some results are not kept on disk", why)
        else:
            self._pause(why)

    def _pause(self, why: str) -> None:
        self._close()
        self._paused_until = self._clock() + _PAUSE_S
        self._complain("results are kept in memory alone", why)

    def _complain(self, what: str, why: str) -> None:
        """Say it, unless it was the last that was said."""
        if why != self._trouble:
            self._trouble = why
            _log.warning("%s: %s: %s", what, self._folder.path, why)

    def _roll_back(self) -> None:
        if self._open_file is not None and self._open_file[2].in_transaction:
            try:
                self._open_file[2].execute("ROLLBACK")
            except sqlite3.DatabaseError:  # then closing it does
                self._close()

    def _close(self) -> None:
        if self._open_file is not None:
            *_, connection = self._open_file
            self._open_file = None
            connection.close()
