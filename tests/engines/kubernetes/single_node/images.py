"""Images in the cluster: nothing is pulled, what the tests need comes from the Docker engine.

An image is loaded where the cluster has none of that name, or another one than the engine's: an image keeps
its id on its way from an engine through an archive into containerd.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .places import CONTAINERD, PAUSE_IMAGE, SOURCES, STATE
from .saying import CannotRun, last_lines, run, say

WANTED: Final = ("gcc:11", "gcc:12")
"""What the tests compile in; `engines/docker` builds them."""

_DEFAULT_REGISTRY: Final = "docker.io"


def ctr(*arguments: str | Path) -> tuple[str | Path, ...]:
    """Return the command that speaks to the cluster's containerd."""
    return ("ctr", "--address", str(CONTAINERD), "--namespace", "k8s.io", *arguments)


def full_name(image: str) -> str:
    """Return the name that containerd knows an image by: with its registry, and with a tag."""
    first, _, rest = image.partition("/")
    if not rest:
        image = f"{_DEFAULT_REGISTRY}/library/{image}"
    elif "." not in first and ":" not in first and first != "localhost":
        image = f"{_DEFAULT_REGISTRY}/{image}"
    return image if ":" in image.rpartition("/")[2] or "@" in image else f"{image}:latest"


def has_that_id(manifest: str, digest: str, image_id: str) -> bool:
    """Say whether an image has this id: its configuration's digest, or for some engines its manifest's."""
    described = json.loads(manifest)
    return image_id in (digest, described.get("config", {}).get("digest"))


def load_archive(archive: Path) -> None:
    """Import what `docker save` wrote, ready to be run."""
    run(*ctr("images", "import", archive))


def load_image(image: str) -> None:
    """Copy an image of the Docker engine into the cluster, where the cluster has not that very one."""
    wanted = _id_in_engine(image)
    if wanted is None:
        raise CannotRun(f"the Docker engine has no image {image}: engines/docker up builds it")
    if _is_loaded(image, wanted):
        return
    say(f"copying {image} (ten seconds, once)")
    saving = subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with saving:
        importing = subprocess.run(
            ctr("images", "import", "-"), stdin=saving.stdout, capture_output=True, text=True, check=False
        )
        _, said = saving.communicate()
    if saving.returncode != 0 or importing.returncode != 0:
        raise CannotRun(
            f"{image} was not copied:\n{last_lines(importing.stderr + said.decode(errors='replace'))}"
        )


def load_wanted() -> None:
    """Copy all that the tests compile in."""
    for image in WANTED:
        load_image(image)


def load_pause_image() -> None:
    """Make the image that holds a pod's namespaces open: one program, which only waits."""
    if PAUSE_IMAGE in _targets():
        return
    work = STATE / "pause"
    work.mkdir(parents=True, exist_ok=True)
    run("gcc", "-static", "-O2", "-s", "-o", work / "pause", SOURCES / "pause.c")
    archive = work / "pause.tar"
    archive.write_bytes(image_archive(PAUSE_IMAGE, (work / "pause").read_bytes()))
    load_archive(archive)


def image_archive(name: str, program: bytes) -> bytes:
    """Return the archive of an image that consists of one program, in the form that `docker save` writes."""
    layer = _archive([("pause", program)], mode=0o755)
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/pause"], "User": "65535:65535"},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    return _archive([
        ("config.json", json.dumps(config).encode()),
        ("layer.tar", layer),
        ("manifest.json", json.dumps(manifest).encode()),
    ])  # fmt: skip


def _archive(files: Iterable[tuple[str, bytes]], mode: int = 0o644) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return written.getvalue()


def _id_in_engine(image: str) -> str | None:
    try:
        return run("docker", "image", "inspect", "--format", "{{.Id}}", image).strip()
    except CannotRun:
        return None


def _targets() -> dict[str, str]:
    """Return the digest of each image that containerd has, by name."""
    rows = run(*ctr("images", "ls")).splitlines()[1:]
    return {row.split()[0]: row.split()[2] for row in rows}


def _is_loaded(image: str, image_id: str) -> bool:
    digest = _targets().get(full_name(image))
    return digest is not None and has_that_id(run(*ctr("content", "get", digest)), digest, image_id)
