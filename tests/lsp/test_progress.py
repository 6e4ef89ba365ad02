"""Work-done progress: shown when a check takes long, with a button that ends the compiler."""

from __future__ import annotations

import pytest

from tests.conformance.traces import processes_with, until
from tests.lsp.programs import CLEAN, ENDLESS, ENDLESS_FLAGS, WRONG, make_uri

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

CREATE = "window/workDoneProgress/create"
OPTIONS = {"flags": ENDLESS_FLAGS, "timeoutSeconds": 600}


async def _slow(start_raw, **options):
    """Start a server with a check that does not end; returns the client, its document and its question."""
    client = await start_raw()
    await client.initialize(
        capabilities={"window": {"workDoneProgress": True}}, initializationOptions={**OPTIONS, **options}
    )
    uri, name = make_uri()
    await client.open(uri, ENDLESS)
    create = await client.asked(CREATE)
    return client, uri, name, create


def _reports(client):
    return [one["params"] for one in client.inbox if one.get("method") == "$/progress"]


async def _report(client, kind: str):
    found = await client.wait_for(
        lambda one: one.get("method") == "$/progress" and one["params"]["value"]["kind"] == kind, kind
    )
    return found["params"]


async def _works_on(client, uri: str) -> None:
    """Fail unless an edit is checked and the server ends well."""
    await client.change(uri, 9, WRONG)
    published = await client.published(uri, 9)
    assert [one["severity"] for one in published["diagnostics"]] == [1]
    assert await client.finish() == 0
    assert b"Traceback" not in client.errors


async def test_a_long_check_shows_progress(start_raw):
    """After a second a token is created; once the client agrees, begin says what is compiled, then end."""
    client, uri, name, create = await _slow(start_raw, timeoutSeconds=5)
    token = create["params"]["token"]
    assert _reports(client) == []
    await client.answer(create)
    begin = await _report(client, "begin")
    assert begin["token"] == token
    assert begin["value"]["title"] == f"Compiling {name}"
    assert begin["value"]["cancellable"] is True
    end = await _report(client, "end")
    assert end["token"] == token
    await client.published(uri, 1)
    assert [one["value"]["kind"] for one in _reports(client)] == ["begin", "end"]
    await _works_on(client, uri)


async def test_the_button_ends_the_compiler(start_raw):
    """Cancelling the progress kills the compiler and shows that the check was cancelled."""
    client, uri, name, create = await _slow(start_raw)
    await client.answer(create)
    begin = await _report(client, "begin")
    await client.notify("window/workDoneProgress/cancel", {"token": begin["token"]})
    (found,) = (await client.published(uri, 1))["diagnostics"]
    assert found["severity"] == 3
    assert "You cancelled the check." in found["message"]
    await _report(client, "end")
    await until(lambda: not processes_with(name))
    await client.notify("window/workDoneProgress/cancel", {"token": begin["token"]})
    await client.notify("window/workDoneProgress/cancel", {"token": "unknown"})
    await _works_on(client, uri)


async def test_a_client_that_refuses_the_token_loses_nothing(start_raw):
    """An error as the answer to create means no progress, and all else as ever."""
    client, uri, name, create = await _slow(start_raw)
    await client.answer(create, error={"code": -32601, "message": "no such thing"})
    await client.is_alive()
    await until(lambda: bool(processes_with(name)))
    await _works_on(client, uri)
    assert _reports(client) == []


async def test_a_client_that_answers_nonsense_loses_nothing(start_raw):
    """An answer that is no answer means no progress, and all else as ever."""
    client, uri, _, create = await _slow(start_raw)
    await client.send({"jsonrpc": "2.0", "id": create["id"], "error": "nonsense"})
    await client.send({"jsonrpc": "2.0", "id": create["id"], "result": {"a": 1}})
    await _works_on(client, uri)


async def test_a_client_that_never_answers_loses_nothing(start_raw):
    """Diagnostics do not wait for the answer to create, nor does the end of the server."""
    client, uri, _, _ = await _slow(start_raw, timeoutSeconds=5)
    (found,) = (await client.published(uri, 1))["diagnostics"]
    assert found["code"] == "timed-out"
    await _works_on(client, uri)
    assert _reports(client) == []


async def test_an_edit_while_the_token_is_being_created(start_raw):
    """A check that is superseded meanwhile never begins its progress, whenever the answer comes."""
    client, uri, name, create = await _slow(start_raw)
    await client.change(uri, 2, CLEAN)
    assert (await client.published(uri, 2))["diagnostics"] == []
    assert processes_with(name) == []
    await client.answer(create)
    await _works_on(client, uri)
    assert _reports(client) == []


async def test_an_edit_ends_the_progress_of_the_old_check(start_raw):
    """A superseded check ends what it has begun to show."""
    client, uri, _, create = await _slow(start_raw)
    await client.answer(create)
    begin = await _report(client, "begin")
    await client.change(uri, 2, CLEAN)
    await client.published(uri, 2)
    assert (await _report(client, "end"))["token"] == begin["token"]
    await _works_on(client, uri)


async def test_a_quick_check_shows_nothing(start_raw):
    """No token is created for what is cached, and none at all for a client without progress."""
    client = await start_raw()
    await client.initialize(initializationOptions={**OPTIONS, "timeoutSeconds": 2})
    uri, _ = make_uri()
    await client.open(uri, ENDLESS)
    await client.published(uri, 1)
    assert not [one for one in client.inbox if one.get("method") == CREATE]
    await _works_on(client, uri)
