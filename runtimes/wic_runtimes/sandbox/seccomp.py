"""The sandbox's seccomp filter, made as the bytes that bubblewrap loads.

An allowlist in classic BPF: calls that are not on it answer ENOSYS, so that a C library falls back as on an
older kernel. `clone` may not make namespaces (CLONE_NEW*), `ioctl` may not type into a terminal (TIOCSTI,
TIOCLINUX). A foreign architecture or the x32 call table is killed. No IO.

Source: linux/seccomp.h, linux/bpf_common.h, seccomp(2).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from wic_runtimes.syscalls import ALLOWED, CLONE, IOCTL, NEW_NAMESPACES

# struct seccomp_data { int nr; __u32 arch; __u64 instruction_pointer; __u64 args[6]; }, little-endian
_NUMBER: Final = 0
_ARCH: Final = 4
_ARG0_LOW: Final = 16
_ARG1_LOW: Final = 24

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_GREATER_EQUAL: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_JUMP_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERRNO: Final = 0x00050000
_EPERM: Final = 1
_ENOSYS: Final = 38

_X32: Final = 0x40000000
_TERMINAL_INPUT: Final = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX


@dataclass(frozen=True, slots=True)
class _Architecture:
    audit: int
    column: int


ARCHITECTURES: Final = {
    "x86_64": _Architecture(0xC000003E, 0),
    "aarch64": _Architecture(0xC00000B7, 1),
}


def make_filter(machine: str) -> bytes | None:
    """Return the filter for `machine` as `uname -m` names it, or None where we have no table for it."""
    architecture = ARCHITECTURES.get(machine)
    if architecture is None:
        return None
    numbers = sorted(
        row[architecture.column] or 0 for row in ALLOWED.values() if row[architecture.column] is not None
    )
    program = [
        _step(_LOAD, _ARCH),
        _step(_JUMP_EQUAL, architecture.audit, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_JUMP_GREATER_EQUAL, _X32, 0, 1),
        _step(_RETURN, _KILL),
    ]
    for number in numbers:
        program += [_step(_JUMP_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    program += [
        _step(_JUMP_EQUAL, CLONE[architecture.column], 0, 4),
        _step(_LOAD, _ARG0_LOW),
        _step(_JUMP_ANY_BIT, NEW_NAMESPACES, 0, 1),
        _step(_RETURN, _ERRNO | _EPERM),
        _step(_RETURN, _ALLOW),
        _step(_JUMP_EQUAL, IOCTL[architecture.column], 0, 5),
        _step(_LOAD, _ARG1_LOW),
        _step(_JUMP_EQUAL, _TERMINAL_INPUT[0], 1, 0),
        _step(_JUMP_EQUAL, _TERMINAL_INPUT[1], 0, 1),
        _step(_RETURN, _ERRNO | _EPERM),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _ERRNO | _ENOSYS),
    ]
    return b"".join(program)


def _step(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Pack one `struct sock_filter`."""
    return struct.pack("<HBBI", code, if_true, if_false, constant)
