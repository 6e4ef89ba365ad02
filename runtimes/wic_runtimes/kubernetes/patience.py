"""Trying again, where that can help: by the client library's own means, and no longer than it is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is tried in all, and how long to wait after the first time and at the longest."""

    tries: int
    first_s: float
    longest_s: float
    factor: float = 2.0


async def persist(
    attempt: Callable[[], Awaitable[_T]],
    patience: Patience,
    may_help: Callable[[Exception], bool],
    hurry: asyncio.Event | None = None,
) -> _T:
    """Try until it works, until trying again does not help, or until patience ends; raises the last failure.

    `hurry` cuts a pause short: what is tried then is the last that is waited for.
    """
    from kubernetes.aio.utils import retry  # noqa: PLC0415 - whoever comes here has loaded the client

    async def pause(seconds: float) -> None:
        seconds = min(seconds, patience.longest_s)
        if hurry is None:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), seconds)

    # Not by its `cap`: the pause that reaches it would be the last, however many tries were left.
    backoff = retry.Backoff(  # type: ignore[attr-defined] # it is there, for this very use
        patience.tries, patience.first_s, patience.factor, jitter=0.1
    )
    made: _T = await retry.on_error(backoff, may_help, attempt, sleep_func=pause)
    return made
