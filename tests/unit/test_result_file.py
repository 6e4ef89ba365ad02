"""The file of results: what is kept, what goes first, and that nothing that happens to it is an error."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_lsp.results import tables
from wic_lsp.results.file import OVERHEAD_BYTES, ResultFile
from wic_lsp.results.packing import pack
from wic_lsp.results.tables import LAYOUT
from wic_runtimes.contract import CompileOutput, Outcome

ROOM = 1 << 20
DAY_S = 24 * 3600


def output(size=0, seed=1):
    """Return an output of incompressible bytes."""
    stdout = bytes((seed * 7919 + number * number * 31 + number) % 251 for number in range(min(size, 200)))
    stdout += os.urandom(max(size - 200, 0))
    return CompileOutput(Outcome.FINISHED, seed, stdout, b"e", 0.25, 0.5)


def here():
    return b""


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self):
        self.now = 1_700_000_000.0

    def __call__(self):
        """Tell the time."""
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "results"


@pytest.fixture
def open_file(folder, clock):
    """Give a function that opens the file as another server would; all are closed with the test."""
    opened = []

    def open_file():
        opened.append(ResultFile(folder, clock))
        return opened[-1]

    yield open_file
    for one in opened:
        one.close()


@pytest.fixture
def file(open_file):
    return open_file()


def the_file(folder):
    (path,) = folder.glob("*.sqlite")
    return path


def damage(folder, statement):
    """Change the file behind our back."""
    with closing(sqlite3.connect(the_file(folder))) as connection, connection:
        connection.execute(statement)


def test_what_was_put_is_got_also_by_another_server_and_later(open_file):
    """All of an output comes back as it was."""
    first = open_file()
    assert first.get("k", here) is None
    first.put("k", output(1000), b"", ROOM)
    assert first.get("k", here) == open_file().get("k", here)
    first.close()
    again = open_file().get("k", here)
    assert (again.exit_code, again.stderr, len(again.stdout), again.compile_s) == (1, b"e", 1000, 0.25)


def test_the_file_is_its_users_alone(file, folder):
    """What people write is in it."""
    os.umask(os.umask(0))
    file.put("k", output(10), b"", ROOM)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert {path.name.partition(".sqlite")[2] for path in files} == {"", "-wal", "-shm"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_folder_that_others_could_read_is_closed_to_them(file, folder):
    """Whoever made it so."""
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    file.put("k", output(10), b"", ROOM)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert file.get("k", here) is not None


def test_what_was_put_again_is_replaced(file):
    """The latest counts, and its bytes alone."""
    file.put("k", output(1000), b"", ROOM)
    file.put("k", output(10, seed=2), b"", ROOM)
    assert file.get("k", here).exit_code == 2
    state = file.state()
    assert (state.entries, state.held_bytes) == (1, len(pack(output(10, seed=2))) + OVERHEAD_BYTES)


def test_the_least_recently_used_goes_first(open_file, clock):
    """A use counts, also one by a server that has ended since."""
    file, size = open_file(), 4000 + OVERHEAD_BYTES
    for key in "abcdefghij":
        file.put(key, output(4000), b"", 12 * size)
        clock.now += 120
    other = open_file()
    assert other.get("a", here) is not None
    other.close()
    for key in "klmn":
        clock.now += 1
        file.put(key, output(4000), b"", 12 * size)
    assert [key for key in "abcdefghijklmn" if file.get(key, here) is None] == ["b", "c", "d"]


def test_the_bound_holds_and_each_write_removes_a_few(file):
    """A large result drives out what is in its way; where that were very many, it is passed over instead."""
    for number in range(300):
        file.put(f"{number}", output(10), b"", ROOM)
    before = file.state()
    file.put("large", output(before.held_bytes // 8 - 2 * OVERHEAD_BYTES), b"", before.held_bytes)
    after = file.state()
    assert 20 < before.entries - after.entries < 64
    assert after.held_bytes <= before.held_bytes
    assert file.get("large", here) is not None
    file.put("more", output(10), b"", before.held_bytes // 2)
    assert after.entries - file.state().entries == 64
    assert file.get("more", here) is None


def test_what_is_large_for_the_whole_is_not_kept(file):
    """Nothing is driven out for it."""
    file.put("a", output(10), b"", 80_000)
    file.put("b", output(10_000), b"", 80_000)
    assert file.get("a", here) is not None
    assert file.get("b", here) is None


STEPS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 3000), st.sampled_from("pgr")), max_size=30
)


@given(STEPS)
def test_a_model_of_the_file_agrees(tmp_path_factory, steps):
    """By any sequence of puts, gets and reopenings it holds what a list, trimmed to the bound, would hold."""
    clock, room = Clock(), 24_000
    folder = tmp_path_factory.mktemp("model")
    file, model = ResultFile(folder, clock), {}
    try:
        for key, size, step in steps:
            clock.now += 100
            if step == "p":
                kept = output(size)
                cost = len(pack(kept)) + OVERHEAD_BYTES
                file.put(key, kept, b"", room)
                if cost * 8 <= room:
                    model.pop(key, None)
                    while sum(one for _, one in model.values()) + cost > room:
                        del model[next(iter(model))]
                    model[key] = (kept, cost)
            elif step == "g":
                assert file.get(key, here) == model.get(key, (None,))[0]
                if key in model:
                    model[key] = model.pop(key)
            else:
                file.close()
                file = ResultFile(folder, clock)
        state = file.state()
        assert (state.entries if state else 0) == len(model)
        assert (state.held_bytes if state else 0) == sum(cost for _, cost in model.values())
    finally:
        file.close()


def test_what_surrounds_a_compiler_decides_whether_its_answer_holds(file):
    """A header that was installed since makes another question; what is in an image has no surroundings."""
    file.put("host", output(10), b"before", ROOM)
    file.put("image", output(10), b"", ROOM)
    assert file.get("host", lambda: b"before") is not None
    assert file.get("host", lambda: b"after") is None

    def never():
        raise AssertionError("nobody needs to look")

    assert file.get("image", never) is not None
    assert file.get("none", never) is None


def test_what_is_older_than_is_wanted_is_not_got(file, clock):
    """Whoever forgot everything recalls only what came after."""
    file.put("k", output(10), b"", ROOM)
    assert file.get("k", here, since=clock.now + 1) is None
    clock.now += 2
    file.put("k", output(10), b"", ROOM)
    assert file.get("k", here, since=clock.now - 1) is not None


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.FINISHED])
def test_only_what_finished_can_be_kept(file, outcome):
    """Anything else is a fault of ours, and nothing is written."""
    with pytest.raises(ValueError, match="is not kept"):
        file.put("k", replace(output(), outcome=outcome), b"", ROOM)
    assert file.state() is None


def test_looking_makes_nothing(file, folder):
    """The doctor, and a cleaning up, leave no file where there was none."""
    assert file.state() is None
    assert file.prune(ROOM) == (0, 0)
    assert not folder.exists()


def test_pruning_removes_what_was_long_unused(file, clock):
    """A month is long; it says how many."""
    file.put("old", output(50_000), b"", 10 * ROOM)
    clock.now += 20 * DAY_S
    file.put("new", output(10), b"", 10 * ROOM)
    clock.now += 15 * DAY_S
    entries, freed = file.prune(10 * ROOM)
    assert entries == 1
    assert freed >= 50_000
    assert file.get("new", here) is not None


@pytest.mark.parametrize(("room", "left"), [(100 * (5000 + OVERHEAD_BYTES), range(90, 101)), (0, [0])])
def test_pruning_brings_a_file_within_a_bound_that_was_lowered(file, folder, room, left):
    """The disk gets the room back; who wants no file loses all of it."""
    for number in range(300):
        file.put(f"{number}", output(5000), b"", 100 * ROOM)
    before = file.state()
    entries, freed = file.prune(room)
    after = file.state()
    assert after.entries in left
    assert entries == 300 - after.entries
    assert freed == before.held_bytes - after.held_bytes
    assert after.disk_bytes <= room * 1.5 + 100_000


def test_pruning_removes_what_others_left(file, folder, open_file):
    """Older layouts, older generations, drafts of those that died; never what is newer."""
    file.put("k", output(10), b"", ROOM)
    older = f"results-{LAYOUT - 1}-7.sqlite"
    for name in (older, f"{older}-wal", "draft-" + "0" * 32):
        (folder / name).write_bytes(b"x" * 1000)
        os.utime(folder / name, (0, 0))
    for name in (f"results-{LAYOUT + 1}-1.sqlite", "draft-" + "1" * 32, "notes.txt"):
        (folder / name).write_bytes(b"x" * 1000)
    assert file.prune(ROOM)[0] == 0
    left = {path.name for path in folder.iterdir() if "-wal" not in path.name and "-shm" not in path.name}
    assert left == {
        f"results-{LAYOUT}-1.sqlite",
        f"results-{LAYOUT + 1}-1.sqlite",
        "draft-" + "1" * 32,
        "notes.txt",
    }


DAMAGES = {
    "no database": lambda path: path.write_bytes(b"this is no database at all" * 500),
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "pages": lambda path: path.write_bytes(path.read_bytes()[:4096] + os.urandom(path.stat().st_size - 4096)),
}


@pytest.mark.parametrize("damaged", DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_is_damaged_is_made_anew(open_file, folder, caplog, damaged):
    """Nothing wrong is got, the next result is kept, and the log says so once."""
    first = open_file()
    for number in range(50):
        first.put(f"{number}", output(100, seed=number), b"", ROOM)
    first.close()
    damaged(the_file(folder))
    file = open_file()
    for number in range(50):
        got = file.get(f"{number}", here)
        assert got is None or got.exit_code == number
        file.put(f"{number}", output(100, seed=number), b"", ROOM)
        assert file.get(f"{number}", here).exit_code == number
    assert len([one for one in caplog.records if "was damaged" in one.getMessage()]) == 1
    assert the_file(folder).name == f"results-{LAYOUT}-2.sqlite"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE result SET body = substr(body, 1, length(body) - 1)",
        "UPDATE result SET body = 5",
        "UPDATE result SET body = 'text'",
        "UPDATE result SET digest = zeroblob(16)",
        "UPDATE result SET around = 'x'",
        "UPDATE result SET written = written + 1",
        "UPDATE result SET key = 'other'",
        "DROP TABLE result",
        "DELETE FROM total",
        f"PRAGMA user_version = {LAYOUT + 1}",
        "PRAGMA user_version = 0",
    ],
)
def test_what_was_changed_behind_our_back_is_not_believed(open_file, folder, statement):
    """A disk's fault, another's program: the digest tells, and the file is made anew."""
    first = open_file()
    first.put("k", output(1000), b"", ROOM)
    first.close()
    damage(folder, statement)
    file = open_file()
    assert [file.get(key, here) for key in ("k", "other")] in ([None, None], [output(0), None]) or (
        statement == "DELETE FROM total"
    )
    file.put("new", output(10), b"", ROOM)
    assert file.get("new", here) is not None
    assert file.state().entries == 1


def test_a_server_notices_that_another_has_made_the_file_anew(open_file, folder):
    """It goes on in the new one, and both share it."""
    one, other = open_file(), open_file()
    one.put("a", output(10), b"", ROOM)
    assert other.get("a", here) is not None
    damage(folder, "UPDATE result SET digest = zeroblob(16)")
    assert other.get("a", here) is None
    other.put("b", output(10), b"", ROOM)
    assert one.get("b", here) is not None
    one.put("c", output(10), b"", ROOM)
    assert other.get("c", here) is not None
    assert the_file(folder).name == f"results-{LAYOUT}-2.sqlite"


def test_a_folder_that_is_removed_meanwhile_is_made_anew(file, folder):
    """Whoever empties the cache folder loses what was in it, and no more."""
    file.put("a", output(10), b"", ROOM)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert file.get("a", here) is None
    file.put("b", output(10), b"", ROOM)
    assert file.get("b", here) is not None


def test_a_file_that_another_holds_locked_is_passed_over(file, folder, caplog):
    """What is written is lost, what is read is not; nobody is told, and later all is well."""
    caplog.set_level(logging.INFO)
    file.put("a", output(10), b"", ROOM)
    with closing(sqlite3.connect(the_file(folder), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        file.put("b", output(10), b"", ROOM)
        assert file.get("b", here) is None
        assert file.get("a", here) is not None
        other.execute("ROLLBACK")
    file.put("b", output(10), b"", ROOM)
    assert file.get("b", here) is not None
    assert caplog.records == []


def test_a_full_disk_is_told_once_and_what_is_there_is_still_got(file, caplog):
    """The same error as the engine's own for a file that may not grow; afterwards it is written again."""
    file.put("a", output(10), b"", ROOM)
    connection = file._open_file[2]
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    for number in range(3):
        file.put(f"large {number}", output(60_000), b"", ROOM)
    assert file.get("a", here) is not None
    assert [one.getMessage().partition(":")[0] for one in caplog.records] == [
        "some results are not kept on disk"
    ]
    assert "full" in file.state().trouble
    connection.execute("PRAGMA max_page_count = 1000000").fetchall()
    file.put("b", output(60_000), b"", ROOM)
    assert file.get("b", here) is not None


def run_apart(code, *words, prefix=(), **options):
    """Run code with ours imported, as another process."""
    program = "import sys, logging; logging.basicConfig(format='%(message)s')\n" + textwrap.dedent(code)
    done = subprocess.run(
        [*prefix, sys.executable, "-c", program, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done


USE_IT = """
import os
from pathlib import Path
from wic_lsp.results.file import ResultFile
from wic_runtimes.contract import CompileOutput, Outcome
file = ResultFile(Path(sys.argv[1]))
for number in range(40):
    key = f"k{number}"
    output = CompileOutput(Outcome.FINISHED, number, os.urandom(20000), b"", 0, 0)
    file.put(key, output, b"", 1 << 28)
    got = file.get(key, lambda: b"")
    assert got is None or got.exit_code == number
print(sum(file.get(f"k{number}", lambda: b"") is not None for number in range(40)))
file.close()
"""


def may_mount():
    words = ["unshare", "--user", "--map-root-user", "--mount", "true"]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def test_a_disk_that_is_really_full_is_no_error(tmp_path, missing_engine):
    """A file system of 256 kB: some are kept, one line is logged, and the program goes on."""
    if not may_mount():
        missing_engine("user namespaces are forbidden, so no small disk can be made")
    mount = 'mount -t tmpfs -o size=256k tmpfs "$1" && shift && exec "$@"'
    prefix = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh", tmp_path]
    done = run_apart(USE_IT, tmp_path / "results", prefix=prefix)
    assert 0 <= int(done.stdout) < 40
    assert len(done.stderr.splitlines()) == 1
    assert "kept" in done.stderr


def test_a_disk_that_is_read_only_is_no_error(tmp_path, missing_engine):
    """Where a file is there, and where none can be made: nothing is kept, and one line is logged."""
    if not may_mount():
        missing_engine("user namespaces are forbidden, so no disk can be made read-only")
    for exists in (False, True):
        folder = tmp_path / f"{exists}"
        folder.mkdir()
        if exists:
            run_apart(USE_IT, folder / "results")
        mount = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
        prefix = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh", folder]
        done = run_apart(USE_IT, folder / "results", prefix=prefix)
        assert done.stdout == "0\n"
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("results are kept in memory alone: ")


def test_a_folder_that_cannot_be_made_is_no_error(file, folder, clock, caplog):
    """One line is logged; after some minutes it is tried again."""
    folder.parent.mkdir()
    folder.write_text("in the way")
    for _ in range(3):
        file.put("k", output(10), b"", ROOM)
        assert file.get("k", here) is None
    assert [one.getMessage().partition(":")[0] for one in caplog.records] == [
        "results are kept in memory alone"
    ]
    folder.unlink()
    file.put("k", output(10), b"", ROOM)
    assert not folder.exists()
    clock.now += 600
    file.put("k", output(10), b"", ROOM)
    assert file.get("k", here) is not None


def test_a_folder_of_another_user_is_left_alone(file, folder, monkeypatch, caplog):
    """Whoever runs a check as root does not write into a user's folder."""
    folder.mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    file.put("k", output(10), b"", ROOM)
    assert list(folder.iterdir()) == []
    assert "belongs to another user" in caplog.text


def test_no_error_of_sqlites_leaves_the_file(file, monkeypatch, caplog):
    """Whatever it raises for a file is a result that is not kept."""
    for name in [name for name in vars(sqlite3) if name.startswith("SQLITE_IOERR_")]:
        error = sqlite3.OperationalError(name)
        error.sqlite_errorcode = getattr(sqlite3, name)

        def fail(*_, error=error):
            raise error

        monkeypatch.setattr(tables, "make_room", fail)
        file.put("k", output(10), b"", ROOM)
        assert file.get("k", here) is None
        assert file.state().trouble == name
    monkeypatch.undo()
    file.put("k", output(10), b"", ROOM)
    assert file.get("k", here) is not None
