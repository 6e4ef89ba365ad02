"""From a snippet to a result: snippet -> choice -> job -> cache -> runtime -> parser -> document positions.

The one rule that everything here serves: "nothing found" is said only when the compiler ran to its end on
exactly that text. Whatever else happens becomes a result that says why nothing was compiled and what to do.
Knows no LSP and no concrete runtime. Raises nothing but asyncio's cancellation.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import uuid4

from wic_lsp.cache import ResultCache, job_key
from wic_lsp.config import Settings
from wic_lsp.model import CheckResult, Finding, Note, Place, Position, Range, Severity, Snippet
from wic_lsp.positions import SourceText, shift
from wic_lsp.selection import Choice, Selector
from wic_lsp.sharing import Gate, NoObserver, Observer, OpenGate
from wic_lsp.toolchains.families import Toolchain
from wic_runtimes.contract import CompileJob, CompileOutput, JobFile, Limits, Outcome
from wic_runtimes.errors import ImageUnavailable, JobRejected, RuntimeFailure, RuntimeUnavailable

MAX_SNIPPET_BYTES: Final = 1024 * 1024
_PARSED_AT_ONCE_BYTES: Final = 64 * 1024
_Parse = Callable[[CompileOutput, Snippet, Toolchain], tuple[Finding, ...]]
_TOP: Final = Range(Position(0, 0), Position(0, 0))


class Pipeline:
    """Checks snippets, each where the selector says.

    `gate` says when a compile may begin, `observer` is told what became of it.
    """

    def __init__(
        self,
        selector: Selector,
        cache: ResultCache,
        gate: Gate | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._selector = selector
        self._cache = cache
        self._gate = gate or OpenGate()
        self._observer = observer or NoObserver()

    async def check(self, snippet: Snippet, settings: Settings, wanted: str | None = None) -> CheckResult:
        """Compile one snippet on one toolchain (None: the settings' first, else the machine's default)."""
        return await self._run(snippet, settings, wanted, is_plain=False)

    async def show(self, snippet: Snippet, settings: Settings, wanted: str | None = None) -> CheckResult:
        """Compile one snippet for its `raw_output` alone: what the compiler writes for people."""
        return await self._run(snippet, settings, wanted, is_plain=True)

    async def _run(
        self, snippet: Snippet, settings: Settings, wanted: str | None, *, is_plain: bool
    ) -> CheckResult:
        began = time.monotonic()
        wanted = wanted or settings.toolchains_for(snippet.language)[0]
        choice: Choice | None = None
        failed: dict[str, RuntimeFailure] = {}
        try:
            content = encode_snippet(snippet)
            while True:
                choice = await self._selector.choose(settings, snippet.language, wanted, failed)
                job = make_job(snippet, content, choice.toolchain, settings, is_plain=is_plain)
                try:
                    output, is_cached = await self._compile(job, choice)
                    break
                except RuntimeUnavailable as failure:  # nothing was compiled; see `selection`
                    failed[choice.name] = failure
            parse = no_findings if is_plain else find_all
            result = await _read_output(output, snippet, choice.toolchain, job.limits, parse)
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

    async def _compile(self, job: CompileJob, choice: Choice) -> tuple[CompileOutput, bool]:
        """Return the job's output, and whether it is remembered. Raises RuntimeFailure."""
        runtime = choice.engine.runtime
        key = job_key(job, f"{runtime.name} {choice.toolchain.stamp}")
        known = self._cache.get(key)
        if known is None:
            async with self._gate.turn():
                known = self._cache.get(key)  # somebody else may have compiled it meanwhile
                if known is None:
                    output = await runtime.compile(job)
                    self._observer.compiled(*_names(choice), output)
                    self._cache.put(key, output)
                    return output, False
        self._observer.recalled(*_names(choice))
        return known, True


def _names(choice: Choice | None) -> tuple[str, str]:
    """Return the names of the runtime and of the toolchain that were chosen, empty where none were."""
    return (choice.engine.runtime.name, choice.toolchain.id) if choice is not None else ("", "")


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
        line = snippet.text.count("\n", 0, at) + 1
        raise JobRejected(f"Line {line} holds a NUL byte, so this is not source text.", "Remove the byte.")
    return content


def make_job(
    snippet: Snippet, content: bytes, toolchain: Toolchain, settings: Settings, *, is_plain: bool = False
) -> CompileJob:
    """Return the job for a snippet. Raises JobRejected for a standard or a flag that is not allowed."""
    standard = settings.standard_for(snippet.language)
    flags = settings.flags.get(snippet.language, ())
    if standard is not None and not toolchain.accepts_standard(standard):
        known = toolchain.family.languages[snippet.language].standards.pattern
        raise JobRejected(
            f"{toolchain.family.title} has no standard '{standard}' for this language.", f"It knows {known}."
        )
    rejected = toolchain.rejected_flag(flags)
    if rejected is not None:
        allowed = "  ".join(rule.pattern for rule in toolchain.family.allowed_flags)
        raise JobRejected(
            f"The flag '{rejected}' is not allowed for {toolchain.family.title}.",
            f"Allowed are (as regular expressions): {allowed}",
        )
    return CompileJob(
        id=f"check-{uuid4().hex}",
        argv=toolchain.arguments(snippet.name, standard, flags, is_plain=is_plain),
        files=(JobFile(snippet.name, content),),
        image=toolchain.image,
        roots=toolchain.roots,
        limits=settings.limits(),
        environment=toolchain.family.environment,
    )


async def _read_output(
    output: CompileOutput, snippet: Snippet, toolchain: Toolchain, limits: Limits, parse: _Parse
) -> CheckResult:
    """Parse what came back; a large output is parsed off the event loop."""
    raw = (output.stdout + output.stderr).decode("utf-8", "replace")
    if output.outcome is not Outcome.FINISHED:
        reason, remedy = explain_outcome(output, limits)
        return CheckResult(toolchain.id, None, output.outcome, (), reason, remedy, raw_output=raw)
    if len(raw) > _PARSED_AT_ONCE_BYTES:
        findings = await asyncio.to_thread(parse, output, snippet, toolchain)
    else:
        findings = parse(output, snippet, toolchain)
    return CheckResult(toolchain.id, None, output.outcome, findings, raw_output=raw)


def no_findings(_output: CompileOutput, _snippet: Snippet, _toolchain: Toolchain) -> tuple[Finding, ...]:
    """Read nothing: the output is for people."""
    return ()


def find_all(output: CompileOutput, snippet: Snippet, toolchain: Toolchain) -> tuple[Finding, ...]:
    """Return what a compiler that FINISHED said, in the document's positions.

    A compiler that failed without a word that we understood still gives one finding: never "clean".
    """
    from wic_lsp.parsers import PARSERS  # noqa: PLC0415 - a start does not wait for what the first result needs
    from wic_lsp.parsers.sources import Sources  # noqa: PLC0415 - likewise

    sources = Sources(snippet.name, {snippet.name: SourceText(snippet.text)})
    findings = PARSERS[toolchain.dialect.parser](output.stdout, output.stderr, sources)
    has_error = any(finding.severity is Severity.ERROR for finding in findings)
    if output.exit_code != 0 and not has_error:
        said = output.stderr.decode("utf-8", "replace").strip() or "It wrote nothing."
        message = f"{toolchain.id} failed with exit code {output.exit_code}. {said[:500]}"
        findings = (*findings, Finding(Severity.ERROR, message, Place(None, _TOP)))
    return tuple(to_document(finding, snippet.origin) for finding in findings)


def to_document(finding: Finding, origin: Position) -> Finding:
    """Move a finding from the snippet's positions to those of its document."""
    if origin == Position(0, 0):
        return finding

    def move(place: Place) -> Place:
        return place if place.file is not None else Place(None, shift(place.range, origin))

    notes = tuple(Note(note.message, move(note.place) if note.place else None) for note in finding.notes)
    fixes = tuple(
        replace(fix, edits=tuple(replace(edit, range=shift(edit.range, origin)) for edit in fix.edits))
        for fix in finding.fixes
    )
    return replace(finding, place=move(finding.place), notes=notes, fixes=fixes)


def explain_outcome(output: CompileOutput, limits: Limits) -> tuple[str, str]:
    """Say in a sentence what an outcome other than FINISHED means, and what the user can do."""
    megabytes = limits.memory_bytes // (1024 * 1024)
    match output.outcome:
        case Outcome.TIMED_OUT:
            return (
                f"The compiler did not end within {limits.wall_s:g} s and was stopped.",
                "Simplify the code, or raise wic.timeoutSeconds.",
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
