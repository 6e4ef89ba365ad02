"""Who is let in: decided for each request before anything of LSP is spoken. Pure.

Where a request comes from and whether it has a token is looked at first, so that a stranger learns nothing of
the server, not even whether it is full.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Final, TypeAlias

Headers: TypeAlias = dict[str, str]
RETRY_S: Final = 5


@unique
class Reason(Enum):
    """Why somebody is not let in, as it is counted."""

    ORIGIN = "origin"
    TOKEN = "token"  # noqa: S105 - a word, no secret
    NO_WEBSOCKET = "no_websocket"
    DRAINING = "draining"
    FULL = "full"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Applicant:
    """What there is to know of a request. `has_token` is true where none is needed."""

    origin: str | None
    has_token: bool
    is_websocket: bool


@dataclass(frozen=True, slots=True)
class Papers:
    """What somebody shows who wants a session: whose page it is, if any, and what stands for a token.

    `origins` are those that are served by the door where it is shown. `subprotocols` are what is spoken
    there, where a WebSocket may name something.
    """

    origin: str | None
    authorization: str | None
    origins: Collection[str]
    subprotocols: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer in place of a WebSocket: HTTP's status, and a sentence for people."""

    reason: Reason
    status: int
    text: str
    headers: Headers = field(default_factory=dict)


def refuse(
    applicant: Applicant, origins: Collection[str], *, is_draining: bool, connections: int, most: int
) -> Refused | None:
    """Return why somebody is not let in; None for whoever is."""
    if applicant.origin is not None and applicant.origin not in origins:
        return Refused(
            Reason.ORIGIN,
            403,
            "Pages of that origin are not served. Whoever runs the server can allow it: --allow-origin.",
        )
    if not applicant.has_token:
        return Refused(
            Reason.TOKEN,
            401,
            "The token is missing or wrong. Send the server's token: Authorization: Bearer TOKEN.",
            {"WWW-Authenticate": 'Bearer realm="wic"'},
        )
    if not applicant.is_websocket:
        return Refused(
            Reason.NO_WEBSOCKET,
            426,
            "Only WebSockets are served here. Connect with: wic connect URL.",
            {"Upgrade": "websocket"},
        )
    retry = {"Retry-After": str(RETRY_S)}
    if is_draining:
        return Refused(Reason.DRAINING, 503, "The server is being stopped. Try again in a moment.", retry)
    if connections >= most:
        return Refused(Reason.FULL, 503, "The server has all the clients that it takes. Try again.", retry)
    return None
