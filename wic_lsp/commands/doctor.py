"""`wic doctor`, `wic toolchains` and `wic gc`: what works here, what does not and why, and cleaning up."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from wic_lsp.assembly import DEFAULT_RUNTIME, Workshop
from wic_lsp.commands.output import write
from wic_lsp.discovery import Unusable
from wic_lsp.pipeline import Engine
from wic_lsp.report.terminal import sanitise_line
from wic_lsp.toolchains.families import Toolchain, languages
from wic_runtimes import registry
from wic_runtimes.contract import Health
from wic_runtimes.errors import RuntimeFailure


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found out about one runtime."""

    runtime: str
    health: Health
    toolchains: Sequence[Toolchain | Unusable] = field(default_factory=tuple)


async def doctor(format_: Literal["text", "json"]) -> int:
    """Try every runtime and every toolchain; 0 where the default runtime can compile something, else 1."""
    examinations = await _examine_all()
    if format_ == "json":
        _write_json({"version": 1, "runtimes": [_runtime_object(one) for one in examinations]})
    else:
        _write_lines([line for examination in examinations for line in _examination_lines(examination)])
    return 0 if any(_can_compile(one) for one in examinations if one.runtime == DEFAULT_RUNTIME) else 1


async def toolchains(format_: Literal["text", "json"]) -> int:
    """List every toolchain of every usable runtime; 0 where there is one that can be used, else 1."""
    examinations = await _examine_all()
    if format_ == "json":
        listed = [
            {"runtime": one.runtime, **_toolchain_object(each)}
            for one in examinations
            for each in one.toolchains
        ]
        _write_json({"version": 1, "toolchains": listed})
    else:
        lines = [_toolchain_line(each, one.runtime) for one in examinations for each in one.toolchains]
        unusable = [one for one in examinations if not one.health.usable]
        lines += [f"{one.runtime}: not usable: {_advice(one.health)}" for one in unusable]
        _write_lines(lines)
    return 0 if any(_can_compile(one) for one in examinations) else 1


async def collect_garbage() -> int:
    """Let every runtime remove what dead servers left; 0 unless one of them could not."""
    workshop, failed = Workshop({"spares": False}), False
    try:
        for name in _runtime_names():
            try:
                leftovers = await workshop.engine(name).runtime.collect_garbage()
            except RuntimeFailure as failure:
                print(f"{name}: {sanitise_line(str(failure))}", file=sys.stderr)
                failed = True
                continue
            removed = [f"{name}: removed {line}" for line in leftovers.removed]
            _write_lines(removed or [f"{name}: nothing to remove"])
    finally:
        await workshop.aclose()
    return 1 if failed else 0


def _runtime_names() -> list[str]:
    """Name the installed runtimes, the default one first."""
    return sorted(registry.runtime_names(), key=lambda name: (name != DEFAULT_RUNTIME, name))


async def _examine_all() -> list[Examination]:
    workshop = Workshop({"spares": False})
    try:
        return [await _examine(workshop, name) for name in _runtime_names()]
    finally:
        await workshop.aclose()


async def _examine(workshop: Workshop, name: str) -> Examination:
    try:
        engine: Engine = workshop.engine(name)
        health = await engine.runtime.health()
        found = await engine.catalogue.list_all() if health.usable else ()
    except RuntimeFailure as failure:
        return Examination(name, Health(usable=False, reason=failure.reason, remedy=failure.remedy))
    return Examination(name, health, found)


def _can_compile(examination: Examination) -> bool:
    return any(isinstance(one, Toolchain) for one in examination.toolchains)


def _runtime_object(examination: Examination) -> Mapping[str, object]:
    health = examination.health
    return {
        "name": examination.runtime,
        "usable": health.usable,
        "default": examination.runtime == DEFAULT_RUNTIME,
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
    default = " (default)" if examination.runtime == DEFAULT_RUNTIME else ""
    yield f"runtime {examination.runtime}{default}: {'usable' if health.usable else 'NOT USABLE'}"
    if not health.usable:
        yield f"  {_advice(health)}"
    for key, value in health.facts.items():
        yield f"  {key}: {value}"
    for one in examination.toolchains:
        yield f"  {_toolchain_line(one, None)}"
    if health.usable and not _can_compile(examination):
        yield "  No compiler was found. Install one: gcc, g++, clang or clang++."


def _advice(health: Health) -> str:
    return " ".join(filter(None, (health.reason, health.remedy)))


def _toolchain_line(one: Toolchain | Unusable, runtime: str | None) -> str:
    where = f"{runtime:10} " if runtime is not None else ""
    title = languages()[one.language].title
    if isinstance(one, Toolchain):
        return f"{where}{title:4} {one.id:10} {one.version:8} {one.program}"
    return f"{where}{title:4} {one.id:10} not usable: {one.reason} {one.remedy}"


def _write_lines(lines: Sequence[str]) -> None:
    """Print them, free of what a terminal would obey: programs' names and words are other people's."""
    write("".join(f"{sanitise_line(line)}\n" for line in lines))


def _write_json(content: Mapping[str, object]) -> None:
    """Print it in ASCII: a file name that is no UTF-8 can be written in no other way."""
    write(json.dumps(content, indent=2) + "\n")
