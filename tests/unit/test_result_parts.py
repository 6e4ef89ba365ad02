"""The parts of what is remembered: outputs as bytes, folders on disks, and what a compiler reads itself."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_lsp.results.folder import file_system_of
from wic_lsp.results.packing import pack, unpack
from wic_lsp.results.roots import Roots, stamp_of
from wic_runtimes.contract import CompileJob, CompileOutput, Outcome

WORDS = st.one_of(st.binary(max_size=600), st.binary(max_size=9).map(lambda part: part * 500))
SECONDS = st.floats(0, 1e6)
OUTPUTS = st.builds(
    CompileOutput,
    st.just(Outcome.FINISHED),
    st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1)),
    WORDS,
    WORDS,
    SECONDS,
    SECONDS,
)


@given(OUTPUTS)
def test_an_output_comes_back_as_it_was(output):
    """Whatever the compiler wrote."""
    assert unpack(pack(output)) == output


@given(OUTPUTS, st.data())
def test_bytes_that_were_cut_are_no_output(output, data):
    """Nor ones to which something was added."""
    body = pack(output)
    with pytest.raises(ValueError, match="no packed output"):
        unpack(body[: data.draw(st.integers(0, len(body) - 1))])
    with pytest.raises(ValueError, match="no packed output"):
        unpack(body + b"x")


@given(st.binary(max_size=200))
def test_any_bytes_are_an_output_or_an_error(body):
    """Nothing else is raised, and nothing is inflated beyond what it says of itself."""
    try:
        output = unpack(body)
    except ValueError:
        return
    assert output.outcome is Outcome.FINISHED


def test_what_compilers_write_becomes_small():
    """Structured words repeat themselves."""
    words = b'{"kind": "error", "message": "x", "locations": [{"caret": {"line": 3}}]}, ' * 100
    output = CompileOutput(Outcome.FINISHED, 1, b"", words, 0, 0)
    assert len(pack(output)) < len(words) / 20


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.FINISHED])
def test_what_did_not_finish_is_not_packed(outcome):
    """So it cannot be kept by mistake."""
    with pytest.raises(ValueError, match=outcome.value):
        pack(CompileOutput(outcome, None, b"", b"", 0, 0))


MOUNTS = """\
21 1 0:19 / / rw,relatime shared:1 - ext4 /dev/vda rw
25 21 0:22 / /home rw,nosuid shared:2 master:1 - nfs4 server:/home rw
26 21 0:23 / /home/eve/with\\040space rw - tmpfs tmpfs rw
27 21 0:24 / /homes rw - xfs /dev/vdb rw
28 21 0:25 / /var rw - ext4 /dev/vdc rw
29 28 0:26 / /var rw - 9p share rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/root/.cache", "ext4"),
        ("/home/eve/.cache", "nfs4"),
        ("/home", "nfs4"),
        ("/home/eve/with space/x", "tmpfs"),
        ("/homes/x", "xfs"),
        ("/var/x", "9p"),
    ],
)
def test_a_folders_file_system_is_the_innermost_mounts(path, kind):
    """The last of those on one place; spaces are octal there."""
    assert file_system_of(path, MOUNTS) == kind


@pytest.mark.parametrize("mounts", ["", "nonsense", "1 2 3 - ext4", MOUNTS.replace(" - ", " ")])
def test_mounts_that_cannot_be_read_tell_nothing(mounts):
    """It is no error."""
    assert not file_system_of("/x", mounts)


@pytest.fixture
def headers(tmp_path):
    """Give a tree of folders whose times lie in the past, and a program beside it."""
    (tmp_path / "include/sys/deep").mkdir(parents=True)
    (tmp_path / "include/stdio.h").write_text("int x;")
    (tmp_path / "gcc").write_text("program")
    for folder in ("include/sys/deep", "include/sys", "include"):
        os.utime(tmp_path / folder, (1, 1))
    return tmp_path


def paths(folder):
    return (str(folder / "gcc"), str(folder / "include"), str(folder / "none"))


CHANGES = {
    "a header": lambda folder: (folder / "include/sys/deep/new.h").write_text(""),
    "a folder": lambda folder: (folder / "include/new").mkdir(),
    "one gone": lambda folder: (folder / "include/stdio.h").unlink(),
    "one replaced": lambda folder: (folder / "gcc").rename(folder / "include/stdio.h"),
    "the program": lambda folder: (folder / "gcc").write_text("another"),
    "a root": lambda folder: (folder / "none").mkdir(),
    "no root": lambda folder: (folder / "include").rename(folder / "gone"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_stamp_changes_when_what_is_below_the_roots_does(headers, change):
    """At any depth; else it stays."""
    before = stamp_of(paths(headers))
    assert stamp_of(paths(headers)) == before
    change(headers)
    assert stamp_of(paths(headers)) != before


def test_links_are_not_followed(headers):
    """Nobody goes round in circles, nor where the compiler cannot go."""
    (headers / "include/loop").symlink_to(headers / "include")
    before = stamp_of(paths(headers))
    assert stamp_of(paths(headers)) == before


def test_too_many_folders_are_never_the_same(headers, monkeypatch):
    """Nothing is kept for good of what cannot be told."""
    monkeypatch.setattr("wic_lsp.results.roots._MOST_FOLDERS", 3)
    assert stamp_of(paths(headers)) != stamp_of(paths(headers))


def test_looking_is_not_repeated_within_moments(headers):
    """What is known stays what it was, for as long as the caller says."""
    now = [0.0]
    roots = Roots(lambda: now[0])
    assert roots.known(paths(headers)) is None
    assert roots.known(()) == roots.look(()) == b""
    first = roots.look(paths(headers))
    (headers / "include/new.h").write_text("")
    assert roots.look(paths(headers), 10) == first
    now[0] = 11
    assert roots.known(paths(headers)) == first
    assert roots.look(paths(headers), 10) != first


@pytest.mark.parametrize(
    ("image", "is_pinned"),
    [
        (None, True),
        ("gcc:12@sha256:" + "0a" * 32, True),
        ("registry.example:5000/gcc:12@sha256:" + "0a" * 32, True),
        ("gcc:12@sha512:" + "0a" * 64, True),
        ("gcc:12@unpinned", False),
        ("gcc:12@size:123456", False),
        ("gcc:12", False),
        ("gcc:12@", False),
        ("gcc:12@sha256:" + "0a" * 31, False),
        ("gcc:12@sha256:" + "0A" * 32, False),
        ("gcc:12@sha256:" + "0a" * 32 + "\n", False),
    ],
)
def test_a_job_says_whether_it_names_exactly_what_compiles(image, is_pinned):
    """A name alone, or a size, may mean another image tomorrow."""
    assert CompileJob("x", ("gcc",), image=image).is_pinned is is_pinned
