"""Which runtimes keep images that can be pulled and built, and which image is meant by a name.

Only an image that a family of ours names is ever meant: neither a workspace nor a slip of the finger can have
another one fetched.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from wic_lsp.assembly import Workshop
from wic_lsp.config import Settings
from wic_lsp.discovery import Catalogue
from wic_lsp.toolchains.families import images
from wic_runtimes.contract import ImageStore, Runtime
from wic_runtimes.errors import JobRejected, RuntimeFailure, RuntimeUnavailable


@dataclass(frozen=True, slots=True)
class Store:
    """A runtime as a keeper of images; `name` is what it was asked by, `catalogue` remembers its images."""

    name: str
    runtime: Runtime
    images: ImageStore
    catalogue: Catalogue


async def find_stores(workshop: Workshop, names: Sequence[str], settings: Settings) -> tuple[Store, ...]:
    """Return those of the named runtimes that keep images, in their order; at least one.

    Raises RuntimeFailure where there is none: that of a runtime that could not be made, if there is one.
    """
    found: list[Store] = []
    failures: list[RuntimeFailure] = []
    for name in dict.fromkeys(names):
        try:
            engine = await workshop.engine(name, settings)
        except RuntimeFailure as failure:
            failures.append(failure)
            continue
        if isinstance(engine.runtime, ImageStore):
            found.append(Store(name, engine.runtime, engine.runtime, engine.catalogue))
    if found:
        return tuple(found)
    reason = f"None of these runtimes keeps images: {', '.join(names)}."
    raise failures[0] if failures else RuntimeUnavailable(reason, "Choose one that does.")


def image_of(word: str) -> str:
    """Return the image that a toolchain's id or an image's name means. Raises JobRejected for all else."""
    by_toolchain = {toolchain: image for image, toolchain in images().items()}
    if word in images():
        return word
    if word in by_toolchain:
        return by_toolchain[word]
    near = difflib.get_close_matches(word, [*by_toolchain, *images()], n=1)
    hint = f"Did you mean '{near[0]}'?" if near else "`wic images list` names them all."
    raise JobRejected(f"No toolchain is called '{word}', and none comes in an image of that name.", hint)
