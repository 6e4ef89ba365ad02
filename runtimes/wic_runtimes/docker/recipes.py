"""Which images we can build ourselves, and what the engine is sent for it.

A recipe is a folder with a Dockerfile that takes a VERSION, and a `recipe.toml` that says which image it
makes and for which versions. The folders are inside this package in a wheel, and beside it in a checkout.
Nothing here knows what is in the images, and no name that a recipe does not say is ever built.
"""

from __future__ import annotations

import io
import tarfile
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import wic_runtimes

RECIPE: Final = "recipe.toml"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One image that can be built: its name, the folder of its Dockerfile, and the version to put in."""

    image: str
    folder: Path
    version: str

    def pack(self) -> bytes:
        """Return the folder as the tar archive that a build wants. The same files make the same bytes."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for path in sorted(self.folder.iterdir()):
                content = path.read_bytes()
                entry = tarfile.TarInfo(path.name)
                entry.size, entry.mode = len(content), 0o644
                archive.addfile(entry, io.BytesIO(content))
        return stream.getvalue()


@cache
def find_recipes() -> dict[str, Recipe]:
    """Return every recipe that came with us, by the name of its image."""
    package = Path(wic_runtimes.__file__).parent
    places = (package / "images", package.parent / "images")
    folders = [file.parent for place in places for file in sorted(place.glob(f"*/{RECIPE}"))]
    return {recipe.image: recipe for folder in folders for recipe in read_recipes(folder)}


def read_recipes(folder: Path) -> tuple[Recipe, ...]:
    """Return a folder's recipes, one for each version. Raises KeyError or ValueError where it is wrong."""
    table = tomllib.loads((folder / RECIPE).read_text(encoding="utf-8"))
    image, versions = table["image"], table["versions"]
    return tuple(Recipe(image.format(version=version), folder, str(version)) for version in versions)
