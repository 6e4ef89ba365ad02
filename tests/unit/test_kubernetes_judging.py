"""How a compiler ended: every ending, with everything that the cluster may have said of its pod."""

from __future__ import annotations

from itertools import product

import pytest

from wic_runtimes.contract import CompileJob, Outcome
from wic_runtimes.errors import ImageUnavailable, JobEvicted, RuntimeFailure, RuntimeUnavailable
from wic_runtimes.inside.script import BEGUN, NO_LIMITS, NO_PROGRAM, NO_TAR, NOT_UNPACKED, READY
from wic_runtimes.inside.stream import STDOUT, Reader
from wic_runtimes.kubernetes.judging import Ended, Ending, explain_loss, explain_start, judge
from wic_runtimes.kubernetes.sightings import Sighting

JOB = CompileJob("one", ("gcc", "main.c"), image="gcc:12")
RUNNING = Sighting("p", "n")
LEFT = Sighting("p", "n", ended=True, exit_code=137, reason="Error")
STARTED_BADLY = Sighting("p", "n", ended=True, exit_code=1, reason="Error")
OOM = Sighting("p", "n", ended=True, exit_code=137, reason="OOMKilled")
OOM_AND_GONE = Sighting("p", "n", ended=True, exit_code=137, reason="OOMKilled", is_gone=True)
EVICTED = Sighting("p", "n", ended=True, reason="Evicted", message="The node was low on memory.\n")
DRAINING = Sighting("p", "n", disruption="EvictionByEvictionAPI")
DRAINED = Sighting("p", "n", disruption="EvictionByEvictionAPI", is_gone=True)
LOST = Sighting("p", "n", disruption="DeletionByTaintManager", ended=True)
DELETED = Sighting("p", "n", is_gone=True)
LATE = Sighting("p", "n", ended=True, exit_code=137, reason="DeadlineExceeded")
TAKEN = {
    EVICTED: "evicted from its node (Evicted): The node was low on memory.",
    DRAINED: "its node is being drained",
    LOST: "its node is not ready, or was lost",
    DELETED: "was deleted before its compiler ended",
    LATE: "passed its deadline",
}
THERE = (None, RUNNING, DRAINING, LEFT, STARTED_BADLY)
ALL = (*THERE, *TAKEN, OOM, OOM_AND_GONE)


def reader(*lines):
    made = Reader(1000, "mark")
    for line in lines:
        made.take(STDOUT, line)
    return made


def judged(ending, pod, lines=(READY, BEGUN), **facts):
    ended = Ended(ending, 1.0, pod=pod, **facts)
    return judge(ended, reader(*lines), JOB, "gcc:12")


def refused(ending, pod, lines=(READY, BEGUN)):
    with pytest.raises(RuntimeFailure) as caught:
        judged(ending, pod, lines)
    assert caught.value.reason.endswith(".")
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("pod", ALL)
@pytest.mark.parametrize(
    ("ending", "outcome"), [(Ending.TIME, Outcome.TIMED_OUT), (Ending.OUTPUT, Outcome.OUTPUT_LIMIT)]
)
def test_what_we_ended_is_what_we_ended_it_for(ending, outcome, pod):
    """Whatever becomes of its pod afterwards."""
    assert judged(ending, pod) == (outcome, None)


@pytest.mark.parametrize("pod", ALL)
def test_what_we_took_away_is_no_outcome(pod):
    """A cancel and a job that did not begin say nothing of the code."""
    assert type(refused(Ending.ENDED, pod)) is JobEvicted
    failure = refused(Ending.NEVER_BEGAN, pod)
    assert type(failure) is RuntimeUnavailable
    assert "did not start in time" in failure.reason


@pytest.mark.parametrize("pod", [pod for pod in ALL if pod not in (OOM, OOM_AND_GONE)])
@pytest.mark.parametrize("code", [0, 1, 127, 128, 193, 255])
def test_a_compiler_whose_end_was_said_has_finished(code, pod):
    """The script told it, so it ran to its end, and nothing that befell the pod later matters."""
    assert judged(Ending.SAID, pod, exit_code=code) == (Outcome.FINISHED, code)


@pytest.mark.parametrize("pod", [pod for pod in ALL if pod not in (OOM, OOM_AND_GONE)])
@pytest.mark.parametrize("code", [129, 137, 139, 192])
def test_a_compiler_that_died_of_a_signal_has_crashed(code, pod):
    """128 and the signal's number."""
    assert judged(Ending.SAID, pod, exit_code=code) == (Outcome.CRASHED, code)


@pytest.mark.parametrize(
    ("ending", "pod", "facts"),
    [
        (Ending.GONE, OOM, {}),
        (Ending.GONE, OOM_AND_GONE, {}),
        (Ending.CUT, OOM, {}),
        (Ending.CUT, OOM_AND_GONE, {}),
        *((Ending.SAID, pod, {"exit_code": code}) for pod in (OOM, OOM_AND_GONE) for code in (0, 1, 137)),
        *((Ending.SAID, pod, {"exit_code": 1, "was_out_of_memory": True}) for pod in ALL),
    ],
)
def test_a_death_of_memory_is_told_by_whoever_counts(ending, pod, facts):
    """The container's own count, or the cluster's word; whatever the exit code, and before the pod's loss."""
    assert judged(ending, pod, **facts) == (Outcome.OUT_OF_MEMORY, None)


@pytest.mark.parametrize("pod", TAKEN)
@pytest.mark.parametrize(
    ("ending", "lines"),
    [*product([Ending.GONE], [(), (READY, BEGUN), (READY, NO_PROGRAM)]), (Ending.CUT, (READY, BEGUN))],
)
def test_a_pod_that_was_taken_away_is_no_verdict(ending, lines, pod):
    """Who took it is said, whatever its script had said before, and however the connection ended."""
    failure = refused(ending, pod, lines)
    assert type(failure) is JobEvicted
    assert TAKEN[pod] in failure.reason


@pytest.mark.parametrize("pod", THERE)
@pytest.mark.parametrize("lines", [(), (READY, BEGUN)])
def test_a_connection_that_was_cut_is_the_api_servers_end(lines, pod):
    """Where the cluster took nothing away: it may come back before the compiler has ended."""
    failure = refused(Ending.CUT, pod, lines)
    assert type(failure) is JobEvicted
    assert "connection to the compile's pod was lost" in failure.reason


@pytest.mark.parametrize(
    ("pod", "code"), [(None, None), (RUNNING, None), (DRAINING, None), (LEFT, 137), (STARTED_BADLY, None)]
)
def test_a_container_that_ended_under_its_compiler_has_crashed(pod, code):
    """Something inside ended the script as well; by which signal is told where it is known."""
    assert judged(Ending.GONE, pod) == (Outcome.CRASHED, code)


@pytest.mark.parametrize("pod", THERE)
@pytest.mark.parametrize(
    ("lines", "kind", "words"),
    [
        ((READY, NO_PROGRAM), ImageUnavailable, "gcc:12 has no compiler gcc"),
        ((READY, NO_LIMITS), RuntimeUnavailable, "cannot set the compile's limits"),
        ((READY, NO_TAR), ImageUnavailable, "could not take the source"),
        ((READY, NOT_UNPACKED), ImageUnavailable, "could not take the source"),
        ((READY,), ImageUnavailable, "could not take the source"),
        ((b"sh: odd\n",), ImageUnavailable, "could not take the source"),
        ((), ImageUnavailable, "could not take the source"),
    ],
)
def test_a_compiler_that_never_began_is_told_apart(lines, kind, words, pod):
    """By what its script said instead."""
    failure = refused(Ending.GONE, pod, lines)
    assert type(failure) is kind
    assert words in failure.reason


@pytest.mark.parametrize("ending", Ending)
@pytest.mark.parametrize("pod", ALL)
@pytest.mark.parametrize("lines", [(), (READY,), (READY, BEGUN), (READY, NO_PROGRAM)])
def test_only_what_was_said_has_finished(ending, pod, lines):
    """No other way leads to FINISHED, whatever the cluster says of exit codes."""
    code = 0 if ending is Ending.SAID else None
    try:
        outcome, _ = judged(ending, pod, lines, exit_code=code)
    except RuntimeFailure:
        return
    assert (outcome is Outcome.FINISHED) == (ending is Ending.SAID and pod not in (OOM, OOM_AND_GONE))


@pytest.mark.parametrize("pod", [RUNNING, DRAINING, LEFT, OOM, OOM_AND_GONE])
def test_nobody_took_it(pod):
    """One that runs, that ended by itself, or that is only about to leave, is not lost."""
    assert explain_loss(pod) is None


@pytest.mark.parametrize("reason", ["Evicted", "Preempting", "NodeLost", "NodeShutdown", "Terminated"])
def test_whatever_a_node_says_when_it_throws_a_pod_out(reason):
    """Its own word is told."""
    failure = explain_loss(Sighting("p", ended=True, reason=reason))
    assert type(failure) is JobEvicted
    assert f"({reason})" in failure.reason


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("EvictionByEvictionAPI", "drained"),
        ("DeletionByTaintManager", "was lost"),
        ("DeletionByPodGC", "was lost"),
        ("PreemptionByScheduler", "higher priority"),
        ("TerminationByKubelet", "short of resources"),
        ("SomethingNew", "SomethingNew"),
    ],
)
def test_whoever_disrupts_a_pod_is_named(reason, words):
    """The reasons of Kubernetes's condition DisruptionTarget, and one that it may have one day."""
    failure = explain_loss(Sighting("p", disruption=reason, is_gone=True))
    assert type(failure) is JobEvicted
    assert words in failure.reason


@pytest.mark.parametrize("pod", [None, Sighting("p"), RUNNING, Sighting("p", "n", waiting="PodInitializing")])
def test_a_pod_that_may_yet_start_is_waited_for(pod):
    """However long it takes."""
    assert explain_start(pod, "gcc:12", 1000.0) is None


def test_the_scheduler_has_some_seconds():
    """A node may be about to join; what no node will ever take is not waited for, a want of room is."""
    never = Sighting("p", unscheduled="0/1 nodes are available: 1 node(s) had untolerated taint.")
    crowded = Sighting("p", unscheduled="0/1 nodes are available: 1 Insufficient cpu.")
    assert explain_start(never, "gcc:12", 5.0) is None
    assert type(explain_start(never, "gcc:12", 5.1)) is RuntimeUnavailable
    assert explain_start(crowded, "gcc:12", 1000.0) is None


@pytest.mark.parametrize(
    ("pod", "kind", "words"),
    [
        (Sighting("p", ended=True, exit_code=126), ImageUnavailable, "POSIX sh"),
        (Sighting("p", ended=True, exit_code=127), ImageUnavailable, "POSIX sh"),
        (
            Sighting("p", ended=True, exit_code=128, message="no\n such file."),
            ImageUnavailable,
            "no such file.",
        ),
        (Sighting("p", ended=True, reason="StartError"), ImageUnavailable, "StartError"),
        (Sighting("p", ended=True, exit_code=1, reason="Error"), RuntimeUnavailable, "Error (exit code 1)"),
        (
            Sighting("p", waiting="CreateContainerError", waiting_message="x."),
            RuntimeUnavailable,
            "start: x.",
        ),
        (Sighting("p", waiting="ErrImagePull"), ImageUnavailable, "gcc:12: ErrImagePull."),
        *((pod, JobEvicted, words) for pod, words in TAKEN.items()),
    ],
)
def test_why_a_pod_will_never_start(pod, kind, words):
    """What the cluster says of it becomes a sentence and a remedy, at once."""
    failure = explain_start(pod, "gcc:12", 0.0)
    assert type(failure) is kind
    assert words in f"{failure.reason} {failure.remedy}"
