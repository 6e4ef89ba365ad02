"""The Kubernetes runtime: compilers that come in images, each compile in a Job of its own, warm or cold.

`spec` decides what the cluster is asked for and `images` under which name it knows an image, as values;
`sightings` reads what it says of a pod and `judging` what that means for a compiler; `cluster` is the client,
`faults` says what is wrong with a cluster, `patience` tries again, `watching` is the one watch for all pods,
`attached` and `pod` are one pod's life, and `runtime` puts them together. Nothing here knows about compilers,
and the `kubernetes` package is imported only when a cluster is spoken to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from wic_runtimes.contract import Runtime


def create_runtime(options: Mapping[str, object]) -> Runtime:
    """Make a Kubernetes runtime. This is the entry point's factory; the cluster is not asked yet.

    `options["spares"]` (default true) keeps pods ready for the next jobs of each kind;
    `options["runtime_class"]` names the cluster's RuntimeClass, as `gvisor`; `options["kubernetes"]` is a
    mapping of what else its user says: see `spec.Place` and `cluster.Access` for the names.
    """
    from wic_runtimes.kubernetes.cluster import Access  # noqa: PLC0415 - loaded when it is chosen
    from wic_runtimes.kubernetes.runtime import KubernetesRuntime  # noqa: PLC0415 - likewise
    from wic_runtimes.kubernetes.spec import Place  # noqa: PLC0415 - likewise

    said = cast("Mapping[str, object]", options.get("kubernetes") or {})
    place = Place.read(said, runtime_class=str(options.get("runtime_class") or ""))
    return KubernetesRuntime(place, Access.read(said), keeps_spares=bool(options.get("spares", True)))
