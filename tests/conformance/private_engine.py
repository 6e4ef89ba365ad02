"""A Docker engine of one test module's own: it may be stopped, killed, frozen, and its disk filled.

It lives in namespaces of its own (see tests/engines/private), so that the user's engine is neither touched
nor seen, and the kernel ends all of it with this process. Its one image is made of a few of this machine's
own programs and of a compiler that finds nothing, and does not end where the code speaks of a spin.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from tests.conformance.runtimes_under_test import IMAGE
from tests.conformance.traces import control_groups_below
from wic_runtimes.labels import OWNER

_SCRIPT: Final = Path(__file__).parents[1] / "engines" / "private"
_PROGRAMS: Final = ("cat", "chmod", "env", "head", "sh", "sleep", "tail", "tar")
_NEEDED: Final = ("dockerd", "docker", "unshare", *_PROGRAMS)
_LIBRARY: Final = re.compile(r"(/\S+) \(0x")
_COMPILER: Final = b"""\
#!/bin/sh
case $* in *-dumpfullversion*) echo 12.2.0 && exit ;; esac
for file; do :; done
case $(cat "$file") in *spin*) sleep 600 ;; esac
echo '[]' >&2
"""


def why_no_private_engine() -> str:
    """Say what keeps an engine of the tests' own from being started here; empty where nothing does."""
    if os.getuid() != 0:
        return "starting an engine of the tests' own needs root"
    missing = [program for program in _NEEDED if shutil.which(program) is None]
    return f"an engine of the tests' own needs {', '.join(missing)}" if missing else ""


class PrivateEngine:
    """The engine: `url` is its address, `socket` its file. Every method returns when what it says is done."""

    def __init__(self, folder: Path, process: subprocess.Popen[str]) -> None:
        self.socket = folder / "docker.sock"
        self.url = f"unix://{self.socket}"
        self._log = folder / "log"
        self._process = process
        self._is_running = self._is_frozen = self._is_full = False
        self._await_answer()

    def start(self, *options: str) -> None:
        """Start the daemon, with further options, and wait until it answers."""
        self._tell("start", *options)
        self._is_running = True

    def stop(self) -> None:
        """Let the daemon end as its own user would: it ends its containers first."""
        self._tell("TERM")
        self._is_running = False

    def kill(self) -> None:
        """Kill the daemon with -9."""
        self._tell("KILL")
        self._is_running = self._is_frozen = False

    def freeze(self) -> None:
        """Let the daemon's socket take connections that nobody answers."""
        self._tell("STOP")
        self._is_frozen = True

    def thaw(self) -> None:
        """Let a frozen daemon go on."""
        self._tell("CONT")
        self._is_frozen = False

    def fill(self) -> None:
        """Fill the daemon's disk to its last byte."""
        self._is_full = True
        self._tell("fill")

    def free(self) -> None:
        """Make room on the daemon's disk again."""
        self._tell("free")
        self._is_full = False

    def mend(self) -> None:
        """Undo whatever was done to it; its containers stay."""
        if self._is_frozen:
            self.thaw()
        if self._is_full:
            self.free()
        if not self._is_running:
            self.start()
        self.bring_image()

    def docker(self, *words: str, stdin: bytes = b"") -> str:
        """Run the engine's own command and return what it prints."""
        whole = ["docker", "--host", self.url, *words]
        return subprocess.run(whole, input=stdin, capture_output=True, check=True, timeout=60).stdout.decode()

    def ours(self) -> list[str]:
        """Return the ids of the containers that carry our label, those that have ended as well."""
        return self.docker("ps", "--all", "--quiet", "--filter", f"label={OWNER}").split()

    def bring_image(self, *, without: str = "") -> str:
        """Make IMAGE anew, without one of its programs, and return its digest, which is another each time."""
        return self.docker("import", "--change", "ENV PATH=/bin", "-", IMAGE, stdin=_image(without)).strip()

    def _tell(self, *words: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()
        self._await_answer()

    def _await_answer(self) -> None:
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            log = self._log.read_text(encoding="utf-8")[-3000:] if self._log.exists() else "there is no log"
            raise RuntimeError(f"The tests' own engine failed: {log}")


@contextmanager
def private_engine() -> Iterator[PrivateEngine]:
    """Start an engine with IMAGE on it; whatever became of it meanwhile, nothing of it is left at the end."""
    folder = Path(tempfile.mkdtemp(prefix="wic-engine-"))
    folder.chmod(0o755)
    process = subprocess.Popen(
        [_SCRIPT, folder, folder.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        with process:
            engine = PrivateEngine(folder, process)
            engine.start()
            engine.bring_image()
            yield engine
    finally:
        for group in control_groups_below(folder.name):
            group.rmdir()
        shutil.rmtree(folder)


@cache
def _image(without: str = "") -> bytes:
    """Return an image's file system: programs of this machine, with the libraries that they are linked to."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", dereference=True) as archive:
        libraries: set[str] = set()
        for program in sorted({*_PROGRAMS} - {without}):
            path = os.path.realpath(str(shutil.which(program)))
            archive.add(path, f"bin/{program}")
            linked = subprocess.run(["ldd", path], capture_output=True, text=True, check=True, timeout=60)
            libraries.update(_LIBRARY.findall(linked.stdout))
        for library in sorted(libraries):
            archive.add(library, library.lstrip("/"))
        for compiler in ("gcc", "g++"):
            entry = tarfile.TarInfo(f"bin/{compiler}")
            entry.mode, entry.size = 0o755, len(_COMPILER)
            archive.addfile(entry, io.BytesIO(_COMPILER))
    return stream.getvalue()
