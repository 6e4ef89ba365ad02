"""The sandbox runtime: the host's own compilers, each compile in Linux namespaces of its own, no daemon.

`spec` decides what bubblewrap is asked for and `seccomp` what the kernel lets through, both as values;
`host` finds what the machine has, `memory` bounds memory by control groups, `process` starts and ends one
sandbox, and `runtime` puts them together. Nothing here knows about compilers.
"""

from __future__ import annotations

from collections.abc import Mapping

from wic_runtimes.contract import Runtime


def create_runtime(options: Mapping[str, object]) -> Runtime:
    """Make a sandbox runtime. This is the entry point's factory.

    `options["spares"]` (default true) keeps a sandbox ready for the next job of each kind.
    """
    from wic_runtimes.sandbox.runtime import SandboxRuntime  # noqa: PLC0415 - loaded when it is chosen

    return SandboxRuntime(keeps_spares=bool(options.get("spares", True)))
