"""What can go wrong with a runtime itself, each with a sentence for the user and a remedy.

A compiler that rejects code has succeeded and raises nothing. These are raised when *we* could not do
the job. No exception of a foreign library ever leaves a runtime: it is translated into one of these at
one place per runtime, `from` the original.
"""


class RuntimeFailure(Exception):  # noqa: N818 - the field's word; "RuntimeError" is taken by Python
    """A job was not carried out; nothing may be concluded about the code.

    `reason` is one sentence that a user understands; `remedy` is what the user can do about it.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason} {remedy}".strip())
        self.reason = reason
        self.remedy = remedy


def one_line(exc: BaseException) -> str:
    """Return an exception's words as a part of a sentence; its name where it has none."""
    return (" ".join(str(exc).split()) or type(exc).__name__).rstrip(".")


class RuntimeUnavailable(RuntimeFailure):
    """The runtime cannot isolate anything here: engine down, namespaces forbidden, tool missing."""


class ImageUnavailable(RuntimeFailure):
    """The compiler's image, or on a runtime without images the compiler's program, is not there.

    `image` names the image that a pull may bring; it is empty where none would help.
    """

    def __init__(self, reason: str, remedy: str = "", image: str = "") -> None:
        super().__init__(reason, remedy)
        self.image = image


class JobRejected(RuntimeFailure):
    """The job itself cannot be accepted: a bad path, too many files, over a quota."""


class JobTooLarge(JobRejected):
    """The job's files are too many, or have too many bytes, for this runtime; nothing was begun."""


class JobEvicted(RuntimeFailure):
    """The job had begun and was taken away by the engine before the compiler ended."""
