"""The program that matches: patterns and texts in on stdin, as JSON, their matches out on stdout.

Run by `apart`, as a file and without site-packages, so that it starts in a few milliseconds. It must import
nothing but the standard library. It bounds itself: the kernel ends it when its time is over, also where
whoever started it is gone.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from itertools import islice

MOST_MATCHES = 1000
CPU_S = 1
_MEMORY_BYTES = 512 * 1024 * 1024


def match_all(pattern: str, note_pattern: str | None, texts: list[str]) -> list[dict[str, object]]:
    """Return the matches of both patterns in the order of each text, the first thousand of each pattern.

    Patterns are multi-line: `^` and `$` are a line's. What is no part of a match is passed over; matches that
    are empty are none.
    """
    found: list[dict[str, object]] = []
    for text in texts:
        placed = []
        for is_note, words in ((False, pattern), (True, note_pattern)):
            if words is not None:
                matches = islice(re.finditer(words, text, re.MULTILINE), MOST_MATCHES)
                placed += [(match.start(), is_note, match.groupdict()) for match in matches if match[0]]
        placed.sort(key=lambda one: one[:2])
        found += [{"is_note": is_note, "groups": groups} for _, is_note, groups in placed]
    return found


def main() -> None:
    """Answer one request."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request = json.loads(sys.stdin.buffer.read())
    found = match_all(request["pattern"], request["note_pattern"], request["texts"])
    sys.stdout.write(json.dumps({"matches": found, "failure": request["cut"]}))


if __name__ == "__main__":
    main()
