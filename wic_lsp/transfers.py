"""How far a pull or a build has come, in words and in percent: the same in the shell and in editors. Pure."""

from __future__ import annotations

from typing import Final

from wic_runtimes.contract import Transfer

_MEGABYTE: Final = 1_000_000
"""What engines and registries mean by one."""


def describe(transfer: Transfer) -> str:
    """Return one line: the step, and the bytes where there are any."""
    done, total = transfer.done_bytes / _MEGABYTE, transfer.total_bytes / _MEGABYTE
    if transfer.total_bytes:
        return f"{transfer.step}, {done:.1f} of {total:.1f} MB"
    return f"{transfer.step}, {done:.1f} MB" if transfer.done_bytes else transfer.step


def percent(transfer: Transfer) -> int | None:
    """Return how many of a hundred parts are done, rounded down; None where that is not known."""
    if not transfer.total_bytes:
        return None
    return min(100 * transfer.done_bytes // transfer.total_bytes, 100)
