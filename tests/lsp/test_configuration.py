"""Settings from the editor: asked for, obeyed, and refused with a sentence where they are wrong."""

from __future__ import annotations

import asyncio

import pytest
from lsprotocol import types

from tests.lsp.programs import CLEAN, ENDLESS, ENDLESS_FLAGS, WRONG, make_uri

UNUSED = "int main() { int unused; }\n"
NEW = "int main() { if constexpr (true) return 0; }\ntemplate <auto N> struct S {};\n"
engine = pytest.mark.engine("sandbox")
needs_engine = pytest.mark.usefixtures("engine")


@engine
@needs_engine
async def test_the_editors_settings_are_asked_for_and_obeyed(start_editor):
    """workspace/configuration is asked for the section `wic`; flags and standards change what is shown."""
    editor = await start_editor(configuration={"flags": {"cpp": ["-Wall"]}})
    await editor.wait_for(lambda: editor.sections or None, "the question")
    assert editor.sections == ["wic"]
    uri, _ = make_uri()
    assert [one.code for one in await editor.check(uri, UNUSED)] == ["-Wunused-variable"]
    after = len(editor.published)
    await editor.configure({"flags": {"cpp": ["-Wall", "-Werror=unused-variable"]}})
    (found,) = await editor.shown(uri, 1, after=after)
    assert found.severity == types.DiagnosticSeverity.Error
    assert editor.sections == ["wic", "wic"]
    editor.change(uri, 2, NEW)
    assert await editor.shown(uri, 2) == []
    after = len(editor.published)
    await editor.configure({"standards": {"cpp": "c++11"}})
    assert await editor.shown(uri, 2, after=after)
    assert await editor.quit() == 0


@engine
@needs_engine
async def test_the_chosen_toolchain_compiles(start_editor):
    """The toolchain that is named in full is the one whose findings are shown."""
    editor = await start_editor()
    uri, _ = make_uri()
    await editor.check(uri, WRONG)
    message = (await editor.run("wic.showOutput", uri))[0]["toolchain"]
    after = len(editor.published)
    await editor.configure({"toolchains": {"cpp": ["none-such"]}})
    (listed,) = await editor.shown(uri, 1, after=after)
    names = listed.message.partition("Usable: ")[2].partition(".")[0].split(", ")
    assert message in names
    after = len(editor.published)
    await editor.configure({"toolchains": {"cpp": [names[-1]]}})
    (found, *_) = await editor.shown(uri, 1, after=after)
    assert found.source == f"wic {names[-1]}"
    assert await editor.quit() == 0


@engine
@needs_engine
async def test_the_debounce_is_obeyed(start_editor):
    """An edit waits as long as the user wants, and not at all with 0."""
    editor = await start_editor(configuration={"debounceMilliseconds": 700})
    loop = asyncio.get_running_loop()
    uri, _ = make_uri()
    await editor.check(uri, WRONG)
    await editor.run("wic.showOutput", uri)
    began = loop.time()
    editor.change(uri, 2, CLEAN)
    assert await editor.shown(uri, 2) == []
    assert loop.time() - began >= 0.7
    assert await editor.quit() == 0


async def test_a_value_of_the_wrong_kind_is_told(start_editor):
    """The message names the setting, what it must be and what is in force; it comes once."""
    editor = await start_editor(configuration={"timeoutSeconds": "long", "flags": {"perl": []}, "colour": 1})
    message = await editor.warned("wic.timeoutSeconds", "number of seconds", "in force is 10")
    await editor.warned("wic.flags", "'perl'", "c, cpp", "in force is none")
    await editor.warned("wic.colour is no setting")
    await editor.configure({"timeoutSeconds": "long", "debounceMillisecond": 5})
    await editor.warned("wic.debounceMillisecond", "did you mean wic.debounceMilliseconds?")
    assert [one.message for one in editor.messages].count(message) == 1
    assert {one.type for one in editor.messages} == {types.MessageType.Warning}
    assert await editor.quit() == 0


async def test_an_answer_that_is_no_table_changes_nothing(start_editor):
    """Whatever a client answers to workspace/configuration, the server lives on."""
    editor = await start_editor(configuration={})
    for count, answer in enumerate((None, 5, [], "x", {"wic": 3}), start=2):
        await editor.configure(answer)
        await editor.wait_for(lambda count=count: len(editor.sections) == count or None, "the question")
    uri, _ = make_uri(".xyz")
    editor.open(uri, "", language="cobol")
    assert len(await editor.shown(uri, 1)) == 1
    assert await editor.quit() == 0
    assert b"Traceback" not in editor.errors


async def test_a_client_that_refuses_its_configuration_is_served(start_raw):
    """An error, or an answer of the wrong shape, leaves the settings as they are."""
    for outcome in ({"error": {"code": 1, "message": "no"}}, {"result": "none"}, {"result": []}):
        client = await start_raw()
        await client.initialize(capabilities={"workspace": {"configuration": True}})
        asked = await client.asked("workspace/configuration")
        await client.send({"jsonrpc": "2.0", "id": asked["id"], **outcome})
        await client.is_alive()
        assert await client.finish() == 0
        assert b"Traceback" not in client.errors


async def test_a_client_that_never_answers_can_shut_down(start_raw):
    """A question of ours that stays without an answer ends with the session."""
    client = await start_raw()
    await client.initialize(capabilities={"workspace": {"configuration": True}})
    await client.asked("workspace/configuration")
    assert await client.finish() == 0
    assert b"Traceback" not in client.errors


async def test_changes_are_subscribed_to_where_the_client_wants_that(start_raw):
    """A client with dynamic registration is asked to tell of changed settings; it may refuse."""
    client = await start_raw()
    capabilities = {"workspace": {"didChangeConfiguration": {"dynamicRegistration": True}}}
    await client.initialize(capabilities=capabilities)
    asked = await client.asked("client/registerCapability")
    (registration,) = asked["params"]["registrations"]
    assert registration["method"] == "workspace/didChangeConfiguration"
    await client.answer(asked, error={"code": -32601, "message": "not today"})
    await client.is_alive()
    assert await client.finish() == 0
    assert b"Traceback" not in client.errors


async def test_a_workspace_may_not_choose_the_runtime_nor_raise_limits(start_editor):
    """Each attempt is refused with a sentence; the user's own values stay in force."""
    editor = await start_editor(
        options={"timeoutSeconds": 5, "memoryMegabytes": 500},
        configuration={
            "runtime": "docker",
            "runtimeClass": "runc",
            "timeoutSeconds": 6,
            "memoryMegabytes": 501,
        },
    )
    await editor.warned("wic.runtime ", "cannot be set by a workspace", "in force is auto")
    await editor.warned("wic.runtimeClass", "cannot be set by a workspace", "in force is none")
    await editor.warned("wic.timeoutSeconds", "cannot be raised", "in force is 5")
    await editor.warned("wic.memoryMegabytes", "cannot be raised", "in force is 500")
    assert await editor.quit() == 0


@engine
@needs_engine
async def test_a_workspace_may_lower_limits(start_editor):
    """A workspace may ask for less time than the user grants."""
    editor = await start_editor(configuration={"timeoutSeconds": 0.5, "flags": ENDLESS_FLAGS})
    await editor.wait_for(lambda: editor.sections or None, "the question")
    await editor.run("wic.checkNow")  # the answer to the question was read before this
    uri, _ = make_uri()
    (found,) = await editor.check(uri, ENDLESS)
    assert "0.5 s" in found.message
    assert await editor.quit() == 0


@pytest.mark.parametrize("wrapped", [True, False])
async def test_the_user_may_choose_at_start(start_editor, wrapped):
    """InitializationOptions may name a runtime, in the section `wic` or without it."""
    options = {"runtime": "moonbase"}
    editor = await start_editor(options={"wic": options} if wrapped else options)
    uri, _ = make_uri()
    (found,) = await editor.check(uri, CLEAN)
    assert "'moonbase'" in found.message
    assert editor.messages == []
    assert await editor.quit() == 0


@engine
@needs_engine
async def test_settings_may_come_with_the_notification(start_editor):
    """A client that cannot be asked sends its settings with didChangeConfiguration."""
    editor = await start_editor()
    uri, _ = make_uri()
    assert await editor.check(uri, UNUSED) == []
    after = len(editor.published)
    await editor.configure({"flags": {"cpp": ["-Wall"]}})
    assert len(await editor.shown(uri, 1, after=after)) == 1
    assert editor.sections == []
    await editor.configure({"runtime": "docker"})
    await editor.warned("wic.runtime", "cannot be set by a workspace")
    assert await editor.quit() == 0


async def test_the_users_own_file_is_read(start_editor, tmp_path):
    """The file in the user's own configuration folder may choose what a workspace may not."""
    (tmp_path / "wic").mkdir()
    (tmp_path / "wic" / "config.toml").write_text('runtime = "moonbase"\n', encoding="utf-8")
    editor = await start_editor(environment={"XDG_CONFIG_HOME": str(tmp_path)})
    uri, _ = make_uri()
    (found,) = await editor.check(uri, CLEAN)
    assert "'moonbase'" in found.message
    assert await editor.quit() == 0


async def test_a_broken_file_of_the_users_is_told(start_editor, tmp_path):
    """A file that cannot be read is named, and passed over."""
    (tmp_path / "wic").mkdir()
    (tmp_path / "wic" / "config.toml").write_text("runtime = \n", encoding="utf-8")
    editor = await start_editor(environment={"XDG_CONFIG_HOME": str(tmp_path)})
    await editor.warned("config.toml", "cannot be read")
    assert await editor.quit() == 0
