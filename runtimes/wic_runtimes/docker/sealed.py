"""Our seccomp profile as a file that only we made and nobody can change: in memory, sealed, and gone with us.

Podman opens the file itself, by our process's own number and descriptor. So there is no path that anybody
else could write, and nothing that a killed server could leave behind.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys
from typing import Final

from wic_runtimes.docker.seccomp import profile_text

_CREDENTIALS: Final = struct.Struct("3i")


class SealedProfile:
    """The file. `open` it where it is needed, `close` it when no container is made any more."""

    def __init__(self) -> None:
        self._descriptor = -1

    def open(self) -> str:
        """Return its path, as any process of this machine knows it. Raises OSError."""
        if self._descriptor < 0:
            self._descriptor = _make_file(profile_text().encode())
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"

    def close(self) -> None:
        """Let it go. May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _make_file(content: bytes) -> int:
    if sys.platform != "linux":
        raise OSError("there are no sealed files here")
    descriptor = os.memfd_create("wic-seccomp", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def is_seen(door: socket.socket) -> bool:
    """Whether whoever listens at the other end of a local socket is a process that can be seen from here.

    From inside a container an engine outside is not. Source: unix(7), SO_PEERCRED.
    """
    if sys.platform != "linux":
        return False
    credentials = door.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    listener, _user, _group = _CREDENTIALS.unpack(credentials)
    return bool(listener)
