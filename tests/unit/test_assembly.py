"""Putting the parts together: engines by name, the user's file, and where things are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fake_runtime import FakeRuntime
from wic_lsp import assembly
from wic_lsp.assembly import DEFAULT_RUNTIME, Workshop, cache_folder, read_user_file, user_file
from wic_lsp.config import Settings
from wic_lsp.model import Snippet
from wic_runtimes.errors import RuntimeUnavailable


@pytest.fixture
def made(monkeypatch):
    """Name and options of every runtime that was made."""
    made = []

    def create(name, options):
        made.append((name, options))
        runtime = FakeRuntime()
        runtime.name = name
        return runtime

    monkeypatch.setattr(assembly.registry, "create_runtime", create)
    return made


def test_auto_is_the_sandbox(made):
    """It is made once, with the options that were given."""
    workshop = Workshop({"spares": False})
    assert made == []
    assert workshop.engine("auto") is workshop.engine(DEFAULT_RUNTIME) is workshop.engine("auto")
    assert made == [("sandbox", {"spares": False})]


async def test_an_engine_that_was_closed_is_made_anew(made):
    """Every runtime is closed, and the next check starts afresh."""
    workshop = Workshop({})
    closed = []

    async def aclose():
        closed.append(1)

    workshop.engine("a").runtime.aclose = aclose
    first = workshop.engine("a")
    await workshop.aclose()
    await workshop.aclose()
    assert closed == [1]
    assert workshop.engine("a") is not first


async def test_nothing_weaker_is_taken_for_a_runtime_that_is_not_there():
    """An unknown name is an error, and the check that wanted it was not run."""
    workshop = Workshop({})
    with pytest.raises(RuntimeUnavailable, match=r"There is no runtime 'sandbx'\. Did you mean 'sandbox'\?"):
        workshop.engine("sandbx")
    result = await workshop.pipeline.check(Snippet("", "c", "t.c"), Settings(runtime="sandbx"))
    assert (result.outcome, result.runtime) == (None, "sandbx")


def test_folders_are_the_users(monkeypatch, tmp_path):
    """As the XDG base directory specification has them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert cache_folder() == tmp_path / "cache" / "wic"
    assert user_file() == tmp_path / "config" / "wic" / "config.toml"


def test_a_users_file_is_read(tmp_path):
    """TOML, in UTF-8."""
    file = tmp_path / "config.toml"
    file.write_text('runtime = "sandbox"\n[flags]\nc = ["-DÄ"]\n', encoding="utf-8")
    assert read_user_file(file) == ({"runtime": "sandbox", "flags": {"c": ["-DÄ"]}}, ())


def test_no_file_is_no_problem(tmp_path):
    """Most users have none."""
    assert read_user_file(tmp_path / "none" / "config.toml") == (None, ())


@pytest.mark.parametrize("content", [b"a = ", b"\xff", b"a = 1\na = 2", b"\0"])
def test_a_broken_file_is_a_problem(tmp_path, content):
    """The problem names the file; no setting of it is in force."""
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    layer, (problem,) = read_user_file(file)
    assert layer is None
    assert str(file) in problem.message
    assert problem.message.endswith("it is passed over.")


def test_a_folder_in_the_files_place_is_a_problem(tmp_path):
    """What cannot be read is told, whatever it is."""
    layer, (problem,) = read_user_file(Path(tmp_path))
    assert layer is None
    assert "cannot be read" in problem.message
