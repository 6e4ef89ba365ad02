"""What the engine tells of a build: its step, the pull of its base image, and its last words. Pure.

Source: https://docs.docker.com/reference/api/engine/version/v1.41/, ImageBuild, as the engine writes it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import Final

from wic_runtimes.contract import Transfer
from wic_runtimes.docker.pull_progress import PullProgress

_STEP: Final = re.compile(r"Step (\d+)/(\d+) : ")
_OWN: Final = re.compile(r"Step \d|\s*---> |Removing intermediate container ")
"""What the engine says about its own work, between the words of what it runs."""

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_LAST_LINES: Final = 5
_LINE_LENGTH: Final = 200


class BuildProgress:
    """Takes a build's events as they come; `transfer` is how far it has come, `last_lines` what it said."""

    def __init__(self) -> None:
        self._step = "preparing"
        self._pull = PullProgress()
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)

    def feed(self, event: Mapping[str, object]) -> None:
        """Take the next event."""
        words = event.get("stream")
        if not isinstance(words, str):
            self._pull.feed(event)
            return
        for line in _COLOUR.sub("", words).splitlines():
            step = _STEP.match(line)
            if step is not None:
                self._step = f"step {step[1]} of {step[2]}"
                self._pull = PullProgress()
            if line.strip() and not _OWN.match(line):
                self._lines.append(" ".join(line.split())[:_LINE_LENGTH])

    @property
    def transfer(self) -> Transfer:
        """How far the build has come; its bytes are those of a base image that is being pulled."""
        pull = self._pull.transfer
        return Transfer(self._step, pull.done_bytes, pull.total_bytes)

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The end of what was printed by what the engine ran."""
        return tuple(self._lines)
