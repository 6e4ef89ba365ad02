"""A compiler's image that is missing: its pull is offered, shown while it goes on, and then it is used."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.conformance.engine_relay import Supply, supply, why_no_supply
from tests.conformance.image_registry import PATIENCE_S, Mode
from tests.conftest import fail_or_skip
from tests.editors.vscode.conftest import editing

pytestmark = pytest.mark.engine("docker")


@contextlib.contextmanager
def supplied(mode: Mode) -> Iterator[Supply]:
    """Let gcc:9 come from a registry of that mode; in its own thread: the browser has this one's loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE_S)

    try:
        if why := wait(why_no_supply()):
            fail_or_skip(why)
        stack = contextlib.AsyncExitStack()
        engine = wait(stack.enter_async_context(supply(mode)))
        try:
            yield engine
        finally:
            engine.registry.go_on.set()
            wait(stack.aclose())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_a_missing_image_is_pulled_when_it_is_asked_for_and_that_is_seen(browser, module_folder, extensions):
    """The status bar says what is missing; the pull has a notification with a button and its progress."""
    settings = {"wic.runtime": "docker", "wic.toolchains": {"c": ["gcc-9"]}}
    files = {"x.c": "int x;\n"}
    with supplied(Mode.BY_HALVES) as engine:
        address = engine.address
        running = editing(browser, module_folder, extensions, files, settings, DOCKER_HOST=address)
        with running as (window, _):
            window.open_file("x.c")
            expect(window.status).to_contain_text("wic: not checked")
            window.show_problems()
            expect(window.problems).to_contain_text("The image gcc:9 is not here.")
            window.run("Wic: Pull Image...")
            window.page.locator(".quick-input-widget .monaco-list-row", has_text="gcc:9").click()
            pull = window.notification("Pulling gcc:9")
            expect(pull).to_contain_text("downloading")
            expect(pull.get_by_role("button", name="Cancel")).to_be_visible()
            window.shoot("pulling")
            engine.registry.go_on.set()
            expect(pull).to_be_hidden()
            # The registry's image has no compiler; but it is here.
            expect(window.problems).not_to_contain_text("is not here")
            expect(window.status).to_contain_text("wic: not checked")
            window.shoot("pulled")
