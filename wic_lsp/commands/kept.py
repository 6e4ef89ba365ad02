"""What `wic doctor` says of the results that are kept on disk, and what `wic gc` removes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wic_lsp.results.folder import FileState

if TYPE_CHECKING:
    from wic_lsp.results.file import ResultFile

_KILO: Final = 1024
_ROUND: Final = 1000
_NO_SQLITE: Final = "this Python has no SQLite"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is on disk, and how much may be: `room_bytes`, 0 where the user wants nothing there."""

    state: FileState
    room_bytes: int

    def to_object(self) -> Mapping[str, object]:
        """Return it for programs."""
        return {
            "path": str(self.state.path),
            "entries": self.state.entries,
            "bytes": self.state.disk_bytes,
            "mostBytes": self.room_bytes,
            "trouble": self.state.trouble,
        }

    def to_line(self) -> str:
        """Return it for people."""
        state = self.state
        bound = f"at most {tell_bytes(self.room_bytes)}" if self.room_bytes else "turned off by wic.cache"
        trouble = f"; NOT USABLE: {state.trouble}" if state.trouble else ""
        held = f"{state.entries:,} in {tell_bytes(state.disk_bytes)}"
        return f"results on disk: {held} ({bound}): {state.path}{trouble}"


def describe_results(folder: Path, room_bytes: int) -> Kept:
    """Look at what is there; nothing is made."""
    file = _open(folder)
    if file is None:
        return Kept(FileState(folder, trouble=_NO_SQLITE), room_bytes)
    try:
        return Kept(file.state() or FileState(folder), room_bytes)
    finally:
        file.close()


def prune_results(folder: Path, room_bytes: int) -> str:
    """Remove what nobody needs or what is over the bound, and say how much that was."""
    file = _open(folder)
    if file is None:
        return f"results on disk: {_NO_SQLITE}"
    try:
        entries, freed = file.prune(room_bytes)
    finally:
        file.close()
    if not entries and not freed:
        return "results on disk: nothing to remove"
    return f"results on disk: removed {entries:,} ({tell_bytes(freed)})"


def _open(folder: Path) -> ResultFile | None:
    """Return the file; None for a Python that was built, or packed, without SQLite."""
    try:
        from wic_lsp.results.file import ResultFile  # noqa: PLC0415 - see above
    except ImportError:
        return None
    return ResultFile(folder)


def tell_bytes(count: int) -> str:
    """Write a number of bytes with a unit, as `1.5 MB`."""
    amount, units = float(count), ["B", "kB", "MB", "GB"]
    while amount >= _KILO and len(units) > 1:
        amount /= _KILO
        del units[0]
    return f"{amount:.3g} {units[0]}" if amount < _ROUND else f"{amount:,.0f} {units[0]}"
