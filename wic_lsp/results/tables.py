"""The tables in the file of results, and what is done to them. Each function does one step of a transaction.

They raise what SQLite raises, and Damaged for what nobody of ours can have written.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

LAYOUT: Final = 1
"""The version of the tables. Another one is another file."""

REMOVED_AT_ONCE: Final = 64
"""The most results that one transaction removes."""

_PATIENCE_S: Final = 0.25
_LOG_BYTES: Final = 4 * 1024 * 1024
_FREE_PAGES: Final = 1024
_FREED_AT_ONCE: Final = 256
_SCHEMA: Final = """
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
CREATE TABLE result (
    key TEXT PRIMARY KEY, around BLOB NOT NULL, written INTEGER NOT NULL, used INTEGER NOT NULL,
    size INTEGER NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL
);
CREATE INDEX by_use ON result (used);
CREATE TABLE total (entries INTEGER NOT NULL, size INTEGER NOT NULL);
INSERT INTO total VALUES (0, 0);
CREATE TRIGGER comes AFTER INSERT ON result BEGIN
    UPDATE total SET entries = entries + 1, size = size + NEW.size;
END;
CREATE TRIGGER goes AFTER DELETE ON result BEGIN
    UPDATE total SET entries = entries - 1, size = size - OLD.size;
END;
COMMIT;
"""


class Damaged(Exception):  # noqa: N818 - the file's state
    """The file holds what we did not write."""


@dataclass(frozen=True, slots=True)
class Row:
    """One result. `around` is the state of what the compiler read by itself; times are ms since the epoch."""

    key: str
    around: bytes
    written_ms: int
    used_ms: int
    size: int
    body: bytes

    def digest(self) -> bytes:
        """Return what tells that the row is whole, and belongs to its key."""
        said = f"{self.key} {self.written_ms} {self.around.hex()} ".encode()
        return hashlib.blake2b(said + self.body, digest_size=16).digest()


def fill(path: Path) -> None:
    """Make an empty file's tables."""
    with closing(connect(path)) as connection:
        connection.executescript(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {LAYOUT}")


def connect(path: Path) -> sqlite3.Connection:
    """Open a file that is there; it is never made by this."""
    return sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw", uri=True, timeout=_PATIENCE_S, isolation_level=None
    )


def begin_use(connection: sqlite3.Connection) -> None:
    """Prepare a connection that was just opened."""
    for pragma in ("synchronous = NORMAL", f"journal_size_limit = {_LOG_BYTES}", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    if number(connection, "PRAGMA user_version") != LAYOUT:
        raise Damaged("it has another version")


def number(connection: sqlite3.Connection, query: str) -> int:
    """Return the one number that a query gives."""
    row = connection.execute(query).fetchone()
    if row is None or not isinstance(row[0], int):
        raise Damaged("a number is missing")
    return row[0]


def read(connection: sqlite3.Connection, key: str) -> Row | None:
    """Return the row of a key, if it is there and whole."""
    query = "SELECT around, written, used, size, digest, body FROM result WHERE key = ?"
    found = connection.execute(query, (key,)).fetchone()
    if found is None:
        return None
    around, written, used, size, digest, body = found
    row = Row(key, around, written, used, size, body)
    is_ours = isinstance(around, bytes) and isinstance(body, bytes)
    if not is_ours or digest != row.digest():
        raise Damaged("a result is not what was written")
    return row


def replace(connection: sqlite3.Connection, row: Row, room_bytes: int) -> None:
    """Put a row in place of the one with its key, unless there is no room for it."""
    connection.execute("DELETE FROM result WHERE key = ?", (row.key,))
    if make_room(connection, room_bytes - row.size):
        values = (row.key, row.around, row.written_ms, row.used_ms, row.size, row.digest(), row.body)
        connection.execute("INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def make_room(connection: sqlite3.Connection, at_most: int) -> bool:
    """Remove what was used longest ago until `at_most` bytes are held; False where too much is to go."""
    held = number(connection, "SELECT size FROM total")
    if held <= at_most:
        return True
    query = "SELECT rowid, size FROM result ORDER BY used, rowid LIMIT ?"
    for row, size in connection.execute(query, (REMOVED_AT_ONCE,)).fetchall():
        connection.execute("DELETE FROM result WHERE rowid = ?", (row,))
        held -= size
        if held <= at_most:
            return True
    return False


def remove_unused(connection: sqlite3.Connection, since_ms: int) -> None:
    """Remove some of what was not used since."""
    query = (
        "DELETE FROM result WHERE rowid IN (SELECT rowid FROM result WHERE used < ? ORDER BY used LIMIT ?)"
    )
    connection.execute(query, (since_ms, REMOVED_AT_ONCE))


def give_back(connection: sqlite3.Connection, *, all_of_it: bool) -> None:
    """Give some of what is free back to the file system where it is much, or else all of it."""
    free = number(connection, "PRAGMA freelist_count")
    while free > (0 if all_of_it else _FREE_PAGES):
        connection.execute(f"PRAGMA incremental_vacuum({_FREED_AT_ONCE})").fetchall()
        before, free = free, number(connection, "PRAGMA freelist_count")
        if not all_of_it or free >= before:
            return
