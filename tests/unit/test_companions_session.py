"""The files that go with an open document: the other open ones first, and what has it checked again."""

from __future__ import annotations

import pytest
from lsprotocol import types

from wic_lsp.config import Settings
from wic_lsp.lsp.companions import Companions
from wic_lsp.lsp.documents import DocumentStore
from wic_lsp.plans import plan_file
from wic_lsp.positions import Encoding


class Desk:
    """Open documents, and which of them were to be checked again."""

    def __init__(self, *, is_shared=False):
        self.store = DocumentStore(Encoding.UTF16)
        self.again = []
        self.companions = Companions(
            self.store.all, lambda uri, _: self.again.append(uri), is_shared=is_shared
        )

    def open(self, uri, text):
        """Open a document in C."""
        return self.store.open(types.TextDocumentItem(uri, "c", 1, text))

    async def join(self, uri):
        """Return the plan of an open document with what goes with it."""
        document = self.store.get(uri)
        (plan,) = plan_file(document.text, "c", uri, Settings())
        (joined,) = await self.companions.join(document.snapshot(), [plan])
        return joined


@pytest.fixture
def place(tmp_path):
    (tmp_path / "x.h").write_text("disk")
    return tmp_path


def contents(plan):
    return [file.content for file in plan.snippet.companions]


async def test_the_disk_is_read_and_what_is_open_goes_before_it(place):
    """With the version that it has in the editor."""
    desk = Desk()
    desk.companions.open_folders([place.as_uri()])
    main, header = (place / "a.c").as_uri(), (place / "x.h").as_uri()
    desk.open(main, '#include "x.h"\n')
    assert contents(await desk.join(main)) == [b"disk"]
    desk.open(header, "open")
    plan = await desk.join(main)
    assert contents(plan) == [b"open"]
    assert [(one.uri, one.version) for one in plan.gathered.companions] == [(header, 1)]


async def test_a_shared_server_looks_at_no_file(place):
    """Only at the client's own documents, of the same place, whatever scheme that has."""
    desk = Desk(is_shared=True)
    desk.companions.open_folders([place.as_uri()])
    main = (place / "a.c").as_uri()
    desk.open(main, '#include "x.h"\n#include "y.h"\n')
    desk.open((place / "y.h").as_uri(), "mine")
    desk.open(f"other://host{place}/x.h", "elsewhere")
    plan = await desk.join(main)
    assert contents(plan) == [b"mine"]
    assert [one.said for one in plan.gathered.left_out] == ["x.h"]


async def test_a_document_that_is_no_file_has_no_companions(place):
    """Nobody knows what lies beside it."""
    desk = Desk()
    desk.open("untitled:Untitled-1", '#include "x.h"\n')
    assert (await desk.join("untitled:Untitled-1")).gathered is None


async def test_a_document_is_checked_again_when_a_file_changes_that_it_looked_for(place):
    """Whether it was there or not; no other document is, nor the one that changes itself."""
    desk = Desk()
    desk.companions.open_folders([place.as_uri()])
    main, other = (place / "a.c").as_uri(), (place / "b.c").as_uri()
    desk.open(main, '#include "x.h"\n#include "none.h"\n')
    desk.open(other, "int x;\n")
    await desk.join(main)
    await desk.join(other)
    for name, count in [("x.h", 1), ("none.h", 2), ("y.h", 2), ("a.c", 2), ("b.c", 2)]:
        desk.companions.touch((place / name).as_uri())
        assert desk.again == [main] * count
    desk.companions.forget(main)
    desk.companions.touch((place / "x.h").as_uri())
    assert len(desk.again) == 2


async def test_a_header_that_is_edited_while_it_is_gathered_is_gathered_anew(place, monkeypatch):
    """So that nothing is compiled with a text that was gone before."""
    import wic_lsp.lsp.companions as module

    desk = Desk()
    desk.companions.open_folders([place.as_uri()])
    main, header = (place / "a.c").as_uri(), (place / "x.h").as_uri()
    desk.open(main, '#include "x.h"\n')
    desk.open(header, "first")
    change = types.TextDocumentContentChangeWholeDocument("second")
    edits = iter([lambda: desk.store.change(header, [change], 2)])
    gather = module.gather

    def gather_slowly(*words):
        found = gather(*words)
        next(edits, lambda: None)()
        return found

    monkeypatch.setattr(module, "gather", gather_slowly)
    assert contents(await desk.join(main)) == [b"second"]
