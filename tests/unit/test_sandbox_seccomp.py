"""The system-call filter, run as the kernel would: what is let through, refused, or killed."""

from __future__ import annotations

import struct

import pytest

from wic_runtimes.sandbox.seccomp import make_filter
from wic_runtimes.syscalls import ALLOWED

ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
I386, ARM = 0x40000003, 0x40000028
X32 = 0x40000000

# asm/unistd_64.h and asm-generic/unistd.h, written here a second time on purpose
NUMBERS = {
    "x86_64": {
        "read": 0,
        "openat": 257,
        "execve": 59,
        "clone": 56,
        "vfork": 58,
        "ioctl": 16,
        "socket": 41,
        "io_uring_setup": 425,
        "ptrace": 101,
        "bpf": 321,
        "unshare": 272,
        "mount": 165,
        "clone3": 435,
        "keyctl": 250,
        "setns": 308,
        "connect": 42,
        "chroot": 161,
        "pivot_root": 155,
        "finit_module": 313,
        "process_vm_readv": 310,
        "userfaultfd": 323,
        "perf_event_open": 298,
        "add_key": 248,
        "fsopen": 430,
        "sendmsg": 46,
        "personality": 135,
        "setuid": 105,
        "open_by_handle_at": 304,
        "kexec_load": 246,
    },
    "aarch64": {
        "read": 63,
        "openat": 56,
        "execve": 221,
        "clone": 220,
        "ioctl": 29,
        "socket": 198,
        "io_uring_setup": 425,
        "ptrace": 117,
        "bpf": 280,
        "unshare": 97,
        "mount": 40,
        "clone3": 435,
        "keyctl": 219,
        "setns": 268,
        "connect": 203,
        "chroot": 51,
        "pivot_root": 41,
        "finit_module": 273,
        "process_vm_readv": 270,
        "userfaultfd": 282,
        "perf_event_open": 241,
        "add_key": 217,
        "fsopen": 430,
        "sendmsg": 211,
        "personality": 92,
        "setuid": 146,
        "open_by_handle_at": 265,
        "kexec_load": 104,
    },
}
FORBIDDEN = sorted(NUMBERS["aarch64"].keys() - {"read", "openat", "execve", "clone", "ioctl"})


def run(machine, number, arguments=(), *, architecture=None):
    """Interpret the filter for one call, with the few instructions of classic BPF that it uses."""
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("<iIQ6Q", number, architecture or AUDIT[machine], 0, *padded)
    steps = list(struct.iter_unpack("<HBBI", make_filter(machine)))
    at = value = 0
    while True:
        code, if_true, if_false, constant = steps[at]
        at += 1
        if code == 0x20:
            (value,) = struct.unpack_from("<I", data, constant)
        elif code == 0x06:
            return constant
        else:
            is_true = {
                0x15: value == constant,
                0x35: value >= constant,
                0x45: bool(value & constant),
            }[code]
            at += if_true if is_true else if_false


machines = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])


@machines
@pytest.mark.parametrize("name", ["read", "openat", "execve"])
def test_what_compilers_need_is_let_through(machine, name):
    """Reading, opening and starting programs is allowed."""
    assert run(machine, NUMBERS[machine][name]) == ALLOW


@machines
@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_rest_answers_as_an_older_kernel(machine, name):
    """What no compiler needs answers ENOSYS, so that a C library takes its older way."""
    assert run(machine, NUMBERS[machine][name]) == ENOSYS


@machines
def test_calls_that_are_not_invented_yet_answer_enosys(machine):
    """Whatever kernels will add is refused."""
    assert {run(machine, number) for number in range(470, 1024)} == {ENOSYS}


@machines
@pytest.mark.parametrize(
    ("flags", "answer"),
    [
        (0x11, ALLOW),  # fork: SIGCHLD
        (0x4111, ALLOW),  # vfork: CLONE_VM, CLONE_VFORK, SIGCHLD
        (0x3D0F00, ALLOW),  # pthread_create
        (0x10000000 | 0x11, EPERM),  # CLONE_NEWUSER
        (0x00020000, EPERM),  # CLONE_NEWNS
        (0x02000000, EPERM),  # CLONE_NEWCGROUP
        (0x04000000, EPERM),  # CLONE_NEWUTS
        (0x08000000, EPERM),  # CLONE_NEWIPC
        (0x20000000, EPERM),  # CLONE_NEWPID
        (0x40000000, EPERM),  # CLONE_NEWNET
    ],
)
def test_clone_makes_processes_but_no_namespaces(machine, flags, answer):
    """Threads and children, yes; any CLONE_NEW*, no."""
    assert run(machine, NUMBERS[machine]["clone"], (flags,)) == answer


@machines
@pytest.mark.parametrize(
    ("request_", "answer"),
    [(0x5401, ALLOW), (0x5412, EPERM), (0x541C, EPERM), (0xDEAD_0000_0000 | 0x5412, EPERM)],
)
def test_ioctl_cannot_type_into_a_terminal(machine, request_, answer):
    """TIOCSTI and TIOCLINUX are refused, also behind high bits that the kernel ignores."""
    assert run(machine, NUMBERS[machine]["ioctl"], (0, request_)) == answer


@pytest.mark.parametrize(
    ("machine", "foreign"), [("x86_64", I386), ("aarch64", ARM), ("x86_64", AUDIT["aarch64"])]
)
def test_a_foreign_call_table_is_killed(machine, foreign):
    """A call through another architecture's table, where numbers mean other things, is death."""
    assert run(machine, NUMBERS[machine]["read"], architecture=foreign) == KILL


@machines
@pytest.mark.parametrize("number", [X32 | 0, X32 | 520, -1])
def test_the_x32_table_is_killed(machine, number):
    """x32 calls have the x86-64 architecture and a high bit: all of them are death."""
    assert run(machine, number) == KILL


@machines
def test_every_call_of_the_table_is_let_through_and_no_other(machine):
    """The filter is the table, with clone and ioctl beside it."""
    column = list(AUDIT).index(machine)
    table = {row[column] for row in ALLOWED.values()} - {None}
    allowed = {number for number in range(1024) if run(machine, number) == ALLOW}
    assert allowed == table | {NUMBERS[machine]["clone"], NUMBERS[machine]["ioctl"]}


def test_no_filter_where_there_is_no_table():
    """On an architecture that we have no numbers for there is no filter, and so no sandbox."""
    assert make_filter("riscv64") is None
