"""Hovers over a runtime that compiles nothing: what is asked of it, and that nothing goes on unasked."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types

from tests.unit.fake_runtime import FakeRuntime, finished, program
from tests.unit.test_pulls import FakeOutbox
from wic_lsp import assembly
from wic_lsp.config import Origin
from wic_lsp.lsp.client import Client
from wic_lsp.lsp.features import hover
from wic_lsp.lsp.session import Session
from wic_lsp.lsp.terms import terms_alone
from wic_lsp.positions import Encoding

URI = "file:///nowhere/main.rs"
TEXT = "fn main() {\n    moved();\n}\n"
SAID = (
    '{"message": "moved value", "level": "error", "code": {"code": "E0382"}, "children": [], "spans": [{'
    '"file_name": "main.rs", "line_start": 2, "line_end": 2, "column_start": 5, "column_end": 10,'
    ' "byte_start": 16, "byte_end": 21, "is_primary": true, "label": null, "expansion": null}]}\n'
)
PLAIN = "error[E0382]: moved value\n --> main.rs:2:5\n  |\n2 |     moved();\n  |     ^^^^^\n\n"


class Rustc(FakeRuntime):
    """Answers as rustc does. With `hangs`, what it writes for people and its explanations never come."""

    def __init__(self):
        super().__init__([program("/usr/bin/rustc")], {"/usr/bin/rustc": self.answer})
        self.hangs = False
        self.hanging = 0
        self.has_begun = asyncio.Event()
        self.knows = True

    def answer(self, job):
        """Tell the version, check, or explain."""
        if "--version" in job.argv:
            return finished(b"rustc 1.85.0\n")
        if "--explain" in job.argv:
            told = b"A variable was moved.\n\n```compile_fail,E0382\n```\n"
            return finished(told) if self.knows else finished(stderr=b"error: no code\n", exit_code=1)
        is_json = "--error-format=json" in job.argv
        return finished(stderr=(SAID if is_json else PLAIN).encode(), exit_code=1)

    async def compile(self, job, /):
        """Answer, or hang until it is cancelled."""
        if self.hangs:
            self.hanging += 1
            self.has_begun.set()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                self.hanging -= 1
        return await super().compile(job)


class FakeServer:
    """Keeps the handlers that are registered."""

    def __init__(self):
        self.handlers = {}

    def feature(self, name):
        """Keep the handler under its method's name."""

        def keep(handler):
            self.handlers[name] = handler
            return handler

        return keep


class Desk:
    """A session with one document that was checked."""

    def __init__(self, runtime):
        self.runtime = runtime
        self.outbox = FakeOutbox()
        self.session = Session(terms_alone(assembly.Workshop({}), {"runtime": "fake"}), self.outbox)
        text = types.TextDocumentClientCapabilities(
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown])
        )
        params = types.InitializeParams(types.ClientCapabilities(text_document=text))
        self.session.begin(Client.of(params, Encoding.UTF16))
        self.session.configure("start", Origin.USER, {"cache": False})
        server = FakeServer()
        hover.register(server, self.session)
        self._handler = server.handlers[types.TEXT_DOCUMENT_HOVER]

    async def ask(self, line=1, character=5):
        """Hover over a place."""
        document = types.TextDocumentIdentifier(URI)
        return await self._handler(types.HoverParams(document, types.Position(line, character)))


@pytest.fixture
async def desk(monkeypatch):
    runtime = Rustc()
    monkeypatch.setattr(assembly.registry, "create_runtime", lambda name, options: runtime)
    monkeypatch.setattr(assembly, "cache_folder", lambda: None)
    desk = Desk(runtime)
    desk.session.open(types.TextDocumentItem(URI, "rust", 1, TEXT))
    assert len(await desk.outbox.published.get()) == 1
    desk.runtime.jobs.clear()
    yield desk
    await desk.session.aclose()


async def test_a_hover_has_the_words_the_link_and_the_explanation(desk):
    """Its range is the diagnostic's, and code in the explanation is Rust."""
    found = await desk.ask()
    assert found.range == types.Range(types.Position(1, 4), types.Position(1, 9))
    assert found.contents.value == (
        "**rustc\\-1\\.85** [E0382](<https://doc.rust-lang.org/error_codes/E0382.html>)\n\n"
        f"```text\n{PLAIN.rstrip()}\n```\n\nA variable was moved.\n\n```rust\n```"
    )


async def test_both_are_compile_jobs_like_any_other(desk):
    """With the compiler's limits and surroundings; the explanation needs no file of the user's."""
    await desk.ask()
    explain, plain = sorted(desk.runtime.jobs, key=lambda job: len(job.files))
    assert explain.argv[-2:] == ("--explain", "E0382")
    assert explain.files == ()
    assert [file.path for file in plain.files] == ["main.rs"]
    assert (explain.limits, explain.roots) == (plain.limits, plain.roots)
    assert explain.environment == plain.environment


async def test_a_second_hover_compiles_nothing(desk):
    """What was said is remembered."""
    first = await desk.ask()
    desk.runtime.jobs.clear()
    assert await desk.ask() == first
    assert desk.runtime.jobs == []


async def test_what_the_compiler_does_not_know_is_no_explanation(desk):
    """Its refusal is not shown as one."""
    desk.runtime.knows = False
    assert "no code" not in (await desk.ask()).contents.value


async def test_elsewhere_nothing_is_compiled(desk):
    """Nor is there anything to say."""
    assert await desk.ask(0, 0) is None
    assert await desk.ask(1, 10) is None
    assert desk.runtime.jobs == []


async def test_a_question_that_is_cancelled_ends_its_compiles(desk):
    """Nobody waits for them any more."""
    desk.runtime.hangs = True
    asking = asyncio.create_task(desk.ask())
    await desk.runtime.has_begun.wait()
    asking.cancel()
    await asyncio.wait([asking])
    await desk.session.settle()
    assert asking.cancelled()
    assert desk.runtime.hanging == 0


async def test_a_session_that_ends_takes_its_hovers_along(desk):
    """No compile outlives the session."""
    desk.runtime.hangs = True
    asking = asyncio.create_task(desk.ask())
    await desk.runtime.has_begun.wait()
    await desk.session.aclose()
    await asyncio.wait([asking])
    assert desk.runtime.hanging == 0


async def test_a_text_that_changes_meanwhile_has_no_hover(desk):
    """What was found out is about another text."""
    desk.runtime.hangs = True
    asking = asyncio.create_task(desk.ask())
    await desk.runtime.has_begun.wait()
    change = types.TextDocumentContentChangeWholeDocument(f"\n{TEXT}")
    desk.session.change(URI, [change], 2)
    desk.runtime.hangs = False
    assert await desk.ask() is None
    asking.cancel()
    await asyncio.wait([asking])
