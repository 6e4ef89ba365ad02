"""What every runtime refuses before it begins."""

from __future__ import annotations

import pytest

from wic_runtimes.contract import MAX_FILES, MAX_TOTAL_BYTES, CompileJob, JobFile, check_job
from wic_runtimes.errors import JobRejected, RuntimeFailure


def job(*files, argv=("gcc",), environment=()):
    return CompileJob("x", argv, files=files, environment=environment)


@pytest.mark.parametrize("path", ["main.c", "a/b/c.h", "--help", "-", "a b", "..a", "a..", "\n", "é"])
def test_plain_relative_paths_are_accepted(path):
    """Names may be odd, as long as they stay where they are."""
    check_job(job(JobFile(path, b"")))


LONG = "a/" * 600 + "b"
WRONG = ["", ".", "..", "/a", "//a", "a/../b", "a//b", "./a", "a/", "a\0", "a/.", LONG, "\ud800"]


@pytest.mark.parametrize("path", WRONG)
def test_other_paths_are_rejected(path):
    """A path that leads out, has a second spelling, is no text, or is longer than hosts take, is refused."""
    with pytest.raises(JobRejected):
        check_job(job(JobFile(path, b"")))


def test_a_path_twice_is_rejected():
    """Which file would be meant cannot be said."""
    with pytest.raises(JobRejected, match="twice"):
        check_job(job(JobFile("a", b""), JobFile("a", b"")))


def test_the_number_of_files_is_bounded():
    """One main file and 64 companions, no more."""
    files = [JobFile(f"f{number}", b"") for number in range(MAX_FILES + 1)]
    check_job(job(*files[:-1]))
    with pytest.raises(JobRejected, match="files"):
        check_job(job(*files))


def test_the_size_of_the_files_is_bounded():
    """All files together have at most five mebibytes."""
    check_job(job(JobFile("a", b"x" * MAX_TOTAL_BYTES)))
    with pytest.raises(JobRejected, match="bytes"):
        check_job(job(JobFile("a", b"x" * MAX_TOTAL_BYTES), JobFile("b", b"x")))


@pytest.mark.parametrize("argv", [(), ("",), ("gcc", "a\0b"), ("gcc", "\ud800")])
def test_an_argument_vector_names_a_program_and_holds_no_nul(argv):
    """Nothing to run, or a word that the kernel would cut or cannot be told, is refused."""
    with pytest.raises(JobRejected):
        check_job(job(argv=argv))


def test_a_file_below_a_file_is_rejected():
    """One path cannot be a file and a folder."""
    with pytest.raises(JobRejected, match="below"):
        check_job(job(JobFile("a/b/c", b""), JobFile("a", b"")))


@pytest.mark.parametrize("pair", [("A\0", "x"), ("A", "x\0"), ("", "x"), ("A=B", "x")])
def test_an_environment_has_proper_names_and_no_nul(pair):
    """What the kernel would cut or read otherwise is refused."""
    with pytest.raises(JobRejected):
        check_job(job(environment=(pair,)))


def test_a_failure_says_its_reason_and_its_remedy():
    """Whoever prints a failure prints what to do about it."""
    failure = RuntimeFailure("It is down.", "Start it.")
    assert (failure.reason, failure.remedy, str(failure)) == (
        "It is down.",
        "Start it.",
        "It is down. Start it.",
    )
