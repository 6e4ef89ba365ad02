"""`wic images`: what is here, bringing what is not, and ending that half way."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
from contextlib import AsyncExitStack

import pytest

from tests.conformance.engine_relay import IMAGE, TOOLCHAIN, supply, why_no_supply
from tests.conformance.image_registry import PATIENCE_S, Mode
from wic_lsp.toolchains.families import images

NOWHERE = "unix:///nowhere.sock"


@pytest.fixture
async def supplied(shell, missing_engine):
    """Give a function that lets gcc:9 come from a registry of that mode, for the command that it returns."""
    if why := await why_no_supply():
        missing_engine(why)
    async with AsyncExitStack() as stack:

        async def start(mode):
            found = await stack.enter_async_context(supply(mode))
            shell.environment["DOCKER_HOST"] = found.address
            return found

        yield start


async def run(shell, *words):
    """Run the command while the relay goes on."""
    return await asyncio.to_thread(shell, *words)


@pytest.mark.parametrize("words", [[], ["pull"], ["build"], ["list", "x"], ["push", "gcc-9"]])
def test_a_wrong_command_line_is_exit_code_2(shell, words):
    """The grammar goes to stderr."""
    ended = shell("images", *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("usage: wic")


@pytest.mark.parametrize("action", ["pull", "build"])
def test_only_images_of_ours_are_brought(shell, action):
    """Any other name is refused before anything is asked, with the nearest that there is."""
    shell.environment["DOCKER_HOST"] = NOWHERE
    ended = shell("images", action, "gcc-9", "gcc-99")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "wic: No toolchain is called 'gcc-99', and none comes in an image of that name. "
        "Did you mean 'gcc-9'?\n"
    )


def test_without_an_engine_it_is_said_what_could_be_built(shell):
    """Whether an image is there cannot be known; the recipes came with us. Exit code 1."""
    shell.environment["DOCKER_HOST"] = NOWHERE
    ended = shell("images", "list", "--format", "json")
    assert ended.code == 1
    assert "No container engine answers at unix:///nowhere.sock." in ended.err
    listed = json.loads(ended.out)["images"]
    assert [one["image"] for one in listed] == list(images())
    assert {one["here"] for one in listed} == {None}
    assert {"gcc:11", "gcc:12"} == {
        one["image"] for one in listed if one["recipe"] and one["image"].startswith("gcc:")
    }
    lines = shell("images", "list").out.splitlines()
    assert "docker     gcc-12     gcc:12             not known           wic images pull gcc-12" in lines[4]
    for action in ("pull", "build"):
        ended = shell("images", action, "gcc-12")
        assert (ended.code, ended.out) == (1, "")
        assert "No container engine answers" in ended.err


@pytest.mark.engine("docker")
async def test_images_are_listed(shell, supplied):
    """Each image of each toolchain, whether it is here, and how to get it; both ways say the same."""
    await supplied(Mode.NORMAL)
    text, objects = await run(shell, "images", "list"), await run(shell, "images", "list", "--format", "json")
    assert (text.code, text.err, objects.code) == (0, "", 0)
    report = json.loads(objects.out)
    assert (list(report), report["version"]) == (["version", "images"], 1)
    lines = dict(zip(images(), text.out.splitlines(), strict=True))
    for one in report["images"]:
        assert list(one) == ["runtime", "toolchain", "image", "here", "digest", "remedy", "recipe"]
        line = lines[one["image"]]
        assert line.split()[:3] == ["docker", one["toolchain"], one["image"]]
        assert ("here (" in line, "missing" in line) == (one["here"], not one["here"])
        assert one["here"] is bool(one["digest"]) is not bool(one["remedy"])
    assert lines["gcc:9"].endswith("missing             wic images pull gcc-9")
    assert re.search(r" here \([0-9a-f]{12}\) can be built$", lines["gcc:12"])


@pytest.mark.engine("docker")
@pytest.mark.parametrize("name", [TOOLCHAIN, IMAGE])
async def test_an_image_is_pulled(shell, supplied, name):
    """By its toolchain or its name; once if it is named twice. Lines on stderr say how far it is."""
    found = await supplied(Mode.NORMAL)
    ended = await run(shell, "images", "pull", name, IMAGE)
    assert ended.code == 0
    assert re.fullmatch(r"docker: pulled gcc:9 \([0-9a-f]{12}\)\n", ended.out)
    lines = ended.err.splitlines()
    assert lines[0] == "gcc:9: asking the registry"
    total = f"{found.registry.layers_bytes / 1e6:.1f}"
    assert lines[-1] == f"gcc:9: unpacking, {total} of {total} MB"
    assert len(found.pulls) == 1
    assert "here (" in (await run(shell, "images", "list")).out.splitlines()[list(images()).index(IMAGE)]


@pytest.mark.engine("docker")
async def test_what_does_not_come_is_told_one_by_one(shell, supplied):
    """Exit code 1, and for each image the reason with its remedy."""
    await supplied(Mode.MISSING)
    ended = await run(shell, "images", "pull", TOOLCHAIN)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("docker: The registry has no image gcc:9: manifest unknown.")
    ended = await run(shell, "images", "build", TOOLCHAIN, "gcc:10")
    assert (ended.code, ended.out) == (1, "")
    assert [line.partition(". ")[0] for line in ended.err.splitlines()] == [
        "docker: There is no recipe for the image gcc:9",
        "docker: There is no recipe for the image gcc:10",
    ]


@pytest.mark.engine("docker")
async def test_control_c_ends_a_pull(shell, supplied):
    """At once, though the registry stalls; exit code 130 and no traceback."""
    found = await supplied(Mode.STALLS_AT_ONCE)
    with shell.start("images", "pull", TOOLCHAIN) as process:
        try:
            assert await asyncio.to_thread(found.registry.is_asked.wait, PATIENCE_S)
            process.send_signal(signal.SIGINT)
            out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE_S / 2)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (130, b"", b"")
    assert len(found.pulls) == 1


@pytest.mark.engine("docker")
async def test_a_terminal_sees_a_bar(shell, supplied):
    """With the bytes beside it, and gone at the end; stdout has nothing of it."""
    found = await supplied(Mode.BY_HALVES)
    ours, theirs = pty.openpty()
    total = f" of {found.registry.layers_bytes / 1e6:.1f} MB"

    def watch():
        seen = ""
        while True:
            try:
                seen += os.read(ours, 65536).decode()
            except OSError:  # how a pty says that the other side is gone
                return seen
            if total in seen:
                found.registry.go_on.set()

    with shell.start("images", "pull", TOOLCHAIN, stderr=theirs) as process:
        os.close(theirs)
        try:
            async with asyncio.timeout(PATIENCE_S):
                seen = await asyncio.to_thread(watch)
                out, _ = await asyncio.to_thread(process.communicate)
        finally:
            process.kill()
    os.close(ours)
    assert process.returncode == 0
    assert "downloading, " in seen
    assert "\x1b[" in seen
    assert re.fullmatch(r"docker: pulled gcc:9 \([0-9a-f]{12}\)\n", out.decode())
