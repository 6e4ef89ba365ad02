"""What is wrong with the cluster, in a sentence and a remedy: alone here the client's exceptions are known.

Everything that speaks to the API server does so inside `translated`, and nothing of the client, of aiohttp or
of the socket below leaves it: each becomes one of our own errors, `from` the original. What the cluster says
of a pod that does not start is told here as well.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from wic_runtimes.errors import (
    ImageUnavailable,
    JobEvicted,
    JobRejected,
    RuntimeFailure,
    RuntimeUnavailable,
    one_line,
)

_DOCTOR: Final = "See `wic doctor`."
_CANNOT: Final = re.compile(
    r'cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"(?: in API group "(?P<group>[^"]*)")?'
    r'(?: in the namespace "(?P<namespace>[^"]+)"| at the (?P<cluster>cluster) scope)?'
)
_NO_NAMESPACE: Final = re.compile(r'namespaces "(?P<namespace>[^"]+)" not found')
_QUOTA: Final = re.compile(r"exceeded quota: (?P<what>.+)", re.DOTALL)

_IMAGE_REASONS: Final = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError"}
)
_START_REASONS: Final = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})
_AGAIN: Final = "Edit or save to run it again."
_ELSEWHERE: Final = "Edit or save to run it again; another node takes it where there is one."


class QuotaExceeded(RuntimeUnavailable):
    """The namespace's quota has no room now."""


@contextmanager
def translated(server: str) -> Iterator[None]:
    """Turn whatever the client raises inside into one of our own errors.

    `server` is the API server's address, for the sentences.
    """
    import aiohttp  # noqa: PLC0415 - whoever comes here has loaded the client
    from kubernetes.aio.client import ApiException  # noqa: PLC0415 - likewise
    from kubernetes.aio.client.exceptions import OpenApiException  # noqa: PLC0415 - likewise

    try:
        yield
    except ApiException as exc:
        raise explain_answer(int(exc.status or 0), _words(exc.body, exc.reason)) from exc
    except aiohttp.WSServerHandshakeError as exc:
        raise explain_answer(exc.status, exc.message) from exc
    except (aiohttp.ClientError, OSError, TimeoutError) as exc:
        raise explain_silence(exc, server) from exc
    except (OpenApiException, aiohttp.WebSocketError, ValueError) as exc:
        raise not_understood(exc, server) from exc


def _words(body: object, reason: object) -> str:
    """Return what the API server said: the message of its Status, or whatever else there is."""
    try:
        return str(json.loads(str(body))["message"])
    except (ValueError, KeyError, TypeError):
        return str(body or reason or "no reason was given")


def explain_silence(exc: BaseException, server: str) -> RuntimeUnavailable:
    """Say why there is no answer of the API server's."""
    if isinstance(exc, ssl.SSLError) or "certificate" in str(exc).lower():
        return RuntimeUnavailable(
            f"The certificate of the Kubernetes API server at {server} is not trusted: {one_line(exc)}.",
            "See to certificate-authority in your kubeconfig, and whether `kubectl version` answers.",
        )
    if isinstance(exc, TimeoutError):
        return RuntimeUnavailable(
            f"The Kubernetes API server at {server} did not answer in time.",
            "See whether `kubectl get --raw /readyz` answers.",
        )
    return RuntimeUnavailable(
        f"The Kubernetes API server at {server} cannot be reached: {one_line(exc)}.",
        "See whether `kubectl version` answers, and whether the kubeconfig names the right cluster.",
    )


def not_understood(exc: BaseException, server: str) -> RuntimeUnavailable:
    """Say that an answer is none of an API server's, or of one that the client does not know."""
    return RuntimeUnavailable(
        f"The answer of the Kubernetes API server at {server} is not understood: {one_line(exc)}.",
        "See whether `kubectl version` answers, and whether a proxy stands in between.",
    )


def explain_answer(status: int, words: str) -> RuntimeFailure:
    """Say what an error means that the API server itself answered."""
    said = " ".join(words.split()).rstrip(".")
    failure: RuntimeFailure
    if match := _NO_NAMESPACE.search(said):
        failure = namespace_missing(match["namespace"])
    elif match := _QUOTA.search(said):
        failure = quota_exceeded(match["what"])
    elif match := _CANNOT.search(said):
        group = f".{match['group']}" if match["group"] else ""
        where = f"in the namespace {match['namespace']}" if match["namespace"] else "in the cluster"
        failure = forbidden(match["verb"], f"{match['resource']}{group}", where)
    elif status == 401:  # noqa: PLR2004 - HTTP's own number
        failure = RuntimeUnavailable(
            "Kubernetes does not accept the credentials.",
            "Renew those of your kubeconfig's context; `kubectl auth whoami` says whether they are taken.",
        )
    elif status == 403:  # noqa: PLR2004 - likewise
        failure = RuntimeUnavailable(f"Kubernetes forbids it: {said}.", "See docs/kubernetes.md, RBAC.")
    elif status in {400, 413, 422}:
        failure = JobRejected(f"Kubernetes does not accept the job: {said}.", _DOCTOR)
    elif status == 429:  # noqa: PLR2004 - likewise
        failure = RuntimeUnavailable("The Kubernetes API server is overloaded.", "Try again later.")
    else:
        failure = RuntimeUnavailable(
            f"The Kubernetes API server failed ({status}): {said}.",
            "See whether `kubectl get --raw /readyz` answers.",
        )
    return failure


def forbidden(verb: str, what: str, where: str) -> RuntimeUnavailable:
    """Say which right is missing."""
    return RuntimeUnavailable(
        f"Kubernetes forbids it: the server's account may not {verb} {what} {where}.",
        f"Give its Role the verb '{verb}' on {what.partition('.')[0]}: see the table in docs/kubernetes.md.",
    )


def is_refusal(failure: RuntimeFailure) -> bool:
    """Whether the API server answered, and will answer the same next time.

    It says 410 of what it has forgotten, and 429 where it has too much to do.
    """
    status = int(getattr(failure.__cause__, "status", None) or 0)
    return 400 <= status < 500 and status not in {410, 429}  # noqa: PLR2004 - HTTP's own numbers


def no_client() -> RuntimeUnavailable:
    """Say that the client is not installed."""
    return RuntimeUnavailable(
        "The runtime 'kubernetes' needs the Kubernetes client, which is not installed.",
        "Install it: pip install 'wic-lsp[kubernetes]'.",
    )


def no_configuration(why: str) -> RuntimeUnavailable:
    """Say that no cluster is known."""
    return RuntimeUnavailable(
        f"No Kubernetes cluster is known here: {why}.",
        "Set KUBECONFIG, or wic.kubernetes.context to a context of your kubeconfig.",
    )


def namespace_missing(namespace: str) -> RuntimeUnavailable:
    """Say that the namespace of compile pods is not there."""
    return RuntimeUnavailable(
        f"The namespace {namespace} does not exist in this cluster.",
        "Deploy it (`kubectl apply -k manifests/base`), or set wic.kubernetes.namespace to another.",
    )


def exposed(namespace: str, why: str) -> RuntimeUnavailable:
    """Say that compile pods would reach the network."""
    return RuntimeUnavailable(
        f"The namespace {namespace} does not isolate a compile: {why}.",
        "Deploy ours, which denies all (`kubectl apply -k manifests/base`), and remove what opens it.",
    )


def quota_exceeded(what: str) -> QuotaExceeded:
    """Say that the namespace's quota has no room."""
    return QuotaExceeded(
        f"The namespace's quota has no room for the compile: {what.strip().rstrip('.')}.",
        "Try again when others have ended, or raise the ResourceQuota.",
    )


def images_unknown(failure: RuntimeUnavailable) -> RuntimeUnavailable:
    """Say that nobody tells which images there are."""
    return RuntimeUnavailable(
        f"It is not known which images the cluster has: {failure.reason}",
        'Name those that may be used in wic.kubernetes.images, as ["gcc:13"].',
    )


def is_collision(words: str) -> bool:
    """Whether a Job's controller was only in another's way, as when a quota is counted; it tries again."""
    return "object has been modified" in words


def pod_refused(words: str) -> RuntimeFailure:
    """Say why the cluster makes no pod for a Job; `words` are its controller's."""
    said = " ".join(words.split()).removeprefix("Error creating: ").rstrip(".")
    match = _QUOTA.search(said)
    if match:
        return quota_exceeded(match["what"])
    return RuntimeUnavailable(f"Kubernetes makes no pod for the compile: {said}.", "See docs/kubernetes.md.")


def unschedulable(words: str) -> RuntimeUnavailable:
    """Say that no node takes the pod."""
    return RuntimeUnavailable(
        f"No node of the cluster can take the compile: {words.rstrip('.')}.",
        "Add room, lower wic.memoryMegabytes or wic.kubernetes.cpu, or see to nodeSelector and tolerations.",
    )


def is_for_want_of_room(words: str) -> bool:
    """Whether a pod that no node takes may be taken when others have ended."""
    return "Insufficient" in words


def explain_waiting(image: str, reason: str, message: str) -> RuntimeFailure | None:
    """Say why a container will not start; None where it may yet."""
    said = " ".join(message.split()).rstrip(".")
    if reason in _IMAGE_REASONS:
        return ImageUnavailable(
            f"The cluster cannot get the image {image}: {reason}{': ' if said else ''}{said}.",
            "Load it into the cluster, or see to its registry and pull secret.",
        )
    if reason in _START_REASONS:
        return RuntimeUnavailable(f"The compile's container does not start: {said or reason}.", _DOCTOR)
    return None


def not_started(last: str) -> RuntimeUnavailable:
    """Say that a pod took too long to start."""
    return RuntimeUnavailable(
        f"The compile's pod did not start in time; its last word was: {last or 'none'}.",
        "See `kubectl describe pods` in its namespace: a large image may still be coming.",
    )


def watch_failed(fault: BaseException) -> RuntimeUnavailable:
    """Say that we cannot see any more what becomes of pods."""
    return RuntimeUnavailable(f"The cluster's pods cannot be watched: {one_line(fault)}.", _DOCTOR)


def server_lost() -> JobEvicted:
    """Say that the connection to a pod was cut while its compiler ran."""
    return JobEvicted(
        "The connection to the compile's pod was lost before the compiler ended: the Kubernetes API server "
        "or the kubelet of its node stopped, or was restarted.",
        "Edit or save to run it again, once `kubectl version` answers.",
    )


def evicted(reason: str, message: str) -> JobEvicted:
    """Say that a node threw a pod out."""
    said = f": {' '.join(message.split()).rstrip('.')}" if message else ""
    return JobEvicted(f"The compile's pod was evicted from its node ({reason}){said}.", _ELSEWHERE)


def drained(reason: str) -> JobEvicted:
    """Say that a pod had to leave its node. Source: the reasons of a pod's condition DisruptionTarget."""
    why = {
        "EvictionByEvictionAPI": "its node is being drained",
        "DeletionByTaintManager": "its node is not ready, or was lost",
        "DeletionByPodGC": "its node was lost",
        "PreemptionByScheduler": "a pod of higher priority took its place",
        "TerminationByKubelet": "its node is short of resources, or is shutting down",
    }.get(reason, reason)
    return JobEvicted(f"The compile's pod was taken away: {why}.", _ELSEWHERE)


def pod_deleted() -> JobEvicted:
    """Say that somebody deleted a pod."""
    return JobEvicted("The compile's pod was deleted before its compiler ended.", _AGAIN)


def deadline_passed() -> JobEvicted:
    """Say that the Job's own deadline, which is later than any of ours, has ended it."""
    return JobEvicted("The compile's Job passed its deadline in the cluster.", _AGAIN)
