"""No exception of the client leaves the runtime, and what a cluster says becomes a sentence and a remedy."""

from __future__ import annotations

import inspect
import json
import socket
import ssl
from contextlib import suppress
from unittest.mock import MagicMock

import aiohttp
import pytest
from kubernetes.aio.client import ApiException, exceptions

from wic_runtimes.endings import taken_away
from wic_runtimes.errors import (
    ImageUnavailable,
    JobEvicted,
    JobRejected,
    RuntimeFailure,
    RuntimeUnavailable,
)
from wic_runtimes.kubernetes import faults
from wic_runtimes.kubernetes.faults import QuotaExceeded, explain_answer, translated

SERVER = "https://cluster.example:6443"
CLASSES = sorted(
    {
        one
        for module in (exceptions, aiohttp, ssl, socket)
        for _, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(
            one, (exceptions.OpenApiException, aiohttp.ClientError, aiohttp.WebSocketError, OSError)
        )
    }
    | {TimeoutError, ConnectionResetError, json.JSONDecodeError, UnicodeDecodeError},
    key=lambda one: f"{one.__module__}.{one.__name__}",
)


def made(kind):
    """Make an exception of that class with as many words as it wants."""
    words = ((), ("x",), (MagicMock(), OSError(1, "x")), (1, "x"), ("x",) * 4)
    for arguments in (*words, ("x", MagicMock(), OSError(1, "x")), ("x", "x", 0), ("utf-8", b"x", 0, 1, "x")):
        with suppress(TypeError, AttributeError):
            exc = kind(*arguments)
            str(exc)
            return exc
    raise AssertionError(kind)


def caught(original):
    with pytest.raises(RuntimeFailure) as raised, translated(SERVER):
        raise original
    assert raised.value.__cause__ is original
    return raised.value


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_exception_of_the_client_leaks(kind):
    """Whatever the client can raise becomes one of ours, with a sentence and a remedy, from the original."""
    failure = caught(made(kind))
    assert failure.reason.endswith(".")
    assert failure.remedy


def test_there_are_classes_to_walk():
    """The walk covers the client, aiohttp and the sockets below."""
    modules = {one.__module__.partition(".")[0] for one in CLASSES}
    assert {"kubernetes", "aiohttp", "ssl", "socket", "builtins", "json"} <= modules
    assert len(CLASSES) > 50


@pytest.mark.parametrize("failure", [faults.pod_deleted(), faults.namespace_missing("x")])
def test_our_own_errors_pass(failure):
    """What is ours already is not explained again."""
    with pytest.raises(RuntimeFailure) as raised, translated(SERVER):
        raise failure
    assert raised.value is failure


@pytest.mark.parametrize("fault", [AssertionError("x"), ZeroDivisionError(), KeyboardInterrupt()])
def test_our_own_mistakes_are_not_the_clusters(fault):
    """They are no fault of the cluster's, and must be seen."""
    with pytest.raises(type(fault)), translated(SERVER):
        raise fault


WHO = 'User "system:serviceaccount:wic:wic-server"'


@pytest.mark.parametrize(
    ("status", "words", "kind", "said"),
    [
        (
            403,
            (
                f'jobs.batch is forbidden: {WHO} cannot create resource "jobs" in API group "batch" '
                'in the namespace "wic-compile"'
            ),
            RuntimeUnavailable,
            "may not create jobs.batch in the namespace wic-compile.",
        ),
        (
            403,
            (
                f'pods "a-b" is forbidden: {WHO} cannot get resource "pods/attach" in API group "" '
                'in the namespace "wic-compile"'
            ),
            RuntimeUnavailable,
            "may not get pods/attach in the namespace wic-compile.",
        ),
        (
            403,
            f'nodes is forbidden: {WHO} cannot list resource "nodes" in API group "" at the cluster scope',
            RuntimeUnavailable,
            "may not list nodes in the cluster.",
        ),
        (404, 'namespaces "none" not found', RuntimeUnavailable, "The namespace none does not exist"),
        (
            403,
            (
                'jobs.batch "a" is forbidden: exceeded quota: small, requested: count/jobs.batch=1, '
                "used: count/jobs.batch=0, limited: count/jobs.batch=0"
            ),
            QuotaExceeded,
            (
                "no room for the compile: small, requested: count/jobs.batch=1, used: count/jobs.batch=0, "
                "limited: count/jobs.batch=0."
            ),
        ),
        (
            403,
            (
                'jobs.batch "a" is forbidden: unable to create new content in namespace x '
                "because it is being terminated"
            ),
            RuntimeUnavailable,
            "Kubernetes forbids it: jobs.batch",
        ),
        (401, "Unauthorized", RuntimeUnavailable, "does not accept the credentials"),
        (
            422,
            'Job.batch "a" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value',
            JobRejected,
            'does not accept the job: Job.batch "a" is invalid',
        ),
        (413, "Request entity too large: limit is 3145728", JobRejected, "limit is 3145728."),
        (400, "the body is no object", JobRejected, "the body is no object."),
        (429, "too many requests", RuntimeUnavailable, "is overloaded"),
        (500, "etcdserver: request timed out", RuntimeUnavailable, "(500): etcdserver: request timed out."),
        (503, "apiserver not ready.\n", RuntimeUnavailable, "(503): apiserver not ready."),
        (404, "the server could not find\n the requested resource", RuntimeUnavailable, "could not find the"),
        (410, "Expired: too old resource version: 1 (9)", RuntimeUnavailable, "(410): Expired"),
        (0, "no reason", RuntimeUnavailable, "(0): no reason."),
    ],
)
def test_what_the_api_server_answers_is_told_apart(status, words, kind, said):
    """By its status and its words, with the verb that is missing and what it is missing on."""
    body = json.dumps({"kind": "Status", "message": words})
    error = ApiException(status=status, reason="Reason")
    error.body = body
    for failure in (explain_answer(status, words), caught(error)):
        assert type(failure) is kind
        assert said in failure.reason
        assert failure.remedy


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "Bad Gateway"),
        ("", "Bad Gateway"),
        ("<html>no", "<html>no"),
        ("[]", "[]"),
        ('{"a": 1}', '{"a": 1}'),
        (b"raw", "raw"),
    ],
)
def test_an_answer_that_is_none_of_the_api_servers_is_told_as_it_is(body, said):
    """As that of a proxy in between."""
    error = ApiException(status=502, reason="Bad Gateway")
    error.body = body
    assert said in caught(error).reason


def test_a_handshake_that_is_refused_is_an_answer():
    """An attach is answered with a status alone."""
    error = aiohttp.WSServerHandshakeError(MagicMock(), (), status=401, message="Invalid response status")
    assert "does not accept the credentials" in caught(error).reason


@pytest.mark.parametrize(
    ("silence", "said", "remedy"),
    [
        (ConnectionRefusedError(111, "Connect call failed"), "cannot be reached", "right cluster"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known.", "right cluster"),
        (TimeoutError(), "did not answer in time", "readyz"),
        (aiohttp.ServerTimeoutError("slow"), "did not answer in time", "readyz"),
        (aiohttp.ServerDisconnectedError(), "cannot be reached: Server disconnected.", "right cluster"),
        (ssl.SSLCertVerificationError(1, "self-signed certificate"), "is not trusted", "authority"),
        (
            aiohttp.ClientConnectorCertificateError(MagicMock(), ssl.SSLCertVerificationError("x")),
            "is not trusted",
            "authority",
        ),
        (json.JSONDecodeError("Expecting value", "<html>", 0), "is not understood: Expecting value", "proxy"),
        (
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
            "is not understood: 'utf-8'",
            "proxy",
        ),
        (exceptions.ApiTypeError("a wrong type"), "is not understood: a wrong type", "proxy"),
        (aiohttp.InvalidURL("https://"), "cannot be reached: https://.", "right cluster"),
    ],
)
def test_no_answer_is_told_apart_from_a_bad_one(silence, said, remedy):
    """An API server that is down, slow, not trusted, or no API server at all."""
    failure = caught(silence)
    assert type(failure) is RuntimeUnavailable
    assert SERVER in failure.reason
    assert said in failure.reason
    assert remedy in failure.remedy


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        (
            (
                'Error creating: pods "a-" is forbidden: exceeded quota: small, requested: pods=1, '
                "used: pods=0, limited: pods=0"
            ),
            QuotaExceeded,
            "no room for the compile: small, requested: pods=1",
        ),
        (
            'Error creating: pods "a-" is forbidden: violates PodSecurity "restricted:latest": x',
            RuntimeUnavailable,
            'makes no pod for the compile: pods "a-" is forbidden: violates PodSecurity',
        ),
        (
            'Error creating: pods "a-" is forbidden: pod rejected: RuntimeClass "gvisor" not found',
            RuntimeUnavailable,
            'RuntimeClass "gvisor" not found.',
        ),
    ],
)
def test_why_no_pod_is_made_is_told(words, kind, said):
    """A Job's controller says it in an event; a quota has its own error, since others may make room."""
    failure = faults.pod_refused(words)
    assert type(failure) is kind
    assert said in failure.reason


def test_a_controller_that_was_in_anothers_way_is_no_fault():
    """It tries again by itself, so nothing is told of it; a quota that has no room is."""
    collision = (
        'Error creating: Operation cannot be fulfilled on resourcequotas "compile": the object has been '
        "modified; please apply your changes to the latest version and try again"
    )
    assert faults.is_collision(collision)
    assert not faults.is_collision('pods "x" is forbidden: exceeded quota: compile, requested: pods=1')


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        *((reason, ImageUnavailable) for reason in sorted(faults._IMAGE_REASONS)),
        *((reason, RuntimeUnavailable) for reason in sorted(faults._START_REASONS)),
        ("ContainerCreating", type(None)),
        ("PodInitializing", type(None)),
        ("", type(None)),
    ],
)
def test_what_a_container_waits_for_is_told_apart(reason, kind):
    """An image that cannot be had, a container that cannot be made, and one that is only on its way."""
    failure = faults.explain_waiting("gcc:12", reason, "because\n of x.")
    assert type(failure) is kind
    if failure is not None:
        assert "because of x." in failure.reason


@pytest.mark.parametrize(
    ("failure", "kind", "said"),
    [
        (faults.no_client(), RuntimeUnavailable, "pip install 'wic-lsp[kubernetes]'"),
        (faults.no_configuration("no such file"), RuntimeUnavailable, "Set KUBECONFIG"),
        (faults.exposed("n", "its NetworkPolicy p allows egress"), RuntimeUnavailable, "p allows egress."),
        (
            faults.images_unknown(RuntimeUnavailable("Nodes may not be listed.")),
            RuntimeUnavailable,
            "has: Nodes may not be listed. Name",
        ),
        (faults.unschedulable("0/1 nodes are available."), RuntimeUnavailable, "compile: 0/1 nodes are"),
        (faults.not_started(""), RuntimeUnavailable, "last word was: none."),
        (faults.server_lost(), JobEvicted, "kubectl version"),
        (faults.evicted("Evicted", "low on\n memory. "), JobEvicted, "(Evicted): low on memory."),
        (faults.evicted("Evicted", ""), JobEvicted, "its node (Evicted)."),
        (faults.drained("EvictionByEvictionAPI"), JobEvicted, "another node takes it"),
        (faults.pod_deleted(), JobEvicted, "run it again"),
        (faults.deadline_passed(), JobEvicted, "deadline"),
        (taken_away(), JobEvicted, "again"),
    ],
)
def test_every_other_fault_has_its_sentence_and_its_remedy(failure, kind, said):
    """One sentence that ends, and what to do."""
    assert type(failure) is kind
    assert said in str(failure)
    assert failure.reason.endswith(".")
    assert not failure.reason.endswith("..")
    assert failure.remedy.endswith(".")
