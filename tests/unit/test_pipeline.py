"""From a snippet to a result: what is compiled, what is kept, and that nothing is clean for nothing."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.unit.fake_runtime import FakeRuntime, finished, program
from wic_lsp import pipeline as module
from wic_lsp.config import Settings
from wic_lsp.discovery import Catalogue
from wic_lsp.model import (
    Edit,
    Fence,
    Finding,
    Fix,
    LineOrigin,
    Note,
    Place,
    Position,
    Range,
    Severity,
    Snippet,
)
from wic_lsp.parsers import PARSERS
from wic_lsp.pipeline import MAX_SNIPPET_BYTES, Pipeline, explain_outcome, to_document
from wic_lsp.results.levels import Results
from wic_lsp.selection import Engine, Selector
from wic_lsp.snippets.markdown import extract
from wic_lsp.toolchains.families import families
from wic_runtimes import errors
from wic_runtimes.contract import CompileOutput, Limits, Outcome
from wic_runtimes.errors import RuntimeFailure, RuntimeUnavailable

GCC = "/usr/bin/gcc"
SNIPPET = Snippet("int main(){ return y; }", "c", "t.c")
LINES = tuple(
    LineOrigin(Position(line, column), fence=Fence("```")) for line, column in [(10, 4), (11, 2), (12, 2)]
)
NOT_FINISHED = [outcome for outcome in Outcome if outcome is not Outcome.FINISHED]
FAILURES = [
    kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RuntimeFailure)
]


def gcc_error(message="bad", line=1, column=20, option=None, kind="error"):
    caret = {"file": "t.c", "line": line, "column": column, "byte-column": column, "display-column": column}
    said = {
        "kind": kind,
        "message": message,
        "children": [],
        "locations": [{"caret": caret}],
        "column-origin": 1,
    }
    return said | ({"option": option} if option else {})


def gcc_output(*findings, exit_code=1):
    return finished(b"", json.dumps(list(findings)).encode() + b"\n", exit_code)


class Bench:
    """A pipeline over a fake GCC whose answer can be set."""

    def __init__(self):
        self.runtime = FakeRuntime([program(GCC)], {GCC: self.answer})
        self.output = gcc_output(exit_code=0)
        self.results = Results()
        catalogue = Catalogue(self.runtime, families(), None)
        engine = Engine(self.runtime, catalogue)

        async def engine_for(name, settings):
            return engine

        self.pipeline = Pipeline(Selector(engine_for, lambda: ["fake"]), self.results)

    def answer(self, job):
        """Tell the version, or what was set."""
        if job.argv[1:] == ("-dumpfullversion",):
            return finished(b"12.2.0")
        if isinstance(self.output, Exception):
            raise self.output
        return self.output

    async def check(self, snippet=SNIPPET, settings=None, wanted=None):
        """Check with the settings' defaults."""
        return await self.pipeline.check(snippet, settings or Settings(), wanted)

    @property
    def compiles(self):
        """The jobs that were more than a question for the version."""
        return [job for job in self.runtime.jobs if job.files]


@pytest.fixture
def bench():
    return Bench()


async def test_a_check_sends_the_text_and_reads_the_answer(bench):
    """The job holds the text under its name and the settings' limits; the result says who found what."""
    bench.output = gcc_output(gcc_error("no y"))
    result = await bench.check(
        settings=Settings(timeout_s=3, flags={"c": ("-Wall",)}, standards={"c": ("c11",)})
    )
    (job,) = bench.compiles
    assert [(file.path, file.content) for file in job.files] == [("t.c", SNIPPET.text.encode())]
    assert job.argv[-5:] == ("-std=c11", "-Wall", "-x", "c", "t.c")
    assert job.limits == Settings(timeout_s=3).limits()
    (finding,) = result.findings
    assert (finding.severity, finding.message) == (Severity.ERROR, "no y")
    assert finding.place == Place(None, Range(Position(0, 19), Position(0, 20)))
    assert (result.toolchain, result.runtime, result.outcome) == ("gcc-12", "fake", Outcome.FINISHED)
    assert result.command == job.argv
    assert result.why == "It works here and has the toolchain."
    assert result.is_on_host
    assert not result.cached
    assert result.duration_s > 0


async def test_a_clean_text_has_no_findings(bench):
    """A compiler that ended with 0 and said nothing is the one way to clean."""
    result = await bench.check()
    assert (result.outcome, result.findings, result.is_complete) == (Outcome.FINISHED, (), True)


async def test_findings_are_moved_to_where_the_snippet_lies(bench):
    """A block in the middle of a document has its findings there, each line in its own column."""
    bench.output = gcc_output(
        gcc_error(line=1, column=5), gcc_error(line=2, column=1, kind="warning"), gcc_error()
    )
    snippet = replace(SNIPPET, text="int x\nint y\n", lines=LINES)
    result = await bench.check(snippet)
    starts = {finding.place.range.start for finding in result.findings}
    assert Position(10, 8) in starts
    assert Position(11, 2) in starts


def test_notes_and_fixes_move_with_their_finding_and_other_files_stay():
    """Only places in the snippet are the document's; a header's are its own."""
    here, there = Range(Position(0, 1), Position(1, 2)), Range(Position(10, 5), Position(11, 4))
    snippet = Snippet("int x\nint y\n", "c", "t.c", LINES)
    finding = Finding(
        Severity.ERROR,
        "m",
        Place(None, here),
        notes=(Note("a", Place(None, here)), Note("b", Place("/h.h", here)), Note("c")),
        fixes=(
            Fix("f", (Edit(here, "x"), Edit(Range(Position(1, 3), Position(1, 4)), "y")), is_sure=True),
            Fix("not in one line", (Edit(here, "x\ny"),), is_sure=True),
        ),
    )
    moved = to_document(finding, snippet)
    assert moved.place == Place(None, there)
    assert [note.place for note in moved.notes] == [Place(None, there), Place("/h.h", here), None]
    (fix,) = moved.fixes
    assert [edit.range for edit in fix.edits] == [there, Range(Position(11, 5), Position(11, 6))]
    assert to_document(finding, replace(snippet, lines=())) == finding
    in_header = replace(finding, place=Place("/h.h", here))
    assert to_document(in_header, snippet).place == Place("/h.h", here)


@pytest.mark.parametrize("exit_code", [1, 2, 4, 255])
@pytest.mark.parametrize("stderr", [b"", b"[]\n", b"gcc: fatal error\n", b"\xff\xfe", b"[" * 100_000])
async def test_a_compiler_that_failed_is_never_clean(bench, exit_code, stderr):
    """Whatever it wrote, or did not write, an exit code other than 0 is at least one error."""
    bench.output = finished(b"", stderr, exit_code)
    result = await bench.check()
    assert result.has_error
    assert result.is_complete


async def test_a_failure_with_warnings_alone_gets_an_error(bench):
    """Warnings do not explain an exit code; the error says which compiler, which code and its words."""
    bench.output = gcc_output(gcc_error("w", kind="warning"), exit_code=3)
    warning, error = (await bench.check()).findings
    assert warning.severity is Severity.WARNING
    assert error.severity is Severity.ERROR
    assert error.message.startswith("gcc-12 failed with exit code 3. ")


@pytest.mark.parametrize(
    ("stderr", "said"), [(b" \n", "It wrote nothing."), (b"ld: no\n", "ld: no"), (b"x" * 600, "x" * 500)]
)
async def test_a_failure_that_no_parser_explains_is_told_in_the_compilers_words(
    bench, monkeypatch, stderr, said
):
    """Its beginning, at the top of the snippet; or that there was nothing to read."""
    monkeypatch.setitem(PARSERS, "gcc-json", lambda *_: ())
    bench.output = finished(b"", stderr, 1)
    lines = (LineOrigin(Position(3, 2)),)
    (finding,) = (await bench.check(replace(SNIPPET, lines=lines))).findings
    assert finding.message == f"gcc-12 failed with exit code 1. {said}"
    assert finding.place.range.start == Position(3, 2)


@pytest.mark.parametrize("outcome", NOT_FINISHED)
async def test_any_other_outcome_says_why_and_what_to_do_and_is_not_kept(bench, outcome):
    """No findings are taken from a compiler that did not end, and the next check tries again."""
    bench.output = CompileOutput(outcome, None, b"out", b"err", 1, 1)
    first, second = await bench.check(), await bench.check()
    for result in (first, second):
        assert result.outcome is outcome
        assert not result.is_complete
        assert not result.cached
        assert result.findings == ()
        assert result.reason.endswith(".")
        assert result.remedy.endswith(".")
        assert result.raw_output == "outerr"
    assert len(bench.compiles) == 2


@pytest.mark.parametrize(
    ("outcome", "code", "sentence"),
    [
        (Outcome.TIMED_OUT, None, "The compiler did not end within 2.5 s and was stopped."),
        (Outcome.OUT_OF_MEMORY, None, "The compiler needed more than 256 MB of memory and was stopped."),
        (Outcome.OUTPUT_LIMIT, None, "The compiler wrote more than 3 MB and was stopped."),
        (Outcome.CRASHED, 139, "The compiler crashed (signal 11)."),
        (Outcome.CRASHED, None, "The compiler crashed."),
    ],
)
def test_outcomes_are_explained_with_their_limits(outcome, code, sentence):
    """The sentence names the limit that was in force."""
    limits = Limits(wall_s=2.5, memory_bytes=256 << 20, output_bytes=3 << 20)
    assert explain_outcome(CompileOutput(outcome, code, b"", b"", 0, 0), limits)[0] == sentence


def test_a_compiler_that_is_known_to_be_slow_says_what_helps():
    """The user need not simplify the code where something can be installed; other outcomes are as ever."""
    late = CompileOutput(Outcome.TIMED_OUT, None, b"", b"", 0, 0)
    assert explain_outcome(late, Limits(), "Install it.")[1] == "Install it."
    crashed = CompileOutput(Outcome.CRASHED, None, b"", b"", 0, 0)
    assert explain_outcome(crashed, Limits(), "Install it.") == explain_outcome(crashed, Limits())


@pytest.mark.parametrize("kind", FAILURES)
async def test_a_failure_of_ours_is_a_result_that_was_not_run(bench, kind):
    """No exception leaves; nothing is concluded about the code and nothing kept."""
    bench.output = kind("It is down.", "Start it.")
    result = await bench.check()
    assert result.outcome is None
    assert not result.is_complete
    assert (result.reason, result.remedy) == ("It is down.", "Start it.")
    assert (result.toolchain, result.runtime) == ("gcc-12", "fake")
    bench.output = gcc_output(exit_code=0)
    again = await bench.check()
    assert (again.outcome, again.cached) == (Outcome.FINISHED, False)


async def test_a_runtime_that_is_not_there_is_a_result(bench):
    """The name that was asked for is in the result, and no other runtime is taken in its place."""

    async def no_engine(name, settings):
        raise RuntimeUnavailable(f"There is no runtime '{name}'.", "Choose another.")

    pipeline = Pipeline(Selector(no_engine, list), Results())
    result = await pipeline.check(SNIPPET, Settings(runtime="moon"), "gcc-12")
    assert (result.outcome, result.runtime, result.toolchain) == (None, "moon", "gcc-12")
    assert result.reason == "There is no runtime 'moon'."


@pytest.fixture
def pair():
    """Give two runtimes with a GCC each, by name, and a pipeline whose `auto` asks them in this order."""
    benches = {name: Bench() for name in ("first", "second")}
    for name, one in benches.items():
        one.runtime.name = name

    async def engine_for(name, settings):
        runtime = benches[name].runtime
        return Engine(runtime, Catalogue(runtime, families(), None))

    return benches, Pipeline(Selector(engine_for, lambda: list(benches)), Results())


async def test_a_runtime_that_fails_only_when_it_is_to_compile_is_passed_over(pair):
    """Its compiler's version was remembered; nothing was compiled, so `auto` may go on, and says so."""
    benches, pipeline = pair
    benches["first"].output = RuntimeUnavailable("Namespaces are forbidden.", "Allow them.")
    benches["second"].output = gcc_output(gcc_error("no y"))
    result = await pipeline.check(SNIPPET, Settings())
    assert (result.runtime, result.outcome, len(result.findings)) == ("second", Outcome.FINISHED, 1)
    assert result.why == "It has the toolchain; first does not work here (Namespaces are forbidden)."
    await pipeline.check(replace(SNIPPET, text="int x;"), Settings())
    assert [len(one.compiles) for one in benches.values()] == [1, 2]


async def test_two_runtimes_that_fail_when_they_are_to_compile_are_both_named(pair):
    """Each is tried once, and the user is told of both."""
    benches, pipeline = pair
    for name, one in benches.items():
        one.output = RuntimeUnavailable(f"{name} is down.", f"Start {name}.")
    result = await pipeline.check(SNIPPET, Settings())
    assert (result.outcome, result.reason) == (None, "first is down.")
    assert result.remedy == "Start first. With second: second is down. Start second."
    assert [len(one.compiles) for one in benches.values()] == [1, 1]


async def test_a_runtime_that_the_user_chose_is_not_passed_over(pair):
    """Its failure is the result, and the other is not even asked."""
    benches, pipeline = pair
    benches["first"].output = RuntimeUnavailable("Down.", "Start it.")
    result = await pipeline.check(SNIPPET, Settings(runtime="first"))
    assert (result.outcome, result.runtime, result.reason, result.remedy) == (
        None,
        "first",
        "Down.",
        "Start it.",
    )
    assert benches["second"].runtime.jobs == []


@pytest.mark.parametrize("kind", [kind for kind in FAILURES if not issubclass(kind, RuntimeUnavailable)])
async def test_a_compile_that_failed_otherwise_is_not_repeated_elsewhere(pair, kind):
    """It had begun, or the job itself is wrong: the other runtime is not asked."""
    benches, pipeline = pair
    benches["first"].output = kind("No.", "Do.")
    result = await pipeline.check(SNIPPET, Settings())
    assert (result.outcome, result.runtime, result.reason) == (None, "first", "No.")
    assert benches["second"].runtime.jobs == []


async def test_a_toolchain_that_is_not_there_is_a_result(bench):
    """The remedy holds those that are."""
    result = await bench.check(wanted="gcc-13")
    assert (result.outcome, result.toolchain) == (None, "gcc-13")
    assert "gcc-12" in result.remedy
    assert bench.compiles == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * (MAX_SNIPPET_BYTES + 1), "The text has 1,048,577 bytes; at most 1,048,576 are checked."),
        ("ü" * (MAX_SNIPPET_BYTES // 2 + 1), "The text has 1,048,578 bytes; at most 1,048,576 are checked."),
        ("int x;\nint \0y;\n", "Line 2 holds a NUL byte, so this is not source text."),
        ("int x;\r\n\rint \0y;\n", "Line 3 holds a NUL byte, so this is not source text."),
    ],
    ids=["large", "large in bytes", "NUL", "NUL behind other line ends"],
)
async def test_what_no_compiler_should_be_given_is_given_to_none(bench, text, reason):
    """Too large or no text: not compiled, and told why."""
    result = await bench.check(replace(SNIPPET, text=text))
    assert (result.outcome, result.reason) == (None, reason)
    assert result.remedy
    assert bench.runtime.jobs == []


async def test_the_line_that_is_no_text_is_the_documents(bench):
    """A block does not begin where its document does."""
    (block,) = extract("text\n\n> ```cpp\n> int x;\n> int \0y;\n> ```\n")
    result = await bench.check(block.snippet)
    assert result.reason == "Line 5 holds a NUL byte, so this is not source text."


async def test_the_largest_text_is_compiled(bench):
    """The bound is the last that is accepted."""
    assert (await bench.check(replace(SNIPPET, text="x" * MAX_SNIPPET_BYTES))).is_complete


async def test_half_characters_are_sent_as_something_that_can_be_written(bench):
    """An editor may send half of a surrogate pair; it is a question mark to the compiler."""
    assert (await bench.check(replace(SNIPPET, text="\ud800"))).is_complete
    assert bench.compiles[0].files[0].content == b"?"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (Settings(standards={"c": ("c++20",)}), "GCC has no standard 'c++20' for this language."),
        (Settings(flags={"c": ("-Wall", "-fplugin=x")}), "The flag '-fplugin=x' is not allowed for GCC."),
    ],
)
async def test_a_standard_or_flag_that_is_not_allowed_is_compiled_without(bench, settings, reason):
    """It is not left out silently: nothing is compiled, and the remedy says what is allowed."""
    result = await bench.check(settings=settings)
    assert (result.outcome, result.reason) == (None, reason)
    assert result.remedy
    assert bench.compiles == []


async def test_another_languages_flags_do_not_matter(bench):
    """What is set for C++ is not held against C."""
    assert (await bench.check(settings=Settings(flags={"cpp": ("-fplugin=x",)}))).is_complete


async def test_the_same_text_is_compiled_once(bench):
    """The second answer is the first one, and says that it is remembered."""
    bench.output = gcc_output(gcc_error("no y"))
    first, second = await bench.check(), await bench.check()
    assert (first.cached, second.cached) == (False, True)
    assert first.findings == second.findings
    assert len(bench.compiles) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"snippet": replace(SNIPPET, text="int x;")},
        {"snippet": replace(SNIPPET, name="u.c")},
        {"settings": Settings(flags={"c": ("-Wall",)})},
        {"settings": Settings(standards={"c": ("c11",)})},
        {"settings": Settings(timeout_s=3)},
    ],
)
async def test_anything_else_is_compiled_again(bench, change):
    """A changed text, name, flag, standard or limit is another job."""
    await bench.check()
    assert not (await bench.check(**change)).cached
    assert len(bench.compiles) == 2


async def test_the_same_text_elsewhere_in_a_document_is_remembered_and_moved(bench):
    """What is kept is the compiler's output, so a block that moved costs nothing and is still right."""
    bench.output = gcc_output(gcc_error())
    await bench.check()
    moved = await bench.check(replace(SNIPPET, lines=(LineOrigin(Position(7, 0)),)))
    assert moved.cached
    assert moved.findings[0].place.range.start.line == 7


async def test_showing_asks_for_the_compilers_own_words(bench):
    """What is for people is not parsed, and is another job than what is for us."""
    bench.output = finished(b"", b"t.c:1:20: error: no y\n", 1)
    shown = await bench.pipeline.show(SNIPPET, Settings())
    assert shown.raw_output == "t.c:1:20: error: no y\n"
    assert shown.findings == ()
    assert not any("-fdiagnostics-format" in word for word in shown.command)
    await bench.check()
    assert len(bench.compiles) == 2


@pytest.mark.parametrize(("size", "is_aside"), [(64 * 1024, False), (64 * 1024 + 1, True)])
async def test_a_large_output_is_parsed_beside_the_event_loop(bench, monkeypatch, size, is_aside):
    """Other documents' keystrokes are not kept waiting."""
    threads = []

    def parse(stdout, stderr, sources):
        threads.append(threading.current_thread())
        return ()

    monkeypatch.setitem(PARSERS, "gcc-json", parse)
    bench.output = finished(b"x" * size)
    await bench.check()
    assert [thread is not threading.main_thread() for thread in threads] == [is_aside]


async def test_the_settings_first_toolchain_is_taken_where_none_is_named(bench):
    """A name that is given counts more."""
    settings = Settings(toolchains={"c": ("gcc-12", "gcc-99")})
    assert (await bench.check(settings=settings)).toolchain == "gcc-12"
    assert (await bench.check(settings=settings, wanted="gcc-99")).toolchain == "gcc-99"


async def test_cancelling_a_check_reaches_the_runtime(bench):
    """The task that is cancelled ends with CancelledError, and the runtime was told."""
    told = asyncio.Event()
    started = asyncio.Event()

    async def compile_for_ever(job):
        if not job.files:
            return finished(b"12.2.0")
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            told.set()

    bench.runtime.compile = compile_for_ever
    task = asyncio.create_task(bench.check())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told.is_set()


def test_the_bound_on_a_snippet_fits_the_contract():
    """The largest snippet is a job that every runtime accepts."""
    assert module.MAX_SNIPPET_BYTES <= 1024 * 1024


class Witness:
    """A gate that lets in when it is told to, and an observer that writes down what it hears."""

    def __init__(self):
        self.may_begin = asyncio.Event()
        self.heard = []

    @asynccontextmanager
    async def turn(self):
        """Wait until it is told."""
        await self.may_begin.wait()
        self.heard.append("begin")
        yield
        self.heard.append("end")

    def compiled(self, runtime, toolchain, output):
        """Write it down."""
        self.heard.append(f"compiled {runtime} {toolchain} {output.outcome.value}")

    def recalled(self, runtime, toolchain):
        """Write it down."""
        self.heard.append(f"recalled {runtime} {toolchain}")

    def failed(self, runtime, toolchain, failure):
        """Write it down."""
        self.heard.append(f"failed {runtime} {toolchain} {type(failure).__name__}")


async def test_a_compile_waits_for_its_turn_and_an_answer_from_memory_does_not(bench):
    """What became of each is told, with names of ours alone."""
    witness = Witness()
    pipeline = Pipeline(bench.pipeline._selector, bench.results, witness, witness)
    checking = asyncio.create_task(pipeline.check(SNIPPET, Settings()))
    for _ in range(20):
        await asyncio.sleep(0)
    assert [job for job in bench.runtime.jobs if job.files] == []
    witness.may_begin.set()
    assert (await checking).is_complete
    assert witness.heard == ["begin", "compiled fake gcc-12 finished", "end"]
    witness.may_begin.clear()
    assert (await pipeline.check(SNIPPET, Settings())).cached
    assert witness.heard[3:] == ["recalled fake gcc-12"]
    await pipeline.check(SNIPPET, Settings(), "made-up")
    assert witness.heard[4:] == ["failed   JobRejected"]


async def test_what_another_has_compiled_meanwhile_is_not_compiled_again(bench):
    """Two who wait with the same text at the same gate need one compile."""
    witness = Witness()
    pipeline = Pipeline(bench.pipeline._selector, bench.results, witness, witness)
    checking = asyncio.create_task(pipeline.check(SNIPPET, Settings()))
    for _ in range(20):
        await asyncio.sleep(0)
    await bench.pipeline.check(SNIPPET, Settings())
    witness.may_begin.set()
    assert (await checking).cached
    assert len([job for job in bench.runtime.jobs if job.files]) == 1


ON_DISK = Settings()
NOT_ON_DISK = Settings(cache={})
DIGEST = "sha256:" + "0a" * 32


class Server:
    """A server of its own over a fake GCC, whose compiles end when they are let; it may share a folder."""

    def __init__(self, folder, images=None):
        self.bench = Bench()
        self.bench.runtime.images = images
        if images is not None:
            self.bench.runtime.programs = []
            self.bench.runtime.answers = {
                f"{name}@{digest}": self.bench.answer for name, digest in images.items()
            }
        self.results = Results(lambda: folder)
        self.pipeline = self.make()

    def make(self, **options):
        """Return a pipeline for one more client."""
        return Pipeline(self.bench.pipeline._selector, self.results, **options)

    async def check(self, settings=ON_DISK):
        """Check the snippet, as a server that ends after it."""
        result = await self.pipeline.check(SNIPPET, settings)
        await self.results.aclose()
        return result


@pytest.mark.parametrize("images", [None, {"gcc:12": DIGEST}], ids=["a program", "an image"])
async def test_what_one_server_compiled_another_recalls_from_disk(tmp_path, images):
    """The same findings, and no compiler ran."""
    first, second = Server(tmp_path / "results", images), Server(tmp_path / "results", images)
    for one in (first, second):
        one.bench.output = gcc_output(gcc_error("no y"))
    compiled, recalled = await first.check(), await second.check()
    assert recalled.findings == compiled.findings
    assert (compiled.cached, recalled.cached) == (False, True)
    assert (len(first.bench.compiles), second.bench.compiles) == (1, [])


@pytest.mark.parametrize(
    ("images", "settings"),
    [({"gcc:12": "unpinned"}, ON_DISK), ({"gcc:12": "size:1"}, ON_DISK), (None, NOT_ON_DISK)],
    ids=["unpinned", "a size", "turned off"],
)
async def test_what_must_not_be_on_disk_is_compiled_by_each_server(tmp_path, images, settings):
    """An image of which nobody knows what it is, and a user who wants no file."""
    for _ in range(2):
        server = Server(tmp_path / "results", images)
        assert not (await server.check(settings)).cached
        assert len(server.bench.compiles) == 1
    assert not (tmp_path / "results").exists()


async def test_a_program_that_was_replaced_is_another_compiler(tmp_path):
    """Its stamp is part of the key."""
    first, second = Server(tmp_path / "results"), Server(tmp_path / "results")
    second.bench.runtime.programs = [program(GCC, stamp="s2")]
    assert not (await first.check()).cached
    assert not (await second.check()).cached


class SlowCompiler:
    """A compiler that ends when it is let; it says how many run, and whether one was killed."""

    def __init__(self, bench):
        self.may_end = asyncio.Event()
        self.begun = self.running = self.killed = 0
        self._answer = bench.runtime.compile
        bench.runtime.compile = self.compile

    async def compile(self, job):
        """Answer when it is let."""
        if job.files:
            self.begun += 1
            self.running += 1
            try:
                await self.may_end.wait()
            except asyncio.CancelledError:
                self.killed += 1
                raise
            finally:
                self.running -= 1
        return await self._answer(job)


async def until(condition):
    """Let everything run until that holds; threads may take a moment."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what changes has no event
            await asyncio.sleep(0)


async def test_the_same_text_at_once_is_compiled_once_for_all_clients(tmp_path):
    """One waits for its own compile, the others are told that none ran for them."""
    server = Server(tmp_path / "results")
    compiler = SlowCompiler(server.bench)
    checks = [asyncio.create_task(server.make().check(SNIPPET, ON_DISK)) for _ in range(4)]
    await until(lambda: compiler.running)
    compiler.may_end.set()
    results = [await one for one in checks]
    assert sorted(one.cached for one in results) == [False, True, True, True]
    assert compiler.begun == 1
    await server.results.aclose()


async def test_a_client_that_leaves_does_not_end_anothers_compile(tmp_path):
    """Only the last one does, and then nothing runs any more."""
    server = Server(tmp_path / "results")
    compiler = SlowCompiler(server.bench)
    checks = [asyncio.create_task(server.make().check(SNIPPET, ON_DISK)) for _ in range(3)]
    flights = server.results.flights._flights
    await until(lambda: compiler.running and [one.passengers for one in flights.values()] == [3])
    for one, running in zip(checks, (1, 1, 0), strict=True):
        one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await one
        assert compiler.running == running
    assert compiler.killed == 1
    await server.results.aclose()


async def test_nobody_waits_behind_the_queue_of_another_client(tmp_path):
    """Who is let in first compiles for both; a client with a long queue holds up nobody."""
    server = Server(tmp_path / "results")
    busy, idle = Witness(), Witness()
    checks = [
        asyncio.create_task(server.make(gate=one, observer=one).check(SNIPPET, ON_DISK))
        for one in (busy, idle)
    ]
    flights = server.results.flights._flights
    await until(lambda: [one.passengers for one in flights.values()] == [2])
    idle.may_begin.set()
    assert [(await one).cached for one in checks] == [True, False]
    assert busy.heard == ["recalled fake gcc-12"]
    assert idle.heard == ["begin", "compiled fake gcc-12 finished", "end"]
    await server.results.aclose()


async def test_one_runtimes_compile_is_not_anothers(tmp_path):
    """A runtime that was closed and made anew runs its own."""
    first, second = Server(tmp_path / "results"), Server(tmp_path / "results")
    second.results = first.results
    compilers = [SlowCompiler(one.bench) for one in (first, second)]
    checks = [asyncio.create_task(one.make().check(SNIPPET, NOT_ON_DISK)) for one in (first, second)]
    await until(lambda: all(one.running for one in compilers))
    for one in compilers:
        one.may_end.set()
    assert [(await one).cached for one in checks] == [False, False]


@pytest.mark.parametrize("outcome", NOT_FINISHED)
async def test_what_did_not_finish_is_nowhere(tmp_path, outcome):
    """Not in memory, not on disk."""
    server = Server(tmp_path / "results")
    server.bench.output = CompileOutput(outcome, None, b"", b"", 1, 1)
    await server.check()
    await server.check()
    assert len(server.bench.compiles) == 2
    assert not (tmp_path / "results").exists() or not list((tmp_path / "results").glob("*-wal"))
    other = Server(tmp_path / "results")
    assert not (await other.check()).cached
