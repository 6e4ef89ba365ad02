"""Bearer tokens (RFC 6750): where they come from, how one is compared, and where one may be sent.

A token is never logged, never part of a message, and compared in constant time. A file of tokens is read
again when it changes, so that a token can be replaced while the server runs; one that cannot be read any
more, or holds no proper token, lets nobody in.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

VARIABLE: Final = "WIC_TOKEN"
SHORTEST: Final = 16
_SCHEME: Final = "bearer "
_HOW: Final = "Make one: openssl rand -hex 32"
_log = logging.getLogger(__name__)


class NoToken(Exception):  # noqa: N818 - says what is missing
    """There is no proper token; the text is a sentence and a remedy, without a word of the token."""


class Tokens:
    """Every token that is let in. A file may hold several, one a line, for the time of a replacement."""

    def __init__(self, tokens: Sequence[str], file: Path | None = None) -> None:
        self._tokens = [one.encode("utf-8", "surrogateescape") for one in tokens]
        self._file = file
        self._seen = _stamp(file)

    def admits(self, authorization: str | None) -> bool:
        """Whether an Authorization header carries one of the tokens."""
        self._refresh()
        header = authorization or ""
        given = header[len(_SCHEME) :].strip().encode("utf-8", "surrogateescape")
        if not header.lower().startswith(_SCHEME):
            return False
        return any([hmac.compare_digest(given, token) for token in self._tokens])  # noqa: C419 - all are compared

    def _refresh(self) -> None:
        stamp = _stamp(self._file)
        if self._file is None or stamp == self._seen:
            return
        self._seen = stamp
        try:
            tokens = read_tokens(self._file)
        except NoToken as problem:
            _log.error("%s Until then nobody is let in.", problem)
            tokens = ()
        else:
            _log.info("the tokens were read again")
        self._tokens = [one.encode("utf-8", "surrogateescape") for one in tokens]


def _stamp(file: Path | None) -> tuple[int, int, int] | None:
    """Return what changes when the file does; None where there is none."""
    if file is None:
        return None
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def find_tokens(file: Path | None, environment: Mapping[str, str]) -> Tokens | None:
    """Return the tokens of the file, else the one in the environment; None where neither is set.

    Raises NoToken for a file that cannot be read, and for a token that is too short.
    """
    if file is not None:
        return Tokens(read_tokens(file), file)
    token = environment.get(VARIABLE, "").strip()
    return Tokens([_checked(token, f"The token in {VARIABLE}")]) if token else None


def find_token(file: Path | None, environment: Mapping[str, str]) -> str | None:
    """Return the token that a client sends: the first of its file, else the one in the environment."""
    if file is not None:
        return read_tokens(file)[0]
    return environment.get(VARIABLE, "").strip() or None


def read_tokens(file: Path) -> tuple[str, ...]:
    """Return the tokens in a file, one a line; at least one. Raises NoToken."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no text"
        raise NoToken(f"The token file {file} cannot be read: {reason}. Check its path and mode.") from exc
    tokens = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not tokens:
        raise NoToken(f"The token file {file} is empty. {_HOW} > {file}")
    return tuple(_checked(token, f"A token in {file}") for token in tokens)


def _checked(token: str, name: str) -> str:
    if len(token) < SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise NoToken(f"{name} is not {SHORTEST} or more plain letters, digits and signs. {_HOW}")
    return token


def take_from_environment() -> Mapping[str, str]:
    """Return the environment, and take the token out of what our own children would inherit."""
    environment = dict(os.environ)
    os.environ.pop(VARIABLE, None)
    return environment


def is_loopback(host: str) -> bool:
    """Whether that address, or that name, is this machine's own and no other can reach it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
