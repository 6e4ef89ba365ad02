"""A real Vim with ALE on a screen of tmux, and a channel of Vim's own by which tests ask it."""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

from tests.conftest import fail_or_skip
from tests.editors.conftest import EDITORS, PROGRAMS, Home, find_program
from tests.editors.vim.screen import PATIENCE_S, Screen, show

FOLDER: Final = EDITORS / "vim"
PAGE: Final = FOLDER / "README.md"
ALE: Final = PROGRAMS / "ale/usr/share/vim-ale"
LOCLIST: Final = "ale#engine#GetLoclist(bufnr(''))"


@dataclass(frozen=True, slots=True)
class Vim:
    """A Vim that runs. See `:help channel-commands` for what it understands."""

    screen: Screen
    home: Home
    channel: socket.socket
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def expr(self, expression: str) -> Any:
        """Return what an expression is in Vim."""
        number = -next(self._numbers)
        self.channel.sendall(json.dumps(["expr", expression, number]).encode() + b"\n")
        decoder, read = json.JSONDecoder(), ""
        while True:
            part = self.channel.recv(1 << 16)
            assert part, "Vim has gone"
            read += part.decode()
            try:
                answer = decoder.raw_decode(read.lstrip())[0]
            except ValueError:
                continue
            assert answer[0] == number, answer
            assert answer[1] != "ERROR", f"{expression}\n{self.screen.text()}"
            return answer[1]

    def do(self, command: str) -> None:
        """Run a command of Vim's command line."""
        self.expr(f"execute({json.dumps(command)})")

    def wait(self, expression: str) -> Any:
        """Wait until an expression is true, and return what it is."""
        deadline = time.monotonic() + PATIENCE_S
        found = self.expr(expression)
        while not found:
            assert time.monotonic() < deadline, f"never came: {expression}\n{self.screen.text()}"
            time.sleep(0.1)
            found = self.expr(expression)
        return found

    def open(self, name: str, content: str) -> Path:
        """Write a file of the workspace, and open it."""
        file = self.home.write(name, content)
        self.do(f"edit! {file}")
        return file

    def wait_for_error(self) -> dict[str, Any]:
        """Wait until ALE has one finding for the current buffer, and return it."""
        (found,) = self.wait(f"len({LOCLIST}) == 1 ? {LOCLIST} : []")
        return dict(found)

    def wait_for_nothing(self) -> None:
        """Wait until ALE has been told that there is nothing to find in the current buffer."""
        self.wait(f"empty({LOCLIST})")

    def text(self) -> str:
        """Return the current buffer's text."""
        return "".join(f"{line}\n" for line in self.expr("getline(1, '$')"))


def snippets(language: str) -> list[str]:
    """Return the page's code blocks in that language."""
    parts = PAGE.read_text(encoding="utf-8").split(f"```{language}\n")[1:]
    return [part.partition("```")[0] for part in parts]


@contextmanager
def start_vim(home: Home, vimrc: str, *, path: Path | None = None) -> Iterator[Vim]:
    """Run Vim, with ALE and the plugin where the page says, and that .vimrc."""
    program = find_program("vim")
    if not ALE.is_dir():
        fail_or_skip("there is no ALE: tests/engines/editors/vim")
    pack = home.home / ".vim/pack"
    for name, folder in (("wic", FOLDER), ("ale", ALE)):
        shutil.copytree(folder, pack / name / "start" / name, dirs_exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(PATIENCE_S)
        address = f"127.0.0.1:{door.getsockname()[1]}"
        (home.home / ".vimrc").write_text(
            f"{vimrc}\nlet g:test = ch_open('{address}', {{'waittime': 10000}})\n", encoding="utf-8"
        )
        environment = home.environment(path=path)
        with (
            show([program], folder=home.files, environment=environment) as screen,
            door.accept()[0] as channel,
        ):
            channel.settimeout(PATIENCE_S)
            yield Vim(screen, home, channel)
