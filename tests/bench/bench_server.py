"""How long the user waits: from an edit to its diagnostics, and from a start to the initialize reply.

Everything is measured against its own floor in the same run, interleaved, since machines are shared and
noisy; what counts is the median of the ratios or differences. Exits 1 when a target is missed.

    edit, header-heavy C++   at most 1.10 times the bare compiler
    edit, small C            at most 10 ms above the bare compiler
    initialize               at most 1.20 times the time that importing pygls takes
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from figures import report
from lsprotocol import types
from pygls.lsp.client import LanguageClient

SERVER = Path(sys.executable).with_name("wic-lsp")
HEAVY = """#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>
int main() { std::map<std::string, std::vector<int>> m; return undefined_%d + m.size(); }
"""
SMALL = "int main(void) { int x = 1; return undefined_%d; }\n"


@dataclass(frozen=True)
class Case:
    """One kind of file, the compiler for it, and the words that make it only check."""

    name: str
    language: str
    text: str
    compiler: str
    ending: str


def time_compiler(case: Case, folder: Path, text: str) -> float:
    """Return the seconds that the bare compiler takes for a text."""
    file = folder / f"case{case.ending}"
    file.write_text(text)
    began = time.perf_counter()
    subprocess.run([case.compiler, "-fsyntax-only", file.name], cwd=folder, capture_output=True, check=False)
    return time.perf_counter() - began


async def time_edits(case: Case, rounds: int) -> tuple[list[float], list[float]]:
    """Return seconds of edits over LSP and of the bare compiler on the same texts, in turn."""
    client = LanguageClient("bench", "1")
    published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def keep(params: types.PublishDiagnosticsParams) -> None:
        published.put_nowait(params)

    await client.start_io(str(SERVER), "--stdio")
    options = {"debounceMilliseconds": 0}
    request = types.InitializeParams(capabilities=types.ClientCapabilities(), initialization_options=options)
    await client.initialize_async(request)
    client.initialized(types.InitializedParams())
    uri = f"file:///bench/case{case.ending}"
    item = types.TextDocumentItem(uri=uri, language_id=case.language, version=1, text=case.text % 0)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    await published.get()
    over_lsp, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, rounds + 1):
            text = case.text % number
            bare.append(await asyncio.to_thread(time_compiler, case, Path(folder), text))
            await asyncio.sleep(0.05)  # a person pauses too; what runs behind the answer may end
            document = types.VersionedTextDocumentIdentifier(version=number + 1, uri=uri)
            change = types.TextDocumentContentChangeWholeDocument(text)
            began = time.perf_counter()
            client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
            params = await published.get()
            over_lsp.append(time.perf_counter() - began)
            assert params.version == number + 1, params
            assert any(f"undefined_{number}" in one.message for one in params.diagnostics), params
            await asyncio.sleep(0.05)
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return over_lsp, bare


def time_initialize(rounds: int) -> tuple[list[float], list[float]]:
    """Return seconds to the initialize reply and of `import pygls.lsp.server`, in turn."""
    params = {"processId": None, "rootUri": None, "capabilities": {}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}).encode()
    message = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    replies, imports = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import pygls.lsp.server"], check=True)
        imports.append(time.perf_counter() - began)
        began = time.perf_counter()
        with subprocess.Popen([SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(message)
            server.stdin.flush()
            assert server.stdout.readline().startswith(b"Content-Length")
            replies.append(time.perf_counter() - began)
            server.stdin.close()
    return replies, imports


def main() -> int:
    """Run all and print a line for each; returns 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    heavy = Case("edit, header-heavy C++", "cpp", HEAVY, "g++", ".cpp")
    small = Case("edit, small C", "c", SMALL, "gcc", ".c")
    missed = []
    ratio, _ = report(heavy.name, *asyncio.run(time_edits(heavy, rounds)))
    missed += [heavy.name] if ratio > 1.10 else []
    _, extra = report(small.name, *asyncio.run(time_edits(small, rounds)))
    missed += [small.name] if extra > 10 else []
    ratio, _ = report("initialize", *time_initialize(max(rounds // 3, 5)))
    missed += ["initialize"] if ratio > 1.20 else []
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
