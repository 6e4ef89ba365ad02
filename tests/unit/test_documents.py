r"""The document store follows the client's text exactly, whatever the client sends.

The reference model here is written from the LSP specification alone and shares no code with the store:
it holds the whole text as a list of the client's units (bytes, UTF-16 units or code points).
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from wic_lsp.lsp.documents import (
    Document,
    DocumentSnapshot,
    DocumentStore,
    TooManyDocuments,
    UnknownDocument,
)
from wic_lsp.lsp.terms import Room
from wic_lsp.positions import Encoding

URI = "file:///a.c"
SEQUENCES = 10_000
PIECES = [
    *"ab c\t",
    "\n",
    "\n",
    "\r",
    "\r",
    "\r\n",
    "\r\n",
    "é",
    "e\u0301",
    "漢",
    "😀",
    "👩\u200d🚀",
    "\U0010ffff",
    "\f",
    "\v",
    "\u2028",
    "\u0085",
    "\x1c",
    "\ufeff",
    "\0",
]


def partial(start, end, text):
    return types.TextDocumentContentChangePartial(
        types.Range(types.Position(*start), types.Position(*end)), text
    )


def whole(text):
    return types.TextDocumentContentChangeWholeDocument(text)


def document(text, encoding=Encoding.UTF16):
    return Document(URI, "c", 1, text, encoding)


def edited(text, start, end, new, encoding=Encoding.UTF16):
    doc = document(text, encoding)
    doc.apply([partial(start, end, new)], 2)
    assert doc.lines == document(doc.text).lines
    return doc.text


class ReferenceClient:
    """A client that keeps its text as one list of units and counts everything anew for each edit."""

    WIDTH: dict[Encoding, int] = {Encoding.UTF8: 1, Encoding.UTF16: 2, Encoding.UTF32: 4}  # noqa: RUF012
    CODEC: dict[Encoding, str] = {  # noqa: RUF012
        Encoding.UTF8: "utf-8",
        Encoding.UTF16: "utf-16-le",
        Encoding.UTF32: "utf-32-le",
    }

    def __init__(self, text, encoding):
        self.encoding = encoding
        self.units = self.encode(text)

    def encode(self, text):
        """Cut a text into units."""
        width = self.WIDTH[self.encoding]
        data = text.encode(self.CODEC[self.encoding])
        return [int.from_bytes(data[i : i + width], "little") for i in range(0, len(data), width)]

    @property
    def text(self):
        """Put the units together again."""
        width = self.WIDTH[self.encoding]
        return b"".join(unit.to_bytes(width, "little") for unit in self.units).decode(
            self.CODEC[self.encoding]
        )

    def offset(self, line, character):
        """Walk over the text from its start, one unit at a time."""
        units, at = self.units, 0
        for _ in range(line):
            while at < len(units) and units[at] not in (10, 13):
                at += 1
            if at == len(units):
                return at
            at += 2 if units[at : at + 2] == [13, 10] else 1
        start = at
        while at < len(units) and units[at] not in (10, 13) and at - start < character:
            at += 1
        while at < len(units) and self.is_inside(units[at]):
            at -= 1
        return at

    def is_inside(self, unit):
        """Say whether a unit continues a character."""
        if self.encoding is Encoding.UTF8:
            return unit & 0xC0 == 0x80
        return self.encoding is Encoding.UTF16 and 0xDC00 <= unit <= 0xDFFF

    def replace(self, start, end, text):
        """Do what the client's own editor did."""
        low, high = sorted((self.offset(*start), self.offset(*end)))
        self.units[low:high] = self.encode(text)

    def follow(self, change):
        """Do what a change says."""
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            self.units = self.encode(change.text)
            return
        start, end = change.range.start, change.range.end
        self.replace((start.line, start.character), (end.line, end.character), change.text)


def random_text(rng, most):
    return "".join(rng.choices(PIECES, k=rng.randint(0, most)))


def random_position(rng):
    character = 10**9 if rng.random() < 0.05 else rng.randint(0, 12)
    return rng.randint(0, 9), character


def random_edit(rng):
    start = random_position(rng)
    end = start if rng.random() < 0.4 else random_position(rng)
    return start, end, random_text(rng, 4)


def random_change(rng):
    """Make one change: rarely a whole text, else an edit."""
    return whole(random_text(rng, 14)) if rng.random() < 0.03 else partial(*random_edit(rng))


@pytest.mark.parametrize("encoding", Encoding)
def test_ten_thousand_random_edit_sequences_leave_the_clients_text(encoding):
    """After every change of every sequence the store's text and lines are those of the client."""
    for seed in range(SEQUENCES):
        rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
        text = random_text(rng, 14)
        client, doc = ReferenceClient(text, encoding), document(text, encoding)
        for version in range(2, 2 + rng.randint(1, 5)):
            changes = []
            for _ in range(rng.randint(1, 2)):
                changes.append(random_change(rng))
                client.follow(changes[-1])
            doc.apply(changes, version)
            assert doc.text == client.text, f"seed {seed}, version {version}"
            assert doc.lines == document(client.text).lines, f"seed {seed}, version {version}"


def test_changes_that_come_in_any_order_leave_the_text_of_their_versions():
    """Some editors send what is typed fast in the wrong order; the versions say which is the right one."""
    for seed in range(SEQUENCES // 10):
        rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
        text = random_text(rng, 14)
        sent = [
            (version, [random_change(rng) for _ in range(rng.randint(1, 2))])
            for version in range(2, 2 + rng.randint(2, 20))
        ]
        in_order, as_it_came = document(text), document(text)
        for version, changes in sent:
            in_order.apply(changes, version)
        for version, changes in rng.sample(sent, len(sent)):
            as_it_came.apply(changes, version)
        assert as_it_came.lines == in_order.lines, f"seed {seed}"
        assert (as_it_came.version, as_it_came.size) == (in_order.version, in_order.size)
        assert as_it_came.text == in_order.text


def test_a_late_change_leaves_the_newest_version():
    """Whoever asked for the text meanwhile is given the mended one under the same version."""
    doc = document("")
    doc.apply([partial((0, 0), (0, 0), "a")], 2)
    doc.apply([partial((0, 2), (0, 2), "c")], 4)
    doc.apply([partial((0, 1), (0, 1), "b")], 3)
    assert (doc.text, doc.version) == ("abc", 4)


def test_a_client_that_counts_otherwise_is_taken_at_its_word():
    """Versions that begin anew below the one of didOpen, or stay the same, are carried out as they come."""
    doc = document("")
    for version, text in [(0, "a"), (0, "b"), (1, "c"), (1, "d"), (2, "e")]:
        doc.apply([partial((0, 9), (0, 9), text)], version)
    assert (doc.text, doc.version) == ("abcde", 2)


def test_what_is_kept_for_late_changes_is_bounded():
    """A change that comes after very many or very large ones is carried out last, as the protocol has it."""
    doc = document("")
    for version in range(3, 103):
        doc.apply([partial((0, 0), (0, 0), "x")], version)
    doc.apply([partial((0, 0), (0, 0), "y")], 2)
    assert (doc.text, doc.version) == ("y" + "x" * 100, 2)
    doc.apply([whole("z" * 20_000)], 12)
    doc.apply([whole("")], 11)
    assert (doc.text, doc.version) == ("", 11)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a\n", ""]),
        ("a\rb\r\nc\nd", ["a\r", "b\r\n", "c\n", "d"]),
        ("\r\r\n\n\r", ["\r", "\r\n", "\n", "\r", ""]),
        ("a\fb\vc\u2028d\u2029e\u0085f\x1cg", ["a\fb\vc\u2028d\u2029e\u0085f\x1cg"]),
    ],
)
def test_lines_end_at_lsp_line_ends_and_nowhere_else(text, lines):
    r"""Only \n, \r\n and \r end a line; a form feed or U+2028 is a character like any other."""
    assert document(text).lines == lines


def test_an_edit_inside_one_line_changes_that_line_only():
    """The lines around an edit stay the very same objects."""
    doc = document("one\ntwo\nthree")
    before = list(doc.lines)
    doc.apply([partial((1, 1), (1, 2), "W")], 2)
    assert doc.lines == ["one\n", "tWo\n", "three"]
    assert doc.lines[0] is before[0]
    assert doc.lines[2] is before[2]


def test_positions_past_the_end_are_clamped():
    """A column past the line means its end, a line past the document means the document's end."""
    assert edited("ab\ncd\n", (0, 99), (0, 99), "X") == "abX\ncd\n"
    assert edited("ab\r\ncd", (0, 3), (0, 99), "X") == "abX\r\ncd"
    assert edited("ab\ncd", (7, 0), (9, 9), "X") == "ab\ncdX"
    assert edited("ab\ncd\n", (2, 5), (2, 5), "X") == "ab\ncd\nX"
    assert edited("ab\ncd", (0, 1), (9, 0), "") == "a"
    assert edited("", (3, 3), (4, 4), "X") == "X"


def test_a_reversed_range_means_the_same_as_the_range():
    """Start and end may come in either order."""
    assert edited("one\ntwo\nthree", (2, 2), (0, 1), "-") == "o-ree"


@pytest.mark.parametrize(
    ("encoding", "character"),
    [(Encoding.UTF16, 2), (Encoding.UTF8, 2), (Encoding.UTF8, 3), (Encoding.UTF8, 4)],
)
def test_a_unit_inside_a_character_means_before_it(encoding, character):
    """No edit can cut a character in half."""
    assert edited("a😀b", (0, character), (0, character), "|", encoding) == "a|😀b"


def test_columns_are_counted_in_the_clients_encoding():
    """The same column names another place in each encoding."""
    text = "é😀x"
    assert edited(text, (0, 6), (0, 7), "", Encoding.UTF8) == "é😀"
    assert edited(text, (0, 3), (0, 4), "", Encoding.UTF16) == "é😀"
    assert edited(text, (0, 2), (0, 3), "", Encoding.UTF32) == "é😀"


@pytest.mark.parametrize(
    ("text", "start", "end", "new", "expected"),
    [
        ("a\rb", (1, 0), (1, 0), "\n", ["a\r\n", "b"]),
        ("a\rx\nb", (1, 0), (1, 1), "", ["a\r\n", "b"]),
        ("a\nb", (0, 1), (0, 1), "\r", ["a\r\n", "b"]),
        ("a\r\nb", (0, 1), (1, 0), "\r", ["a\r", "b"]),
        ("a\r\nb", (0, 1), (1, 0), "\r\n\n", ["a\r\n", "\n", "b"]),
        ("a\rb\n\nc", (1, 0), (2, 0), "", ["a\r\n", "c"]),
        ("a\r", (1, 0), (1, 0), "\n", ["a\r\n", ""]),
        ("\r\r", (1, 0), (1, 0), "\n", ["\r\n", "\r", ""]),
        ("a", (0, 1), (0, 1), "\r", ["a\r", ""]),
        ("a\n", (0, 0), (1, 0), "", [""]),
    ],
)
def test_line_ends_that_an_edit_makes_or_breaks_are_split_anew(text, start, end, new, expected):
    r"""A "\r" and a "\n" that an edit brings together are one line end, across line borders too."""
    doc = document(text)
    doc.apply([partial(start, end, new)], 2)
    assert doc.lines == expected


def test_changes_of_one_notification_apply_in_order():
    """Each change is on the text that the one before it left; the version is the last."""
    doc = document("abc")
    doc.apply([partial((0, 0), (0, 1), ""), whole("xyz\n"), partial((1, 0), (1, 0), "end")], 9)
    assert (doc.text, doc.version) == ("xyz\nend", 9)


def test_a_pair_of_surrogates_sent_in_two_edits_becomes_one_character():
    """A client that counts in UTF-16 may send half a character; until the rest comes it is U+FFFD."""
    doc = document("ab")
    doc.apply([partial((0, 1), (0, 1), "\ud83d")], 2)
    assert doc.text == "a\ufffdb"
    doc.apply([partial((0, 2), (0, 2), "\ude00")], 3)
    assert doc.text == "a😀b"
    assert document("\udc00").snapshot().text == "\ufffd"


def test_a_snapshot_stays_as_it_was():
    """A snapshot is a value: later edits do not change it."""
    doc = document("a")
    snapshot = doc.snapshot()
    doc.apply([whole("b")], 2)
    assert (snapshot.uri, snapshot.language_id, snapshot.version, snapshot.text) == (URI, "c", 1, "a")
    assert doc.snapshot().text == "b"


def test_the_text_is_joined_once_per_version():
    """Asking twice for the text costs one join; an edit makes a new one."""
    doc = document("a\nb")
    assert doc.text is doc.text
    doc.apply([partial((0, 0), (0, 0), "x")], 2)
    assert doc.text == "xa\nb"


def test_the_store_opens_changes_and_closes():
    """A document lives from didOpen to didClose."""
    store = DocumentStore(Encoding.UTF16)
    opened = store.open(types.TextDocumentItem(URI, "c", 1, "a"))
    assert store.get(URI) is opened
    assert store.change(URI, [partial((0, 1), (0, 1), "b")], 2).text == "ab"
    assert store.all() == (opened,)
    assert store.close(URI) is opened
    assert store.get(URI) is None


def test_opening_again_replaces_the_text():
    """A client that opens a document twice means the newer text."""
    store = DocumentStore(Encoding.UTF8)
    store.open(types.TextDocumentItem(URI, "c", 1, "a"))
    assert store.open(types.TextDocumentItem(URI, "cpp", 7, "b")).snapshot().text == "b"
    assert len(store.all()) == 1


def test_a_change_to_a_document_that_is_not_open_is_named():
    """The store says which document is unknown instead of inventing one; closing it is no error."""
    store = DocumentStore(Encoding.UTF16)
    with pytest.raises(UnknownDocument, match=r"file:///a\.c is not open"):
        store.change(URI, [whole("x")], 2)
    assert store.close(URI) is None


def open_in(store, uri, text):
    """Open a document in a store."""
    return store.open(types.TextDocumentItem(uri, "c", 1, text))


def test_no_more_documents_are_kept_than_there_is_room_for():
    """One more is refused: it is known and follows its versions, but its text is not kept."""
    store = DocumentStore(Encoding.UTF16, Room(documents=2, characters=1000))
    kept = [open_in(store, f"file:///{number}", "x") for number in range(2)]
    refused = open_in(store, "file:///2", "x")
    assert [one.is_refused for one in (*kept, refused)] == [False, False, True]
    store.change("file:///2", [types.TextDocumentContentChangeWholeDocument("y")], 7)
    assert refused.snapshot() == DocumentSnapshot("file:///2", "c", 7, "", is_refused=True)
    store.close("file:///0")
    assert not open_in(store, "file:///2", "x").is_refused


def test_a_document_that_grows_beyond_the_room_is_refused():
    """The text of all documents together counts, and what is closed or replaced counts no more."""
    store = DocumentStore(Encoding.UTF16, Room(documents=9, characters=10))
    one, other = open_in(store, "file:///1", "12345"), open_in(store, "file:///2", "1234")
    start = types.Position(0, 0)
    insert = types.TextDocumentContentChangePartial(types.Range(start, start), "ab")
    store.change("file:///1", [insert], 2)
    assert (one.is_refused, one.text, other.is_refused) == (True, "", False)
    assert not open_in(store, "file:///1", "123456").is_refused
    assert open_in(store, "file:///3", "1").is_refused
    store.close("file:///2")
    assert not open_in(store, "file:///3", "1234").is_refused


def test_many_times_too_many_documents_are_not_even_known():
    """Somebody opens documents without end; opening one anew is no further one."""
    store = DocumentStore(Encoding.UTF16, Room(documents=1, characters=10))
    for number in range(10):
        open_in(store, f"file:///{number}", "x")
    open_in(store, "file:///9", "x")
    with pytest.raises(TooManyDocuments):
        open_in(store, "file:///10", "x")


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12), st.text("ab\r\n\U0001f600", max_size=5))))
def test_a_documents_size_is_that_of_its_text(edits):
    """However it is edited."""
    doc = Document("u", "c", 1, "one\r\ntwo\n", Encoding.UTF16)
    for version, (line, column, text) in enumerate(edits):
        range_ = types.Range(types.Position(line, column), types.Position(line + 1, 0))
        doc.apply([types.TextDocumentContentChangePartial(range_, text)], version)
        assert doc.size == sum(map(len, doc.lines))
