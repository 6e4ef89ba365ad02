"""The API server's client: what we use of the `kubernetes` package, and what must hold before anything runs.

Nothing is loaded before a cluster is first spoken to. Every request is counted, by what it asks for. What is
retried is what the API server asks to have retried (Retry-After), and by the client itself.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from wic_runtimes.errors import RuntimeFailure
from wic_runtimes.kubernetes import faults
from wic_runtimes.kubernetes.faults import translated
from wic_runtimes.kubernetes.spec import CONTAINER, find_exposure

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse
    from kubernetes.aio import client as kubernetes_client

_CONNECTIONS: Final = 256
_TIMEOUT_S: Final = 30.0
_WATCH_S: Final = 60.0
_CUT_LINE: Final = "it broke off in the middle of a line"
_HEARTBEAT_S: Final = 20.0
_BELIEVED_S: Final = 60.0
_FAREWELL_S: Final = 2.0
_LOOK_S: Final = 0.005
_NO_CONNECTION: Final = 400
_FORBIDDEN: Final = 403
_GONE: Final = 404
_NOT_YET: Final = (400, 404, 500)
_TOKEN: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


@dataclass(frozen=True, slots=True)
class Access:
    """How the cluster is reached, and which images may be used.

    `context` is one of the kubeconfig's, empty for its current one, or for the cluster that we run in.
    `images` are the references that the user named; where there are none, those that the nodes have are used.
    """

    context: str = ""
    images: tuple[str, ...] = ()

    @classmethod
    def read(cls, said: Mapping[str, object]) -> Access:
        """Take what the user said; whoever hands it over has checked it."""
        images = cast("Sequence[str]", said.get("images") or ())
        return cls(context=str(said.get("context") or ""), images=tuple(images))


class Cluster:
    """A cluster and one namespace of it. Every method is one request at most, and raises RuntimeFailure."""

    def __init__(self, configuration: kubernetes_client.Configuration, namespace: str) -> None:
        from kubernetes.aio import client  # noqa: PLC0415 - whoever has a configuration has loaded it
        from kubernetes.aio.stream import WsApiClient  # noqa: PLC0415 - likewise

        self._connections = _Connections(configuration)
        self.url = str(configuration.host)
        self.namespace = namespace
        self.requests: Counter[str] = Counter()
        self._isolated_at = -math.inf
        self._api = client.ApiClient(configuration)
        self._streams = WsApiClient(configuration, heartbeat=_HEARTBEAT_S)
        self._core = client.CoreV1Api(self._api)
        self._batch = client.BatchV1Api(self._api)
        self._network = client.NetworkingV1Api(self._api)
        self._version = client.VersionApi(self._api)
        self._attaching = client.CoreV1Api(self._streams)

    async def _ask(self, what: str, request: Awaitable[Any]) -> Mapping[str, Any]:
        """Make a request and return the object that is answered."""
        from kubernetes.aio.client import ApiException  # noqa: PLC0415 - whoever is here has loaded it

        self.requests[what] += 1
        with translated(self.url):
            async with asyncio.timeout(_TIMEOUT_S):
                response = await request
                body = await response.read()
            if response.status >= 400:  # noqa: PLR2004 - HTTP's own number
                raise ApiException(response.status, response.reason, body=body.decode(errors="replace"))
            return cast("Mapping[str, Any]", json.loads(body))

    async def create_job(self, manifest: Any, *, is_trial: bool = False) -> str:
        """Make a Job and return its uid; a trial is checked by all that checks one, and not made."""
        made = await self._ask(
            "create job",
            self._batch.create_namespaced_job_without_preload_content(
                self.namespace, manifest, dry_run="All" if is_trial else None
            ),
        )
        return str(made["metadata"]["uid"])

    async def create_config_map(self, manifest: Any) -> None:
        """Make a ConfigMap."""
        await self._ask(
            "create configmap",
            self._core.create_namespaced_config_map_without_preload_content(self.namespace, manifest),
        )

    async def delete_job(self, name: str) -> bool:
        """Remove a Job, and with it its pod and its ConfigMap; False where it is gone already."""
        from kubernetes.aio.client import ApiException  # noqa: PLC0415 - whoever is here has loaded it

        request = self._batch.delete_namespaced_job_without_preload_content(
            name, self.namespace, propagation_policy="Background", grace_period_seconds=0
        )
        try:
            await self._ask("delete job", request)
        except RuntimeFailure as failure:
            cause = failure.__cause__
            if isinstance(cause, ApiException) and cause.status == _GONE:
                return False
            raise
        return True

    async def list_jobs(self, selector: str) -> Sequence[Mapping[str, Any]]:
        """Return the Jobs with such labels."""
        found = await self._ask(
            "list jobs",
            self._batch.list_namespaced_job_without_preload_content(self.namespace, label_selector=selector),
        )
        return cast("Sequence[Mapping[str, Any]]", found["items"])

    async def list_pods(self, selector: str) -> tuple[Sequence[Mapping[str, Any]], str]:
        """Return the pods with such labels, and the version to watch from."""
        found = await self._ask(
            "list pods",
            self._core.list_namespaced_pod_without_preload_content(self.namespace, label_selector=selector),
        )
        return cast("Sequence[Mapping[str, Any]]", found["items"]), str(found["metadata"]["resourceVersion"])

    async def watch_pods(self, selector: str, version: str) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
        """Yield each change of the pods with such labels: its type, and the pod. Raises where it breaks off.

        The client takes the watch up again where the API server has ended it, and every minute: one that has
        gone silently is not waited for.
        """
        from kubernetes.aio import watch  # noqa: PLC0415 - whoever is here has loaded it

        self.requests["watch pods"] += 1
        with translated(self.url):
            async with watch.Watch(return_type="object") as events:
                stream = events.stream(
                    self._core.list_namespaced_pod,
                    self.namespace,
                    label_selector=selector,
                    resource_version=version,
                    allow_watch_bookmarks=True,
                    _request_timeout=_WATCH_S,
                )
                async for event in stream:
                    if not isinstance(event, dict):  # how the client hands on what is no JSON
                        raise ConnectionResetError(_CUT_LINE)
                    yield str(event["type"]), cast("Mapping[str, Any]", event["raw_object"])

    async def list_failures(self, job: str) -> Sequence[str]:
        """Return what the cluster reported of a Job that it makes no pod for, the latest last."""
        selector = f"involvedObject.kind=Job,involvedObject.name={job},reason=FailedCreate"
        found = await self._ask(
            "list events",
            self._core.list_namespaced_event_without_preload_content(self.namespace, field_selector=selector),
        )
        return [str(event.get("message") or "") for event in found["items"]]

    async def why_failed(self, job: str) -> str | None:
        """Return the cluster's word for why a Job has failed; empty where it has not, None where it goes."""
        found = await self._ask(
            "list jobs",
            self._batch.list_namespaced_job_without_preload_content(
                self.namespace, field_selector=f"metadata.name={job}"
            ),
        )
        jobs = [one for one in found["items"] if "deletionTimestamp" not in one["metadata"]]
        if not jobs:
            return None
        conditions = jobs[0]["status"].get("conditions") or ()
        failures = (one for one in conditions if one["type"] in {"Failed", "FailureTarget"})
        return next((str(one.get("reason") or "") for one in failures if one["status"] == "True"), "")

    async def list_nodes(self) -> Sequence[Mapping[str, Any]]:
        """Return the cluster's nodes."""
        found = await self._ask("list nodes", self._core.list_node_without_preload_content())
        return cast("Sequence[Mapping[str, Any]]", found["items"])

    async def attach(self, pod: str) -> ClientWebSocketResponse | None:
        """Connect to a pod's streams; None where its container does not run yet, or does not any more."""
        import aiohttp  # noqa: PLC0415 - whoever is here has loaded it

        self.requests["attach"] += 1
        with translated(self.url):
            connecting = await self._attaching.connect_get_namespaced_pod_attach_without_preload_content(
                pod, self.namespace, container=CONTAINER, stdin=True, stdout=True, stderr=True, tty=False
            )
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    return await cast("Awaitable[ClientWebSocketResponse]", connecting)
            except aiohttp.WSServerHandshakeError as exc:
                if exc.status in _NOT_YET:
                    return None
                if exc.status != _FORBIDDEN:
                    raise
        raise await self._explain_no_attach(pod)

    async def _explain_no_attach(self, pod: str) -> RuntimeFailure:
        """Say which verb is missing, which the client does not hand on: the same request, plain, tells it."""
        request = self._core.connect_get_namespaced_pod_attach_without_preload_content(pod, self.namespace)
        try:
            await self._ask("ask why no attach", request)
        except RuntimeFailure as failure:
            if getattr(failure.__cause__, "status", None) != _NO_CONNECTION:
                return failure
        # A plain request is allowed. From Kubernetes 1.35 on, a connection needs another verb as well.
        return faults.forbidden("create", "pods/attach", f"in the namespace {self.namespace}")

    async def check_isolation(self, *, may_be_old: bool = False) -> None:
        """Raise RuntimeUnavailable unless compile pods are cut off from the network.

        What was seen in the last minute is believed where it may be old.
        """
        now = time.monotonic()
        if may_be_old and now - self._isolated_at < _BELIEVED_S:
            return
        found = await self._ask(
            "list networkpolicies",
            self._network.list_namespaced_network_policy_without_preload_content(self.namespace),
        )
        exposure = find_exposure(cast("Sequence[Mapping[str, Any]]", found["items"]))
        if exposure:
            raise faults.exposed(self.namespace, exposure)
        self._isolated_at = now

    async def version(self) -> str:
        """Return the API server's version."""
        found = await self._ask("get version", self._version.get_code_without_preload_content())
        return str(found["gitVersion"])

    async def aclose(self) -> None:
        """Close every connection."""
        await self._streams.close()
        await self._api.close()
        await self._connections.aclose()


class _Connections:
    """The sockets of a client, one pool for all of its parts, so that their end can be waited for.

    aiohttp waits for those that are in its pool; one that was closed before, as each attached one is, says
    farewell by itself.
    """

    def __init__(self, configuration: kubernetes_client.Configuration) -> None:
        import aiohttp  # noqa: PLC0415 - whoever has a configuration has loaded it
        from kubernetes.aio.client.rest import RESTClientObject  # noqa: PLC0415 - likewise

        self._sockets: list[socket.socket] = []
        self._connector = aiohttp.TCPConnector(
            limit=_CONNECTIONS,
            ssl=RESTClientObject(configuration).ssl_context,
            socket_factory=self._make_socket,
        )
        configuration.client_session_kwargs = {"connector": self._connector}

    def _make_socket(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        self._sockets = [one for one in self._sockets if one.fileno() >= 0]
        self._sockets.append(made)
        return made

    async def aclose(self) -> None:
        """Close every connection and wait for it, but not for a server that does not answer."""
        await self._connector.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                while any(one.fileno() >= 0 for one in self._sockets):  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(_LOOK_S)


async def connect(access: Access, namespace: str) -> Cluster:
    """Return the cluster; it has not been spoken to yet. Raises RuntimeUnavailable where none is known."""
    if not is_known():
        raise faults.no_configuration("KUBECONFIG is not set, and there is no ~/.kube/config")
    try:
        # A second of work, which must not keep the event loop from everything else.
        for part in ("client", "config", "stream", "watch"):
            await asyncio.to_thread(import_module, f"kubernetes.aio.{part}")
    except ImportError as exc:
        raise faults.no_client() from exc
    configuration = await _configure(access)
    return Cluster(configuration, namespace)


async def _configure(access: Access) -> kubernetes_client.Configuration:
    """Read how it is reached: the context that was named, the cluster that we run in, or the kubeconfig."""
    from kubernetes.aio import client, config  # noqa: PLC0415 - has just been loaded

    configuration = client.Configuration()
    configuration.connection_pool_maxsize = _CONNECTIONS
    configuration.client_go_retries = True
    try:
        if is_in_cluster() and not access.context:
            config.load_incluster_config(client_configuration=configuration)
        else:
            await config.load_kube_config(
                config_file=os.environ.get("KUBECONFIG") or None,
                context=access.context or None,
                client_configuration=configuration,
            )
    except (config.ConfigException, OSError, ValueError, KeyError, TypeError) as exc:
        raise faults.no_configuration(" ".join(str(exc).split()).rstrip(".")) from exc
    return configuration


def is_known() -> bool:
    """Whether there is anything that could say where a cluster is."""
    return is_in_cluster() or any(file.is_file() for file in _kubeconfigs())


def _kubeconfigs() -> list[Path]:
    """Return the files that say where a cluster is, as kubectl looks for them."""
    named = [Path(file) for file in os.environ.get("KUBECONFIG", "").split(os.pathsep) if file]
    return named or [Path("~/.kube/config").expanduser()]


def is_in_cluster() -> bool:
    """Whether this process runs in a pod that may speak to its cluster."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and _TOKEN.exists()
