"""A real Kate on a display of its own: keyboard, mouse, what its window shows, what the server tells it.

The display's number is chosen by Xvfb. Everything that is started here ends with the `with` block: it is one
process group, beside Xvfb.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from tests.editors.conftest import EDITORS, Home, find_program

T = TypeVar("T")

PROGRAMS: Final = (
    "kate",
    "Xvfb",
    "xdotool",
    "xclip",
    "import",
    "openbox",
    "dbus-run-session",
    "/usr/libexec/at-spi-bus-launcher",
)
_PATIENCE_S: Final = 120
_WIDTH: Final = 1280
_HEIGHT: Final = 800
_AWAY: Final = (str(_WIDTH - 1), str(_HEIGHT - 1))
_SCREEN: Final = Path(__file__).with_name("screen.py")
_TRACE: Final = Path(__file__).with_name("trace.py")
_PYTHON: Final = "/usr/bin/python3"
# Starts the bus by which windows are read. Kate, as root, does not notice one that is there before it is.
_READABLE: Final = ("dbus-send", "--session", "--print-reply", "--dest=org.a11y.Bus", "/org/a11y/bus")
_ADDRESS: Final = "org.a11y.Bus.GetAddress"
_KATERC: Final = """\
[General]
Show welcome view for new window=false

[Kate Plugins]
lspclientplugin=true

[lspclient]
AllowedServerCommandLines={allowed}
"""
_SESSION: Final = """\
openbox &
echo "$DBUS_SESSION_BUS_ADDRESS" > "$BUS.new" && mv "$BUS.new" "$BUS"
exec kate --new "$@"
"""


@dataclass(frozen=True, slots=True)
class Row:
    """Something that is shown, by its words, and where."""

    role: str
    words: str
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        """Where a mouse would click on it."""
        return self.x + min(self.width // 2, 60), self.y + self.height // 2


class Kate:
    """One running Kate."""

    def __init__(self, home: Home, environment: Mapping[str, str], process: subprocess.Popen[bytes]) -> None:
        self._home = home
        self.environment = environment
        self._process = process

    def wait(self, what: str, condition: Callable[[], T | None]) -> T:
        """Return what the condition returns as soon as it is something; else show all that may explain it."""
        deadline = time.monotonic() + _PATIENCE_S
        while not (found := condition()):
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.picture("failed")
                print(f"{self.trace()}\n{self.log}")
                rows = "\n".join(f"{row.role}: {row.words}" for row in self.rows())
                raise AssertionError(f"no {what}\n{rows}")
            time.sleep(0.1)
        return found

    @property
    def log(self) -> str:
        """What Kate and its desktop have printed."""
        return (self._home.home / "kate.log").read_text(encoding="utf-8", errors="replace")

    def has_window(self) -> bool:
        """Whether Kate shows its window yet."""
        search = ["xdotool", "search", "--onlyvisible", "--class", "kate"]
        return subprocess.run(search, env=self.environment, check=False, capture_output=True).returncode == 0

    def rows(self) -> Sequence[Row]:
        """Look at the window."""
        looked = subprocess.run(
            [_PYTHON, _SCREEN], env=self.environment, capture_output=True, timeout=60, check=False
        )
        assert looked.returncode == 0, looked.stderr.decode()
        seen: list[dict[str, Any]] = json.loads(looked.stdout)
        return [Row(one["role"], one["text"] or one["name"], *one["place"]) for one in seen]

    def row(self, pattern: str) -> Row:
        """Wait for something that is shown with words like that, and return it."""

        def find() -> Row | None:
            return next((row for row in self.rows() if re.search(pattern, row.words)), None)

        return self.wait(f"row {pattern}", find)

    def gone(self, pattern: str) -> None:
        """Wait until nothing is shown with words like that."""
        self.wait(f"end of {pattern}", lambda: not any(re.search(pattern, row.words) for row in self.rows()))

    def click(self, row: Row, *, times: int = 1) -> None:
        """Click on something, and take the mouse away: where it rests comes a tooltip, which takes Escape."""
        x, y = map(str, row.middle)
        click = ("click", "--repeat", str(times), "--delay", "20", "1")
        self.run("xdotool", "mousemove", x, y, *click, "mousemove", *_AWAY)

    def show_diagnostics(self) -> None:
        """Open the view at the bottom that lists them."""
        self.click(self.row("^LSP$"))

    def output(self, pattern: str) -> str:
        """Wait for something like that in the view of Kate's messages, and return all that is there.

        That view tells the accessibility bus nothing, so its text is selected, which copies it.
        """
        tab = self.row("^Output$")
        self.click(tab)

        def copy() -> str | None:
            # From the upper left corner of the view, which is above its tab, to its lower right.
            start, end = (str(tab.x + 44), str(tab.y - 165)), (str(tab.x + 740), str(tab.y - 20))
            self.run("xdotool", "mousemove", *start, "mousedown", "1", "mousemove", *end, "mouseup", "1")
            copied = subprocess.run(
                ["xclip", "-out", "-selection", "primary"],
                env=self.environment,
                capture_output=True,
                timeout=60,
                check=False,
            ).stdout.decode()
            return copied if re.search(pattern, copied) else None

        return self.wait(f"message {pattern}", copy)

    def type(self, text: str) -> None:
        """Type some letters where the cursor is."""
        self.run("xdotool", "type", "--delay", "40", text)

    def press(self, *keys: str) -> None:
        """Press keys, one after another, as `ctrl+s`."""
        for key in keys:
            self.run("xdotool", "key", "--delay", "40", key)

    def picture(self, name: str) -> Path:
        """Take a picture of the whole screen."""
        file = self._home.home / f"{name}.png"
        self.run("import", "-window", "root", str(file))
        return file

    def trace(self) -> Sequence[Mapping[str, Any]]:
        """Return what the server said to Kate, in order."""
        file = self._home.home / "trace"
        if not file.exists():
            return ()
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]

    def published(self, name: str) -> Sequence[Sequence[Mapping[str, Any]]]:
        """Return the diagnostics that the server published for a file, one list for each time."""
        return [
            one["params"]["diagnostics"]
            for one in self.trace()
            if one.get("method") == "textDocument/publishDiagnostics"
            and one["params"]["uri"].endswith(f"/{name}")
        ]

    def run(self, *command: str) -> None:
        """Run a program on Kate's display and bus."""
        subprocess.run(command, env=self.environment, check=True, timeout=60, capture_output=True)


@contextmanager
def kate(
    home: Home,
    file: Path,
    *,
    command: Sequence[str] = ("wic-lsp",),
    is_allowed: bool = True,
    path: Path | None = None,
) -> Iterator[Kate]:
    """Start Kate with the shipped settings on a file; `command` takes the place of theirs.

    `is_allowed` says whether the user has let Kate start that command before.

    Between Kate and the server stands a program of that name that keeps what the server says. With `path`,
    that folder has our programs in place of it.
    """
    for program in PROGRAMS:
        find_program(program)
    tools = home.home / "bin"
    tools.mkdir(exist_ok=True)
    config = home.home / ".config"
    (config / "kate/lspclient").mkdir(parents=True)
    settings = json.loads((EDITORS / "kate/settings.json").read_text(encoding="utf-8"))
    if path is None:
        shim = tools / command[0]
        shutil.copy(_TRACE, shim)
        shim.chmod(0o755)
    if list(command) != settings["servers"]["wic"]["command"]:
        settings["servers"]["wic"]["command"] = list(command)
    (config / "kate/lspclient/settings.json").write_text(json.dumps(settings), encoding="utf-8")
    allowed = " ".join([f"{tools}/{command[0]}", *command[1:]]) if is_allowed else ""
    (config / "katerc").write_text(_KATERC.format(allowed=allowed), encoding="utf-8")
    # A socket's path has 107 bytes at the most, and Kate makes several in there.
    with (
        _display(home) as display,
        # What is told to end below may do so a moment later.
        tempfile.TemporaryDirectory(prefix="wic-kate-", ignore_cleanup_errors=True) as sockets,
    ):
        own = {
            **home.environment(path=path or tools),
            "XDG_RUNTIME_DIR": sockets,
            "DISPLAY": display,
            "BUS": str(home.home / "bus"),
            "QT_ACCESSIBILITY": "1",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "QT_QPA_PLATFORM": "xcb",
            "WIC_TRACE": str(home.home / "trace"),
            "WIC_REAL": str(find_program(home.environment()["PATH"].split(":")[0] + "/" + command[0])),
        }
        with (home.home / "kate.log").open("wb") as log:
            process = subprocess.Popen(
                ["dbus-run-session", "--", "bash", "-c", _SESSION, "kate", file],
                cwd=home.files,
                env=own,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            bus = home.home / "bus"
            running = Kate(home, own, process)
            running.wait("bus", bus.exists)
            running = Kate(home, {**own, "DBUS_SESSION_BUS_ADDRESS": bus.read_text().strip()}, process)
            running.wait("window", running.has_window)
            running.run(*_READABLE, _ADDRESS)
            running.row("^LSP$")
            yield running
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def _display(home: Home) -> Iterator[str]:
    """Start an X server on a display of this process's own.

    Of a free one that it chose itself, a server that ends at that moment may take the socket away.
    """
    own = 10_000 + os.getpid() % 40_000
    reader, writer = os.pipe()
    screen = f"{_WIDTH}x{_HEIGHT}x24"
    with (home.home / "xvfb.log").open("wb") as log:
        process = subprocess.Popen(
            ["Xvfb", f":{own}", "-displayfd", str(writer), "-screen", "0", screen, "-nolisten", "tcp"],
            pass_fds=(writer,),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    os.close(writer)
    try:
        with os.fdopen(reader) as said:
            number = said.readline().strip()
        assert number, (home.home / "xvfb.log").read_text()
        yield f":{number}"
    finally:
        process.terminate()
        process.wait()
