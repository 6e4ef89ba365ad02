"""What is wrong with an image, or with a job for one, whichever engine runs it, and what to do. Pure."""

from __future__ import annotations

from wic_runtimes.errors import ImageUnavailable

_CHOOSE = "Choose another toolchain: `wic toolchains` lists what is usable."


def no_image() -> ImageUnavailable:
    """Say that a job names no image."""
    return ImageUnavailable("The job names no image, and this runtime has no compilers of its own.", _CHOOSE)


def no_program(image: str, program: str) -> ImageUnavailable:
    """Say that an image has no such compiler."""
    return ImageUnavailable(f"The image {image} has no compiler {program}.", _CHOOSE)
