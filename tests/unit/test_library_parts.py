"""Compiled libraries, their pure parts and their files: what is imported, what is believed, what is kept."""

from __future__ import annotations

import os
import stat
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_lsp.libraries import archive, store
from wic_lsp.libraries.archive import Unsound, read_made, unpack
from wic_lsp.libraries.imports import go_imports
from wic_lsp.libraries.store import MOST_FILES, LibraryFolder

KEY = "ab" * 32
MADE = b"fmt 3\nabcnet/http 5\n1\n2\n3end\n"

IMPORTED = [
    ('import "fmt"', {"fmt"}),
    ("import `fmt`", {"fmt"}),
    ('import f "fmt"; import . "os"; import _ "embed"', {"fmt", "os", "embed"}),
    (
        'import (\n\t"fmt"\n\th "net/http" // for all\n\n\t/* no */ "io"; "os"\n)',
        {"fmt", "net/http", "io", "os"},
    ),
    ('import ()\nimport("fmt")', {"fmt"}),
    ('// import "a"\n/* import "b" */ import "c" // import "d"', {"c"}),
    ('var s = "import \\"a\\""\nvar t = `import "b"`\nvar r = \'"\'\nimport "c"', {"c"}),
    ('func main() {}\nimport "late"', {"late"}),
    ('import "open\nimport "fmt"', {"fmt"}),
    ('import (\n"fmt"\n', {"fmt"}),
    ('import (\n"fmt"\nx := 1\n"os"\n)', {"fmt"}),
    ("reimport important", set()),
    ('import é "fmt"', {"fmt"}),
    ("", set()),
]


@pytest.mark.parametrize(("text", "paths"), IMPORTED)
def test_every_import_clause_of_go_is_read(text, paths):
    """With names, in groups, between comments, in a broken text; but nothing out of comments or strings."""
    assert go_imports([f"package main\n{text}\n"]) == paths


def test_the_imports_of_all_files_come_together():
    """A package is compiled whole."""
    assert go_imports(['import "fmt"', 'import "os"', 'import "fmt"']) == {"fmt", "os"}


def test_a_path_with_an_escape_is_not_guessed_at():
    """Then it is not known what is imported, and nothing else is said."""
    assert go_imports(['import "f\\x6dt"']) is None


@pytest.mark.parametrize(
    "piece", ["/*", "import ", '"', "`", "'", "import (", "import /*", "//", 'import "a";', "\\"]
)
def test_reading_imports_takes_linear_time(piece):
    """Whatever the text; a mebibyte of it is read in seconds."""
    text = piece * (1024 * 1024 // len(piece))
    began = time.perf_counter()
    go_imports([text])
    assert time.perf_counter() - began < 20


@given(st.text(alphabet="import\"`/*\\()\n 'a_.;"))
def test_no_text_is_too_odd_to_be_read(text):
    """Reading imports raises nothing."""
    go_imports([text])


def test_what_a_runtime_brings_back_is_read_and_kept_as_it_was():
    """Each member by its name; the bytes that are kept make the same library."""
    made = read_made(MADE)
    kept = unpack(made.pack())
    for one in (made, kept):
        assert (len(one), one.get("fmt"), one.get("net/http"), one.get("os")) == (2, b"abc", b"1\n2\n3", None)
    assert kept.pack() == made.pack()


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9_]{1,9}(/[a-z0-9_]{1,9}){0,3}", fullmatch=True), st.binary(), min_size=1
    )
)
def test_any_bytes_go_there_and_back(members):
    """Nothing in a member is taken for what stands around it."""
    stream = b"".join(
        b"%s %d\n%s" % (name.encode(), len(content), content) for name, content in members.items()
    )
    kept = unpack(read_made(stream + b"end\n").pack())
    assert {name: kept.get(name) for name in members} == members


HOSTILE = [
    b"",
    b"end\n",
    b"fmt 3\nabc",
    b"fmt 3\nabcend",
    b"fmt 4\nabcend\n",
    b"fmt 2\nabcend\n",
    b"fmt 3\nabcend\nfmt 3\nabc",
    b"fmt 3\nabcfmt 3\nabcend\n",
    b"../fmt 3\nabcend\n",
    b"a/../../fmt 3\nabcend\n",
    b"/etc/passwd 3\nabcend\n",
    b"a//b 3\nabcend\n",
    b"a/ 3\nabcend\n",
    b".a 3\nabcend\n",
    b"-a 3\nabcend\n",
    b"a\0b 3\nabcend\n",
    b"a b 3\nabcend\n",
    b"\xff 3\nabcend\n",
    b"fmt -3\nabcend\n",
    b"fmt 0x3\nabcend\n",
    b"fmt 3 11\nabcend\n",
    b"fmt 9999999999\nabcend\n",
    b"fmt 999999999\nabcend\n",
    b"f" * 300 + b" 3\nabcend\n",
    b"\nend\n",
    b"wic: what is this\nend\n",
]


@pytest.mark.parametrize("stream", HOSTILE)
def test_nothing_odd_is_taken_for_a_library(stream):
    """Neither what is cut off or goes on, nor a name that is no plain one, nor a size that is not there."""
    with pytest.raises(Unsound):
        read_made(stream)


def test_a_library_is_bounded(monkeypatch):
    """In its members' number, in their sizes and in all."""
    monkeypatch.setattr(archive, "MOST_MEMBERS", 2)
    monkeypatch.setattr(archive, "MOST_MEMBER_BYTES", 4)
    monkeypatch.setattr(archive, "MOST_BYTES", 6)
    assert len(read_made(b"a 3\naaab 3\nbbbend\n")) == 2
    for stream in (b"a 1\nab 1\nbc 1\ncend\n", b"a 5\naaaaaend\n", b"a 4\naaaab 4\nbbbbend\n"):
        with pytest.raises(Unsound, match="too large"):
            read_made(stream)


def test_a_byte_that_has_changed_on_the_disk_is_noticed():
    """At whatever place."""
    kept = read_made(MADE).pack()
    for place in range(len(kept)):
        damaged = kept[:place] + bytes([kept[place] ^ 1]) + kept[place + 1 :]
        with pytest.raises(Unsound):
            unpack(damaged)
    for cut in (kept[:-1], kept + b"x", kept[:40], b""):
        with pytest.raises(Unsound):
            unpack(cut)


@pytest.mark.parametrize("size", [0, 4, 5000, 4_000_000])
def test_a_member_that_unpacks_to_another_size_is_none(size):
    """It is not even unpacked further than it should go."""
    bomb = archive.Archive({"a": archive._Packed(size, zlib.compress(b"x" * 5001))})
    with pytest.raises(Unsound, match="size"):
        unpack(bomb.pack()).get("a")
    with pytest.raises(Unsound, match="unpacked"):
        archive.Archive({"a": archive._Packed(3, b"nonsense")}).get("a")


def test_a_library_is_kept_for_its_user_alone(tmp_path):
    """In a file of its own, of which nobody ever sees half."""
    folder = LibraryFolder(tmp_path / "libraries")
    assert folder.load(KEY) is None
    folder.save(KEY, read_made(MADE))
    (file,) = (tmp_path / "libraries").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert folder.load(KEY).get("fmt") == b"abc"
    assert folder.load("cd" * 32) is None


@pytest.mark.parametrize("damage", ["cut", "changed", "link", "folder", "pipe"])
def test_a_file_that_is_damaged_is_none_and_can_be_made_anew(tmp_path, damage, caplog):
    """Nor is what somebody put in its place followed, waited for or believed."""
    folder = LibraryFolder(tmp_path)
    folder.save(KEY, read_made(MADE))
    (file,) = tmp_path.iterdir()
    sound = file.read_bytes()
    if damage == "cut":
        file.write_bytes(sound[:-3])
    elif damage == "changed":
        file.write_bytes(sound.replace(b"fmt", b"fmu"))
    else:
        file.unlink()
        other = tmp_path / "other"
        other.write_bytes(sound)
        {"link": lambda: file.symlink_to(other), "folder": file.mkdir, "pipe": lambda: os.mkfifo(file)}[
            damage
        ]()
    assert folder.load(KEY) is None
    assert "made anew" in caplog.text
    folder.save(KEY, read_made(MADE))
    assert (folder.load(KEY) is None) == (damage == "folder")


def test_the_folder_is_pruned(tmp_path):
    """What was used longest ago goes first, and drafts that nobody finishes; others' files stay."""
    now = time.time()
    folder = LibraryFolder(tmp_path, lambda: now + 7200)
    keys = [f"{number:064x}" for number in range(MOST_FILES)]
    for number, key in enumerate(keys):
        folder.save(key, read_made(MADE))
        os.utime(tmp_path / f"{key}.library", (number, number))
    (tmp_path / "draft-x").write_bytes(b"")
    (tmp_path / "notes").write_bytes(b"")
    assert folder.load(keys[0]) is not None
    folder.save(KEY, read_made(MADE))
    assert folder.load(keys[0]) is not None
    assert folder.load(keys[1]) is None
    assert not (tmp_path / "draft-x").exists()
    assert (tmp_path / "notes").exists()


def test_a_folder_that_cannot_be_used_is_an_empty_one(tmp_path, caplog, monkeypatch):
    """What could not be kept is told, and nothing is left of it."""
    (tmp_path / "file").write_bytes(b"")
    folder = LibraryFolder(tmp_path / "file" / "libraries")
    folder.save(KEY, read_made(MADE))
    assert "could not be kept" in caplog.text
    assert folder.load(KEY) is None

    def fail(_path, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.Path, "replace", fail)
    LibraryFolder(tmp_path / "full").save(KEY, read_made(MADE))
    assert list((tmp_path / "full").iterdir()) == []
