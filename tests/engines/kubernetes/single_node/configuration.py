"""What each component is told: its command line, its environment and its files, all of them values.

The node gives a pod 512 processes at most (gVisor's own threads count) and the default seccomp profile, and
never deletes an image to make room. Nothing listens but on the node's own address and on loopback.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

from . import gvisor
from .credentials import key_pair
from .places import (
    API,
    BIN,
    CONF,
    CONTAINERD,
    ETCD,
    ETCD_PEER,
    KUBECONFIG,
    LOGS,
    NODE,
    NODE_IP,
    NODE_POD_CIDR,
    PAUSE_IMAGE,
    PKI,
    PLUGINS,
    POD_CIDR,
    RUN,
    SERVICE_CIDR,
    STATE,
)  # fmt: skip

COMPONENTS: Final = (
    "etcd", "containerd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "calico-felix",
    "kubelet", "kube-proxy",
)  # fmt: skip
"""In the order in which they start; they stop in reverse."""

_CONTAINERD_PROGRAM: Final = "/usr/bin/containerd"
_AUTHORITY: Final = PKI / "ca.crt"


def program_of(component: str) -> str:
    """Return the path that a component is started by, its first word."""
    return _CONTAINERD_PROGRAM if component == "containerd" else str(BIN / component)


def command_line(component: str) -> tuple[str, ...]:
    """Return the words that start a component."""
    return (program_of(component), *_FLAGS[component]())


def environment_of(component: str) -> dict[str, str]:
    """Return what a component finds in its environment beyond the machine's own."""
    if component == "containerd":
        return {"PATH": gvisor.search_path(os.environ.get("PATH", os.defpath))}
    if component != "calico-felix":
        return {}
    settings = {
        "DatastoreType": "kubernetes", "FelixHostname": NODE, "IptablesBackend": "NFT", "IPv6Support": "true",
        "DefaultEndpointToHostAction": "ACCEPT", "IpInIpEnabled": "false", "VXLANEnabled": "false",
        "XDPEnabled": "false", "RouteSource": "WorkloadIPs", "UsageReportingEnabled": "false",
        "LogFilePath": "none", "LogSeverityFile": "none", "LogSeveritySys": "none",
        "LogSeverityScreen": "WARNING",
    }  # fmt: skip
    felix = {f"FELIX_{name.upper()}": value for name, value in settings.items()}
    return {**felix, "DATASTORE_TYPE": "kubernetes", "KUBECONFIG": str(KUBECONFIG)}


def files() -> dict[Path, str]:
    """Return the contents of the files that the components read, by their paths."""
    return {
        CONF / "resolv.conf": "",
        CONF / "kubelet.yaml": json.dumps(_kubelet(), indent=2),
        CONF / "cni" / "10-wic.conflist": json.dumps(_network(), indent=2),
        CONF / "containerd.toml": _containerd(),
        **gvisor.files(),
    }


def network_is_ready() -> dict[str, object]:
    """Return the object by which Calico's agent learns that it may begin."""
    return {
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "ClusterInformation",
        "metadata": {"name": "default"},
        "spec": {"datastoreReady": True},
    }


def _kubeconfig_flag(component: str) -> str:
    return f"--kubeconfig={CONF / component}.conf"


def _etcd_flags() -> list[str]:
    # What a power failure would destroy is begun anew, so that nothing need be forced to the disk.
    return [
        f"--data-dir={STATE / 'etcd'}", "--name=wic", "--logger=zap", "--log-level=warn", "--unsafe-no-fsync",
        f"--listen-client-urls={ETCD}", f"--advertise-client-urls={ETCD}", f"--listen-peer-urls={ETCD_PEER}",
        f"--initial-advertise-peer-urls={ETCD_PEER}", f"--initial-cluster=wic={ETCD_PEER}",
    ]  # fmt: skip


def _api_server_flags() -> list[str]:
    certificate, key = key_pair("kube-apiserver")
    kubelet_certificate, kubelet_key = key_pair("apiserver-to-kubelet")
    return [
        f"--etcd-servers={ETCD}", f"--bind-address={NODE_IP}", f"--advertise-address={NODE_IP}",
        f"--service-cluster-ip-range={SERVICE_CIDR}", "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction", "--anonymous-auth=false", "--allow-privileged=true",
        f"--client-ca-file={_AUTHORITY}", f"--tls-cert-file={certificate}", f"--tls-private-key-file={key}",
        f"--kubelet-client-certificate={kubelet_certificate}", f"--kubelet-client-key={kubelet_key}",
        f"--kubelet-certificate-authority={_AUTHORITY}", "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer={API}", f"--service-account-key-file={PKI / 'service-accounts.pub'}",
        f"--service-account-signing-key-file={PKI / 'service-accounts.key'}",
    ]  # fmt: skip


def _controllers_flags() -> list[str]:
    # When the API server was restarted, it is a minute or so until they see the node's leases again. The one
    # node is not lost meanwhile, and must take pods. Their own brake would have tests wait for each other.
    return [
        _kubeconfig_flag("kube-controller-manager"), "--bind-address=127.0.0.1", "--leader-elect=false",
        "--use-service-account-credentials", f"--root-ca-file={_AUTHORITY}",
        f"--service-account-private-key-file={PKI / 'service-accounts.key'}",
        "--controllers=*,-node-ipam-controller,-node-route-controller", "--node-monitor-grace-period=10m",
        "--kube-api-qps=200", "--kube-api-burst=400",
    ]  # fmt: skip


def _kubelet_flags() -> list[str]:
    return [
        _kubeconfig_flag("kubelet"), f"--config={CONF / 'kubelet.yaml'}", f"--root-dir={STATE / 'kubelet'}",
        f"--cert-dir={PKI}", f"--hostname-override={NODE}", f"--node-ip={NODE_IP}",
    ]  # fmt: skip


def _proxy_flags() -> list[str]:
    return [
        _kubeconfig_flag("kube-proxy"), "--proxy-mode=iptables", f"--hostname-override={NODE}",
        f"--cluster-cidr={POD_CIDR}", "--healthz-bind-address=127.0.0.1:10256",
        "--metrics-bind-address=127.0.0.1:10249", "--conntrack-max-per-core=0",
    ]  # fmt: skip


_FLAGS: Final = {
    "etcd": _etcd_flags,
    "containerd": lambda: [f"--config={CONF / 'containerd.toml'}"],
    "kube-apiserver": _api_server_flags,
    "kube-controller-manager": _controllers_flags,
    "kube-scheduler": lambda: [
        _kubeconfig_flag("kube-scheduler"), "--bind-address=127.0.0.1", "--leader-elect=false"
    ],
    "calico-felix": list[str],
    "kubelet": _kubelet_flags,
    "kube-proxy": _proxy_flags,
}  # fmt: skip


def _kubelet() -> dict[str, object]:
    certificate, key = key_pair("kubelet")
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_IP,
        "authentication": {"anonymous": {"enabled": False}, "x509": {"clientCAFile": str(_AUTHORITY)}},
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(certificate),
        "tlsPrivateKeyFile": str(key),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD}",
        "cgroupDriver": "cgroupfs",
        "failSwapOn": False,
        "failCgroupV1": False,
        "resolvConf": str(CONF / "resolv.conf"),
        "clusterDomain": "cluster.local",
        "seccompDefault": True,
        "podPidsLimit": 512,
        "serializeImagePulls": False,
        "imageGCHighThresholdPercent": 100,
        "nodeStatusMaxImages": -1,  # a cluster that lives for long has had more loaded than it would tell of
        "evictionHard": {"memory.available": "200Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "healthzBindAddress": "127.0.0.1",
    }


def _network() -> dict[str, object]:
    calico = {
        "type": "calico",
        "datastore_type": "kubernetes",
        "kubernetes": {"kubeconfig": str(KUBECONFIG)},
        "nodename": NODE,
        "nodename_file_optional": True,
        "log_level": "error",
        "log_file_path": str(LOGS / "cni.log"),
        "mtu": 1500,
        "ipam": {
            "type": "host-local",
            "dataDir": str(STATE / "cni"),
            "ranges": [[{"subnet": NODE_POD_CIDR}]],
        },
        "policy": {"type": "k8s"},
        # The agent lets nothing through an interface that it does not know yet: no pod need wait for it.
        "policy_setup_timeout_seconds": 0,
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": "wic", "plugins": [calico, ports]}


def _containerd() -> str:
    return f"""version = 2
root = "{STATE}/containerd"
state = "{RUN}/containerd"
[grpc]
  address = "{CONTAINERD}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{PLUGINS}"
    conf_dir = "{CONF}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
{gvisor.containerd_lines()}"""
