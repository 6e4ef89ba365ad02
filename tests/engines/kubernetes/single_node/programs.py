"""The programs that the cluster consists of: Debian's packages, and ours, built from Go modules.

The modules are built once, minutes of it; a stamp beside each binary says which sources it was built from. A
binary is replaced in one step and stamped after that, so a build that was killed is simply done again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from itertools import chain
from pathlib import Path
from typing import Final

from . import gvisor
from .places import BIN, CRDS, PLUGINS, SOURCES, STATE
from .saying import CannotRun, run, say, succeeds

VERSION: Final = "v1.34.4"
CALICO: Final = "github.com/projectcalico/calico"
PACKAGES: Final = (
    "containerd", "runc", "runsc", "containernetworking-plugins", "iptables", "ipset", "conntrack", "ethtool",
    "iproute2", "openssl",
)  # fmt: skip
KUBERNETES: Final = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
)
"""What the one binary of the module `kubernetes` is, by the name that it is started by; `kubectl` as well."""

_DEBIANS_PLUGINS: Final = Path("/usr/lib/cni")
_EXTRA_GO: Final = "/usr/local/go/bin"


def why_none_can_be_made() -> str | None:
    """Return the reason for which no cluster can be brought up on this machine, or None."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a cluster of our own needs root on Linux"
    if shutil.which("apt-get") is None:
        return "a cluster of our own needs Debian"
    if _go() is None:
        return "a cluster of our own is built with Go, and there is none"
    return None


def install_packages() -> None:
    """Install what the cluster takes from Debian and this machine lacks."""
    missing = [name for name in PACKAGES if not succeeds("dpkg", "-s", name)]
    if not missing:
        return
    say("installing", *missing)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wait = ("-o", "DPkg::Lock::Timeout=300")
    run("apt-get", "update", "-qq", env=environment)
    run("apt-get", *wait, "install", "-y", "-qq", "--no-install-recommends", *missing, env=environment)


def build_programs() -> None:
    """Build what is missing or was built from other sources, and put each program under its names."""
    go = _go()
    if go is None:
        raise CannotRun("a cluster of our own is built with Go, and there is none")
    BIN.mkdir(parents=True, exist_ok=True)
    _build(go, "kubernetes", "kube", linker_flags(VERSION))
    _build(go, "network", "calico", "-s -w")
    _build(go, "gvisor", gvisor.SHIM, "-s -w")
    for name in (*KUBERNETES, "kubectl"):
        _link(BIN / name, Path("kube"))
    _link(BIN / "calico-felix", Path("calico"))
    _copy_resource_kinds(go)


def link_network_plugins() -> None:
    """Put Debian's network plugins and Calico's in the one folder that containerd looks in."""
    PLUGINS.mkdir(parents=True, exist_ok=True)
    for program in chain([BIN / "calico"], _DEBIANS_PLUGINS.iterdir()):
        _link(PLUGINS / program.name, program)


def digest_of(folder: Path) -> str:
    """Return what identifies a module's sources: the hash of its files' contents, by the order of names."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(folder.iterdir()))).hexdigest()


def linker_flags(version: str) -> str:
    """Return the flags that make Kubernetes know its version, which it otherwise has from its own build."""
    major, minor, _ = version.removeprefix("v").split(".")
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    return " ".join(
        ["-s -w", *(f"-X k8s.io/component-base/version.{name}={is_}" for name, is_ in values.items())]
    )


def _go() -> str | None:
    return shutil.which("go", path=f"{os.environ.get('PATH', os.defpath)}:{_EXTRA_GO}")


def _build(go: str, module: str, binary: str, linking: str) -> None:
    stamp = BIN / f"{binary}.built-from"
    digest = digest_of(SOURCES / module)
    if (BIN / binary).exists() and stamp.exists() and stamp.read_text() == digest:
        return
    say(f"building {module} (minutes, once)")
    part = BIN / f"{binary}.part"
    environment = {**os.environ, "CGO_ENABLED": "0"}
    flags = ("-buildvcs=false", "-trimpath", "-ldflags", linking)
    run(go, "build", *flags, "-o", part, ".", cwd=SOURCES / module, env=environment)
    stamp.unlink(missing_ok=True)
    part.replace(BIN / binary)
    stamp.write_text(digest)


def _link(link: Path, target: Path) -> None:
    if not link.is_symlink() or link.readlink() != target:
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def _copy_resource_kinds(go: str) -> None:
    """Keep Calico's resource kinds, for a start that is not to depend on Go's module cache."""
    stamp = CRDS / "built-from"
    digest = digest_of(SOURCES / "network")
    if stamp.exists() and stamp.read_text() == digest:
        return
    module = SOURCES / "network"
    run(go, "mod", "download", CALICO, cwd=module)
    source = run(go, "list", "-m", "-f", "{{.Dir}}", CALICO, cwd=module).strip()
    shutil.rmtree(CRDS, ignore_errors=True)
    STATE.mkdir(parents=True, exist_ok=True)
    shutil.copytree(Path(source, "libcalico-go/config/crd"), CRDS, copy_function=shutil.copyfile)
    CRDS.chmod(0o755)
    stamp.write_text(digest)
