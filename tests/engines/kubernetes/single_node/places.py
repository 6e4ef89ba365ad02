"""Where the cluster keeps what it keeps, and the addresses and names that it goes by.

Everything is below STATE, apart from what a kernel has only one of: a bridge, the pods' interfaces, the
network rules and two settings (see `node.py`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).resolve().parents[1]
"""The Go modules that the programs are built from, and the source of the pause image."""

STATE: Final = Path(os.environ.get("WIC_CLUSTER_STATE", "/var/lib/wic-cluster"))
BIN: Final = STATE / "bin"
PKI: Final = STATE / "pki"
CONF: Final = STATE / "conf"
LOGS: Final = STATE / "logs"
RUN: Final = STATE / "run"
PLUGINS: Final = STATE / "cni-bin"
CRDS: Final = STATE / "crd"
DATA: Final = (
    *(STATE / name for name in ("etcd", "containerd", "kubelet", "cni", "pause")),
    PKI,
    CONF,
    LOGS,
    RUN,
)
"""What a cluster that begins anew does without: all but the programs."""

KUBECONFIG: Final = CONF / "admin.conf"
CONTAINERD: Final = RUN / "containerd.sock"

NODE: Final = "wic-node"
NODE_IP: Final = "10.243.0.1"
BRIDGE: Final = "wic-node"
POD_CIDR: Final = "10.244.0.0/16"
NODE_POD_CIDR: Final = "10.244.0.0/24"
SERVICE_CIDR: Final = "10.245.0.0/16"
SERVICE_IP: Final = "10.245.0.1"
API: Final = f"https://{NODE_IP}:6443"
ETCD: Final = "http://127.0.0.1:23790"
ETCD_PEER: Final = "http://127.0.0.1:23800"
PAUSE_IMAGE: Final = "wic.invalid/pause:1"
