"""An event loop whose clock jumps to the next timer instead of waiting for it."""

from __future__ import annotations

import asyncio
import functools
import selectors


class _Jump(selectors.SelectSelector):
    """Does not wait: says by how much the clock has to jump."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        """Return what is ready now."""
        if timeout is None:
            raise AssertionError("the test waits for something that nothing will ever bring")
        self.now += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while all wait for it."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        """Return the clock's seconds."""
        return self._jump.now


def in_virtual_time(test):
    """Run an async test to its end on a VirtualLoop."""

    @functools.wraps(test)
    def run() -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(test())

    return run
