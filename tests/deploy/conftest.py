"""A cluster, the server's image, and the server deployed from its manifests, each made once.

The manifests name their namespaces, and there is one pair of them on a cluster: of all of a user's test
processes, who uses it holds a lock. Namespaces of that name that no test has made are somebody's own
deployment, and are left alone.
"""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.conformance.cluster_turns import TURNS
from tests.conftest import fail_or_skip
from tests.deploy.cluster import (
    ENGINE,
    MANIFESTS,
    NAMESPACES,
    ROOT,
    TIMEOUT_S,
    Cluster,
    find_cluster,
)
from tests.sharing import locked_on_machine, once

IMAGE = "wic-lsp-server:dev"
_OURS = "dev.wic.tests"
_BUILD_S = 900


@pytest.fixture(scope="module", autouse=True)
def whole_cluster(cluster_shared_by_module) -> None:
    """Keep those tests out that break the cluster, as long as a module's tests need it."""


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """Give the cluster; skip where there is none."""
    with TURNS.shared():  # it may be broken just now, by a test that mends it
        found, reason = find_cluster()
    if found is None:
        fail_or_skip(f"there is no cluster: {reason}")
    return found


@pytest.fixture(scope="session")
def server_image(shared_folder) -> str:
    """Build the server's image from this checkout, once; skip where no engine can build."""
    failure = why_no_build()
    if failure:
        fail_or_skip(failure)

    def build(_: Path) -> None:
        words = ["docker", "build", "--network", "host", "--tag", IMAGE]
        words += ["--file", ROOT / "runtimes/images/server/Dockerfile", ROOT]
        built = subprocess.run(words, capture_output=True, text=True, timeout=_BUILD_S, check=False)
        assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]

    once(shared_folder, "server-image", build)
    return IMAGE


def why_no_build() -> str:
    """Say what keeps the image from being built here; empty where nothing does."""
    try:
        asked = subprocess.run(
            ["docker", "image", "inspect", "debian:bookworm-slim"],
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        return "there is no docker to build the server's image with"
    return "" if asked.returncode == 0 else "no container engine with debian:bookworm-slim answers"


@dataclass(frozen=True, slots=True)
class Deployed:
    """The server on the cluster, ready; `said` is what applying the manifests printed, both streams."""

    cluster: Cluster
    token: str
    said: str


@contextmanager
def own_namespaces(cluster: Cluster) -> Iterator[None]:
    """Make the manifests' namespaces, marked as the tests' own; they are gone at the end."""
    with locked_on_machine("namespaces"):
        existing = [name for name in NAMESPACES if cluster.has_namespace(name)]
        marked = cluster.run("get", "namespaces", f"--selector={_OURS}", "--output=name").stdout.split()
        strangers = [name for name in existing if f"namespace/{name}" not in marked]
        if strangers:
            fail_or_skip(f"the cluster has {' and '.join(strangers)} already, with somebody's own deployment")
        cluster.delete_namespaces(*existing)
        objects = [one for one in cluster.build(MANIFESTS / "base") if one["kind"] == "Namespace"]
        cluster.run("apply", "--filename=-", stdin=yaml.safe_dump_all(objects))
        try:
            cluster.run("label", "namespace", *NAMESPACES, f"{_OURS}=true")
            yield
        finally:
            cluster.delete_namespaces(*NAMESPACES)


@pytest.fixture(scope="module")
def namespaces(cluster) -> Iterator[None]:
    """Give a module the manifests' namespaces, empty."""
    with own_namespaces(cluster):
        yield


@pytest.fixture(scope="module")
def deployed(cluster, namespaces, server_image) -> Iterator[Deployed]:
    """Deploy the server as docs/kubernetes.md says, wait until it is ready, and remove it at the end."""
    load(server_image)
    applied = cluster.run("apply", "--kustomize", MANIFESTS / "overlays/kind")
    try:
        token = secrets.token_hex(32)
        words = (
            "create",
            "secret",
            "generic",
            "wic-token",
            "--namespace=wic",
            f"--from-literal=token={token}",
        )
        cluster.run(*words)
        waited = cluster.run(
            "rollout", "status", "deployment/wic-server", "--namespace=wic", "--timeout=180s", check=False
        )
        assert waited.returncode == 0, waited.stdout + waited.stderr + describe(cluster)
        yield Deployed(cluster, token, applied.stdout + applied.stderr)
    finally:
        cluster.run("delete", "--ignore-not-found", "--kustomize", MANIFESTS / "overlays/kind")


def load(image: str) -> None:
    """Bring an image of the container engine into the cluster."""
    done = subprocess.run(
        [ENGINE, "load", image], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def describe(cluster: Cluster) -> str:
    """Return what the cluster knows of a server that does not become ready."""
    asked = (
        ("describe", "pods", "--namespace=wic"),
        ("logs", "deployment/wic-server", "--namespace=wic"),
        ("get", "jobs,pods", "--namespace=wic-compile", "--output=wide"),
        ("get", "events", "--namespace=wic-compile"),
    )
    said = (cluster.run(*words, check=False) for words in asked)
    return "\n".join(one.stdout + one.stderr for one in said)
