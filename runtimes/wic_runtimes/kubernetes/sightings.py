"""What the cluster says of a pod, read into the little that we need to know. Pure.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ and the API reference, PodStatus.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from wic_runtimes.kubernetes.spec import CONTAINER

JOB_LABELS: Final = ("batch.kubernetes.io/job-name", "job-name")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A pod as it was last seen.

    `node` is empty until it has one; `is_gone` says that the pod was deleted, `ended` that its container has
    ended, or that it never will begin. `waiting` and `waiting_message` are the container's reason not to have
    begun, `unscheduled` is the scheduler's. `reason` and `message` are why the pod or its container ended,
    `disruption` who took it away.
    """

    pod: str
    node: str = ""
    unscheduled: str = ""
    waiting: str = ""
    waiting_message: str = ""
    ended: bool = False
    exit_code: int | None = None
    reason: str = ""
    message: str = ""
    disruption: str = ""
    is_gone: bool = False

    @property
    def is_out_of_memory(self) -> bool:
        """Whether its container was killed for memory."""
        return self.reason == "OOMKilled"


def job_of(pod: Mapping[str, Any]) -> str:
    """Return the name of the Job that a pod belongs to; empty where it belongs to none."""
    labels = cast("Mapping[str, str]", pod["metadata"].get("labels") or {})
    return next((labels[label] for label in JOB_LABELS if label in labels), "")


def read_pod(pod: Mapping[str, Any], *, is_gone: bool = False) -> Sighting:
    """Return what a pod's object says."""
    status = cast("Mapping[str, Any]", pod.get("status") or {})
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    containers = cast("list[Mapping[str, Any]]", status.get("containerStatuses") or [])
    container = next((one for one in containers if one["name"] == CONTAINER), {})
    state = cast("Mapping[str, Any]", container.get("state") or {})
    waiting = cast("Mapping[str, Any]", state.get("waiting") or {})
    terminated = cast("Mapping[str, Any]", state.get("terminated") or {})
    scheduled = cast("Mapping[str, Any]", conditions.get("PodScheduled") or {})
    disrupted = cast("Mapping[str, Any]", conditions.get("DisruptionTarget") or {})
    is_unscheduled = scheduled.get("status") == "False"
    return Sighting(
        pod=str(pod["metadata"]["name"]),
        node=str(pod.get("spec", {}).get("nodeName") or ""),
        unscheduled=str(scheduled.get("message") or "") if is_unscheduled else "",
        waiting=str(waiting.get("reason") or ""),
        waiting_message=str(waiting.get("message") or ""),
        ended=bool(terminated) or status.get("phase") in {"Failed", "Succeeded"},
        exit_code=int(terminated["exitCode"]) if "exitCode" in terminated else None,
        reason=str(status.get("reason") or terminated.get("reason") or ""),
        message=str(status.get("message") or terminated.get("message") or ""),
        disruption=str(disrupted.get("reason") or "") if disrupted.get("status") == "True" else "",
        is_gone=is_gone or bool(pod["metadata"].get("deletionTimestamp")),
    )
