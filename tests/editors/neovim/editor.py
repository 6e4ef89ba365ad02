"""A real Neovim without a screen, and what tests ask of it.

Lua is evaluated in it through Neovim's own remote expressions; every wait is a condition inside the editor.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.editors.conftest import EDITORS, PROGRAMS, Home, find_program

FOLDER: Final = EDITORS / "neovim"
NVIMS: Final = {"0.11": PROGRAMS / "neovim/bin/nvim", "0.10": PROGRAMS / "neovim-0.10/bin/nvim"}
_PATIENCE_S: Final = 120


def read_snippet(page: Path, heading: str) -> str:
    """Return the first code block below a heading of a page."""
    text = page.read_text(encoding="utf-8")
    _, _, below = text.partition(f"\n## {heading}\n")
    assert below, heading
    _, _, code = below.partition("```")
    return code.partition("\n")[2].partition("```")[0]


def set_up(version: str) -> str:
    """Return what the page tells users of that Neovim to put into their init.lua."""
    page = FOLDER / "README.md"
    if version == "0.10":
        return read_snippet(page, "Neovim 0.10")
    _, _, code = page.read_text(encoding="utf-8").partition("```lua\n")
    return code.partition("```")[0]


@dataclass(frozen=True, slots=True)
class Neovim:
    """A Neovim that runs."""

    version: str
    program: Path
    home: Home
    address: str

    def lua(self, body: str) -> Any:
        """Run Lua, as the body of a function, and return what it returns; values of JSON only."""
        quoted = body.replace("'", "''")
        return json.loads(
            self._ask("--remote-expr", f"json_encode(luaeval('assert(loadstring(_A))()', '{quoted}'))")
        )

    def wait(self, condition: str) -> Any:
        """Wait until Lua, as the body of a function, returns what is true, and return that."""
        found = self.lua(
            f"""
            local last
            local came = vim.wait({_PATIENCE_S * 1000}, function()
              last = (function() {condition} end)()
              return last
            end, 20)
            return {{ came = came, last = last, messages = vim.fn.execute('messages') }}
            """
        )
        assert found["came"], f"never came: {condition}\n{found['messages']}"
        return found["last"]

    def type(self, keys: str) -> None:
        """Type keys, in Neovim's notation."""
        self._ask("--remote-send", keys)

    def open(self, name: str, content: str) -> Path:
        """Write a file of the workspace, and open it."""
        file = self.home.write(name, content)
        self.lua(f"vim.cmd.edit([[{file}]])")
        return file

    def put_cursor(self, line: int, column: int) -> None:
        """Put the cursor there; both from 0, the column in bytes."""
        self.lua(f"vim.api.nvim_win_set_cursor(0, {{{line + 1}, {column}}})")

    def text(self) -> str:
        """Return the current buffer's text."""
        lines: list[str] = self.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)")
        return "".join(f"{line}\n" for line in lines)

    def status(self) -> str:
        """Return what the status line's function says."""
        said: str = self.lua("return require('wic').status()")
        return said

    def wait_for_status(self, wanted: str) -> None:
        """Wait until the status line's function says that."""
        self.wait(f"return require('wic').status() == '{wanted}'")

    def diagnostics(self) -> list[dict[str, Any]]:
        """Return the current buffer's diagnostics."""
        found: list[dict[str, Any]] = self.lua(
            """
            return vim.iter(vim.diagnostic.get(0)):map(function(one)
              return { lnum = one.lnum, col = one.col, end_col = one.end_col, message = one.message,
                       source = one.source, code = one.code, severity = one.severity }
            end):totable()
            """
        )
        return found

    def _ask(self, how: str, what: str) -> str:
        asked = subprocess.run(
            [self.program, "--server", self.address, how, what],
            env=self.home.environment(),
            capture_output=True,
            text=True,
            timeout=2 * _PATIENCE_S,
            check=False,
        )
        assert asked.returncode == 0, asked.stderr
        assert not asked.stderr, asked.stderr
        return asked.stdout


@contextmanager
def start_neovim(
    version: str, home: Home, init: str, *, path: Path | None = None, before: str = ""
) -> Iterator[Neovim]:
    """Run Neovim, set up as the page says, with that init.lua; `before` is run before all else."""
    program = find_program(str(NVIMS[version]))
    site = home.home / ".local/share/nvim/site/pack/wic/start/wic"
    if not site.exists():
        shutil.copytree(FOLDER, site)
    config = home.home / ".config/nvim"
    config.mkdir(parents=True, exist_ok=True)
    (config / "init.lua").write_text(f"{before}\n{init}", encoding="utf-8")
    log = home.home / "nvim.log"
    # A socket's path may have no more than 107 bytes, which a test's folder may exceed.
    with TemporaryDirectory() as short, log.open("wb") as output:
        address = f"{short}/nvim"
        process = subprocess.Popen(
            [program, "--headless", "--listen", address],
            cwd=home.files,
            env=home.environment(path=path),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            _wait_for(address, process, log)
            yield Neovim(version, program, home, address)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not _answers(address):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
        time.sleep(0.02)


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as one:
        return one.connect_ex(address) == 0
