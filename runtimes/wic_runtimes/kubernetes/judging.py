"""What a pod's life says of the compiler: the one place where an outcome is decided. Pure.

FINISHED is said only where the script itself told the compiler's exit code, so the compiler ran to its end.
The pod's status only explains what the script could not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique
from typing import Final

from wic_runtimes.contract import CompileJob, Outcome
from wic_runtimes.endings import is_death, outcome_of, taken_away
from wic_runtimes.errors import ImageUnavailable, RuntimeFailure, RuntimeUnavailable
from wic_runtimes.inside.faults import no_program
from wic_runtimes.inside.script import NO_LIMITS, NO_PROGRAM
from wic_runtimes.inside.stream import Reader
from wic_runtimes.kubernetes import faults
from wic_runtimes.kubernetes.sightings import Sighting

_PATIENCE_S: Final = 5.0
_NOT_EXECUTED: Final = (126, 127, 128)


@unique
class Ending(Enum):
    """Why a job is over. GONE is a container that ended before its script said how; CUT a lost connection."""

    SAID = "said"
    GONE = "gone"
    CUT = "cut"
    TIME = "time"
    OUTPUT = "output"
    NEVER_BEGAN = "never began"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended. `exit_code` is the compiler's where its end was SAID, `pod` the pod as last seen."""

    ending: Ending
    compile_s: float
    exit_code: int | None = None
    was_out_of_memory: bool = False
    pod: Sighting | None = None


def explain_start(pod: Sighting | None, image: str, waited_s: float) -> RuntimeFailure | None:
    """Say why a pod that does not run yet never will; None where it may. `waited_s` is since it was made."""
    if pod is None:
        return None
    failure = explain_loss(pod)
    if failure is None and pod.ended:
        failure = _not_run(image, pod)
    if failure is None and pod.unscheduled and waited_s > _PATIENCE_S:
        failure = (
            None if faults.is_for_want_of_room(pod.unscheduled) else faults.unschedulable(pod.unscheduled)
        )
    return failure or faults.explain_waiting(image, pod.waiting, pod.waiting_message)


def explain_loss(pod: Sighting) -> RuntimeFailure | None:
    """Say who took a pod away; None where nobody did."""
    if pod.disruption and (pod.is_gone or pod.ended):
        return faults.drained(pod.disruption)
    if pod.reason in {"Evicted", "Preempting", "NodeLost", "NodeShutdown", "Terminated"}:
        return faults.evicted(pod.reason, pod.message)
    if pod.reason == "DeadlineExceeded":
        return faults.deadline_passed()
    if pod.is_gone and not pod.is_out_of_memory:
        return faults.pod_deleted()
    return None


def _not_run(image: str, pod: Sighting) -> RuntimeFailure:
    """Say why a container ended before anybody could speak to it."""
    said = " ".join(pod.message.split()).rstrip(".") or pod.reason
    if pod.exit_code in _NOT_EXECUTED or pod.reason == "StartError":
        return ImageUnavailable(
            f"The image {image} cannot be used: {said}.",
            "It needs a POSIX sh and tar that work; choose another image.",
        )
    return RuntimeUnavailable(
        f"The compile's pod ended before it began: {said} (exit code {pod.exit_code}).",
        "See `kubectl get events` in its namespace.",
    )


def judge(ended: Ended, reader: Reader, job: CompileJob, image: str) -> tuple[Outcome, int | None]:
    """Say how the compiler ended. Raises RuntimeFailure where it never began or was taken away."""
    match ended.ending:
        case Ending.TIME:
            return Outcome.TIMED_OUT, None
        case Ending.OUTPUT:
            return Outcome.OUTPUT_LIMIT, None
        case Ending.ENDED:
            raise taken_away()
        case Ending.NEVER_BEGAN:
            raise faults.not_started("its script took the job and did not begin")
        case Ending.CUT if ended.pod is None or not ended.pod.is_out_of_memory:
            raise (explain_loss(ended.pod) if ended.pod is not None else None) or faults.server_lost()
        case Ending.SAID | Ending.GONE | Ending.CUT:
            return _judge_end(ended, reader, job, image)


def _judge_end(ended: Ended, reader: Reader, job: CompileJob, image: str) -> tuple[Outcome, int | None]:
    if ended.was_out_of_memory or (ended.pod is not None and ended.pod.is_out_of_memory):
        return Outcome.OUT_OF_MEMORY, None
    if ended.ending is Ending.SAID:
        return outcome_of(ended.exit_code), ended.exit_code
    loss = explain_loss(ended.pod) if ended.pod is not None else None
    if loss is not None:
        raise loss
    if reader.said == NO_PROGRAM:
        raise no_program(image, job.argv[0])
    if reader.said == NO_LIMITS:
        raise RuntimeUnavailable(
            f"The shell of the image {image} cannot set the compile's limits.",
            "Its node may set lower ones; choose another image.",
        )
    if not reader.has_begun:
        raise ImageUnavailable(
            f"The image {image} could not take the source.",
            "It needs a POSIX sh and tar that work; choose another image.",
        )
    code = ended.pod.exit_code if ended.pod is not None else None
    return Outcome.CRASHED, code if is_death(code) else None  # something inside ended the script as well
