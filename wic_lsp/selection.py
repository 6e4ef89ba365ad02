"""Which runtime compiles a snippet, with which toolchain, and why that one.

A runtime that the user chose is obeyed and never replaced. `auto` is the cluster where the server runs in
one; elsewhere the sandbox where it works and has the toolchain that was asked for, else Docker where it has.
What each runtime answered is a value, and `decide` is a pure function over such values; `Selector` only asks,
in that order, and no further than it must: whom the sandbox serves never loads Docker's client.

Nothing is tried to see whether a runtime works: one that raises RuntimeUnavailable does not. It may do so no
sooner than it is to compile, since what it has is remembered on disk. Then nothing was compiled, and the
choice is made again without it. A compile that had begun (JobEvicted) is never repeated elsewhere; and where
the user chose the runtime, or the server runs in a cluster, there is no elsewhere.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from wic_lsp.config import AUTO, Settings
from wic_lsp.discovery import Catalogue
from wic_lsp.toolchains.families import Toolchain, languages
from wic_runtimes.contract import Runtime
from wic_runtimes.errors import ImageUnavailable, JobRejected, RuntimeFailure, RuntimeUnavailable

CLUSTER: Final = "kubernetes"
_ON_A_MACHINE: Final = ("sandbox", "docker")
_REFUSALS_KNOWN_S: Final = 30.0
"""How long a runtime that was passed over is not asked again: asking can take as long as a compile."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Engine:
    """A runtime with the toolchains that it offers."""

    runtime: Runtime
    catalogue: Catalogue


@dataclass(frozen=True, slots=True)
class Offer:
    """A runtime, by the name that it was asked by, works as far as is known and has the toolchain."""

    name: str
    engine: Engine
    toolchain: Toolchain


@dataclass(frozen=True, slots=True)
class Refusal:
    """A runtime does not work, or has no such toolchain; `failure` says which."""

    name: str
    failure: RuntimeFailure


Answer: TypeAlias = Offer | Refusal


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a snippet is compiled and with what; `why` is for people, in sentences."""

    name: str
    engine: Engine
    toolchain: Toolchain
    why: str


def auto_order(*, is_in_cluster: bool) -> tuple[str, ...]:
    """Return the runtimes that `auto` asks, in that order.

    In a cluster there is but one: a sandbox inside the server's own pod, which holds the server's token, is
    weaker than a pod without one.
    """
    return (CLUSTER,) if is_in_cluster else _ON_A_MACHINE


def decide(setting: str, answers: Sequence[Answer]) -> Choice:
    """Take the first offer. `answers` are in the order of asking; at least one.

    Raises the RuntimeFailure that helps most where there is no offer; see `explain_refusals`.
    """
    refusals: list[Refusal] = []
    for answer in answers:
        if isinstance(answer, Offer):
            return Choice(answer.name, answer.engine, answer.toolchain, _why(setting, answer.name, refusals))
        refusals.append(answer)
    raise explain_refusals(refusals)


def _why(setting: str, name: str, refusals: Sequence[Refusal]) -> str:
    if setting != AUTO:
        return "This runtime was chosen in the settings."
    if name == CLUSTER:
        return "The server runs in a cluster."
    if not refusals:
        return "It works here and has the toolchain."
    told = ", ".join(_why_not(one) for one in refusals)
    return f"It has the toolchain; {told}."


def _why_not(refusal: Refusal) -> str:
    what = "has not" if _is_at_work(refusal.failure) else "does not work here"
    return f"{refusal.name} {what} ({refusal.failure.reason.rstrip('.')})"


def _is_at_work(failure: RuntimeFailure) -> bool:
    """Whether a runtime that failed so does work, and only has not what was asked for."""
    return isinstance(failure, ImageUnavailable | JobRejected)


def explain_refusals(refusals: Sequence[Refusal]) -> RuntimeFailure:
    """Return one failure for all: the most useful one, its remedy followed by what the others said.

    First comes an image that is missing and can be pulled, then the first runtime that works and only has not
    the toolchain, then the first that was asked.
    """
    if len(refusals) == 1:
        return refusals[0].failure

    def rank(refusal: Refusal) -> int:
        failure = refusal.failure
        if isinstance(failure, ImageUnavailable) and failure.image:
            return 0
        return 1 if _is_at_work(failure) else 2

    lead = min(refusals, key=rank)
    others = (f"With {one.name}: {one.failure}" for one in refusals if one is not lead)
    reason, remedy = lead.failure.reason, " ".join(filter(None, (lead.failure.remedy, *others)))
    match lead.failure:
        case ImageUnavailable(image=image):
            return ImageUnavailable(reason, remedy, image)
        case JobRejected():
            return JobRejected(reason, remedy)
        case _:
            return RuntimeUnavailable(reason, remedy)


_Key: TypeAlias = tuple[str, str, str, str | None]


class Selector:
    """Asks runtimes for toolchains. All state belongs to the event loop.

    `engine_for` gives the engine of a runtime's name under those settings, or raises RuntimeFailure;
    `find_order` gives the runtimes that `auto` asks, and is called when that is first needed.
    """

    def __init__(
        self,
        engine_for: Callable[[str, Settings], Awaitable[Engine]],
        find_order: Callable[[], Sequence[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine_for = engine_for
        self._find_order = find_order
        self._auto: tuple[str, ...] | None = None
        self._clock = clock
        self._refusals: dict[_Key, tuple[float, RuntimeFailure]] = {}
        self._told: set[str] = set()

    def order(self, setting: str) -> tuple[str, ...]:
        """Return the runtimes that a setting allows, in the order in which they are asked."""
        if setting != AUTO:
            return (setting,)
        if self._auto is None:
            self._auto = tuple(self._find_order())
        return self._auto

    async def choose(
        self,
        settings: Settings,
        language: str,
        wanted: str | None,
        failed: Mapping[str, RuntimeFailure] | None = None,
    ) -> Choice:
        """Return where to compile with the wanted toolchain (None: any for the language), and with what.

        `failed` holds runtimes that are known not to work, by name. Raises RuntimeFailure where none is left.
        """
        answers: dict[_Key, Answer] = {}
        for name in self.order(settings.runtime):
            key = (name, settings.runtime_class, language, wanted)
            failure = (failed or {}).get(name) or self._known_refusal(key)
            answer = Refusal(name, failure) if failure else await self._ask(name, settings, language, wanted)
            answers[key] = answer
            if isinstance(answer, Offer):
                break
        self._remember(answers)
        choice = decide(settings.runtime, tuple(answers.values()))
        self._tell(choice, len(answers), language)
        return choice

    async def _ask(self, name: str, settings: Settings, language: str, wanted: str | None) -> Answer:
        try:
            engine = await self._engine_for(name, settings)
            return Offer(name, engine, await engine.catalogue.choose(language, wanted))
        except RuntimeFailure as failure:
            return Refusal(name, failure)

    def _known_refusal(self, key: _Key) -> RuntimeFailure | None:
        """Return what was answered a short while ago; it is kept only while another runtime serves."""
        known_at, failure = self._refusals.get(key, (None, None))
        if known_at is None or self._clock() - known_at > _REFUSALS_KNOWN_S:
            self._refusals.pop(key, None)
            return None
        return failure

    def _remember(self, answers: Mapping[_Key, Answer]) -> None:
        """Keep refusals while there is an offer, which is the last answer; else everyone is asked afresh."""
        *refused, (_, last) = answers.items()
        for key, answer in refused:
            if isinstance(answer, Refusal) and isinstance(last, Offer):
                self._refusals.setdefault(key, (self._clock(), answer.failure))
            else:
                self._refusals.pop(key, None)

    def _tell(self, choice: Choice, asked: int, language: str) -> None:
        """Log, once, that another runtime than the first is used."""
        told = f"{languages()[language].title}: {choice.toolchain.id} in {choice.name}. {choice.why}"
        if asked > 1 and told not in self._told:
            self._told.add(told)
            _log.info("%s", told)

    def forget(self) -> None:
        """Ask every runtime afresh from now on."""
        self._refusals.clear()
