"""Results that are kept on disk: the next run of a command has them, and the user decides about them."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess

import pytest

from tests.bench.hammer import run
from tests.cli.conftest import Wic

BROKEN = "int main(void) { return y; }\n"
SLOW = "#include <iostream>\n#include <map>\nint main() { return y; }\n"


@pytest.fixture
def own(wic, tmp_path):
    """Give the command with a cache folder of its own."""
    environment = {**wic.environment, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    return Wic(wic.folder, environment)


def results(own):
    return own.folder / "cache/wic/results"


@pytest.mark.engine("sandbox")
def test_the_second_run_compiles_nothing(own):
    """It says the same, and that it was cached."""
    own.write("t.cpp", SLOW)
    first, second = (own("check", "--format", "json", "t.cpp") for _ in range(2))
    assert (first.code, second.code) == (1, 1)
    assert (first.result["cached"], second.result["cached"]) == (False, True)
    assert first.result["diagnostics"] == second.result["diagnostics"]
    assert second.err == ""


@pytest.mark.engine("sandbox")
def test_another_text_or_flag_is_compiled(own):
    """What is kept goes by content."""
    own.write("t.c", BROKEN)
    own("check", "t.c")
    assert not own("check", "--format", "json", "--flag=-Wall", "t.c").result["cached"]
    own.write("t.c", f"{BROKEN}\n")
    assert not own("check", "--format", "json", "t.c").result["cached"]


@pytest.mark.engine("sandbox")
def test_a_user_can_have_it_compiled_whatever_is_kept(own):
    """--no-cache neither reads nor keeps."""
    own.write("t.c", BROKEN)
    assert not own("check", "--no-cache", "--format", "json", "t.c").result["cached"]
    assert not results(own).exists()
    own("check", "t.c")
    assert not own("check", "--no-cache", "--format", "json", "t.c").result["cached"]
    assert own("check", "--format", "json", "t.c").result["cached"]


@pytest.mark.engine("sandbox")
def test_a_user_can_turn_it_off(own):
    """Then nothing of the text, nor of what is said of it, is on the disk."""
    own.configure("cache = false\n")
    own.write("t.c", BROKEN)
    for _ in range(2):
        assert not own("check", "--format", "json", "t.c").result["cached"]
    assert not results(own).exists()


@pytest.mark.engine("sandbox")
def test_what_is_kept_is_the_users_alone(own):
    """It is made from what people write."""
    own.write("t.c", BROKEN)
    own("check", "t.c")
    assert stat.S_IMODE(results(own).stat().st_mode) == 0o700
    (file,) = results(own).iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.engine("sandbox")
def test_many_at_once_share_one_file(own):
    """Eight commands on the same files end well, and one more compiles nothing."""
    for number in range(3):
        own.write(f"{number}.c", BROKEN.replace("y", f"y{number}"))
    names = [f"{number}.c" for number in range(3)]
    started = [own.start("check", "--format", "json", *names) for _ in range(8)]
    for process in started:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (1, b"")
        said = [one["diagnostics"][0]["message"] for one in json.loads(out)["results"]]
        assert [f"y{number}" in one for number, one in enumerate(said)] == [True] * 3
    assert [one["cached"] for one in own("check", "--format", "json", *names).results] == [True] * 3


@pytest.mark.engine("sandbox")
def test_a_damaged_file_is_one_line_and_no_error(own):
    """The check is right, and the run after it has it from disk again."""
    own.write("t.c", BROKEN)
    own("check", "t.c")
    (file,) = results(own).iterdir()
    file.write_bytes(b"damaged" * 1000)
    ended = own("check", "--format", "json", "t.c")
    assert (ended.code, ended.result["cached"]) == (1, False)
    assert re.fullmatch(r"the file of results \S+ was damaged \(.*\); it is made anew\n", ended.err)
    ended = own("check", "--format", "json", "t.c")
    assert (ended.err, ended.result["cached"]) == ("", True)


@pytest.mark.engine("sandbox")
def test_a_folder_that_cannot_be_had_is_one_line_and_no_error(own):
    """Results are kept in memory alone."""
    own.write("cache/wic/results", "in the way")
    own.write("t.c", BROKEN)
    ended = own("check", "t.c")
    assert ended.code == 1
    assert ended.err.startswith("results are kept in memory alone: ")
    assert len(ended.err.splitlines()) == 1


@pytest.mark.engine("sandbox")
def test_the_doctor_and_gc_say_what_is_kept(own):
    """Where, how many, how much, within which bound; and how much was removed."""
    own.write("t.c", BROKEN)
    own("check", "t.c")
    kept = json.loads(own("doctor", "--format", "json").out)["cache"]
    assert list(kept) == ["path", "entries", "bytes", "mostBytes", "trouble"]
    assert (kept["entries"], kept["mostBytes"], kept["trouble"]) == (1, 256 << 20, "")
    assert kept["path"].startswith(str(results(own)))
    assert kept["bytes"] > 0
    own.configure("cache = false\n")
    assert re.fullmatch(r"results on disk: removed 1 \([\d.]+ k?B\)", own("gc").out.splitlines()[-1])
    assert not own("check", "--format", "json", "t.c").result["cached"]


@pytest.mark.engine("sandbox")
def test_what_killed_commands_were_writing_is_no_error(own):
    """Killed at any moment, nobody after them finds anything wrong."""
    for number in range(6):
        own.write("t.c", BROKEN.replace("y", f"y{number % 3}"))
        process = own.start("check", "t.c", stdout=subprocess.DEVNULL)
        try:
            process.wait(timeout=0.25 + number * 0.05)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        ended = own("check", "--format", "json", "t.c")
        assert (ended.code, ended.err) == (1, "")
        assert f"y{number % 3}" in ended.result["diagnostics"][0]["message"]


SECONDS = float(os.environ.get("WIC_HAMMER_SECONDS", "5"))


@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize("kills", [False, True], ids=["left alone", "killed"])
def test_eight_servers_that_hammer_one_file_see_no_error_and_nothing_wrong(kills):
    """Each answer is what it must be, the bound holds, and the file is whole; also where some are killed.

    It lasts `WIC_HAMMER_SECONDS`.
    """
    seen = run(SECONDS, servers=8, kills=kills)
    assert seen.is_well, seen
    assert (seen.killed > 0) == kills
    assert seen.missed > 0
    assert len([name for name in seen.files if name.endswith(".sqlite")]) == 1
