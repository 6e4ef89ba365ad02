"""Any compiler's image serves: with another shell, with BusyBox alone, without tar, with no shell at all."""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conformance.runtimes_under_test import IMAGE, job_id
from tests.conformance.traces import make_marker, processes_with, until
from wic_runtimes import ownership
from wic_runtimes.contract import CompileJob, JobFile, Limits, Outcome
from wic_runtimes.errors import ImageUnavailable
from wic_runtimes.labels import OWNER

pytestmark = pytest.mark.engine("docker")

COMPILER = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
extern char **environ;
int main(int count, char **words) {
    const char *what = count > 2 ? words[2] : "";
    FILE *source = fopen(words[1], "r");
    int c;
    if (source == NULL) return 3;
    while ((c = getc(source)) != EOF) putchar(c);
    fflush(stdout);
    for (char **one = environ; *one; one++) fprintf(stderr, "%s\n", *one);
    if (fopen("/src/new", "w") || fopen("new", "w") || fopen(words[1], "w")) fputs("written\n", stderr);
    if (!strcmp(what, "sleep")) sleep(600);
    if (!strcmp(what, "crash")) abort();
    if (!strcmp(what, "flood")) for (;;) puts("flood");
    return 7;
}
"""
"""A compiler that needs nothing but a kernel: it copies its source and shows its environment."""

BUSYBOX = "sh tar chmod sleep env cat printf echo kill od true".split()  # noqa: SIM905 - as one would type it
WORDS = (
    "",
    " ",
    "a b",
    "'",
    '"',
    "$(id)",
    "`id`",
    "\\n",
    "one\ntwo\n\nfour\n",
    "\n",
    "-n",
    "+x",
    ".",
    "é",
    "\udcff",
)


def docker(*words, given=b""):
    done = subprocess.run(["docker", *words], input=given, capture_output=True, check=True, timeout=120)
    return done.stdout.decode()


def build(name, recipe):
    docker("build", "--quiet", "--network", "none", "--tag", name, "-", given=recipe.encode())


def import_image(name, files, *changes):
    """Make an image that holds these files, programs all, and nothing else. A string is a link's target."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.mode = 0o755
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                archive.addfile(entry)
            else:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    words = [word for change in changes for word in ("--change", change)]
    docker("import", *words, "-", name, given=stream.getvalue())


@pytest.fixture(scope="module")
def image(worker_id):
    """Give a function that makes an image once for this module; all are removed at its end."""
    made: dict[str, str] = {}

    def image(kind, make):
        if kind not in made:
            name = f"wic-test-{kind}:{worker_id}"
            make(name)
            made[kind] = name
        return made[kind]

    yield image
    if made:
        docker("image", "rm", "--force", *made.values())


@pytest.fixture
def bare(image, tmp_path):
    """Give the image with one program and nothing else, which sets variables of its own."""

    def make(name):
        (tmp_path / "compiler.c").write_text(COMPILER)
        words = ["gcc", "-static", "-O1", "compiler.c", "-o", "compiler"]
        subprocess.run(words, cwd=tmp_path, check=True, timeout=60)
        program = (tmp_path / "compiler").read_bytes()
        import_image(name, {"opt/compiler": program}, "ENV PATH=/opt", "ENV SECRET=1")

    return image("bare", make)


def ours(*listing):
    label = f"label={OWNER}={ownership.own_label()}"
    return docker(*listing, "--quiet", "--filter", label).split()


def bare_job(image, *words, **limits):
    files = (JobFile("a/main.x", b"text\n"),)
    argv = ("compiler", "a/main.x", *words)
    return CompileJob(
        job_id(), argv, files, image=image, limits=Limits(**limits), environment=(("A", "b c"),)
    )


async def test_an_image_without_a_shell_compiles(docker_bench, bare):
    """It gets its source, which it cannot write to, and the job's environment; its exit code comes back."""
    for _ in range(2):
        output = await docker_bench.runtime.compile(bare_job(bare))
        assert (output.outcome, output.exit_code, output.stdout) == (Outcome.FINISHED, 7, b"text\n"), output
        assert set(output.stderr.splitlines()) <= {b"PATH=/opt", b"A=b c", b"HOME=/"}
    assert docker_bench.runtime._spares._waiting == {}


@pytest.mark.parametrize(
    ("what", "limits", "ended"),
    [
        ("sleep", {"wall_s": 2}, (Outcome.TIMED_OUT, None)),
        ("flood", {"output_bytes": 1000}, (Outcome.OUTPUT_LIMIT, None)),
        ("crash", {}, (Outcome.CRASHED, 134)),
    ],
)
async def test_an_image_without_a_shell_is_bounded_like_any(docker_bench, bare, what, limits, ended):
    """Time, output and crashes are told as they are everywhere."""
    output = await docker_bench.runtime.compile(bare_job(bare, what, **limits))
    assert (output.outcome, output.exit_code) == ended
    assert output.stdout.startswith(b"text\n")


async def test_an_image_without_a_shell_leaves_nothing(docker_bench, bare):
    """Neither a process nor a container nor the volume that held the source, whatever became of the job."""
    marker = make_marker()
    task = asyncio.create_task(docker_bench.runtime.compile(bare_job(bare, "sleep", marker, wall_s=60)))
    await until(lambda: bool(processes_with(marker)))
    task.cancel()
    await asyncio.wait([task])
    assert processes_with(marker) == []
    task = asyncio.create_task(docker_bench.runtime.compile(bare_job(bare, "sleep", marker, wall_s=60)))
    await until(lambda: bool(processes_with(marker)))
    assert ours("volume", "ls")
    await docker_bench.runtime.aclose()
    await asyncio.wait([task])
    assert task.exception() is not None
    assert ours("ps", "--all") == ours("volume", "ls") == []


async def test_a_program_that_a_bare_image_has_not_is_said(docker_bench, bare):
    """It is no verdict on the code."""
    job = replace(bare_job(bare), argv=("/nowhere/gcc-99", "a/main.x"))
    with pytest.raises(ImageUnavailable, match=r"has no compiler /nowhere/gcc-99"):
        await docker_bench.runtime.compile(job)


async def test_an_image_without_tar_compiles(docker_bench, image):
    """As one without a shell does."""
    name = image("no-tar", lambda name: build(name, f"FROM {IMAGE}\nUSER root\nRUN rm /bin/tar\n"))
    job = replace(docker_bench.under_test.gcc("int main(void) { return oops; }\n"), image=name)
    output = await docker_bench.runtime.compile(job)
    assert (output.outcome, output.exit_code) == (Outcome.FINISHED, 1)
    assert b"main.c:1:25: error:" in output.stderr


def make_bash(name):
    build(name, f"FROM {IMAGE}\nUSER root\nRUN ln -sf bash /bin/sh\n")


def make_busybox(name):
    program = Path(shutil.which("busybox") or "").read_bytes()
    links = dict.fromkeys((f"bin/{applet}" for applet in BUSYBOX), "busybox")
    import_image(name, {"bin/busybox": program, **links}, "ENV PATH=/bin")


@pytest.fixture(params=["dash", "bash", "busybox"])
def shell_image(request, image, missing_engine):
    """Give images whose /bin/sh is another."""
    if request.param == "busybox" and shutil.which("busybox") is None:
        missing_engine("busybox is not installed")
    makers = {"bash": make_bash, "busybox": make_busybox}
    return image(request.param, makers[request.param]) if request.param in makers else IMAGE


async def test_words_arrive_as_they_are_in_every_shell(docker_bench, shell_image):
    """Empty, quoted, of several lines, or no text at all: each is one word of the compiler's."""
    script = 'printf "[%s]" "$X"; for word; do printf "%s|" "$word"; done; printf err >&2; exit 5'
    for words in (WORDS, tuple(map(str, range(200)))):
        job = docker_bench.under_test.shell(script, *words)
        variables = (*job.environment, ("X", "a\nb "))
        output = await docker_bench.runtime.compile(replace(job, image=shell_image, environment=variables))
        expected = "[a\nb ]" + "".join(f"{word}|" for word in words)
        assert output.stdout == expected.encode("utf-8", "surrogateescape")
        assert (output.outcome, output.exit_code, output.stderr) == (Outcome.FINISHED, 5, b"err")


async def test_containers_wait_in_every_shell(docker_bench, shell_image):
    """The next job of the kind takes the one that waits; how a compiler dies is told on no output."""
    job = replace(docker_bench.under_test.shell("kill -SEGV $$"), image=shell_image)
    await docker_bench.runtime.compile(job)
    await until(lambda: bool(docker_bench.runtime._spares._waiting))
    output = await docker_bench.runtime.compile(replace(job, id=job_id()))
    assert (output.outcome, output.exit_code) == (Outcome.CRASHED, 139)
    assert (output.stdout, output.stderr) == (b"", b"")
