"""Which runtimes are installed: entry points of the group `wic_lsp.runtimes`, looked up by name.

An entry point names a factory that takes the runtime's own options and returns a `Runtime`. Nothing is
imported before it is asked for: a user of the sandbox never pays for Docker's or Kubernetes' client.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from wic_runtimes.contract import Runtime
from wic_runtimes.errors import RuntimeUnavailable

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "wic_lsp.runtimes"

RuntimeFactory: TypeAlias = Callable[[Mapping[str, object]], Runtime]


def runtime_names() -> tuple[str, ...]:
    """Name the installed runtimes, sorted."""
    return tuple(sorted(entry.name for entry in _entries()))


def create_runtime(name: str, options: Mapping[str, object]) -> Runtime:
    """Make the runtime of that name. Raises RuntimeUnavailable where it is unknown or cannot be loaded."""
    entry = next((entry for entry in _entries() if entry.name == name), None)
    if entry is None:
        raise unknown_runtime(name)
    try:
        factory = cast("RuntimeFactory", entry.load())
    except ImportError as exc:
        raise RuntimeUnavailable(
            f"The runtime '{name}' is installed but cannot be loaded: {exc}.",
            f"Install what it needs: pip install 'wic-lsp[{name}]'.",
        ) from exc
    return factory(options)


def unknown_runtime(name: str) -> RuntimeUnavailable:
    """Say that there is no such runtime, and which there are."""
    names = runtime_names()
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    return RuntimeUnavailable(
        f"There is no runtime '{name}'.", f"{hint}Installed runtimes: {', '.join(names) or 'none'}."
    )


def _entries() -> set[EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - a tenth of a server's start, needed after it

    return set(entry_points(group=GROUP))
