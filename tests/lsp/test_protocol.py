"""What is malformed is answered as JSON-RPC and LSP want it, and the server lives on."""

from __future__ import annotations

import json
from contextlib import suppress

from tests.lsp.raw import envelop, frame

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
NOT_INITIALIZED = -32002

URI = "file:///nowhere/a.txt"  # of no language: nothing is compiled


async def _ready(start_raw):
    client = await start_raw()
    await client.initialize()
    return client


async def _quit(client) -> None:
    assert await client.finish() == 0
    assert b"Traceback" not in client.errors


NO_JSON = [b"{", b"", b"\xff\xfe\xfd", b'{"jsonrpc": "2.0" "id": 1}', b"[" * 100_000, b"9" * 10_000, b'"\\x"']


async def test_what_is_no_json_is_a_parse_error(start_raw):
    """A body that is no JSON is answered with a parse error whose id is null; the server lives on."""
    client = await _ready(start_raw)
    for body in NO_JSON:
        seen = len(client.inbox)
        await client.write(envelop(body))
        response = await client.response(None, after=seen)
        assert response["error"]["code"] == PARSE_ERROR, body
        await client.is_alive()
    await _quit(client)


NO_MESSAGES = [
    [1, 2],
    [],
    5,
    None,
    "hello",
    True,
    {},
    {"id": None, "method": "shutdown", "jsonrpc": "2.0"},
    {"id": [1], "method": "shutdown", "jsonrpc": "2.0"},
    {"id": 1.5, "method": "shutdown", "jsonrpc": "2.0"},
    {"id": True, "method": "shutdown", "jsonrpc": "2.0"},
    {"method": 7, "jsonrpc": "2.0"},
    {"method": ["a"], "jsonrpc": "2.0"},
    {"method": "initialized"},
    {"method": "initialized", "jsonrpc": "1.0"},
    {"id": {"a": 1}, "result": None, "jsonrpc": "2.0"},
    {"id": None, "result": None, "jsonrpc": "2.0"},
]


async def test_what_is_no_message_is_an_invalid_request(start_raw):
    """JSON that is no message is answered with InvalidRequest whose id is null; the server lives on."""
    client = await _ready(start_raw)
    for message in NO_MESSAGES:
        seen = len(client.inbox)
        await client.send(message)
        response = await client.response(None, after=seen)
        assert response["error"]["code"] == INVALID_REQUEST, message
        await client.is_alive()
    await _quit(client)


async def test_an_invalid_request_with_an_id_is_answered_with_it(start_raw):
    """A request without the protocol's version, or with a method that is no word, gets its own answer."""
    client = await _ready(start_raw)
    await client.send({"id": 70, "method": "shutdown"})
    await client.send({"id": "x", "method": 5, "jsonrpc": "2.0"})
    assert (await client.response(70))["error"]["code"] == INVALID_REQUEST
    assert (await client.response("x"))["error"]["code"] == INVALID_REQUEST
    await _quit(client)


UNREADABLE = [
    ("textDocument/codeAction", {"textDocument": 5}),
    ("textDocument/codeAction", "no object"),
    ("textDocument/codeAction", None),
    ("textDocument/codeAction", [1, 2]),
    ("workspace/executeCommand", {"arguments": []}),
    ("workspace/executeCommand", {"command": "wic.checkNow", "arguments": 5}),
]


async def test_invalid_parameters_are_answered_with_the_requests_id(start_raw):
    """A request whose parameters cannot be read gets InvalidParams, with its id."""
    client = await _ready(start_raw)
    for method, params in UNREADABLE:
        response = await client.request(method, params)
        assert response["error"]["code"] == INVALID_PARAMS
        assert method in response["error"]["message"]
    await _quit(client)


async def test_an_unknown_method_is_answered(start_raw):
    """A request of an unknown method gets MethodNotFound, with parameters and without."""
    client = await _ready(start_raw)
    for params in (None, {}, [], {"a": 1}):
        response = await client.request("wic/noSuchThing", params)
        assert response["error"]["code"] == METHOD_NOT_FOUND
    await _quit(client)


async def test_notifications_are_never_answered(start_raw):
    """Unknown and unreadable notifications get no response; an unreadable one is told in the log."""
    client = await _ready(start_raw)
    await client.notify("wic/noSuchThing", {"a": 1})
    await client.notify("$/noSuchThing")
    await client.notify("textDocument/didOpen", {"textDocument": {"uri": 5}})
    await client.notify("$/cancelRequest", {"id": {"a": 1}})
    await client.notify("$/cancelRequest", {"id": "never asked"})
    await client.wait_for(
        lambda one: (
            one.get("method") == "window/logMessage" and "textDocument/didOpen" in one["params"]["message"]
        ),
        "the log message",
    )
    await client.is_alive()
    answered = [one["id"] for one in client.inbox if "method" not in one]
    assert None not in answered
    assert len(answered) == 2
    await _quit(client)


SENSELESS_CHANGES = [
    {"textDocument": {"uri": URI, "version": "two"}, "contentChanges": [{"text": "x"}]},
    {"textDocument": {"uri": URI, "version": 2}, "contentChanges": "x"},
    {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": 5, "range": {}}]},
    {
        "textDocument": {"uri": URI, "version": 2},
        "contentChanges": [
            {
                "text": "",
                "range": {
                    "start": {"line": -1, "character": 0},
                    "end": {"line": 0, "character": 10**30},
                },
            }
        ],
    },
    {"textDocument": {"uri": "file:///nowhere/other", "version": 2}, "contentChanges": [{"text": "x"}]},
    {"textDocument": None},
    None,
]


async def test_a_change_that_makes_no_sense_is_passed_over(start_raw):
    """A didChange of the wrong shape, or for a document that is not open, ends nothing."""
    client = await _ready(start_raw)
    for change in SENSELESS_CHANGES:
        seen = len(client.inbox)
        await client.open(URI, "text", language="plaintext")
        await client.notify("textDocument/didChange", change)
        await client.change(URI, 3, "more text")
        await client.published(URI, 3, after=seen)
    await _quit(client)


async def test_closing_and_saving_what_is_not_open_is_passed_over(start_raw):
    """DidClose and didSave of unknown documents end nothing and publish nothing."""
    client = await _ready(start_raw)
    document = {"textDocument": {"uri": URI}}
    await client.notify("textDocument/didClose", document)
    await client.notify("textDocument/didSave", document)
    await client.is_alive()
    assert not [one for one in client.inbox if one.get("method") == "textDocument/publishDiagnostics"]
    await _quit(client)


URIS = ["file://[x/a.txt", "", "%", "untitled:Untitled-1", "file:///\udcff.txt", "a" * 5000]


async def test_any_string_is_taken_for_a_uri(start_raw):
    """Whatever a document is called, something is shown for it."""
    client = await _ready(start_raw)
    for uri in URIS:
        await client.open(uri, "text", language="plaintext")
        published = await client.published(uri, 1)
        assert "plaintext" in published["diagnostics"][0]["message"]
    await _quit(client)


HEADS = [
    b"Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
    b"Content-Type: application/vscode-jsonrpc; charset=utf8\r\nContent-Length: %d\r\n\r\n",
    b"content-length: %d\r\n\r\n",
    b"CONTENT-LENGTH:%d\r\n\r\n",
    b"X-Something: else\r\nContent-Length:   %d  \r\nno colon at all\r\n\r\n",
    b"Content-Length: %d\n\n",
    b"\r\n\r\nContent-Length: %d\r\n\r\n",
]


async def test_headers_are_read_liberally(start_raw):
    """The case of a header's name, its place, spaces around its value and unknown headers do not matter."""
    client = await _ready(start_raw)
    for head in HEADS:
        seen = len(client.inbox)
        body = json.dumps({"jsonrpc": "2.0", "id": 99, "method": "wic/areYouThere"}).encode()
        await client.write(head % len(body) + body)
        assert (await client.response(99, after=seen))["error"]["code"] == METHOD_NOT_FOUND
    await _quit(client)


async def test_a_message_may_come_in_pieces(start_raw):
    """Messages are cut by their length, however the pipe cuts them."""
    client = await _ready(start_raw)
    requests = [{"jsonrpc": "2.0", "id": number, "method": "é/ü"} for number in range(100, 110)]
    whole = b"".join(frame(one) for one in requests)
    for at in range(0, len(whole), 7):
        await client.write(whole[at : at + 7])
    for one in requests:
        assert (await client.response(one["id"]))["error"]["code"] == METHOD_NOT_FOUND
    await _quit(client)


async def test_a_message_without_length_is_refused(start_raw):
    """A head without Content-Length is answered, and the next whole message is read."""
    client = await _ready(start_raw)
    await client.write(b"Content-Type: application/json\r\n\r\n")
    assert (await client.response(None))["error"]["code"] == INVALID_REQUEST
    await client.is_alive()
    await _quit(client)


async def test_endless_garbage_ends_the_server(start_raw):
    """What never becomes a header is no LSP: the server ends instead of keeping it all."""
    client = await start_raw()
    with suppress(ConnectionError):
        await client.write(b"x" * (4 * 1024 * 1024))
    assert await client.ended() == 1
    assert b"Traceback" not in client.errors


async def test_a_message_inside_of_a_message_is_only_data(start_raw):
    """What looks like a message within the parameters of another is left alone."""
    client = await start_raw()
    inner = {"jsonrpc": "2.0", "id": 1, "method": "exit"}
    await client.initialize(initializationOptions={"wic": {"jsonrpc": inner}, **inner})
    await client.is_alive()
    await _quit(client)


async def test_an_answer_that_nobody_waits_for_is_passed_over(start_raw):
    """Responses to questions that were never asked, good or bad, end nothing and are not answered."""
    client = await _ready(start_raw)
    await client.send({"jsonrpc": "2.0", "id": "unknown", "result": {}})
    await client.send({"jsonrpc": "2.0", "id": 12345, "error": {"code": 1, "message": "no"}})
    await client.send({"jsonrpc": "2.0", "id": None, "error": {"code": 1, "message": "no"}})
    await client.send({"jsonrpc": "2.0", "id": "neither"})
    await client.is_alive()
    assert not [one for one in client.inbox if "method" not in one and one["id"] is None]
    await _quit(client)


async def test_a_document_that_is_opened_twice_is_replaced(start_raw):
    """A second didOpen, even with the same version, shows what is true of the second text."""
    client = await _ready(start_raw)
    await client.open(URI, "text", language="plaintext")
    await client.published(URI, 1)
    seen = len(client.inbox)
    await client.open(URI, "text", language="latin")
    again = await client.asked("textDocument/publishDiagnostics", after=seen)
    assert "latin" in again["params"]["diagnostics"][0]["message"]
    await _quit(client)


async def test_a_request_before_initialize_is_refused(start_raw):
    """Before initialize nothing is answered but that the server is not initialized."""
    client = await start_raw()
    for method in ("textDocument/codeAction", "shutdown", "wic/areYouThere", "workspace/symbol"):
        assert (await client.request(method, {}))["error"]["code"] == NOT_INITIALIZED
    await client.notify("textDocument/didOpen", {})
    await client.initialize()
    await _quit(client)


async def test_an_initialize_that_fails_may_be_repeated(start_raw):
    """Only an initialize that was answered with capabilities begins the session."""
    client = await start_raw()
    bad = await client.request("initialize", {"capabilities": 7})
    assert bad["error"]["code"] == INVALID_PARAMS
    await client.initialize()
    again = await client.request("initialize", {"processId": None, "capabilities": {}})
    assert again["error"]["code"] == INVALID_REQUEST
    await _quit(client)


async def test_a_request_after_shutdown_is_refused(start_raw):
    """After shutdown every request gets InvalidRequest, until exit."""
    client = await _ready(start_raw)
    await client.request("shutdown")
    for method in ("textDocument/codeAction", "shutdown", "initialize", "wic/areYouThere"):
        assert (await client.request(method, {}))["error"]["code"] == INVALID_REQUEST
    await client.notify("exit")
    assert await client.ended() == 0
