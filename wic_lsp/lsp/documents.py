r"""What the editor has open, kept line by line so that a keystroke costs what it changes.

pygls's own store splits on characters that are no line ends in LSP (form feed, U+2028) and joins the
whole text at every change. This one holds the lines with their ends, as `positions.split_lines` cuts
them, and an incremental change re-splits only the lines that it touches.

There are editors that send what is typed fast in the wrong order (Helix 25.01 does). So the last edits are
remembered with what they replaced, and one that comes late is carried out where it belongs.

It must never trust a client's positions (they are clamped, and a reversed range is turned round), never
leave "\r" and "\n" of one line end in two lines, and never do IO.

Where a client may keep only so much, a document for which there is no room is refused: it stays known,
follows its versions, and has no text.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lsprotocol import types

from wic_lsp.lsp.terms import Room
from wic_lsp.positions import Encoding, split_lines, units_to_column

_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_REFUSED: Final = 10  # times as many as there is room for
_MOST_REMEMBERED: Final = 64  # edits, in one document
_LARGEST_REMEMBERED: Final = 10_000  # code points that one edit brings, and of the lines that it replaces


class UnknownDocument(LookupError):  # noqa: N818 - says what is wrong; nothing here is an error of ours
    """The client speaks of a document that it has not opened."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"The document {uri} is not open.")
        self.uri = uri


class TooManyDocuments(Exception):  # noqa: N818 - likewise
    """The client has opened many times as many documents as there is room for."""


@dataclass(frozen=True, slots=True)
class DocumentSnapshot:
    """A document as it was at one version; `text` can be encoded in UTF-8."""

    uri: str
    language_id: str
    version: int
    text: str
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class _Replaced:
    """Lines that a change took away, with their size in code points, and how many are in their place."""

    first: int
    count: int
    lines: list[str]
    size: int


@dataclass(frozen=True, slots=True)
class _Edit:
    """What led to a version, and how to undo it."""

    version: int
    changes: Sequence[types.TextDocumentContentChangeEvent]
    replaced: list[_Replaced]

    def size(self) -> int:
        """Return how many code points are kept for it."""
        return sum(len(one.text) for one in self.changes) + sum(one.size for one in self.replaced)


class Document:
    """One open document. `lines` keep their ends; read them, but change them through `apply` alone.

    `size` is the number of code points in them.
    """

    __slots__ = (
        "_edits",
        "_text",
        "_undone_to",
        "encoding",
        "is_refused",
        "language_id",
        "lines",
        "size",
        "uri",
        "version",
    )

    def __init__(self, uri: str, language_id: str, version: int, text: str, encoding: Encoding) -> None:
        self.uri = uri
        self.language_id = language_id
        self.version = version
        self.encoding = encoding
        self.is_refused = False
        self.lines = split_lines(_join_surrogates(text))
        self.size = sum(map(len, self.lines))
        self._text: str | None = None
        self._edits: deque[_Edit] = deque()
        self._undone_to = version  # the version that is left when all of `_edits` are undone

    def refuse(self) -> None:
        """Forget the text for good: there is no room for it."""
        self.is_refused = True
        self._text = None
        self._edits.clear()
        self.lines, self.size = [""], 0

    @property
    def text(self) -> str:
        """The whole text, joined once per version; half characters are replaced by U+FFFD.

        The replacement has the length of what it replaces in every encoding, so positions stay valid.
        """
        if self._text is None:
            self._text = _replace_surrogates("".join(self.lines))
        return self._text

    def snapshot(self) -> DocumentSnapshot:
        """Return this version as a value."""
        return DocumentSnapshot(self.uri, self.language_id, self.version, self.text, self.is_refused)

    def apply(self, changes: Sequence[types.TextDocumentContentChangeEvent], version: int) -> None:
        """Carry out the changes one after the other, each on the text that the one before it left.

        What comes behind an edit of a newer version is carried out before that one, and leaves the document
        at the newer version.

        Source: LSP 3.17, DidChangeTextDocumentParams.contentChanges.
        """
        self._text = None
        if self.is_refused:
            self.version = version
            return
        newer = self._undo_after(version) if version > self._undone_to else []
        self._carry_out(changes, version)
        for edit in newer:
            self._carry_out(edit.changes, edit.version)

    def _undo_after(self, version: int) -> list[_Edit]:
        """Undo the edits that led to newer versions, and return them, the oldest first."""
        undone: list[_Edit] = []
        while self._edits and self._edits[-1].version > version:
            undone.append(self._edits.pop())
            for replaced in reversed(undone[-1].replaced):
                self._put(replaced.first, replaced.count, replaced.lines)
        return undone[::-1]

    def _carry_out(self, changes: Sequence[types.TextDocumentContentChangeEvent], version: int) -> None:
        """Carry out the changes that lead to a version, and remember them; what is large is never undone."""
        edit = _Edit(version, changes, [self._change(one) for one in changes])
        self.version = version
        if edit.size() > _LARGEST_REMEMBERED or version <= self._undone_to:
            self._edits.clear()
            self._undone_to = version
            return
        self._edits.append(edit)
        if len(self._edits) > _MOST_REMEMBERED:
            self._undone_to = self._edits.popleft().version

    def _change(self, change: types.TextDocumentContentChangeEvent) -> _Replaced:
        if isinstance(change, types.TextDocumentContentChangePartial):
            return self._replace(change.range, change.text)
        return self._put(0, len(self.lines), split_lines(_join_surrogates(change.text)))

    def _replace(self, range_: types.Range, text: str) -> _Replaced:
        first, start = self._locate(range_.start)
        last, end = self._locate(range_.end)
        if (last, end) < (first, start):
            first, start, last, end = last, end, first, start
        lines = self.lines
        block = _join_surrogates(lines[first][:start] + text + lines[last][end:])
        if first and block.startswith("\n") and lines[first - 1].endswith("\r"):
            first -= 1
            block = lines[first] + block
        pieces = split_lines(block)
        if last < len(lines) - 1:
            pieces.pop()
        return self._put(first, last + 1 - first, pieces)

    def _put(self, first: int, count: int, lines: list[str]) -> _Replaced:
        """Put lines in the place of `count` others."""
        replaced = self.lines[first : first + count]
        size = sum(map(len, replaced))
        self.lines[first : first + count] = lines
        self.size += sum(map(len, lines)) - size
        return _Replaced(first, len(lines), replaced, size)

    def _locate(self, position: types.Position) -> tuple[int, int]:
        """Return the line and the code-point column of a client's position, clamped to the document."""
        last = len(self.lines) - 1
        if position.line > last:
            return last, len(self.lines[last])
        line = max(position.line, 0)
        return line, units_to_column(self.lines[line], position.character, self.encoding)


class DocumentStore:
    """The open documents of one client, by URI, in the encoding that was agreed with it.

    `room` bounds what is kept; None is no bound.
    """

    def __init__(self, encoding: Encoding, room: Room | None = None) -> None:
        self.encoding = encoding
        self.room = room
        self._documents: dict[str, Document] = {}
        self._size = 0

    def open(self, item: types.TextDocumentItem) -> Document:
        """Take a document in; one that is open already is replaced. Raises TooManyDocuments."""
        self.close(item.uri)
        if self.room is not None and len(self._documents) >= self.room.documents * _MOST_REFUSED:
            raise TooManyDocuments
        document = Document(item.uri, item.language_id, item.version, item.text, self.encoding)
        if self.room is not None and len(self._documents) >= self.room.documents:
            document.refuse()
        self._documents[item.uri] = document
        self._count(document, 0)
        return document

    def _count(self, document: Document, before: int) -> None:
        """Note that a document's size has changed, and refuse it where there is no room for it."""
        self._size += document.size - before
        if self.room is not None and self._size > self.room.characters:
            self._size -= document.size
            document.refuse()

    def change(
        self, uri: str, changes: Sequence[types.TextDocumentContentChangeEvent], version: int
    ) -> Document:
        """Apply the changes to an open document. Raises UnknownDocument."""
        document = self._documents.get(uri)
        if document is None:
            raise UnknownDocument(uri)
        before = document.size
        document.apply(changes, version)
        self._count(document, before)
        return document

    def close(self, uri: str) -> Document | None:
        """Forget the document and return it; None if it was not open."""
        document = self._documents.pop(uri, None)
        if document is not None:
            self._size -= document.size
        return document

    def get(self, uri: str) -> Document | None:
        """Return the open document; None if there is none of that URI."""
        return self._documents.get(uri)

    def all(self) -> tuple[Document, ...]:
        """Return every open document, in the order in which they were opened."""
        return tuple(self._documents.values())


def _join_surrogates(text: str) -> str:
    """Make one character of each surrogate pair, as editors that count in UTF-16 may send it in two edits."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _replace_surrogates(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text
