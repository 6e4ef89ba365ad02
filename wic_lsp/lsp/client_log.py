"""Sends our own log records to the client as window/logMessage: all of them, or its own alone.

A server with one client tells it everything. On a shared server a client is told what its own session says of
itself, and nothing of the runtimes, which serve others as well: the session's tasks carry a key in their
context, and only records of this package that are made under that key are passed on.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Final, Protocol

from lsprotocol import types

speaking: Final[ContextVar[int | None]] = ContextVar("speaking", default=None)
"""The key of the client whose session is at work in this context."""

_EVERYTHING: Final = ("wic_lsp", "wic_runtimes")
_OWN: Final = ("wic_lsp.lsp",)


class Listener(Protocol):
    """Whoever can be told a log message."""

    def window_log_message(self, params: types.LogMessageParams) -> None:
        """Tell it."""
        ...


class ClientLog(logging.Handler):
    """Passes records on to one client until it is closed."""

    def __init__(self, listener: Listener, key: int | None) -> None:
        super().__init__(logging.INFO)
        self._listener = listener
        self._key = key
        self._loggers = [logging.getLogger(name) for name in (_EVERYTHING if key is None else _OWN)]
        for logger in self._loggers:
            logger.setLevel(min(logging.INFO, logging.getLogger().level))
            logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record, if it is this client's."""
        if self._key is not None and speaking.get() != self._key:
            return
        kinds = {logging.ERROR: types.MessageType.Error, logging.WARNING: types.MessageType.Warning}
        kind = kinds.get(record.levelno, types.MessageType.Info)
        self._listener.window_log_message(types.LogMessageParams(kind, self.format(record)))

    def close(self) -> None:
        """Listen no more."""
        for logger in self._loggers:
            logger.removeHandler(self)
        super().close()
