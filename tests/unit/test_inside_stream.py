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
from wic_runtimes.docker.frames import Frames
from wic_runtimes.inside.script import BEGUN, MACHINE_COUNTER, NO_PROGRAM, OWN_COUNTERS, READY, pack
from wic_runtimes.inside.stream import Reader, Trailer

frames = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=30)), max_size=10)


def frame(kind, payload):
    return struct.pack(">BxxxI", kind, len(payload)) + payload


MARK = "0123456789abcdef"
MACHINE = MACHINE_COUNTER
OWN = OWN_COUNTERS[0]
END = [(2, f"{MARK}\n".encode()), (1, f"{MARK} 1 {MACHINE}:7 {MACHINE}:7\n".encode())]


class Wire:
    """A reader at the end of an attached connection."""

    def __init__(self, limit=1000, mark=MARK):
        self.reader = Reader(limit, mark)
        self._frames = Frames()

    def feed(self, data):
        """Take bytes as the connection brings them."""
        for kind, payload in self._frames.feed(data):
            self.reader.take(kind, payload)


def fed(pieces, limit=1000, mark=MARK):
    wire = Wire(limit, mark)
    for piece in pieces:
        wire.feed(piece)
    return wire.reader


def written(frames, kind):
    return b"".join(payload for one, payload in frames if one == kind)


@given(frames=frames, cuts=st.lists(st.integers(0, 400), max_size=6))
def test_streams_come_apart_whatever_the_cuts(frames, cuts):
    """Frames may be cut anywhere on their way; both outputs are whole, and the end is known at the end."""
    wire = b"".join(frame(*one) for one in [(1, READY), (1, BEGUN), *frames, *END])
    edges = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    connection = Wire()
    reader = connection.reader
    for start, end in pairwise(edges):
        assert reader.trailer is None
        connection.feed(wire[start:end])
    assert reader.has_begun
    assert (reader.stdout, reader.stderr) == (written(frames, 1), written(frames, 2))
    assert reader.trailer == Trailer(1, was_memory=False)
    assert not reader.is_over


parts = st.lists(st.sampled_from([MARK[1:], MARK[:3], MARK[:-1], "0", "\n", " 0 1 1\n"]), max_size=8)
texts = parts.map("".join).filter(lambda text: MARK not in text).map(str.encode)


@given(out=texts, err=texts, cut=st.integers(1, 7))
def test_what_only_begins_like_the_mark_is_the_compilers(out, err, cut):
    """Without the mark no byte is lost or late, however like it the output is."""
    wire = frame(1, BEGUN)
    for kind, text in ((1, out), (2, err)):
        wire += b"".join(frame(kind, text[at : at + cut]) for at in range(0, len(text), cut))
    reader = fed([wire])
    held = len(out) + len(err) - len(reader.stdout) - len(reader.stderr)
    assert held < 2 * len(MARK)
    reader.finish()
    assert (reader.stdout, reader.stderr) == (out, err)


@pytest.mark.parametrize("missing", [0, 1])
def test_the_end_is_said_on_both_outputs(missing):
    """One of them may overtake the other; until both are whole, the compiler's words may not be all here."""
    reader = fed([frame(1, BEGUN), frame(*END[1 - missing])])
    assert reader.trailer is None
    reader.take(*END[missing])
    assert reader.trailer is not None


@pytest.mark.parametrize(
    ("counts", "was_memory"),
    [
        (f"{MACHINE}:5 {MACHINE}:5", False),
        (f"{MACHINE}:5 {MACHINE}:6", None),
        (f"{OWN}:0 {OWN}:0", False),
        (f"{OWN}:0 {OWN}:1", True),
        (f"{OWN}:5 {MACHINE}:5", None),
        ("unknown unknown", None),
        (f"{OWN}:5 unknown", None),
        (f"{OWN}: {OWN}:", None),
    ],
)
@pytest.mark.parametrize("code", [0, 1, 137])
def test_only_a_count_that_stands_still_rules_out_a_death_of_memory(code, counts, was_memory):
    """Whatever the exit code: a compiler may outlive a process of its own, and say that all is well.

    The machine's own count says nothing of who was killed; the container's does.
    """
    reader = fed([frame(1, BEGUN), frame(*END[0]), frame(1, f"{MARK} {code} {counts}\n".encode())])
    was_somebody = counts == f"{MACHINE}:5 {MACHINE}:6"
    assert reader.trailer == Trailer(code, was_memory=was_memory, was_somebody=was_somebody)


@pytest.mark.parametrize(
    "words",
    [
        "\n",
        " x\n",
        " 0 unknown\n",
        " 0 unknown unknown more\n",
        " 1e3 unknown unknown\n",
        " 0000 unknown unknown\n",
        " 0 \udcff unknown\n",
        "0 unknown unknown\n",
        " 0 unknown unknown\nmore",
        " 0 unknown unknown" + "x" * 500,
    ],
)
def test_a_stolen_mark_with_other_words_is_output_like_any(words):
    """It is no end and no fault of the engine's; the script's own end is heard after it."""
    stolen = f"{MARK}{words}".encode("utf-8", "surrogateescape")
    reader = fed([frame(1, BEGUN), frame(2, END[0][1]), frame(1, stolen)])
    assert reader.trailer is None
    for one in END:
        reader.take(*one)
    assert (reader.stdout, reader.stderr) == (stolen, END[0][1])
    assert reader.trailer == Trailer(1, was_memory=False)


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize("flood", ["x" * 100, f"{MARK} 0 unknown unknown\n"])
def test_a_stolen_mark_hides_no_flood(kind, flood):
    """What is written after it counts, and nothing is kept beyond the limit."""
    reader = fed([frame(1, BEGUN), frame(kind, MARK.encode())])
    for _ in range(100):
        reader.take(kind, flood.encode())
    assert reader.is_over
    assert len(reader.stdout) + len(reader.stderr) == 1000
    assert sum(map(len, reader._held.values())) < 500


def test_the_first_line_is_taken_off_though_it_shares_a_frame():
    """The compiler's first words may come with the script's last."""
    reader = fed([frame(1, READY + BEGUN[:3]), frame(2, b"e"), frame(1, BEGUN[3:] + b"out\n")])
    assert (reader.said, reader.stdout, reader.stderr) == (BEGUN, b"out\n", b"e")


def test_waiting_is_no_beginning():
    """A container that waits says so, and nothing of the job."""
    reader = fed([frame(1, READY)])
    assert (reader.is_ready, reader.said, reader.has_begun) == (True, None, False)


def test_a_compiler_cannot_say_that_it_never_began():
    """The same words later are the compiler's output."""
    reader = fed([frame(1, BEGUN), frame(1, NO_PROGRAM)])
    assert reader.said == BEGUN
    assert reader.stdout == NO_PROGRAM


def test_words_that_are_no_first_line_are_no_beginning():
    """An image whose sh prints something of its own has not begun, whatever it prints then."""
    assert not fed([frame(1, b"hello\n"), frame(1, BEGUN)]).has_begun
    reader = fed([frame(1, b"x" * 5000), frame(1, BEGUN)])
    assert not reader.has_begun
    assert reader.stdout == b""


def test_without_a_script_all_is_the_compilers():
    """In an image without a shell nothing comes before or after."""
    reader = fed([frame(1, BEGUN), frame(2, b"e")], mark="")
    assert (reader.stdout, reader.stderr, reader.has_begun, reader.trailer) == (BEGUN, b"e", True, None)


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
