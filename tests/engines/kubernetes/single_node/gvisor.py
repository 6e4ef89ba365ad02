"""gVisor for pods that ask for it: containerd's handler `runsc`, and the cluster's RuntimeClass `gvisor`.

Such pods have no network but their own loopback, by gVisor's own setting: Debian's takes every network
namespace of a new kernel for the host's own, and refuses to start.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .places import BIN, CONF

SHIM: Final = "containerd-shim-runsc-v1"
"""The program between containerd and runsc, which Debian's package lacks: built from the module `gvisor`."""
PROGRAM: Final = "/usr/bin/runsc"
RUNTIME_CLASS: Final = "gvisor"
_HANDLER: Final = "runsc"
_SETTINGS: Final = CONF / "runsc.toml"


def containerd_lines() -> str:
    """Return what containerd's configuration says of the handler."""
    return f"""    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.{_HANDLER}]
      runtime_type = "io.containerd.runsc.v1"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.{_HANDLER}.options]
        TypeUrl = "io.containerd.runsc.v1.options"
        ConfigPath = "{_SETTINGS}"
"""


def search_path(path: str) -> str:
    """Return the search path by which containerd finds the handler's program."""
    return f"{BIN}:{path}"


def files() -> dict[Path, str]:
    """Return the contents of the file that the handler reads, by its path."""
    settings = f"""binary_name = "{PROGRAM}"
[runsc_config]
  platform = "ptrace"
  network = "none"
"""
    return {_SETTINGS: settings}


def runtime_class() -> dict[str, object]:
    """Return the object by whose name a pod asks for gVisor."""
    return {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": RUNTIME_CLASS},
        "handler": _HANDLER,
    }
