"""How long a check takes with a Go whose standard library is not compiled, in the sandbox.

    first check      the library is compiled before: it is only told
    later checks     another text each time, at most 60 ms above those of a Go that has its library compiled
    slow way         what each check takes where the library cannot be made: it is only told

Exits 1 when the target is missed, 2 where there is no Go to measure with. Needs a Go in /usr/local/go whose
library is compiled (`tests/engines/compilers`).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from figures import report

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.conformance.cold_go import GO, Checker, cold_go
from wic_runtimes.contract import Runtime
from wic_runtimes.registry import create_runtime

TEXT = """import (
\t"encoding/json"
\t"fmt"
\t"net/http"
\t"os"
)

func main() {{ fmt.Println(http.StatusOK + {number}, json.Valid(nil), os.Args) }}
"""
MOST_ABOVE_MS = 60.0


async def seconds(checker: Checker, number: int) -> float:
    """Return how long a check takes of a text that nobody has checked."""
    began = time.perf_counter()
    result = await checker.check(TEXT.format(number=number))
    assert result.is_complete, result
    assert not result.findings, result
    return time.perf_counter() - began


async def at(folder: Path, checker: Checker) -> Checker:
    """Have a checker find the Go in that folder first."""
    os.environ["PATH"] = f"{folder / 'bin'}:/usr/bin:/bin"
    await checker.catalogue.choose("go", None)
    return checker


def size_of(folder: Path) -> int:
    """Return the bytes of the files in a folder."""
    return sum(file.stat().st_size for file in folder.iterdir())


async def measure(runtime: Runtime, root: Path, kept: Path, rounds: int) -> float:
    """Print the figures; return the milliseconds of later checks above those with a compiled library."""
    warm = await at(GO, Checker(runtime))
    cold = await at(root, Checker(runtime, kept=kept))
    print(f"first check                {await seconds(cold, -1):7.1f} s")
    print(f"kept on disk               {size_of(kept) / 1e6:7.1f} MB")
    next_server = await at(root, Checker(runtime, kept=kept))
    print(f"the next server's first    {await seconds(next_server, -2) * 1000:7.0f} ms")
    ours, floor = [], []
    for number in range(rounds):
        os.environ["PATH"] = f"{root / 'bin'}:/usr/bin:/bin"
        ours.append(await seconds(cold, number))
        os.environ["PATH"] = f"{GO / 'bin'}:/usr/bin:/bin"
        floor.append(await seconds(warm, number))
    _, extra = report("later checks", ours, floor)
    os.environ["PATH"] = f"{root / 'bin'}:/usr/bin:/bin"
    slow = await Checker(runtime, makes=False).check(TEXT.format(number=-3))
    end = "" if slow.is_complete else ", and was stopped"
    print(f"the slow way               {slow.duration_s:7.1f} s{end}")
    return extra


async def main(rounds: int) -> int:
    """Measure, and say by the exit code how it went."""
    runtime = create_runtime("sandbox", {"spares": False})
    try:
        if not (GO / "bin" / "go").exists() or not (await runtime.health()).usable:
            print(f"there is no sandbox here, or no Go in {GO}")
            return 2
        with cold_go() as root, tempfile.TemporaryDirectory() as folder:
            extra = await measure(runtime, root, Path(folder) / "libraries", rounds)
    finally:
        await runtime.aclose()
    return int(extra > MOST_ABOVE_MS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    sys.exit(asyncio.run(main(parser.parse_args().rounds)))
