"""What is compiled sees nothing of the host and gets nothing from it but its files."""

from __future__ import annotations

import os
import platform
import socket
from pathlib import Path

import pytest

from tests.conformance.traces import make_marker

pytestmark = pytest.mark.engine("runtimes")

HOME = Path("~").expanduser()
REPOSITORY = Path(__file__).parents[2]
CAPGET = {"x86_64": 125, "aarch64": 90}[platform.machine()]


async def test_no_network(bench):
    """Neither the host's loopback nor its abstract sockets can be reached, nor a name be resolved."""
    name = make_marker()
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"\0{name}")
        unix.listen()
        port = tcp.getsockname()[1]
        script = (
            "use Socket;"
            f"my $a = pack_sockaddr_in({port}, inet_aton(q(127.0.0.1)));"
            "print socket(T, 2, 1, 0) && connect(T, $a) ? 1 : 0;"
            f"print socket(U, 1, 1, 0) && connect(U, pack_sockaddr_un(qq(\\0{name}))) ? 1 : 0;"
            "print gethostbyname(q(example.org)) ? 1 : 0;"
        )
        output = await bench.sh(f"perl -e '{script}'")
    assert output.stdout == b"000", output


async def test_no_files_of_the_host(bench, tmp_path):
    """Neither a file beside us, nor our home, nor this repository can be seen."""
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    tmp_path.chmod(0o755)
    output = await bench.sh('for f; do test -e "$f" && echo "$f"; done; exit 0', str(secret), str(REPOSITORY))
    assert output.stdout == b""
    if Path("/root") != HOME:
        assert (await bench.sh('test -e "$1"', str(HOME))).exit_code == 1


async def test_no_environment_of_the_host(bench, monkeypatch):
    """The environment is the job's own and nothing else."""
    monkeypatch.setenv("WIC_SECRET", "s3cret")
    output = await bench.sh("/usr/bin/env")
    names = {line.partition(b"=")[0] for line in output.stdout.splitlines()}
    assert names <= {b"PATH", b"PWD", b"OLDPWD", b"_", b"SHLVL", b"HOME", b"HOSTNAME"}
    assert b"s3cret" not in output.stdout


async def test_stdin_is_empty(bench):
    """A compiler that reads its input meets the end at once, never what the editor sent."""
    output = await bench.sh("cat; echo done", wall_s=10)
    assert output.stdout == b"done\n"


async def test_nothing_can_be_written(bench):
    """Every place that the compiler sees is read-only, its working folder as well."""
    places = "/ /src /usr /usr/bin /lib /dev /etc /var"
    script = f"for d in {places}; do touch $d/x 2>/dev/null && echo $d; done; touch main.c; exit 0"
    output = await bench.sh(script)
    assert output.stdout == b""


async def test_there_is_no_tmp_unless_asked_for(bench):
    """With tmp_bytes=0 nothing can be written to /tmp."""
    assert (await bench.sh("echo x > /tmp/x")).exit_code != 0


async def test_tmp_has_the_size_that_was_asked_for(bench):
    """With tmp_bytes set, /tmp holds about that much and no more."""
    script = "head -c 500000 /dev/urandom > /tmp/a && wc -c < /tmp/a; head -c 2000000 /dev/urandom > /tmp/b"
    output = await bench.sh(script, tmp_bytes=1_000_000)
    assert output.stdout.strip() == b"500000"
    assert output.exit_code != 0


async def test_a_file_cannot_outgrow_its_limit(bench):
    """Where something can be written, file_bytes bounds each file, to within a block."""
    script = "head -c 300000 /dev/urandom > /tmp/a; wc -c < /tmp/a"
    output = await bench.sh(script, tmp_bytes=1_000_000, file_bytes=100_000)
    assert 100_000 - 512 < int(output.stdout) <= 100_000  # a shell sets it in blocks


async def test_no_descriptors_but_the_three(bench):
    """The program is given stdin, stdout and stderr, and nothing else that we have open."""
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
    try:
        for fd in held:
            os.set_inheritable(fd, True)
        # a copy of a descriptor can be made only where it is open
        output = await bench.sh("perl -e 'for (3..200) { open(my $f, q(<&), $_) and print qq($_ ) }'")
    finally:
        for fd in held:
            os.close(fd)
    assert output.stdout == b""


async def test_no_new_namespaces(bench):
    """No namespace can be made inside; a kernel of its own may let one be made, but nothing is gained."""
    if bench.under_test.has_own_kernel:
        script = "unshare -Ur sh -c 'mount -t tmpfs x /src || mount --bind /usr /src || chroot /usr'"
    else:
        script = "unshare -U true || unshare -Ur true || unshare -n true || unshare -m true"
    assert (await bench.sh(script)).exit_code != 0


async def test_it_runs_as_nobody_without_capabilities(bench):
    """The user is nobody, or one that nobody else is, and no capability is effective or can be had."""
    script = (
        f"my $h = pack(q(LL), 0x20080522, 0); my $d = qq(\\0) x 24; syscall({CAPGET}, $h, $d) == 0 or die $!;"
        "print join(q( ), $<, $>, $(, $)), q( ), unpack(q(H*), $d)"
    )
    output = await bench.sh(f"perl -e '{script}'")
    *users, capabilities = output.stdout.split()
    assert capabilities == b"00" * 24, output
    if bench.under_test.user is not None:
        assert set(users) == {b"%d" % bench.under_test.user}
    else:
        again = await bench.sh(f"perl -e '{script}'")
        assert len(set(users)) == 1
        assert int(users[0]) >= 1_000_000
        assert users[0] not in again.stdout.split()


async def test_limits_cannot_be_raised(bench):
    """Processes, files and time are hard limits."""
    for limit, more in (("-p", 1000), ("-n", 100000), ("-t", 100000), ("-f", 10**9), ("-c", 1)):
        assert (await bench.sh(f"ulimit -H {limit} {more}")).exit_code != 0, limit


async def test_setuid_programs_gain_nothing(bench):
    """A setuid program that is within sight runs as nobody."""
    output = await bench.sh("test -u /usr/bin/su || exit 77; su -c true root </dev/null; exit $?", wall_s=10)
    assert output.exit_code != 0
