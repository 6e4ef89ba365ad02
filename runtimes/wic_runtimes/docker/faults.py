"""What is wrong with the engine, in a sentence and a remedy: the one place that knows the SDK's exceptions.

Everything that speaks to the engine does so inside `translated`, and nothing of the SDK, of requests, of
urllib3 or of the socket below leaves it: each becomes one of our own errors, `from` the original.
"""

from __future__ import annotations

import errno
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Final, TypeAlias

from wic_runtimes.errors import (
    ImageUnavailable,
    JobEvicted,
    JobRejected,
    RuntimeFailure,
    RuntimeUnavailable,
    one_line,
)

_BAD_REQUEST: Final = 400
_REFUSED: Final = 403
_FORBIDDEN: Final = (errno.EACCES, errno.EPERM)
_NOBODY_THERE: Final = (
    errno.ENOENT,
    errno.ECONNREFUSED,
    errno.ENOTSOCK,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
)
_DOCTOR: Final = "See `wic doctor`."


ExplainAnswer: TypeAlias = Callable[[int, str, str], RuntimeFailure]
"""Says what an error means that the engine itself answered: its status, its words, and the image's name."""


@contextmanager
def translated(endpoint: str, image: str = "", answer: ExplainAnswer | None = None) -> Iterator[None]:
    """Turn whatever the engine's client raises inside into one of our own errors.

    `endpoint` is the engine's address and `image` the job's image, both for the sentences. `answer` explains
    what the engine answers where that is no job's.
    """
    import docker.errors  # noqa: PLC0415 - whoever comes here has loaded the SDK
    import requests  # noqa: PLC0415 - likewise
    import urllib3  # noqa: PLC0415 - likewise

    foreign: tuple[type[Exception], ...] = (
        *_exceptions_of(docker.errors),
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        HTTPException,
        OSError,
        ValueError,
    )
    try:
        yield
    except foreign as exc:
        raise explain(exc, endpoint, image, answer) from exc


def _exceptions_of(module: object) -> tuple[type[Exception], ...]:
    """Return a module's exceptions: not all of the SDK's have a base of their own."""
    named = vars(module).values()
    return tuple(one for one in named if isinstance(one, type) and issubclass(one, Exception))


def explain(
    exc: BaseException, endpoint: str, image: str, answer: ExplainAnswer | None = None
) -> RuntimeFailure:
    """Say what an exception of the client means for the user."""
    status = getattr(exc, "status_code", None)
    if isinstance(status, int):
        return (answer or _explain_answer)(status, str(getattr(exc, "explanation", "") or exc), image)
    return _explain_silence(exc, endpoint)


def _explain_silence(exc: BaseException, endpoint: str) -> RuntimeFailure:
    """Say why there is no answer of the engine's."""
    causes = list(_causes(exc))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return RuntimeUnavailable(
            f"The certificate of the container engine at {endpoint} is not trusted: {one_line(exc)}.",
            "See to DOCKER_CERT_PATH, and whether `docker info` answers.",
        )
    # The numbers of TLS errors are no errno.
    systems = [
        cause for cause in causes if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError)
    ]
    codes = {cause.errno for cause in systems}
    if not codes.isdisjoint(_FORBIDDEN):
        return RuntimeUnavailable(
            f"The container engine at {endpoint} may not be used by this user.",
            "Add yourself to its group (docker) and log in again, or use a rootless engine.",
        )
    if not codes.isdisjoint(_NOBODY_THERE):
        return not_running(endpoint)
    names = " ".join(type(cause).__name__ for cause in causes)
    if "Timeout" in names:
        return RuntimeUnavailable(
            f"The container engine at {endpoint} did not answer in time.",
            "See whether `docker info` answers, and restart the engine if it does not.",
        )
    if "Connection" in names or "RemoteDisconnected" in names or "ProtocolError" in names:
        return RuntimeUnavailable(
            f"The container engine at {endpoint} ended the connection.",
            "It may be restarting: try again, and see whether `docker info` answers.",
        )
    return RuntimeUnavailable(f"The container engine's client failed: {one_line(exc)}.", _DOCTOR)


def is_silence(failure: RuntimeFailure) -> bool:
    """Whether the engine answered nothing at all, so that the next question would fare no better."""
    return isinstance(failure, RuntimeUnavailable) and getattr(failure.__cause__, "status_code", None) is None


def not_running(endpoint: str) -> RuntimeUnavailable:
    """Say that no engine answers there."""
    return RuntimeUnavailable(
        f"No container engine answers at {endpoint}.",
        "Start it (`systemctl start docker`, or Docker Desktop), set DOCKER_HOST, or choose another runtime.",
    )


def engine_lost() -> JobEvicted:
    """Say that the engine went away, or was restarted, while a compiler ran."""
    return JobEvicted(
        "The container engine stopped or was restarted before the compiler ended.",
        "Edit or save to run it again, once `docker info` answers.",
    )


def no_way(endpoint: str) -> RuntimeUnavailable:
    """Say that an engine cannot be reached in that way: no connection of the client's is a socket there."""
    host = endpoint.removeprefix("ssh://")
    return RuntimeUnavailable(
        f"A container's streams cannot be reached over {endpoint}.",
        f"Forward its socket: `ssh -fnNT -L /tmp/engine.sock:/var/run/docker.sock {host}`, and set "
        "DOCKER_HOST=unix:///tmp/engine.sock.",
    )


def no_client() -> RuntimeUnavailable:
    """Say that the SDK is not installed."""
    return RuntimeUnavailable(
        "The runtime 'docker' needs Docker's Python client, which is not installed.",
        "Install it: pip install 'wic-lsp[docker]'.",
    )


def image_missing(name: str) -> ImageUnavailable:
    """Say that an image is not here. It is never pulled unasked."""
    return ImageUnavailable(f"The image {name} is not on this engine.", how_to_get(name), name)


def how_to_get(name: str) -> str:
    """Say what brings an image here."""
    return f"Get it: wic images pull {name}."


def is_disk_full(words: str) -> bool:
    """Whether that is what the engine says."""
    low = words.lower()
    return "no space left" in low or "disk quota" in low


def disk_full() -> RuntimeUnavailable:
    """Say that the engine has no room."""
    remedy = "Make room: `docker system df` shows what takes it, `docker system prune` removes the unused."
    return RuntimeUnavailable("The container engine's disk is full.", remedy)


def _explain_answer(status: int, words: str, image: str) -> RuntimeFailure:
    """Say what an error means that the engine itself answered."""
    said = " ".join(words.split()).rstrip(".")
    low = said.lower().replace("\\", "")

    def has(*words: str) -> bool:
        return any(word in low for word in words)

    failure: RuntimeFailure = RuntimeUnavailable(f"The container engine failed: {said}.", _DOCTOR)
    if is_disk_full(low):
        failure = disk_full()
    elif has("container-init binary not found"):
        failure = RuntimeUnavailable(
            "Podman has no init program for containers.", "Install the package catatonit on its machine."
        )
    elif has("seccomp profile"):
        failure = RuntimeUnavailable(
            f"The container engine does not take our seccomp profile: {said}.",
            "Where it is Podman, it must run on this machine, and not in a virtual machine of its own.",
        )
    elif has("no such image"):
        failure = image_missing(image)
    elif has('exec: "', "executable file not found"):
        failure = ImageUnavailable(
            f"The image {image} has no such compiler, or it cannot be run: {said}.",
            "Choose another toolchain: `wic toolchains` lists what is usable.",
        )
    elif has("no such container", "removal of container", "is not running"):
        failure = JobEvicted("The container was removed before its compiler ended.", "Run it again.")
    elif status == _REFUSED:
        failure = RuntimeUnavailable(f"The container engine forbids it: {said}.", _DOCTOR)
    elif status == _BAD_REQUEST:
        failure = JobRejected(f"The container engine does not accept the job: {said}.", _DOCTOR)
    return failure


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """Walk an exception, what it was raised from, and what it carries: the SDK and requests wrap deeply."""
    seen: set[int] = set()
    pending: list[object] = [exc]
    while pending:
        one = pending.pop()
        if isinstance(one, tuple):
            pending += one
        elif isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            pending += [one.__cause__, one.__context__, one.args, getattr(one, "reason", None)]
