"""Drives `wic-lsp` over stdio as an editor would: opens a file, repairs one error, asks for quick fixes.

The client is pygls's own. Run it with `make demo`, or by itself after `make setup`.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

SERVER = Path(sys.executable).with_name("wic-lsp")
FILE = Path(__file__).with_name("sensor.c")


def show(title: str, params: types.PublishDiagnosticsParams) -> None:
    """Print one publication."""
    print(f"-- {title}: version {params.version}, {len(params.diagnostics)} diagnostics")
    for diagnostic in params.diagnostics:
        message = diagnostic.message.replace("\n", "; ")
        start, end = diagnostic.range.start, diagnostic.range.end
        span = f"{start.line + 1}:{start.character + 1}-{end.line + 1}:{end.character + 1}"
        print(f"   {span:12} {diagnostic.severity.name.lower():8} {message}  [{diagnostic.source}]")


async def main() -> int:
    """Run the conversation; returns the server's exit code."""
    client = LanguageClient("demo", "1")
    published: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def keep(params: types.PublishDiagnosticsParams) -> None:
        published.put_nowait(params)

    await client.start_io(str(SERVER), "--stdio")
    answer = await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
    info = answer.server_info
    print(f"-- connected to {info.name} {info.version}, columns in {answer.capabilities.position_encoding}")
    client.initialized(types.InitializedParams())

    uri, lines = FILE.as_uri(), FILE.read_text(encoding="utf-8").splitlines()
    item = types.TextDocumentItem(uri=uri, language_id="c", version=1, text="\n".join(lines))
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    first = await published.get()
    show("opened", first)

    context = types.CodeActionContext(first.diagnostics)
    whole = types.Range(types.Position(0, 0), types.Position(len(lines), 0))
    request = types.CodeActionParams(types.TextDocumentIdentifier(uri), whole, context)
    for action in await client.text_document_code_action_async(request) or []:
        print(f"-- offered: {action.title} ({action.kind})")

    line = next(index for index, text in enumerate(lines) if text.endswith("tenths % 10)"))
    end = types.Position(line, len(lines[line]))
    edit = types.TextDocumentContentChangePartial(range=types.Range(end, end), text=";")
    document = types.VersionedTextDocumentIdentifier(version=2, uri=uri)
    client.text_document_did_change(types.DidChangeTextDocumentParams(document, [edit]))
    show("typed the missing ';'", await published.get())

    await client.shutdown_async(None)
    client.exit(None)
    await asyncio.wait_for(client._server.wait(), 10)  # noqa: SLF001 - the client has no public way to ask
    code = client._server.returncode  # noqa: SLF001
    print(f"-- the server ended with exit code {code}")
    await client.stop()
    return code


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
