"""Pods that look at the network from inside, each in a namespace of its own, held to what it is there for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.deploy.cluster import Cluster, own_name

IMAGE: Final = "gcc:12"  # which the cluster has, and which has perl
_LISTEN: Final = (
    "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => $ARGV[0], Listen => 5) or die $!;"
    "while (my $c = $s->accept) { close $c }"
)
_CONNECT: Final = (
    "use IO::Socket::INET; my $host = shift;"
    'for (@ARGV) { print "$_\\n" if IO::Socket::INET->new(PeerAddr => $host, PeerPort => $_, Timeout => 10) }'
)


@dataclass(frozen=True, slots=True)
class Probe:
    """A pod that runs, and listens where that was asked for."""

    cluster: Cluster
    namespace: str
    address: str


def policy(namespace: str, reaches: str | None, listens: int | None) -> dict[str, Any]:
    """Return what the probe may: reach the pods of one namespace, be reached at a port, nothing else."""
    named = {"matchLabels": {"kubernetes.io/metadata.name": reaches}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "probe", "namespace": namespace},
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [{"to": [{"namespaceSelector": named}]}] if reaches else [],
            "ingress": [{"ports": [{"port": listens}]}] if listens else [],
        },
    }


def pod(namespace: str, command: Sequence[str], listens: int | None) -> dict[str, Any]:
    """Return a pod that runs a command and has no token; it is ready once it listens where it is to."""
    container: dict[str, Any] = {"name": "probe", "image": IMAGE, "imagePullPolicy": "IfNotPresent"}
    container["command"] = [*command]
    if listens:
        container["readinessProbe"] = {"tcpSocket": {"port": listens}, "periodSeconds": 1}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "probe", "namespace": namespace},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "containers": [container],
        },
    }


@contextmanager
def probe_pod(
    cluster: Cluster, name: str, *labels: str, reaches: str | None = None, listens: int | None = None
) -> Iterator[Probe]:
    """Start a pod in a namespace that is made for it and carries these labels."""
    command = ["perl", "-e", _LISTEN, str(listens)] if listens else ["sleep", "600"]
    namespace = own_name(name)
    cluster.run("create", "namespace", namespace)
    try:
        cluster.await_account(namespace)
        if labels:
            cluster.run("label", "namespace", namespace, *labels)
        for one in (policy(namespace, reaches, listens), pod(namespace, command, listens)):
            cluster.run("create", "--filename=-", stdin=json.dumps(one))
        waiting = ("wait", "--for=condition=Ready", "pod/probe", "--timeout=120s")
        cluster.run(*waiting, f"--namespace={namespace}")
        status = cluster.read("get", "pod", "probe", f"--namespace={namespace}")["status"]
        yield Probe(cluster, namespace, status["podIP"])
    finally:
        cluster.delete_namespaces(namespace)


def open_ports(probe: Probe, host: str, *ports: int) -> set[int]:
    """Return which of these ports of a host accept a connection from the probe."""
    words = ("exec", f"--namespace={probe.namespace}", "probe", "--", "perl", "-e", _CONNECT, host)
    return {int(port) for port in probe.cluster.run(*words, *map(str, ports)).stdout.split()}
