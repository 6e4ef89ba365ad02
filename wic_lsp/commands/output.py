"""Standard output as the commands use it: written whole, in UTF-8, and it may be gone.

A reader that leaves early (`wic check | head`), a full disk or a closed descriptor is the user's business and
ends in an exit code and at most one line, never in a traceback.
"""

from __future__ import annotations

import os
import sys
from typing import Final, TextIO

READER_GONE: Final = 141
"""What a shell reports for a program that SIGPIPE ended: 128 + 13."""
NOT_WRITTEN: Final = 2


class OutputLost(Exception):  # noqa: N818 - the user's word for it
    """Standard output cannot be written; raised `from` the OSError where there is one."""


def write(text: str) -> None:
    """Write to standard output, and make sure that it arrived. Raises OutputLost."""
    if sys.stdout is None:
        raise OutputLost("it is closed")
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.flush()
    except OSError as exc:
        raise OutputLost(exc.strerror or "it cannot be written") from exc


def give_up(lost: OutputLost) -> int:
    """Say that the output is lost, unless its reader simply left; returns the exit code."""
    if sys.stdout is not None:
        # What is still buffered would fail again when the interpreter ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    if isinstance(lost.__cause__, BrokenPipeError):
        return READER_GONE
    print(f"wic: standard output is lost: {lost}.", file=sys.stderr)
    return NOT_WRITTEN


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody may be looking; a stream that was closed is None."""
    return stream is not None and stream.isatty()
