"""A server that runs endless jobs until a test kills it, and has spares that wait.

Its words: the runtime's name, a marker, and how many jobs.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.conformance.runtimes_under_test import RUNTIMES


async def main(name: str, marker: str, jobs: str) -> None:
    under_test = next(candidate for candidate in RUNTIMES if candidate.name == name)
    runtime = under_test.create()
    health = await runtime.health()
    if not health.usable:
        print(health.reason, health.remedy, flush=True)
        return
    print("running", flush=True)
    await runtime.compile(under_test.shell("true", open_files=128))  # of another kind: its spare is not used
    endless = [under_test.shell("sleep 600", marker, wall_s=600) for _ in range(int(jobs))]
    await asyncio.gather(*(runtime.compile(job) for job in endless))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
