"""Waiting for what must not be left half done, however often whoever waits is cancelled."""

from __future__ import annotations

import asyncio
from typing import Any


async def outlast(*futures: asyncio.Future[Any]) -> None:
    """Wait until all are done, however often we are cancelled meanwhile; then say that we were.

    What was to be called at the end of one that is done already has been called, too.
    """
    interrupted: asyncio.CancelledError | None = None
    is_over = not futures
    while not is_over:
        try:
            await asyncio.wait(futures)  # gives way once, also where all are done
        except asyncio.CancelledError as exc:
            interrupted = exc
        is_over = all(future.done() for future in futures)
    if interrupted is not None:
        raise interrupted
