"""`wic images list|pull|build`: which compilers' images are here, and bringing those that are not.

Only images that a family of ours names, and nothing unasked. A transfer that is interrupted ends on the
engine as well.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from wic_lsp.assembly import Workshop
from wic_lsp.commands.output import is_terminal, write
from wic_lsp.commands.settings import read_settings
from wic_lsp.config import Settings
from wic_lsp.report.terminal import sanitise_line
from wic_lsp.stores import Store, find_stores, image_of
from wic_lsp.toolchains.families import images
from wic_lsp.transfers import describe, percent
from wic_runtimes import registry
from wic_runtimes.contract import Image, Transfer
from wic_runtimes.errors import JobRejected, RuntimeFailure

_OPTIONS: Final = {"spares": False}
_DIGITS: Final = 12
_WRONG_NAME: Final = 2

Report: TypeAlias = Callable[[Transfer], None]
Bring: TypeAlias = Callable[[Store, str, Report], Awaitable[Image]]


@dataclass(frozen=True, slots=True)
class Listed:
    """One image on one runtime. `is_here` is None where the runtime could not be asked."""

    runtime: str
    toolchain: str
    image: str
    is_here: bool | None
    digest: str
    remedy: str
    has_recipe: bool


async def list_images(format_: Literal["text", "json"]) -> int:
    """List the images of every toolchain on every runtime that keeps images; 0 where all could be asked."""
    listed: list[Listed] = []
    failures: list[tuple[str, RuntimeFailure]] = []
    workshop = Workshop(_OPTIONS)
    try:
        for store in await _stores(workshop, read_settings({})):
            try:
                found = await store.runtime.find_images(tuple(images()))
            except RuntimeFailure as failure:
                failures.append((store.name, failure))
                found = ()
            listed += list_store(store, found)
    except RuntimeFailure as failure:
        failures.append(("wic", failure))
    finally:
        await workshop.aclose()
    for name, why in failures:
        _complain(name, why)
    if format_ == "json":
        write(json.dumps({"version": 1, "images": [_object(one) for one in listed]}, indent=2) + "\n")
    else:
        write("".join(f"{sanitise_line(_line(one))}\n" for one in listed))
    return 1 if failures else 0


def list_store(store: Store, found: Sequence[Image]) -> Iterator[Listed]:
    """Yield every image of ours with what the store said of it."""
    said = {image.name: image for image in found}
    for name, toolchain in images().items():
        image = said.get(name)
        yield Listed(
            store.name,
            toolchain,
            name,
            bool(image.digest) if image is not None else None,
            image.digest if image is not None else "",
            image.remedy if image is not None else "",
            store.images.has_recipe(name),
        )


async def pull(words: Sequence[str]) -> int:
    """Pull images by their toolchains' ids or their own names."""

    async def bring(store: Store, image: str, report: Report) -> Image:
        return await store.images.pull_image(image, report)

    return await _bring_all(words, bring, "pulled")


async def build(words: Sequence[str], network: str) -> int:
    """Build images from our recipes, each over that network of the engine's (empty: its own)."""

    async def bring(store: Store, image: str, report: Report) -> Image:
        return await store.images.build_image(image, report, network=network)

    return await _bring_all(words, bring, "built")


async def _bring_all(words: Sequence[str], bring: Bring, done: str) -> int:
    """Bring one image after the other; 0 where all have come, 1 where some have not, 2 for a wrong name."""
    settings = read_settings({})
    try:
        wanted = dict.fromkeys(image_of(word) for word in words)
    except JobRejected as rejected:
        _complain("wic", rejected)
        return _WRONG_NAME
    workshop, code = Workshop(_OPTIONS), 0
    try:
        store, *_ = await _stores(workshop, settings)
        for image in wanted:
            try:
                with show_progress(image) as report:
                    brought = await bring(store, image, report)
            except RuntimeFailure as failure:
                _complain(store.name, failure)
                code = 1
            else:
                write(sanitise_line(f"{store.name}: {done} {brought.name} ({_short(brought.digest)})") + "\n")
    except RuntimeFailure as failure:
        _complain("wic", failure)
        code = 1
    finally:
        await workshop.aclose()
    return code


async def _stores(workshop: Workshop, settings: Settings) -> Sequence[Store]:
    """Return the runtimes that keep images, first those that a check would ask."""
    names = (*workshop.selector.order(settings.runtime), *registry.runtime_names())
    return await find_stores(workshop, names, settings)


@contextmanager
def show_progress(image: str) -> Iterator[Report]:
    """Show on stderr how far the image has come: a bar on a terminal, else a line now and then."""
    if not is_terminal(sys.stderr):
        yield PlainProgress(image).take
        return
    from rich.console import Console  # noqa: PLC0415 - only where it is seen
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415 - only where it is seen

    columns = (TextColumn("{task.description}", markup=False), BarColumn())
    words = TextColumn("{task.fields[words]}", markup=False)
    with Progress(*columns, words, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(image, total=None, words="")

        def report(transfer: Transfer) -> None:
            said = sanitise_line(describe(transfer))
            progress.update(
                task, completed=transfer.done_bytes, total=transfer.total_bytes or None, words=said
            )

        yield report


class PlainProgress:
    """Prints a line when the step changes, and for each further tenth of the bytes."""

    def __init__(self, image: str) -> None:
        self._image = image
        self._seen: tuple[str, int] | None = None

    def take(self, transfer: Transfer) -> None:
        """Take the next report."""
        tenth = (percent(transfer) or 0) // 10
        if (transfer.step, tenth) != self._seen:
            self._seen = (transfer.step, tenth)
            print(sanitise_line(f"{self._image}: {describe(transfer)}"), file=sys.stderr, flush=True)


def _complain(name: str, failure: RuntimeFailure) -> None:
    print(f"{name}: {sanitise_line(str(failure))}", file=sys.stderr)


def _short(digest: str) -> str:
    return digest.rpartition(":")[2][:_DIGITS]


def _line(one: Listed) -> str:
    built = f"wic images build {one.toolchain}"
    if one.is_here:
        how = "can be built" if one.has_recipe else ""
        state = f"here ({_short(one.digest)})"
    else:
        how = f"wic images pull {one.toolchain}" + (f", or {built}" if one.has_recipe else "")
        state = "missing" if one.is_here is not None else "not known"
    return f"{one.runtime:10} {one.toolchain:10} {one.image:18} {state:19} {how}".rstrip()


def _object(one: Listed) -> dict[str, object]:
    return {
        "runtime": one.runtime,
        "toolchain": one.toolchain,
        "image": one.image,
        "here": one.is_here,
        "digest": one.digest,
        "remedy": one.remedy,
        "recipe": one.has_recipe,
    }
