"""What can be chosen on the playground: languages, and of each the toolchains and standards that are here.

Only names are told, none that a client could not find out by asking for it: no paths, images or limits. What
compilers there are is found by asking them inside their runtime, so it is asked once for all, and kept for
a while.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from wic_lsp import __version__
from wic_lsp.assembly import Workshop
from wic_lsp.config import Settings
from wic_lsp.toolchains.families import Toolchain, languages
from wic_runtimes.errors import RuntimeFailure

_KEEP_S: Final = 60.0
_PATIENCE_S: Final = 60.0
_STANDARDS: Final[Mapping[str, tuple[str, ...]]] = {
    "c": ("c90", "c99", "c11", "c17", "c23", "gnu17", "gnu23"),
    "cpp": ("c++98", "c++11", "c++14", "c++17", "c++20", "c++23", "c++26"),
    "rust": ("2015", "2018", "2021", "2024"),
    "go": ("go1.18", "go1.20", "go1.21", "go1.22", "go1.23", "go1.24"),
    "java": ("8", "11", "17", "21", "25"),
    "typescript": ("es5", "es2015", "es2020", "es2022", "esnext"),
    "javascript": ("es5", "es2015", "es2020", "es2022", "esnext"),
}
"""Standards that people ask for, oldest first. Those that no toolchain here takes are not offered."""

_log = logging.getLogger(__name__)


class Offer:
    """Asks the runtimes what they have, and keeps the answer for a while of `clock`."""

    def __init__(self, workshop: Workshop, settings: Settings, clock: Callable[[], float]) -> None:
        self._workshop = workshop
        self._settings = settings
        self._clock = clock
        self._known: tuple[float, bytes] | None = None
        self._asking: asyncio.Task[bytes] | None = None

    async def ask(self) -> bytes:
        """Return what can be chosen, as JSON."""
        if self._known is not None and self._clock() - self._known[0] < _KEEP_S:
            return self._known[1]
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._ask(), name="ask what can be chosen")
        return await asyncio.shield(self._asking)

    async def _ask(self) -> bytes:
        try:
            names = self._workshop.selector.order(self._settings.runtime)
            lists = await asyncio.gather(*map(self._list, names))
            found = [one for each in lists for one in each]
            answer = json.dumps(describe(found, self._settings)).encode()
            if found:  # else a compiler that is installed now is offered at once
                self._known = (self._clock(), answer)
            return answer
        finally:
            self._asking = None

    async def _list(self, name: str) -> Sequence[Toolchain]:
        """Return what a runtime has; nothing where it does not work, or takes too long to say."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                engine = await self._workshop.engine(name, self._settings)
                if not (await engine.runtime.health()).usable:
                    return ()
                listed = await engine.catalogue.list_all()
        except (RuntimeFailure, TimeoutError) as failure:
            _log.warning(
                "the compilers of %s cannot be offered: %s", name, str(failure) or "it does not answer"
            )
            return ()
        return [one for one in listed if isinstance(one, Toolchain)]

    async def aclose(self) -> None:
        """End the question that is being asked."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])


def describe(found: Sequence[Toolchain], settings: Settings) -> Mapping[str, object]:
    """Return what can be chosen of these toolchains, each once, by language; first come those named first.

    `chosen` are those that are used where nothing is chosen, empty for the compiler of the bare name.
    """
    offered = []
    for name, language in languages().items():
        own = {one.id: one for one in reversed(found) if one.language == name}
        if not own:
            continue
        ids = list(dict.fromkeys(one.id for one in found if one.language == name))
        takes = own.values()
        offered.append(
            {
                "id": name,
                "title": language.title,
                "editor": language.editor[0],
                "file": f"{'Main' if name == 'java' else 'main'}{language.endings[0]}",
                "toolchains": [{"id": one, "version": own[one].version} for one in ids],
                "standards": [
                    one
                    for one in _STANDARDS.get(name, ())
                    if any(toolchain.accepts_standard(one) for toolchain in takes)
                ],
                "chosen": [one for one in settings.toolchains.get(name, ()) if one in own],
            }
        )
    return {"version": __version__, "languages": offered}
