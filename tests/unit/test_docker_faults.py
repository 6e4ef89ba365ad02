"""No exception of the client leaves the runtime, and each fault has its own sentence and remedy."""

from __future__ import annotations

import errno
import inspect
import socket
import ssl
from contextlib import suppress
from unittest.mock import Mock

import docker.errors
import pytest
import requests
import urllib3

from wic_runtimes.docker.endpoint import Endpoint
from wic_runtimes.docker.engine import connect, find_weakness
from wic_runtimes.docker.faults import explain, not_running, translated
from wic_runtimes.errors import (
    ImageUnavailable,
    JobEvicted,
    JobRejected,
    RuntimeFailure,
    RuntimeUnavailable,
)

MODULES = (docker.errors, requests.exceptions, urllib3.exceptions)
CLASSES = sorted(
    {
        one
        for module in MODULES
        for _, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, Exception) and not issubclass(one, Warning)
    },
    key=lambda one: f"{one.__module__}.{one.__name__}",
)
ADDRESS = "unix:///run/x.sock"


def answer(status, words):
    response = requests.Response()
    response.status_code = status
    return docker.errors.APIError("failed", response=response, explanation=words)


def made(kind):
    """Make an exception of that class with as many words as it wants."""
    words = ((), ("x",), (1, 1), ("x", "x"), (Mock(tell=lambda: 1), b"1"), (Mock(), "x", "x"), ("x", "x", 0))
    for arguments in (*words, ("x",) * 4, ("x",) * 5):
        with suppress(TypeError, AttributeError):
            return kind(*arguments)
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_exception_of_the_client_leaks(kind):
    """Whatever the client can raise becomes one of ours, with a sentence and a remedy, from the original."""
    original = made(kind)
    with pytest.raises(RuntimeFailure) as caught, translated(ADDRESS, "gcc:12"):
        raise original
    assert caught.value.reason.endswith(".")
    assert caught.value.remedy
    assert caught.value.__cause__ is original


def test_there_are_classes_to_walk():
    """The walk covers all three libraries."""
    assert len(CLASSES) > 50


def test_our_own_errors_pass():
    """What is ours already is not explained again."""
    failure = not_running(ADDRESS)
    with pytest.raises(RuntimeUnavailable) as caught, translated(ADDRESS):
        raise failure
    assert caught.value is failure


@pytest.mark.parametrize(
    ("status", "words", "kind", "said"),
    [
        (404, "No such image: gcc:12", ImageUnavailable, "Get it: wic images pull gcc:12."),
        (500, "write /var/lib: no space left on device", RuntimeUnavailable, "docker system df"),
        (400, 'exec: \\"/bin/sh\\": stat /bin/sh: no such file', ImageUnavailable, "has no such compiler"),
        (404, "No such container: abc", JobEvicted, "Run it again."),
        (409, "removal of container abc is already in progress", JobEvicted, "Run it again."),
        (400, "Minimum memory limit allowed is 6MB", JobRejected, "Minimum memory limit"),
        (403, "authorization denied by plugin", RuntimeUnavailable, "forbids"),
        (
            500,
            "container create: container-init binary not found on the host",
            RuntimeUnavailable,
            "catatonit",
        ),
        (500, "opening seccomp profile failed: open /proc/1/fd/2", RuntimeUnavailable, "on this machine"),
        (
            409,
            "preparing container a for attach: runc create failed",
            RuntimeUnavailable,
            "runc create failed",
        ),
        (500, "something else", RuntimeUnavailable, "something else"),
    ],
)
def test_what_the_engine_answers_is_told_apart(status, words, kind, said):
    """Each has its own error, and says what to do."""
    failure = explain(answer(status, words), ADDRESS, "gcc:12")
    assert type(failure) is kind
    assert said in str(failure)


@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.EACCES, "may not be used"), (errno.ENOENT, "Start it"), (errno.ECONNREFUSED, "Start it")],
)
def test_a_cause_that_is_wrapped_deeply_is_found(code, said):
    """The client and requests wrap what the socket said, in arguments and causes."""
    inner = urllib3.exceptions.ProtocolError("Connection aborted.", OSError(code, "x"))
    outer = docker.errors.DockerException("Error while fetching server API version")
    outer.__cause__ = requests.exceptions.ConnectionError(inner)
    assert said in str(explain(outer, ADDRESS, ""))


def test_a_certificate_that_is_not_trusted_is_no_lack_of_permission():
    """The numbers of TLS errors are their own: 1 is not EPERM."""
    refused = requests.exceptions.SSLError(ssl.SSLCertVerificationError(1, "self-signed certificate"))
    said = str(explain(refused, ADDRESS, ""))
    assert "is not trusted" in said
    assert "self-signed" in said
    assert "DOCKER_CERT_PATH" in said


def test_a_timeout_is_told_from_a_broken_connection():
    """An engine that hangs and one that was restarted want different remedies."""
    assert "in time" in explain(requests.exceptions.ReadTimeout(), ADDRESS, "").reason
    assert "ended the connection" in explain(requests.exceptions.ConnectionError(), ADDRESS, "").reason


def test_a_socket_that_nobody_listens_on_is_an_engine_that_does_not_run(tmp_path):
    """With the real client: no socket, and one that was left behind."""
    path = tmp_path / "e.sock"
    with pytest.raises(RuntimeUnavailable, match="No container engine answers"):
        connect(Endpoint(f"unix://{path}", "Docker"))
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with pytest.raises(RuntimeUnavailable, match="No container engine answers"):
        connect(Endpoint(f"unix://{path}", "Docker"))


GOOD = {
    "OSType": "linux",
    "SecurityOptions": ["name=seccomp,profile=default"],
    "MemoryLimit": True,
    "PidsLimit": True,
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"OSType": "windows"}, "Linux"),
        ({"SecurityOptions": ["name=rootless"]}, "seccomp"),
        ({"SecurityOptions": None}, "seccomp"),
        ({"MemoryLimit": False}, "memory"),
        ({"PidsLimit": False}, "processes"),
    ],
)
def test_an_engine_that_cannot_isolate_is_not_used(change, said):
    """Fail closed: an engine that would pass over a limit, as a rootless one may, is refused."""
    assert said in find_weakness({**GOOD, **change})
    assert bool(find_weakness({**GOOD, **change})) == bool(said)
