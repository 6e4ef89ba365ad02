"""What comes out of a container, taken apart, however it is cut; and what goes in."""

from __future__ import annotations

import io
import struct
import tarfile
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_runtimes.contract import JobFile
from wic_runtimes.docker.archive import pack
from wic_runtimes.docker.spec import BEGUN, NO_PROGRAM
from wic_runtimes.docker.stream import Reader

frames = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=30)), max_size=10)


def frame(kind, payload):
    return struct.pack(">BxxxI", kind, len(payload)) + payload


def fed(pieces, limit=1000):
    reader = Reader(limit)
    for piece in pieces:
        reader.feed(piece)
    return reader


@given(frames=frames, cuts=st.lists(st.integers(0, 400), max_size=6))
def test_streams_come_apart_whatever_the_cuts(frames, cuts):
    """Frames may be cut anywhere on their way; both outputs are whole."""
    wire = b"".join(frame(*one) for one in [(1, BEGUN), *frames])
    edges = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    reader = fed(wire[start:end] for start, end in pairwise(edges))
    assert reader.has_begun
    assert reader.stdout == b"".join(payload for kind, payload in frames if kind == 1)
    assert reader.stderr == b"".join(payload for kind, payload in frames if kind == 2)
    assert not reader.is_over


def test_the_first_line_is_taken_off_though_it_shares_a_frame():
    """The compiler's first words may come with the script's last."""
    reader = fed([frame(1, BEGUN[:3]), frame(2, b"e"), frame(1, BEGUN[3:] + b"out\n")])
    assert (reader.first_line, reader.stdout, reader.stderr) == (BEGUN, b"out\n", b"e")


def test_a_compiler_cannot_say_that_it_never_began():
    """The same words later are the compiler's output."""
    reader = fed([frame(1, BEGUN), frame(1, NO_PROGRAM)])
    assert reader.first_line == BEGUN
    assert reader.stdout == NO_PROGRAM


def test_words_that_are_no_first_line_are_no_beginning():
    """An image whose sh prints something of its own has not begun, however much it prints."""
    assert not fed([frame(1, b"hello\n")]).has_begun
    assert not fed([frame(1, b"x" * 5000)]).has_begun


@pytest.mark.parametrize(
    ("limit", "out", "err", "is_over"),
    [(5, b"aaa", b"bb", False), (4, b"aaa", b"b", True), (2, b"aa", b"", True), (0, b"", b"", True)],
)
def test_both_outputs_share_one_limit(limit, out, err, is_over):
    """The limit may be reached; what is beyond it is not kept."""
    reader = fed([frame(1, BEGUN), frame(1, b"aaa"), frame(2, b"bb")], limit)
    assert (reader.stdout, reader.stderr, reader.is_over) == (out, err, is_over)


def test_an_archive_holds_odd_names_and_nobodys_files():
    """Long, foreign, and undecodable names arrive as they are; nobody owns them and nobody may write."""
    names = ["main.c", "--help", "a b/é\n.h", "d/" * 200 + "x", "\udcff.h"]
    stream = pack(JobFile(name, name.encode("utf-8", "surrogateescape")) for name in names)
    with tarfile.open(fileobj=io.BytesIO(stream), encoding="utf-8", errors="surrogateescape") as archive:
        members = archive.getmembers()
        assert [member.name for member in members] == names
        assert {(member.mode, member.uid, member.gid, member.mtime) for member in members} == {
            (0o444, 0, 0, 0)
        }
        for member in members:
            assert archive.extractfile(member).read() == member.name.encode("utf-8", "surrogateescape")
