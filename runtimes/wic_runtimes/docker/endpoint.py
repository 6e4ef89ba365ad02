"""Where the container engine is: DOCKER_HOST, the chosen context, or a socket in one of the usual places.

Docker, rootless Docker and Podman's Docker-compatible socket are found. Looking takes no SDK and speaks to
nobody, so that a machine without an engine pays nothing for being asked.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

SYSTEM_SOCKET: Final = "/var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An engine's address as the SDK takes it (unix://, tcp://, ssh://), and who named it.

    `certificates` is the folder with its ca.pem, cert.pem and key.pem where it is spoken to over TLS, else
    empty; `is_verified` says that it must show a certificate that those vouch for.
    """

    url: str
    source: str
    certificates: str = ""
    is_verified: bool = True


def find_endpoint(environment: Mapping[str, str], home: Path, user: int) -> Endpoint | None:
    """Return the engine that the `docker` command would speak to, else the first socket that is there.

    None where there is none. What the user chose is returned whether or not anything is there.
    Source: https://docs.docker.com/engine/manage-resources/contexts/ and `man podman-system-service`.
    """
    host = environment.get("DOCKER_HOST")
    if host:
        wants_tls = bool(environment.get("DOCKER_TLS_VERIFY")) and not host.startswith("unix:")
        folder = environment.get("DOCKER_CERT_PATH") or str(home / ".docker")
        return Endpoint(host, "DOCKER_HOST", folder if wants_tls else "")
    chosen = _context(environment, home)
    if chosen is not None:
        return chosen
    run = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{user}"
    places = {
        "Docker": SYSTEM_SOCKET,
        "rootless Docker": f"{run}/docker.sock",
        "Docker Desktop": f"{home}/.docker/run/docker.sock",
        "rootless Podman": f"{run}/podman/podman.sock",
        "Podman": "/run/podman/podman.sock",
    }
    found = (Endpoint(f"unix://{path}", name) for name, path in places.items() if _is_socket(path))
    return next(found, None)


def _context(environment: Mapping[str, str], home: Path) -> Endpoint | None:
    """Return the address of the context that the user chose; None for the default one."""
    folder = Path(environment.get("DOCKER_CONFIG") or home / ".docker")
    name = environment.get("DOCKER_CONTEXT") or _read(folder / "config.json").get("currentContext")
    if not isinstance(name, str) or name in {"", "default"}:
        return None
    digest = hashlib.sha256(name.encode()).hexdigest()
    endpoints = _read(folder / "contexts/meta" / digest / "meta.json").get("Endpoints")
    engine = cast("dict[str, object]", endpoints).get("docker") if isinstance(endpoints, dict) else None
    host = cast("dict[str, object]", engine).get("Host") if isinstance(engine, dict) else None
    if not isinstance(host, str) or not host:
        return None
    certificates = folder / "contexts/tls" / digest / "docker"
    is_verified = cast("dict[str, object]", engine).get("SkipTLSVerify") is not True
    found = str(certificates) if certificates.is_dir() else ""
    return Endpoint(host, f"the context '{name}'", found, is_verified)


def _read(file: Path) -> dict[str, object]:
    """Read a table in JSON; a missing or damaged file is an empty one."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", content) if isinstance(content, dict) else {}


def _is_socket(path: str) -> bool:
    try:
        return Path(path).is_socket()
    except OSError:
        return False


def own_endpoint() -> Endpoint | None:
    """Return this user's engine."""
    return find_endpoint(os.environ, Path("~").expanduser(), os.getuid())
