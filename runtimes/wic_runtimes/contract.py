"""The contract between the server and every runtime: plain values in, plain values out.

A `CompileJob` says everything that a runtime needs and nothing about languages or editors. A
`CompileOutput` says how the compiler's process ended and what it wrote. `Runtime` is the protocol that
sandbox, Docker and Kubernetes implement, and that the conformance suite under `tests/conformance/` holds
them to. This module does no IO and must stay free of it: it is shared by all sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, unique
from itertools import chain
from pathlib import PurePosixPath
from typing import Final, Protocol, runtime_checkable

from wic_runtimes.errors import JobRejected, JobTooLarge

SOURCE_DIR: Final = "/src"
"""Absolute path, inside every runtime, of the working folder that holds the job's files."""

MAX_FILES: Final = 65
"""One main file and at most 64 companions."""

MAX_TOTAL_BYTES: Final = 5 * 1024 * 1024
"""At most 1 MiB of main file and 4 MiB of companions."""

MAX_PATH_LENGTH: Final = 1000
"""The longest path of a file, in code points."""

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


@unique
class Outcome(Enum):
    """How the compiler's process ended. A compiler that rejects code has FINISHED."""

    FINISHED = "finished"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_LIMIT = "output_limit"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class JobFile:
    """One file of a job: a relative POSIX path below SOURCE_DIR, and its bytes."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use, over all of its processes unless said otherwise.

    `wall_s` and `cpu_s` are seconds (`cpu_s` per process), the `*_bytes` are bytes. `output_bytes` bounds
    stdout and stderr together. `file_bytes` bounds any one file that is written, `tmp_bytes` the size of
    /tmp, which does not exist when it is 0. `address_bytes` is what the program reserves of addresses and
    never fills: it counts where a runtime can bound a process's addresses only, and not its memory.
    """

    wall_s: float = 10.0
    cpu_s: int = 20
    memory_bytes: int = 1024 * 1024 * 1024
    output_bytes: int = 8 * 1024 * 1024
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 64 * 1024 * 1024
    tmp_bytes: int = 0
    address_bytes: int = 0


@dataclass(frozen=True, slots=True)
class CompileJob:
    """One request to a runtime. A value.

    `argv[0]` is the compiler's program: an absolute path where the runtime uses the host's compilers, a
    name or path inside `image` where it uses images. `image` is a name (`gcc:12`), or a name with the digest
    that `find_images` told (`gcc:12@sha256:...`), which runs that image and no later one. `roots` are the
    absolute host paths that this compiler consists of; only a runtime without images reads them, and those
    that do not exist are passed over. `environment` is the compiler's whole environment; a runtime with
    images adds the image's own PATH where the job has none. `needs_own_path` for a program that asks the
    system where it lies: it is told so at /proc/self/exe, also where there is no other /proc.
    """

    id: str
    argv: tuple[str, ...]
    files: tuple[JobFile, ...] = ()
    image: str | None = None
    roots: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    environment: tuple[tuple[str, str], ...] = ()
    needs_own_path: bool = False

    @property
    def is_pinned(self) -> bool:
        """Whether the job says exactly what compiles: its answer may then be remembered for good.

        A program of the runtime's own is told by its stamp (see `Program`), an image by its content's digest.
        Of an image that has only a name, or what else a runtime tells in a digest's place (see `Image`),
        nobody knows whether it is still the same one tomorrow.
        """
        return self.image is None or _DIGEST.fullmatch(self.image.rpartition("@")[2]) is not None


@dataclass(frozen=True, slots=True)
class CompileOutput:
    """What came back from a compiler that was started.

    `exit_code` is None where the process did not end by itself; a death by signal N is 128+N. When the
    outcome is OUTPUT_LIMIT, `stdout` and `stderr` are the beginnings that fitted. `compile_s` is the time
    from the compiler's start to its end, `total_s` includes making and removing the isolation; in seconds.
    """

    outcome: Outcome
    exit_code: int | None
    stdout: bytes
    stderr: bytes
    compile_s: float
    total_s: float


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a runtime can work now; if not, `reason` and `remedy`. `facts` are for `wic doctor`."""

    usable: bool
    reason: str = ""
    remedy: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Program:
    """A compiler's program on a runtime that has programs of its own.

    `path` is absolute and free of symbolic links; `names` are the names it was found by; `stamp` changes
    when the program does. `is_script` says that it is a text, which another program runs (`#!`).
    """

    path: str
    names: tuple[str, ...]
    stamp: str
    is_script: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """A compiler's image on a runtime that uses images.

    `digest` names the image's content, as `sha256:` and 64 hexadecimal digits (OCI image specification,
    descriptor.md). Where an image may be there whose content the runtime cannot tell, it is any other word,
    best one that changes when the image seems to; what such an image compiles is remembered no longer than
    the server lives. It is empty where the image is not there, and `remedy` then says how to get it.
    """

    name: str
    digest: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """How far the pull or the build of an image has come.

    `step` is a word or two for people. The `*_bytes` are bytes; `total_bytes` is of what is known of so far,
    so it may grow, and 0 while nothing is.
    """

    step: str
    done_bytes: int = 0
    total_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What `collect_garbage` removed: one line of text each."""

    removed: tuple[str, ...] = ()


@runtime_checkable
class Runtime(Protocol):
    """Runs one compile job in isolation. Knows nothing of languages, editors or LSP.

    Cancelling the task that awaits `compile` kills the compiler wherever it runs and leaves nothing
    behind. What fails on our side raises from `wic_runtimes.errors`.
    """

    @property
    def name(self) -> str:
        """The word that users choose this runtime by."""
        ...

    async def compile(self, job: CompileJob, /) -> CompileOutput:
        """Run the job to its end. Raises RuntimeFailure where the compiler could not be run."""
        ...

    async def find_programs(
        self, pattern: re.Pattern[str], folders: Sequence[str] = (), /
    ) -> Sequence[Program]:
        """Find the runtime's own programs whose name matches; empty where compilers come in images.

        They are looked for on PATH, then in `folders`: absolute paths, in which `~`, `$VARIABLE` and the
        wildcards of `glob` stand for what they do on the runtime's machine. The first is what the machine's
        owner means by the name.
        """
        ...

    async def find_images(self, names: Sequence[str], /) -> Sequence[Image]:
        """Say of each image whether it is there; empty where compilers are the runtime's own programs.

        Never fetches one. Raises RuntimeFailure where that cannot be found out.
        """
        ...

    async def cleanup(self, job_id: str, /) -> None:
        """End the job if it still runs. Unknown ids are no error."""
        ...

    async def collect_garbage(self) -> Leftovers:
        """Remove what servers that are dead left behind."""
        ...

    async def health(self) -> Health:
        """Say whether a job would be isolated and run now, by trying it."""
        ...

    async def aclose(self) -> None:
        """End every job and release everything."""
        ...


@runtime_checkable
class ImageStore(Protocol):
    """What a runtime that keeps images itself can do besides compiling. Nothing of it is ever done unasked.

    `report` is called on the event loop. Cancelling the task that awaits ends the work on the engine too.
    """

    def has_recipe(self, name: str, /) -> bool:
        """Whether `build_image` has a recipe for the image of that name. Speaks to nobody."""
        ...

    async def pull_image(self, name: str, report: Callable[[Transfer], None], /) -> Image:
        """Fetch an image from its registry and return it. Raises RuntimeFailure."""
        ...

    async def build_image(
        self, name: str, report: Callable[[Transfer], None], /, *, network: str = ""
    ) -> Image:
        """Build the image of that name from the recipe that comes with us, and return it.

        `network` is the engine's name of the network that the build uses. Raises ImageUnavailable where
        there is no recipe for it, RuntimeFailure where the build fails.
        """
        ...


def check_job(job: CompileJob) -> None:
    """Raise JobRejected unless the job's files and arguments are well formed, JobTooLarge for too many.

    Every runtime calls this first: paths are relative, without `..`, unique, and free of NUL, and none lies
    below another file; the number of files and their size are bounded; the argument vector is not empty.
    """
    if not job.argv or not job.argv[0]:
        raise JobRejected("The job names no program.")
    _check_words(job)
    if len(job.files) > MAX_FILES:
        raise JobTooLarge(f"The job has {len(job.files)} files; at most {MAX_FILES} are accepted.")
    total = sum(len(file.content) for file in job.files)
    if total > MAX_TOTAL_BYTES:
        raise JobTooLarge(f"The job's files have {total} bytes; at most {MAX_TOTAL_BYTES} are accepted.")
    seen: set[str] = set()
    for file in job.files:
        _check_path(file.path)
        if file.path in seen:
            raise JobRejected(f"The path {file.path!r} occurs twice.")
        seen.add(file.path)
    for file in job.files:
        if not seen.isdisjoint(str(parent) for parent in PurePosixPath(file.path).parents):
            raise JobRejected(f"The path {file.path!r} lies below a path that is a file.")


def _check_words(job: CompileJob) -> None:
    words = (*job.argv, *chain.from_iterable(job.environment))
    if any("\0" in word or not _is_text(word) for word in words):
        raise JobRejected("An argument holds a NUL byte or a half of a character.")
    if any(not name or "=" in name for name, _ in job.environment):
        raise JobRejected("A variable of the environment has no proper name.")


def _check_path(text: str) -> None:
    path = PurePosixPath(text)
    if (
        path.is_absolute()
        or not path.parts
        or ".." in path.parts
        or "\0" in text
        or str(path) != text
        or not _is_text(text)
        or len(text) > MAX_PATH_LENGTH
    ):
        raise JobRejected(f"The path {text!r} is not a plain relative path.")


def _is_text(word: str) -> bool:
    """Whether a word can be given to a program. Bytes that are no UTF-8 are escaped as in PEP 383."""
    try:
        word.encode("utf-8", errors="surrogateescape")
    except UnicodeEncodeError:
        return False
    return True
