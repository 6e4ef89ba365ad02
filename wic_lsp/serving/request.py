"""What whoever runs a shared server asks for, as values, and what of it makes no sense. No IO."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wic_lsp.bearer import VARIABLE, is_loopback
from wic_lsp.lsp.terms import Room

MESSAGE_BYTES: Final = 8 * 1024 * 1024
"""A document of 1 MiB takes at most 6 MiB where JSON escapes every character of it."""

BACKLOG_BYTES: Final = 32 * 1024 * 1024
"""What may wait for one client that does not read."""

DEFAULT_HEALTH: Final = "127.0.0.1:9464"
_LAST_PORT: Final = 65535


class BadRequest(Exception):  # noqa: N818 - says what it is
    """The command line makes no sense; the text is a sentence with a remedy."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. Port 0 is any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What clients may use, each and all together."""

    connections: int = 100
    compiles: int = field(default_factory=lambda: max(4, 2 * (os.cpu_count() or 1)))
    compiles_each: int = 4
    room: Room = field(default_factory=lambda: Room(documents=200, characters=64 * 1024 * 1024))
    message_bytes: int = MESSAGE_BYTES
    backlog_bytes: int = BACKLOG_BYTES


@dataclass(frozen=True, slots=True)
class Times:
    """How long is waited for what, in seconds.

    `handshake_s` for a request after a connection, `initialize_s` for the first message after the request,
    `heartbeat_s` between pings (an answer may take half of it), `flush_s` for a client to take our last
    words, `grace_s` for compiles to end when the server is stopped, `ready_s` until readiness is tried anew.
    """

    handshake_s: float = 10.0
    initialize_s: float = 30.0
    heartbeat_s: float = 30.0
    flush_s: float = 3.0
    grace_s: float = 25.0
    ready_s: float = 15.0


@dataclass(frozen=True, slots=True)
class ServeRequest:
    """One shared server. `forced` are the command line's settings; None is "not set".

    `listen` is for editors, `playground` for people with a browser: one of them at least. `health` is None
    where nobody asks for it.
    """

    listen: Address | None
    health: Address | None
    playground: Address | None = None
    token_file: Path | None = None
    origins: frozenset[str] = frozenset()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    bounds: Bounds = field(default_factory=Bounds)
    times: Times = field(default_factory=Times)
    forced: Mapping[str, object] = field(default_factory=dict)


def read_address(text: str, option: str) -> Address:
    """Read HOST:PORT, an IPv6 address in brackets. Raises BadRequest."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    is_port = port.isascii() and port.isdigit() and int(port) <= _LAST_PORT
    if not colon or not host or not is_port or (":" in host and not text.startswith("[")):
        raise BadRequest(f"{option} needs an address as 127.0.0.1:8080 or [::1]:8080, not '{text}'.")
    return Address(host, int(port))


def check_request(request: ServeRequest, *, has_token: bool) -> None:
    """Raise BadRequest for what makes no sense, and for a server that anybody could use."""
    for address in filter(None, (request.listen, request.playground)):
        if not has_token and not is_loopback(address.host):
            raise BadRequest(
                f"Without a token everyone who reaches {address} could compile on it. "
                f"Name a file with one (--token-file), set {VARIABLE}, or listen on 127.0.0.1."
            )
    if (request.tls_cert is None) != (request.tls_key is None):
        raise BadRequest("--tls-cert and --tls-key go together. Name both files, or neither.")
    if request.bounds.compiles_each > request.bounds.compiles:
        raise BadRequest(
            f"One client may not compile more at once ({request.bounds.compiles_each}) than all together "
            f"({request.bounds.compiles}). Lower --max-compiles-each or raise --max-compiles."
        )
