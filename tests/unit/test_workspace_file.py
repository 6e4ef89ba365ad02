"""A workspace's own settings: which file counts, what it may say, and what is told where it is not right."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wic_lsp.config import Settings
from wic_lsp.workspace_file import NAMES, WorkspaceFile, find_workspace_file, read_workspace_file

SAID = '[toolchains]\ncpp = "gcc-12"\n'


@pytest.mark.parametrize("name", NAMES)
def test_it_may_choose_toolchains_standards_and_flags(tmp_path, name):
    """Over what was in force before; what it does not name stays."""
    (tmp_path / name).write_text(SAID + '[flags]\nc = ["-Wall"]\n[standards]\nc = "c99"\n', encoding="utf-8")
    before = Settings(toolchains={"c": ("clang",)}, flags={"cpp": ("-w",)}, memory_mb=99)
    settings, problems = read_workspace_file(tmp_path).over(before)
    assert problems == ()
    assert settings.toolchains == {"cpp": ("gcc-12",)}
    assert (settings.flags, settings.standards) == ({"c": ("-Wall",)}, {"c": ("c99",)})
    assert settings.memory_mb == 99


def test_it_may_not_choose_what_is_the_users(tmp_path):
    """Each attempt is told with the file's name; the rest of it counts."""
    said = 'runtime = "docker"\nruntimeClass = "runc"\ntimeoutSeconds = 99\nmemoryMegabytes = 128\n'
    (tmp_path / "wic.toml").write_text(f"{said}{SAID}", encoding="utf-8")
    settings, problems = read_workspace_file(tmp_path).over(Settings())
    assert [one.option for one in problems] == ["wic.runtime", "wic.runtimeClass", "wic.timeoutSeconds"]
    assert all(one.message.startswith(f"{tmp_path}/wic.toml: wic.") for one in problems)
    assert (settings.runtime, settings.runtime_class, settings.timeout_s) == ("auto", "", 10.0)
    assert (settings.memory_mb, settings.toolchains) == (128, {"cpp": ("gcc-12",)})


def test_where_there_is_none_nothing_is_said(tmp_path):
    """The settings stay the very same."""
    settings = Settings()
    assert read_workspace_file(tmp_path / "nowhere") == WorkspaceFile()
    assert read_workspace_file(tmp_path).over(settings) == (settings, ())


def test_of_two_names_one_counts(tmp_path):
    """And the other is told to be passed over."""
    for name in NAMES:
        (tmp_path / name).write_text(SAID, encoding="utf-8")
    found = read_workspace_file(tmp_path)
    assert found.path == tmp_path / "wic.toml"
    assert [one.message for one in found.problems] == [
        f"{tmp_path}/.wic.toml is passed over, since there is wic.toml."
    ]


def make_link(path):
    path.symlink_to("/etc/hostname")


def make_large(path):
    path.write_text("#" * 65_537, encoding="utf-8")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (make_link, "it is a link"),
        (Path.mkdir, "it is no regular file"),
        (os.mkfifo, "it is no regular file"),
        (make_large, "it has more than 65,536 bytes"),
        (lambda path: path.write_bytes(b"\xff"), "utf-8"),
        (lambda path: path.write_text("a = ", encoding="utf-8"), "Invalid value"),
        (lambda path: path.write_text("a = " + "[" * 60_000, encoding="utf-8"), "recursion"),
    ],
)
def test_what_is_no_such_file_is_told_and_stops_nothing(tmp_path, make, told):
    """Nothing is waited for, and no other file is read in its place."""
    make(tmp_path / "wic.toml")
    settings, problems = read_workspace_file(tmp_path).over(Settings())
    assert settings == Settings()
    (problem,) = problems
    assert problem.message.startswith(f"{tmp_path}/wic.toml cannot be read (")
    assert told in problem.message


def test_a_largest_file_is_read(tmp_path):
    """Up to the last byte."""
    (tmp_path / "wic.toml").write_text(SAID + "#" * (65_536 - len(SAID)), encoding="utf-8")
    assert read_workspace_file(tmp_path).problems == ()


@pytest.mark.parametrize(
    ("file", "git", "home", "is_found"),
    [
        ("a/b", None, None, True),
        ("a", None, None, False),
        ("a", "a", None, True),
        ("", "a", None, False),
        ("", "", None, True),
        ("a", None, "", True),
        ("", None, "", False),
        ("a", "", "a", False),
        ("a/b", "a/b", "", True),
        ("a", "a/b", "", False),
        ("a/b", None, "a/b", True),
    ],
)
def test_the_nearest_file_up_to_the_repositorys_root_or_home_counts(tmp_path, file, git, home, is_found):
    """Nobody's files are read in folders that are neither a repository's nor the user's."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / file / "wic.toml").write_text(SAID, encoding="utf-8")
    if git is not None:
        (tmp_path / git / ".git").mkdir()
    found = find_workspace_file(folder, tmp_path / home if home is not None else Path("/nobodys"))
    assert found.path == (tmp_path / file / "wic.toml" if is_found else None)


def test_the_nearest_one_counts_alone(tmp_path):
    """What is said above it is not added, even where the nearest cannot be read."""
    folder = tmp_path / "a"
    (folder / ".wic.toml").mkdir(parents=True)
    (tmp_path / ".git").write_text("gitdir: elsewhere", encoding="utf-8")
    (tmp_path / "wic.toml").write_text(SAID, encoding="utf-8")
    settings, (problem,) = find_workspace_file(folder, Path("/nobodys")).over(Settings())
    assert settings == Settings()
    assert problem.message.startswith(f"{folder}/.wic.toml cannot be read")
