"""The engine's client: the part of the `docker` SDK that we use, and what must hold before anything runs.

Nothing is loaded before an engine is first spoken to. Everything blocks and belongs in a thread.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from wic_runtimes.docker import faults
from wic_runtimes.docker.client import client_class, client_options
from wic_runtimes.docker.endpoint import Endpoint
from wic_runtimes.docker.podman import find_podman_weakness, for_podman, podman_version
from wic_runtimes.docker.sealed import is_seen
from wic_runtimes.docker.spec import Host
from wic_runtimes.errors import RuntimeUnavailable

_TIMEOUT_S: Final = 30
_CONNECTIONS: Final = 64
_GONE: Final = (404, 409)


class EngineApi(Protocol):
    """What we use of the SDK's `docker.APIClient`, which has no types. Each is one request to the engine."""

    def create_container_from_config(self, config: Mapping[str, object], name: str) -> Mapping[str, Any]:
        """Make a container; answers its id."""
        ...

    def put_archive(self, container: str, path: str, data: bytes) -> bool:
        """Lay a tar archive's files down in a container's folder."""
        ...

    def attach_socket(self, container: str, params: Mapping[str, int]) -> Any:
        """Open a connection to a container's three streams."""
        ...

    def start(self, container: str) -> None:
        """Start a container's first process."""
        ...

    def inspect_container(self, container: str) -> Mapping[str, Any]:
        """Answer all that is known of a container."""
        ...

    def remove_container(self, container: str, *, v: bool, force: bool) -> None:
        """Remove a container; `force` kills it, `v` takes its volumes as well."""
        ...

    def containers(self, *, all: bool, filters: Mapping[str, object]) -> list[dict[str, Any]]:  # noqa: A002
        """List containers, with `all` those that have ended as well."""
        ...

    def inspect_image(self, image: str) -> Mapping[str, Any]:
        """Answer all that is known of an image."""
        ...

    def events(
        self, *, since: float, until: float, filters: Mapping[str, object], decode: bool
    ) -> Iterable[Mapping[str, Any]]:
        """Answer what happened between two moments of the engine's clock."""
        ...

    def version(self) -> Mapping[str, Any]:
        """Answer what the engine is made of."""
        ...

    def info(self) -> Mapping[str, Any]:
        """Answer what the engine is and can do."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that answers and isolates: its client, where it is, and its host.

    `seccomp_path` is where Podman reads our profile; Docker is given it by value.
    """

    api: EngineApi
    endpoint: Endpoint
    host: Host
    seccomp_path: str = ""

    @property
    def url(self) -> str:
        """Its address, for people."""
        return self.endpoint.url

    def fit(self, configuration: Mapping[str, object]) -> Mapping[str, object]:
        """Return a container's configuration as this engine takes it."""
        return for_podman(configuration, self.seccomp_path) if self.host.is_podman else configuration


def connect(endpoint: Endpoint, runtime_class: str = "") -> Engine:
    """Return the engine there. Raises RuntimeUnavailable where there is none that isolates, or not so."""
    try:
        make_client = client_class()
    except ImportError as exc:
        raise faults.no_client() from exc
    if endpoint.url.startswith("ssh:"):
        raise faults.no_way(endpoint.url)
    with faults.translated(endpoint.url):
        is_local = _knock(endpoint.url)
        options = client_options(endpoint)
        client = make_client(**options, version="auto", timeout=_TIMEOUT_S, max_pool_size=_CONNECTIONS)
        api = cast("EngineApi", client)
        version, info = api.version(), api.info()
    try:
        host = examine(info, version, endpoint.url, runtime_class, is_local=is_local)
    except RuntimeUnavailable:
        api.close()
        raise
    return Engine(api, endpoint, host)


def examine(
    info: Mapping[str, Any], version: Mapping[str, Any], url: str, runtime_class: str, *, is_local: bool
) -> Host:
    """Say what the engine's host is, by its own word. Raises RuntimeUnavailable where it cannot isolate."""
    weakness = find_weakness(info)
    podman = podman_version(version)
    if podman and not weakness:
        weakness = find_podman_weakness(info, podman, is_local=is_local)
    if weakness:
        raise RuntimeUnavailable(
            f"The container engine at {url} cannot isolate a compile: {weakness}.",
            "Use one with control groups (rootless: version 2) and seccomp, or another runtime.",
        )
    if podman and runtime_class:  # it names whatever it has ever heard of
        raise RuntimeUnavailable(
            f"The container engine at {url} is Podman, which does not tell which runtime classes it has.",
            "Unset wic.runtimeClass, or use Docker.",
        )
    known = cast("Mapping[str, Mapping[str, Any]]", info.get("Runtimes") or {})
    if runtime_class and runtime_class not in known:
        raise RuntimeUnavailable(
            f"The container engine at {url} has no runtime class '{runtime_class}'.",
            f"Register it in its daemon.json, or set wic.runtimeClass to one of {', '.join(sorted(known))}.",
        )
    program = str((known.get(runtime_class) or {}).get("path", ""))
    is_gvisor = "runsc" in runtime_class or "runsc" in program
    cpus, memory_bytes = int(info.get("NCPU") or 1), int(info.get("MemTotal") or 0)
    return Host(cpus, memory_bytes, runtime_class, is_gvisor, is_podman=bool(podman))


def _knock(url: str) -> bool:
    """Say whether a process of this machine listens there.

    Raises OSError where nobody listens on a local socket: the SDK would leave its own end open.
    """
    scheme, _, path = url.partition("://")
    if scheme != "unix":
        return False
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(_TIMEOUT_S)
        door.connect(path)
        return is_seen(door)


def find_weakness(info: Mapping[str, Any]) -> str:
    """Say what keeps this engine from isolating; empty where nothing does. Podman leaves some fields out."""
    if info.get("OSType", "linux") != "linux":
        return "it does not run Linux containers"
    if not any("seccomp" in str(option) for option in info.get("SecurityOptions") or ()):
        return "it has no seccomp"
    for field, what in (("MemoryLimit", "memory"), ("PidsLimit", "processes")):
        if not info.get(field):
            return f"it cannot limit {what}"
    return ""


def find_digest(api: EngineApi, image: str) -> str:
    """Return the digest of an image's content, empty where it is not there."""
    import docker.errors  # noqa: PLC0415 - whoever has an api has loaded the SDK

    try:
        return str(api.inspect_image(image)["Id"])
    except docker.errors.NotFound:
        return ""


def find_environment(api: EngineApi, image: str) -> tuple[str, ...]:
    """Return the variables that an image sets, each as NAME=VALUE."""
    return tuple(api.inspect_image(image)["Config"].get("Env") or ())


def remove_container(api: EngineApi, container: str) -> bool:
    """Kill and remove a container; False where it is gone already, or is being removed by another."""
    import docker.errors  # noqa: PLC0415 - whoever has an api has loaded the SDK

    try:
        api.remove_container(container, v=True, force=True)
    except docker.errors.APIError as exc:
        if exc.status_code not in _GONE:
            raise
        return False
    return True
