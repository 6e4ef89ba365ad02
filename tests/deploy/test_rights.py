"""The Role is enough, and the least: with it everything works, without any one of its verbs something breaks.

The runtime runs here with the token of an account that has the Role, or the Role without one verb, in a
namespace of the test's own. What is tried is all that it does: it looks at itself, compiles warm and cold,
cancels, says why a quota keeps a pod from being made, and removes what a dead server left.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import pytest
import yaml

from tests.conformance.runtimes_under_test import job_id
from tests.deploy.cluster import MANIFESTS, Cluster, only, own_name
from wic_runtimes import labels, ownership
from wic_runtimes.contract import CompileJob, JobFile, Limits, Outcome, Runtime
from wic_runtimes.errors import RuntimeFailure
from wic_runtimes.registry import create_runtime

pytestmark = pytest.mark.engine("kubernetes")

OBJECTS: Final = list(yaml.safe_load_all((MANIFESTS / "base/access.yaml").read_text(encoding="utf-8")))
RULES: Final = only(OBJECTS, "Role")["rules"]
VERBS: Final = [
    (rule["apiGroups"][0], resource, verb)
    for rule in RULES
    for resource in rule["resources"]
    for verb in rule["verbs"]
]
NOT_ASKED_BEFORE: Final = {("", "pods/attach", "create"): (1, 35)}
"""What an API server older than this version does not ask for."""
NAMESPACE: Final = own_name("rights")
IMAGE: Final = "gcc:12"


def without(missing: tuple[str, str, str] | None) -> list[dict[str, Any]]:
    """Return the manifests' account, Role and binding for our namespace, without one verb."""
    objects = copy.deepcopy(OBJECTS)
    for one in objects:
        one["metadata"]["namespace"] = NAMESPACE
    only(objects, "RoleBinding")["subjects"][0]["namespace"] = NAMESPACE
    role = only(objects, "Role")
    for rule in role["rules"]:
        if missing and rule["apiGroups"] == [missing[0]] and rule["resources"] == [missing[1]]:
            rule["verbs"].remove(missing[2])
    role["rules"] = [rule for rule in role["rules"] if rule["verbs"]]  # a rule without any is no rule
    return objects


@pytest.fixture(scope="module")
def namespace(cluster) -> None:
    """Make a namespace like that of compile pods; it is gone at the end."""
    made = [only(cluster.build(MANIFESTS / "base"), "Namespace", "wic-compile")]
    policies = yaml.safe_load_all((MANIFESTS / "base/network.yaml").read_text(encoding="utf-8"))
    made.append(next(one for one in policies if one["metadata"]["namespace"] == "wic-compile"))
    made[0]["metadata"]["name"] = made[1]["metadata"]["namespace"] = NAMESPACE
    cluster.run("apply", "--filename=-", stdin=yaml.safe_dump_all(made))
    cluster.await_account(NAMESPACE)
    yield
    cluster.delete_namespaces(NAMESPACE)


@pytest.fixture
def as_server(cluster, namespace, tmp_path, monkeypatch):
    """Give a function that has the runtime act as an account that lacks one verb."""

    def act(missing: tuple[str, str, str] | None) -> None:
        cluster.run("apply", "--filename=-", stdin=yaml.safe_dump_all(without(missing)))
        token = cluster.run("create", "token", "wic-server", f"--namespace={NAMESPACE}").stdout.strip()
        config = cluster.read("config", "view", "--minify", "--raw", "--flatten")
        config["users"] = [{"name": "server", "user": {"token": token}}]
        config["contexts"][0]["context"]["user"] = "server"
        file = tmp_path / "kubeconfig"
        file.write_text(json.dumps(config), encoding="utf-8")
        monkeypatch.setenv("KUBECONFIG", str(file))

    return act


def compile_job(script: str) -> CompileJob:
    """Return a job that runs a script, and that a small machine has room for."""
    limits = Limits(memory_bytes=128 * 1024 * 1024, wall_s=60)
    files = (JobFile("main.c", b"int main(void) { return 0; }\n"),)
    return CompileJob(job_id(), ("/bin/sh", "-c", script), files, image=IMAGE, limits=limits)


_ALLOWED: Final = json.dumps(
    {
        "spec": {
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "trial",
                    "image": IMAGE,
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        }
    }
)
"""What a pod needs that the namespace's pod security lets pass, so that the quota is asked."""


class Trial:
    """Everything that the runtime does, each part by itself; what goes wrong is told in sentences."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._settings = {"namespace": NAMESPACE, "images": [IMAGE], "cpu": "200m"}

    async def complaints(self) -> list[str]:
        """Try everything, and return what went wrong."""
        self._cluster.run("delete", "jobs", "--all", f"--namespace={NAMESPACE}")  # what the trial before left
        parts = (self._health, self._cold, self._warm, self._cancel, self._leftovers, self._quota)
        return [complaint for part in parts if (complaint := await self._told(part)) is not None]

    @asynccontextmanager
    async def _runtime(self, *, spares: bool) -> AsyncIterator[Runtime]:
        runtime = create_runtime("kubernetes", {"kubernetes": self._settings, "spares": spares})
        try:
            yield runtime
        finally:
            await runtime.aclose()

    async def _told(self, part: Callable[[], Awaitable[None]]) -> str | None:
        try:
            await part()
        except (RuntimeFailure, AssertionError) as failure:
            return f"{part.__name__.strip('_')}: {failure}"
        return None

    async def _health(self) -> None:
        async with self._runtime(spares=False) as runtime:
            health = await runtime.health()
        assert health.usable, health.reason

    async def _cold(self) -> None:
        """Compile in a pod that is made for it."""
        async with self._runtime(spares=False) as runtime:
            output = await runtime.compile(compile_job("gcc -fsyntax-only main.c"))
        assert (output.outcome, output.exit_code) == (Outcome.FINISHED, 0)
        self._nothing_left()

    async def _warm(self) -> None:
        """Compile thrice, and find a pod that waits."""
        async with self._runtime(spares=True) as runtime:
            for _ in range(3):
                output = await runtime.compile(compile_job("gcc -fsyntax-only main.c"))
                assert (output.outcome, output.exit_code) == (Outcome.FINISHED, 0)
        self._nothing_left()

    async def _cancel(self) -> None:
        """Cancel a compile whose pod is there, and its Job with it."""
        async with self._runtime(spares=False) as runtime:
            running = asyncio.create_task(runtime.compile(compile_job("sleep 600")))
            waiting = ("wait", "--for=create", "pod", "--all", f"--namespace={NAMESPACE}", "--timeout=20s")
            await asyncio.to_thread(self._cluster.run, *waiting, check=False)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        self._nothing_left()

    async def _leftovers(self) -> None:
        """Find and remove a dead server's Job."""
        alive, _, namespace = ownership.own_label().rpartition("-")
        dead = {**labels.own_labels(), labels.OWNER: f"{alive.rpartition('-')[0]}-1-{namespace}"}
        self._cluster.run("create", "--filename=-", stdin=json.dumps(_suspended(dead)))
        try:
            async with self._runtime(spares=False) as runtime:
                left = await runtime.collect_garbage()
            assert len(left.removed) == 1, f"removed {left.removed}"
        finally:
            self._cluster.run("delete", "job", "left", f"--namespace={NAMESPACE}", "--ignore-not-found")

    async def _quota(self) -> None:
        """Tell why no pod may be made, which stands in the Job's events alone."""
        words = ("quota", "none", f"--namespace={NAMESPACE}")
        pod = ("run", "trial", f"--namespace={NAMESPACE}", f"--image={IMAGE}", f"--overrides={_ALLOWED}")
        self._cluster.run("create", *words, "--hard=pods=0")
        try:
            self._cluster.await_quota(*pod, exceeded=True)
            async with self._runtime(spares=False) as runtime:
                await runtime.compile(compile_job("true"))
        except RuntimeFailure as failure:
            assert "quota" in failure.reason, failure.reason  # noqa: PT017 - any other is the failure
        else:
            pytest.fail("a pod was made in spite of the quota")
        finally:
            self._cluster.run("delete", *words)
            self._cluster.await_quota(*pod, exceeded=False)

    def _nothing_left(self) -> None:
        left = self._cluster.run("get", "jobs", f"--namespace={NAMESPACE}", "--output=name").stdout.split()
        if left:
            self._cluster.run("delete", f"--namespace={NAMESPACE}", *left)
        assert left == [], f"left are {left}"


def _suspended(labels_: Mapping[str, str]) -> dict[str, Any]:
    """Return a Job that makes no pod."""
    container = {"name": "compiler", "image": IMAGE}
    pod = {
        "metadata": {"labels": dict(labels_)},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "left", "namespace": NAMESPACE, "labels": dict(labels_)},
        "spec": {"suspend": True, "template": pod},
    }


async def test_the_role_is_enough(cluster, as_server):
    """With the Role as it is deployed, nothing of what the runtime does is refused."""
    as_server(None)
    assert await Trial(cluster).complaints() == []


@pytest.mark.parametrize("missing", VERBS, ids=lambda one: " ".join(filter(None, one)))
async def test_without_any_one_verb_something_breaks(cluster, as_server, missing):
    """The Role has no verb too many, and whoever lacks one is told which."""
    if is_not_asked_for(cluster, missing):
        as_server(missing)
        assert await Trial(cluster).complaints() == []
        return
    as_server(missing)
    complaints = await Trial(cluster).complaints()
    _, resource, verb = missing
    assert any(f"may not {verb} {resource}" in one for one in complaints), complaints


def is_not_asked_for(cluster: Cluster, missing: tuple[str, str, str]) -> bool:
    """Whether this API server is older than the first that asks for the verb."""
    version = cluster.read("version")["serverVersion"]
    here = (int(version["major"]), int(re.sub(r"\D.*", "", version["minor"])))
    return here < NOT_ASKED_BEFORE.get(missing, (0, 0))
