"""Whether the server can compile, found out by compiling: a tiny program on the default toolchain.

The answer is kept for some seconds, and however many ask at once, one compile answers all. Nothing is
remembered between two tries: each is another text.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Final

from wic_lsp.config import Settings
from wic_lsp.model import CheckResult, Snippet
from wic_lsp.pipeline import Pipeline

_PROGRAM: Final = "int main(void) {{ return 0; }} // {number}\n"
_LANGUAGES: Final = (("cpp", "ready.cpp"), ("c", "ready.c"))


class Readiness:
    """Tries, and keeps the answer for `keep_s` seconds of `clock`."""

    def __init__(
        self, pipeline: Pipeline, settings: Settings, keep_s: float, clock: Callable[[], float]
    ) -> None:
        self._pipeline = pipeline
        self._settings = settings
        self._keep_s = keep_s
        self._clock = clock
        self._numbers = itertools.count(1)
        self._known: tuple[float, str] | None = None
        self._trying: asyncio.Task[str] | None = None

    async def ask(self) -> str:
        """Return why nothing can be compiled; empty where something can."""
        if self._known is not None and self._clock() - self._known[0] < self._keep_s:
            return self._known[1]
        if self._trying is None:
            self._trying = asyncio.get_running_loop().create_task(self._try(), name="try to compile")
        return await asyncio.shield(self._trying)

    async def _try(self) -> str:
        try:
            reasons = [await self._try_language(*one) for one in _LANGUAGES[:1]]
            if reasons[0]:
                reasons += [await self._try_language(*one) for one in _LANGUAGES[1:]]
            answer = "" if "" in reasons else "; ".join(dict.fromkeys(reasons))
            self._known = (self._clock(), answer)
            return answer
        finally:
            self._trying = None

    async def _try_language(self, language: str, name: str) -> str:
        snippet = Snippet(_PROGRAM.format(number=next(self._numbers)), language, name)
        wanted = self._settings.toolchains_for(language)[0]
        return explain(await self._pipeline.check(snippet, self._settings, wanted))

    async def aclose(self) -> None:
        """End the try that runs."""
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.wait([self._trying])


def explain(result: CheckResult) -> str:
    """Say why a program without an error was not compiled without one; empty where it was."""
    if not result.is_complete:
        return " ".join(filter(None, (result.reason, result.remedy)))
    if result.has_error:
        said = "; ".join(finding.message for finding in result.findings)
        return f"{result.toolchain} finds errors in a program that has none: {said}"
    return ""
