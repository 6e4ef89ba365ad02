"""Kubeconfigs that lead to the tests' cluster in another way than theirs, or nowhere."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

from tests.conformance.kubernetes_namespace import api, reviews_api, rights_api

ACCOUNT: Final = "server"
RIGHTS: Final = {
    "batch/jobs": ("create", "list", "delete"),
    "/pods": ("list", "watch"),
    "/pods/attach": ("get", "create"),
    "/configmaps": ("create",),
    "/events": ("list",),
    "networking.k8s.io/networkpolicies": ("list",),
}
"""What the runtime needs to be allowed, by API group and resource."""


def without(right: str = "", verb: str = "") -> Mapping[str, Sequence[str]]:
    """Return the rights that the runtime needs, without one."""
    return {name: [one for one in verbs if (name, one) != (right, verb)] for name, verbs in RIGHTS.items()}


def write_kubeconfig(folder: Path, change: Callable[[Any, Any], None]) -> Path:
    """Write the tests' kubeconfig, with its current context alone; `change` has the cluster and the user."""
    from kubernetes import config

    file = os.environ["KUBECONFIG"]
    _, current = config.list_kube_config_contexts(file)
    said = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    cluster, user = (
        next(one for one in said[f"{kind}s"] if one["name"] == current["context"][kind])
        for kind in ("cluster", "user")
    )
    change(cluster["cluster"], user["user"])
    said |= {"contexts": [current], "current-context": current["name"], "clusters": [cluster]}
    written = folder / "kubeconfig"
    written.write_text(json.dumps(said | {"users": [user]}), encoding="utf-8")
    return written


def make_account(namespace: str, rights: Mapping[str, Sequence[str]]) -> str:
    """Make our account in a namespace, with those rights, and return a token of it."""
    api().create_namespaced_service_account(namespace, {"metadata": {"name": ACCOUNT}})
    rights_api().create_namespaced_role(namespace, {"metadata": {"name": ACCOUNT}, "rules": []})
    binding = {
        "metadata": {"name": ACCOUNT},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ACCOUNT},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}],
    }
    rights_api().create_namespaced_role_binding(namespace, binding)
    allow(namespace, rights)
    made = api().create_namespaced_service_account_token(ACCOUNT, namespace, {"spec": {}})
    return str(made.status.token)


def allow(namespace: str, rights: Mapping[str, Sequence[str]]) -> None:
    """Let our account do just that in a namespace; returns when the API server has it so."""
    rules = [
        {"apiGroups": [name.partition("/")[0]], "resources": [name.partition("/")[2]], "verbs": list(verbs)}
        for name, verbs in rights.items()
        if verbs
    ]
    rights_api().patch_namespaced_role(ACCOUNT, namespace, {"rules": rules})
    deadline = time.monotonic() + 60
    for name, verbs in RIGHTS.items():
        for verb in verbs:
            while _is_allowed(namespace, name, verb) != (verb in rights[name]):
                assert time.monotonic() < deadline, f"the API server does not learn about {verb} {name}"


def _is_allowed(namespace: str, name: str, verb: str) -> bool:
    group, _, resource = name.partition("/")
    resource, _, part = resource.partition("/")
    what = {"namespace": namespace, "group": group, "resource": resource, "subresource": part, "verb": verb}
    user = f"system:serviceaccount:{namespace}:{ACCOUNT}"
    asked = reviews_api().create_subject_access_review({"spec": {"user": user, "resourceAttributes": what}})
    return bool(asked.status.allowed)


@contextmanager
def closed_port() -> Iterator[int]:
    """Give a port of this machine at which nobody listens, and nobody else will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
