"""The Docker runtime: compilers that come in images, each compile in a container of its own.

`spec` and `seccomp` decide what the engine is asked for, as values; `archive` and `stream` are what goes in
and what comes out; `container` is one container's life; `endpoint` finds the engine, `faults` says what is
wrong with it, `owner` tells whose a container is, and `runtime` puts them together. Nothing here knows
about compilers, and the `docker` SDK is imported only when an engine is spoken to.
"""

from __future__ import annotations

from collections.abc import Mapping

from wic_runtimes.contract import Runtime


def create_runtime(_options: Mapping[str, object]) -> Runtime:
    """Make a Docker runtime. This is the entry point's factory; the engine is not asked yet."""
    from wic_runtimes.docker.runtime import DockerRuntime  # noqa: PLC0415 - loaded when it is chosen

    return DockerRuntime()
