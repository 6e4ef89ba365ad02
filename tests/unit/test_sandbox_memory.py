"""Where control groups can be made, how they are limited and read, and that only the dead are collected."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from wic_runtimes import ownership
from wic_runtimes.sandbox import memory
from wic_runtimes.sandbox.memory import (
    Group,
    Hierarchy,
    MemoryGroups,
    candidates,
    collect_dead_groups,
    remove_group,
)

V1_MOUNTS = """\
tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0
cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
"""
V1_OWN = "4:memory:/user.slice/a\n3:cpuset:/\n1:cpu,cpuacct:/\n0::/user.slice\n"


class Tree:
    """A folder that looks like a mounted cgroup v2 with one server in it."""

    def __init__(self, root: Path, group: str, offering: tuple[str, ...]) -> None:
        self.root = root
        self.mounts = f"proc /proc proc rw 0 0\ncgroup2 {root} cgroup2 rw,nosuid 0 0\n"
        self.own = f"0::{group}\n"
        (root / group.lstrip("/")).mkdir(parents=True, exist_ok=True)
        for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
            (folder / "cgroup.procs").write_text("")
            offers = "/" + str(folder.relative_to(root)).lstrip(".") in offering
            (folder / "cgroup.subtree_control").write_text("cpu memory pids\n" if offers else "cpu pids\n")

    def install(self, monkeypatch) -> None:
        """Show it to the module as this machine's."""
        for name, text in (("_MOUNTS", self.mounts), ("_OWN", self.own)):
            file = self.root.with_name(f"{self.root.name}{name}")
            file.write_text(text)
            monkeypatch.setattr(memory, name, file)


def test_v1_tries_its_own_group_and_then_the_root():
    """In v1 our own group comes first; inside a container its path is not there, and the mount's root is."""
    assert list(candidates(V1_MOUNTS, V1_OWN)) == [
        Hierarchy(1, Path("/sys/fs/cgroup/memory/user.slice/a")),
        Hierarchy(1, Path("/sys/fs/cgroup/memory")),
    ]


def test_v2_delegated_to_a_user_begins_at_the_parent(tmp_path):
    """A group that holds processes cannot hold limited ones: the nearest ancestor that offers memory does."""
    tree = Tree(tmp_path, "/user.slice/app.slice/code.scope", ("/", "/user.slice", "/user.slice/app.slice"))
    assert list(candidates(tree.mounts, tree.own)) == [
        Hierarchy(2, tmp_path / "user.slice/app.slice"),
        Hierarchy(2, tmp_path / "user.slice"),
        Hierarchy(2, tmp_path),
    ]


def test_v2_at_the_root_uses_the_root(tmp_path):
    """A server in the root group makes its groups there."""
    tree = Tree(tmp_path, "/", ("/",))
    assert list(candidates(tree.mounts, tree.own)) == [Hierarchy(2, tmp_path)]


def test_v2_that_offers_no_memory_offers_no_place(tmp_path):
    """Where the memory controller is not delegated, there is nothing to try."""
    tree = Tree(tmp_path, "/init.scope", ())
    assert list(candidates(tree.mounts, tree.own)) == []


def test_no_mounts_give_no_places():
    """Without any control group mounted there is nothing to try."""
    assert list(candidates("proc /proc proc rw 0 0\n", V1_OWN)) == []


def test_where_the_kernel_has_no_tables_there_are_no_groups(tmp_path, monkeypatch):
    """On another system nothing is found, nothing is collected, and nothing fails."""
    monkeypatch.setattr(memory, "_MOUNTS", tmp_path / "mounts")
    monkeypatch.setattr(memory, "_OWN", tmp_path / "cgroup")
    assert MemoryGroups().why_not == "no memory control group is mounted"
    assert collect_dead_groups() == ()


def fake_kernel(monkeypatch):
    """Let a new folder have the files that the kernel would make in it."""
    make = Path.mkdir

    def mkdir(self, *arguments, **options):
        make(self, *arguments, **options)
        (self / "memory.max").write_text("max\n")
        (self / "memory.swap.max").write_text("max\n")
        (self / "memory.oom.group").write_text("0\n")
        (self / "memory.events").write_text("low 0\noom 3\noom_kill 0\noom_group_kill 0\n")

    monkeypatch.setattr(Path, "mkdir", mkdir)


def test_a_group_is_limited_and_says_when_the_kernel_killed(tmp_path, monkeypatch):
    """The limit is written with swap and as one fate for all; kills are read from the kernel's counter."""
    root = tmp_path / "cgroup"
    Tree(root, "/a.scope", ("/",)).install(monkeypatch)
    fake_kernel(monkeypatch)
    groups = MemoryGroups()
    assert groups.hierarchy == Hierarchy(2, root)
    group = groups.acquire(1000)
    assert group is not None
    assert group.folder.parent == root / ownership.own_label()
    assert (group.folder / "memory.max").read_text() == "1000"
    assert (group.folder / "memory.swap.max").read_text() == "0"
    assert (group.folder / "memory.oom.group").read_text() == "1"
    (group.folder / "memory.events").write_text("oom 4\noom_kill 2\n")
    assert groups.release(group)
    again = groups.acquire(2000)
    assert again is group
    assert (group.folder / "memory.max").read_text() == "2000"
    assert not groups.release(group), "the kills of an earlier job were held against a later one"


def test_a_group_that_somebody_removed_is_made_anew(tmp_path, monkeypatch):
    """A group that is not there any more is passed over, not an error of the job."""
    Tree(tmp_path / "cgroup", "/a.scope", ("/",)).install(monkeypatch)
    fake_kernel(monkeypatch)
    groups = MemoryGroups()
    group = groups.acquire(1000)
    assert group is not None
    groups.release(group)
    for file in group.folder.iterdir():
        file.unlink()
    group.folder.rmdir()
    other = groups.acquire(2000)
    assert other is not None
    assert other.folder != group.folder


def test_a_read_only_tree_leaves_no_groups_and_says_why(tmp_path, monkeypatch):
    """As in a container: nothing can be made, the reason is kept, and it does not take long."""
    Tree(tmp_path / "cgroup", "/a.scope", ("/",)).install(monkeypatch)

    def refuse(self, *_, **__):
        raise OSError(30, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(Path, "rmdir", refuse)
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it waited for what does not change"))
    groups = MemoryGroups()
    assert groups.hierarchy is None
    assert groups.acquire(1000) is None
    assert groups.why_not.startswith("Read-only file system: ")


def test_only_the_groups_of_dead_servers_are_collected(tmp_path, monkeypatch):
    """A folder is removed when its server cannot be alive: same pid namespace, no such process."""
    root = tmp_path / "cgroup"
    Tree(root, "/a.scope", ("/",)).install(monkeypatch)
    pid, start, namespace = ownership.own_label().removeprefix("wic-").split("-")
    dead = f"wic-{pid}-{int(start) + 1}-{namespace}"
    kept = [ownership.own_label(), f"wic-{pid}-{int(start) + 1}-{int(namespace) + 1}", "wic-x", "other.scope"]
    for name in (dead, f"other.scope/{dead}", *kept):
        (root / name).mkdir(parents=True, exist_ok=True)
    assert collect_dead_groups() == (f"control group {dead}",)
    assert not (root / dead).exists()
    assert not (root / "other.scope" / dead).exists(), "the dead lived in another group than we do"
    assert all((root / name).exists() for name in kept)


def test_members_that_cannot_be_named_are_never_killed(tmp_path, monkeypatch):
    """A member of another pid namespace reads as 0, which to kill(2) is our own process group."""
    killed = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append((pid, number)))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    (tmp_path / "cgroup.procs").write_text("0\n4194303\n0\n")
    remove_group(tmp_path)
    assert set(killed) == {(4194303, signal.SIGKILL)}


@pytest.mark.parametrize(("version", "name"), [(1, "memory.oom_control"), (2, "memory.events")])
def test_kills_are_read_where_each_version_keeps_them(tmp_path, version, name):
    """An absent counter counts as no kill."""
    (tmp_path / name).write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n")
    assert Group(tmp_path, version, 0).kills() == 7
    (tmp_path / name).write_text("oom_kill_disable 0\n")
    assert Group(tmp_path, version, 0).kills() == 0
