"""The conformance suite's fixtures: each test gets each runtime, made anew and closed at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.conformance.kubernetes_ground import is_over, lay_ground, nodes_take_pods, own_namespace
from tests.conformance.kubernetes_namespace import use_cluster
from tests.conformance.runtimes_under_test import RUNTIMES, RuntimeUnderTest
from tests.conformance.traces import until
from tests.conftest import fail_or_skip
from wic_runtimes.contract import CompileOutput, Health, Runtime


@dataclass(frozen=True, slots=True)
class Bench:
    """A usable runtime and the ways to ask it for jobs."""

    runtime: Runtime
    health: Health
    under_test: RuntimeUnderTest

    async def sh(self, script: str, *words: str, **limits: Any) -> CompileOutput:
        """Run a script to its end."""
        return await self.runtime.compile(self.under_test.shell(script, *words, **limits))

    async def gcc(self, source: str, **limits: Any) -> CompileOutput:
        """Check a C file."""
        return await self.runtime.compile(self.under_test.gcc(source, **limits))


@pytest.fixture(params=RUNTIMES, ids=lambda under_test: under_test.name)
async def bench(request, missing_engine):
    under_test: RuntimeUnderTest = request.param
    async for made in _make_bench(under_test, missing_engine):
        yield made


@pytest.fixture
async def sandbox_bench(missing_engine):
    async for made in _make_bench(_named("sandbox"), missing_engine):
        yield made


@pytest.fixture
async def docker_bench(missing_engine):
    async for made in _make_bench(_named("docker"), missing_engine):
        yield made


@pytest.fixture
async def gvisor_bench(missing_engine):
    async for made in _make_bench(_named("docker-gvisor"), missing_engine):
        yield made


@pytest.fixture(params=["docker", "docker-gvisor"])
async def container_bench(request, missing_engine):
    async for made in _make_bench(_named(request.param), missing_engine):
        yield made


@pytest.fixture
async def podman_bench(missing_engine):
    async for made in _make_bench(_named("podman"), missing_engine):
        yield made


@pytest.fixture(scope="module")
def kubernetes() -> None:
    """Let a module's tests speak to the tests' cluster; skip where there is none."""
    if not use_cluster():
        fail_or_skip("there is no cluster: `tests/engines/kubernetes/cluster up` makes one")


@pytest.fixture
def namespace(kubernetes, cluster_shared):
    """Give a test a namespace of its own, which it may spoil."""
    with own_namespace() as name:
        yield name


@pytest.fixture
async def ground(namespace):
    """Give a test its own ground; nothing of ours may be left there."""
    async with lay_ground(namespace) as ground:
        yield ground
    await until(lambda: ground.left() == [])


@pytest.fixture
async def lonely_ground(kubernetes, cluster_alone):
    """Give a test that breaks the cluster its ground; of what it broke a Job may be left to the cluster."""
    with own_namespace() as name:
        await until(nodes_take_pods)
        async with lay_ground(name) as ground:
            yield ground
        # One whose ConfigMap was never made ends by its own deadline.
        await until(lambda: all(is_over(job) for job in ground.jobs()), within_s=240)
        await until(nodes_take_pods)


def _named(name):
    return next(under_test for under_test in RUNTIMES if under_test.name == name)


async def _make_bench(under_test, missing_engine):
    with under_test.turn():
        runtime = under_test.create()
        try:
            health = await runtime.health()
            if not health.usable:
                missing_engine(f"{under_test.name} is not usable here: {health.reason} {health.remedy}")
            yield Bench(runtime, health, under_test)
        finally:
            await runtime.aclose()
