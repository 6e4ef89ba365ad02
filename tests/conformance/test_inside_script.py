"""What runs beside the compiler, in the shells that images have: limits, the ear, sources, whose count it is.

Each runs as a container's second process would, in a process namespace that bubblewrap makes, where `kill -1`
reaches nothing else; the source is where a pod has it, writable in one place and read-only in another.
"""

from __future__ import annotations

import asyncio
import shutil
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from wic_runtimes.contract import CompileJob, JobFile, Limits
from wic_runtimes.errors import RuntimeFailure
from wic_runtimes.inside.script import (
    HERE,
    NO_LIMITS,
    NO_PROGRAM,
    NOT_UNPACKED,
    SCRIPT,
    Bounds,
    feed_of,
    pack,
    words_of,
)
from wic_runtimes.inside.stream import STDERR, STDOUT, Reader, Trailer
from wic_runtimes.sandbox.host import find_bwrap

pytestmark = pytest.mark.engine("sandbox")

SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
NOBODY = 65534
MARK = "0123456789abcdef"
BOUNDS = Bounds(wait_s=60, cpu_s=20)
EAR = Bounds(wait_s=60, cpu_s=20, has_ear=True)
# Outside of a process namespace of its own the script would end everything, so it is not run there.
GUARD = '[ "$$" -lt 9 ] && exec "$@"; echo "no process namespace" >&2; exit 99'


class Inside:
    """A script that runs, and what it has said so far."""

    def __init__(self, process):
        self.reader = Reader(1_000_000, MARK)
        self._process = process
        self._streams = {STDOUT: process.stdout, STDERR: process.stderr}
        self._reading = [asyncio.create_task(self._read(kind)) for kind in self._streams]
        self._news = asyncio.Event()

    async def _read(self, kind):
        while data := await self._streams[kind].read(4096):
            self.reader.take(kind, data)
            self._news.set()
        self._news.set()

    def feed(self, data):
        """Write to its stdin."""
        self._process.stdin.write(data)

    def hang_up(self):
        """Close its stdin."""
        self._process.stdin.close()

    async def until(self, is_true):
        """Wait until its output says that."""
        async with asyncio.timeout(60):
            while not is_true(self.reader):
                assert not all(task.done() for task in self._reading), vars(self.reader)
                self._news.clear()
                await self._news.wait()

    async def trailer(self):
        """Wait for its last word."""
        await self.until(lambda reader: reader.trailer is not None)
        return self.reader.trailer

    async def ended(self):
        """Wait for its end, and return its exit code."""
        async with asyncio.timeout(60):
            await asyncio.gather(*self._reading)
            return await self._process.wait()

    async def stays(self):
        """Wait a little, and say whether it is still there."""
        try:
            await asyncio.wait_for(asyncio.shield(self._process.wait()), 0.3)
        except TimeoutError:
            return True
        return False

    async def aclose(self):
        """End it, whatever it does."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await asyncio.gather(*self._reading)


@pytest.fixture(params=SHELLS)
async def start(request, tmp_path, missing_engine):
    """Give what starts the script in one of the shells: with its bounds, its words, and the feed's source."""
    shell = SHELLS[request.param]
    if shutil.which(shell[0]) is None:
        missing_engine(f"the shell {shell[0]} is not installed")
    try:
        bwrap = find_bwrap()
    except RuntimeFailure as failure:
        missing_engine(failure.reason)
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    begun = []

    async def start_script(bounds=BOUNDS, into=HERE, counters=(), binds=()):
        words = words_of(bounds, into, counters)
        inside = [*shell, "-c", SCRIPT, "wic", *words]
        argv = [*in_namespaces(bwrap, unpacked, into, binds), "/bin/sh", "-c", GUARD, "guard", *inside]
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
        )
        begun.append(Inside(process))
        return begun[-1]

    yield start_script
    for one in begun:
        await one.aclose()


def in_namespaces(bwrap, unpacked, into, binds):
    """Return the command that runs another in namespaces, as nobody, with the machine's programs."""
    source = "--bind" if into == HERE else "--ro-bind"
    links = [Path("/", name) for name in ("bin", "sbin", "lib", "lib64") if Path("/", name).exists()]
    return [
        *(bwrap, "--unshare-all", "--die-with-parent", "--uid", str(NOBODY), "--gid", str(NOBODY)),
        *("--clearenv", "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--ro-bind", "/usr", "/usr"),
        *(word for path in links for word in ("--ro-bind", str(path.resolve()), str(path))),
        *("--proc", "/proc", "--dev", "/dev", "--bind", str(unpacked), "/unpacked"),
        *(source, str(unpacked), "/src", "--chdir", "/src"),
        *(word for outside, there in binds for word in ("--bind", str(outside), there)),
    ]


def job(script, *words, files=(), program="/bin/sh"):
    argv = (program, "-c", script, "sh", *words)
    return CompileJob("one", argv, files=files, limits=Limits(wall_s=30.0), environment=(("A", "b c"),))


def feed_with_files(of):
    return feed_of(of, MARK, pack(of.files))


async def run(start, compiled, bounds=BOUNDS, source="", **words):
    """Run a job to its last word, and tell the script to go where it waits for that."""
    inside = await start(bounds, **words)
    inside.feed(feed_of(compiled, MARK, source or pack(compiled.files)))
    await inside.trailer()
    inside.hang_up()
    await inside.ended()
    return inside.reader


def limits_in(text):
    """Return soft and hard limits by name, out of /proc/PID/limits."""
    lines = text.decode().splitlines()[1:]
    return {line[:25].strip(): tuple(line[26:].split()[:2]) for line in lines}


def limits_of_ours():
    return limits_in(Path("/proc/self/limits").read_bytes())


async def test_it_sets_the_limits_that_it_is_told(start):
    """Soft and hard, so that none can be raised again."""
    bounds = Bounds(60, cpu_s=7, file_bytes=1_000_000, open_files=99, processes=123)
    limits = limits_in((await run(start, job("cat /proc/self/limits"), bounds)).stdout)
    assert limits["Max cpu time"] == ("7", "7")
    assert limits["Max file size"] == (str(1_000_000 // 512 * 512),) * 2
    assert limits["Max open files"] == ("99", "99")
    assert limits["Max processes"] == ("123", "123")
    assert limits["Max core file size"] == ("0", "0")


async def test_it_leaves_to_the_engine_what_the_engine_sees_to(start):
    """What it is not told stays as it was."""
    limits = limits_in((await run(start, job("cat /proc/self/limits"))).stdout)
    outside = limits_of_ours()
    assert limits["Max cpu time"] == ("20", "20")
    for name in ("Max file size", "Max open files", "Max processes"):
        assert limits[name] == outside[name]


async def test_it_runs_nothing_without_its_limits(start):
    """One that cannot be set, as above the machine's own, is said, and the compiler never begins."""
    inside = await start(Bounds(60, 20, open_files=2_000_000_000))
    inside.feed(feed_with_files(job("echo no")))
    assert await inside.ended() == 1
    assert (inside.reader.said, inside.reader.stdout) == (NO_LIMITS, b"")


@pytest.mark.parametrize("ends_by", ["a line", "hanging up"])
async def test_the_ear_ends_a_compiler(start, ends_by):
    """With all that it started, and the script; on a line, and when the connection ends with its server."""
    inside = await start(EAR)
    inside.feed(feed_with_files(job("sleep 1000 & echo up; sleep 1000")))
    await inside.until(lambda reader: reader.stdout == b"up\n")
    if ends_by == "a line":
        inside.feed(b"\n")
    else:
        inside.hang_up()
    assert await inside.ended() == 137
    assert inside.reader.trailer is None


async def test_the_ear_hears_a_connection_that_ended_before_the_compiler_began(start):
    """A server that is killed just then leaves nothing that runs."""
    inside = await start(EAR)
    inside.feed(feed_with_files(job("sleep 1000")))
    inside.hang_up()
    assert await inside.ended() == 137


async def test_without_an_ear_nobody_listens(start):
    """Where the engine ends containers, the end of stdin ends nothing."""
    inside = await start(BOUNDS)
    inside.feed(feed_with_files(job("sleep 0.2; echo done; exit 3")))
    inside.hang_up()
    assert (await inside.trailer()).exit_code == 3
    assert await inside.ended() == 3
    assert inside.reader.stdout == b"done\n"


@pytest.mark.parametrize("goes_on", ["a line", "hanging up"])
async def test_with_an_ear_it_stays_until_it_is_told_to_go(start, goes_on):
    """Its last words could be lost with a container's end."""
    inside = await start(EAR)
    inside.feed(feed_with_files(job("exit 3")))
    assert (await inside.trailer()).exit_code == 3
    assert await inside.stays()
    if goes_on == "a line":
        inside.feed(b"\n")
    else:
        inside.hang_up()
    assert await inside.ended() == 3


async def test_without_an_ear_it_goes_by_itself(start):
    """Though its stdin stays open: nobody needs to tell it."""
    inside = await start(BOUNDS)
    inside.feed(feed_with_files(job("exit 3")))
    assert await inside.ended() == 3


async def test_the_ear_takes_nothing_from_the_compiler(start):
    """The compiler's stdin is empty, and what the ear and the script hold open it does not have."""
    reader = await run(start, job("cat; exec ls /proc/self/fd"), EAR)
    assert reader.stdout.split() == b"0 1 2 3".split()  # the last is what `ls` reads them by


async def test_the_source_may_come_as_a_file(start, tmp_path):
    """As a cold pod's does: the feed names it, and holds none of it."""
    files = (JobFile("main.c", b"int x;\n"), JobFile("include/a b.h", b"\0\xff"))
    archive = tmp_path / "source.tar"
    archive.write_bytes(pack(files))
    compiled = job("cat main.c 'include/a b.h'", files=files)
    feed = feed_of(compiled, MARK, "/job/source.tar")
    assert b"int x" not in feed
    reader = await run(
        start, compiled, EAR, "/job/source.tar", into="/unpacked", binds=[(archive, "/job/source.tar")]
    )
    assert reader.stdout == b"int x;\n\0\xff"


@pytest.mark.parametrize("wrong", ["missing", "cut short"])
async def test_a_source_that_is_not_whole_is_not_compiled(start, tmp_path, wrong):
    """A file that is not there, or that ends in the middle."""
    files = (JobFile("main.c", bytes(5000)),)
    archive = tmp_path / "source.tar"
    archive.write_bytes(pack(files)[:2000])
    inside = await start(EAR, into="/unpacked", binds=[(archive, "/job/source.tar")])
    source = "/job/source.tar" if wrong == "cut short" else "/job/other.tar"
    inside.feed(feed_of(job("echo no", files=files), MARK, source))
    assert await inside.ended() == 1
    assert (inside.reader.said, inside.reader.stdout) == (NOT_UNPACKED, b"")


async def test_it_unpacks_where_the_compiler_cannot_write(start):
    """The compiler's folder is another view of the same memory, and read-only."""
    files = (JobFile("main.c", b"x\n"), JobFile("d/a.h", b"y\n"))
    script = "cat main.c d/a.h; for f in main.c d/a.h new d/new; do echo z >$f; done 2>/dev/null; ls . d"
    reader = await run(start, job(script, files=files), into="/unpacked")
    assert reader.stdout.split() == b"x y .: d main.c d: a.h".split()


async def test_what_is_unpacked_here_cannot_be_written_from_then_on(start):
    """Where there is but one view of it, its files and folders lose their marks."""
    files = (JobFile("d/a.h", b"y\n"),)
    reader = await run(start, job("cat d/a.h; touch new d/new d/a.h 2>/dev/null; ls . d", files=files))
    assert reader.stdout.split() == b"y .: d d: a.h".split()


async def test_a_folder_that_is_not_there_takes_no_source(start):
    """It is said, and nothing is compiled somewhere else."""
    inside = await start(BOUNDS, into="/nowhere")
    inside.feed(feed_with_files(job("echo no", files=(JobFile("a", b""),))))
    assert await inside.ended() == 1
    assert inside.reader.said == NOT_UNPACKED


async def test_a_program_that_is_not_there_is_said(start):
    """Before anything begins, so that it is no compiler's word."""
    inside = await start(EAR)
    inside.feed(feed_with_files(job("", program="/no/such")))
    assert await inside.ended() == 1
    assert inside.reader.said == NO_PROGRAM


@pytest.mark.parametrize(("after", "was_memory"), [(7, False), (8, True)])
@pytest.mark.parametrize("text", ["oom_kill_disable 0\nunder_oom 0\noom_kill {}\n", "oom 3\noom_kill {}\n"])
async def test_the_first_that_counts_is_believed(start, tmp_path, text, after, was_memory):
    """Control groups of either version say how many they killed; of several, the first that is there."""
    counter = tmp_path / "counter"
    counter.write_text(text.format(7))
    counter.chmod(0o666)
    script = 'printf %s "$1" >/own; exit 1'
    compiled = job(script, text.format(after))
    reader = await run(start, compiled, EAR, counters=["/missing", "/own"], binds=[(counter, "/own")])
    assert reader.trailer == Trailer(1, was_memory=was_memory)


async def test_where_nothing_of_the_container_counts_the_machine_does(start):
    """It can only rule a death of memory out; this machine is hardly out of memory at this moment."""
    reader = await run(start, job("exit 1"), EAR, counters=["/missing"])
    assert reader.trailer.exit_code == 1
    assert reader.trailer.was_memory in {False, None}


async def test_one_that_waits_for_a_job_too_long_ends(start):
    """Where its server is gone in a way that nobody tells it."""
    inside = await start(Bounds(wait_s=3, cpu_s=20))
    assert await inside.ended() != 0
    assert inside.reader.is_ready
    assert inside.reader.said is None


async def test_one_whose_connection_ends_while_it_waits_ends(start):
    """At once."""
    inside = await start(EAR)
    await inside.until(lambda reader: reader.is_ready)
    inside.hang_up()
    assert await inside.ended() == 1


async def test_both_outputs_and_the_environment_are_the_jobs(start):
    """Whatever the shell is."""
    reader = await run(start, job('echo "$A"; echo err >&2; env | grep -c SECRET'), EAR)
    assert (reader.stdout, reader.stderr) == (b"b c\n0\n", b"err\n")
