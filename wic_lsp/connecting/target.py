"""Where to connect, and whether a token may be sent there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from wic_lsp.bearer import VARIABLE, is_loopback


class BadTarget(Exception):  # noqa: N818 - says what it is
    """The URL or the token makes no sense; the text is a sentence with a remedy."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and the token for it. The `url` is http's: aiohttp looks for proxies by that name."""

    url: str
    shown: str
    is_local: bool
    token: str | None


def make_target(text: str, token: str | None, *, is_insecure: bool) -> Target:
    """Read a URL. Raises BadTarget, also where the token could be read by others on its way."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in {"ws", "wss"}:
        raise BadTarget(f"'{text}' is no WebSocket's URL. Give one as wss://wic.example.org.")
    if parts.username is not None or parts.password is not None:
        raise BadTarget(f"A URL is no place for a secret. Set {VARIABLE}, or use --token-file.")
    is_local = is_loopback(host)
    if token is not None and parts.scheme == "ws" and not is_local and not is_insecure:
        raise BadTarget(
            f"Over ws:// everyone on the way to {host} could read the token. "
            "Use wss://, or allow it with --insecure."
        )
    scheme = "https" if parts.scheme == "wss" else "http"
    return Target(parts._replace(scheme=scheme).geturl(), text, is_local, token)
