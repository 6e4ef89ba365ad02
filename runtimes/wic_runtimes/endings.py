"""How a compiler's process ended, by its exit code alone: the same for every runtime. Pure."""

from __future__ import annotations

from wic_runtimes.contract import Outcome
from wic_runtimes.errors import JobEvicted

_DEATHS = range(129, 193)  # 128 + signal


def is_death(code: int | None) -> bool:
    """Whether an exit code is that of a death by signal."""
    return code in _DEATHS


def outcome_of(code: int | None) -> Outcome:
    """Say how a compiler ended that told its exit code: it crashed, or it ran to its end."""
    return Outcome.CRASHED if is_death(code) else Outcome.FINISHED


def taken_away() -> JobEvicted:
    """Say that we were told to end the job."""
    return JobEvicted("The job was ended before its compiler was.", "Run it again.")
