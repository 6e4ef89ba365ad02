"""Both levels together: memory answers first, the file answers other servers, and nobody waits for a disk."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from dataclasses import replace

import pytest

from wic_lsp.cache import ResultCache
from wic_lsp.commands.kept import describe_results, prune_results, tell_bytes
from wic_lsp.results import levels as module
from wic_lsp.results.file import ResultFile
from wic_lsp.results.levels import Results
from wic_runtimes.contract import CompileJob, CompileOutput, JobFile, Outcome

ROOM = 1 << 20
IMAGE = "gcc:12@sha256:" + "0a" * 32
JOB = CompileJob("x", ("gcc", "t.c"), (JobFile("t.c", b"int x;"),), image=IMAGE)
OUTPUT = CompileOutput(Outcome.FINISHED, 1, b"", b"said", 0.25, 0.5)


@pytest.fixture
async def server(tmp_path):
    """Give a function that makes what a server remembers; all are closed with the test."""
    made = []

    def server(**options):
        made.append(Results(lambda: tmp_path / "results", **options))
        return made[-1]

    yield server
    for one in made:
        await one.aclose()


async def written(results):
    """Wait until what was kept is on disk, and counted as that."""
    await asyncio.wrap_future(results._disk.worker.submit(lambda: None))
    await asyncio.sleep(0)


async def test_what_one_server_keeps_another_recalls(server):
    """From the file once, from memory after."""
    one, other = server(), server()
    one.keep("k", JOB, OUTPUT, ROOM)
    assert one.known("k") == OUTPUT
    await written(one)
    assert other.known("k") is None
    assert await other.recall("k", JOB, ROOM) == OUTPUT
    assert other.known("k") == OUTPUT


async def test_what_waits_is_written_before_the_end(server):
    """The next run of a short command finds it."""
    one = server()
    one.keep("k", JOB, OUTPUT, ROOM)
    await one.aclose()
    assert await server().recall("k", JOB, ROOM) == OUTPUT


async def test_after_its_end_it_can_be_used_again(server):
    """A runtime that is started again has the same file."""
    one = server()
    one.keep("k", JOB, OUTPUT, ROOM)
    await one.aclose()
    await one.aclose()
    assert await one.recall("k", JOB, ROOM) == OUTPUT


async def test_what_was_forgotten_is_recalled_only_where_it_was_compiled_after(server):
    """Whoever starts the runtime again wants to see it compile."""
    one, other = server(), server()
    one.keep("k", JOB, OUTPUT, ROOM)
    await written(one)
    one.forget()
    assert one.known("k") is None
    assert await one.recall("k", JOB, ROOM) is None
    one._since = time.time() - 0.001  # as if it were a moment ago: times on disk are whole milliseconds
    other.keep("k", JOB, OUTPUT, ROOM)
    await written(other)
    assert await one.recall("k", JOB, ROOM) == OUTPUT


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.FINISHED])
async def test_nothing_but_what_finished_is_kept(server, outcome, tmp_path):
    """At neither level."""
    one = server()
    one.keep("k", JOB, replace(OUTPUT, outcome=outcome), ROOM)
    assert one.known("k") is None
    await one.aclose()
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("job", "room"),
    [
        (JOB, 0),
        (replace(JOB, image="gcc:12@unpinned"), ROOM),
        (replace(JOB, image="gcc:12@size:123"), ROOM),
        (replace(JOB, image="gcc:12"), ROOM),
    ],
    ids=["turned off", "unpinned", "a size", "a name"],
)
async def test_what_must_not_be_on_disk_is_in_memory_alone(server, job, room, tmp_path):
    """Where the user wants no file, and where nobody can say which compiler it was; nor is it looked for."""
    one = server()
    one.keep("k", job, OUTPUT, room)
    assert one.known("k") == OUTPUT
    assert await one.recall("k", job, room) is None
    await one.aclose()
    assert not (tmp_path / "results").exists()


async def test_one_without_a_folder_is_memory_alone():
    """And one without memory remembers nothing at all."""
    results = Results()
    results.keep("k", JOB, OUTPUT, ROOM)
    assert results.known("k") == OUTPUT
    assert await results.recall("k", JOB, ROOM) is None
    nothing = Results(None, ResultCache(capacity_bytes=0))
    nothing.keep("k", JOB, OUTPUT, ROOM)
    assert nothing.known("k") is None
    await results.aclose()


async def test_a_header_that_was_installed_since_is_another_question(server, tmp_path):
    """A compiler of this machine reads files that are in no job: their folders must be as they were."""
    headers = tmp_path / "include"
    headers.mkdir()
    job = replace(JOB, image=None, roots=(str(headers),))
    one = server()
    assert await one.recall("k", job, ROOM) is None
    one.keep("k", job, OUTPUT, ROOM)
    await written(one)
    assert await server().recall("k", job, ROOM) == OUTPUT
    (headers / "missing.h").write_text("")
    assert await server().recall("k", job, ROOM) is None


async def test_another_version_of_ours_asks_afresh(server, monkeypatch):
    """It may have other filters around the compiler."""
    one = server()
    one.keep("k", JOB, OUTPUT, ROOM)
    await one.aclose()
    monkeypatch.setattr(module, "__version__", "99")
    assert await server().recall("k", JOB, ROOM) is None


async def test_nobody_waits_for_a_disk_that_hangs(tmp_path, monkeypatch, caplog):
    """The first question waits a moment, the next ones not at all; nor does the end of the server."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(module, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(module, "_LAST_WRITES_S", 0.01)
    may_go_on, asked = threading.Event(), []

    def hang():
        asked.append(True)
        may_go_on.wait()
        return tmp_path / "results"

    results = Results(hang)
    for _ in range(3):
        assert await results.recall("k", JOB, ROOM) is None
    results.keep("k", JOB, OUTPUT, ROOM)
    assert [one.getMessage() for one in caplog.records] == [
        "the file of results does not answer; what is compiled does not wait for it"
    ]
    worker = results._disk.worker
    await results.aclose()
    may_go_on.set()
    await asyncio.to_thread(worker._thread.join)
    assert asked == [True]
    assert ResultFile(tmp_path / "results").state().entries == 1


async def test_a_disk_that_answers_again_is_asked_again(tmp_path, monkeypatch):
    """When it has done what it owed."""
    monkeypatch.setattr(module, "_PATIENCE_S", 0.01)
    may_go_on = threading.Event()

    def hang():
        may_go_on.wait()
        return tmp_path / "results"

    results = Results(hang)
    assert await results.recall("k", JOB, ROOM) is None
    results.keep("k", JOB, OUTPUT, ROOM)
    may_go_on.set()
    await written(results)
    monkeypatch.setattr(module, "_PATIENCE_S", 60)
    results._memory.clear()
    assert await results.recall("k", JOB, ROOM) == OUTPUT
    await results.aclose()


async def test_what_waits_to_be_written_is_bounded(tmp_path, monkeypatch):
    """On a slow disk results are lost, not memory."""
    monkeypatch.setattr(module, "_WAITING_BYTES", 3 * (len(OUTPUT.stderr) + 1024))
    may_go_on = threading.Event()

    def hang():
        may_go_on.wait()
        return tmp_path / "results"

    results = Results(hang)
    for number in range(10):
        results.keep(f"{number}", JOB, OUTPUT, ROOM)
    may_go_on.set()
    await results.aclose()
    assert ResultFile(tmp_path / "results").state().entries == 3


async def test_a_fault_of_ours_in_writing_is_logged(server, monkeypatch, caplog):
    """It does not vanish with its thread."""
    monkeypatch.setattr(ResultFile, "put", lambda *_: 1 / 0)
    one = server()
    one.keep("k", JOB, OUTPUT, ROOM)
    await written(one)
    assert "a result could not be written down" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_a_recall_that_is_cancelled_harms_nobody(server):
    """The next one is answered."""
    one = server()
    one.keep("k", JOB, OUTPUT, ROOM)
    await one.aclose()
    asking = asyncio.create_task(one.recall("k", JOB, ROOM))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await one.recall("k", JOB, ROOM) == OUTPUT


async def test_a_python_without_sqlite_remembers_in_memory(server, monkeypatch, caplog):
    """As in an image that leaves it out; it is told once."""
    caplog.set_level(logging.INFO)
    monkeypatch.setitem(sys.modules, "wic_lsp.results.file", None)
    one = server()
    for _ in range(3):
        assert await one.recall("k", JOB, ROOM) is None
    one.keep("k", JOB, OUTPUT, ROOM)
    await written(one)
    assert one.known("k") == OUTPUT
    assert [record.getMessage() for record in caplog.records] == [
        "this Python has no SQLite: results are kept in memory alone"
    ]


def test_commands_say_that_there_is_no_sqlite(tmp_path, monkeypatch):
    """The doctor, and a cleaning up."""
    monkeypatch.setitem(sys.modules, "wic_lsp.results.file", None)
    assert "NOT USABLE: this Python has no SQLite" in describe_results(tmp_path, ROOM).to_line()
    assert prune_results(tmp_path, ROOM) == "results on disk: this Python has no SQLite"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1023, "1,023 B"),
        (1024, "1 kB"),
        (1536, "1.5 kB"),
        (256 << 20, "256 MB"),
        (5 << 40, "5,120 GB"),
    ],
)
def test_bytes_are_told_with_a_unit(count, text):
    """As settings count them: by 1024."""
    assert tell_bytes(count) == text


def test_people_are_told_where_and_how_much(tmp_path):
    """Within which bound, or that it is turned off; also where nothing is there."""
    assert describe_results(tmp_path / "none", ROOM).to_line() == (
        f"results on disk: 0 in 0 B (at most 1 MB): {tmp_path / 'none'}"
    )
    file = ResultFile(tmp_path)
    file.put("k", OUTPUT, b"", ROOM)
    file.close()
    line = describe_results(tmp_path, 0).to_line()
    assert line.startswith("results on disk: 1 in ")
    assert line.endswith(f" (turned off by wic.cache): {tmp_path / 'results-1-1.sqlite'}")
    assert prune_results(tmp_path, ROOM) == "results on disk: nothing to remove"
    assert prune_results(tmp_path, 0).startswith("results on disk: removed 1 (")
