"""How long a compile in a container takes: with one that waits, with one made for it, while the next is made.

Everything is measured against its own floor in the same run, interleaved, since machines are shared and
noisy; what counts is the median of the ratios or differences. Exits 1 when a target is missed.

    warm, header-heavy C++   at most 1.20 times the bare compiler
    warm, small C            at most 50 ms above the bare compiler
    cold                     at most 0.80 times `docker run` of the same command, for either
    during a refill          at most 1.10 times a compile when nothing else happens
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from figures import report

from wic_runtimes.contract import CompileJob, JobFile, Outcome, Runtime
from wic_runtimes.registry import create_runtime

IMAGE = "gcc:12"
PAUSE_S = 0.8  # a person pauses too; what runs behind the answer may end
_numbers = itertools.count()


@dataclass(frozen=True)
class Case:
    """One file, and the compiler for it by its name on the host and in the image."""

    name: str
    host: str
    program: str
    file: str
    text: str

    def job(self) -> CompileJob:
        """Return a job that nobody has run yet."""
        argv = (self.program, "-fsyntax-only", self.file)
        files = (JobFile(self.file, self.text.encode()),)
        return CompileJob(f"bench-{next(_numbers)}", argv, files, image=IMAGE)


HEAVY = Case(
    "header-heavy C++",
    "g++-12",
    "g++",
    "main.cpp",
    "#include <iostream>\n#include <map>\n#include <vector>\nint main() { std::cout << 1; }\n",
)
SMALL = Case("small C", "gcc-12", "gcc", "main.c", "int main(void) { return 0; }\n")


async def time_compile(runtime: Runtime, case: Case) -> float:
    """Return the seconds from the job to its output."""
    began = time.perf_counter()
    output = await runtime.compile(case.job())
    assert (output.outcome, output.exit_code) == (Outcome.FINISHED, 0), output
    return time.perf_counter() - began


async def time_command(*words: str, folder: Path) -> float:
    """Return the seconds that a command takes."""
    began = time.perf_counter()
    await asyncio.to_thread(subprocess.run, words, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


async def time_in_turn(
    ours: Callable[[], Awaitable[float]], floor: Callable[[], Awaitable[float]], rounds: int
) -> tuple[list[float], list[float]]:
    """Return the seconds of both, taken in turn, each after a pause."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for kept, measure in zip(times, (ours, floor), strict=True):
            await asyncio.sleep(PAUSE_S)
            kept.append(await measure())
    return times


async def time_warm(case: Case, rounds: int, folder: Path) -> tuple[list[float], list[float]]:
    """Return seconds with a container that waits, and of the bare compiler."""
    runtime = create_runtime("docker", {})
    bare = (case.host, "-fsyntax-only", case.file)
    try:
        await time_compile(runtime, case)
        return await time_in_turn(
            lambda: time_compile(runtime, case), lambda: time_command(*bare, folder=folder), rounds
        )
    finally:
        await runtime.aclose()


async def time_cold(case: Case, rounds: int, folder: Path) -> tuple[list[float], list[float]]:
    """Return seconds with a container made for the job, and of `docker run`."""
    runtime = create_runtime("docker", {"spares": False})
    run = ("docker", "run", "--rm", "--network", "none", "--volume", f"{folder}:/src:ro", "--workdir", "/src")
    words = (*run, IMAGE, case.program, "-fsyntax-only", case.file)
    try:
        await time_compile(runtime, case)
        return await time_in_turn(
            lambda: time_compile(runtime, case), lambda: time_command(*words, folder=folder), rounds
        )
    finally:
        await runtime.aclose()


async def time_refill(case: Case, rounds: int) -> tuple[list[float], list[float]]:
    """Return seconds of a compile that follows another at once, and of one after a pause, in turn."""
    runtime = create_runtime("docker", {})
    after_another, after_pause = [], []
    try:
        await asyncio.gather(time_compile(runtime, case), time_compile(runtime, case))
        for _ in range(rounds):
            await asyncio.sleep(2 * PAUSE_S)
            after_pause.append(await time_compile(runtime, case))
            after_another.append(await time_compile(runtime, case))
    finally:
        await runtime.aclose()
    return after_another, after_pause


async def measure(rounds: int, folder: Path) -> list[str]:
    """Measure all and print a line for each; returns the names of the targets that were missed."""
    missed = []
    ratio, _ = report(f"warm, {HEAVY.name}", *await time_warm(HEAVY, rounds, folder))
    missed += ["warm heavy"] if ratio > 1.20 else []
    _, extra = report(f"warm, {SMALL.name}", *await time_warm(SMALL, rounds, folder))
    missed += ["warm small"] if extra > 50 else []
    for case in (HEAVY, SMALL):
        ratio, _ = report(f"cold, {case.name}", *await time_cold(case, rounds, folder))
        missed += [f"cold {case.name}"] if ratio > 0.80 else []
    ratio, _ = report("during a refill", *await time_refill(HEAVY, rounds))
    missed += ["refill"] if ratio > 1.10 else []
    return missed


def main() -> int:
    """Run all; returns 1 when a target is missed, 2 where it cannot be measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    absent = [name for name in ("docker", HEAVY.host, SMALL.host) if shutil.which(name) is None]
    if absent:
        print(f"not measured: {', '.join(absent)} not found")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for case in (HEAVY, SMALL):
            (folder / case.file).write_text(case.text)
        missed = asyncio.run(measure(rounds, folder))
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
