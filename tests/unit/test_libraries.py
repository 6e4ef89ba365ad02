"""Compiled libraries as they are made and used: once for all, by nobody's leave, and never to a false end."""

from __future__ import annotations

import asyncio
import logging

import pytest

from tests.unit.fake_runtime import FakeRuntime, finished, program
from wic_lsp.config import Settings
from wic_lsp.discovery import Catalogue
from wic_lsp.libraries.making import Libraries
from wic_lsp.model import Snippet
from wic_lsp.pipeline import Pipeline
from wic_lsp.results.levels import Results
from wic_lsp.selection import Engine, Selector
from wic_lsp.sharing import hear_waits
from wic_lsp.toolchains.families import families
from wic_runtimes.contract import MAX_FILES, CompileOutput, JobFile, Outcome, check_job
from wic_runtimes.errors import JobEvicted, JobRejected, RuntimeUnavailable

GO = "/b/go"
MADE = b"fmt 3\nabcnet/http 5\n1\n2\n3end\n"
TEXT = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println() }\n'


class ColdGo(FakeRuntime):
    """A Go without a compiled standard library, whose making can be held up and answered."""

    def __init__(self) -> None:
        super().__init__([program(GO)], {GO: self.answer, "/bin/sh": finished(MADE)})
        self.gate = asyncio.Event()
        self.gate.set()
        self.ended = 0

    def answer(self, job):
        """Tell the version, or find nothing."""
        if not job.files:
            return finished(b"go1.1 go1.22 true")
        check_job(job)
        return finished(exit_code=0)

    async def compile(self, job, /):
        """Hold up makings while the gate is closed."""
        if job.argv[0] == "/bin/sh":
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.ended += 1
                raise
        return await super().compile(job)

    @property
    def makings(self):
        """The jobs that make a library."""
        return [job for job in self.jobs if job.argv[0] == "/bin/sh" or "sh" in job.argv]

    @property
    def checks(self):
        """The jobs with somebody's text."""
        return [job for job in self.jobs if job.files and job.files[0].path.endswith(".go")]


class Bench:
    """A pipeline over a cold Go."""

    def __init__(self, folder=None):
        self.now = 0.0
        self.runtime = ColdGo()
        self.libraries = Libraries((lambda: folder) if folder is not None else None, lambda: self.now)
        engine = Engine(self.runtime, Catalogue(self.runtime, families(), None))

        async def engine_for(name, settings):
            return engine

        selector = Selector(engine_for, lambda: ["fake"])
        self.pipeline = Pipeline(selector, Results(), libraries=self.libraries)
        self.number = 0

    async def check(self, text=TEXT, companions=(), settings=None):
        """Check a text that was never checked."""
        self.number += 1
        snippet = Snippet(f"{text}// {self.number}\n", "go", "main.go", companions=companions)
        return await self.pipeline.check(snippet, settings or Settings())


@pytest.fixture
async def bench():
    made = Bench()
    yield made
    await made.libraries.aclose()


def is_fast(job):
    """Whether a job has the compiler alone check a text."""
    return job.argv[1:3] == ("tool", "compile")


async def test_a_check_takes_along_what_its_text_imports(bench):
    """The library is made before, once; each check has the directly imported packages, and no other."""
    await bench.check()
    await bench.check('package main\n\nimport ("fmt"; "net/http"; "no/such")\n')
    assert len(bench.runtime.makings) == 1
    first, second = bench.runtime.checks
    assert is_fast(first)
    assert first.files[1:] == (JobFile(".library/fmt.a", b"abc"),)
    assert [file.path for file in second.files[1:]] == [".library/fmt.a", ".library/net/http.a"]
    assert "-I=.library" in first.argv
    assert first.argv[-1] == "main.go"


async def test_what_companions_import_travels_as_well(bench):
    """The files of a package are compiled together."""
    await bench.check("package main\n", (JobFile("other.go", b'package main\nimport "fmt"\n'),))
    (job,) = bench.runtime.checks
    assert [file.path for file in job.files] == ["main.go", "other.go", ".library/fmt.a"]


async def test_a_text_that_imports_nothing_waits_for_no_library(bench):
    """It needs none."""
    result = await bench.check("package main\n\nfunc main() {}\n")
    assert result.is_complete
    assert bench.runtime.makings == []
    assert is_fast(bench.runtime.checks[0])


async def test_the_job_that_makes_a_library_is_ours_alone(bench):
    """It has no file but our script, the compiler's own roots and the user's memory, and only more time."""
    await bench.check(settings=Settings(timeout_s=3, memory_mb=600))
    (job,) = bench.runtime.makings
    check_job(job)
    assert job.argv == ("/bin/sh", "library.sh", GO)
    assert [file.path for file in job.files] == ["library.sh"]
    assert (job.limits.wall_s, job.limits.memory_bytes) == (600, 600 * 1024 * 1024)
    (check,) = bench.runtime.checks
    assert check.limits.wall_s == 3
    assert set(check.roots) < set(job.roots)
    assert job.environment == check.environment


async def test_a_library_is_made_once_for_all_who_want_it_at_once(bench):
    """However many checks wait."""
    bench.runtime.gate.clear()
    checks = [asyncio.ensure_future(bench.check()) for _ in range(5)]
    await asyncio.sleep(0.01)
    bench.runtime.gate.set()
    results = await asyncio.gather(*checks)
    assert all(result.is_complete for result in results)
    assert len(bench.runtime.makings) == 1


async def test_a_check_that_is_cancelled_does_not_take_the_making_with_it(bench):
    """The next edit's check finds it further, not at its beginning; it is ended only with everything."""
    bench.runtime.gate.clear()
    check = asyncio.ensure_future(bench.check())
    await asyncio.sleep(0.05)
    check.cancel()
    await asyncio.wait([check])
    assert bench.runtime.ended == 0
    bench.runtime.gate.set()
    assert (await bench.check()).is_complete
    assert len(bench.runtime.makings) == 1


async def test_closing_ends_the_making(bench):
    """Nothing is left, and who waits compiles without."""
    bench.runtime.gate.clear()
    check = asyncio.ensure_future(bench.check())
    await asyncio.sleep(0.05)
    await bench.libraries.aclose()
    assert bench.runtime.ended == 1
    assert (await check).is_complete
    assert not is_fast(bench.runtime.checks[0])


async def test_who_waits_is_told(bench, monkeypatch):
    """Each who waits for long hears it, and nobody else does."""
    monkeypatch.setattr("wic_lsp.libraries.making._SOON_S", 0.001)
    heard = []
    bench.runtime.gate.clear()
    with hear_waits(heard.append):
        check = asyncio.ensure_future(bench.check())
    deaf = asyncio.ensure_future(bench.check())
    await asyncio.sleep(0.1)
    bench.runtime.gate.set()
    await asyncio.gather(check, deaf)
    assert heard == ["compiling the standard library of go-1.22, once: this takes a minute or more"]


def ended(outcome):
    """Return the output of a job that did not run to its end."""
    return CompileOutput(outcome, None, MADE, b"", 1.0, 1.0)


FAILURES = [
    (finished(MADE, b"no head", 1), "exit code 1: no head"),
    (finished(MADE[:-4]), "no library: it stops too early"),
    (ended(Outcome.TIMED_OUT), "longer than 600 s"),
    (ended(Outcome.OUT_OF_MEMORY), "more than 1024 MB"),
    (ended(Outcome.CRASHED), "ended by crashed"),
    (ended(Outcome.OUTPUT_LIMIT), "ended by output_limit"),
    (JobRejected("Nothing like that here."), "Nothing like that here"),
    (JobEvicted("It was taken away."), "taken away"),
]


@pytest.mark.parametrize(("answer", "why"), FAILURES)
async def test_where_no_library_can_be_made_the_slow_way_is_gone_and_says_why(bench, answer, why, caplog):
    """The check is made all the same; what failed is not tried again for a while, and then it is."""
    bench.runtime.answers["/bin/sh"] = answer
    result = await bench.check()
    assert result.is_complete
    assert why in caplog.text
    (job,) = bench.runtime.checks
    assert job.argv[1:3] == ("list", "-export")
    bench.runtime.answers[GO] = lambda job: (
        finished(b"go1.1 go1.22 true") if not job.files else ended(Outcome.TIMED_OUT)
    )
    slow = await bench.check()
    assert not slow.is_complete
    assert "go install std" in slow.remedy
    assert why in slow.remedy
    bench.runtime.answers.update({"/bin/sh": finished(MADE), GO: bench.runtime.answer})
    bench.now = 299
    await bench.check()
    assert not is_fast(bench.runtime.checks[-1])
    bench.now = 301
    await bench.check()
    assert is_fast(bench.runtime.checks[-1])


async def test_a_runtime_that_does_not_work_is_no_fault_of_the_library(bench):
    """That is told as always, and tried again with the next check."""
    bench.runtime.answers["/bin/sh"] = RuntimeUnavailable("The engine is down.")
    result = await bench.check()
    assert (result.outcome, result.reason) == (None, "The engine is down.")
    bench.runtime.answers["/bin/sh"] = finished(MADE)
    assert (await bench.check()).is_complete
    assert is_fast(bench.runtime.checks[0])


async def test_what_is_too_large_with_its_library_goes_the_slow_way(bench):
    """Many companions, or many imports, and a runtime that takes no more: it is compiled as it was before."""
    others = tuple(JobFile(f"f{number}.go", b"package main\n") for number in range(MAX_FILES - 1))
    result = await bench.check(companions=others)
    assert result.is_complete
    *_, job = bench.runtime.checks
    assert not is_fast(job)
    assert len(job.files) == MAX_FILES


async def test_a_flag_that_is_not_allowed_is_refused_before_anything_is_made(bench):
    """Nobody waits a minute for that."""
    result = await bench.check(settings=Settings(flags={"go": ("-evil",)}))
    assert "not allowed" in result.reason
    assert bench.runtime.makings == []


async def test_a_library_outlives_the_server(tmp_path):
    """The next one finds it on the disk; another Go's, or another script's, is another library."""
    first, second, third = Bench(tmp_path), Bench(tmp_path), Bench(tmp_path)
    await first.check()
    assert (await second.check()).is_complete
    assert is_fast(second.runtime.checks[0])
    assert second.runtime.makings == []
    third.runtime.programs = [program(GO, stamp="s2")]
    await third.check()
    assert len(third.runtime.makings) == 1
    assert len(list(tmp_path.iterdir())) == 2


async def test_a_library_on_the_disk_that_is_damaged_is_made_anew(tmp_path, caplog):
    """And serves the next."""
    await Bench(tmp_path).check()
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    with caplog.at_level(logging.WARNING):
        second = Bench(tmp_path)
        await second.check()
    assert "made anew" in caplog.text
    assert len(second.runtime.makings) == 1
    third = Bench(tmp_path)
    await third.check()
    assert third.runtime.makings == []


async def test_of_an_image_that_nobody_can_name_nothing_is_kept_on_the_disk(tmp_path):
    """It may be another tomorrow."""
    bench = Bench(tmp_path)
    bench.runtime.images = {"golang:1.22": "some-word"}
    bench.runtime.answers["golang:1.22@some-word"] = lambda job: (
        finished(MADE) if job.argv[0] == "/bin/sh" else bench.runtime.answer(job)
    )
    bench.runtime.programs = []
    assert (await bench.check()).is_complete
    assert is_fast(bench.runtime.checks[0])
    assert bench.runtime.makings[0].argv == ("/bin/sh", "library.sh", "go")
    assert bench.runtime.makings[0].roots == ()
    assert list(tmp_path.iterdir()) == []


async def test_show_compiler_output_uses_the_library_too(bench):
    """And spells the compiler's words for people."""
    await bench.pipeline.show(Snippet(TEXT, "go", "main.go"), Settings())
    (job,) = bench.runtime.checks
    assert is_fast(job)
    assert "-e" not in job.argv
    assert job.files[1].path == ".library/fmt.a"
