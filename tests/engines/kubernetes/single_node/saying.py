"""How this program speaks to the one who runs it, and runs other programs.

What it says goes to stderr, so that stdout is for what a script reads. What it cannot do is a `CannotRun`
with a sentence for people, and a program that fails is shown with the end of what it said.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_SHOWN_LINES = 20


class CannotRun(Exception):  # noqa: N818 - it is no error of ours where the machine has no Go
    """Something that the cluster needs cannot be had; its text is a sentence that says what."""


def say(*words: object) -> None:
    """Tell the one who runs this, on stderr."""
    print("engines/kubernetes:", *words, file=sys.stderr, flush=True)


def last_lines(text: str, count: int = _SHOWN_LINES) -> str:
    """Return the end of what a program said."""
    return "\n".join(text.strip().splitlines()[-count:])


def run(
    *command: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    text: str | None = None,
) -> str:
    """Run a program to its end and return what it wrote on stdout; what it wrote is shown where it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words, cwd=cwd, env=env, input=text, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise CannotRun(f"{words[0]} is not installed") from error
    if done.returncode != 0:
        raise CannotRun(f"failed: {' '.join(words)}\n{last_lines(done.stderr or done.stdout)}")
    return done.stdout


def succeeds(*command: str | Path) -> bool:
    """Say whether a program can be run and ends well, silently."""
    try:
        run(*command)
    except CannotRun:
        return False
    return True
