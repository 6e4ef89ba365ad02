"""On what terms a client is served: by a server of its own, or by one that it shares with strangers.

Of its own server a client's user is the master: what the editor hands over at start is the user's word, the
runtime may be restarted and images may be pulled. A shared server has another master, whoever runs it. There
a client's word counts no more than a workspace's, nothing that others use can be touched, and what one client
may keep and ask for is bounded. Nothing of a client's machine is looked at: its files and processes are not
here, even where a name of theirs happens to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from wic_lsp.assembly import Workshop
from wic_lsp.config import Origin, Problem, Settings
from wic_lsp.own_toolchains import read_user
from wic_lsp.pipeline import Pipeline

ReadFile: TypeAlias = Callable[[], tuple[Mapping[str, object] | None, tuple[Problem, ...]]]

UNANSWERED: Final = 1000
"""How many requests of one client may wait for their answers on a shared server."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much one client may keep open. `characters` are code points of all its documents together."""

    documents: int
    characters: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session gets from whoever serves it.

    `base` is in force before anybody says a thing, `forced` whatever anybody says; `read_file` reads the
    user's own options, and makes the user's own compilers known. `log_key` marks the log records that belong
    to this client alone; see `client_log`.
    """

    workshop: Workshop
    pipeline: Pipeline
    is_shared: bool
    origin: Origin
    base: Settings = field(default_factory=Settings)
    forced: Mapping[str, object] = field(default_factory=dict)
    read_file: ReadFile = lambda: (None, ())
    room: Room | None = None
    unanswered: int | None = None
    log_key: int | None = None

    @property
    def workspace_origin(self) -> Origin:
        """Whose word the settings are that a client gives when it is asked for them."""
        return self.origin if self.is_shared else Origin.WORKSPACE


def terms_alone(workshop: Workshop, forced: Mapping[str, object]) -> Terms:
    """Serve the only client, with what the user set on the command line (None: not set)."""
    return Terms(
        workshop,
        workshop.pipeline,
        is_shared=False,
        origin=Origin.USER,
        forced=forced,
        read_file=read_user,
    )


def terms_shared(workshop: Workshop, pipeline: Pipeline, base: Settings, room: Room, log_key: int) -> Terms:
    """Serve one of several clients, under the settings of whoever runs the server."""
    return Terms(
        workshop,
        pipeline,
        is_shared=True,
        origin=Origin.REMOTE,
        base=base,
        room=room,
        unanswered=UNANSWERED,
        log_key=log_key,
    )
