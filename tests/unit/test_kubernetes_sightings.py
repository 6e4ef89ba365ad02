"""What a cluster says of a pod, over what a real one really said: tests/corpus/pods holds each moment."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from tests.corpus.capture_pods import CASES, PODS
from wic_runtimes.errors import ImageUnavailable, JobEvicted, RuntimeFailure, RuntimeUnavailable
from wic_runtimes.kubernetes.judging import explain_start
from wic_runtimes.kubernetes.sightings import Sighting, job_of, read_pod


def read(case):
    event = json.loads((PODS / f"{case}.json").read_text())
    return read_pod(event["object"], is_gone=event["type"] == "DELETED")


class Seen(NamedTuple):
    """What is to be read of a case: all that is not said here is as in a pod that runs."""

    facts: dict[str, object]
    why: type[RuntimeFailure] | None = None
    words: str = ""


GONE = {"is_gone": True}
EXPECTED = {
    "starting": Seen({"waiting": "ContainerCreating"}),
    "running": Seen({}),
    "succeeded": Seen({"ended": True, "exit_code": 0}, RuntimeUnavailable, "Completed (exit code 0)"),
    "failed": Seen({"ended": True, "exit_code": 3}, RuntimeUnavailable, "Error (exit code 3)"),
    "no-node": Seen({"node": ""}, RuntimeUnavailable, "didn't match Pod's node affinity/selector"),
    "no-room": Seen({"node": ""}),
    "image-not-pulled": Seen({"waiting": "ErrImagePull"}, ImageUnavailable, "no such host"),
    "image-given-up": Seen({"waiting": "ImagePullBackOff"}, ImageUnavailable, "Back-off pulling"),
    "image-never-pulled": Seen({"waiting": "ErrImageNeverPull"}, ImageUnavailable, "policy of Never"),
    "image-misnamed": Seen({"waiting": "InvalidImageName"}, ImageUnavailable, "must be lowercase"),
    "no-shell": Seen({"ended": True, "exit_code": 128}, ImageUnavailable, "/no/such/sh"),
    "no-configuration": Seen(
        {"waiting": "CreateContainerConfigError"}, RuntimeUnavailable, 'configmap "missing" not found'
    ),
    "out-of-memory": Seen({"ended": True, "exit_code": 137}, RuntimeUnavailable, "OOMKilled"),
    "child-out-of-memory": Seen({"ended": True, "exit_code": 3}, RuntimeUnavailable, "OOMKilled"),
    "disk-full": Seen({"ended": True}, JobEvicted, "evicted from its node (Evicted)"),
    "deadline-of-pod": Seen({"ended": True, "exit_code": 137}, JobEvicted, "deadline"),
    "deadline-of-job": Seen(GONE, JobEvicted),
    "drained": Seen({"disruption": "EvictionByEvictionAPI"}),
    "drained-and-gone": Seen(GONE, JobEvicted, "being drained"),
    "leaving": Seen(GONE, JobEvicted, "was deleted"),
    "deleted": Seen(GONE, JobEvicted, "was deleted"),
    "deleted-by-force": Seen(GONE, JobEvicted, "was deleted"),
}
FACTS = {"node": "wic-node", "ended": False, "exit_code": None, "is_gone": False}


def test_every_moment_that_was_captured_is_read():
    """A case without its file, or without what is to be read of it, is a mistake."""
    assert set(EXPECTED) == set(CASES) == {path.stem for path in PODS.glob("*.json")}


@pytest.mark.parametrize("case", EXPECTED)
def test_what_the_cluster_says_of_a_pod(case):
    """Where it is, whether it has ended and how, whether it is gone, and what it waits for."""
    seen = read(case)
    assert seen.pod.startswith(f"{case}-")
    facts = FACTS | EXPECTED[case].facts
    assert {name: getattr(seen, name) for name in facts} == facts
    assert bool(seen.unscheduled) == (facts["node"] == "")
    assert seen.is_out_of_memory == case.endswith("out-of-memory")


@pytest.mark.parametrize("case", EXPECTED)
def test_why_a_pod_does_not_start(case):
    """What will never start has its own error, and says how to mend it; what may yet has none."""
    failure = explain_start(read(case), "gcc:12", 100.0)
    expected = EXPECTED[case]
    assert (type(failure) if failure else None) is expected.why, failure
    if failure is not None:
        assert expected.words in failure.reason
        assert failure.remedy


@pytest.mark.parametrize("case", EXPECTED)
def test_a_pod_is_known_by_its_job(case):
    """By either of the labels that the Job's controller puts on it; the older one is to go."""
    pod = json.loads((PODS / f"{case}.json").read_text())["object"]
    assert job_of(pod) == case
    labels = pod["metadata"]["labels"]
    del labels["job-name"]
    assert job_of(pod) == case
    labels["job-name"] = labels.pop("batch.kubernetes.io/job-name")
    assert job_of(pod) == case


def test_a_pod_of_no_job_belongs_to_none():
    """As one that somebody made by hand."""
    assert job_of({"metadata": {"name": "x", "labels": {"a": "b"}}}) == ""
    assert job_of({"metadata": {"name": "x"}}) == ""


def test_a_pod_that_was_just_made_says_nothing():
    """Its object has no status yet that says anything."""
    assert read_pod({"metadata": {"name": "x"}, "spec": {}}) == Sighting("x")
    assert read_pod({"metadata": {"name": "x"}, "spec": {}, "status": {"phase": "Pending"}}) == Sighting("x")


def test_another_container_is_none_of_ours():
    """What a mesh puts beside the compiler, though it stands first, says nothing of it."""
    pod = json.loads((PODS / "failed.json").read_text())["object"]
    beside = {"name": "proxy", "state": {"terminated": {"exitCode": 9, "reason": "Other"}}}
    pod["status"]["containerStatuses"].insert(0, beside)
    assert read_pod(pod) == read("failed")


def test_a_disruption_that_was_called_off_is_none():
    """A condition may be there and say that it does not hold."""
    pod = json.loads((PODS / "drained.json").read_text())["object"]
    assert read_pod(pod).disruption == "EvictionByEvictionAPI"
    for condition in pod["status"]["conditions"]:
        condition["status"] = "False" if condition["type"] == "DisruptionTarget" else condition["status"]
    assert read_pod(pod).disruption == ""


def test_what_the_scheduler_says_of_a_pod_that_has_a_node_is_no_complaint():
    """Only while it has none does its message say why."""
    pod = json.loads((PODS / "running.json").read_text())["object"]
    for condition in pod["status"]["conditions"]:
        condition["message"] = "a word"
    assert read_pod(pod).unscheduled == ""
