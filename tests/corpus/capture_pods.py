"""Have a real cluster do to pods whatever it does to them, and write down what it says, under `pods/`.

Run by hand when a case is added; the tests only read what it wrote. Each case is a Job as the runtime makes
it, with another program in it, and one moment of its pod's life: the event by which the cluster told of it.
Kept are the pod's name, labels, node and status. Run it as `python -m tests.corpus.capture_pods`, with a
cluster that has gcc:12 and may pull nothing.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kubernetes import client, watch

from tests.conformance import kubernetes_namespace as cluster
from wic_runtimes.contract import CompileJob, Limits
from wic_runtimes.kubernetes.spec import Place, job_manifest, kind_of

PODS: Final = Path(__file__).parent / "pods"
NAMESPACE: Final = "wic-units-capture"
_LONGEST_S: Final = 150
_HEAVY: Final = "perl -e '$x = q(x) x 300e6; sleep 60'"

Pod = Mapping[str, Any]
Moment = Callable[[str, Pod], bool]


def _state(pod: Pod, state: str) -> Mapping[str, Any]:
    statuses = pod["status"].get("containerStatuses") or [{}]
    return statuses[0].get("state", {}).get(state) or {}


def _waits(reason: str) -> Moment:
    return lambda _, pod: _state(pod, "waiting").get("reason") == reason


def _runs(_: str, pod: Pod) -> bool:
    return bool(_state(pod, "running"))


def _ended(_: str, pod: Pod) -> bool:
    return bool(_state(pod, "terminated"))


def _failed(_: str, pod: Pod) -> bool:
    return pod["status"]["phase"] == "Failed"


def _unscheduled(_: str, pod: Pod) -> bool:
    return any(one["type"] == "PodScheduled" and one["status"] == "False" for one in _conditions(pod))


def _disrupted(_: str, pod: Pod) -> bool:
    return any(one["type"] == "DisruptionTarget" for one in _conditions(pod))


def _leaving(_: str, pod: Pod) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _deleted(change: str, _: Pod) -> bool:
    return change == "DELETED"


def _conditions(pod: Pod) -> list[Mapping[str, Any]]:
    return pod["status"].get("conditions") or []


def _evict(name: str) -> None:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    cluster.api().create_namespaced_pod_eviction(name, NAMESPACE, eviction)


def _delete(name: str) -> None:
    cluster.api().delete_namespaced_pod(name, NAMESPACE)


def _delete_slowly(name: str) -> None:
    cluster.api().delete_namespaced_pod(name, NAMESPACE, grace_period_seconds=20)


def _delete_by_force(name: str) -> None:
    cluster.api().delete_namespaced_pod(name, NAMESPACE, grace_period_seconds=0)


@dataclass(frozen=True, slots=True)
class Case:
    """A pod, and the moment of its life that is taken down.

    `script` runs in it; `container`, `pod` and `job` are what is other about those; `act` is done to it, by
    its name, once it runs.
    """

    moment: Moment
    script: str = "exec sleep 100"
    container: Mapping[str, Any] = field(default_factory=dict)
    pod: Mapping[str, Any] = field(default_factory=dict)
    job: Mapping[str, Any] = field(default_factory=dict)
    act: Callable[[str], None] | None = None
    image: str = "gcc:12"
    cpu: str = "100m"
    memory_bytes: int = 64 * 2**20


_MISSING: Final = "wic.invalid/missing:1"
_ON_DISK: Final = {"volumes": [{"name": "disk", "emptyDir": {"sizeLimit": "1Mi"}}]}
_DISK: Final = {"volumeMounts": [{"name": "disk", "mountPath": "/disk"}]}
_FROM_NOWHERE: Final = {"configMapKeyRef": {"name": "missing", "key": "missing"}}

CASES: Final[Mapping[str, Case]] = {
    "starting": Case(_waits("ContainerCreating")),
    "running": Case(_runs),
    "succeeded": Case(_ended, "exit 0"),
    "failed": Case(_ended, "exit 3"),
    "no-node": Case(_unscheduled, pod={"nodeSelector": {"wic": "nowhere"}}),
    "no-room": Case(_unscheduled, cpu="900"),
    "image-not-pulled": Case(_waits("ErrImagePull"), image=_MISSING),
    "image-given-up": Case(_waits("ImagePullBackOff"), image=_MISSING),
    "image-never-pulled": Case(
        _waits("ErrImageNeverPull"), container={"imagePullPolicy": "Never"}, image=_MISSING
    ),
    "image-misnamed": Case(_waits("InvalidImageName"), image="GCC:12"),
    "no-shell": Case(_ended, container={"command": ["/no/such/sh"]}),
    "no-configuration": Case(
        _waits("CreateContainerConfigError"),
        container={"env": [{"name": "X", "valueFrom": _FROM_NOWHERE}]},
    ),
    "out-of-memory": Case(_ended, f"exec {_HEAVY}"),
    "child-out-of-memory": Case(_ended, f"{_HEAVY}; exit 3"),
    "disk-full": Case(
        _failed, "head -c 20000000 /dev/zero >/disk/x; exec sleep 140", container=_DISK, pod=_ON_DISK
    ),
    "deadline-of-pod": Case(_failed, pod={"activeDeadlineSeconds": 2}),
    "deadline-of-job": Case(_deleted, job={"activeDeadlineSeconds": 3}),
    "drained": Case(_disrupted, act=_evict),
    "drained-and-gone": Case(_deleted, act=_evict),
    "leaving": Case(_leaving, act=_delete_slowly),
    "deleted": Case(_deleted, act=_delete),
    "deleted-by-force": Case(_deleted, act=_delete_by_force),
}


def make_job(name: str, case: Case) -> dict[str, Any]:
    """Return the Job of a case."""
    limits = Limits(memory_bytes=case.memory_bytes)
    job = CompileJob(name, ("true",), image=case.image, limits=limits)
    kind = kind_of(job, case.image, Place(namespace=NAMESPACE, cpu=case.cpu))
    manifest = job_manifest(kind, name, 1_000_001, {"dev.wic.owner": "wic-1-2-3"}, is_cold=False)
    pod = manifest["spec"]["template"]["spec"]
    container = pod["containers"][0] | {"command": ["/bin/sh", "-c"], "args": [case.script]}
    more = case.container.get("volumeMounts", [])
    container |= case.container | {"volumeMounts": [*container["volumeMounts"], *more]}
    volumes = [*pod["volumes"], *case.pod.get("volumes", [])]
    manifest["spec"] |= case.job
    manifest["spec"]["template"]["spec"] = pod | case.pod | {"containers": [container], "volumes": volumes}
    return manifest


def capture(name: str, case: Case) -> Mapping[str, Any]:
    """Make the Job, and return the event that tells of the case's moment."""
    cluster.batch_api().create_namespaced_job(NAMESPACE, make_job(name, case))
    has_acted = case.act is None
    for change, pod in events(name):
        if case.moment(change, pod):
            return {"type": change, "object": shorten(pod)}
        if case.act is not None and not has_acted and _runs(change, pod):
            case.act(pod["metadata"]["name"])
            has_acted = True
    raise SystemExit(f"{name}: its moment did not come within {_LONGEST_S} s")


def events(name: str) -> Iterator[tuple[str, Pod]]:
    """Yield what the cluster tells of the pod of a Job."""
    with_name = f"batch.kubernetes.io/job-name={name}"
    stream = watch.Watch().stream(
        cluster.api().list_namespaced_pod, NAMESPACE, label_selector=with_name, timeout_seconds=_LONGEST_S
    )
    for event in stream:
        yield event["type"], event["raw_object"]


def shorten(pod: Pod) -> Mapping[str, Any]:
    """Return the pod without what nobody reads, and without the address of the machine's own resolver."""
    pod = json.loads(re.sub(r" on [0-9.]+:53", " on 192.0.2.53:53", json.dumps(pod)))
    kept = ("name", "labels", "deletionTimestamp", "deletionGracePeriodSeconds")
    metadata = {key: value for key, value in pod["metadata"].items() if key in kept}
    node = {key: value for key, value in pod["spec"].items() if key == "nodeName"}
    return {"metadata": metadata, "spec": node, "status": pod["status"]}


@contextmanager
def a_namespace() -> Iterator[None]:
    """Make the namespace, and remove it at the end."""
    cluster.make_namespace(NAMESPACE)
    try:
        yield
    finally:
        cluster.remove_namespace(NAMESPACE)


def main(names: list[str]) -> None:
    """Capture the cases of those names, or all."""
    if not cluster.use_cluster():
        raise SystemExit("There is no cluster.")
    PODS.mkdir(exist_ok=True)
    with a_namespace():
        for name in names or CASES:
            began = time.monotonic()
            event = capture(name, CASES[name])
            (PODS / f"{name}.json").write_text(json.dumps(event, indent=1, sort_keys=True) + "\n")
            print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)
            options = client.V1DeleteOptions(propagation_policy="Background")
            cluster.batch_api().delete_namespaced_job(name, NAMESPACE, body=options)


if __name__ == "__main__":
    main(sys.argv[1:])
