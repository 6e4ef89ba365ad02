"""The real page of a real server in headless Chromium, which may speak to that server alone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.editors.conftest import find_program, make_home
from tests.editors.playground.pages import PATIENCE_MS, Playground
from tests.playground_page import build_page
from tests.serve.shared_server import wait_for_playground

WIC: Final = Path(sys.executable).with_name("wic")


class Server:
    """A server with a playground, which can be killed, frozen, and started again where it was."""

    def __init__(self, environment: Mapping[str, str], log_file: Path, *words: str) -> None:
        self._environment = environment
        self._words = words
        self.log_file = log_file
        self.place = "127.0.0.1:0"
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log_file.open("wb") as log:
            process = subprocess.Popen(
                [WIC, "serve", "--playground", self.place, "--runtime", "sandbox", *self._words],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.process = process
        self.place = wait_for_playground(process, self.log_file)
        return process

    @property
    def address(self) -> str:
        """The page's address."""
        return f"http://{self.place}/"

    @property
    def log(self) -> str:
        """What it has logged since it was started last."""
        return self.log_file.read_text(encoding="utf-8")

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start it again, at the same address."""
        self._start()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it do nothing for as long as the block lasts."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def start_server(tmp_path_factory) -> Iterator[Callable[..., Server]]:
    """Give a function that starts a server in a home of its own; all are ended with the module."""
    build_page()
    with ExitStack() as stack:

        def start(*words: str, settings: str = "", **extra: str) -> Server:
            home = make_home(tmp_path_factory.mktemp("home"))
            file = home.home / ".config" / "wic" / "config.toml"
            file.parent.mkdir(parents=True)
            file.write_text(settings, encoding="utf-8")
            server = Server(home.environment(**extra), home.home / "server.log", *words)
            stack.callback(server.kill)
            return server

        yield start


@pytest.fixture(scope="module")
def server(start_server) -> Iterator[Server]:
    """Give one server to all tests of a module; it must have served them all at its end."""
    server = start_server(settings="timeoutSeconds = 120\n")  # a first compile of Go on a busy machine
    yield server
    assert server.process.poll() is None, server.log
    assert "Traceback" not in server.log


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Give a browser without a window."""
    program = find_program("/usr/bin/chromium", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program,
            # Root has no sandbox of Chromium's, and a container little shared memory.
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            env={**os.environ, "LANG": "C.UTF-8"},
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser, server) -> AsyncIterator[Callable[..., Any]]:
    """Give a function that opens the page in a fresh context, as a person would who has never been there.

    The test fails where a page asks another host for anything, breaks its own policy, or throws.
    """
    async with AsyncExitStack() as stack:
        faults: list[str] = []

        async def open_(to: Server | None = None, fragment: str = "", **context: Any) -> Playground:
            own = to or server
            opened = await browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
            stack.push_async_callback(opened.close)
            opened.set_default_timeout(PATIENCE_MS)
            page = await opened.new_page()
            _watch(page, own.place, faults)
            await page.goto(f"{own.address}{fragment}")
            return Playground(page, own.address)

        yield open_
    assert faults == []


def _watch(page: Page, place: str, faults: list[str]) -> None:
    """Note whatever a page must not do."""
    own = (f"http://{place}/", f"ws://{place}/", "data:", "blob:")

    def look(url: str) -> None:
        if not url.startswith(own):
            faults.append(f"it asked for {url}")

    page.on("request", lambda request: look(request.url))
    page.on("websocket", lambda socket: look(socket.url))
    page.on("pageerror", lambda error: faults.append(f"it threw {error}"))
    # A server that is gone, or refuses, is an error to the browser, and part of what is tested.
    expected = ("net::ERR_", "the server responded with a status of", "WebSocket connection to")
    page.on(
        "console",
        lambda message: (
            faults.append(f"it logged {message.text}")
            if message.type in {"error", "warning"} and not any(word in message.text for word in expected)
            else None
        ),
    )
