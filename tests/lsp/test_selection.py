"""Where the server compiles when it may choose: the sandbox, else Docker, and it says which and why."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from tests.conformance.traces import processes_with, until
from tests.lsp.programs import CLEAN, ENDLESS, ENDLESS_FLAGS, WRONG, make_uri

pytestmark = [pytest.mark.engine("docker"), pytest.mark.usefixtures("engine", "docker")]
GCC_12 = {"toolchains": {"cpp": ["gcc-12"]}}


@pytest.fixture
def no_compilers(tmp_path):
    """Give the environment of a machine where the sandbox works and no compiler is installed."""
    for program in ("bwrap", "prlimit"):
        if found := shutil.which(program):
            (tmp_path / program).symlink_to(found)
    return {"PATH": str(tmp_path)}


@pytest.mark.parametrize("pulls", [True, False])
async def test_without_a_compiler_on_the_machine_docker_compiles(start_editor, no_compilers, pulls):
    """What was found is shown; the output that the user may ask for says where it ran and why there."""
    editor = await start_editor(pulls=pulls, options=GCC_12, environment=no_compilers)
    uri, _ = make_uri()
    (found,) = await editor.check(uri, WRONG)
    assert found.source == "wic gcc-12"
    (output,) = await editor.run("wic.showOutput", uri)
    assert (output["runtime"], output["toolchain"]) == ("docker", "gcc-12")
    why = (
        "It has the toolchain; sandbox has not (There is no C++ toolchain 'gcc-12' in the runtime 'sandbox')."
    )
    assert output["why"] == why
    await editor.wait_for(
        lambda: [one for one in editor.logged if one.message == f"C++: gcc-12 in docker. {why}"] or None,
        "the log",
    )
    assert await editor.quit() == 0


@pytest.mark.parametrize("is_on_command_line", [True, False])
async def test_a_sandbox_that_was_chosen_is_not_replaced(start_editor, no_compilers, is_on_command_line):
    """The user is told that it has no compiler, and nothing is compiled elsewhere."""
    words = ("--runtime", "sandbox") if is_on_command_line else ()
    options = None if is_on_command_line else {"runtime": "sandbox"}
    editor = await start_editor(None, *words, options=options, environment=no_compilers)
    uri, _ = make_uri()
    (found,) = await editor.check(uri, CLEAN)
    assert found.code == "not-run"
    assert "No C++ compiler was found for the runtime 'sandbox'." in found.message
    assert "docker" not in found.message
    assert await editor.quit() == 0


@pytest.mark.parametrize("is_on_command_line", [True, False])
async def test_what_runs_the_containers_is_the_users_choice(start_editor, is_on_command_line):
    """It reaches the engine, which here has none of that name."""
    options = {**GCC_12, "runtime": "docker"}
    words = ("--runtime-class", "no-such-class") if is_on_command_line else ()
    options |= {} if is_on_command_line else {"runtimeClass": "no-such-class"}
    editor = await start_editor(None, *words, options=options)
    uri, _ = make_uri()
    (found,) = await editor.check(uri, CLEAN)
    assert found.code == "not-run"
    assert "no-such-class" in found.message
    assert await editor.quit() == 0


@pytest.mark.parametrize("opens", [True, False])
async def test_the_next_server_removes_a_killed_ones_containers(start_raw, no_compilers, own_engine, opens):
    """Even one that compiles in the sandbox itself, after its first result, or where nobody wants any."""
    killed = await start_raw(**no_compilers, DOCKER_HOST=own_engine.url)
    options = {**GCC_12, "flags": ENDLESS_FLAGS, "timeoutSeconds": 600}
    await killed.initialize(initializationOptions=options)
    uri, name = make_uri()
    await killed.open(uri, ENDLESS)
    await until(lambda: bool(processes_with(name)))
    os.kill(killed.process.pid, signal.SIGKILL)
    await killed.process.wait()
    assert own_engine.ours()
    following = await start_raw(DOCKER_HOST=own_engine.url)
    await following.initialize()
    if opens:
        await following.open(make_uri()[0], CLEAN)
    await until(lambda: not own_engine.ours())
    assert await following.finish() == 0
