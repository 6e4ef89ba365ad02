"""What a session tells its client, whatever way that is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from lsprotocol import types

from wic_lsp.config import Problem
from wic_lsp.lsp.checked import Status
from wic_runtimes.contract import Transfer


class Outbox(Protocol):
    """What a session tells its client."""

    def publish(self, uri: str, version: int | None, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Show a document's diagnostics (push)."""

    def tell_status(self, uri: str, version: int, status: Status, reason: str) -> None:
        """Tell how far the check of a document is; `reason` is why it has no result, where it has none."""

    def refresh(self) -> None:
        """Ask the client to pull again."""

    def refresh_lenses(self) -> None:
        """Ask the client to look at its lenses again."""

    def warn(self, problem: Problem) -> None:
        """Show a problem with the settings."""

    def part(self, reason: str) -> None:
        """End the conversation, and say why."""

    def progress(self, title: str, uri: str) -> AbstractContextManager[Callable[[str], None]]:
        """Show that a check takes long, from a second on, until the end of the `with` block.

        The block may say what it waits for.
        """

    def pull_progress(self, image: str) -> AbstractContextManager[Callable[[Transfer], None]]:
        """Show the pull of an image until the end of the `with` block, which says how far it has come."""
