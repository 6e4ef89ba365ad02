"""A module."""

from __future__ import annotations

import missing_module


class Point:
    """A point."""

    def __init__(self, x: int, y: int = 0, *, z: int = 0) -> None:
        self.at = (x, y, z)

    async def wait(self) -> int:
        return sum([await one for one in self.at]) + missing_module.value


print(f"{Point(1)!r:>10}", undefined_name)
