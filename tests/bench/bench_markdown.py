"""How long the user waits for a text with a hundred fenced blocks, against running the compilers by hand.

    first check      a document is opened of which nothing was ever compiled
    one-block edit   a line of one of its blocks is changed; nothing else is compiled again

By hand means the very same compilers, bare, on the same blocks, as many at once as the server runs, in turn,
each in a session of its own, among which a busy kernel shares its time. What was compiled is counted in the
file of results, which has a row for each compile: exits 1 where that is not each block once, and once more
for each edit. The times are only told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from figures import report
from lsprotocol import types
from pygls.lsp.client import LanguageClient

SERVER = Path(sys.executable).with_name("wic-lsp")
FENCES = 100
PATIENCE_S = 300
AT_ONCE = 2 * (os.cpu_count() or 1)
URI = "file:///bench/README.md"
COMPILE_PYTHON = "import sys; compile(open(sys.argv[1]).read(), sys.argv[1], 'exec')"


@dataclass(frozen=True)
class Kind:
    """One language: what a block of it is, and what compiles that by hand: a program and its words."""

    name: str
    text: str
    words: tuple[str, ...]
    ending: str
    toolchain: str = ""
    program: str = ""


KINDS = (
    Kind(
        "cpp",
        "#include <string>\nstd::string name_%d() { return %s; }",
        ("-fsyntax-only",),
        ".cpp",
    ),
    Kind("c", "int value_%d(void) { return %s; }", ("-fsyntax-only",), ".c"),
    Kind("python", "def value_%d():\n    return %s", ("-I", "-S", "-c", COMPILE_PYTHON), ".py"),
    Kind(
        "rust",
        "fn value_%d() -> i32 {\n    return %s;\n}\nfn main() {}",
        ("--emit=metadata", "--out-dir=.", "--crate-name=snippet"),
        ".rs",
    ),
)


def choose_kinds() -> tuple[Kind, ...]:
    """Return the languages whose compilers are here, each with the first that the sandbox has."""
    words = [SERVER.with_name("wic"), "toolchains", "--format", "json"]
    listed = json.loads(subprocess.run(words, capture_output=True, check=False).stdout)["toolchains"]
    usable = [one for one in listed if one["runtime"] == "sandbox" and one["usable"]]
    first = {one["language"]: one for one in reversed(usable)}
    return tuple(
        replace(kind, toolchain=first[kind.name]["id"], program=first[kind.name]["program"])
        for kind in KINDS
        if kind.name in first
    )


@dataclass
class Text:
    """A document of blocks. `numbers` are in their texts, so that a number never used is never remembered."""

    kinds: Sequence[Kind]
    numbers: list[int]

    def block(self, at: int, value: str = "0") -> str:
        """Return the text of one block."""
        return self.kinds[at % len(self.kinds)].text % (self.numbers[at], value)

    def document(self, faulty: int | None = None) -> str:
        """Return the whole document; the block `faulty` uses a name that nobody has defined."""
        parts = ["# A library\n"]
        for at in range(len(self.numbers)):
            value = f"undefined_{self.numbers[at]}" if at == faulty else "0"
            if at == faulty and self.kinds[at % len(self.kinds)].name == "python":
                value = "= wrong"
            kind = self.kinds[at % len(self.kinds)]
            parts.append(f"What the {at}th is good for:\n\n```{kind.name}\n{self.block(at, value)}\n```\n")
        return "\n".join(parts)


def compile_by_hand(kind: Kind, text: str, folder: Path, name: str) -> None:
    """Run the bare compiler on a block."""
    own = folder / name
    own.mkdir()
    (own / f"block{kind.ending}").write_text(text)
    command = [kind.program, *kind.words, f"block{kind.ending}"]
    subprocess.run(command, cwd=own, capture_output=True, check=False, start_new_session=True)


def time_by_hand(text: Text, folder: Path, which: Sequence[int]) -> float:
    """Return the seconds that the bare compilers take for some of the blocks, side by side."""
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = [
            pool.submit(
                compile_by_hand, text.kinds[at % len(text.kinds)], text.block(at), folder, f"{began}-{at}"
            )
            for at in which
        ]
    for one in done:
        one.result()
    return time.perf_counter() - began


class Bench:
    """An editor with one document, and the server that checks it."""

    def __init__(self, kinds: Sequence[Kind], folder: Path) -> None:
        self.kinds = kinds
        self.folder = folder
        self.client = LanguageClient("bench", "1")
        self.published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.next_number = 0
        self.compiles = 0

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def keep(params: types.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

    def make_text(self) -> Text:
        """Return a document of which nothing is remembered."""
        first = self.next_number
        self.next_number += FENCES
        return Text(self.kinds, list(range(first, first + FENCES)))

    async def shown(self, version: int) -> list[types.Diagnostic]:
        """Return what is shown when all of a version is compiled."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                params = await self.published.get()
                if params.version == version and not any(one.code == "not-run" for one in params.diagnostics):
                    return list(params.diagnostics)

    async def open(self, text: Text) -> float:
        """Open the document; return the seconds until its diagnostics."""
        item = types.TextDocumentItem(uri=URI, language_id="markdown", version=1, text=text.document())
        began = time.perf_counter()
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        found = await self.shown(1)
        took = time.perf_counter() - began
        assert not [one for one in found if one.severity == types.DiagnosticSeverity.Error], found
        self.compiles += FENCES
        return took

    async def edit(self, text: Text, at: int, version: int) -> float:
        """Write a mistake into one block that was right; return the seconds until it alone is shown."""
        text.numbers[at] = self.next_number
        self.next_number += 1
        document = types.VersionedTextDocumentIdentifier(version=version, uri=URI)
        change = types.TextDocumentContentChangeWholeDocument(text.document(faulty=at))
        began = time.perf_counter()
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        found = await self.shown(version)
        took = time.perf_counter() - began
        errors = [one for one in found if one.severity == types.DiagnosticSeverity.Error]
        assert len({one.range.start.line for one in errors}) == 1, found
        self.compiles += 1
        return took

    async def mend(self, text: Text, at: int, version: int) -> None:
        """Put the block right again, as it was never compiled either."""
        document = types.VersionedTextDocumentIdentifier(version=version, uri=URI)
        change = types.TextDocumentContentChangeWholeDocument(text.document())
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        found = await self.shown(version)
        assert not [one for one in found if one.severity == types.DiagnosticSeverity.Error], (at, found)
        self.compiles += 1

    async def run(self, firsts: int, edits: int) -> tuple[tuple[list[float], list[float]], ...]:
        """Return the seconds over LSP and by hand, of first checks and of one-block edits."""
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")}
        await self.client.start_io(str(SERVER), "--stdio", env=environment)
        chosen = {kind.name: kind.toolchain for kind in self.kinds}
        options = {"runtime": "sandbox", "toolchains": chosen, "debounceMilliseconds": 0}
        request = types.InitializeParams(
            capabilities=types.ClientCapabilities(), initialization_options=options
        )
        await self.client.initialize_async(request)
        self.client.initialized(types.InitializedParams())
        await self.open(self.make_text())  # compilers are looked for, and asked for their versions
        first: tuple[list[float], list[float]] = ([], [])
        edited: tuple[list[float], list[float]] = ([], [])
        for _ in range(firsts):
            text = self.make_text()
            first[1].append(await asyncio.to_thread(time_by_hand, text, self.folder, range(FENCES)))
            first[0].append(await self.open(text))
        for count in range(edits):
            at = count % FENCES
            await asyncio.sleep(0.05)  # a person pauses too; what runs behind the answer may end
            edited[0].append(await self.edit(text, at, 2 * count + 2))
            edited[1].append(await asyncio.to_thread(time_by_hand, text, self.folder, [at]))
            await self.mend(text, at, 2 * count + 3)
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()
        return first, edited


def count_results(cache: Path) -> int:
    """Return how many results are remembered on disk."""
    (file,) = (cache / "wic" / "results").glob("*.sqlite")
    with closing(sqlite3.connect(file)) as database:
        (count,) = database.execute("SELECT count(*) FROM result").fetchone()
    return int(count)


def main() -> int:
    """Run all and print a line for each; returns 1 where something else was compiled than what changed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20, help="edits; a fifth as many first checks")
    rounds = parser.parse_args().rounds
    kinds = choose_kinds()
    print(f"{FENCES} blocks: {', '.join(kind.toolchain for kind in kinds)}")
    with tempfile.TemporaryDirectory(prefix="wic-bench-") as name:
        bench = Bench(kinds, Path(name))
        first, edited = asyncio.run(bench.run(max(rounds // 5, 3), rounds))
        compiled = count_results(Path(name) / "cache")
    report("first check", *first)
    report("one-block edit", *edited)
    print(f"compiled {compiled} blocks, of which {bench.compiles} had changed")
    return 0 if compiled == bench.compiles else 1


if __name__ == "__main__":
    sys.exit(main())
