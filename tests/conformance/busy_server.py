"""A server that compiles and cancels in a cluster without end, many jobs at once, until a test kills it.

Its words: the namespace, and a marker that its compilers have among their arguments. It says of each job that
has ended.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.conformance.kubernetes_ground import Ground, lay_ground

AT_ONCE = 10
WALL_S = 30


async def work(ground: Ground, marker: str, numbers: itertools.count[int]) -> None:
    """Run one job after the other: most end soon, some are cancelled, some would take long."""
    for number in numbers:
        script = "sleep 600; :" if number % 5 == 4 else "sleep 0.3"
        task = ground.start(script, marker, wall_s=WALL_S)
        if number % 5 >= 3:
            await asyncio.wait([task], timeout=number % 3 + 0.1 * (number % 7))
            task.cancel()
        await asyncio.wait([task])
        print("ended", "cancelled" if task.cancelled() else task.result().outcome.name, flush=True)


async def main(namespace: str, marker: str) -> None:
    numbers = itertools.count()
    async with lay_ground(namespace) as ground:
        await asyncio.gather(*(work(ground, marker, numbers) for _ in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
