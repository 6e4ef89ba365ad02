"""Results by content: the same text on the same compiler with the same arguments is not compiled twice.

Only a compiler that ran to its end (FINISHED) is remembered; what timed out or was killed is tried again.
Bounded by the bytes of output that it holds; the least recently used goes first. No IO.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final

from wic_runtimes.contract import CompileJob, CompileOutput, Outcome

_OVERHEAD_BYTES: Final = 512


def job_key(job: CompileJob, stamp: str) -> str:
    """Return a digest of everything that decides the compiler's answer: itself, its words, its files.

    Every part is preceded by its length, so that no two different jobs read the same.
    """
    digest = hashlib.sha256()
    parts = [stamp.encode(), (job.image or "").encode(), str(job.limits).encode()]
    parts += [repr((job.argv, job.roots, job.environment, job.needs_own_path)).encode()]
    for file in job.files:
        parts += [file.path.encode(), file.content]
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


class ResultCache:
    """Compile outputs by `job_key`, in memory."""

    def __init__(self, capacity_bytes: int = 32 * 1024 * 1024) -> None:
        self._capacity = capacity_bytes
        self._size = 0
        self._outputs: OrderedDict[str, CompileOutput] = OrderedDict()

    def get(self, key: str) -> CompileOutput | None:
        """Return what was remembered, and remember that it was asked for."""
        output = self._outputs.get(key)
        if output is not None:
            self._outputs.move_to_end(key)
        return output

    def put(self, key: str, output: CompileOutput) -> None:
        """Remember an output that FINISHED; any other is passed over."""
        if output.outcome is not Outcome.FINISHED or _cost(output) > self._capacity:
            return
        previous = self._outputs.pop(key, None)
        self._size += _cost(output) - (_cost(previous) if previous is not None else 0)
        self._outputs[key] = output
        while self._size > self._capacity:
            _, oldest = self._outputs.popitem(last=False)
            self._size -= _cost(oldest)

    def clear(self) -> None:
        """Forget everything."""
        self._outputs.clear()
        self._size = 0


def _cost(output: CompileOutput) -> int:
    return len(output.stdout) + len(output.stderr) + _OVERHEAD_BYTES
