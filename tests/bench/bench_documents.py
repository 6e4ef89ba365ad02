"""Measures how long one didChange takes on large documents; exits 1 above the targets.

Run `python tests/bench/bench_documents.py`. Each figure is the application of one keystroke-sized change
at a random place, the whole of what the server does before it may read the next message.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from statistics import quantiles

from lsprotocol import types

from wic_lsp.lsp.documents import Document
from wic_lsp.positions import Encoding

TARGETS_MS = {10_000: 1.0, 100_000: 5.0}
LINE = '    printf("%d é 😀\\n", value_of(index));\n'
EDITS = ["x", "", "\n", "if (a) {\n    b();\n}\n", "é😀", "\r\n"]


def random_change(rng: random.Random, lines: int) -> types.TextDocumentContentChangePartial:
    """Make a change that touches at most three lines."""
    line, column = rng.randrange(lines), rng.randrange(30)
    end = types.Position(line + rng.choice([0, 0, 0, 2]), column + rng.choice([0, 1]))
    return types.TextDocumentContentChangePartial(
        types.Range(types.Position(line, column), end), rng.choice(EDITS)
    )


def measure(lines: int, edits: int, encoding: Encoding, seed: int) -> tuple[float, float]:
    """Return the median and the 99th percentile of one change, in milliseconds."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    document = Document("file:///big.c", "c", 0, LINE * lines, encoding)
    times = []
    for version in range(1, edits + 1):
        change = random_change(rng, lines)
        start = time.perf_counter()
        document.apply([change], version)
        times.append((time.perf_counter() - start) * 1000)
    cuts = quantiles(times, n=100)
    return cuts[49], cuts[98]


def main() -> int:
    """Print one line per size and encoding; return 1 if a 99th percentile is above its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=2000, help="changes per measurement")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    is_slow = False
    for lines, target_ms in TARGETS_MS.items():
        for encoding in Encoding:
            p50, p99 = measure(lines, options.edits, encoding, options.seed)
            is_slow = is_slow or p99 > target_ms
            verdict = "SLOW" if p99 > target_ms else "ok"
            print(
                f"{lines:7,} lines {encoding.value:6}  p50 {p50:.4f} ms  p99 {p99:.4f} ms  "
                f"(target {target_ms:g} ms) {verdict}"
            )
    return int(is_slow)


if __name__ == "__main__":
    sys.exit(main())
