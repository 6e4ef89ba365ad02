"""A cluster that breaks under a compile is no verdict on the code, and over when it is whole.

The cluster is real and our own: its parts are really killed and frozen, its node is really drained. So these
tests have it alone, and each leaves it whole, whatever happens.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.kubernetes_ground import Ground, nodes_take_pods
from tests.conformance.kubernetes_namespace import api
from tests.conformance.traces import until
from tests.conftest import fail_or_skip
from tests.engines.kubernetes.single_node.places import KUBECONFIG
from tests.engines.kubernetes.single_node.processes import process_of
from wic_runtimes.errors import JobEvicted, RuntimeUnavailable
from wic_runtimes.kubernetes import cluster as cluster_module

pytestmark = pytest.mark.engine("kubernetes")

CLUSTER = Path(__file__).parents[1] / "engines" / "kubernetes" / "cluster"
API_SERVER = "kube-apiserver"


class Components:
    """The parts of our own cluster."""

    def __init__(self) -> None:
        self._killed: list[str] = []
        self._frozen: list[int] = []

    def kill(self, name: str) -> None:
        """End a component as a crash would."""
        self._killed.append(name)
        subprocess.run([CLUSTER, "kill", name], check=True, capture_output=True)

    def start(self, name: str) -> None:
        """Start a component that was killed, and wait until the whole cluster answers."""
        subprocess.run([CLUSTER, "start", name], check=True, capture_output=True)
        self._killed.remove(name)

    def freeze(self, name: str) -> None:
        """Have a component answer nothing, and lose nothing."""
        pid = process_of(name)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        self._frozen.append(pid)

    def thaw(self) -> None:
        """Let what is frozen go on."""
        while self._frozen:
            os.kill(self._frozen.pop(), signal.SIGCONT)

    def mend(self) -> None:
        """Make the cluster whole again."""
        self.thaw()
        for name in list(self._killed):
            self.start(name)


@pytest.fixture
def components(kubernetes, cluster_alone) -> Iterator[Components]:
    """Give a test the parts of a cluster of our own; skip where it is somebody else's."""
    if os.environ["KUBECONFIG"] != str(KUBECONFIG):
        fail_or_skip("the cluster is not one of our own: no part of it is stopped")
    components = Components()
    try:
        yield components
    finally:
        components.mend()


def has_returned(since: datetime) -> bool:
    """Whether the kubelet itself has said since then that its node is ready, and the node takes pods."""
    (node,) = api().list_node().items
    ready = next(one for one in node.status.conditions if one.type == "Ready")
    return ready.status == "True" and ready.last_heartbeat_time >= since and nodes_take_pods()


def the_node() -> str:
    """Return the name of the one node."""
    (node,) = api().list_node().items
    return str(node.metadata.name)


@pytest.fixture
def node(kubernetes, cluster_alone) -> Iterator[str]:
    """Give a test the node, which takes pods again at the end."""
    name = the_node()
    try:
        yield name
    finally:
        cordon(name, is_closed=False)


def cordon(node: str, *, is_closed: bool) -> None:
    """Let a node take no pods any more, or take them again."""
    api().patch_node(node, {"spec": {"unschedulable": is_closed}})


def drain(node: str, ground: Ground) -> None:
    """Do as `kubectl drain` does to our pods."""
    cordon(node, is_closed=True)
    for pod in ground.pods():
        name: Any = pod.metadata.name
        api().create_namespaced_pod_eviction(
            name, ground.namespace, {"metadata": {"name": name, "namespace": ground.namespace}}
        )


async def test_an_api_server_that_goes_in_mid_compile_is_no_verdict(components, lonely_ground):
    """Neither "finished" nor "crashed": nobody can tell how the compiler ends."""
    ground = lonely_ground
    task = await ground.begin()
    await asyncio.to_thread(components.kill, API_SERVER)
    with pytest.raises(JobEvicted, match=r"connection to the compile's pod was lost .* ended: ") as raised:
        await task
    assert "run it again" in raised.value.remedy
    with pytest.raises(RuntimeUnavailable, match="cannot be reached: ") as refused:
        await ground.sh("true")
    assert "kubectl version" in refused.value.remedy
    assert not (await ground.runtime.health()).usable
    await asyncio.to_thread(components.start, API_SERVER)
    assert await ground.works()
    assert (await ground.runtime.health()).usable


async def test_an_api_server_that_was_restarted_between_two_jobs_is_no_event(components, lonely_ground):
    """The pods that waited have ended with their connections; the watch goes on by itself."""
    ground = lonely_ground
    await ground.warm_up()
    await asyncio.to_thread(components.kill, API_SERVER)
    await until(lambda: ground.count_spares() == 0)
    await asyncio.to_thread(components.start, API_SERVER)
    assert await ground.works()
    await until(lambda: ground.count_spares() > 0)
    assert await ground.works()
    assert ground.runtime.requests["list pods"] > 1


async def test_an_api_server_that_goes_while_a_pod_starts_is_said(components, lonely_ground):
    """Whatever was being asked at that moment."""
    ground = lonely_ground
    task = ground.start(memory_bytes=10**13)  # it waits for room
    await until(lambda: len(ground.pods()) == 1)
    await asyncio.to_thread(components.kill, API_SERVER)
    with pytest.raises(RuntimeUnavailable, match="cannot be reached: "):
        await task
    await asyncio.to_thread(components.start, API_SERVER)
    assert await ground.works()


async def test_an_api_server_that_does_not_answer_is_said(components, lonely_ground, monkeypatch):
    """It is over when it answers again, and what was begun before is whole."""
    ground = lonely_ground
    assert await ground.works()
    monkeypatch.setattr(cluster_module, "_TIMEOUT_S", 1.0)
    components.freeze(API_SERVER)
    with pytest.raises(RuntimeUnavailable, match=r"did not answer in time\.") as raised:
        await ground.sh("true", open_files=128)
    assert "readyz" in raised.value.remedy
    monkeypatch.undo()
    components.thaw()
    assert await ground.works()


async def test_a_kubelet_that_goes_in_mid_compile_is_no_verdict(components, lonely_ground):
    """Its node is as good as lost for a while; then it takes pods again."""
    ground = lonely_ground
    task = await ground.begin()
    await asyncio.to_thread(components.kill, "kubelet")
    with pytest.raises(
        JobEvicted, match=r"connection to the compile's pod was lost .* the kubelet of its node"
    ):
        await task
    waiting = ground.start()
    await until(lambda: len(ground.jobs()) >= 1 and bool(ground.pods()))
    waiting.cancel()
    await asyncio.wait([waiting], timeout=30)
    assert waiting.cancelled()
    began = datetime.now(UTC).replace(microsecond=0)
    await asyncio.to_thread(components.start, "kubelet")
    await until(lambda: has_returned(began))
    assert await ground.works()


async def test_a_node_that_is_drained_is_no_verdict(node, lonely_ground):
    """The compiler was taken away; until a node takes pods, the next one is told that none does."""
    ground = lonely_ground
    task = await ground.begin()
    await asyncio.to_thread(drain, node, ground)
    with pytest.raises(JobEvicted, match=r"was taken away: its node is being drained\.") as raised:
        await task
    assert "another node" in raised.value.remedy
    with pytest.raises(RuntimeUnavailable, match=r"^No node of the cluster can take the compile: .*unsched"):
        await ground.sh("true")
    await asyncio.to_thread(cordon, node, is_closed=False)
    await until(nodes_take_pods)
    assert await ground.works()
