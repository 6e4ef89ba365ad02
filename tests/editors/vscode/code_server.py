"""A real VS Code in a real browser: code-server, and Chromium that shows it, driven by keyboard and mouse.

What is read is what the screen has: rows of the Problems view, texts of the status bar, lines of the editor.
Each wait is for something to be seen, since the machine may be busy.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.conformance.traces import parent_of
from tests.conftest import fail_or_skip
from tests.editors.conftest import PROGRAMS, Home, find_program

NODE: Final = PROGRAMS / "code-server/bin"
PATIENCE_S: Final = 90
PATIENCE_MS: Final = PATIENCE_S * 1000
SIZE: Final = {"width": 1280, "height": 800}
QUIET: Final[Mapping[str, object]] = {
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.enableExperiments": False,
    "workbench.reduceMotion": "on",
    "workbench.tips.enabled": False,
    "chat.disableAIFeatures": True,
    "telemetry.telemetryLevel": "off",
    "extensions.autoCheckUpdates": False,
    "extensions.ignoreRecommendations": True,
    "git.enabled": False,
    "c_cpp.enabled": False,
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "editor.suggestOnTriggerCharacters": False,
    "editor.wordBasedSuggestions": "off",
    "editor.parameterHints.enabled": False,
    "editor.autoClosingBrackets": "never",
    "editor.autoIndent": "none",
    "editor.minimap.enabled": False,
    "files.autoSave": "off",
    "window.commandCenter": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "security.workspace.trust.startupPrompt": "never",
    "security.workspace.trust.banner": "never",
}
"""Settings by which VS Code does nothing of its own while somebody types."""

expect.set_options(timeout=PATIENCE_MS)


def environment(home: Home, path: Path | None = None, **other: str) -> dict[str, str]:
    """Return the environment of code-server: no gallery of extensions answers there.

    VS Code takes its PATH from a login shell, which takes it from the user's profile.
    """
    ours = {name: word for name, word in os.environ.items() if name.startswith("PIP_")}
    gallery = json.dumps({"serviceUrl": "http://127.0.0.1:9/"})
    found = dict(home.environment(path=path, EXTENSIONS_GALLERY=gallery, SHELL="/bin/bash", **ours, **other))
    (home.home / ".profile").write_text(f"PATH='{found['PATH']}'\n", encoding="utf-8")
    return found


@dataclass(frozen=True, slots=True)
class CodeServer:
    """A code-server that runs, with a home of its own."""

    home: Home
    url: str
    data: Path
    log: Path

    def set_settings(self, settings: Mapping[str, object]) -> None:
        """Write the user's settings, over those that keep VS Code quiet."""
        write_settings(self.data, settings)


def write_settings(data: Path, settings: Mapping[str, object]) -> None:
    """Write the user's settings; on a remote machine, as this is one, some are read from its own file."""
    for file, content in (
        (data / "User/settings.json", {**QUIET, **settings}),
        (data / "Machine/settings.json", settings),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(content, indent=2), encoding="utf-8")
        fresh.replace(file)


def install_extension(vsix: Path, extensions: Path, home: Home) -> str:
    """Install an extension as a user does on the command line; returns what that prints."""
    command = [
        find_program(str(NODE / "code-server")),
        f"--user-data-dir={home.home}/data",
        f"--extensions-dir={extensions}",
        "--install-extension",
        vsix,
    ]
    done = subprocess.run(
        command, env=environment(home), text=True, check=False, capture_output=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextlib.contextmanager
def code_server(
    home: Home,
    extensions: Path,
    settings: Mapping[str, object],
    *,
    path: Path | None = None,
    asks_for_trust: bool = False,
    **other: str,
) -> Iterator[CodeServer]:
    """Run code-server on a free port until the block ends."""
    program = find_program(str(NODE / "code-server"))
    data, log, port = home.home / "data", home.home / "code-server.log", free_port()
    write_settings(data, settings)
    command = [
        program,
        "--auth=none",
        f"--bind-addr=127.0.0.1:{port}",
        f"--user-data-dir={data}",
        f"--extensions-dir={extensions}",
        "--disable-telemetry",
        "--disable-update-check",
        *([] if asks_for_trust else ["--disable-workspace-trust"]),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env=environment(home, path, **other),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(lambda: _answers(url), lambda: f"code-server does not answer:\n{log.read_text()[-3000:]}")
            yield CodeServer(home, url, data, log)
        finally:
            _end(process)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium without a screen."""
    program = find_program("/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            timeout=PATIENCE_MS,
        )
        try:
            yield browser
        finally:
            browser.close()


class Window:
    """One window of VS Code, with a folder open."""

    def __init__(self, page: Page, shots: Path) -> None:
        self.page = page
        self._shots = shots

    def open(self, url: str, folder: Path) -> None:
        """Open the folder, and wait until VS Code is there."""
        self.page.goto(f"{url}/?folder={folder}", timeout=PATIENCE_MS)
        self.page.wait_for_selector(".monaco-workbench .part.statusbar", timeout=PATIENCE_MS)
        self.page.wait_for_selector(".explorer-folders-view .monaco-list-row", timeout=PATIENCE_MS)

    def shoot(self, name: str) -> Path:
        """Write what the screen shows into the test's folder."""
        file = self._shots / f"{name}.png"
        self.page.screenshot(path=file)
        return file

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type a text by the keyboard."""
        self.page.keyboard.type(text)

    def open_file(self, name: str) -> None:
        """Open a file of the folder by its name, and put the cursor into it."""
        self.press("Control+p")
        box = self.page.locator(".quick-input-widget input")
        expect(box).to_be_visible()
        box.fill(name)
        row = self.page.locator(".quick-input-widget .monaco-list-row").first
        expect(row).to_contain_text(Path(name).name)
        self.press("Enter")
        tab = self.page.locator(".tabs-container .tab.active", has_text=Path(name).name)
        expect(tab).to_be_visible()
        expect(self.page.locator(".quick-input-widget")).to_be_hidden()

    def run(self, command: str) -> None:
        """Run a command by its name in the palette; once more where something else closed that meanwhile."""
        try:
            self.choose_command(command).first.click(timeout=PATIENCE_MS / 3)
        except PlaywrightTimeoutError:
            self.press("Escape")
            self.choose_command(command).first.click()

    def choose_command(self, command: str) -> Locator:
        """Return the rows of the palette that are called that."""
        self.press("F1")
        box = self.page.locator(".quick-input-widget input")
        expect(box).to_be_visible()
        box.fill(f">{command}")
        return self.page.locator(".quick-input-widget .monaco-list-row", has_text=command)

    def go_to(self, line: int, column: int) -> None:
        """Put the cursor at a place, both from 1, and wait until the status bar says so."""
        self.press("Control+g")
        box = self.page.locator(".quick-input-widget input")
        expect(box).to_be_visible()
        box.fill(f":{line}:{column}")
        self.press("Enter")
        expect(self.page.locator(".quick-input-widget")).to_be_hidden()

    @property
    def status(self) -> Locator:
        """The item of the status bar."""
        return self.page.locator('.statusbar-item[id$="wic.status"]')

    @property
    def position(self) -> Locator:
        """What the status bar says of the cursor."""
        return self.page.locator('.statusbar-item[id="status.editor.selection"]')

    @property
    def squiggles(self) -> Locator:
        """What is underlined as an error in the active editor."""
        return self.page.locator(".editor-group-container.active .squiggly-error")

    @property
    def lenses(self) -> Locator:
        """The lines of the active editor that stand between those of the text."""
        return self.page.locator(".editor-group-container.active .codelens-decoration")

    @property
    def problems(self) -> Locator:
        """The rows of the Problems view that tell of a problem."""
        return self.page.locator(".markers-panel .monaco-list-row:has(.marker-icon)")

    def show_problems(self) -> None:
        """Show the Problems view."""
        if not self.page.locator(".markers-panel").is_visible():
            self.run("Problems: Focus on Problems View")
            expect(self.page.locator(".markers-panel")).to_be_visible()

    def focus_editor(self) -> None:
        """Put the keyboard's focus into the editor."""
        self.run("View: Focus Active Editor Group")
        expect(self.page.locator(".quick-input-widget")).to_be_hidden()

    def line(self, text: str) -> Locator:
        """Return the lines of the editor that hold a text."""
        return self.page.locator(".monaco-editor .view-line", has_text=text)

    def notification(self, text: str) -> Locator:
        """Return the messages that hold a text."""
        return self.page.locator(".notification-toast", has_text=text)

    def text(self) -> str:
        """Return the text of the active editor's lines on the screen, in order."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll('.editor-group-container.active .view-line')]
                .sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top))
                .map((line) => line.textContent.replaceAll('\\u00a0', ' ')).join('\\n')"""
        )

    def box_of(self, word: str) -> tuple[float, float]:
        """Return where a word of the active editor begins and ends on the screen, in pixels from the left."""
        return tuple(
            self.page.evaluate(
                """(word) => {
                    const lines = [...document.querySelectorAll('.editor-group-container.active .view-line')];
                    const line = lines.find((one) => one.textContent.includes(word));
                    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
                    while (walker.nextNode()) {
                        const at = walker.currentNode.data.indexOf(word);
                        if (at >= 0) {
                            const range = document.createRange();
                            range.setStart(walker.currentNode, at);
                            range.setEnd(walker.currentNode, at + word.length);
                            const box = range.getBoundingClientRect();
                            return [box.left, box.right];
                        }
                    }
                    throw new Error(`${word} is in no piece of a line`);
                }""",
                word,
            )
        )

    def hover(self, word: str) -> Locator:
        """Point at a word of the active editor; returns what then appears beside it."""
        left, right = self.box_of(word)
        box = self.page.locator(
            ".editor-group-container.active .view-line", has_text=word
        ).first.bounding_box()
        assert box
        self.page.mouse.move(0, 0)
        self.page.mouse.move((left + right) / 2, box["y"] + box["height"] / 2, steps=5)
        return self.page.locator(".monaco-hover:visible")


def servers(home: Home, word: str) -> list[int]:
    """Return the processes of the server that run in a home: those with a word among their arguments.

    What a server has forked looks like it until it becomes another program, and is left out.
    """
    found: dict[int, int | None] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            around = (folder / "environ").read_bytes().split(b"\0")
            if word.encode() in words and f"HOME={home.home}".encode() in around:
                found[int(folder.name)] = parent_of(int(folder.name))
    return [process for process, parent in found.items() if parent is not None and parent not in found]


def eventually(is_so: Callable[[], object]) -> None:
    """Wait until something is so that the screen does not show."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it did not come to be so"
        time.sleep(0.1)


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=10) as answer:  # noqa: S310 - our own address
            return answer.status == 200
    except OSError:
        return False


def _wait(is_so: Callable[[], bool], what: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            fail_or_skip(what())
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End code-server with all that it started, and see that it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
