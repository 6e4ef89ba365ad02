"""Why an image could not be brought: what the engine says of a pull or a build, with a remedy. Pure.

The engine hands on a registry's words, by a status of HTTP before its answer has begun, as an event inside
the answer after that. They are the same words, so they are read here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wic_runtimes.docker import faults
from wic_runtimes.errors import ImageUnavailable, RuntimeFailure

_LONGEST: Final = 300

_OTHER_MACHINES: Final = ("no matching manifest", "image operating system", "not supported on this platform")
_TOO_MANY: Final = ("toomanyrequests", "too many requests", "rate limit")
_REFUSED: Final = (
    "denied", "unauthorized", "authentication required", "basic auth credentials", "forbidden",
    "http response 403", "incorrect username",
)  # fmt: skip
_MISSING: Final = ("manifest unknown", "name unknown", "not found", "not known to registry", "404")
_UNREACHABLE: Final = (
    "dial tcp", "no such host", "connection refused", "connection reset", "i/o timeout", "tls handshake",
    "x509", "certificate", "request canceled", "client.timeout", "deadline exceeded", "no route to host",
    "network is unreachable", "unexpected eof", ": eof", "server gave http response", "proxyconnect",
    "server misbehaving",
)  # fmt: skip
_NO_NETWORK: Final = (
    "could not resolve", "temporary failure resolving", "temporary failure in name resolution",
    "unable to connect", "could not connect", "network is unreachable", "connection timed out",
    "failed to create endpoint", "could not find bridge",
)  # fmt: skip


def explain_pull(words: str, image: str) -> RuntimeFailure:
    """Say why a pull has failed. `words` are the engine's or the registry's."""
    said = _one_line(words)
    # A name is anybody's choice: one like "denied" must decide nothing.
    low = said.lower().replace(image.lower(), "").replace(_repository(image).lower(), "")

    def has(patterns: Sequence[str]) -> bool:
        return any(pattern in low for pattern in patterns)

    if faults.is_disk_full(said):
        return faults.disk_full()
    reason, remedy = f"The image {image} could not be pulled: {said}.", "See the engine's log."
    may_try_again = True
    if has(_OTHER_MACHINES):
        reason = f"The registry has no image {image} for this kind of machine: {said}."
        remedy, may_try_again = "Choose another version, or build it: see `wic images list`.", False
    elif has(_TOO_MANY):
        reason = f"The registry refused the pull of {image}, since too much was pulled of late: {said}."
        remedy = "Wait, or log in with `docker login`."
    elif has(_REFUSED):
        reason = f"The registry refused the pull of {image}: {said}."
        remedy = "Log in with `docker login`, or see whether the registry has an image of that name."
    elif has(_UNREACHABLE):
        reason = f"The registry of the image {image} cannot be reached: {said}."
        remedy = "See whether this machine, and the engine's proxy settings, let it through, and try again."
    elif has(_MISSING):
        reason = f"The registry has no image {image}: {said}."
        remedy, may_try_again = "Choose another version: see `wic images list`.", False
    return ImageUnavailable(reason, remedy, image if may_try_again else "")


def explain_build(words: str, image: str, last_lines: Sequence[str]) -> RuntimeFailure:
    """Say why a build has failed, with the end of what it printed."""
    said, printed = _one_line(words), " | ".join(last_lines)
    if faults.is_disk_full(f"{said} {printed}"):
        return faults.disk_full()
    low = f"{said} {printed}".lower()
    remedy = "Mend what it says, and build again."
    if any(pattern in low for pattern in _NO_NETWORK):
        remedy = "The build reaches no network; try `--network host`."
    elif any(pattern in low for pattern in (*_UNREACHABLE, *_REFUSED)):
        remedy = "Its base image could not be pulled: see whether the engine reaches its registry."
    end = f" It last said: {printed.rstrip('.')}." if printed else ""
    return ImageUnavailable(f"The build of {image} failed: {said}.{end}", remedy)


def _repository(image: str) -> str:
    return image.rpartition(":")[0] or image


def _one_line(words: str) -> str:
    said = " ".join(words.split()).rstrip(".")
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]} ..."
