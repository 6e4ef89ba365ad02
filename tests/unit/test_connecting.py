"""`wic connect`'s decisions: where a token may go, what exit is, and a sentence for every fault."""

from __future__ import annotations

import inspect
import ssl
from types import SimpleNamespace

import aiohttp
import pytest
from yarl import URL

from wic_lsp.connecting.bridge import is_exit
from wic_lsp.connecting.faults import explain_end, explain_failure
from wic_lsp.connecting.target import BadTarget, Target, make_target

TARGET = Target("https://wic.example", "wss://wic.example", is_local=False, token="secret")  # noqa: S106


@pytest.mark.parametrize(
    ("text", "url", "is_local"),
    [
        ("wss://wic.example", "https://wic.example", False),
        ("wss://wic.example:8443/team/a?x=1", "https://wic.example:8443/team/a?x=1", False),
        ("ws://127.0.0.1:80", "http://127.0.0.1:80", True),
        ("ws://[::1]:80/", "http://[::1]:80/", True),
    ],
)
def test_a_url_is_read(text, url, is_local):
    """Its scheme becomes the one that proxies are named for; the rest stays."""
    target = make_target(text, "secret", is_insecure=False)
    assert (target.url, target.shown, target.is_local, target.token) == (url, text, is_local, "secret")


def test_a_token_is_not_sent_in_the_clear():
    """Unless the user says so; without a token there is nothing to protect."""
    with pytest.raises(BadTarget, match="could read the token"):
        make_target("ws://wic.example", "secret", is_insecure=False)
    assert make_target("ws://wic.example", "secret", is_insecure=True).token == "secret"  # noqa: S105
    assert make_target("ws://wic.example", None, is_insecure=False).token is None


@pytest.mark.parametrize(
    "text", ["", "wic.example", "http://a", "wss://", "ws://[", "ws://a:b", "ws://a:99999"]
)
def test_what_is_no_url_is_told(text):
    """The text is repeated, with an example."""
    with pytest.raises(BadTarget, match="is no WebSocket's URL"):
        make_target(text, None, is_insecure=False)


@pytest.mark.parametrize(
    ("body", "is_it"),
    [
        (b'{"jsonrpc":"2.0","method":"exit"}', True),
        (b'{"jsonrpc":"2.0","method":"exit","params":null}', True),
        (b'{"jsonrpc":"2.0","method":"exit/not"}', False),
        (b'{"jsonrpc":"2.0","method":"x","params":"exit"}', False),
        (b"exit", False),
        (b'["exit"]', False),
        (b"", False),
        (b'{"method":"exit"' + b" " * 300 + b"}", False),
    ],
)
def test_exit_is_known(body, is_it):
    """It is the one message that the bridge looks for."""
    assert is_exit(body) is is_it


KEY = SimpleNamespace(host="wic.example", port=443, ssl=True, is_ssl=True)
REQUEST = SimpleNamespace(real_url=URL("https://wic.example"))


def make(kind):
    """Make an exception of one of aiohttp's classes."""
    if issubclass(kind, aiohttp.ClientConnectorCertificateError):
        inner = ssl.SSLCertVerificationError(1, "self-signed")
        inner.verify_message = "self-signed certificate"  # OpenSSL's word, set where it comes from
        return kind(KEY, inner)
    if issubclass(kind, aiohttp.ClientConnectorError):
        return kind(KEY, OSError(113, "No route to host"))
    if issubclass(kind, aiohttp.ClientResponseError):
        return kind(REQUEST, (), status=418)
    if issubclass(kind, aiohttp.ServerFingerprintMismatch):
        return kind(b"a", b"b", "h", 1)
    return kind("some words")


CLASSES = [
    kind for _, kind in inspect.getmembers(aiohttp, inspect.isclass) if issubclass(kind, aiohttp.ClientError)
]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_fault_of_the_client_library_is_a_sentence(kind):
    """It names the server, ends in what to do, and has no word of the token."""
    said = explain_failure(make(kind), TARGET)
    assert "wss://wic.example" in said
    assert said.endswith(".")
    assert "secret" not in said
    assert "object at" not in said


@pytest.mark.parametrize("status", [401, 403, 404, 407, 426, 500, 502, 503, 504])
def test_every_refusal_is_a_sentence(status):
    """By HTTP's status."""
    error = aiohttp.WSServerHandshakeError(REQUEST, (), status=status)
    said = explain_failure(error, TARGET)
    assert said.startswith("The server wss://wic.example ")
    assert said.endswith(".")


@pytest.mark.parametrize("code", [None, 1000, 1001, 1003, 1006, 1007, 1008, 1009, 1011, 1012, 4999])
def test_every_end_is_a_sentence(code):
    """By the close code, with what the server said."""
    said = explain_end(code, "Because.", TARGET)
    assert said.startswith("The server wss://wic.example ")
    assert said.endswith("It says: Because.")
    assert "It says" not in explain_end(code, "", TARGET)
