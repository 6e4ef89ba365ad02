"""What the cluster refuses or cannot do is said as what it is, with a remedy, and over when it is mended.

The cluster is real: its answers are, its rights, quotas and policies. Each test has a namespace of its own,
and goes on with the same runtime once the cause is gone.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.conformance.kubeconfigs import (
    RIGHTS,
    allow,
    closed_port,
    make_account,
    without,
    write_kubeconfig,
)
from tests.conformance.kubernetes_ground import KUBERNETES, Ground, lay_ground
from tests.conformance.kubernetes_namespace import DENY_ALL, api, batch_api, network_api
from tests.conformance.runtimes_under_test import IMAGE
from tests.conformance.traces import until
from wic_runtimes.contract import Outcome
from wic_runtimes.errors import ImageUnavailable, RuntimeFailure, RuntimeUnavailable
from wic_runtimes.kubernetes.faults import QuotaExceeded
from wic_runtimes.kubernetes.judging import _PATIENCE_S
from wic_runtimes.kubernetes.spec import Place, job_manifest, kind_of, user_of

pytestmark = pytest.mark.engine("kubernetes")

# Attaching asks for `create` as well, but only from Kubernetes 1.35 on.
VERBS = [
    (right, verb)
    for right, verbs in RIGHTS.items()
    for verb in verbs
    if (right, verb) != ("/pods/attach", "create")
]


async def why_not(ground: Ground, kind: type[RuntimeFailure], match: str, **more: Any) -> str:
    """Ask for a job that must fail in that way, and return the remedy."""
    with pytest.raises(kind, match=match) as raised:
        await ground.sh("true", **more)
    return raised.value.remedy


async def test_an_api_server_that_is_not_there_is_said(namespace, tmp_path, monkeypatch):
    """With its address, and nothing is waited for."""
    with closed_port() as port:
        url = f"https://127.0.0.1:{port}"
        file = write_kubeconfig(tmp_path, lambda cluster, _: cluster.update(server=url))
        monkeypatch.setenv("KUBECONFIG", str(file))
        async with lay_ground(namespace) as ground:
            remedy = await why_not(ground, RuntimeUnavailable, rf"API server at {url} cannot be reached: ")
            health = await ground.runtime.health()
            monkeypatch.undo()
            assert await ground.works()
    assert "kubectl version" in remedy == health.remedy
    assert not health.usable


def trust_others(cluster: Any, _user: Any) -> None:
    """Trust whom this machine trusts, which is not whoever signed the API server's certificate."""
    cluster.pop("certificate-authority", None)
    cluster.pop("certificate-authority-data", None)


async def test_a_certificate_that_is_not_trusted_is_said(namespace, tmp_path, monkeypatch):
    """And not that the server cannot be reached."""
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, trust_others)))
    async with lay_ground(namespace) as ground:
        remedy = await why_not(ground, RuntimeUnavailable, r"^The certificate of the .* is not trusted: ")
        monkeypatch.undo()
        assert await ground.works()
    assert "certificate-authority" in remedy


def be_nobody(_cluster: Any, user: Any) -> None:
    """Come with a token that nobody has issued."""
    user.clear()
    user["token"] = "nobody"  # noqa: S105 - it opens nothing


async def test_credentials_that_are_not_accepted_are_said(namespace, tmp_path, monkeypatch):
    """As what they are, and not as a right that is missing."""
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, be_nobody)))
    async with lay_ground(namespace) as ground:
        remedy = await why_not(ground, RuntimeUnavailable, r"^Kubernetes does not accept the credentials\.")
        monkeypatch.undo()
        assert await ground.works()
    assert "kubectl auth whoami" in remedy


@pytest.fixture
def as_account(namespace, tmp_path, monkeypatch):
    """Give a function that has runtimes act as an account with those rights."""

    def act(rights: Mapping[str, Sequence[str]]) -> None:
        token = make_account(namespace, rights)

        def change(_cluster: Any, user: Any) -> None:
            user.clear()
            user["token"] = token

        monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path, change)))

    return act


@pytest.mark.parametrize(("right", "verb"), VERBS)
async def test_a_right_that_is_missing_is_named(namespace, as_account, caplog, right, verb):
    """The verb and what it is for, so that whoever looks after the cluster knows what to allow."""
    as_account(without(right, verb))
    resource = right.partition("/")[2]
    sentence = rf"the server's account may not {verb} {resource}(\.\S+)? in the namespace {namespace}\."
    async with lay_ground(namespace) as ground:
        if (right, verb) == ("batch/jobs", "delete"):  # no fault of the compile's: the cluster removes it
            assert await ground.works()
            await until(lambda: bool(re.search(sentence, caplog.text)))
        elif (right, verb) == ("batch/jobs", "list"):
            with pytest.raises(RuntimeUnavailable, match=sentence):
                await ground.runtime.collect_garbage()
        elif right == "/events":
            with quota(namespace, {"pods": "0"}):
                await why_not(ground, RuntimeUnavailable, sentence)
        else:
            remedy = await why_not(ground, RuntimeUnavailable, sentence)
            assert f"'{verb}' on {resource}" in remedy
            assert "docs/kubernetes.md" in remedy
        allow(namespace, RIGHTS)
        assert await ground.works()


@contextmanager
def quota(namespace: str, hard: Mapping[str, str]) -> Iterator[None]:
    """Have a quota on a namespace, and wait until it is kept, and until it is kept no more."""
    api().create_namespaced_resource_quota(namespace, {"metadata": {"name": "small"}, "spec": {"hard": hard}})
    _await_quota(namespace, is_kept=True)
    try:
        yield
    finally:
        api().delete_namespaced_resource_quota("small", namespace)
        _await_quota(namespace, is_kept=False)


def _await_quota(namespace: str, *, is_kept: bool) -> None:
    deadline = time.monotonic() + 60
    while _has_no_room(namespace) != is_kept:
        assert time.monotonic() < deadline, "the API server did not learn of the quota, or of its end"
        time.sleep(0.05)


def _has_no_room(namespace: str) -> bool:
    """Whether a quota refuses a Job like ours or its pod, of which none is made."""
    from kubernetes.client import ApiException

    kind = kind_of(KUBERNETES.shell("true"), IMAGE, Place(cpu="100m"))
    job = job_manifest(kind, "trial", user_of(0), {}, is_cold=False)
    pod = {"metadata": {"name": "trial"}, "spec": job["spec"]["template"]["spec"]}
    try:
        batch_api().create_namespaced_job(namespace, job, dry_run="All")
        api().create_namespaced_pod(namespace, pod, dry_run="All")
    except ApiException as exc:
        if "quota" not in str(exc.body):
            raise
        return "exceeded quota" in str(exc.body)  # at first it is only said that its status is unknown
    return False


async def test_a_namespace_that_is_missing_is_said(kubernetes, cluster_shared):
    """By its name, and how to get it."""
    async with lay_ground("wic-test-nowhere") as ground:
        with pytest.raises(RuntimeUnavailable, match="wic-test-nowhere") as raised:
            await ground.sh("true")
        health = await ground.runtime.health()
    print(raised.value.reason)
    assert "kubectl apply -k" in raised.value.remedy
    assert not health.usable


OPEN = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "open"},
    "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]},
}


async def test_a_namespace_that_is_not_closed_is_refused(namespace):
    """Before anything is made there: without a policy, and with one that opens what another closes."""
    network_api().delete_namespaced_network_policy("deny-all", namespace)
    async with lay_ground(namespace) as ground:
        refused = f"namespace {namespace} does not isolate a compile: "
        remedy = await why_not(ground, RuntimeUnavailable, f"{refused}no NetworkPolicy denies")
        assert "kubectl apply -k" in remedy
        network_api().create_namespaced_network_policy(namespace, DENY_ALL)
        network_api().create_namespaced_network_policy(namespace, OPEN)
        await why_not(ground, RuntimeUnavailable, f"{refused}its NetworkPolicy open allows egress")
        assert sum(ground.runtime.requests.values()) == 0
        network_api().delete_namespaced_network_policy("open", namespace)
        assert await ground.works()


@pytest.mark.parametrize("hard", [{"pods": "0"}, {"count/jobs.batch": "0"}, {"limits.cpu": "50m"}], ids=str)
async def test_a_quota_without_room_is_said(ground, hard):
    """Whatever it is that the namespace may not have more of."""
    with quota(ground.namespace, hard):
        remedy = await why_not(ground, QuotaExceeded, r"^The namespace's quota has no room .*: small")
    assert "raise the ResourceQuota" in remedy
    assert await ground.works()


@pytest.mark.parametrize("hard", [{"pods": "1"}, {"count/jobs.batch": "1"}], ids=str)
async def test_pods_that_wait_make_room_for_a_job(ground, hard):
    """What we took ahead is given back before a job is refused for it."""
    await ground.warm_up()
    with quota(ground.namespace, hard):
        assert (await ground.sh("true", open_files=128)).outcome is Outcome.FINISHED


async def test_a_node_that_nobody_has_is_said_at_once(namespace):
    """A selector that no node meets will not be met by waiting."""
    async with lay_ground(namespace, nodeSelector={"dev.wic.test": "nowhere"}) as ground:
        remedy = await why_not(ground, RuntimeUnavailable, r"^No node of the cluster can take the compile: ")
        assert "nodeSelector" in remedy
        await until(lambda: ground.left() == [])


async def test_a_job_for_which_there_is_no_room_waits_and_can_be_cancelled(namespace):
    """Others may end, so it is no fault; and who does not want to wait need not."""
    async with lay_ground(namespace, cpu="1000") as ground:
        task = ground.start()
        await until(lambda: any("Insufficient cpu" in one for one in unscheduled(ground)))
        await asyncio.sleep(2 * _PATIENCE_S)
        assert not task.done()
        task.cancel()
        await asyncio.wait([task], timeout=30)
        assert task.cancelled()
        await until(lambda: ground.left() == [])


def unscheduled(ground: Ground) -> list[str]:
    """Return what the scheduler says of our pods."""
    return [str(one.message) for pod in ground.pods() for one in pod.status.conditions or ()]


async def test_an_image_that_is_missing_is_said(ground):
    """With the name that the cluster was asked for; nothing is wrong with others."""
    with pytest.raises(ImageUnavailable, match=r"cannot get the image wic\.invalid/none:1: Err") as raised:
        await ground.sh("true", image="wic.invalid/none:1")
    assert "Load it into the cluster" in raised.value.remedy
    assert await ground.works()


@pytest.fixture
def image_without_shell(kubernetes) -> str:
    """Give an image that every node has, for its pods' sandboxes: it holds one program and nothing else."""
    names = [
        name for node in api().list_node().items for one in node.status.images for name in one.names or ()
    ]
    return next(name for name in names if "/pause:" in name)


async def test_an_image_without_a_shell_is_said(ground, image_without_shell):
    """Such an image cannot be used, and that is no verdict."""
    with pytest.raises(ImageUnavailable, match=f"{image_without_shell} cannot be used: ") as raised:
        await ground.sh("true", image=image_without_shell)
    assert "POSIX sh" in raised.value.remedy
    assert await ground.works()
