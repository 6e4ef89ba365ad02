"""What the engine tells of a pull, added up over the image's layers. Pure.

An image is a stack of layers, each fetched, checked and unpacked by itself; the engine tells of each as it
goes. Nothing that it says is relied on: an event that is none changes nothing, and no more bytes are ever
done than there are.

Source: https://docs.docker.com/reference/api/engine/version/v1.41/, ImageCreate, as the engine writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from wic_runtimes.contract import Transfer

_ASKING: Final = "asking the registry"
_DOWNLOADING: Final = "downloading"
_UNPACKING: Final = "unpacking"

_WAITING: Final = frozenset({"Pulling fs layer", "Waiting", "Preparing"})
_FETCHED: Final = frozenset({"Verifying Checksum", "Download complete", "Extracting", "Pull complete"})
_AT_HOME: Final = "Already exists"


@dataclass(slots=True)
class _Layer:
    done: int = 0
    total: int = 0
    is_fetched: bool = False


class PullProgress:
    """Takes a pull's events as they come; `transfer` is how far it has come.

    Its total is that of the layers whose size is known, so it grows while further layers begin.
    """

    def __init__(self) -> None:
        self._layers: dict[str, _Layer] = {}

    def feed(self, event: Mapping[str, object]) -> None:
        """Take the next event."""
        name, status = event.get("id"), event.get("status")
        if not isinstance(name, str) or not isinstance(status, str):
            return
        if status == _AT_HOME:
            self._layers[name] = _Layer(is_fetched=True)
        elif status in _WAITING:
            self._layers.setdefault(name, _Layer())
        elif status == "Downloading":
            layer = self._layers.setdefault(name, _Layer())
            done, total = _read_detail(event.get("progressDetail"))
            layer.is_fetched = False
            layer.total = max(total, done, layer.total)
            layer.done = done
        elif status in _FETCHED:
            layer = self._layers.setdefault(name, _Layer())
            if status == "Extracting" and not layer.total:  # one so small that nothing else was told of it
                layer.total = _read_detail(event.get("progressDetail"))[1]
            layer.done = layer.total
            layer.is_fetched = True

    @property
    def transfer(self) -> Transfer:
        """How far the pull has come."""
        layers = self._layers.values()
        done, total = sum(layer.done for layer in layers), sum(layer.total for layer in layers)
        if not layers:
            return Transfer(_ASKING)
        step = _UNPACKING if all(layer.is_fetched for layer in layers) else _DOWNLOADING
        return Transfer(step, done, total)


def _read_detail(detail: object) -> tuple[int, int]:
    """Return how many bytes are done and how many there are; 0 for what is not told."""
    if not isinstance(detail, Mapping):
        return 0, 0
    table = cast("Mapping[object, object]", detail)
    done, total = table.get("current"), table.get("total")
    return _count(done), _count(total)


def _count(number: object) -> int:
    return max(number, 0) if isinstance(number, int) and not isinstance(number, bool) else 0
