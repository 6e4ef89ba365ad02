"""Each fix that a compiler is sure of, over the whole corpus: applied and checked again, its finding is gone.

The text is mended as an editor mends it, and compiled by the very toolchain that offered the fix. Gone means
that there is one finding less of that severity, code and message, at whatever place: a fix moves what
follows it. Nor is there an error that was not there before, but for those that a compiler has only now come
to, which are named here one by one. A text with very many findings is mended at its first ones.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

import pytest

from tests.corpus.capture import HERE, case_files, cases_of, main_file
from tests.corpus.capture import TOOLCHAINS as CAPTURED
from tests.corpus.expect import parse_capture
from wic_lsp.config import Settings
from wic_lsp.discovery import Catalogue
from wic_lsp.model import Finding, Fix, Place, Position, Range, Severity, Snippet
from wic_lsp.pipeline import encode_snippet, find_all, make_job
from wic_lsp.positions import SourceText
from wic_lsp.toolchains.families import Toolchain, families, language_of_path
from wic_runtimes.contract import JobFile, Outcome, Runtime
from wic_runtimes.errors import RuntimeFailure

AT_ONCE = 2
MOST_OF_ONE_TEXT = 6
IN_THE_SANDBOX = ["gcc-11", "gcc-12", "clang-14", "clang-19"]
IN_DOCKER = ["rustc-1.85"]
INPUTS = {"gcc": "inputs", "clang": "inputs", "rustc": "inputs_rust"}
FLAGS = {"gcc": ("-Wall", "-Wextra"), "clang": ("-Wall", "-Wextra"), "rustc": ()}
"""What the corpus was captured with."""

NOT_TEXTS = {"bad_flag"}
COME_TO = {
    # The declaration before was cut off by what is wrong after it.
    ("clang", "forged_echo"): {"cannot use dot operator on a type"},
    # What is moved is looked at once types are right: a value of `T` is taken out of a slice.
    ("rustc", "generic"): {
        "cannot move out of type `[T]`, a non-copy slice",
        "cannot move out of `*item` which is behind a shared reference",
    },
    # In the edition of that text `TryInto` must be imported, which rustc passes over when it is sure.
    ("rustc", "types"): {"no method named `try_into` found for type `i32` in the current scope"},
}
"""Errors that appear when a finding is gone, by the family and the case."""


@dataclass(frozen=True, slots=True)
class Case:
    """One text of the corpus with what it is compiled with."""

    name: str
    snippet: Snippet
    settings: Settings


@dataclass(frozen=True, slots=True)
class Bench:
    """One family's toolchains of one version, on a runtime that compiles a few texts at once."""

    runtime: Runtime
    toolchains: dict[str, Toolchain]
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def check(self, case: Case) -> tuple[Finding, ...]:
        """Compile a text as the server does."""
        toolchain = self.toolchains[case.snippet.language]
        job = make_job(case.snippet, encode_snippet(case.snippet), toolchain, case.settings)
        async with self.turn:
            output = await self.runtime.compile(job)
        assert output.outcome is Outcome.FINISHED, (case.name, output)
        return find_all(output, case.snippet, toolchain)


def read_words(file: Path) -> tuple[str, ...]:
    return tuple(file.read_text().split()) if file.exists() else ()


def read_case(folder: Path, family: str) -> Case:
    main = main_file(folder)
    language = language_of_path(main)
    assert language is not None
    others = {name: path for name, path in case_files(folder).items() if name != main}
    companions = tuple(JobFile(name, path.read_bytes()) for name, path in others.items())
    text = (folder / main).read_bytes().decode()
    settings = Settings(
        timeout_s=100,
        flags={language: (*FLAGS[family], *read_words(folder / "flags"))},
        standards={language: read_words(folder / "standard")},
    )
    return Case(folder.name, Snippet(text, language, main, companions=companions), settings)


def apply(text: str, fix: Fix) -> str:
    """Carry out a fix as an editor does: all edits are of the text as it was."""
    source = SourceText(text)
    for edit in sorted(fix.edits, key=lambda one: one.range, reverse=True):
        start, end = source.offset_of(edit.range.start), source.offset_of(edit.range.end)
        text = text[:start] + edit.new_text + text[end:]
    return text


def count(findings: tuple[Finding, ...]) -> Counter[tuple[Severity, str | None, str]]:
    return Counter((one.severity, one.code, one.message) for one in findings)


def sure_fixes(findings: tuple[Finding, ...]) -> list[tuple[Finding, Fix]]:
    return [(finding, fix) for finding in findings for fix in finding.fixes if fix.is_sure]


def what_is_wrong(
    finding: Finding, before: tuple[Finding, ...], after: tuple[Finding, ...], come_to: set[str]
) -> Iterator[str]:
    """Yield what is not as it should be once the finding's fix was applied."""
    had, has = count(before), count(after)
    key = (finding.severity, finding.code, finding.message)
    if has[key] >= had[key]:
        yield "it is still said"
    new = {message.split("\n")[0] for severity, _, message in has - had if severity is Severity.ERROR}
    yield from (f"a new error: {message}" for message in new - come_to)


async def mend(
    bench: Bench, case: Case, finding: Finding, fix: Fix, before: tuple[Finding, ...]
) -> list[str]:
    mended = replace(case.snippet, text=apply(case.snippet.text, fix))
    after = await bench.check(replace(case, snippet=mended))
    family = bench.toolchains[case.snippet.language].family.id
    come_to = COME_TO.get((family, case.name), set())
    return [f"{case.name}: {fix.title}: {wrong}" for wrong in what_is_wrong(finding, before, after, come_to)]


async def go_round(runtime: Runtime, name: str) -> tuple[int, list[str]]:
    """Return how many fixes were applied, and what was wrong after any of them."""
    family = families()[name.partition("-")[0]]
    catalogue = Catalogue(runtime, families(), None)
    toolchains = {language: await catalogue.choose(language, name) for language in family.languages}
    bench = Bench(runtime, toolchains)
    folders = sorted(path for path in (HERE / INPUTS[family.id]).iterdir() if path.is_dir())
    cases = [read_case(folder, family.id) for folder in folders if folder.name not in NOT_TEXTS]
    found = await asyncio.gather(*(bench.check(case) for case in cases))
    trips = [
        mend(bench, case, finding, fix, before)
        for case, before in zip(cases, found, strict=True)
        for finding, fix in sure_fixes(before)[:MOST_OF_ONE_TEXT]
    ]
    wrong = await asyncio.gather(*trips)
    return len(trips), [one for of_trip in wrong for one in of_trip]


async def assert_all_vanish(runtime: Runtime, name: str, missing_engine: Callable[[str], NoReturn]) -> None:
    try:
        applied, wrong = await go_round(runtime, name)
    except RuntimeFailure as failure:
        missing_engine(f"{name}: {failure}")
    assert wrong == []
    assert applied >= 5


@pytest.mark.engine("sandbox")
@pytest.mark.parametrize("name", IN_THE_SANDBOX)
async def test_a_sure_fix_makes_its_finding_vanish(name, sandbox_bench, missing_engine):
    """GCC's and Clang's fix-its, by the machine's own compilers."""
    await assert_all_vanish(sandbox_bench.runtime, name, missing_engine)


@pytest.mark.engine("docker")
@pytest.mark.parametrize("name", IN_DOCKER)
async def test_a_suggestion_of_rustcs_makes_its_finding_vanish(name, docker_bench, missing_engine):
    """What rustc calls machine-applicable, by its own image."""
    await assert_all_vanish(docker_bench.runtime, name, missing_engine)


def test_every_toolchain_that_gives_sure_fixes_goes_round():
    """By what was captured of them: a family that begins to give fixes is missing here until it is added."""
    families_that_fix = {
        name.partition("-")[0]
        for name in CAPTURED
        for case in cases_of(name)
        if sure_fixes(parse_capture(name, case.name))
    }
    assert families_that_fix == {name.partition("-")[0] for name in (*IN_THE_SANDBOX, *IN_DOCKER)}


def test_a_finding_that_stays_is_seen():
    """As is an error that comes; one that is known to be come to is not."""
    place = Place(None, Range(Position(0, 0), Position(0, 1)))
    warning = Finding(Severity.WARNING, "w", place, "W")
    error = Finding(Severity.ERROR, "e\nmore", place)
    assert list(what_is_wrong(warning, (warning,), (), set())) == []
    assert list(what_is_wrong(warning, (warning, warning), (warning,), set())) == []
    assert list(what_is_wrong(warning, (warning,), (warning,), set())) == ["it is still said"]
    assert list(what_is_wrong(warning, (warning,), (error,), set())) == ["a new error: e"]
    assert list(what_is_wrong(warning, (warning,), (error,), {"e"})) == []
