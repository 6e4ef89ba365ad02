"""The server's image: small, without anything to run but the server, and content with nothing to write on."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile

import pytest

from wic_lsp import __version__

pytestmark = [pytest.mark.engine("docker"), pytest.mark.timeout(1200)]
TIMEOUT_S = 120
LIMIT_BYTES = 260 * 1024 * 1024
STRICT = ("--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")


def docker(*words, check=True):
    """Run docker to its end."""
    done = subprocess.run(["docker", *words], capture_output=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0 or not check, done.stderr.decode()
    return done


@pytest.fixture(scope="module")
def entries(server_image):
    """Give the image's files, as the entries of an archive."""
    made = docker("create", "--network=none", server_image).stdout.decode().strip()
    try:
        exported = docker("export", made).stdout
    finally:
        docker("rm", made)
    with tarfile.open(fileobj=io.BytesIO(exported)) as archive:
        return archive.getmembers()


def test_it_says_its_version_with_nothing_to_write_on(server_image):
    """No root that can be written, no capability, no network and no account of its own is needed."""
    done = docker("run", *STRICT, "--user=12345:12345", server_image, "--version")
    assert (done.stdout.decode(), done.stderr) == (f"wic {__version__}\n", b"")


def test_all_that_the_server_loads_is_there(server_image):
    """The packages of both extras can be loaded, with the libraries that they are linked to."""
    program = (
        "import ssl, aiohttp, kubernetes.aio, prometheus_client, pygls.server, wic_lsp.lsp.stdio\n"
        "from wic_runtimes.registry import runtime_names\n"
        "print(*runtime_names())\n"
    )
    done = docker(
        "run", *STRICT, "--entrypoint=/opt/wic/bin/python", server_image, "-W", "error", "-c", program
    )
    assert "kubernetes" in done.stdout.decode().split()


def test_it_runs_as_nobody_in_particular(server_image):
    """By number, so that a cluster sees that it is not root."""
    (image,) = json.loads(docker("image", "inspect", server_image).stdout)
    assert image["Config"]["User"] == "65532:65532"
    assert image["Size"] <= LIMIT_BYTES


def test_there_is_nothing_else_to_run(server_image, entries):
    """The only programs are Python and ours: no shell, no package tool, nothing set-uid."""
    programs = {
        entry.name
        for entry in entries
        if entry.isfile() and entry.mode & 0o111 and "/bin/" in f"/{entry.name}"
    }
    assert {name.rpartition("/")[2] for name in programs} == {"python3.11", "wic", "wic-lsp"}
    assert not [entry.name for entry in entries if entry.mode & 0o6000]
    assert not [entry.name for entry in entries if entry.name.endswith(("/pip", "/ensurepip", "/setuptools"))]
    shell = docker("run", *STRICT, "--entrypoint=/bin/sh", server_image, "-c", "true", check=False)
    assert shell.returncode == 127


def test_nothing_can_be_written_but_the_cache(entries):
    """Every file is root's and nobody else's to change, except the one empty folder."""
    theirs = [entry.name for entry in entries if entry.uid != 0]
    assert theirs == ["var/cache/wic"]
    assert not [entry.name for entry in entries if entry.mode & 0o022 and not entry.issym()]


def test_modules_are_compiled(entries):
    """Since nothing can be written, whatever is not compiled now is compiled at each start."""
    names = {entry.name for entry in entries}
    sources = [name for name in names if name.endswith("/wic_lsp/cli.py")]
    assert len(sources) == 1
    folder = sources[0].rpartition("/")[0]
    assert f"{folder}/__pycache__/cli.cpython-311.pyc" in names


def test_the_server_is_no_compilers_recipe():
    """Its Dockerfile lies beside those of the compilers' images, and is not offered as one of them."""
    from wic_runtimes.docker.recipes import find_recipes

    assert not [name for name in find_recipes() if "server" in name]
