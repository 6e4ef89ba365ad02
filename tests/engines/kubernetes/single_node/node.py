"""The node: this machine as Kubernetes sees it, with an address of its own and the cluster's network rules.

All of it is made again where it is missing, as after the machine's start, and removed by `forget` alone. The
network rules stay: they are of the cluster's own addresses and interfaces, and of nothing else.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from .configuration import files
from .places import BRIDGE, DATA, NODE_IP, STATE
from .saying import run, succeeds

_FORWARDING: Final = ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables")
"""Kernel settings by which pods are routed, and what they send to a service meets its rules."""


def prepare_node() -> None:
    """Give the node its address, on a bridge without ports, its kernel settings, and its files."""
    if not succeeds("ip", "link", "show", BRIDGE):
        run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "address", "replace", f"{NODE_IP}/32", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    for name in _FORWARDING:
        setting = Path("/proc/sys", name)
        if setting.exists() and setting.read_text().strip() != "1":
            setting.write_text("1")
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def forget() -> None:
    """Remove what the cluster knows, all but its programs. Nothing of it may run any more."""
    for mount in mounts_below(STATE, Path("/proc/self/mounts").read_text()):
        run("umount", "--lazy", mount)
    for folder in DATA:
        shutil.rmtree(folder, ignore_errors=True)
    # A pod that nobody deleted has left its interface and the namespace of its network.
    for name in pod_interfaces(run("ip", "-brief", "link", "show")):
        succeeds("ip", "link", "delete", name)
    succeeds("ip", "link", "delete", BRIDGE)


def mounts_below(folder: Path, mounts: str) -> list[str]:
    """Return what is mounted below a folder, the innermost first, from the text of /proc/self/mounts."""
    points = (line.split()[1] for line in mounts.splitlines())
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)


def pod_interfaces(links: str) -> list[str]:
    """Return the pods' interfaces, which Calico names, from what `ip -brief link` prints."""
    names = (line.split()[0].partition("@")[0] for line in links.splitlines() if line.strip())
    return [name for name in names if name.startswith("cali")]
