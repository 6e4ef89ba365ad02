"""How long the user waits for a result that is remembered: over LSP, in one editor, by its median.

    in memory      an edit back to a text that was compiled before: at most 5 ms
    on disk        an edit to a text that another server compiled: at most 10 ms
    wic check      the second run of a command, against the first: it is only told

Exits 1 when a target is missed. Run `hammer.py` for many servers on one file.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from figures import report
from lsprotocol import types
from pygls.lsp.client import LanguageClient

SERVER = Path(sys.executable).with_name("wic-lsp")
WIC = SERVER.with_name("wic")
TEXT = """#include <map>
#include <string>
#include <vector>
int main() { std::map<std::string, std::vector<int>> m; return undefined_%d + m.size(); }
"""
IN_MEMORY_MS = 5.0
ON_DISK_MS = 10.0


@dataclass(frozen=True)
class Edit:
    """How long an edit took until its diagnostics, and how long a processor worked for it in the server."""

    seconds: float
    worked_s: float


def worked_s(pid: int) -> float:
    """Return how long the threads of a process have had a processor: what another's load does not change."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


async def time_edits(cache: Path, numbers: Sequence[int]) -> list[Edit]:
    """Start a server and edit a document to each of the texts in turn; return what each edit took."""
    client = LanguageClient("bench", "1")
    published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def keep(params: types.PublishDiagnosticsParams) -> None:
        published.put_nowait(params)

    @client.feature(types.WINDOW_LOG_MESSAGE)
    def print_log(params: types.LogMessageParams) -> None:
        print(f"the server says: {params.message}")

    await client.start_io(str(SERVER), "--stdio", env={**os.environ, "XDG_CACHE_HOME": str(cache)})
    options = {"debounceMilliseconds": 0}
    request = types.InitializeParams(capabilities=types.ClientCapabilities(), initialization_options=options)
    await client.initialize_async(request)
    client.initialized(types.InitializedParams())
    uri = "file:///bench/case.cpp"
    item = types.TextDocumentItem(uri=uri, language_id="cpp", version=1, text=TEXT % numbers[0])
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    await published.get()
    assert client._server is not None
    pid, took = client._server.pid, []
    for version, number in enumerate(numbers[1:], 2):
        await asyncio.sleep(0.02)  # a person pauses too
        document = types.VersionedTextDocumentIdentifier(version=version, uri=uri)
        change = types.TextDocumentContentChangeWholeDocument(TEXT % number)
        worked, began = worked_s(pid), time.perf_counter()
        client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        params = await published.get()
        took.append(Edit(time.perf_counter() - began, worked_s(pid) - worked))
        assert params.version == version, params
        assert any(f"undefined_{number}" in one.message for one in params.diagnostics), params
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return took


def time_checks(cache: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Return seconds of second runs of `wic check` and of first ones, in turn."""
    first, second = [], []
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.cpp"
        for number in range(rounds):
            file.write_text(TEXT % (10_000 + number))
            for took in (first, second):
                began = time.perf_counter()
                done = subprocess.run([WIC, "check", file], env=environment, capture_output=True, check=False)
                took.append(time.perf_counter() - began)
                assert done.returncode == 1, done
            assert b"cached" in done.stdout, done
    return second, first


def tell(name: str, took: Sequence[Edit], most_ms: float) -> bool:
    """Print medians and the slowest tenth; return whether the target is met."""
    p50, p90 = (statistics.quantiles((one.seconds for one in took), n=10)[at] * 1000 for at in (4, 8))
    worked = statistics.median(one.worked_s for one in took) * 1000
    figures = f"p50 {p50:6.2f} ms   p90 {p90:6.2f} ms   of it worked {worked:5.2f} ms"
    print(f"{name:26} {figures}   at most {most_ms:g} ms   ({len(took)} rounds)")
    return p50 <= most_ms


def main() -> int:
    """Run all and print a line for each; returns 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="wic-bench-") as folder:
        cache = Path(folder)
        numbers = range(rounds)
        first = asyncio.run(time_edits(cache, [*numbers, *[0, 1] * rounds]))
        met = tell("remembered in memory", first[rounds:], IN_MEMORY_MS)
        met &= tell("remembered on disk", asyncio.run(time_edits(cache, numbers))[1:], ON_DISK_MS)
        report("wic check, second run", *time_checks(cache, max(rounds // 6, 5)))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
