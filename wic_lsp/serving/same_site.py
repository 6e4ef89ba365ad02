"""Whose pages a page's port answers: those that it served itself. Pure.

A browser tells by `Origin` which page a request comes from, and by `Host` what the request's address says.
For a page of ours both are alike. Another site's page has another origin; and one whose name was made to
mean 127.0.0.1 after it was loaded (DNS rebinding) has them alike, but with a name that is not this machine's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from wic_lsp.bearer import is_loopback

_BETWEEN: Final = "://"


@dataclass(frozen=True, slots=True)
class Site:
    """One port with pages.

    `is_local` where only this machine can reach it, and no token need be asked for; `has_tls` where the port
    itself has TLS. `origins` are further ones that whoever runs it allows, as that of a proxy in front.
    """

    is_local: bool
    has_tls: bool = False
    origins: Collection[str] = frozenset()

    def answers(self, host: str | None) -> bool:
        """Whether a request with that Host header is for this site."""
        if not host or not _is_plain(host):
            return False
        if not self.is_local:
            return True  # many names lead here, and none of them past the token
        name = _name_of(host)
        return is_loopback(name) or host.lower() in {one.partition(_BETWEEN)[2] for one in self.origins}

    def owns(self, origin: str | None, host: str | None) -> bool:
        """Whether a page of that origin came from here, by that Host. Whatever names no origin is no page."""
        if not origin or not self.answers(host):
            return False
        if origin in self.origins:
            return True
        scheme, _, place = origin.partition(_BETWEEN)
        schemes = {"https"} if self.has_tls else {"http", "https"}  # a proxy in front may have TLS
        return scheme in schemes and place.lower() == (host or "").lower()


def _is_plain(host: str) -> bool:
    """Whether it is a name or an address with or without a port, and nothing else."""
    return host.isascii() and host.isprintable() and not set(host) & set(" /\\?#@,;'\"<>%")


def _name_of(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # brackets that do not fit
        return ""
