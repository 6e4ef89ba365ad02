"""The real command, in an empty folder, with an empty configuration and none of the tester's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended; `pid` names it in what it may have left behind."""

    code: int
    out: str
    err: str
    pid: int

    @property
    def results(self):
        """The results of a JSON report."""
        report = json.loads(self.out)
        assert report["version"] == 1
        return report["results"]

    @property
    def result(self):
        """The one result of a JSON report."""
        (result,) = self.results
        return result


class Wic:
    """`wic` as a user would start it in `folder`, with `environment`; `runtime`, if any, is for checks."""

    program = Path(sys.executable).with_name("wic")

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.runtime = ""

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def configure(self, text: str | bytes) -> Path:
        """Write the user's own settings."""
        return self.write("config/wic/config.toml", text)

    def start(self, *words: str, **options) -> subprocess.Popen[bytes]:
        """Start the command; the caller ends it."""
        if words[:1] == ("check",) and self.runtime:
            words = ("check", "--runtime", self.runtime, *words[1:])
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [self.program, *words], cwd=self.folder, env=self.environment, **(pipes | options)
        )

    def __call__(self, *words: str, said: bytes = b"") -> Ended:
        """Run the command to its end."""
        with self.start(*words, stdin=subprocess.PIPE) as process:
            try:
                out, err = process.communicate(said, timeout=TIMEOUT_S)
            finally:
                process.kill()
        ended = Ended(process.returncode, out.decode(), err.decode(), process.pid)
        assert "Traceback" not in ended.err, ended.err
        return ended


@cache
def health(runtime: str = "sandbox") -> dict[str, object]:
    """Say what the doctor says of that runtime, once in each test process."""
    done = subprocess.run(
        [Wic.program, "doctor", "--format", "json"], capture_output=True, check=False, timeout=TIMEOUT_S
    )
    (found,) = (one for one in json.loads(done.stdout)["runtimes"] if one["name"] == runtime)
    return found


@pytest.fixture(scope="session")
def memory(tmp_path_factory):
    """Keep compilers' versions for the whole session, apart from the tester's own."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shell(tmp_path, memory):
    """Give the command without any demand on the machine."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "USER", "LANG") if name in os.environ}
    environment = kept | {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CACHE_HOME": str(memory),
        "TERM": "xterm-256color",
    }
    return Wic(tmp_path, environment)


@pytest.fixture
def open_folder():
    """Give a folder that every user can read, as pytest's own are not: root compiles as nobody."""
    with tempfile.TemporaryDirectory(prefix="wic-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def require(runtime, missing_engine):
    """Skip where that runtime does not work here, or has no GCC for C and C++."""
    found = health(runtime)
    if not found["usable"]:
        missing_engine(f"{runtime} is not usable here: {found['reason']} {found['remedy']}")
    usable = {(one["id"].partition("-")[0], one["language"]) for one in found["toolchains"] if one["usable"]}
    if not {("gcc", "c"), ("gcc", "cpp")} <= usable:
        missing_engine(f"{runtime} has no gcc and g++ here")


@pytest.fixture
def wic(shell, missing_engine):
    """Give the command on a machine where the sandbox works and a C and a C++ compiler are installed."""
    require("sandbox", missing_engine)
    return shell


@pytest.fixture(params=["sandbox", "docker"])
def anywhere(request, shell, missing_engine):
    """Give the command with each runtime in turn."""
    require(request.param, missing_engine)
    shell.runtime = request.param
    return shell


@pytest.fixture
def need(shell, missing_engine):
    """Give what to call with a family's name: it skips where that is not installed."""

    def need(family: str) -> None:
        runtime = shell.runtime or "sandbox"
        if not any(one["usable"] and one["id"].startswith(family) for one in health(runtime)["toolchains"]):
            missing_engine(f"{family} is not installed for {runtime}")

    return need
