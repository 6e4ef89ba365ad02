"""One thread for what may block: one thing after another, in nobody's way.

Its thread is a daemon, for a disk may hang: whoever waits gives up after a while, and the program may end.
What is written there survives that; see `file`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Final, TypeAlias, TypeVar

T = TypeVar("T")
_Task: TypeAlias = Callable[[], None]
_log: Final = logging.getLogger(__name__)


class Worker:
    """A thread that begins with the first task. `submit` and `end` may be called by any thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Do it when its turn comes, unless its future was cancelled before."""
        future: Future[T] = Future()

        def do() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = work()
            except Exception as exc:  # noqa: BLE001 - whoever waits for it gets it
                _log.debug("work in the thread '%s' failed", self._name, exc_info=exc)
                future.set_exception(exc)
            else:
                future.set_result(result)

        self._tasks.put(do)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        return future

    def end(self) -> None:
        """Let the thread end after what was submitted; does not wait. Nothing may be submitted after."""
        self._tasks.put(None)

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
