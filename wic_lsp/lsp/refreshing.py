"""Asking a client to look again: one question at a time, however many results come before its answer.

Results come with every edit and from many documents at once, and a client may take its time. It is asked
anew after an answer where something has come meanwhile, so that it never stays with what is old. Knows
neither pygls nor what is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future

_log = logging.getLogger(__name__)


class Refreshing:
    """Calls `ask`, which returns the answer to come, whenever there is news and no question is open."""

    def __init__(self, ask: Callable[[], Future[None]]) -> None:
        self._ask = ask
        self._is_asking = False
        self._has_news = False

    def tell(self) -> None:
        """Ask now, or after the answer that is awaited."""
        if self._is_asking:
            self._has_news = True
            return
        self._is_asking, self._has_news = True, False
        self._ask().add_done_callback(self._take)

    def _take(self, answer: Future[None]) -> None:
        self._is_asking = False
        if answer.cancelled():  # the conversation is over
            return
        if (refusal := answer.exception()) is not None:
            _log.warning("the editor did not look again: %s", refusal)
        if self._has_news:
            self.tell()
