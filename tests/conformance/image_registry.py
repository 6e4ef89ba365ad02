"""A registry of images on this machine alone: small, real enough for an engine, and able to fail on demand.

An engine takes every registry on 127.0.0.0/8 without TLS, so nothing of the engine's own is changed. Each
registry has an image of its own of two layers of random bytes, which no engine has yet.

Source: https://distribution.github.io/distribution/spec/api/ and .../spec/manifest-v2-2/
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

_DOCKER = "application/vnd.docker"
_MANIFEST = f"{_DOCKER}.distribution.manifest.v2+json"
_LAYER_BYTES = 1_500_000
PATIENCE_S = 60.0


class Mode(Enum):
    """How the registry answers."""

    NORMAL = "normal"
    BY_HALVES = "each layer's second half waits for `go_on`"
    TRICKLES = "each layer's second half comes byte by byte"
    STALLS_AT_ONCE = "nothing is answered before `go_on`"
    BREAKS_OFF = "nothing is answered, and the connection ended"
    LOGIN = "everybody must log in"
    FORBIDDEN = "nobody may"
    MISSING = "no such image"
    BROKEN = "an error of its own"


@dataclass
class Registry:
    """One registry.

    `is_asked` is set when it has been asked for what it keeps back, `is_left` when whoever it trickled to has
    gone.
    """

    mode: Mode
    port: int = 0
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifest: bytes = b""
    go_on: threading.Event = field(default_factory=threading.Event)
    is_asked: threading.Event = field(default_factory=threading.Event)
    is_left: threading.Event = field(default_factory=threading.Event)

    @property
    def image(self) -> str:
        """The image's name, as an engine takes it."""
        return f"127.0.0.1:{self.port}/wic-test:1"

    @property
    def layers_bytes(self) -> int:
        """How much an engine has to fetch for the layers."""
        return sum(layer["size"] for layer in json.loads(self.manifest)["layers"])

    def fill(self) -> None:
        """Make the image."""
        layers, contents = [], []
        for name in ("one", "two"):
            stream = io.BytesIO()
            with tarfile.open(fileobj=stream, mode="w") as archive:
                entry = tarfile.TarInfo(name)
                entry.size = _LAYER_BYTES
                archive.addfile(entry, io.BytesIO(os.urandom(_LAYER_BYTES)))
            contents.append(_digest(stream.getvalue()))
            packed = gzip.compress(stream.getvalue(), 0)
            layers.append(self._keep(packed, f"{_DOCKER}.image.rootfs.diff.tar.gzip"))
        config = {
            "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine],
            "os": "linux",
            "config": {"Cmd": ["/nothing"]},
            "rootfs": {"type": "layers", "diff_ids": contents},
        }
        self.manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": self._keep(json.dumps(config).encode(), f"{_DOCKER}.container.image.v1+json"),
                "layers": layers,
            }
        ).encode()

    def _keep(self, content: bytes, kind: str) -> dict[str, Any]:
        self.blobs[_digest(content)] = content
        return {"mediaType": kind, "size": len(content), "digest": _digest(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class _Handler(BaseHTTPRequestHandler):
    registry: ClassVar[Registry]
    protocol_version = "HTTP/1.1"
    REFUSALS: ClassVar = {
        Mode.LOGIN: (HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", "authentication required"),
        Mode.FORBIDDEN: (HTTPStatus.FORBIDDEN, "DENIED", "requested access to the resource is denied"),
        Mode.MISSING: (HTTPStatus.NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown"),
        Mode.BROKEN: (HTTPStatus.INTERNAL_SERVER_ERROR, "UNKNOWN", "it is on fire"),
    }

    def do_GET(self) -> None:
        """Answer, as the mode wants it."""
        registry, is_greeting = self.registry, self.path == "/v2/"
        if registry.mode is Mode.STALLS_AT_ONCE:
            self._hold_back()
        elif registry.mode is Mode.BREAKS_OFF:
            self.close_connection = True
        elif registry.mode in self.REFUSALS and not (is_greeting and registry.mode is not Mode.LOGIN):
            status, code, message = self.REFUSALS[registry.mode]
            body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
            self._answer(status, "application/json", body)
        elif is_greeting:
            self._answer(HTTPStatus.OK, "application/json", b"{}")
        elif "/manifests/" in self.path:
            self._answer(HTTPStatus.OK, _MANIFEST, registry.manifest)
        else:
            self._answer(
                HTTPStatus.OK, "application/octet-stream", registry.blobs[self.path.rpartition("/")[2]]
            )

    do_HEAD = do_GET  # noqa: N815 - the name that http.server asks for

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Docker-Content-Digest", _digest(body))
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", 'Basic realm="test"')
        self.end_headers()
        if self.command == "HEAD":
            return
        half = len(body) // 2 if len(body) >= _LAYER_BYTES else 0
        self.wfile.write(body[:half])
        self.wfile.flush()
        if half and self.registry.mode is Mode.BY_HALVES:
            self._hold_back()
        if half and self.registry.mode is Mode.TRICKLES:
            self._trickle(body[half:])
        else:
            self.wfile.write(body[half:])

    def _hold_back(self) -> None:
        self.registry.is_asked.set()
        self.registry.go_on.wait(PATIENCE_S)
        self.close_connection = True

    def _trickle(self, rest: bytes) -> None:
        """Send a byte now and then, until the other end has gone."""
        self.registry.is_asked.set()
        try:
            for at in range(len(rest)):
                self.wfile.write(rest[at : at + 1])
                self.wfile.flush()
                if self.registry.go_on.wait(0.05):
                    break
        except OSError:
            self.registry.is_left.set()
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own signature
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: an engine that goes away is what the tests are about."""


@contextmanager
def serve(mode: Mode) -> Iterator[Registry]:
    """Run a registry for the length of the block."""
    registry = Registry(mode)
    registry.fill()
    handler = type("Handler", (_Handler,), {"registry": registry})
    with _Server(("127.0.0.1", 0), handler) as server:
        registry.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="registry", daemon=True)
        thread.start()
        try:
            yield registry
        finally:
            registry.go_on.set()
            server.shutdown()
            thread.join()
