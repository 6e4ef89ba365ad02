"""Work-done progress for what takes its time, with a button that really ends it.

The token is created in a task of its own: a check that is cancelled while the client is being asked must
not take the question with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from wic_lsp.lsp.server import WicServer

_log = logging.getLogger(__name__)
_PATIENCE_S: Final = 1.0


@contextmanager
def show_progress(
    server: WicServer, title: str, cancel: Callable[[], None], *, patience_s: float = _PATIENCE_S
) -> Iterator[Shown]:
    """Show `title` from `patience_s` on until the block ends; `cancel` is called when the user says so."""
    loop = asyncio.get_running_loop()
    shown = Shown(server, title, cancel)
    timer = loop.call_later(patience_s, shown.begin)
    try:
        yield shown
    finally:
        timer.cancel()
        shown.end()


class Shown:
    """One progress report, from the question for its token to its end."""

    def __init__(self, server: WicServer, title: str, cancel: Callable[[], None]) -> None:
        self._server = server
        self._title = title
        self._cancel = cancel
        self._token = f"wic-{uuid4().hex}"
        self._task: asyncio.Task[None] | None = None
        self._is_begun = False
        self._is_over = False
        self._message: str | None = None
        self._percentage: int | None = None

    def report(self, message: str, percentage: int | None) -> None:
        """Say how far it has come. The percentage never falls: None, or less than before, changes nothing."""
        self._message = message or None
        if percentage is not None:
            self._percentage = max(percentage, self._percentage or 0)
        if self._is_begun and not self._is_over:
            said = types.WorkDoneProgressReport(message=self._message, percentage=self._percentage)
            self._server.work_done_progress.report(self._token, said)

    def begin(self) -> None:
        """Ask the client for a token, and begin when it has agreed."""
        self._task = asyncio.get_running_loop().create_task(self._create(), name=f"progress: {self._title}")

    async def _create(self) -> None:
        progress = self._server.work_done_progress
        try:
            await progress.create_async(self._token)
        except JsonRpcException as exc:
            _log.info("the editor shows no progress: %s", exc)
            return
        if self._is_over:
            progress.tokens.pop(self._token, None)
            return
        self._is_begun = True
        progress.tokens[self._token].add_done_callback(lambda _: None if self._is_over else self._cancel())
        progress.begin(
            self._token,
            types.WorkDoneProgressBegin(
                self._title, cancellable=True, message=self._message, percentage=self._percentage
            ),
        )

    def end(self) -> None:
        """End it, or see that it never begins."""
        self._is_over = True
        if self._is_begun:
            self._server.work_done_progress.end(self._token, types.WorkDoneProgressEnd())
            self._server.work_done_progress.tokens.pop(self._token, None)
