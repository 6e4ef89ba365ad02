"""A Markdown document in a session: what of it is compiled when it is opened and edited, and what is kept."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.unit.fake_runtime import FakeRuntime, finished, program
from tests.unit.test_pulls import FakeOutbox
from wic_lsp import assembly
from wic_lsp.config import Origin
from wic_lsp.lsp.client import Client
from wic_lsp.lsp.session import Session
from wic_lsp.lsp.terms import terms_alone
from wic_lsp.positions import Encoding

URI = "file:///nowhere/README.md"
BLOCKS = 20


def answer(job):
    """Be GCC 12, which finds an error in what is `wrong`."""
    if "-dumpfullversion" in job.argv:
        return finished(b"12.2.0\n")
    if b"wrong" not in job.files[0].content:
        return finished(stderr=b"[]\n")
    return finished(stderr=b"cc1: error: wrong\n", exit_code=1)


def make_document(*texts):
    return "".join(f"Text.\n\n```c\n{text}\n```\n\n" for text in texts)


class Desk:
    """A session over a fake runtime, and what it compiled and showed."""

    def __init__(self, runtime):
        self.runtime = runtime
        self.outbox = FakeOutbox()
        self.session = Session(terms_alone(assembly.Workshop({}), {"runtime": "fake"}), self.outbox)
        self.session.begin(Client.of(types.InitializeParams(types.ClientCapabilities()), Encoding.UTF16))
        self.session.configure("start", Origin.USER, {"debounceMilliseconds": 0, "cache": False})
        self.version = 0

    def take_compiled(self):
        """Return the texts that were compiled since this was last asked, in any order."""
        files = [job.files[0].content.decode() for job in self.runtime.jobs if job.files]
        self.runtime.jobs.clear()
        return sorted(files)

    async def show(self, text):
        """Open the document, or change it; return its diagnostics."""
        self.version += 1
        if self.version == 1:
            self.session.open(types.TextDocumentItem(URI, "markdown", 1, text))
        else:
            change = types.TextDocumentContentChangeWholeDocument(text)
            self.session.change(URI, [change], self.version)
        return await self.outbox.published.get()


@pytest.fixture
async def desk(monkeypatch):
    runtime = FakeRuntime([program("/usr/bin/gcc")], {"/usr/bin/gcc": answer})
    monkeypatch.setattr(assembly.registry, "create_runtime", lambda name, options: runtime)
    monkeypatch.setattr(assembly, "cache_folder", lambda: None)
    desk = Desk(runtime)
    yield desk
    await desk.session.aclose()


async def test_only_the_block_that_was_edited_is_compiled(desk):
    """All when the document is opened; none when what is around them changes, or when they change places."""
    texts = [f"int x{number};" for number in range(BLOCKS)]
    assert await desk.show(make_document(*texts)) == ()
    assert desk.take_compiled() == sorted(f"{text}\n" for text in texts)
    texts[7] = "int seven;"
    assert await desk.show(make_document(*texts)) == ()
    assert desk.take_compiled() == ["int seven;\n"]
    for text in ("# New title\n\n" + make_document(*texts), make_document(*reversed(texts))):
        assert await desk.show(text) == ()
        assert desk.take_compiled() == []


async def test_what_was_found_in_another_block_moves_with_it(desk):
    """Its finding is shown where the block now stands, without compiling it again."""
    (found,) = await desk.show(make_document("int a;", "wrong"))
    assert found.severity == types.DiagnosticSeverity.Error
    desk.take_compiled()
    (moved,) = await desk.show("More\n\n" + make_document("int b;", "wrong"))
    assert moved.message == found.message
    assert moved.range.start.line == found.range.start.line + 2
    assert desk.take_compiled() == ["int b;\n"]


async def test_equal_blocks_are_compiled_once(desk):
    """And each has what was found."""
    assert len(await desk.show(make_document(*["wrong"] * 5))) == 5
    assert desk.take_compiled() == ["wrong\n"]


async def test_a_document_without_a_block_is_clean_and_compiles_nothing(desk):
    """There is nothing that could be wrong; so it stays when it is saved."""
    assert await desk.show("# Title\n") == ()
    desk.session.save(URI)
    await desk.session.settle()
    assert desk.outbox.published.empty()
    assert desk.runtime.jobs == []
