"""Where the engine is: what the user said, else the first socket that is there."""

from __future__ import annotations

import hashlib
import json
import socket

import pytest

from wic_runtimes.docker import endpoint as module
from wic_runtimes.docker.endpoint import Endpoint, find_endpoint

USER = 4242


@pytest.fixture(autouse=True)
def no_system_socket(monkeypatch, tmp_path):
    """Keep the tester's own engine out."""
    monkeypatch.setattr(module, "SYSTEM_SOCKET", str(tmp_path / "system.sock"))
    monkeypatch.setattr(module, "_is_socket", lambda path: path.startswith(str(tmp_path)) and is_socket(path))


is_socket = module._is_socket


def make_context(home, name, host, **more):
    digest = hashlib.sha256(name.encode()).hexdigest()
    folder = home / ".docker/contexts/meta" / digest
    folder.mkdir(parents=True)
    meta = {"Name": name, "Endpoints": {"docker": {"Host": host, **more}}}
    (folder / "meta.json").write_text(json.dumps(meta))
    return home / ".docker/contexts/tls" / digest / "docker"


def test_where_there_is_nothing_there_is_no_engine(tmp_path):
    """No variable, no context, no socket."""
    assert find_endpoint({}, tmp_path, USER) is None


def test_a_variable_comes_first(tmp_path):
    """Whether or not anything is there."""
    make_context(tmp_path, "far", "tcp://far:1")
    environment = {"DOCKER_HOST": "unix:///nowhere", "DOCKER_CONTEXT": "far"}
    assert find_endpoint(environment, tmp_path, USER) == Endpoint("unix:///nowhere", "DOCKER_HOST")


@pytest.mark.parametrize(
    ("more", "folder"),
    [
        ({}, ""),
        ({"DOCKER_TLS_VERIFY": "1"}, "{home}/.docker"),
        ({"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"}, "/certs"),
        ({"DOCKER_CERT_PATH": "/certs"}, ""),
    ],
)
def test_certificates_are_those_of_the_variables(tmp_path, more, folder):
    """TLS is spoken where DOCKER_TLS_VERIFY says so, as by the docker command."""
    found = find_endpoint({"DOCKER_HOST": "tcp://far:1", **more}, tmp_path, USER)
    assert found == Endpoint("tcp://far:1", "DOCKER_HOST", folder.format(home=tmp_path))
    local = find_endpoint({"DOCKER_HOST": "unix:///x", **more}, tmp_path, USER)
    assert local == Endpoint("unix:///x", "DOCKER_HOST")


@pytest.mark.parametrize("by_variable", [True, False])
def test_a_context_that_was_chosen_is_taken(tmp_path, by_variable):
    """By a variable, or by `docker context use`, with its certificates."""
    certificates = make_context(tmp_path, "far", "tcp://far:1")
    certificates.mkdir(parents=True)
    environment = {"DOCKER_CONTEXT": "far"} if by_variable else {}
    if not by_variable:
        (tmp_path / ".docker/config.json").write_text('{"currentContext": "far"}')
    found = find_endpoint(environment, tmp_path, USER)
    assert found == Endpoint("tcp://far:1", "the context 'far'", str(certificates))


def test_a_context_may_say_that_nothing_is_verified(tmp_path):
    """It is the user's own word; whoever says nothing is not taken at it."""
    make_context(tmp_path, "far", "tcp://far:1", SkipTLSVerify=True)
    found = find_endpoint({"DOCKER_CONTEXT": "far"}, tmp_path, USER)
    assert found == Endpoint("tcp://far:1", "the context 'far'", "", is_verified=False)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"Endpoints": 1}', '{"Endpoints": {"docker": {}}}', "[" * 9999]
)
def test_a_damaged_context_is_none(tmp_path, content):
    """What is found instead is what would be without it."""
    digest = hashlib.sha256(b"far").hexdigest()
    folder = tmp_path / ".docker/contexts/meta" / digest
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(content)
    assert find_endpoint({"DOCKER_CONTEXT": "far"}, tmp_path, USER) is None


def test_sockets_are_looked_for_in_order(tmp_path, monkeypatch):
    """The system's, then the user's own rootless Docker, Docker Desktop's, Podman's."""
    monkeypatch.chdir(tmp_path)  # a socket's path may only be short
    places = {
        "rootless Podman": "run/podman/podman.sock",
        "Docker Desktop": ".docker/run/docker.sock",
        "rootless Docker": "run/docker.sock",
        "Docker": "system.sock",
    }
    environment = {"XDG_RUNTIME_DIR": str(tmp_path / "run")}
    for name, path in places.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path)
        assert find_endpoint(environment, tmp_path, USER) == Endpoint(f"unix://{tmp_path / path}", name)
