"""`wic doctor`, `wic toolchains` and `wic gc`: what works here, what does not and why, and cleaning up.

The doctor tries every runtime, and then asks the same selector as every check, telling it which of them do
not work: so what it says of a choice is what a check comes to.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from wic_lsp.assembly import Workshop, results_folder
from wic_lsp.commands.kept import describe_results, prune_results
from wic_lsp.commands.output import write
from wic_lsp.commands.settings import read_settings
from wic_lsp.config import Settings
from wic_lsp.own_toolchains import learn_own_toolchains
from wic_lsp.report.terminal import sanitise_line
from wic_lsp.selection import Choice, Selector
from wic_lsp.toolchains.candidates import Unusable
from wic_lsp.toolchains.families import Toolchain, languages
from wic_runtimes import registry
from wic_runtimes.contract import Health
from wic_runtimes.errors import RuntimeFailure, RuntimeUnavailable

_OPTIONS: Final = {"spares": False}


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found out about one runtime."""

    runtime: str
    is_default: bool
    health: Health
    toolchains: Sequence[Toolchain | Unusable] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where and with what a language would be compiled, or why it would not.

    `wanted` is the toolchain that is set for the language, None where none is.
    """

    language: str
    wanted: str | None
    choice: Choice | RuntimeFailure


async def doctor(format_: Literal["text", "json"]) -> int:
    """Try every runtime and every toolchain, and say which are chosen; 0 where something can be compiled."""
    settings, workshop = read_settings({}), Workshop(_OPTIONS)
    try:
        examinations = await _examine_all(workshop, settings)
        verdicts = await _choose_all(workshop.selector, settings, examinations)
    finally:
        await workshop.aclose()
    kept, own = describe_results(results_folder(), settings.cache_bytes), learn_own_toolchains()
    if format_ == "json":
        runtimes = [_runtime_object(one) for one in examinations]
        choice = [_verdict_object(settings.runtime, one) for one in verdicts]
        kept_apart = {"cache": kept.to_object(), "ownToolchains": own.to_object()}
        _write_json({"version": 1, "runtimes": runtimes, "choice": choice, **kept_apart})
    else:
        lines = [line for examination in examinations for line in _examination_lines(examination)]
        lines += [kept.to_line(), *own.to_lines(), f"choice of '{settings.runtime}':"]
        _write_lines([*lines, *map(_verdict_line, verdicts)])
    return 0 if any(isinstance(one.choice, Choice) for one in verdicts) else 1


async def toolchains(format_: Literal["text", "json"]) -> int:
    """List every toolchain of every usable runtime; 0 where there is one that can be used, else 1.

    A compiler that tells no version in a runtime is listed only where nothing else of its family is usable
    there: the doctor has them all.
    """
    workshop = Workshop(_OPTIONS)
    try:
        examinations = await _examine_all(workshop, read_settings({}))
    finally:
        await workshop.aclose()
    if format_ == "json":
        listed = [
            {"runtime": one.runtime, **_toolchain_object(each)}
            for one in examinations
            for each in _worth_listing(one.toolchains)
        ]
        _write_json({"version": 1, "toolchains": listed})
    else:
        lines = [
            _toolchain_line(each, one.runtime)
            for one in examinations
            for each in _worth_listing(one.toolchains)
        ]
        unusable = [one for one in examinations if not one.health.usable]
        lines += [f"{one.runtime}: not usable: {_advice(one.health)}" for one in unusable]
        _write_lines(lines)
    return 0 if any(_can_compile(one) for one in examinations) else 1


async def collect_garbage() -> int:
    """Let every runtime remove what dead servers left; 0 unless one of them could not."""
    settings, workshop, failed = read_settings({}), Workshop(_OPTIONS), False
    try:
        for name in _runtime_names(workshop.selector, settings):
            try:
                engine = await workshop.engine(name, settings)
                leftovers = await engine.runtime.collect_garbage()
            except RuntimeFailure as failure:
                print(f"{name}: {sanitise_line(str(failure))}", file=sys.stderr)
                failed = True
                continue
            removed = [f"{name}: removed {line}" for line in leftovers.removed]
            _write_lines(removed or [f"{name}: nothing to remove"])
        _write_lines([prune_results(results_folder(), settings.cache_bytes)])
    finally:
        await workshop.aclose()
    return 1 if failed else 0


def _runtime_names(selector: Selector, settings: Settings) -> list[str]:
    """Name the installed runtimes, the default one first: the one that a check asks first."""
    default = selector.order(settings.runtime)[0]
    return sorted(registry.runtime_names(), key=lambda name: (name != default, name))


async def _examine_all(workshop: Workshop, settings: Settings) -> list[Examination]:
    names = _runtime_names(workshop.selector, settings)
    default = workshop.selector.order(settings.runtime)[0]
    return [await _examine(workshop, settings, name, is_default=name == default) for name in names]


async def _examine(workshop: Workshop, settings: Settings, name: str, *, is_default: bool) -> Examination:
    try:
        engine = await workshop.engine(name, settings)
        health = await engine.runtime.health()
        found = await engine.catalogue.list_all() if health.usable else ()
    except RuntimeFailure as failure:
        health, found = Health(usable=False, reason=failure.reason, remedy=failure.remedy), ()
    return Examination(name, is_default, health, found)


async def _choose_all(
    selector: Selector, settings: Settings, examinations: Sequence[Examination]
) -> list[Verdict]:
    """Choose for every toolchain that is set, and for each language where none is."""
    failed = {
        one.runtime: RuntimeUnavailable(one.health.reason, one.health.remedy)
        for one in examinations
        if not one.health.usable
    }
    verdicts = []
    for language in languages():
        for wanted in settings.toolchains_for(language):
            try:
                choice: Choice | RuntimeFailure = await selector.choose(settings, language, wanted, failed)
            except RuntimeFailure as failure:
                choice = failure
            verdicts.append(Verdict(language, wanted, choice))
    return verdicts


def _can_compile(examination: Examination) -> bool:
    return any(isinstance(one, Toolchain) for one in examination.toolchains)


def _worth_listing(found: Sequence[Toolchain | Unusable]) -> Sequence[Toolchain | Unusable]:
    served = {(one.family.id, one.language) for one in found if isinstance(one, Toolchain)}
    return [one for one in found if isinstance(one, Toolchain) or (one.id, one.language) not in served]


def _runtime_object(examination: Examination) -> Mapping[str, object]:
    health = examination.health
    return {
        "name": examination.runtime,
        "usable": health.usable,
        "default": examination.is_default,
        "reason": health.reason,
        "remedy": health.remedy,
        "facts": dict(health.facts),
        "toolchains": [_toolchain_object(one) for one in examination.toolchains],
    }


def _toolchain_object(one: Toolchain | Unusable) -> Mapping[str, object]:
    common = {"id": one.id, "language": one.language, "program": one.program}
    if isinstance(one, Toolchain):
        return {**common, "usable": True, "version": one.version, "parser": one.dialect.parser}
    return {**common, "usable": False, "reason": one.reason, "remedy": one.remedy}


def _examination_lines(examination: Examination) -> Iterator[str]:
    health = examination.health
    default = " (default)" if examination.is_default else ""
    yield f"runtime {examination.runtime}{default}: {'usable' if health.usable else 'NOT USABLE'}"
    if not health.usable:
        yield f"  {_advice(health)}"
    for key, value in health.facts.items():
        yield f"  {key}: {value}"
    for one in examination.toolchains:
        yield f"  {_toolchain_line(one, None)}"
    if health.usable and not _can_compile(examination):
        yield "  No compiler was found. Install one, as gcc, javac or rustc."


def _verdict_object(setting: str, verdict: Verdict) -> Mapping[str, object]:
    said: dict[str, object] = {"language": verdict.language, "setting": setting, "wanted": verdict.wanted}
    if isinstance(verdict.choice, Choice):
        choice = verdict.choice
        return {
            **said,
            "runtime": choice.name,
            "toolchain": choice.toolchain.id,
            "why": choice.why,
            "remedy": "",
        }
    failure = verdict.choice
    return {**said, "runtime": None, "toolchain": None, "why": failure.reason, "remedy": failure.remedy}


def _verdict_line(verdict: Verdict) -> str:
    title = languages()[verdict.language].title
    if isinstance(verdict.choice, Choice):
        return f"  {title}: {verdict.choice.toolchain.id} in {verdict.choice.name}. {verdict.choice.why}"
    wanted = f", {verdict.wanted}" if verdict.wanted is not None else ""
    return f"  {title}{wanted}: nothing. {verdict.choice}"


def _advice(health: Health) -> str:
    return " ".join(filter(None, (health.reason, health.remedy)))


def _toolchain_line(one: Toolchain | Unusable, runtime: str | None) -> str:
    where = f"{runtime:10} " if runtime is not None else ""
    title = languages()[one.language].title
    if isinstance(one, Toolchain):
        return f"{where}{title:10} {one.id:11} {one.version:8} {one.program}"
    return f"{where}{title:10} {one.id:11} not usable: {one.reason} {one.remedy}"


def _write_lines(lines: Sequence[str]) -> None:
    """Print them, free of what a terminal would obey: programs' names and words are other people's."""
    write("".join(f"{sanitise_line(line)}\n" for line in lines))


def _write_json(content: Mapping[str, object]) -> None:
    """Print it in ASCII: a file name that is no UTF-8 can be written in no other way."""
    write(json.dumps(content, indent=2) + "\n")
