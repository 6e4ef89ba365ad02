"""A runtime that compiles nothing: it answers from a table and remembers what it was asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence

from wic_runtimes.contract import CompileJob, CompileOutput, Health, Image, Leftovers, Outcome, Program

Answer = CompileOutput | Exception | Callable[[CompileJob], CompileOutput]


def finished(stdout: bytes = b"", stderr: bytes = b"", exit_code: int = 0) -> CompileOutput:
    """Return the output of a compiler that ran to its end."""
    return CompileOutput(Outcome.FINISHED, exit_code, stdout, stderr, 0.01, 0.02)


def program(path: str, *names: str, stamp: str = "s1", is_script: bool = False) -> Program:
    """Return a program that is found by its own name, or by those given."""
    return Program(path, names or (path.rpartition("/")[2],), stamp, is_script)


class FakeRuntime:
    """Answers each job by its program's path; `jobs` and `looked_up` say what it was asked.

    With `images`, from names to digests, it is a runtime that uses images, and answers by the job's image.
    """

    name = "fake"

    def __init__(self, programs: Sequence[Program] = (), answers: Mapping[str, Answer] | None = None) -> None:
        self.programs = list(programs)
        self.answers = dict(answers or {})
        self.jobs: list[CompileJob] = []
        self.looked_up: list[str] = []
        self.images: dict[str, str] | None = None

    async def compile(self, job: CompileJob, /) -> CompileOutput:
        """Answer from the table."""
        self.jobs.append(job)
        await asyncio.sleep(0)
        answer = self.answers[job.argv[0] if self.images is None else str(job.image)]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, CompileOutput) else answer(job)

    async def find_programs(
        self, pattern: re.Pattern[str], _folders: Sequence[str] = (), /
    ) -> Sequence[Program]:
        """Return those of the given programs that match."""
        self.looked_up.append(pattern.pattern)
        return [one for one in self.programs if any(pattern.fullmatch(name) for name in one.names)]

    async def find_images(self, names: Sequence[str], /) -> Sequence[Image]:
        """Return each of them, with its digest if it is there."""
        if self.images is None:
            return ()
        return [Image(name, self.images.get(name, ""), f"Get {name}.") for name in names]

    async def cleanup(self, job_id: str, /) -> None:
        """Do nothing: no job runs for long."""

    async def collect_garbage(self) -> Leftovers:
        """Find nothing."""
        return Leftovers()

    async def health(self) -> Health:
        """Be well."""
        return Health(usable=True)

    async def aclose(self) -> None:
        """Do nothing."""
