"""Waiting for what must not be left half done, however often whoever waits is cancelled."""

from __future__ import annotations

import asyncio
from typing import Any


async def outlast(*futures: asyncio.Future[Any]) -> None:
    """Wait until all are done, however often we are cancelled meanwhile; then say that we were."""
    interrupted: asyncio.CancelledError | None = None
    while not all(future.done() for future in futures):
        try:
            await asyncio.wait(futures)
        except asyncio.CancelledError as exc:
            interrupted = exc
    if interrupted is not None:
        raise interrupted
