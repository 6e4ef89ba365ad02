"""What the user may set: wire options in, frozen settings and problems out, with who may set what.

Options come in layers: the user's own file, what the editor hands over at start, and what a workspace says.
A workspace may choose toolchains, standards and allowed flags. The runtime and raised limits come from the
user alone, since a workspace may be anyone's. A value of the wrong kind never stops anything: the one in
force stays, and the problem says so. No IO.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, unique
from itertools import islice
from types import MappingProxyType
from typing import Final, cast

from wic_lsp.toolchains.families import languages
from wic_runtimes.contract import Limits

AUTO: Final = "auto"
_EMPTY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
_MEGABYTE: Final = 1024 * 1024
_MEGABYTES: Final = "megabytes"
_MOST_OPTIONS: Final = 100
_MOST_WORDS: Final = 256


@unique
class Origin(Enum):
    """Who said it: the user (command line, own file, editor at start), a workspace, or a remote client.

    The last is one of a server that is shared: its user is whoever runs it.
    """

    USER = "user"
    WORKSPACE = "workspace"
    REMOTE = "remote"


@unique
class When(StrEnum):
    """When a document is compiled; the values are the wire's.

    SAVE is when it is opened or saved, COMMAND when the user asks. OTHER_TOOLCHAINS is ALWAYS, but never with
    a toolchain that nobody named.
    """

    ALWAYS = "always"
    SAVE = "save"
    COMMAND = "command"
    OTHER_TOOLCHAINS = "otherToolchains"


@dataclass(frozen=True, slots=True)
class Problem:
    """An option that could not be taken: which, why, and what is in force instead."""

    option: str
    message: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, resolved. Mappings go from a language to its values.

    `runtime_class` names the OCI runtime that runs an engine's containers; it is empty for the engine's own.
    `kubernetes` says where in a cluster compiles go: what was set of the names in `_KUBERNETES`.
    `debounce_ms` is None for a delay that adapts to how long checks take. `cache` bounds what is kept of
    results on disk, in `megabytes`; it is empty where nothing is kept there.
    """

    runtime: str = AUTO
    runtime_class: str = ""
    kubernetes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    toolchains: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _EMPTY)
    standards: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _EMPTY)
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _EMPTY)
    when: When = When.ALWAYS
    timeout_s: float = 10.0
    memory_mb: int = 1024
    debounce_ms: int | None = None
    cache: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({_MEGABYTES: 256}))

    @property
    def cache_bytes(self) -> int:
        """How much of results is kept on disk; 0 for nothing."""
        return self.cache.get(_MEGABYTES, 0) * _MEGABYTE

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
    if len(words) > _MOST_WORDS:
        raise _WrongValueError(f"must be at most {_MOST_WORDS} names")
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


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise _WrongValueError("must be a text in quotes")
    return value


def _read_quantity(value: object) -> str:
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _QUANTITY.fullmatch(text):
        raise _WrongValueError("must be a number of processors, as 1 or '500m'")
    return text


def _read_labels(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise _WrongValueError("must be a table of labels")
    labels = cast("Mapping[object, object]", value)
    if not all(isinstance(part, str) for pair in labels.items() for part in pair):
        raise _WrongValueError("must hold texts alone")
    return MappingProxyType(dict(cast("Mapping[str, str]", labels)))


def _read_tolerations(value: object) -> tuple[Mapping[str, object], ...]:
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise _WrongValueError("must be a list of tolerations, each a table as in a pod")
    tolerations = cast("list[Mapping[str, object]]", value)
    if not all(isinstance(word, str | int) for one in tolerations for word in one.values()):
        raise _WrongValueError("must hold texts and numbers alone")
    return tuple(MappingProxyType(dict(one)) for one in tolerations)


_QUANTITY: Final = re.compile(r"[0-9]+(\.[0-9]+)?|[0-9]+m")

_KUBERNETES: Final[Mapping[str, Callable[[object], object]]] = {
    "namespace": _read_text,
    "context": _read_text,
    "images": _read_words,
    "cpu": _read_quantity,
    "nodeSelector": _read_labels,
    "tolerations": _read_tolerations,
    "priorityClass": _read_text,
}


def _read_kubernetes(value: object) -> Mapping[str, object]:
    """Take the whole table; what is wrong with one of its entries is said by that entry's name."""
    if not isinstance(value, Mapping):
        raise _WrongValueError(f"must be a table of {', '.join(_KUBERNETES)}")
    table: dict[str, object] = {}
    for name, said in cast("Mapping[object, object]", value).items():
        read = _KUBERNETES.get(str(name))
        if read is None:
            raise _WrongValueError(f"has no entry {name!r}, only {', '.join(_KUBERNETES)}")
        try:
            table[str(name)] = read(said)
        except _WrongValueError as wrong:
            raise _WrongValueError(f"has an entry '{name}' that {wrong}") from None
    return MappingProxyType(table)


def _read_number(value: object, least: float, most: float, unit: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= cast("float", value) <= most:
        raise _WrongValueError(f"must be a number of {unit} from {least:g} to {most:g}")
    return cast("float", value)


def _read_when(value: object) -> When:
    try:
        return When(cast("str", value))
    except ValueError:
        *others, last = (f"'{one}'" for one in When)
        raise _WrongValueError(f"must be {', '.join(others)} or {last}") from None


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


def _read_cache(value: object) -> Mapping[str, int]:
    if value is False:
        return MappingProxyType({})
    if not isinstance(value, Mapping) or set(cast("Mapping[object, object]", value)) != {_MEGABYTES}:
        raise _WrongValueError(f"must be false, or a table of {_MEGABYTES}")
    try:
        return MappingProxyType(
            {_MEGABYTES: int(_read_number(value[_MEGABYTES], 1, 1024 * 1024, _MEGABYTES))}
        )
    except _WrongValueError as wrong:
        raise _WrongValueError(f"has an entry '{_MEGABYTES}' that {wrong}") from None


_OPTIONS: Final = {
    option.name: option
    for option in (
        _Option("runtime", "runtime", _read_name, user_only=True),
        _Option("runtimeClass", "runtime_class", _read_class, user_only=True),
        _Option("kubernetes", "kubernetes", _read_kubernetes, user_only=True),
        _Option("toolchains", "toolchains", _read_by_language),
        _Option("standards", "standards", _read_by_language),
        _Option("flags", "flags", _read_by_language),
        _Option("when", "when", _read_when),
        _Option("timeoutSeconds", "timeout_s", _read_timeout, capped=True),
        _Option("memoryMegabytes", "memory_mb", _read_memory, capped=True),
        _Option("debounceMilliseconds", "debounce_ms", _read_debounce),
        _Option("cache", "cache", _read_cache, user_only=True),
    )
}


_WHO_MAY_NOT: Final = {
    Origin.WORKSPACE: "a workspace, only by you (initializationOptions or your own file)",
    Origin.REMOTE: "you on a shared server, only by whoever runs it",
}
_WHO_MAY_NOT_RAISE: Final = {
    Origin.WORKSPACE: "a workspace above your own",
    Origin.REMOTE: "you above this shared server's",
}


def resolve(
    layers: Iterable[tuple[Origin, object]], base: Settings | None = None
) -> tuple[Settings, tuple[Problem, ...]]:
    """Lay options over each other, later ones over earlier ones, and say what could not be taken.

    `base` holds what is in force before the first of them. Each layer is the wire's `wic` object: names as
    keys, None for "not set".
    """
    settings, problems = base or Settings(), []
    for origin, layer in layers:
        if layer is None:
            continue
        if not isinstance(layer, Mapping):
            message = f"wic must be a table of settings, not {layer!r}; it is passed over."
            problems.append(Problem("wic", message))
            continue
        if len(layer) > _MOST_OPTIONS:
            message = f"wic has {len(layer)} settings; only the first {_MOST_OPTIONS} are looked at."
            problems.append(Problem("wic", message))
        for name, value in islice(cast("Mapping[object, object]", layer).items(), _MOST_OPTIONS):
            try:
                settings = _apply(settings, str(name), value, origin)
            except _WrongValueError as wrong:
                problems.append(_problem(settings, str(name), wrong, origin))
    return settings, tuple(problems)


def _apply(settings: Settings, name: str, value: object, origin: Origin) -> Settings:
    option = _OPTIONS.get(name)
    if option is None:
        near = difflib.get_close_matches(name, _OPTIONS, n=1)
        raise _WrongValueError(f"is no setting{f'; did you mean wic.{near[0]}?' if near else ''}")
    if value is None:
        return settings
    if option.user_only and origin is not Origin.USER:
        raise _WrongValueError(f"cannot be set by {_WHO_MAY_NOT[origin]}")
    taken = option.read(value)
    current = getattr(settings, option.field)
    if option.capped and origin is not Origin.USER and cast("float", taken) > current:
        raise _WrongValueError(f"cannot be raised by {_WHO_MAY_NOT_RAISE[origin]} {current:g}")
    return replace(settings, **{option.field: taken})  # type: ignore[arg-type]


def _problem(settings: Settings, name: str, wrong: _WrongValueError, origin: Origin) -> Problem:
    """Say what is wrong, and what is in force; but not to strangers what is the user's alone."""
    message = f"wic.{name} {wrong}"
    option = _OPTIONS.get(name)
    if option is not None and not (option.user_only and origin is Origin.REMOTE):
        message += f"; in force is {_show(getattr(settings, option.field))}"
    return Problem(f"wic.{name}", f"{message}.")


def _show(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_show(said)}" for key, said in value.items()) or "none"
    if isinstance(value, tuple):
        return " ".join(map(_show, value))
    return AUTO if value is None else f"{value}" or "none"


def option_names() -> tuple[str, ...]:
    """Name every option as it is written on the wire."""
    return tuple(_OPTIONS)
