"""A namespace of this test process's own on the tests' cluster, closed as the manifests close theirs.

It is removed with the process that made it, which its children share: see `tests/engines/kubernetes`. What a
killed test run leaves is removed by the next one.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.conformance.cluster_turns import TURNS

_CLUSTER: Final = Path(__file__).parents[1] / "engines" / "kubernetes" / "cluster"
_VARIABLE: Final = "WIC_TEST_NAMESPACE"
_PREFIX: Final = "wic-test-"
_OLD_S: Final = 24 * 3600.0
_ACCOUNT: Final = "metadata.name=default"
_ACCOUNT_S: Final = 60.0
_LABELS: Final = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/enforce-version": "latest",
}
DENY_ALL: Final = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "deny-all"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
}


def kubernetes_options() -> Mapping[str, object]:
    """Return what a runtime needs to use the tests' cluster, small pods of which many fit on one node.

    Where there is no cluster, the runtime says so itself.
    """
    if not use_cluster():
        return {"namespace": "none"}
    return {"namespace": test_namespace(), "cpu": "100m"}


def use_cluster() -> bool:
    """Let this process and its children speak to the tests' cluster; False where there is none."""
    if not os.environ.get("KUBECONFIG"):
        with TURNS.shared():  # it may be broken just now, by a test that mends it
            found = subprocess.run([_CLUSTER, "kubeconfig"], capture_output=True, text=True, check=False)
        if found.returncode != 0:
            return False
        os.environ["KUBECONFIG"] = found.stdout.strip()
    return True


def test_namespace() -> str:
    """Return this process's namespace, made when it is first asked for; children share their parent's."""
    if _VARIABLE not in os.environ:
        _remove_old()
        os.environ[_VARIABLE] = make_namespace(f"{_PREFIX}{os.getpid()}-{int(time.time())}")
        atexit.register(_remove_own, os.environ[_VARIABLE])
    return os.environ[_VARIABLE]


def _remove_own(name: str) -> None:
    with TURNS.shared():
        remove_namespace(name)


def make_namespace(name: str, *, is_closed: bool = True) -> str:
    """Make a namespace that admits only restricted pods, and where it is closed denies them the network."""
    api().create_namespace({"metadata": {"name": name, "labels": _LABELS}})
    if is_closed:
        network_api().create_namespaced_network_policy(name, DENY_ALL)
    _await_account(name)
    return name


def _await_account(namespace: str) -> None:
    """Wait until a namespace that was just made has its account, without which no pod is made."""
    deadline = time.monotonic() + _ACCOUNT_S
    while not api().list_namespaced_service_account(namespace, field_selector=_ACCOUNT).items:
        assert time.monotonic() < deadline, f"{namespace} got no account within {_ACCOUNT_S} s"
        time.sleep(0.05)


def remove_namespace(name: str) -> None:
    """Remove a namespace with all that is in it. Does not wait."""
    api().delete_namespace(name)


def _remove_old() -> None:
    for namespace in api().list_namespace().items:
        name = namespace.metadata.name
        began = name.rpartition("-")[2]
        is_old = began.isdecimal() and time.time() - int(began) > _OLD_S
        if name.startswith(_PREFIX) and is_old and namespace.status.phase == "Active":
            remove_namespace(name)


def api() -> Any:
    """Return a client of the core API, for tests to look and to meddle."""
    from kubernetes import client

    return client.CoreV1Api(_client())


def batch_api() -> Any:
    """Return a client of the Jobs' API."""
    from kubernetes import client

    return client.BatchV1Api(_client())


def network_api() -> Any:
    """Return a client of the NetworkPolicies' API."""
    from kubernetes import client

    return client.NetworkingV1Api(_client())


def node_api() -> Any:
    """Return a client of the RuntimeClasses' API."""
    from kubernetes import client

    return client.NodeV1Api(_client())


def rights_api() -> Any:
    """Return a client of the API of Roles and their bindings."""
    from kubernetes import client

    return client.RbacAuthorizationV1Api(_client())


def reviews_api() -> Any:
    """Return a client of the API that says who may do what."""
    from kubernetes import client

    return client.AuthorizationV1Api(_client())


@cache
def _client() -> Any:
    from kubernetes import config

    return config.new_client_from_config(os.environ["KUBECONFIG"])
