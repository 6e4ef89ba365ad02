"""A server that runs endless jobs until a test kills it, and has spares that wait.

Its words: the runtime's name, and how many jobs. The variable that MARKER names holds a word that its
compilers have among their arguments, and it itself has not.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.conformance.runtimes_under_test import RUNTIMES
from tests.conformance.traces import until

MARKER: Final = "WIC_TEST_MARKER"


async def main(name: str, jobs: str) -> None:
    under_test = next(candidate for candidate in RUNTIMES if candidate.name == name)
    runtime = under_test.create()
    health = await runtime.health()
    if not health.usable:
        print(health.reason, health.remedy, flush=True)
        return
    print("running", flush=True)
    await runtime.compile(under_test.shell("true", open_files=128))  # of another kind: its spare is not used
    await until(lambda: not runtime._spares._lacking())  # one in the making may come after a collection
    endless = [under_test.shell("sleep 600", os.environ[MARKER], wall_s=600) for _ in range(int(jobs))]
    await asyncio.gather(*(runtime.compile(job) for job in endless))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
