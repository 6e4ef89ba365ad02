"""Under which name the cluster knows an image, and which it has. Pure.

A node pulls what it lacks, so an image need not be there; but nothing is pulled that nobody named. Either the
user names the images that may be used, or those are used that the nodes have already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from wic_runtimes.contract import Image
from wic_runtimes.inside.faults import no_image

_HUB: Final = "docker.io/"
_LIBRARY: Final = f"{_HUB}library/"
_UNPINNED: Final = "unpinned"
_DIGEST: Final = "sha256:"


def find_named(names: Iterable[str], references: Sequence[str]) -> tuple[Image, ...]:
    """Say which images the user's references offer: `gcc:12` also as `registry.example/mirror/gcc:12`."""
    found = []
    for name in names:
        reference = next((one for one in references if _is_named(one, name)), None)
        if reference is None:
            remedy = f"Name it in wic.kubernetes.images, or use one of {', '.join(references)}."
            found.append(Image(name, "", remedy))
        else:
            _, at, digest = reference.partition("@")
            found.append(Image(name, digest if at else _UNPINNED))
    return tuple(found)


def find_on_nodes(names: Iterable[str], nodes: Sequence[Mapping[str, Any]]) -> tuple[Image, ...]:
    """Say which images some node has. Source: a node's `status.images`, which tells of the largest fifty."""
    known: dict[str, str] = {}
    for node in nodes:
        for image in node.get("status", {}).get("images") or ():
            tags = [str(one) for one in image.get("names") or () if "@" not in str(one)]
            digests = [str(one) for one in image.get("names") or () if "@" in str(one)]
            for tag in tags:
                same = [one for one in digests if one.partition("@")[0] == tag.rpartition(":")[0]]
                known[_short(tag)] = same[0].partition("@")[2] if same else f"size:{image.get('sizeBytes')}"
    remedy = "Load it into the cluster, or name it in wic.kubernetes.images so that its nodes pull it."
    return tuple(Image(name, known.get(name, ""), "" if name in known else remedy) for name in names)


def reference_of(image: str | None, references: Sequence[str]) -> str:
    """Return what a pod is to name: the user's own reference, else the name, by digest where one is known.

    Raises ImageUnavailable for a job without an image.
    """
    if not image:
        raise no_image()
    name, _, digest = image.partition("@")
    chosen = next((one for one in references if _is_named(one, name)), None)
    if chosen is not None:
        return chosen
    return f"{name.rpartition(':')[0]}@{digest}" if digest.startswith(_DIGEST) else name


def _is_named(reference: str, name: str) -> bool:
    plain = reference.partition("@")[0]
    return plain == name or plain.endswith(f"/{name}")


def _short(reference: str) -> str:
    return reference.removeprefix(_LIBRARY).removeprefix(_HUB)
