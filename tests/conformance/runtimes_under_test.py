"""The runtimes that the conformance suite runs over: one line each in RUNTIMES.

A runtime is held to the suite by saying how to make it and how to ask it for two things: to run a script in
`sh` (with perl and the usual small programs at hand), and to check a C file with GCC.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from tests.conformance.cluster_turns import TURNS
from tests.conformance.kubernetes_namespace import kubernetes_options
from tests.conformance.podman_service import podman_address
from tests.conformance.traces import processes_in_gvisor, processes_with
from wic_runtimes.contract import CompileJob, JobFile, Limits, Runtime
from wic_runtimes.registry import create_runtime

_PATH = (("PATH", "/usr/local/bin:/usr/bin:/bin"),)
IMAGE = "gcc:12"
_numbers = itertools.count()


def job_id() -> str:
    """Return an id that no other job of this run has."""
    return f"test-{os.getpid()}-{next(_numbers)}"


def _host_shell(script: str, *words: str, **limits: Any) -> CompileJob:
    shell = os.path.realpath("/bin/sh")
    argv = (shell, "-c", script, "sh", *words)
    return CompileJob(job_id(), argv, roots=("/usr/bin",), limits=Limits(**limits), environment=_PATH)


def _host_gcc(source: str, **limits: Any) -> CompileJob:
    gcc = os.path.realpath(shutil.which("gcc") or "/usr/bin/gcc")
    return CompileJob(
        job_id(),
        (gcc, "-fsyntax-only", "main.c"),
        files=(JobFile("main.c", source.encode()),),
        roots=(gcc, "/usr/lib/gcc", "/usr/libexec/gcc", "/usr/include"),
        limits=Limits(**limits),
    )


def _image_shell(script: str, *words: str, **limits: Any) -> CompileJob:
    argv = ("/bin/sh", "-c", script, "sh", *words)
    return CompileJob(job_id(), argv, image=IMAGE, limits=Limits(**limits), environment=_PATH)


def _image_gcc(source: str, **limits: Any) -> CompileJob:
    files = (JobFile("main.c", source.encode()),)
    return CompileJob(
        job_id(), ("gcc", "-fsyntax-only", "main.c"), files, image=IMAGE, limits=Limits(**limits)
    )


@dataclass(frozen=True, slots=True)
class RuntimeUnderTest:
    """One runtime: its name, how to make it, and its jobs. `shell` takes a script, its words and limits.

    `processes` finds the living processes that have a word among their arguments. `user` is who they run as;
    None where that is somebody else each time. `has_own_kernel` says that
    the machine's kernel runs none of them, and does not count them: gVisor's does, and dies at its limit.
    `turn` is to be held while it is used: of what other tests break.
    """

    name: str
    create: Callable[[], Runtime]
    shell: Callable[..., CompileJob]
    gcc: Callable[..., CompileJob]
    processes: Callable[[str], Sequence[object]] = processes_with
    has_own_kernel: bool = False
    user: int | None = 65534
    turn: Callable[[], AbstractContextManager[None]] = nullcontext


def _registered(name: str, **options: object) -> Callable[[], Runtime]:
    return lambda: create_runtime(name, options)


def _podman() -> Runtime:
    """Make the Docker runtime, on a Podman service of the tests' own."""
    return create_runtime("docker", {"address": podman_address()})


def _kubernetes(**options: object) -> Callable[[], Runtime]:
    return lambda: create_runtime("kubernetes", {"kubernetes": kubernetes_options(), **options})


RUNTIMES = (
    RuntimeUnderTest("sandbox", _registered("sandbox"), _host_shell, _host_gcc),
    RuntimeUnderTest("sandbox-no-spares", _registered("sandbox", spares=False), _host_shell, _host_gcc),
    RuntimeUnderTest("docker", _registered("docker"), _image_shell, _image_gcc),
    RuntimeUnderTest("docker-no-spares", _registered("docker", spares=False), _image_shell, _image_gcc),
    RuntimeUnderTest(
        "docker-gvisor",
        _registered("docker", runtime_class="runsc"),
        _image_shell,
        _image_gcc,
        processes_in_gvisor,
        has_own_kernel=True,
    ),
    RuntimeUnderTest("podman", _podman, _image_shell, _image_gcc),
    RuntimeUnderTest("kubernetes", _kubernetes(), _image_shell, _image_gcc, user=None, turn=TURNS.shared),
    RuntimeUnderTest(
        "kubernetes-cold",
        _kubernetes(spares=False),
        _image_shell,
        _image_gcc,
        user=None,
        turn=TURNS.shared,
    ),
)
