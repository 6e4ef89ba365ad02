"""What is in force for a document: its client's settings, and over them those of its folder."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from wic_lsp.config import Origin, Settings
from wic_lsp.lsp import preferences as module
from wic_lsp.lsp.preferences import Preferences, path_here
from wic_lsp.lsp.terms import Terms

TERMS = Terms(None, None, is_shared=False, origin=Origin.USER)


class Listener:
    """Preferences, and what they told."""

    def __init__(self, terms=TERMS):
        self.warned: list[str] = []
        self.changes = 0
        self.preferences = Preferences(terms, lambda problem: self.warned.append(problem.message), self.count)

    def count(self):
        """Note that other settings are in force."""
        self.changes += 1

    async def open(self, *folders):
        """Open folders, and wait until they are read."""
        self.preferences.open_folders(folder.as_uri() for folder in folders)
        await self.preferences.settle()

    def flags(self, path):
        """Say which flags are in force for a C file."""
        return self.preferences.settings_for(path.as_uri()).flags.get("c", ())


@pytest.fixture
async def listener():
    listener = Listener()
    yield listener
    await listener.preferences.aclose()


def write(folder, flag, name="wic.toml"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f'flags.c = "{flag}"\n', encoding="utf-8")


async def test_a_folders_file_counts_for_what_lies_in_it(listener, tmp_path):
    """The innermost folder's, alone; elsewhere the client's own settings are in force."""
    outer, inner = tmp_path / "a", tmp_path / "a" / "b"
    write(outer, "-Wall")
    write(inner, "-Wextra")
    (tmp_path / "empty").mkdir()
    listener.preferences.configure("start", Origin.USER, {"flags": {"c": "-w"}})
    await listener.open(outer, inner, tmp_path / "empty")
    assert listener.flags(outer / "x" / "t.c") == ("-Wall",)
    assert listener.flags(inner / "t.c") == ("-Wextra",)
    assert listener.flags(tmp_path / "ab" / "t.c") == ("-w",)
    assert listener.flags(tmp_path / "empty" / "t.c") == ("-w",)
    assert listener.preferences.settings_for("untitled:a/t.c").flags == {"c": ("-w",)}
    assert listener.warned == []


async def test_a_folders_file_goes_over_all_that_the_editor_says(listener, tmp_path):
    """In whatever order it comes; limits stay the user's."""
    write(tmp_path, "-Wall")
    await listener.open(tmp_path)
    listener.preferences.configure("workspace", Origin.WORKSPACE, {"flags": {"c": "-w", "cpp": "-w"}})
    listener.preferences.configure("start", Origin.USER, {"timeoutSeconds": 3})
    settings = listener.preferences.settings_for((tmp_path / "t.c").as_uri())
    assert (settings.flags, settings.timeout_s) == ({"c": ("-Wall",)}, 3.0)
    assert listener.preferences.settings.flags == {"c": ("-w",), "cpp": ("-w",)}


async def test_a_file_that_changes_is_read_again(listener, tmp_path):
    """When the client tells of it; what it tells of other files is passed over, and no change is no news."""
    write(tmp_path, "-Wall")
    await listener.open(tmp_path)
    assert listener.changes == 1
    write(tmp_path, "-Wextra")
    others = [tmp_path / "t.c", tmp_path / "sub" / "wic.toml", tmp_path.parent / "wic.toml"]
    listener.preferences.reread(
        [*(one.as_uri() for one in others), "file://[x", "untitled:wic.toml", "wic.toml"]
    )
    await listener.preferences.settle()
    assert (listener.flags(tmp_path / "t.c"), listener.changes) == (("-Wall",), 1)
    for _ in range(2):
        listener.preferences.reread([(tmp_path / "wic.toml").as_uri()])
        await listener.preferences.settle()
        assert (listener.flags(tmp_path / "t.c"), listener.changes) == (("-Wextra",), 2)
    (tmp_path / "wic.toml").unlink()
    listener.preferences.reread([(tmp_path / "wic.toml").as_uri()])
    await listener.preferences.settle()
    assert (listener.flags(tmp_path / "t.c"), listener.changes) == ((), 3)


async def test_a_folder_that_is_closed_is_forgotten(listener, tmp_path):
    """Even while its file is being read."""
    write(tmp_path, "-Wall")
    await listener.open(tmp_path)
    listener.preferences.close_folders([tmp_path.as_uri()])
    assert (listener.flags(tmp_path / "t.c"), listener.changes) == ((), 2)
    listener.preferences.open_folders([tmp_path.as_uri()])
    listener.preferences.close_folders([tmp_path.as_uri()])
    await listener.preferences.settle()
    assert (listener.flags(tmp_path / "t.c"), listener.changes) == ((), 2)


async def test_many_tidings_of_a_file_are_one_more_reading(listener, tmp_path, monkeypatch):
    """What is read last is what was written last."""
    write(tmp_path, "-Wall")
    reads = []
    read = module.read_workspace_file
    monkeypatch.setattr(module, "read_workspace_file", lambda folder: reads.append(folder) or read(folder))
    await listener.open(tmp_path)
    for _ in range(100):
        listener.preferences.reread([(tmp_path / "wic.toml").as_uri()])
    await asyncio.sleep(0)
    write(tmp_path, "-Wextra")
    for _ in range(100):
        listener.preferences.reread([(tmp_path / "wic.toml").as_uri()])
    await listener.preferences.settle()
    assert listener.flags(tmp_path / "t.c") == ("-Wextra",)
    assert len(reads) == 3


async def test_what_is_wrong_with_a_file_is_told_once(listener, tmp_path):
    """With its name, however often it is asked for."""
    (tmp_path / "wic.toml").write_text('runtime = "moon"\n', encoding="utf-8")
    await listener.open(tmp_path)
    assert listener.flags(tmp_path / "t.c") == listener.flags(tmp_path / "u.c")
    (told,) = listener.warned
    assert told.startswith(f"{tmp_path}/wic.toml: wic.runtime cannot be set by a workspace")
    assert listener.preferences.settings_for((tmp_path / "t.c").as_uri()) == Settings()


async def test_a_shared_server_looks_at_no_file(tmp_path):
    """A client's folder of that name is on another machine."""
    write(tmp_path, "-Wall")
    listener = Listener(replace(TERMS, is_shared=True, origin=Origin.REMOTE))
    await listener.open(tmp_path)
    listener.preferences.reread([(tmp_path / "wic.toml").as_uri()])
    await listener.preferences.settle()
    assert (listener.flags(tmp_path / "t.c"), listener.changes, listener.warned) == ((), 0, [])


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b%20c", "/a/b c"),
        ("file://localhost/a", "/a"),
        ("file://elsewhere/a", None),
        ("file:///a/../b", None),
        ("file:a", None),
        ("http:///a", None),
        ("untitled:/a", None),
        ("/a", None),
        ("file://[x", None),
        ("", None),
    ],
)
def test_only_a_files_uri_names_a_path_here(uri, path):
    """Of this machine, absolute, and without steps upwards."""
    found = path_here(uri)
    assert (str(found) if found is not None else None) == path
