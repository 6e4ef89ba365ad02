"""A compiler's image that is missing: its pull is offered, shown and cancelled, and then it is used."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from lsprotocol import types

from tests.conformance.engine_relay import IMAGE, TOOLCHAIN, supply, why_no_supply
from tests.conformance.image_registry import PATIENCE_S, Mode
from tests.lsp.programs import make_uri

pytestmark = pytest.mark.engine("docker")

OPTIONS = {"runtime": "docker", "toolchains": {"c": [TOOLCHAIN]}}
PROGRESS = {"window": {"workDoneProgress": True}}
CREATE = "window/workDoneProgress/create"
TOP = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}


@pytest.fixture
async def start(start_raw, missing_engine):
    """Give a function that starts a server whose gcc:9 comes from a registry of that mode."""
    if why := await why_no_supply():
        missing_engine(why)
    async with AsyncExitStack() as stack:

        async def start(mode, capabilities):
            supplied = await stack.enter_async_context(supply(mode))
            client = await start_raw(DOCKER_HOST=supplied.address)
            stack.push_async_callback(client.aclose)
            await client.initialize(capabilities=capabilities, initializationOptions=OPTIONS)
            return client, supplied

        yield start


async def lacking(client):
    """Open a document that lacks its compiler's image; returns its URI and the diagnostic."""
    uri, _ = make_uri(".c")
    await client.open(uri, "int x;\n", language="c")
    (diagnostic,) = (await client.published(uri, 1))["diagnostics"]
    assert (diagnostic["code"], diagnostic["source"]) == ("not-run", "wic gcc-9")
    assert "The image gcc:9 is not here." in diagnostic["message"]
    return uri, diagnostic


async def offers(client, uri):
    """Return the code actions at the document's top."""
    context = {"diagnostics": [], "only": ["quickfix"]}
    params = {"textDocument": {"uri": uri}, "range": TOP, "context": context}
    return (await client.request("textDocument/codeAction", params))["result"] or []


async def begin_pull(client, *arguments):
    """Call the command; returns the request's id."""
    params = {"command": "wic.pullImage", "arguments": list(arguments or [IMAGE])}
    return await client.ask("workspace/executeCommand", params)


async def is_asked(registry):
    """Wait until the engine asks the registry for what that keeps back."""
    return await asyncio.to_thread(registry.is_asked.wait, PATIENCE_S)


async def reported(client, is_it):
    """Return the value of the first progress report that is one of these, when it comes."""
    found = await client.wait_for(
        lambda one: one.get("method") == "$/progress" and is_it(one["params"]["value"]), "a report"
    )
    return found["params"]["value"]


def messages(client):
    """Return what was shown to the user."""
    return [one["params"]["message"] for one in client.inbox if one.get("method") == "window/showMessage"]


async def test_a_missing_image_is_pulled_when_it_is_asked_for(start):
    """By the code action's command, shown in percent and bytes; then the document is checked in it."""
    client, supplied = await start(Mode.BY_HALVES, PROGRESS)
    uri, diagnostic = await lacking(client)
    assert supplied.pulls == []
    (action,) = await offers(client, uri)
    command = {"title": "Pull the image gcc:9", "command": "wic.pullImage", "arguments": [IMAGE]}
    assert action == {
        "title": "Pull the image gcc:9",
        "kind": "quickfix",
        "diagnostics": [diagnostic],
        "command": command,
    }
    pull = await begin_pull(client, *command["arguments"])
    await client.answer(await client.asked(CREATE))
    begin = await reported(client, lambda value: value["kind"] == "begin")
    assert (begin["title"], begin["cancellable"]) == ("Pulling gcc:9", True)
    assert "percentage" in begin
    assert await is_asked(supplied.registry)
    total = f"{supplied.registry.layers_bytes / 1e6:.1f} MB"
    half = await reported(client, lambda value: value.get("message", "").endswith(f" of {total}"))
    assert half["message"].startswith("downloading, ")
    assert half["percentage"] < 100
    after = len(client.inbox)
    supplied.registry.go_on.set()
    assert (await client.response(pull))["result"] is True
    await reported(client, lambda value: value["kind"] == "end")
    full = await reported(client, lambda value: value.get("message") == f"unpacking, {total[:-3]} of {total}")
    assert full["percentage"] == 100
    (checked,) = (await client.published(uri, 1, after=after))["diagnostics"]
    assert "is not here" not in checked["message"]
    assert IMAGE in checked["message"]  # which has no compiler, nor anything else
    assert await offers(client, uri) == []
    assert messages(client) == []
    assert await client.finish() == 0


async def test_the_button_ends_a_pull(start):
    """Whoever waits for it is answered false, the progress ends, and there is nothing to be told."""
    client, supplied = await start(Mode.STALLS_AT_ONCE, PROGRESS)
    await lacking(client)
    pulls = [await begin_pull(client), await begin_pull(client)]
    create = await client.asked(CREATE)
    await client.answer(create)
    await reported(client, lambda value: value["kind"] == "begin")
    assert await is_asked(supplied.registry)
    await client.notify("window/workDoneProgress/cancel", {"token": create["params"]["token"]})
    assert [(await client.response(pull))["result"] for pull in pulls] == [False, False]
    await reported(client, lambda value: value["kind"] == "end")
    assert len([one for one in client.inbox if one.get("method") == CREATE]) == 1
    assert messages(client) == []
    assert await client.finish() == 0


async def test_cancelling_the_command_ends_a_pull(start):
    """$/cancelRequest is answered as such; no progress is shown to a client that knows none."""
    client, supplied = await start(Mode.STALLS_AT_ONCE, {})
    pull = await begin_pull(client)
    assert await is_asked(supplied.registry)
    await client.notify("$/cancelRequest", {"id": pull})
    assert (await client.response(pull))["error"]["code"] == types.LSPErrorCodes.RequestCancelled.value
    again = await begin_pull(client)
    supplied.registry.mode = Mode.NORMAL
    assert (await client.response(again))["result"] is True
    assert not [one for one in client.inbox if one.get("method") in {CREATE, "$/progress"}]
    assert await client.finish() == 0
    assert b"Traceback" not in client.errors


async def test_a_pull_that_fails_says_why(start):
    """To the user as a message, to the caller as an error; the document still lacks the image."""
    client, _ = await start(Mode.LOGIN, {})
    uri, _ = await lacking(client)
    error = (await client.response(await begin_pull(client)))["error"]
    assert error["code"] == types.LSPErrorCodes.RequestFailed.value
    assert error["message"].startswith("The registry refused the pull of gcc:9: ")
    assert "docker login" in error["message"]
    assert messages(client) == [error["message"]]
    assert len(await offers(client, uri)) == 1
    assert await client.finish() == 0
    assert b"Traceback" not in client.errors


async def test_the_server_can_be_ended_while_it_pulls(start):
    """Shutting down does not wait for a registry that stalls."""
    client, supplied = await start(Mode.STALLS_AT_ONCE, {})
    pull = await begin_pull(client)
    assert await is_asked(supplied.registry)
    async with asyncio.timeout(PATIENCE_S / 2):
        assert await client.finish() == 0
    assert (await client.response(pull))["result"] is False
    assert b"Traceback" not in client.errors


async def test_only_images_of_ours_can_be_pulled(start):
    """Whoever calls the command: no other name ever reaches the engine."""
    client, supplied = await start(Mode.NORMAL, {})
    for arguments in (["evil/miner:1"], ["gcc"], [5], [None], [IMAGE, IMAGE]):
        error = (await client.response(await begin_pull(client, *arguments)))["error"]
        assert error["code"] == -32602, arguments
    assert supplied.pulls == []
    assert await client.finish() == 0
