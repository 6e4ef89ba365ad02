"""The conformance suite's fixtures: each test gets each runtime, made anew and closed at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.conformance.runtimes_under_test import RUNTIMES, RuntimeUnderTest
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


def _named(name):
    return next(under_test for under_test in RUNTIMES if under_test.name == name)


async def _make_bench(under_test, missing_engine):
    runtime = under_test.create()
    try:
        health = await runtime.health()
        if not health.usable:
            missing_engine(f"{under_test.name} is not usable here: {health.reason} {health.remedy}")
        yield Bench(runtime, health, under_test)
    finally:
        await runtime.aclose()
