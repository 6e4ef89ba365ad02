"""A program on a real screen of tmux, which tests type on and read."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

from tests.editors.conftest import find_program

PATIENCE_S: Final = 120
_WIDTH: Final = 160
_HEIGHT: Final = 30

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Screen:
    """One tmux server of a test's own, with one program in it."""

    tmux: Path
    socket: Path

    def type(self, *keys: str) -> None:
        """Type keys by tmux's names for them, as `Escape`."""
        self._ask("send-keys", *keys)

    def write(self, text: str) -> None:
        """Type text as it is."""
        # tmux takes a semicolon at the end of an argument for its own.
        self._ask("send-keys", "-l", f"{text[:-1]}\\;" if text.endswith(";") else text)

    def text(self) -> str:
        """Return what the screen shows."""
        return self._ask("capture-pane", "-p")

    def wait_for(self, *words: str) -> str:
        """Wait until the screen shows all of these, and return it."""
        return self.wait_until(lambda shown: all(word in shown for word in words), f"{words} to appear")

    def wait_until(self, is_so: Callable[[str], bool], what: str) -> str:
        """Wait until what the screen shows is so, and return it."""
        deadline = time.monotonic() + PATIENCE_S
        shown = self.text()
        while not is_so(shown):
            assert time.monotonic() < deadline, f"waited in vain for {what}:\n{shown}"
            time.sleep(0.1)
            shown = self.text()
        return shown

    def _ask(self, *words: str) -> str:
        asked = subprocess.run(
            [self.tmux, "-S", self.socket, *words], capture_output=True, text=True, timeout=60, check=False
        )
        assert asked.returncode == 0, asked.stderr
        return asked.stdout


@contextmanager
def show(command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]) -> Iterator[Screen]:
    """Run a program on a screen of its own; tmux and what runs in it end with the block."""
    tmux = find_program("tmux")
    words = [
        "/usr/bin/env",
        "-i",
        *(f"{name}={value}" for name, value in environment.items()),
        *map(str, command),
    ]
    size = ("-x", str(_WIDTH), "-y", str(_HEIGHT))
    # A socket's path may have no more than 107 bytes, which a test's folder may exceed.
    with TemporaryDirectory() as short:
        socket = Path(short) / "tmux"
        started = subprocess.run(
            [tmux, "-S", socket, "-f", "/dev/null", "-u", "new-session", "-d", *size, shlex.join(words)],
            cwd=folder,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert started.returncode == 0, started.stderr
        try:
            yield Screen(tmux, socket)
        finally:
            subprocess.run([tmux, "-S", socket, "kill-server"], capture_output=True, timeout=60, check=False)
