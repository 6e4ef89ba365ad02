"""What of a workspace is read: the editor's text first, then regular files in it, and nothing else."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_lsp.companions.gather import Refusal, Source, gather
from wic_lsp.companions.references import join
from wic_lsp.companions.workspace import OpenText, Workspace, find_root

HIDDEN = "not of this workspace"


@pytest.fixture
def place(tmp_path):
    """Give a folder with a workspace `w` and, beside it, a secret."""
    (tmp_path / "w" / "sub").mkdir(parents=True)
    (tmp_path / "secret.h").write_text(HIDDEN)
    (tmp_path / "w" / "a.h").write_text("on the disk")
    return tmp_path


def read(place, name, texts=None, most=100, **options):
    found = Workspace([str(place / "w")], texts, **options).read(str(place / "w" / name), most)
    return found if isinstance(found, Refusal) else found.text


def test_a_file_is_read_from_the_disk(place):
    """With where it lies."""
    found = Workspace([str(place / "w")]).read(str(place / "w" / "a.h"), 100)
    assert found == Source(b"on the disk", "on the disk", (place / "w" / "a.h").as_uri(), None)


@pytest.mark.parametrize("name", ["a.h", "new.h"])
def test_the_editors_text_goes_first(place, name):
    """Also where nothing was saved yet; it has the editor's own URI, and its version."""
    texts = {str(place / "w" / name): OpenText("in the editor", "file:///its/own", 7)}
    found = Workspace([str(place / "w")], texts).read(str(place / "w" / name), 100)
    assert found == Source(b"in the editor", "in the editor", "file:///its/own", 7)


@pytest.mark.parametrize(
    ("most", "found"), [(11, "on the disk"), (10, Refusal.TOO_LARGE), (0, Refusal.TOO_LARGE)]
)
def test_no_more_is_read_than_is_asked_for(place, most, found):
    """Of the disk or of the editor."""
    assert read(place, "a.h", most=most) == found
    assert read(place, "o.h", {str(place / "w" / "o.h"): OpenText("on the disk", "", 1)}, most) == found


@pytest.mark.parametrize(
    ("link", "to", "found"),
    [
        ("l.h", "../secret.h", Refusal.OUTSIDE),
        ("sub/l.h", "../a.h", "on the disk"),
        ("l.h", "/etc/passwd", Refusal.OUTSIDE),
        ("l.h", "none.h", Refusal.ABSENT),
        ("l.h", "l.h", Refusal.UNREADABLE),
        ("d/secret.h", "..", Refusal.OUTSIDE),
        ("d/a.h", ".", "on the disk"),
    ],
)
def test_a_link_is_followed_only_within_the_workspace(place, link, to, found):
    """Of a file or of a folder on the way."""
    at = place / "w" / (link if not link.startswith("d/") else "d")
    at.symlink_to(to)
    assert read(place, link) == found


def test_a_workspace_that_is_reached_by_a_link_is_one(place):
    """Its files are named by either path."""
    (place / "linked").symlink_to("w")
    workspace = Workspace([str(place / "linked")])
    for folder in ("linked", "w"):
        assert workspace.read(str(place / folder / "a.h"), 100).text == "on the disk"
    assert workspace.read(str(place / "secret.h"), 100) is Refusal.OUTSIDE


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("sub", Refusal.ABSENT),
        ("a.h/x", Refusal.ABSENT),
        ("x" * 5000, Refusal.ABSENT),
        ("\0", Refusal.ABSENT),
    ],
)
def test_what_is_no_file_is_not_there(place, name, found):
    """A folder, a file's child, an endless name."""
    assert read(place, name) is found


def test_a_pipe_is_not_opened(place):
    """Opening one waits for somebody to write, and tells him."""
    os.mkfifo(place / "w" / "p.h")
    assert read(place, "p.h") is Refusal.NO_FILE


def test_a_device_is_not_opened(place):
    """Whatever a link in the workspace leads to."""
    (place / "w" / "d.h").symlink_to("/dev/zero")
    assert Workspace(["/dev"]).read("/dev/zero", 100) is Refusal.NO_FILE
    assert read(place, "d.h") is Refusal.OUTSIDE


def test_without_the_disk_there_is_what_is_open(place):
    """Wherever it lies: nothing of this machine is looked at."""
    texts = {"/elsewhere/o.h": OpenText("open", "u", 1)}
    workspace = Workspace([], texts, reads_disk=False)
    assert workspace.read("/elsewhere/o.h", 100).text == "open"
    assert workspace.read(str(place / "w" / "a.h"), 100) is Refusal.CLOSED
    assert workspace.names(str(place / "w")) is Refusal.CLOSED


def test_a_folder_has_the_names_of_its_files(place):
    """Those in the editor too; one that is only there has no others."""
    texts = {
        str(place / "w" / "new.h"): OpenText("", "", 1),
        str(place / "w" / "gone" / "x"): OpenText("", "", 1),
    }
    workspace = Workspace([str(place / "w")], texts)
    assert workspace.names(str(place / "w")) == ("a.h", "new.h", "sub")
    assert workspace.names(str(place / "w" / "gone")) == ("x",)
    assert workspace.names(str(place)) is Refusal.OUTSIDE


STEPS = st.lists(st.sampled_from(["..", "w", "sub", "up", "back", "secret.h", "s.h", "a.h"]), max_size=6)


@given(STEPS)
def test_no_way_leads_out(steps):
    """Through any mixture of `..` and links, what is read is never outside."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "w" / "sub").mkdir(parents=True)
        (place / "secret.h").write_text(HIDDEN)
        (place / "w" / "a.h").write_text("a")
        (place / "w" / "up").symlink_to("..")
        (place / "w" / "sub" / "back").symlink_to("../..")
        (place / "w" / "s.h").symlink_to("../secret.h")
        workspace = Workspace([str(place / "w")])
        raw = "/".join([str(place / "w"), *steps])
        for path in (raw, join(str(place / "w"), *steps)):
            found = workspace.read(path, 100)
            assert isinstance(found, Refusal) or found.text == "a"
        text = f'#include "{"/".join(steps)}"\n'
        gone = gather(str(place / "w" / "m.c"), "m.c", text, "c", workspace)
        assert all(file.content == b"a" for file in gone.files)


@pytest.mark.parametrize(
    ("path", "near", "root"),
    [
        ("/home/u/p/src/a.c", None, "/home/u/p"),
        ("/home/u/q/src/a.c", None, "/home/u/q/src"),
        ("/home/u/q/src/a.c", "/home/u/q", "/home/u/q"),
        ("/home/u/q/src/a.c", "/home/u", "/home/u/q/src"),
        ("/home/u/q/src/a.c", "/", "/home/u/q/src"),
        ("/home/u/a.c", "/home/u", "/home/u"),
        ("/a.c", None, "/"),
    ],
)
def test_a_file_in_no_workspace_has_the_folder_of_git_or_its_own(tmp_path, path, near, root):
    """Or the one that the user is in; never the user's home or above, though Git may have it."""
    base = str(tmp_path)
    (tmp_path / "home/u/p/.git").mkdir(parents=True)
    (tmp_path / "home/u/.git").mkdir()
    (tmp_path / ".git").mkdir()
    found = find_root(base + path, f"{base}/home/u", None if near is None else base + near.rstrip("/"))
    assert found == (base + root).rstrip("/")
