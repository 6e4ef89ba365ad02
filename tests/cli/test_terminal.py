"""The command and what it writes to: a terminal, a pipe that closes, a full disk; and Ctrl-C."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time

import pytest

from tests.conformance.traces import make_marker, processes_with, sandboxes_of

pytestmark = pytest.mark.engine("sandbox")

SOURCE = 'int main(){ int x = "a"; return y; }'
MANY = [f"{number}.c" for number in range(4)]


def in_terminal(wic, *words, also_err=False):
    """Run the command with a terminal for its stdout, or for its stderr; return what each of them got."""
    ours, theirs = pty.openpty()
    streams = {"stderr": theirs} if also_err else {"stdout": theirs}
    with wic.start(*words, **streams) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how a pty says that the other side is gone
                break
            if not piece:
                break
            seen += piece
        rest = (process.stdout or process.stderr).read()
    os.close(ours)
    return process.returncode, seen.decode(), rest.decode()


def test_a_terminal_gets_colour(wic):
    """Errors are red, and the text is the same as without."""
    wic.write("t.c", SOURCE)
    code, seen, err = in_terminal(wic, "check", "t.c")
    assert (code, err) == (1, "")
    assert "\x1b[1;31merror\x1b[0m" in seen
    assert "\u2018y\u2019 undeclared" in seen


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_declined(wic, setting):
    """As no-color.org has it, and on a terminal that has none."""
    wic.write("t.c", SOURCE)
    wic.environment |= setting
    assert "\x1b" not in in_terminal(wic, "check", "t.c")[1]


@pytest.mark.parametrize("format_", ["json", "github"])
def test_formats_for_machines_have_no_colour(wic, format_):
    """A terminal makes no difference to them."""
    wic.write("t.c", SOURCE)
    wic.environment |= {"FORCE_COLOR": "1"}
    assert "\x1b" not in in_terminal(wic, "check", "--format", format_, "t.c")[1]


def test_colour_can_be_forced_into_a_pipe(wic):
    """As force-color.org has it."""
    wic.write("t.c", SOURCE)
    wic.environment |= {"FORCE_COLOR": "1"}
    assert "\x1b[1;31m" in wic("check", "t.c").out


def test_a_terminal_sees_how_far_it_is(wic):
    """A bar on stderr while several files are checked; the report in the pipe has nothing of it."""
    for name in MANY:
        wic.write(name, SOURCE)
    code, seen, out = in_terminal(wic, "check", *MANY, "missing.c", also_err=True)
    assert code == 2
    assert "checking" in seen
    assert "checking" not in out
    assert "4 errors, 4 warnings, 1 not checked in 5 files" in out


def test_nobody_is_shown_a_bar_where_nobody_looks(wic):
    """Without a terminal stderr stays empty."""
    for name in MANY:
        wic.write(name, "int x;\n")
    assert wic("check", *MANY).err == ""


@pytest.mark.parametrize(
    "words", [["check", "t.c"], ["check", "--format", "json", "t.c"], ["doctor"], ["gc"]]
)
def test_a_reader_that_leaves_early_gets_no_traceback(wic, words):
    """`wic ... | head` ends as by SIGPIPE, in silence."""
    wic.write("t.c", SOURCE)
    reader, writer = os.pipe()
    os.close(reader)
    with wic.start(*words, stdout=writer) as process:
        os.close(writer)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


def test_a_full_disk_is_told(wic):
    """A report that could not be written is no success and no crash."""
    wic.write("t.c", "int x;\n")
    with open("/dev/full", "wb") as full, wic.start("check", "t.c", stdout=full) as process:  # noqa: PTH123
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err == b"wic: standard output is lost: No space left on device.\n"


def test_a_closed_output_is_told(wic):
    """`>&-` leaves no descriptor to write to."""
    wic.write("t.c", "int x;\n")
    command = 'exec "$0" check t.c >&-'
    done = subprocess.run(
        ["sh", "-c", command, wic.program],
        cwd=wic.folder,
        env=wic.environment,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, b"wic: standard output is lost: it is closed.\n")


def wait_until(is_true, within_s=60.0):
    deadline = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_the_compiler_ends_with_the_command(wic, number, code):
    """Ctrl-C ends with 130 and no traceback; however the command is ended, nothing of it is left."""
    marker = make_marker()
    bomb = "#define A0 x x x x x x x x x x\n" + "".join(
        f"#define A{level + 1} {f'A{level} ' * 10}\n" for level in range(12)
    )
    wic.configure("timeoutSeconds = 60\n")
    wic.write(f"{marker}.c", bomb + "int y = A12;\n")
    with wic.start("check", f"{marker}.c") as process:
        others = {process.pid}
        wait_until(lambda: set(processes_with(f"{marker}.c")) - others)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert (out, err) == (b"", b"")
    wait_until(lambda: not processes_with(marker) and not sandboxes_of(process.pid))
