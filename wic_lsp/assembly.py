"""Puts runtimes, catalogues, the choice among them and the cache together.

The one place that turns a runtime's name into one. Engines are made when they are first asked for and live
until `aclose`, or until their options change. Which one compiles is `selection`'s to say.
"""

from __future__ import annotations

import asyncio
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from wic_lsp.cache import ResultCache
from wic_lsp.config import Problem, Settings
from wic_lsp.discovery import Catalogue
from wic_lsp.fairness import FairGate
from wic_lsp.libraries.making import Libraries
from wic_lsp.pipeline import Pipeline
from wic_lsp.results.levels import Results
from wic_lsp.selection import CLUSTER, Engine, Selector, auto_order
from wic_lsp.sharing import Gate, NoObserver, Observer, OpenGate
from wic_lsp.toolchains.families import families
from wic_runtimes import registry
from wic_runtimes.waiting import outlast

_AT_ONCE: Final = 2 * (os.cpu_count() or 1)
"""How many compiles of one user run side by side: a document may have a hundred blocks."""


class Workshop:
    """Every engine of this process, the choice among them, and the pipeline over them.

    `runtime_options` are handed to every runtime, beside what the settings say.
    """

    def __init__(self, runtime_options: Mapping[str, object]) -> None:
        self._options = runtime_options
        self._engines: dict[str, tuple[Mapping[str, object], Engine]] = {}
        self._making = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()
        self._results = Results(results_folder)
        self.selector = Selector(self.engine, own_auto_order)
        self._libraries = Libraries(libraries_folder)
        gate = FairGate(_AT_ONCE, _AT_ONCE).lane()
        self.pipeline = Pipeline(self.selector, self._results, gate, libraries=self._libraries)

    def share_pipeline(self, gate: Gate, observer: Observer, *, remembers: bool = True) -> Pipeline:
        """Return a pipeline over the same engines for one of several clients, who wait at `gate`.

        What is compiled by one that `remembers` is remembered for all, and done once for all who want it at
        once: results go by their content. One that does not compiles whatever it is asked for.
        """
        results = self._results if remembers else Results(None, ResultCache(capacity_bytes=0))
        return Pipeline(self.selector, results, gate, observer, self._libraries)

    def fresh_pipeline(self) -> Pipeline:
        """Return a pipeline for the only client that compiles whatever it is asked for."""
        return self.share_pipeline(OpenGate(), NoObserver(), remembers=False)

    async def engine(self, name: str, settings: Settings) -> Engine:
        """Return the engine of that runtime. Raises RuntimeUnavailable where there is none of that name.

        There is one of a name at a time: one with other options is closed first, which ends its jobs.
        """
        options = {**self._options, "runtime_class": settings.runtime_class}
        if name == CLUSTER:
            options["kubernetes"] = settings.kubernetes
        async with self._making:
            had, engine = self._engines.get(name, (None, None))
            if engine is not None and had == options:
                return engine
            if engine is not None:
                del self._engines[name]
                await self._close([engine])
            runtime = registry.create_runtime(name, options)
            engine = Engine(runtime, Catalogue(runtime, families(), cache_folder()))
            self._engines[name] = (options, engine)
            return engine

    async def _close(self, engines: Iterable[Engine]) -> None:
        """Close them side by side, to the end, even where whoever waits for it is cancelled."""
        loop = asyncio.get_running_loop()
        tasks = [
            loop.create_task(engine.runtime.aclose(), name=f"close {engine.runtime.name}")
            for engine in engines
        ]
        self._closing.update(tasks)
        for task in tasks:
            task.add_done_callback(self._closing.discard)
        await outlast(*tasks)
        for task in tasks:
            task.result()

    async def aclose(self) -> None:
        """End every job and release every runtime; the next `engine` starts afresh."""
        engines, self._engines = self._engines, {}
        self._results.forget()
        self.selector.forget()
        try:
            await self._libraries.aclose()
            await self._close(engine for _, engine in engines.values())
            await outlast(*self._closing)
        finally:
            await self._results.aclose()


def own_auto_order() -> tuple[str, ...]:
    """Return the runtimes that `auto` asks here; see `auto_order`."""
    is_in_cluster = bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and CLUSTER in registry.runtime_names()
    return auto_order(is_in_cluster=is_in_cluster)


def cache_folder() -> Path:
    """Return the user's cache folder for this program."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - not needed to start

    return user_cache_path("wic", appauthor=False)


def results_folder() -> Path:
    """Return where results are kept on disk."""
    return cache_folder() / "results"


def libraries_folder() -> Path:
    """Return where compiled standard libraries are kept on disk."""
    return cache_folder() / "libraries"


def user_file() -> Path:
    """Return where the user's own settings are read from."""
    from platformdirs import user_config_path  # noqa: PLC0415 - not needed to start

    return user_config_path("wic", appauthor=False) / "config.toml"


def read_user_file(file: Path) -> tuple[Mapping[str, object] | None, tuple[Problem, ...]]:
    """Read the user's settings; a file that is not there is none, a broken one is a problem."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")), ()
    except FileNotFoundError:
        return None, ()
    except (OSError, ValueError) as exc:
        return None, (Problem("wic", f"{file} cannot be read ({exc}); it is passed over."),)
