"""Measures how long one didChange takes on large documents; exits 1 above the targets.

Run `python tests/bench/bench_documents.py`. Each figure is the whole of what the server does with the message
of one keystroke-sized change at a random place, from its bytes until it may read the next one: JSON, the
protocol, the text, the request for a check (whose debounce is set so long that none begins meanwhile).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from statistics import quantiles

from wic_lsp.assembly import Workshop
from wic_lsp.lsp.terms import terms_alone
from wic_lsp.lsp.wiring import create_server
from wic_lsp.positions import Encoding

TARGETS_MS = {10_000: 1.0, 100_000: 5.0}
LINE = '    printf("%d é 😀\\n", value_of(index));\n'
EDITS = ["x", "", "\n", "if (a) {\n    b();\n}\n", "é😀", "\r\n"]
URI = "file:///big.c"


def random_change(rng: random.Random, lines: int) -> dict[str, object]:
    """Make a change that touches at most three lines."""
    line, column = rng.randrange(lines), rng.randrange(30)
    start = {"line": line, "character": column}
    end = {"line": line + rng.choice([0, 0, 0, 2]), "character": column + rng.choice([0, 1])}
    return {"range": {"start": start, "end": end}, "text": rng.choice(EDITS)}


class Silent:
    """A client that reads nothing."""

    def write(self, data: bytes) -> None:
        """Drop what the server says."""

    def close(self) -> None:
        """Have nothing to close."""


async def measure(lines: int, edits: int, encoding: Encoding, seed: int) -> tuple[float, float]:
    """Return the median and the 99th percentile of one change, in milliseconds."""
    server = create_server(terms_alone(Workshop({}), {}))
    protocol = server.wic_protocol
    protocol.set_writer(Silent())

    def receive(method: str, params: object, **rest: object) -> None:
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **rest}).encode()
        began = time.perf_counter()
        protocol.receive(body)
        times.append((time.perf_counter() - began) * 1000)

    times: list[float] = []
    capabilities = {"general": {"positionEncodings": [encoding.value]}}
    options = {"debounceMilliseconds": 10_000}
    start = {
        "processId": None,
        "rootUri": None,
        "capabilities": capabilities,
        "initializationOptions": options,
    }
    receive("initialize", start, id=1)
    item = {"uri": URI, "languageId": "c", "version": 0, "text": LINE * lines}
    receive("textDocument/didOpen", {"textDocument": item})
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    times.clear()
    for version in range(1, edits + 1):
        document = {"uri": URI, "version": version}
        change = random_change(rng, lines)
        receive("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
    await server.session.aclose()
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
            p50, p99 = asyncio.run(measure(lines, options.edits, encoding, options.seed))
            is_slow = is_slow or p99 > target_ms
            verdict = "SLOW" if p99 > target_ms else "ok"
            print(
                f"{lines:7,} lines {encoding.value:6}  p50 {p50:.4f} ms  p99 {p99:.4f} ms  "
                f"(target {target_ms:g} ms) {verdict}"
            )
    return int(is_slow)


if __name__ == "__main__":
    sys.exit(main())
