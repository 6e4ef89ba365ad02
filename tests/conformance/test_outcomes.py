"""Every runtime says truly how a compiler ended, and gives back what it wrote."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.conformance.traces import make_marker, until
from wic_runtimes.contract import CompileJob, JobFile, Outcome
from wic_runtimes.errors import ImageUnavailable, JobRejected

pytestmark = pytest.mark.engine("runtimes")


async def test_hello(bench):
    """A correct file FINISHED with exit code 0 and nothing said."""
    output = await bench.gcc('#include <stdio.h>\nint main(void) { puts("hello"); }\n')
    assert (output.outcome, output.exit_code) == (Outcome.FINISHED, 0), output
    assert (output.stdout, output.stderr) == (b"", b"")
    assert 0 < output.compile_s <= output.total_s


async def test_a_compiler_that_rejects_code_has_finished(bench):
    """A compile error is an answer: FINISHED, exit code 1, and the compiler's words."""
    output = await bench.gcc("int main(void) { return oops; }\n")
    assert (output.outcome, output.exit_code) == (Outcome.FINISHED, 1)
    assert b"main.c:1:25: error:" in output.stderr


@pytest.mark.parametrize("code", [0, 1, 42, 127, 128, 200, 255])
async def test_exit_codes_come_back(bench, code):
    """The program's own exit code comes back, and is no crash even where it is large."""
    output = await bench.sh(f"exit {code}")
    assert (output.outcome, output.exit_code) == (Outcome.FINISHED, code)


async def test_stdout_and_stderr_are_apart(bench):
    """What is written to stdout and to stderr comes back separately, byte for byte."""
    output = await bench.sh(r"printf 'out\000\377'; printf 'err\r\n' >&2")
    assert (output.stdout, output.stderr) == (b"out\0\xff", b"err\r\n")


async def test_big_output_is_whole(bench):
    """Several megabytes below the limit come back whole."""
    output = await bench.sh("perl -e 'for (1..400000) { printf qq{%09d\\n}, $_ }'", output_bytes=5_000_000)
    assert output.outcome is Outcome.FINISHED
    assert output.stdout == b"".join(b"%09d\n" % number for number in range(1, 400_001))


async def test_output_of_exactly_the_limit_is_no_excess(bench):
    """The limit itself may be reached by both streams together."""
    output = await bench.sh("printf aaa; printf bb >&2", output_bytes=5)
    assert (output.outcome, output.stdout, output.stderr) == (Outcome.FINISHED, b"aaa", b"bb")


@pytest.mark.parametrize("limit", [0, 1000, 1_000_000])
async def test_too_much_output_kills_and_returns_the_beginning(bench, limit):
    """A flood ends as OUTPUT_LIMIT, with exactly as much of its beginning as was allowed."""
    output = await bench.sh("yes", output_bytes=limit, wall_s=60)
    assert (output.outcome, output.exit_code) == (Outcome.OUTPUT_LIMIT, None)
    assert output.stdout == (b"y\n" * limit)[:limit]


async def test_a_hundred_megabytes_do_not_drown_the_server(bench):
    """A flood far beyond the limit ends soon."""
    output = await bench.sh("yes | head -c 100000000", output_bytes=1_000_000, wall_s=60)
    assert output.outcome is Outcome.OUTPUT_LIMIT
    assert output.compile_s < 10


@pytest.mark.parametrize("script", ["sleep 600", "while :; do :; done", "trap '' TERM INT HUP; sleep 600"])
async def test_a_compiler_that_takes_too_long_is_ended(bench, script):
    """At its time limit a compiler is killed, whatever it does; what it said until then comes back."""
    output = await bench.sh(f"echo begun; {script}", wall_s=2)
    assert (output.outcome, output.exit_code) == (Outcome.TIMED_OUT, None)
    assert output.stdout == b"begun\n"
    assert 2 <= output.compile_s < 12
    assert output.compile_s <= output.total_s


async def test_a_death_by_signal_is_a_crash(bench):
    """A compiler that dies by signal N has CRASHED, with 128+N."""
    output = await bench.sh("kill -SEGV $$")
    assert (output.outcome, output.exit_code) == (Outcome.CRASHED, 139)


async def test_a_process_that_takes_too_much_memory_is_ended(bench):
    """One process above the limit ends as OUT_OF_MEMORY, read from the control group or the engine."""
    _need_groups(bench)
    eats = "my @a; push @a, q{x} x 1_000_000 while 1"
    output = await bench.sh(f"perl -e '{eats}'", memory_bytes=64_000_000)
    assert (output.outcome, output.exit_code) == (Outcome.OUT_OF_MEMORY, None)


async def test_processes_that_together_take_too_much_memory_are_ended(bench):
    """The limit is for the whole tree: eight processes, each far below it, exceed it together."""
    _need_groups(bench)
    eats = "my $n = 30_000_000; my $x = q{x} x $n; sleep 600"
    script = f"for i in 1 2 3 4 5 6 7 8; do perl -e '{eats}' & done; wait"
    output = await bench.sh(script, memory_bytes=128_000_000, wall_s=5)
    assert output.outcome in {Outcome.OUT_OF_MEMORY, Outcome.TIMED_OUT}
    alone = await bench.sh(f"perl -e '{eats.replace('sleep 600', 'exit 0')}'", memory_bytes=128_000_000)
    assert alone.outcome is Outcome.FINISHED
    together = await bench.sh(script.replace("sleep 600", "sleep 2"), memory_bytes=128_000_000, wall_s=60)
    assert together.outcome is Outcome.OUT_OF_MEMORY


async def test_memory_of_an_earlier_job_is_not_held_against_a_later_one(bench):
    """After a job that ran out of memory the next one, in the same conditions, is judged by itself."""
    _need_groups(bench)
    for _ in range(2):
        await bench.sh("perl -e 'my @a; push @a, q{x} x 1_000_000 while 1'", memory_bytes=64_000_000)
        output = await bench.sh("exit 0", memory_bytes=64_000_000)
        assert output.outcome is Outcome.FINISHED


async def test_a_fork_bomb_is_contained(bench):
    """A fork bomb cannot have more processes than the limit, and none is left at its end.

    A kernel of its own may die of it, which is a crash, never a verdict.
    """
    marker = make_marker()
    job = bench.under_test.shell(f"perl -e 'fork while 1' {marker}", wall_s=3, processes=20)
    task = asyncio.create_task(bench.runtime.compile(job))
    most = 0
    while not task.done():
        if not bench.under_test.has_own_kernel:
            most = max(most, len(bench.under_test.processes(marker)))
        await asyncio.sleep(0.05)
    if bench.under_test.has_own_kernel:
        assert (await task).outcome in {Outcome.CRASHED, Outcome.TIMED_OUT}
    else:
        assert (await task).outcome is Outcome.TIMED_OUT
        assert 5 < most < 30
    assert bench.under_test.processes(marker) == []


async def test_a_daemon_does_not_outlive_its_job(bench):
    """A process that leaves its session and closes its output ends with the compiler that made it.

    It is killed before the result is told; the kernel may take a moment longer to be rid of it.
    """
    marker = make_marker()
    output = await bench.sh(f"setsid perl -e 'sleep 600' {marker} </dev/null >/dev/null 2>&1 & exit 0")
    assert output.outcome is Outcome.FINISHED
    await until(lambda: bench.under_test.processes(marker) == [])


async def test_cancelling_kills_every_process(bench):
    """Cancelling the wait kills the compiler and its children before the cancel is over."""
    marker = make_marker()
    job = bench.under_test.shell(f"for i in 1 2 3; do perl -e 'sleep 600' {marker} & done; wait", wall_s=60)
    task = asyncio.create_task(bench.runtime.compile(job))
    await until(lambda: len(bench.under_test.processes(marker)) >= 4)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.under_test.processes(marker) == []


async def test_cancelling_again_while_it_cleans_up_is_survived(bench):
    """However often and whenever the wait is cancelled, nothing is left and the runtime goes on."""
    marker = make_marker()
    for delay in (0.0, 0.001, 0.003, 0.006, 0.01, 0.02, 0.03, 0.05, 0.1):
        job = bench.under_test.shell(f"perl -e 'sleep 600' {marker}", wall_s=60)
        task = asyncio.create_task(bench.runtime.compile(job))
        await asyncio.sleep(delay)
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)
        assert task.cancelled()
        assert bench.under_test.processes(marker) == [], delay
    assert (await bench.sh("echo on")).stdout == b"on\n"


async def test_concurrent_jobs_each_get_their_own_output(bench):
    """Twenty jobs at once do not mix."""
    outputs = await asyncio.gather(
        *(bench.sh(f"echo {number}; echo e{number} >&2; exit {number}", wall_s=60) for number in range(20))
    )
    for number, output in enumerate(outputs):
        assert (output.stdout, output.stderr) == (b"%d\n" % number, b"e%d\n" % number)
        assert output.exit_code == number


async def test_the_same_kind_of_job_again_sees_only_its_own_files(bench):
    """Jobs that differ in their files' contents alone are each compiled with their own."""
    job = bench.under_test.shell("cat a/b.txt", wall_s=60)
    for number in range(5):
        content = b"%d" % number * (number * 1000)
        files = (JobFile("a/b.txt", content), JobFile("--help", b"x"))
        output = await bench.runtime.compile(replace(job, id=f"{job.id}-{number}", files=files))
        assert output.stdout == content


async def test_the_same_id_twice_is_rejected(bench):
    """While a job runs, its id cannot be used again; afterwards it can."""
    job = bench.under_test.shell("sleep 0.3", wall_s=60)
    first = asyncio.create_task(bench.runtime.compile(job))
    second = asyncio.create_task(bench.runtime.compile(job))
    with pytest.raises(JobRejected, match="running already"):
        await second
    assert (await first).outcome is Outcome.FINISHED
    assert (await bench.runtime.compile(job)).outcome is Outcome.FINISHED


@pytest.mark.parametrize("path", ["../a", "a/../../b", "/etc/x", "a\0b", "", ".", "a//b", "a/", "./a"])
async def test_paths_that_lead_elsewhere_are_rejected(bench, path):
    """A file is a plain relative path below the working folder, or the job is not begun."""
    job = bench.under_test.shell("true")
    with pytest.raises(JobRejected, match="path"):
        await bench.runtime.compile(replace(job, files=(JobFile(path, b""),)))


async def test_a_path_twice_is_rejected(bench):
    """Which of two files would be meant cannot be said."""
    job = bench.under_test.shell("true")
    with pytest.raises(JobRejected, match="twice"):
        await bench.runtime.compile(replace(job, files=(JobFile("a", b"1"), JobFile("a", b"2"))))


async def test_a_program_that_is_not_there_has_a_remedy(bench):
    """A missing compiler is no verdict on the code: it is said, with what to do about it."""
    job = bench.under_test.shell("true")
    missing = CompileJob(job.id, ("/nowhere/gcc-99",), image=job.image, roots=job.roots)
    with pytest.raises(ImageUnavailable) as caught:
        await bench.runtime.compile(missing)
    assert "/nowhere/gcc-99" in caught.value.reason
    assert caught.value.remedy


def _need_groups(bench):
    memory = bench.health.facts.get("memory", "all processes together")
    if "all processes together" not in memory:
        pytest.skip(f"{bench.under_test.name} cannot limit the memory of a tree here: {memory}")
