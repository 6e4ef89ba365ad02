"""What the user may set: wire options in, frozen settings and problems out, with who may set what.

Options come in layers: the user's own file, what the editor hands over at start, and what a workspace says.
A workspace may choose toolchains, standards and allowed flags. The runtime and raised limits come from the
user alone, since a workspace may be anyone's. A value of the wrong kind never stops anything: the one in
force stays, and the problem says so. No IO.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, unique
from types import MappingProxyType
from typing import Final, cast

from wic_lsp.toolchains.families import languages
from wic_runtimes.contract import Limits

AUTO: Final = "auto"
_EMPTY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
_MEGABYTE: Final = 1024 * 1024


@unique
class Origin(Enum):
    """Who said it: the user (command line, own file, editor at start) or a workspace."""

    USER = "user"
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True)
class Problem:
    """An option that could not be taken: which, why, and what is in force instead."""

    option: str
    message: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, resolved. Mappings go from a language to its values.

    `runtime_class` names the OCI runtime that runs an engine's containers; it is empty for the engine's own.
    `debounce_ms` is None for a delay that adapts to how long checks take.
    """

    runtime: str = AUTO
    runtime_class: str = ""
    toolchains: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _EMPTY)
    standards: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _EMPTY)
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _EMPTY)
    timeout_s: float = 10.0
    memory_mb: int = 1024
    debounce_ms: int | None = None

    def limits(self) -> Limits:
        """Return the limits of a compile job."""
        return Limits(
            wall_s=self.timeout_s, cpu_s=int(self.timeout_s) + 10, memory_bytes=self.memory_mb * _MEGABYTE
        )

    def toolchains_for(self, language: str) -> tuple[str | None, ...]:
        """Return the toolchains that were chosen; None stands for the machine's own default."""
        return self.toolchains.get(language, ()) or (None,)

    def standard_for(self, language: str) -> str | None:
        """Return the language standard that was chosen; None for the compiler's own."""
        chosen = self.standards.get(language, ())
        return chosen[0] if chosen else None


class _WrongValueError(ValueError):
    """The text says what the option must be."""


@dataclass(frozen=True, slots=True)
class _Option:
    """One option: its name on the wire, its field in Settings, who may set it, and how it is read."""

    name: str
    field: str
    read: Callable[[object], object]
    user_only: bool = False
    capped: bool = False


def _read_name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _WrongValueError("must be a name in quotes")
    return value


def _read_class(value: object) -> str:
    if not isinstance(value, str):
        raise _WrongValueError("must be a name in quotes, or empty for the engine's own")
    return value


def _read_words(value: object) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise _WrongValueError("must be a name or a list of names")
    return tuple(cast("list[str]", words))


def _read_by_language(value: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise _WrongValueError(f"must be a table from languages ({', '.join(languages())}) to values")
    table: dict[str, tuple[str, ...]] = {}
    for language, words in cast("Mapping[object, object]", value).items():
        if language not in languages():
            raise _WrongValueError(
                f"names the language {language!r}, which is none of {', '.join(languages())}"
            )
        try:
            table[cast("str", language)] = _read_words(words)
        except _WrongValueError as wrong:
            raise _WrongValueError(f"for {language} {wrong}") from None
    return MappingProxyType(table)


def _read_number(value: object, least: float, most: float, unit: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= cast("float", value) <= most:
        raise _WrongValueError(f"must be a number of {unit} from {least:g} to {most:g}")
    return cast("float", value)


def _read_timeout(value: object) -> float:
    return float(_read_number(value, 0.1, 600, "seconds"))


def _read_memory(value: object) -> int:
    return int(_read_number(value, 64, 1024 * 1024, "megabytes"))


def _read_debounce(value: object) -> int | None:
    if value == AUTO:
        return None
    try:
        return int(_read_number(value, 0, 10_000, "milliseconds"))
    except _WrongValueError as wrong:
        raise _WrongValueError(f"{wrong}, or 'auto'") from None


_OPTIONS: Final = {
    option.name: option
    for option in (
        _Option("runtime", "runtime", _read_name, user_only=True),
        _Option("runtimeClass", "runtime_class", _read_class, user_only=True),
        _Option("toolchains", "toolchains", _read_by_language),
        _Option("standards", "standards", _read_by_language),
        _Option("flags", "flags", _read_by_language),
        _Option("timeoutSeconds", "timeout_s", _read_timeout, capped=True),
        _Option("memoryMegabytes", "memory_mb", _read_memory, capped=True),
        _Option("debounceMilliseconds", "debounce_ms", _read_debounce),
    )
}


def resolve(layers: Iterable[tuple[Origin, object]]) -> tuple[Settings, tuple[Problem, ...]]:
    """Lay options over each other, later ones over earlier ones, and say what could not be taken.

    Each layer is the wire's `wic` object: names as keys, None for "not set".
    """
    settings, problems = Settings(), []
    for origin, layer in layers:
        if layer is None:
            continue
        if not isinstance(layer, Mapping):
            message = f"wic must be a table of settings, not {layer!r}; it is passed over."
            problems.append(Problem("wic", message))
            continue
        for name, value in cast("Mapping[object, object]", layer).items():
            try:
                settings = _apply(settings, str(name), value, origin)
            except _WrongValueError as wrong:
                problems.append(_problem(settings, str(name), wrong))
    return settings, tuple(problems)


def _apply(settings: Settings, name: str, value: object, origin: Origin) -> Settings:
    option = _OPTIONS.get(name)
    if option is None:
        near = difflib.get_close_matches(name, _OPTIONS, n=1)
        raise _WrongValueError(f"is no setting{f'; did you mean wic.{near[0]}?' if near else ''}")
    if value is None:
        return settings
    if option.user_only and origin is Origin.WORKSPACE:
        raise _WrongValueError(
            "cannot be set by a workspace, only by you (initializationOptions or your own file)"
        )
    taken = option.read(value)
    current = getattr(settings, option.field)
    if option.capped and origin is Origin.WORKSPACE and cast("float", taken) > current:
        raise _WrongValueError(f"cannot be raised by a workspace above your own {current:g}")
    return replace(settings, **{option.field: taken})  # type: ignore[arg-type]


def _problem(settings: Settings, name: str, wrong: _WrongValueError) -> Problem:
    message = f"wic.{name} {wrong}"
    option = _OPTIONS.get(name)
    if option is not None:
        message += f"; in force is {_show(getattr(settings, option.field))}"
    return Problem(f"wic.{name}", f"{message}.")


def _show(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {' '.join(words)}" for key, words in value.items()) or "none"
    return AUTO if value is None else f"{value}" or "none"


def option_names() -> tuple[str, ...]:
    """Name every option as it is written on the wire."""
    return tuple(_OPTIONS)
