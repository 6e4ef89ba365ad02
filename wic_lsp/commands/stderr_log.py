"""The log on stderr of a process that serves."""

from __future__ import annotations

import logging
import sys


def log_to_stderr(level: str, formatter: type[logging.Formatter] = logging.Formatter) -> None:
    """Write what is at least of that level, a name of `logging`'s in any case, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(level.upper())  # our loggers may make more than that, for a client's own log
    handler.setFormatter(formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler])
