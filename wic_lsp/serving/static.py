"""The page's files, as `make playground` has built them: read once, kept in memory, told apart by name.

No file is opened for a request, so no request can name one that is not the page's. Every answer forbids the
browser whatever the page does not need: other hosts, frames, plugins, scripts in its text.
"""

from __future__ import annotations

import gzip
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from wic_lsp.serving.request import BadRequest

Headers: TypeAlias = dict[str, str]

PAGE: Final = Path(__file__).with_name("page")
"""Where the build puts it, in a checkout and in a wheel."""

_INDEX: Final = "index.html"
_NONCE: Final = b"@NONCE@"
_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_MISSING: Final = (
    "This installation has no page for the playground. In a clone of wic-lsp run `make playground`, which "
    "needs Node.js and npm, and install it again: pip install '.[serve]'."
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a file's request is answered with."""

    status: int
    body: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class _File:
    type: str
    body: bytes
    packed: bytes
    tag: str


class Page:
    """All files of the page, by the path that they are asked for with."""

    def __init__(self, files: Mapping[str, _File]) -> None:
        self._files = files

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that there is a file for."""
        return tuple(self._files)

    def find(self, path: str, known: str | None, accepted: str) -> Reply | None:
        """Return what that path is answered with; None where there is no such file.

        `known` is what If-None-Match says, `accepted` what Accept-Encoding does.
        """
        file = self._files.get(path)
        if file is None:
            return None
        if _NONCE in file.body:
            return _with_nonce(file)
        headers = {
            **security_headers(),
            "ETag": file.tag,
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding",
        }
        if known == file.tag:
            return Reply(304, b"", headers)
        headers["Content-Type"] = file.type
        if "gzip" not in accepted or len(file.packed) >= len(file.body):
            return Reply(200, file.body, headers)
        return Reply(200, file.packed, {**headers, "Content-Encoding": "gzip"})


def _with_nonce(file: _File) -> Reply:
    """Return the page itself, with a word of this answer's own by which its editor may add its styles."""
    nonce = secrets.token_urlsafe(16)
    headers = {**security_headers(nonce), "Content-Type": file.type, "Cache-Control": "no-store"}
    return Reply(200, file.body.replace(_NONCE, nonce.encode()), headers)


def read_page(folder: Path = PAGE) -> Page:
    """Read what was built. Raises BadRequest where nothing was."""
    try:
        found = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in _TYPES}
    except OSError as exc:
        raise BadRequest(_MISSING) from exc
    if _INDEX not in found:
        raise BadRequest(_MISSING)
    files = {f"/{name}": _make_file(name, body) for name, body in found.items()}
    return Page({**files, "/": files[f"/{_INDEX}"]})


def _make_file(name: str, body: bytes) -> _File:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return _File(_TYPES[Path(name).suffix], body, gzip.compress(body, mtime=0), tag)


def security_headers(nonce: str = "") -> Headers:
    """Return what every answer says about what a browser may do with it."""
    styles = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src {styles}",
        "connect-src 'self'",
        "img-src 'self' data:",  # the editor draws its marks with them
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "X-Frame-Options": "DENY",
    }
