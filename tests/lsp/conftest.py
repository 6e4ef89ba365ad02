"""The installed server, started for one test at a time in a home of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.editor import Abilities, Editor
from tests.lsp.programs import CLEAN
from tests.lsp.raw import RawClient

COMMAND = Path(sys.executable).with_name("wic-lsp")


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Path:
    """Return a home that has no settings; what the servers learn of the compilers stays in it."""
    folder: Path = tmp_path_factory.mktemp("home")
    return folder


@pytest.fixture(scope="session")
def environment(home) -> Mapping[str, str]:
    """Return the environment of the servers: ours, with another home."""
    own = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "WIC_TEST_SECRET": "the-servers-own-secret",
    }
    return {**os.environ, **own}


@pytest.fixture(scope="session")
def why_no_engine(home, environment) -> str:
    """Try the sandbox with a C++ compiler, once; returns what is wrong with it, or nothing."""
    file = home / "trial.cpp"
    file.write_text(CLEAN, encoding="utf-8")
    trial = subprocess.run(
        [COMMAND.with_name("wic"), "check", file],
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return "" if trial.returncode == 0 else f"{trial.stdout.decode()} {trial.stderr.decode()}"


@pytest.fixture
def engine(why_no_engine, missing_engine) -> None:
    """Skip where there is no sandbox or no compiler."""
    if why_no_engine:
        missing_engine(f"the sandbox cannot compile C++ here: {why_no_engine}")


@pytest.fixture(scope="session")
def why_no_docker(environment) -> str:
    """Ask the doctor, once, whether Docker has GCC 12; returns what is wrong with it, or nothing."""
    words = [COMMAND.with_name("wic"), "doctor", "--format", "json"]
    done = subprocess.run(words, env=environment, capture_output=True, check=False, timeout=120)
    (docker,) = (one for one in json.loads(done.stdout)["runtimes"] if one["name"] == "docker")
    if not docker["usable"]:
        return f"docker is not usable here: {docker['reason']} {docker['remedy']}"
    has_gcc = any(one["id"] == "gcc-12" and one["usable"] for one in docker["toolchains"])
    return "" if has_gcc else "the image gcc:12 is not on this engine: docker pull gcc:12"


@pytest.fixture
def docker(why_no_docker, missing_engine) -> None:
    """Skip where there is no engine with the image."""
    if why_no_docker:
        missing_engine(why_no_docker)


@pytest.fixture
async def start_editor(environment) -> AsyncIterator[Callable[..., Awaitable[Editor]]]:
    """Give a function that starts an editor with its server; all are ended with the test."""
    async with AsyncExitStack() as stack:

        async def start(abilities: Abilities | None = None, /, *words: str, **changes: Any) -> Editor:
            extra = changes.pop("environment", {})
            editor = Editor(replace(abilities or Abilities(), **changes))
            stack.push_async_callback(editor.aclose)
            editor.answer = await editor.start(
                COMMAND, "--stdio", *words, environment={**environment, **extra}
            )
            return editor

        yield start


@pytest.fixture
async def start_raw(environment) -> AsyncIterator[Callable[..., Awaitable[RawClient]]]:
    """Give a function that starts a server for a raw client; all are ended with the test."""
    async with AsyncExitStack() as stack:

        async def start(*words: str, stdin: int = asyncio.subprocess.PIPE, **extra: str) -> RawClient:
            client = await RawClient.start(
                COMMAND, "--stdio", *words, environment={**environment, **extra}, stdin=stdin
            )
            stack.push_async_callback(client.aclose)
            return client

        yield start
