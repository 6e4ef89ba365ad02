"""What a container's end says of the compiler: the one place where an outcome is decided. Pure.

FINISHED is said only where the script itself told the compiler's exit code, so the compiler ran to its end.
Whatever else ends a container is a limit, a crash, or no verdict at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique
from typing import Final

from wic_runtimes.contract import CompileJob, Outcome
from wic_runtimes.docker.faults import engine_lost
from wic_runtimes.docker.spec import image_name
from wic_runtimes.endings import is_death, outcome_of, taken_away
from wic_runtimes.errors import ImageUnavailable, JobEvicted, RuntimeUnavailable
from wic_runtimes.inside.faults import no_program
from wic_runtimes.inside.script import NO_PROGRAM, NO_TAR
from wic_runtimes.inside.stream import Reader

_NOT_EXECUTED: Final = (126, 127)
_NOT_STARTED: Final = b"[FATAL tini "
"""How Docker's first process begins to say that it could not start the rest. Podman's is never used bare."""


@unique
class Ending(Enum):
    """Why a container's job is over. GONE is a container that ended before its script said how.

    Where there is no script, the container's own end says how. LOST is one of whose end the engine knows
    nothing, since it is not the engine any more that started it: it has been restarted.
    """

    SAID = "said"
    GONE = "gone"
    LOST = "lost"
    TIME = "time"
    OUTPUT = "output"
    NEVER_BEGAN = "never began"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a container's job ended.

    `exit_code` is the compiler's where its end was SAID, the container's where it is GONE, else None.
    `was_out_of_memory` is the word of the engine, or of the container's own control group; `was_killed` says
    that somebody had the engine kill the container; `is_unexplained` that the engine, asked, told nothing.
    """

    ending: Ending
    exit_code: int | None
    compile_s: float
    was_out_of_memory: bool = False
    was_killed: bool = False
    is_unexplained: bool = False


def lacks_script(ended: Ended, reader: Reader) -> bool:
    """Whether the image has no `sh` or no `tar`, so that it must be used without."""
    has_no_shell = ended.ending is Ending.GONE and ended.exit_code in _NOT_EXECUTED and not reader.is_ready
    return reader.said == NO_TAR or (has_no_shell and reader.said is None)


def judge(ended: Ended, reader: Reader, job: CompileJob) -> tuple[Outcome, int | None]:
    """Say how the compiler ended. Raises RuntimeFailure where it never began or was taken away."""
    match ended.ending:
        case Ending.TIME:
            return Outcome.TIMED_OUT, None
        case Ending.OUTPUT:
            return Outcome.OUTPUT_LIMIT, None
        case Ending.ENDED:
            raise taken_away()
        case Ending.LOST:
            raise engine_lost()
        case Ending.NEVER_BEGAN:
            raise RuntimeUnavailable(
                "The container engine did not start the compiler in time.",
                "See whether the machine is overloaded.",
            )
        case Ending.SAID | Ending.GONE:
            return _judge_end(ended, reader, job)


def _judge_end(ended: Ended, reader: Reader, job: CompileJob) -> tuple[Outcome, int | None]:
    if ended.was_out_of_memory:
        return Outcome.OUT_OF_MEMORY, None
    if ended.was_killed:
        raise JobEvicted("The container was killed from outside before its compiler ended.", "Run it again.")
    if ended.is_unexplained and (reader.has_begun or is_death(ended.exit_code)):
        raise _unexplained(ended)
    failed_first = ended.exit_code in _NOT_EXECUTED and bytes(reader.stderr).startswith(_NOT_STARTED)
    if reader.said == NO_PROGRAM or (not reader.has_mark and failed_first):
        raise no_program(image_name(job.image), job.argv[0])
    if not reader.has_begun:
        raise ImageUnavailable(
            f"The image {image_name(job.image)} could not take the source (exit code {ended.exit_code}).",
            "It needs a POSIX sh and tar that work; choose another image.",
        )
    code = ended.exit_code
    if ended.ending is Ending.GONE:  # something inside ended the script as well, or gVisor gave up
        return Outcome.CRASHED, code if is_death(code) else None
    return outcome_of(code), code


def _unexplained(ended: Ended) -> JobEvicted:
    """Say that it may have been memory, somebody outside, or the code itself, and that nobody tells."""
    if ended.ending is Ending.SAID:
        reason = (
            "Something on this machine was killed for memory while it compiled, and Podman does not tell "
            "whether it was this compiler."
        )
    else:
        reason = "The container ended before its compiler's end was told, and Podman does not tell why."
    return JobEvicted(reason, "Run it again; if that does not help, allow it more memory, or use Docker.")
