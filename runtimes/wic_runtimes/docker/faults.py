"""What is wrong with the engine, in a sentence and a remedy: the one place that knows the SDK's exceptions.

Everything that speaks to the engine does so inside `translated`, and nothing of the SDK, of requests, of
urllib3 or of the socket below leaves it: each becomes one of our own errors, `from` the original.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Final

from wic_runtimes.errors import ImageUnavailable, JobEvicted, JobRejected, RuntimeFailure, RuntimeUnavailable

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


@contextmanager
def translated(endpoint: str, image: str = "") -> Iterator[None]:
    """Turn whatever the engine's client raises inside into one of our own errors.

    `endpoint` is the engine's address and `image` the job's image, both for the sentences.
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
        raise explain(exc, endpoint, image) from exc


def _exceptions_of(module: object) -> tuple[type[Exception], ...]:
    """Return a module's exceptions: not all of the SDK's have a base of their own."""
    named = vars(module).values()
    return tuple(one for one in named if isinstance(one, type) and issubclass(one, Exception))


def explain(exc: BaseException, endpoint: str, image: str) -> RuntimeFailure:
    """Say what an exception of the client means for the user."""
    status = getattr(exc, "status_code", None)
    if isinstance(status, int):
        return _explain_answer(status, str(getattr(exc, "explanation", "") or exc), image)
    causes = list(_causes(exc))
    codes = {cause.errno for cause in causes if isinstance(cause, OSError)}
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
    return RuntimeUnavailable(f"The container engine's client failed: {_one_line(exc)}.", _DOCTOR)


def not_running(endpoint: str) -> RuntimeUnavailable:
    """Say that no engine answers there."""
    return RuntimeUnavailable(
        f"No container engine answers at {endpoint}.",
        "Start it (`systemctl start docker`, or Docker Desktop), set DOCKER_HOST, or choose another runtime.",
    )


def no_client() -> RuntimeUnavailable:
    """Say that the SDK is not installed."""
    return RuntimeUnavailable(
        "The runtime 'docker' needs Docker's Python client, which is not installed.",
        "Install it: pip install 'wic-lsp[docker]'.",
    )


def image_missing(name: str) -> ImageUnavailable:
    """Say that an image is not here. It is never pulled unasked."""
    return ImageUnavailable(f"The image {name} is not on this engine.", how_to_get(name))


def how_to_get(name: str) -> str:
    """Say what brings an image here."""
    return f"Get it: docker pull {name}."


def _explain_answer(status: int, words: str, image: str) -> RuntimeFailure:
    """Say what an error means that the engine itself answered."""
    said = " ".join(words.split()).rstrip(".")
    low = said.lower().replace("\\", "")

    def has(*words: str) -> bool:
        return any(word in low for word in words)

    failure: RuntimeFailure = RuntimeUnavailable(f"The container engine failed: {said}.", _DOCTOR)
    if has("no space left", "disk quota"):
        remedy = (
            "Make room: `docker system df` shows what takes it, `docker system prune` removes the unused."
        )
        failure = RuntimeUnavailable("The container engine's disk is full.", remedy)
    elif has("no such image"):
        failure = image_missing(image)
    elif has('exec: "/bin/sh"'):
        reason = f"The image {image} has no /bin/sh, which compiling in it needs."
        failure = ImageUnavailable(reason, "Choose another image.")
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


def _one_line(exc: BaseException) -> str:
    return (" ".join(str(exc).split()) or type(exc).__name__).rstrip(".")
