"""From a snippet to a result: snippet -> choice -> job -> cache -> runtime -> parser -> document positions.

The one rule that everything here serves: "nothing found" is said only when the compiler ran to its end on
exactly that text. Whatever else happens becomes a result that says why nothing was compiled and what to do.
Knows no LSP and no concrete runtime. Raises nothing but asyncio's cancellation.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias
from uuid import uuid4

from wic_lsp.cache import job_key
from wic_lsp.config import Settings
from wic_lsp.libraries.making import Libraries, NoLibrary
from wic_lsp.model import CheckResult, Finding, Note, Place, Position, Range, Severity, Snippet
from wic_lsp.positions import SourceText, move_range, split_lines
from wic_lsp.results.levels import Results
from wic_lsp.selection import Choice, Selector
from wic_lsp.sharing import Gate, NoObserver, Observer, OpenGate
from wic_lsp.snippets.fixes import move_fix
from wic_lsp.toolchains.families import Toolchain
from wic_runtimes.contract import CompileJob, CompileOutput, JobFile, Limits, Outcome
from wic_runtimes.errors import (
    ImageUnavailable,
    JobRejected,
    JobTooLarge,
    RuntimeFailure,
    RuntimeUnavailable,
)

MAX_SNIPPET_BYTES: Final = 1024 * 1024
_PARSED_AT_ONCE_BYTES: Final = 64 * 1024
_Make: TypeAlias = Callable[[Toolchain, tuple[JobFile, ...]], CompileJob]
"""Makes the job for a toolchain, with what it needs of the compiler's library."""
_Prepare: TypeAlias = Callable[[], _Make]
_Parse: TypeAlias = Callable[[CompileOutput, Toolchain, bytes | None], tuple[Finding, ...]]
"""Reads an output; where the toolchain has a pattern, by what `matching` found with it."""
_TOP: Final = Range(Position(0, 0), Position(0, 0))


class Pipeline:
    """Checks snippets, each where the selector says.

    `results` are what is remembered and what is under way, for all pipelines that share them. `gate` says
    when a compile may begin, `observer` is told what became of it. `libraries` are the standard libraries
    that were compiled, shared as well; without any, every check is made as if none could be.
    """

    def __init__(
        self,
        selector: Selector,
        results: Results,
        gate: Gate | None = None,
        observer: Observer | None = None,
        libraries: Libraries | None = None,
    ) -> None:
        self._selector = selector
        self._results = results
        self._gate = gate or OpenGate()
        self._observer = observer or NoObserver()
        self._libraries = libraries

    async def check(self, snippet: Snippet, settings: Settings, wanted: str | None = None) -> CheckResult:
        """Compile one snippet on one toolchain (None: the settings' first, else the machine's default)."""

        def parse(output: CompileOutput, toolchain: Toolchain, matches: bytes | None) -> tuple[Finding, ...]:
            return find_all(output, snippet, toolchain, matches)

        prepare = _preparing(snippet, settings, is_plain=False)
        return await self._run(snippet.language, settings, wanted, prepare, parse, snippet)

    async def show(self, snippet: Snippet, settings: Settings, wanted: str | None = None) -> CheckResult:
        """Compile one snippet for its `raw_output` alone: what the compiler writes for people."""
        prepare = _preparing(snippet, settings, is_plain=True)
        return await self._run(snippet.language, settings, wanted, prepare, no_findings, snippet)

    async def explain(self, language: str, code: str, settings: Settings, wanted: str | None) -> CheckResult:
        """Ask a compiler for its long explanation of a code: the `raw_output` where there is no error."""

        def make(toolchain: Toolchain, _members: tuple[JobFile, ...]) -> CompileJob:
            return make_explaining_job(code, toolchain, settings)

        return await self._run(language, settings, wanted, lambda: make, find_refusal)

    async def _run(  # noqa: PLR0917 - each of them is another thing
        self,
        language: str,
        settings: Settings,
        wanted: str | None,
        prepare: _Prepare,
        parse: _Parse,
        snippet: Snippet | None = None,
    ) -> CheckResult:
        began = time.monotonic()
        wanted = wanted or settings.toolchains_for(language)[0]
        choice: Choice | None = None
        failed: dict[str, RuntimeFailure] = {}
        try:
            make = prepare()
            while True:
                choice = await self._selector.choose(settings, language, wanted, failed)
                try:
                    ways = await self._find_ways(choice, make, settings, snippet)
                    toolchain, job, output, is_cached = await self._compile_first(ways, choice, settings)
                    break
                except RuntimeUnavailable as failure:  # nothing was compiled; see `selection`
                    failed[choice.name] = failure
            result = await _read_output(output, toolchain, job.limits, parse)
        except RuntimeFailure as failure:
            self._observer.failed(*_names(choice), failure)
            return CheckResult(
                toolchain=choice.toolchain.id if choice is not None else wanted,
                runtime=choice.engine.runtime.name if choice is not None else settings.runtime,
                outcome=None,
                reason=failure.reason,
                remedy=failure.remedy,
                missing_image=failure.image if isinstance(failure, ImageUnavailable) else "",
                duration_s=time.monotonic() - began,
            )
        return replace(
            result,
            runtime=choice.engine.runtime.name,
            duration_s=time.monotonic() - began,
            cached=is_cached,
            command=job.argv,
            is_on_host=choice.toolchain.is_on_host,
            why=choice.why,
        )

    async def _find_ways(
        self, choice: Choice, make: _Make, settings: Settings, snippet: Snippet | None
    ) -> tuple[tuple[Toolchain, CompileJob], ...]:
        """Return how a job can be compiled, the best way first. Raises RuntimeFailure."""
        toolchain = choice.toolchain
        plain = (toolchain, make(toolchain, ()))  # what is not allowed is refused before anything is made
        library = toolchain.dialect.library
        if library is None or self._libraries is None or snippet is None:
            return (plain,)
        texts = (snippet.text, *(file.content.decode("utf-8", "replace") for file in snippet.companions))
        runtime, limits = choice.engine.runtime, settings.limits()
        try:
            members = await self._libraries.members(runtime, toolchain, library, limits, texts)
        except NoLibrary as why:
            slow = f"{toolchain.dialect.slow} (wic tried to: {why}.)"
            return ((replace(toolchain, dialect=replace(toolchain.dialect, slow=slow)), plain[1]),)
        if members is None:
            return (plain,)
        fast = replace(toolchain, dialect=library.dialect)
        return ((fast, make(fast, members)), plain)

    async def _compile_first(
        self, ways: Sequence[tuple[Toolchain, CompileJob]], choice: Choice, settings: Settings
    ) -> tuple[Toolchain, CompileJob, CompileOutput, bool]:
        """Compile in the first way whose job is not too large. Raises RuntimeFailure."""
        *others, last = ways
        for toolchain, job in others:
            try:
                return (toolchain, job, *await self._compile(job, choice, settings.cache_bytes))
            except JobTooLarge:  # nothing was compiled
                continue
        return (*last, *await self._compile(last[1], choice, settings.cache_bytes))

    async def _compile(self, job: CompileJob, choice: Choice, room: int) -> tuple[CompileOutput, bool]:
        """Return the job's output, and whether it was had without a compile of ours. Raises RuntimeFailure.

        `room` is how many bytes of results are kept on disk.
        """
        runtime, results = choice.engine.runtime, self._results
        key = job_key(job, f"{runtime.name} {choice.toolchain.stamp}")
        flight = (runtime, key)

        async def work() -> CompileOutput:
            output = await runtime.compile(job)
            self._observer.compiled(*_names(choice), output)
            results.keep(key, job, output, room)
            return output

        output = results.known(key)
        if output is None and flight not in results.flights:
            output = await results.recall(key, job, room) or results.known(key)
        if output is None:
            output, is_own = await results.flights.ride(flight, self._gate.turn, work)
            if is_own:
                return output, False
        self._observer.recalled(*_names(choice))
        return output, True


def _names(choice: Choice | None) -> tuple[str, str]:
    """Return the names of the runtime and of the toolchain that were chosen, empty where none were."""
    return (choice.engine.runtime.name, choice.toolchain.id) if choice is not None else ("", "")


def _preparing(snippet: Snippet, settings: Settings, *, is_plain: bool) -> _Prepare:
    """Return what refuses a snippet that no compiler should be given, and else makes its job."""

    def prepare() -> _Make:
        content = encode_snippet(snippet)
        return lambda toolchain, members: make_job(
            snippet, content, toolchain, settings, is_plain=is_plain, members=members
        )

    return prepare


def encode_snippet(snippet: Snippet) -> bytes:
    """Return the snippet's bytes. Raises JobRejected for what no compiler should be given."""
    content = snippet.text.encode("utf-8", "replace")
    if len(content) > MAX_SNIPPET_BYTES:
        raise JobRejected(
            f"The text has {len(content):,} bytes; at most {MAX_SNIPPET_BYTES:,} are checked.",
            "Split it, or check it by hand.",
        )
    at = snippet.text.find("\0")
    if at >= 0:
        line = len(split_lines(snippet.text[:at])) - 1
        line = snippet.lines[line].start.line if snippet.lines else line
        reason = f"Line {line + 1} holds a NUL byte, so this is not source text."
        raise JobRejected(reason, "Remove the byte.")
    return content


def make_job(
    snippet: Snippet,
    content: bytes,
    toolchain: Toolchain,
    settings: Settings,
    *,
    is_plain: bool = False,
    members: tuple[JobFile, ...] = (),
) -> CompileJob:
    """Return the job for a snippet. Raises JobRejected for a standard or a flag that is not allowed.

    `members` are what it needs of the compiler's library, where that travels along.
    """
    standard = settings.standard_for(snippet.language)
    flags = settings.flags.get(snippet.language, ())
    if standard is not None and not toolchain.accepts_standard(standard):
        known = toolchain.family.languages[snippet.language].known_standards
        raise JobRejected(
            f"{toolchain.family.title} has no standard '{standard}' for this language.",
            f"It knows {known}." if known else "It has none: choose a version of it as the toolchain.",
        )
    rejected = toolchain.rejected_flag(flags)
    if rejected is not None:
        allowed = "  ".join(rule.pattern for rule in toolchain.family.allowed_flags)
        raise JobRejected(
            f"The flag '{rejected}' is not allowed for {toolchain.family.title}.",
            f"Allowed are (as regular expressions): {allowed}",
        )
    companions = tuple(file.path for file in snippet.companions)
    return CompileJob(
        id=f"check-{uuid4().hex}",
        argv=toolchain.arguments(
            snippet.name, standard, flags, text=snippet.text, companions=companions, is_plain=is_plain
        ),
        files=(JobFile(snippet.name, content), *snippet.companions, *toolchain.family.files, *members),
        image=toolchain.image,
        roots=toolchain.roots,
        limits=toolchain.family.needs.raise_limits(settings.limits()),
        environment=toolchain.environment,
        needs_own_path=toolchain.family.needs.own_path,
    )


def make_explaining_job(code: str, toolchain: Toolchain, settings: Settings) -> CompileJob:
    """Return the job that asks for a code's explanation. Raises JobRejected for what is no such code."""
    explaining = toolchain.family.explaining
    words = explaining.words_for(code) if explaining is not None else None
    if words is None:
        raise JobRejected(f"{toolchain.family.title} explains no '{code}'.", "")
    return CompileJob(
        id=f"explain-{uuid4().hex}",
        argv=(*toolchain.command, *words),
        image=toolchain.image,
        roots=toolchain.roots,
        limits=toolchain.family.needs.raise_limits(settings.limits()),
        environment=toolchain.environment,
        needs_own_path=toolchain.family.needs.own_path,
    )


async def _read_output(
    output: CompileOutput, toolchain: Toolchain, limits: Limits, parse: _Parse
) -> CheckResult:
    """Parse what came back; a large output is parsed off the event loop."""
    raw = (output.stdout + output.stderr).decode("utf-8", "replace")
    if output.outcome is not Outcome.FINISHED:
        reason, remedy = explain_outcome(output, limits, toolchain.dialect.slow)
        return CheckResult(toolchain.id, None, output.outcome, (), reason, remedy, raw_output=raw)
    matches: bytes | None = None
    if toolchain.dialect.reading.pattern is not None and parse is not no_findings:
        from wic_lsp.matching.apart import find_matches  # noqa: PLC0415 - only where there is a pattern

        matches = await find_matches(toolchain.dialect.reading, output.stdout, output.stderr)
    if len(raw) > _PARSED_AT_ONCE_BYTES:
        findings = await asyncio.to_thread(parse, output, toolchain, matches)
    else:
        findings = parse(output, toolchain, matches)
    return CheckResult(toolchain.id, None, output.outcome, findings, raw_output=raw)


def no_findings(
    _output: CompileOutput, _toolchain: Toolchain, _matches: bytes | None = None
) -> tuple[Finding, ...]:
    """Read nothing: the output is for people."""
    return ()


def find_refusal(
    output: CompileOutput, toolchain: Toolchain, _matches: bytes | None = None
) -> tuple[Finding, ...]:
    """Return an error where a compiler does not know the code that it was asked to explain."""
    if output.exit_code == 0:
        return ()
    return (Finding(Severity.ERROR, f"{toolchain.id} has no such explanation.", Place(None, _TOP)),)


def find_all(
    output: CompileOutput, snippet: Snippet, toolchain: Toolchain, matches: bytes | None = None
) -> tuple[Finding, ...]:
    """Return what a compiler that FINISHED said, in the document's positions.

    `matches` are read in place of the output where the toolchain has a pattern. A compiler that failed
    without a word that we understood still gives one finding: never "clean".
    """
    from wic_lsp.parsers import parser_for  # noqa: PLC0415 - a start does not wait for what the first result needs
    from wic_lsp.parsers.sources import Sources  # noqa: PLC0415 - likewise

    texts = {file.path: SourceText(file.content.decode("utf-8", "replace")) for file in snippet.companions}
    sources = Sources(snippet.name, {**texts, snippet.name: SourceText(snippet.text)})
    given = (output.stdout, output.stderr) if matches is None else (matches, b"")
    findings = parser_for(toolchain.dialect)(*given, sources)
    has_error = any(finding.severity is Severity.ERROR for finding in findings)
    if output.exit_code != 0 and not has_error:
        said = (output.stderr.strip() or output.stdout.strip()).decode("utf-8", "replace")
        said = said[:500] or "It wrote nothing."
        message = f"{toolchain.id} failed with exit code {output.exit_code}. {said}"
        findings = (*findings, Finding(Severity.ERROR, message, Place(None, _TOP)))
    manual = toolchain.family.manual
    if manual is not None:
        findings = tuple(
            replace(one, code_url=manual.pin(one.code_url, toolchain.version)) for one in findings
        )
    return tuple(to_document(finding, snippet) for finding in findings)


def to_document(finding: Finding, snippet: Snippet) -> Finding:
    """Move a finding from the snippet's positions to those of its document.

    It keeps those of its fixes that can be made in the document exactly.
    """
    if not snippet.lines:
        return finding

    def move(place: Place) -> Place:
        return place if place.file is not None else Place(None, move_range(place.range, snippet.lines))

    notes = tuple(Note(note.message, move(note.place) if note.place else None) for note in finding.notes)
    fixes = tuple(moved for fix in finding.fixes if (moved := move_fix(fix, snippet)) is not None)
    return replace(finding, place=move(finding.place), notes=notes, fixes=fixes)


def explain_outcome(output: CompileOutput, limits: Limits, slow: str = "") -> tuple[str, str]:
    """Say in a sentence what an outcome other than FINISHED means, and what the user can do.

    `slow` is what the compiler's family knows to say where it took too long.
    """
    megabytes = limits.memory_bytes // (1024 * 1024)
    match output.outcome:
        case Outcome.TIMED_OUT:
            return (
                f"The compiler did not end within {limits.wall_s:g} s and was stopped.",
                slow or "Simplify the code, or raise wic.timeoutSeconds.",
            )
        case Outcome.OUT_OF_MEMORY:
            return (
                f"The compiler needed more than {megabytes} MB of memory and was stopped.",
                "Simplify the code, or raise wic.memoryMegabytes.",
            )
        case Outcome.OUTPUT_LIMIT:
            return (
                f"The compiler wrote more than {limits.output_bytes // (1024 * 1024)} MB and was stopped.",
                "Look at the first of its messages: Show Compiler Output.",
            )
        case _:
            signal = f" (signal {output.exit_code - 128})" if output.exit_code is not None else ""
            return (
                f"The compiler crashed{signal}.",
                "This is a fault of the compiler; its output says more: Show Compiler Output.",
            )
