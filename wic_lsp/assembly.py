"""Puts runtimes, catalogues and the cache together. The one place that turns a runtime's name into one.

Engines are made when they are first asked for and live until `aclose`. `auto` is the sandbox: it is the only
runtime that needs nothing but this machine, and nothing weaker is ever taken in its place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from wic_lsp.cache import ResultCache
from wic_lsp.config import AUTO, Problem
from wic_lsp.discovery import Catalogue
from wic_lsp.pipeline import Engine, Pipeline
from wic_lsp.toolchains.families import families
from wic_runtimes import registry

DEFAULT_RUNTIME: Final = "sandbox"


class Workshop:
    """Every engine of this process, and the pipeline over them."""

    def __init__(self, runtime_options: Mapping[str, object]) -> None:
        self._options = runtime_options
        self._engines: dict[str, Engine] = {}
        self._cache = ResultCache()
        self.pipeline = Pipeline(self.engine, self._cache)

    def engine(self, name: str) -> Engine:
        """Return the engine of that runtime. Raises RuntimeUnavailable where there is none of that name."""
        name = DEFAULT_RUNTIME if name == AUTO else name
        if name not in self._engines:
            runtime = registry.create_runtime(name, self._options)
            self._engines[name] = Engine(runtime, Catalogue(runtime, families(), cache_folder()))
        return self._engines[name]

    async def aclose(self) -> None:
        """End every job and release every runtime; the next `engine` starts afresh."""
        engines, self._engines = list(self._engines.values()), {}
        self._cache.clear()
        for engine in engines:
            await engine.runtime.aclose()


def cache_folder() -> Path:
    """Return the user's cache folder for this program."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - not needed to start

    return user_cache_path("wic", appauthor=False)


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
