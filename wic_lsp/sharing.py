"""What a pipeline asks of whoever shares it out: a turn for each compile, and an ear for what became of it.

Both are protocols, so that the pipeline knows neither who else waits nor what is counted. Their defaults are
those of a server with one client: no waiting, no counting. No IO.

Who waits for what is made for all may be told so as well (`hear_waits`): it goes with the context of the task
that asked, since several wait for the same, and each has another to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Final, Protocol

from wic_runtimes.contract import CompileOutput
from wic_runtimes.errors import RuntimeFailure


class Gate(Protocol):
    """Says when a compile may begin."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Wait for a turn, and keep it for the length of the block. Raises JobRejected where none comes."""
        ...


class Observer(Protocol):
    """Is told what became of each check; names of runtimes and toolchains are empty where none was chosen."""

    def compiled(self, runtime: str, toolchain: str, output: CompileOutput) -> None:
        """Take note that a compiler ran."""

    def recalled(self, runtime: str, toolchain: str) -> None:
        """Take note that the answer was remembered, and no compiler ran."""

    def failed(self, runtime: str, toolchain: str, failure: RuntimeFailure) -> None:
        """Take note that nothing was compiled."""


class OpenGate:
    """Lets everyone in at once."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Begin at once."""
        return nullcontext()


class NoObserver:
    """Takes no notice."""

    def compiled(self, runtime: str, toolchain: str, output: CompileOutput) -> None:
        """Pass over it."""

    def recalled(self, runtime: str, toolchain: str) -> None:
        """Pass over it."""

    def failed(self, runtime: str, toolchain: str, failure: RuntimeFailure) -> None:
        """Pass over it."""


_LISTENER: Final[ContextVar[Callable[[str], None] | None]] = ContextVar("listener", default=None)


@contextmanager
def hear_waits(listener: Callable[[str], None]) -> Iterator[None]:
    """Have `listener` told, in a few words, what the work in the block waits for."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def tell_wait(what: str) -> None:
    """Tell whoever listens here what is waited for."""
    listener = _LISTENER.get()
    if listener is not None:
        listener(what)
