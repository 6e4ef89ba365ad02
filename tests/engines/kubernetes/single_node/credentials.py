"""Who may speak to whom in the cluster: an authority of its own, certificates and kubeconfigs.

They are made once, and as often again as they are gone. A certificate is moved to its place when it is whole.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from .places import API, CONF, NODE, NODE_IP, PKI, SERVICE_IP
from .saying import run

_DAYS: Final = "3650"
_SERVICE_NAMES: Final = tuple(
    f"kubernetes{end}" for end in ("", ".default", ".default.svc", ".default.svc.cluster.local")
)
_SUBJECTS: Final = {
    "kube-apiserver": "/CN=kube-apiserver",
    "kubelet": f"/O=system:nodes/CN=system:node:{NODE}",
    "apiserver-to-kubelet": "/O=system:masters/CN=apiserver-to-kubelet",
    "admin": "/O=system:masters/CN=admin",
    "kube-controller-manager": "/CN=system:kube-controller-manager",
    "kube-scheduler": "/CN=system:kube-scheduler",
    "kube-proxy": "/CN=system:kube-proxy",
}
_ALTERNATIVE_NAMES: Final = {
    "kube-apiserver": (*(f"DNS:{name}" for name in _SERVICE_NAMES), f"IP:{NODE_IP}", f"IP:{SERVICE_IP}"),
    "kubelet": (f"DNS:{NODE}", f"IP:{NODE_IP}"),
}
_CLIENTS: Final = ("admin", "kubelet", "kube-controller-manager", "kube-scheduler", "kube-proxy")


def issue_credentials() -> None:
    """Make the authority, the certificates and the kubeconfigs that are missing."""
    PKI.mkdir(parents=True, exist_ok=True, mode=0o700)
    _issue_authority()
    for name, subject in _SUBJECTS.items():
        _issue_certificate(name, subject, _ALTERNATIVE_NAMES.get(name, ()))
    CONF.mkdir(parents=True, exist_ok=True)
    for user in _CLIENTS:
        file = CONF / f"{user}.conf"
        file.touch(mode=0o600)
        file.write_text(json.dumps(kubeconfig(user), indent=2))


def kubeconfig(user: str) -> dict[str, object]:
    """Return what a client needs to speak to the API server as `user`."""
    credentials = {"client-certificate": str(PKI / f"{user}.crt"), "client-key": str(PKI / f"{user}.key")}
    cluster = {"server": API, "certificate-authority": str(PKI / "ca.crt")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "wic", "cluster": cluster}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [{"name": "wic", "context": {"cluster": "wic", "user": user}}],
        "current-context": "wic",
    }


def _issue_authority() -> None:
    if not (PKI / "ca.crt").exists():
        part = PKI / "ca.part"
        words = ("-x509", "-newkey", "rsa:2048", "-nodes", "-days", _DAYS, "-subj", "/CN=wic-cluster")
        run("openssl", "req", *words, "-keyout", PKI / "ca.key", "-out", part)
        part.replace(PKI / "ca.crt")
    if not (PKI / "service-accounts.pub").exists():
        key, part = PKI / "service-accounts.key", PKI / "service-accounts.part"
        run("openssl", "genrsa", "-out", key, "2048")
        run("openssl", "rsa", "-in", key, "-pubout", "-out", part)
        part.replace(PKI / "service-accounts.pub")


def _issue_certificate(name: str, subject: str, names: tuple[str, ...]) -> None:
    key, request, extra, part, certificate = (
        PKI / f"{name}.{end}" for end in ("key", "csr", "ext", "part", "crt")
    )
    if certificate.exists():
        return
    extra.write_text(_extensions(names))
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", subject)
    authority = ("-CA", PKI / "ca.crt", "-CAkey", PKI / "ca.key", "-CAcreateserial", "-days", _DAYS)
    run("openssl", "x509", "-req", "-in", request, *authority, "-out", part, "-extfile", extra)
    part.replace(certificate)


def _extensions(names: tuple[str, ...]) -> str:
    usage = "extendedKeyUsage=serverAuth,clientAuth\n"
    return usage + (f"subjectAltName={','.join(names)}\n" if names else "")


def key_pair(name: str) -> tuple[Path, Path]:
    """Return the certificate and the key of `name`."""
    return PKI / f"{name}.crt", PKI / f"{name}.key"
