"""What the cluster is asked for, as values: a Job with its pod, and a ConfigMap. No IO.

Every line of the isolation is decided here, so that a test can hold the whole of it. A Job is made from its
kind alone: an image, limits and a place. What is compiled, and how, comes later: by the attached stdin, or
for a cold job the files by a ConfigMap that the Job owns. So a pod can be made before there is a job for it,
and no word of a job is a part of a script or of a pod's specification.

The source is unpacked into memory that the compiler sees twice: read-only as its working folder, and where
the script wrote it, which is the only place that it can write to; its size is bounded and it is gone with the
pod. Every pod has a user of its own, so that the kernel counts that pod's processes alone.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from wic_runtimes.contract import SOURCE_DIR, CompileJob
from wic_runtimes.errors import JobTooLarge
from wic_runtimes.inside.script import GRACE_S, OWN_COUNTERS, OWN_PROCESSES, SCRIPT, Bounds, words_of

NAMESPACE: Final = "wic-compile"
"""Where compile pods are made unless the user says otherwise."""

CONTAINER: Final = "compiler"
"""The name of the one container of a pod."""

APP: Final = "app.kubernetes.io/name"
APP_NAME: Final = "wic-compile"
"""The label of every compile pod, by which the NetworkPolicy selects it."""

WAIT_S: Final = 360
"""How long a pod waits for its job before it ends by itself: only where its server is gone."""

START_S: Final = 180
"""How long a pod may take from its making to its start, image and all."""

TTL_S: Final = 60
"""How long the cluster keeps a Job that has ended and that nobody removed."""

MOST_BYTES: Final = 1024 * 1024
"""The most that a ConfigMap can carry: the job's files as a tar archive."""

CALL: Final = b"\n"
"""What the first process waits for: that somebody is there."""

SOURCE_ARCHIVE: Final = "/job/source.tar"
UNPACK_DIR: Final = "/unpacked"
_SOURCE_KEY: Final = "source.tar"
_SOURCE_BYTES: Final = 8 * 1024 * 1024  # more than any job's files take, in pages
_EPHEMERAL_BYTES: Final = 128 * 1024 * 1024  # its log: what the compiler writes is there as well
_FIRST_USER: Final = 1_000_000
_USERS: Final = 2**31 - 2 * _FIRST_USER
# A first process that reaps, cannot be killed from inside, and hands the script its stdin. Before, it waits
# for a line, as long as a server may take to find that a container runs: where none comes, it is gone.
# Another shell reads it, which can be killed, and which takes no more than that line.
_FIRST: Final = """\
( (sleep 20; kill -s KILL -- -1) >/dev/null 2>&1 & )
sh -c 'read -r call' || exit 1
kill -s KILL -- -1
sh -c "$@"
exit $?
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the cluster compile pods go, and with how much.

    `cpu` is a quantity, as `1` or `500m`; `node_selector` and `tolerations` are as in a pod, the latter each
    as its pairs, so that a place can be compared and hashed. Empty names are the cluster's own default.
    """

    namespace: str = NAMESPACE
    cpu: str = "1"
    runtime_class: str = ""
    priority_class: str = ""
    node_selector: tuple[tuple[str, str], ...] = ()
    tolerations: tuple[tuple[tuple[str, object], ...], ...] = ()

    @classmethod
    def read(cls, said: Mapping[str, object], *, runtime_class: str = "") -> Place:
        """Take what the user said; whoever hands it over has checked it."""
        selector = cast("Mapping[str, str]", said.get("nodeSelector") or {})
        tolerations = cast("Sequence[Mapping[str, object]]", said.get("tolerations") or ())
        return cls(
            namespace=str(said.get("namespace") or NAMESPACE),
            cpu=str(said.get("cpu") or "1"),
            runtime_class=runtime_class,
            priority_class=str(said.get("priorityClass") or ""),
            node_selector=tuple(sorted(selector.items())),
            tolerations=tuple(tuple(sorted(one.items())) for one in tolerations),
        )


@dataclass(frozen=True, slots=True)
class PodKind:
    """All that a pod is made from. Any job of the same kind can be compiled in it.

    `image` is what the cluster knows it by; `wall_s` is the longest that its compiler may take, in seconds.
    """

    image: str
    place: Place
    memory_bytes: int
    wall_s: int
    cpu_s: int
    processes: int
    open_files: int
    file_bytes: int
    tmp_bytes: int


def kind_of(job: CompileJob, reference: str, place: Place) -> PodKind:
    """Return the kind of pod that a job needs; `reference` is the image as the cluster knows it."""
    limits = job.limits
    return PodKind(
        image=reference,
        place=place,
        memory_bytes=limits.memory_bytes,
        wall_s=math.ceil(limits.wall_s),
        cpu_s=limits.cpu_s,
        processes=limits.processes + OWN_PROCESSES,
        open_files=limits.open_files,
        file_bytes=limits.file_bytes,
        tmp_bytes=limits.tmp_bytes,
    )


def check_size(archive: bytes) -> None:
    """Raise JobTooLarge where a job's files are more than a ConfigMap can carry.

    Whether or not a pod waits: what is accepted never depends on that.
    """
    if len(archive) > MOST_BYTES:
        raise JobTooLarge(
            f"The source and its companions have {len(archive)} bytes as an archive; "
            f"Kubernetes carries at most {MOST_BYTES}.",
            "Check fewer companions, or use the runtime 'sandbox' or 'docker'.",
        )


def user_of(number: int) -> int:
    """Return a user id of a pod's own, from any number: two pods of one node hardly ever share one."""
    return _FIRST_USER + number % _USERS


def job_manifest(
    kind: PodKind, name: str, user: int, labels: Mapping[str, str], *, is_cold: bool
) -> dict[str, Any]:
    """Return the Job whose pod compiles one job, which it waits for.

    `user` is the pod's own user id. A cold one's source is in the ConfigMap of the same name.
    """
    labels = {APP: APP_NAME, **labels}
    waits_s = 0 if is_cold else WAIT_S
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "activeDeadlineSeconds": START_S + waits_s + kind.wall_s + GRACE_S,
            "ttlSecondsAfterFinished": TTL_S,
            "template": {
                "metadata": {"labels": labels},
                "spec": _pod(kind, name, user, is_cold=is_cold),
            },
        },
    }


def _pod(kind: PodKind, name: str, user: int, *, is_cold: bool) -> dict[str, Any]:
    place = kind.place
    chosen = {
        "runtimeClassName": place.runtime_class,
        "priorityClassName": place.priority_class,
        "nodeSelector": dict(place.node_selector),
        "tolerations": [dict(one) for one in place.tolerations],
    }
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0,
        "hostname": "wic",
        # Nobody listens there: no name is ever resolved, and no cluster's resolver is named.
        "dnsPolicy": "None",
        "dnsConfig": {"nameservers": ["127.0.0.1"]},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(kind, is_cold=is_cold)],
        "volumes": _volumes(kind, name, is_cold=is_cold),
    } | {key: value for key, value in chosen.items() if value}


def _container(kind: PodKind, *, is_cold: bool) -> dict[str, Any]:
    bounds = Bounds(WAIT_S, kind.cpu_s, kind.file_bytes, kind.open_files, kind.processes, has_ear=True)
    resources = {
        "cpu": kind.place.cpu,
        "memory": str(kind.memory_bytes),
        "ephemeral-storage": str(_EPHEMERAL_BYTES),
    }
    return {
        "name": CONTAINER,
        "image": kind.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/bin/sh", "-c", _FIRST, "wic"],
        "args": [SCRIPT, "wic", *words_of(bounds, UNPACK_DIR, OWN_COUNTERS)],
        "workingDir": SOURCE_DIR,
        "stdin": True,
        "stdinOnce": True,
        "tty": False,
        "resources": {"requests": resources, "limits": resources},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [
            {"name": "source", "mountPath": SOURCE_DIR, "readOnly": True},
            {"name": "source", "mountPath": UNPACK_DIR},
            {"name": "nothing", "mountPath": "/dev/shm", "readOnly": True},  # noqa: S108 - to close it
            {"name": "nothing", "mountPath": "/dev/mqueue", "readOnly": True},  # likewise
            *([{"name": "tmp", "mountPath": "/tmp"}] if kind.tmp_bytes else []),  # noqa: S108
            *([{"name": "archive", "mountPath": "/job", "readOnly": True}] if is_cold else []),
        ],
    }


def _volumes(kind: PodKind, name: str, *, is_cold: bool) -> list[dict[str, Any]]:
    """Return what a pod has beside its image: all in memory that counts as its own."""
    volumes = [_in_memory("source", _SOURCE_BYTES), _in_memory("nothing", 4096)]
    if kind.tmp_bytes:
        volumes.append(_in_memory("tmp", kind.tmp_bytes))
    if is_cold:
        volumes.append({"name": "archive", "configMap": {"name": name, "defaultMode": 0o444}})
    return volumes


def _in_memory(name: str, size: int) -> dict[str, Any]:
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": str(size)}}


def config_map(name: str, job_uid: str, labels: Mapping[str, str], archive: bytes) -> dict[str, Any]:
    """Return the ConfigMap with a job's files, owned by the Job of the same name: it goes when that goes."""
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job_uid}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {APP: APP_NAME, **labels}, "ownerReferences": [owner]},
        "binaryData": {_SOURCE_KEY: base64.b64encode(archive).decode("ascii")},
        "immutable": True,
    }


def find_exposure(policies: Sequence[Mapping[str, Any]]) -> str:
    """Say what keeps compile pods from being cut off from the network; empty where nothing does.

    `policies` are the namespace's NetworkPolicies. They add up: one must close both ways for every compile
    pod, and none may open one for it.
    """
    labels = {APP: APP_NAME}
    closed: set[str] = set()
    for policy in policies:
        spec = cast("Mapping[str, Any]", policy.get("spec") or {})
        selector = cast("Mapping[str, Any]", spec.get("podSelector") or {})
        is_sure, may_select = _selects(selector, labels)
        if not may_select:
            continue
        name = str(policy["metadata"]["name"])
        for way in ("ingress", "egress"):
            if spec.get(way):
                return f"its NetworkPolicy {name} allows {way}"
        if is_sure:
            types = cast("Sequence[str]", spec.get("policyTypes") or ["Ingress"])
            closed.update(types)
    open_ways = [way.lower() for way in ("Ingress", "Egress") if way not in closed]
    return f"no NetworkPolicy denies its compile pods {' and '.join(open_ways)}" if open_ways else ""


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[bool, bool]:
    """Say whether a selector takes every compile pod for sure, and whether it may take one.

    A label that is not among ours may be there or not: others may add it.
    """
    wanted = cast("Mapping[str, str]", selector.get("matchLabels") or {})
    requirements = [
        *({"key": key, "operator": "In", "values": [value]} for key, value in wanted.items()),
        *cast("Sequence[Mapping[str, Any]]", selector.get("matchExpressions") or ()),
    ]
    known = [one for one in requirements if one["key"] in labels]
    may_select = all(_is_met(one, labels[one["key"]]) for one in known)
    return may_select and len(known) == len(requirements), may_select


def _is_met(requirement: Mapping[str, Any], value: str) -> bool:
    """Whether a pod whose label has that value meets a requirement. Source: LabelSelectorRequirement."""
    values = cast("Sequence[str]", requirement.get("values") or ())
    match requirement["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "DoesNotExist":
            return False
        case _:  # Exists
            return True
