"""Has a user's patterns matched apart: in a process that can be ended, while everything else goes on.

Python's regular expressions hold the interpreter until they are done, in whatever thread, and a careless one
takes years over a line that somebody made for it. The pattern is the user's, the line may be anybody's. So
what comes back is always an answer: the matches, or why there are none.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Final

from wic_lsp.matching.matcher import CPU_S
from wic_lsp.toolchains.reading import Reading
from wic_runtimes.waiting import outlast

MOST_CHARACTERS: Final = 256 * 1024
_WALL_S: Final = 30.0  # where the machine is busy; what counts is the time that is computed
_MATCHER: Final = Path(__file__).with_name("matcher.py")
_COMMAND: Final = (sys.executable, "-I", "-S", str(_MATCHER))


async def find_matches(reading: Reading, stdout: bytes, stderr: bytes) -> bytes:
    """Return the matches of a reading's patterns in standard error and then standard output, as JSON.

    Where there are more characters than MOST_CHARACTERS in either, or the time is not enough, the answer
    says so: `failure` is empty where all was read.
    """
    texts = [output.decode("utf-8", "replace").replace("\r\n", "\n") for output in (stderr, stdout)]
    cut = f"it has more than {MOST_CHARACTERS:,} characters" if max(map(len, texts)) > MOST_CHARACTERS else ""
    request = {
        "pattern": reading.pattern.pattern if reading.pattern is not None else r"(?!)",
        "note_pattern": reading.note_pattern.pattern if reading.note_pattern is not None else None,
        "texts": [text[:MOST_CHARACTERS] for text in texts],
        "cut": cut,
    }
    try:
        code, answer = await _run(json.dumps(request).encode())
    except TimeoutError:
        return _failure(f"its pattern was not matched within {_WALL_S:g} s")
    except OSError as exc:
        return _failure(f"no process could be started for it ({exc.strerror})")
    if code != 0:
        return _failure(f"matching its pattern takes more than {CPU_S} s, or too much memory")
    return answer


def _failure(why: str) -> bytes:
    return json.dumps({"matches": [], "failure": why}).encode()


async def _run(request: bytes) -> tuple[int | None, bytes]:
    """Run the matcher to its end; it never outlives us. Raises OSError, and TimeoutError."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env={}
    )
    try:
        async with asyncio.timeout(_WALL_S):
            answer, _ = await process.communicate(request)
    finally:
        if process.returncode is None:
            process.kill()
            await outlast(asyncio.ensure_future(process.wait()))
    return process.returncode, answer
