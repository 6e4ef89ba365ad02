"""A real Helix on a screen of tmux."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.editors.conftest import EDITORS, PROGRAMS, Home, find_program
from tests.editors.vim.screen import PATIENCE_S, Screen, show

FOLDER: Final = EDITORS / "helix"
HELIX: Final = PROGRAMS / "helix/bin/hx"


@dataclass(frozen=True, slots=True)
class Helix:
    """A Helix that shows one file."""

    screen: Screen
    file: Path

    def type(self, *keys: str) -> None:
        """Type keys, by tmux's names for them."""
        self.screen.type(*keys)

    def write(self, text: str) -> None:
        """Type text as it is."""
        self.screen.write(text)

    def go_to_diagnostic(self, message: str) -> None:
        """Wait for a diagnostic, and select what it is about; its message is shown then."""
        self.screen.wait_for(_MARK)
        self.write("]d")
        self.screen.wait_for(message)

    def replace(self, text: str) -> None:
        """Write over what is selected."""
        self.write(f"c{text}")
        self.screen.wait_for("INS")
        self.type("Escape")
        self.screen.wait_for("NOR")  # an escape with a key right behind it would be another key

    def wait_for_none(self) -> None:
        """Wait until no line is marked."""
        self.screen.wait_until(lambda shown: _MARK not in shown, "the diagnostic to go")

    def run_server_command(self, name: str, shows: str) -> None:
        """Run one of the server's commands, again until the server knows it, and wait for what it shows."""
        deadline = time.monotonic() + PATIENCE_S
        while shows not in self.screen.text():
            assert time.monotonic() < deadline, self.screen.text()
            self.write(f":lsp-workspace-command {name}")
            self.type("Enter")
            next_try = time.monotonic() + _NEXT_TRY_S
            while shows not in self.screen.text() and time.monotonic() < next_try:
                time.sleep(0.1)

    def save(self) -> str:
        """Save the file, and return what it holds."""
        self.write(":write")
        self.type("Enter")
        self.screen.wait_for(f"'{self.file.name}' written")
        return self.file.read_text(encoding="utf-8")


_MARK: Final = "\N{BLACK CIRCLE}"
_NEXT_TRY_S: Final = 5


@contextmanager
def start_helix(home: Home, languages: str, file: Path, *, path: Path | None = None) -> Iterator[Helix]:
    """Run Helix with that languages.toml and a file."""
    program = find_program(str(HELIX))
    config = home.home / ".config/helix"
    config.mkdir(parents=True, exist_ok=True)
    (config / "languages.toml").write_text(languages, encoding="utf-8")
    environment = home.environment(path=path)
    command = [program, "-v", file]
    with show(command, folder=home.files, environment=environment) as screen:
        screen.wait_for("NOR", file.name)
        yield Helix(screen, file)
