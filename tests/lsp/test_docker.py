"""Editing with the compiler in a container: the same answers, no stale one, and containers kept in bounds."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.conformance.traces import containers_of, processes_with, until
from tests.lsp.programs import CLEAN, ENDLESS, ENDLESS_FLAGS, WRONG, make_uri

pytestmark = [pytest.mark.engine("docker"), pytest.mark.usefixtures("docker")]

OPTIONS = {"runtime": "docker", "toolchains": {"cpp": ["gcc-12"]}}
SPARES = 3
"""The most that wait for jobs of one kind."""

EDITS = 500


def numbered(number: int) -> str:
    return f"int main() {{ return undefined_{number}; }}\n"


def count_running(server: int) -> int:
    """Return how many containers of that server run: those that wait, and those that compile."""
    return len(containers_of(server, only_running=True))


@pytest.mark.parametrize("pulls", [True, False])
async def test_an_error_comes_and_goes(start_editor, pulls):
    """Pushed or pulled: the exact range, and nothing once it is mended. At the end no container is left."""
    editor = await start_editor(pulls=pulls, options=OPTIONS)
    uri, _ = make_uri()
    (found,) = await editor.check(uri, WRONG)
    assert (found.source, found.range.start.line, found.range.start.character) == ("wic gcc-12", 0, 20)
    assert found.range.end.character == 27
    for version, text in enumerate([CLEAN, WRONG] * 3, start=2):
        editor.change(uri, version, text)
        shown = (await editor.pull(uri)).items if pulls else await editor.shown(uri, version)
        assert bool(shown) == (text == WRONG)
    server = editor.pid
    assert containers_of(server)
    assert await editor.quit() == 0
    assert containers_of(server) == []


@pytest.mark.parametrize("debounce", ["auto", 0])
async def test_a_burst_of_edits_ends_with_the_last_ones_diagnostics(start_editor, debounce):
    """500 edits: never more than one container beside those that wait, nothing stale, nothing left."""
    editor = await start_editor(options={**OPTIONS, "debounceMilliseconds": debounce})
    server = editor.pid
    uri, _ = make_uri()
    assert await editor.check(uri, numbered(1))
    counts: list[int] = []

    async def watch() -> None:
        while True:
            counts.append(await asyncio.to_thread(count_running, server))

    watching = asyncio.create_task(watch())
    for version in range(2, EDITS + 1):
        editor.change(uri, version, numbered(version))
        await asyncio.sleep(0.005)
        if version % 40 == 0:  # a look at least now and then, however long one takes
            await until(lambda looks=version // 40: len(counts) > looks)
    last = await editor.shown(uri, EDITS)
    watching.cancel()
    assert len(last) == 1
    shown = [one for one in editor.published if one.uri == uri]
    versions = [one.version for one in shown]
    assert versions == sorted(set(versions))
    assert all(re.search(rf"undefined_{one.version}\b", one.diagnostics[0].message) for one in shown)
    assert len(counts) > 10
    assert max(counts) <= SPARES + 1
    assert await editor.quit() == 0
    assert containers_of(server) == []


async def test_closing_a_document_ends_its_compiler(start_editor):
    """At once, though the server lives on."""
    editor = await start_editor(options={**OPTIONS, "flags": ENDLESS_FLAGS, "timeoutSeconds": 600})
    uri, name = make_uri()
    editor.open(uri, ENDLESS)
    await until(lambda: bool(processes_with(name)))
    editor.close(uri)
    await until(lambda: processes_with(name) == [])
    server = editor.pid
    assert await editor.quit() == 0
    assert containers_of(server) == []


async def test_an_engine_that_does_not_answer_is_said(start_editor, tmp_path):
    """With what to do about it, on the document itself; never an empty list."""
    nobody = {"DOCKER_HOST": f"unix://{tmp_path}/engine.sock"}
    editor = await start_editor(options=OPTIONS, environment=nobody)
    uri, _ = make_uri()
    (found,) = await editor.check(uri, CLEAN)
    assert found.code == "not-run"
    assert "No container engine answers at" in found.message
    assert "Start it" in found.message
    assert await editor.quit() == 0
