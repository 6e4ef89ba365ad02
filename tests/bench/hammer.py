"""Several processes, as servers are, that use one file of results as hard as they can, some of them killed.

Each asks for results by random keys and keeps what it did not find. What a key's result must be is computed
from the key alone, so that every answer can be judged: another one is a wrong result, a log record or an
exception is an error. Some are killed with SIGKILL at random moments and replaced.

A bench by itself (a minute, eight servers; exits 1 when anything is wrong), and a part of the tests.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import logging
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from wic_lsp.cache import ResultCache
from wic_lsp.results.levels import Results
from wic_runtimes.contract import CompileJob, CompileOutput, Outcome

ROOM_BYTES = 4 * 1024 * 1024
KEYS = 6000
JOB = CompileJob("hammer", ("gcc",), image="gcc:12@sha256:" + "0" * 64)


def output_of(key: str) -> CompileOutput:
    """Return what the result of a key must be: a few bytes or many, that compress or do not."""
    seed = hashlib.sha256(key.encode()).digest()
    size = int.from_bytes(seed[:2], "big") % 6000
    noise = random.Random(seed)  # noqa: S311 - the same for each
    words = noise.randbytes(size) if seed[2] % 2 else seed * (size // 16)
    return CompileOutput(Outcome.FINISHED, seed[3], words, seed, 0.25, 0.5)


class Errors(logging.Handler):
    """Counts what is logged as a warning or worse, and keeps the last."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Count it."""
        self.count += 1
        self.last = record.getMessage()


async def hammer(folder: Path, seconds: float) -> dict[str, object]:
    """Be one server; returns what it saw."""
    errors = Errors()
    logging.getLogger().addHandler(errors)
    chance, until = random.Random(), time.monotonic() + seconds  # noqa: S311 - a game
    found = missed = wrong = 0
    while time.monotonic() < until:
        results = Results(lambda: folder, ResultCache(capacity_bytes=0))
        for _ in range(chance.randrange(50, 400)):
            key = f"{int(KEYS * chance.random() ** 3)}"
            got = await results.recall(key, JOB, ROOM_BYTES)
            found += got is not None
            missed += got is None
            wrong += got is not None and got != output_of(key)
            if got is None:
                results.keep(key, JOB, output_of(key), ROOM_BYTES)
        await results.aclose()
    return {"found": found, "missed": missed, "wrong": wrong, "errors": errors.count, "last": errors.last}


@dataclass
class Seen:
    """What all servers saw together."""

    found: int = 0
    missed: int = 0
    wrong: int = 0
    errors: int = 0
    killed: int = 0
    last: str = ""
    integrity: str = ""
    held_bytes: int = 0
    disk_bytes: int = 0
    files: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """Whether nothing was wrong, and something was found."""
        return not self.wrong and not self.errors and self.integrity == "ok" and self.found > 0


def start(folder: Path, seconds: float) -> subprocess.Popen[bytes]:
    """Start one more server."""
    words = [sys.executable, __file__, "--be-one", str(folder), "--seconds", f"{seconds}"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(seconds: float, servers: int, *, kills: bool) -> Seen:
    """Let so many servers hammer one file for so long; where it `kills`, one of them each half second."""
    seen, chance = Seen(), random.Random()  # noqa: S311 - a game
    with tempfile.TemporaryDirectory(prefix="wic-hammer-") as parent:
        folder = Path(parent) / "results"
        until = time.monotonic() + seconds
        processes = [start(folder, seconds) for _ in range(servers)]
        while kills and time.monotonic() + 1 < until:
            time.sleep(chance.uniform(0.2, 0.8))
            victim = chance.choice(processes)
            victim.send_signal(signal.SIGKILL)
            victim.communicate()
            seen.killed += victim.returncode == -signal.SIGKILL
            processes.remove(victim)
            processes.append(start(folder, max(until - time.monotonic(), 0.1)))
        for process in processes:
            out, err = process.communicate()
            if process.returncode or err:
                seen.errors += 1
                seen.last = err.decode()
                continue
            said = json.loads(out)
            for name in ("found", "missed", "wrong", "errors"):
                setattr(seen, name, getattr(seen, name) + said[name])
            seen.last = said["last"] or seen.last
        seen.files = sorted(path.name for path in folder.iterdir())
        (file,) = folder.glob("*.sqlite")
        with closing(sqlite3.connect(file)) as connection:
            seen.integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
            query = "SELECT (SELECT size FROM total), (SELECT sum(size) FROM result)"
            seen.held_bytes, counted = connection.execute(query).fetchone()
        seen.disk_bytes = file.stat().st_size
        if seen.held_bytes != counted or seen.held_bytes > ROOM_BYTES:
            seen.integrity = f"{seen.held_bytes} bytes are told, {counted} are there, {ROOM_BYTES} may be"
    return seen


def main() -> int:
    """Run it, or be one of the servers of a run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--servers", type=int, default=8)
    parser.add_argument("--kills", action="store_true")
    parser.add_argument("--be-one", type=Path)
    options = parser.parse_args()
    if options.be_one is not None:
        print(json.dumps(asyncio.run(hammer(options.be_one, options.seconds))))
        return 0
    seen = run(options.seconds, options.servers, kills=options.kills)
    print(
        f"one file, {options.servers} servers, {options.seconds:g} s: {seen.found:,} found, "
        f"{seen.missed:,} compiled, {seen.wrong} wrong, {seen.errors} errors, {seen.killed} killed; "
        f"{seen.held_bytes / 2**20:.1f} of {ROOM_BYTES / 2**20:.0f} MB held, "
        f"{seen.disk_bytes / 2**20:.1f} MB on disk; {seen.integrity} {seen.last}"
    )
    return 0 if seen.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
