"""The container's seccomp profile, in the form that Docker's API takes: an allowlist, as a value.

Older engines' default profiles let io_uring, AF_VSOCK and ptrace through; this one lets through what
compilers need and no more. Calls that are not on it fail: with ENOSYS where the engine can be told so, so
that a C library falls back as on an older kernel, else with EPERM. `clone3` answers ENOSYS on every engine,
since its flags cannot be seen and C libraries fall back to `clone` only then. No IO.

Source: https://docs.docker.com/engine/security/seccomp/, seccomp(2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Final

from wic_runtimes.syscalls import ALLOWED, NEW_NAMESPACES

_ENOSYS: Final = 38
_WORD: Final = 0xFFFFFFFF
"""The kernel reads 32 bits of an ioctl's request; what is above them must not hide it."""

IOCTLS: Final = {
    "TCGETS": 0x5401,
    "TIOCGPGRP": 0x540F,
    "TIOCSPGRP": 0x5410,
    "TIOCGWINSZ": 0x5413,
    "FIONREAD": 0x541B,
    "FIONBIO": 0x5421,
    "FIONCLEX": 0x5450,
    "FIOCLEX": 0x5451,
}


def make_profile() -> Mapping[str, object]:
    """Return the whole profile, for any architecture that the engine itself knows."""
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": _ENOSYS,
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": []},
        ],
        "syscalls": [
            {"names": sorted(ALLOWED), "action": "SCMP_ACT_ALLOW"},
            {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [_masked(0, NEW_NAMESPACES, 0)]},
            *(
                {"names": ["ioctl"], "action": "SCMP_ACT_ALLOW", "args": [_masked(1, _WORD, request)]}
                for request in IOCTLS.values()
            ),
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": _ENOSYS},
        ],
    }


@cache
def profile_text() -> str:
    """Return the profile as an engine reads it: JSON. Made once, since every container is made with it."""
    return json.dumps(make_profile(), sort_keys=True)


def _masked(index: int, mask: int, value: int) -> Mapping[str, object]:
    return {"index": index, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}
