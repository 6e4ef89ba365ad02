"""The Docker runtime: compilers that come in images, each compile in a container of its own.

`spec` and `seccomp` decide what the engine is asked for, as values; `frames` takes apart what comes out and
`judging` says what it means; `attached` and `container` are one container's life; `endpoint`, `engine` and
`connection` find the engine, `podman` and `sealed` are what Podman wants otherwise, `faults` says what is
wrong with an engine, and `runtime` puts them together. `images` brings images here over a `cuttable` line:
`pull_progress`, `build_progress` and `transfer_faults` read what the engine says of it, `recipes` finds what
we can build. Nothing here knows about compilers, and the `docker` SDK is imported only when an engine is
spoken to.
"""

from __future__ import annotations

from collections.abc import Mapping

from wic_runtimes.contract import Runtime


def create_runtime(options: Mapping[str, object]) -> Runtime:
    """Make a Docker runtime. This is the entry point's factory; the engine is not asked yet.

    `options["spares"]` (default true) keeps containers ready for the next jobs of each kind;
    `options["runtime_class"]` names the engine's OCI runtime, as `runsc` for gVisor; `options["address"]` is
    the engine's (as DOCKER_HOST has it), where it is not to be the user's own.
    """
    from wic_runtimes.docker.runtime import DockerRuntime  # noqa: PLC0415 - loaded when it is chosen

    return DockerRuntime(
        keeps_spares=bool(options.get("spares", True)),
        runtime_class=str(options.get("runtime_class") or ""),
        address=str(options.get("address") or ""),
    )
