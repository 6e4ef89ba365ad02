"""The cluster that the manifests are tried on, by its own command line: kubectl, as a user would have it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
ENGINE: Final = ROOT / "tests/engines/kubernetes/cluster"
MANIFESTS: Final = ROOT / "manifests"
OVERLAYS: Final = ("kind", "production", "gvisor")
NAMESPACES: Final = ("wic", "wic-compile")
TIMEOUT_S: Final = 240


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that answers; `kubectl` is the program, `kubeconfig` what it is told to use."""

    kubectl: str
    kubeconfig: str

    @property
    def environment(self) -> Mapping[str, str]:
        """Ours, with that kubeconfig."""
        return {**os.environ, "KUBECONFIG": self.kubeconfig}

    def run(self, *words: str | Path, stdin: str | None = None, check: bool = True) -> Any:
        """Run kubectl to its end; its failure is the test's, with what it said."""
        done = subprocess.run(
            [self.kubectl, *words],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0 or not check, f"kubectl {words}: {done.stdout}{done.stderr}"
        return done

    def read(self, *words: str) -> Any:
        """Return what kubectl prints as JSON."""
        return json.loads(self.run(*words, "--output=json").stdout)

    def build(self, folder: Path) -> list[dict[str, Any]]:
        """Return the objects that a folder of manifests makes."""
        return [one for one in yaml.safe_load_all(self.run("kustomize", folder).stdout) if one]

    def has_namespace(self, name: str) -> bool:
        """Whether there is a namespace of that name, also one that is going."""
        return bool(self.run("get", "namespace", name, "--ignore-not-found", "--output=name").stdout)

    def await_account(self, namespace: str) -> None:
        """Wait until a namespace that was just made has its account, without which no pod is made."""
        waiting = ("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
        self.run(*waiting, f"--namespace={namespace}")

    def await_quota(self, *trial: str, exceeded: bool) -> None:
        """Wait until admission keeps to a quota that was just made, changed or deleted.

        Args:
            trial: words for kubectl that make one object; nothing is made of it.
            exceeded: whether the quota is to refuse that object.
        """
        until = time.monotonic() + 60
        while ("exceeded quota" in self.run(*trial, "--dry-run=server", check=False).stderr) != exceeded:
            assert time.monotonic() < until, "admission did not learn of the quota"

    def delete_namespaces(self, *names: str) -> None:
        """Delete namespaces with all that is in them, and wait until they are gone."""
        if names:
            self.run("delete", "namespace", "--ignore-not-found", *names)

    @contextmanager
    def forward(self, namespace: str, target: str, port: int) -> Iterator[int]:
        """Give a port of this machine that leads to a port of a service or pod."""
        words = [self.kubectl, "port-forward", f"--namespace={namespace}", target, f":{port}"]
        with subprocess.Popen(words, env=self.environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            # A program that says nothing must not hang the test: the clock ends it, and then its output ends.
            clock = threading.Timer(TIMEOUT_S, process.kill)
            clock.start()
            try:
                said = process.stdout.readline()
                found = re.search(r"127\.0\.0\.1:(\d+)", said)
                assert found, f"kubectl port-forward said {said!r}"
                yield int(found[1])
            finally:
                clock.cancel()
                process.kill()


def find_cluster() -> tuple[Cluster | None, str]:
    """Return the cluster that the tests use, or None and the reason why there is none."""
    asked = subprocess.run(
        [ENGINE, "kubeconfig"], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    if asked.returncode != 0:
        return None, asked.stderr.strip()
    kubeconfig = asked.stdout.strip()
    # Our own cluster has its kubectl, of its own version, beside its kubeconfig's folder.
    own = str(Path(kubeconfig).parents[1] / "bin")
    kubectl = shutil.which("kubectl", path=own) or shutil.which("kubectl")
    if kubectl is None:
        return None, "there is no kubectl: install it"
    return Cluster(kubectl, kubeconfig), ""


def own_name(name: str) -> str:
    """Return a name for a namespace of this process's own; a later run removes what a killed one left."""
    return f"wic-test-{name}-{os.getpid()}-{int(time.time())}"


def only(objects: Sequence[Mapping[str, Any]], kind: str, name: str | None = None) -> Any:
    """Return the one object of that kind, and name where one is given."""
    (found,) = (one for one in objects if one["kind"] == kind and name in {None, one["metadata"]["name"]})
    return found


def server_container(objects: Sequence[Mapping[str, Any]]) -> Any:
    """Return the one container of the Deployment."""
    (container,) = only(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    return container
