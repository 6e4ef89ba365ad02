"""Putting the parts together: engines by name and options, the user's file, and where things are kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.fake_runtime import FakeRuntime, finished, program
from wic_lsp import assembly
from wic_lsp.assembly import Workshop, cache_folder, own_auto_order, read_user_file, user_file
from wic_lsp.config import Settings
from wic_lsp.model import Snippet
from wic_lsp.sharing import NoObserver, OpenGate
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


@pytest.fixture
def closed(monkeypatch):
    """Give the names of the runtimes that were closed, and the event that each closing waits for."""
    closed, may_close = [], asyncio.Event()
    may_close.set()

    async def aclose(self):
        await may_close.wait()
        closed.append(self.name)

    monkeypatch.setattr(FakeRuntime, "aclose", aclose)
    return closed, may_close


GVISOR = Settings(runtime_class="runsc")


async def test_an_engine_is_made_when_it_is_first_asked_for(made):
    """It is made once, with the options that were given and what the settings say."""
    workshop = Workshop({"spares": False})
    assert made == []
    engine = await workshop.engine("sandbox", Settings())
    assert await workshop.engine("sandbox", Settings(timeout_s=3)) is engine
    assert made == [("sandbox", {"spares": False, "runtime_class": ""})]


async def test_another_runtime_class_is_another_engine(made, closed):
    """The old one is closed before the new one is made: there are never two of one name."""
    names, may_close = closed
    workshop = Workshop({})
    old = await workshop.engine("docker", Settings())
    other = await workshop.engine("sandbox", Settings())
    may_close.clear()
    asking = asyncio.create_task(workshop.engine("docker", GVISOR))
    again = asyncio.create_task(workshop.engine("docker", GVISOR))
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(made) == 2
    may_close.set()
    new = await asking
    assert new is not old
    assert await again is new
    assert names == ["docker"]
    assert made[2] == ("docker", {"runtime_class": "runsc"})
    assert await workshop.engine("sandbox", Settings()) is other
    await workshop.aclose()
    assert sorted(names) == ["docker", "docker", "sandbox"]


async def test_a_check_that_is_cancelled_leaves_no_engine_half_closed(made, closed):
    """Closing goes on to its end, and is waited for when all is closed."""
    names, may_close = closed
    workshop = Workshop({})
    await workshop.engine("docker", Settings())
    may_close.clear()
    asking = asyncio.create_task(workshop.engine("docker", GVISOR))
    await asyncio.sleep(0)
    asking.cancel()
    closing = asyncio.create_task(workshop.aclose())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not closing.done()
    may_close.set()
    await closing
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert names == ["docker"]
    assert len(made) == 1


async def test_an_engine_that_was_closed_is_made_anew(made, closed):
    """Every runtime is closed, and the next check starts afresh."""
    names, _ = closed
    workshop = Workshop({})
    first = await workshop.engine("a", Settings())
    await workshop.engine("b", Settings())
    await workshop.aclose()
    await workshop.aclose()
    assert sorted(names) == ["a", "b"]
    assert await workshop.engine("a", Settings()) is not first


async def test_a_runtime_that_does_not_close_keeps_no_other_open(made, closed, monkeypatch):
    """All are closed, and then the failure is raised."""
    workshop = Workshop({})
    broken = (await workshop.engine("a", Settings())).runtime
    await workshop.engine("b", Settings())

    async def fail():
        raise OSError(5, "broken")

    monkeypatch.setattr(broken, "aclose", fail)
    with pytest.raises(OSError, match="broken"):
        await workshop.aclose()
    assert closed[0] == ["b"]


async def test_nothing_weaker_is_taken_for_a_runtime_that_is_not_there():
    """An unknown name is an error, and the check that wanted it was not run."""
    workshop = Workshop({})
    with pytest.raises(RuntimeUnavailable, match=r"There is no runtime 'sandbx'\. Did you mean 'sandbox'\?"):
        await workshop.engine("sandbx", Settings())
    result = await workshop.pipeline.check(Snippet("", "c", "t.c"), Settings(runtime="sandbx"))
    assert (result.outcome, result.runtime) == (None, "sandbx")


@pytest.mark.parametrize(
    ("host", "installed", "order"),
    [
        ("10.0.0.1", ("docker", "kubernetes", "sandbox"), ("kubernetes",)),
        ("10.0.0.1", ("docker", "sandbox"), ("sandbox", "docker")),
        ("", ("docker", "kubernetes", "sandbox"), ("sandbox", "docker")),
        (None, ("docker", "kubernetes", "sandbox"), ("sandbox", "docker")),
    ],
)
def test_auto_is_the_cluster_where_there_is_one(monkeypatch, host, installed, order):
    """A pod has KUBERNETES_SERVICE_HOST; the runtime must be installed as well."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    if host is not None:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setattr(assembly.registry, "runtime_names", lambda: installed)
    assert own_auto_order() == order


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


class Counter(OpenGate, NoObserver):
    """Counts what was compiled and what was recalled."""

    def __init__(self):
        self.compiles = self.recalls = 0

    def compiled(self, runtime, toolchain, output):
        """Count it."""
        self.compiles += 1

    def recalled(self, runtime, toolchain):
        """Count it."""
        self.recalls += 1


@pytest.fixture
def workshop(monkeypatch, tmp_path):
    """Give a workshop whose one runtime is a fake GCC, with a cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    answer = {"/usr/bin/gcc": lambda job: finished(b"" if job.files else b"12.2.0")}
    monkeypatch.setattr(
        assembly.registry, "create_runtime", lambda *_: FakeRuntime([program("/usr/bin/gcc")], answer)
    )
    return Workshop({})


SNIPPET = Snippet("int x;", "c", "t.c")


async def test_clients_share_what_they_compile_and_one_that_does_not_remember_shares_nothing(workshop):
    """Neither in memory, nor on disk, nor what is under way: a probe that recalls would try nothing."""
    probe, client, other = Counter(), Counter(), Counter()
    remembering = [workshop.share_pipeline(one, one) for one in (client, other)]
    forgetful = workshop.share_pipeline(probe, probe, remembers=False)
    settings = Settings(runtime="sandbox")
    await asyncio.gather(*(one.check(SNIPPET, settings) for one in (*remembering, forgetful)))
    assert (client.compiles + other.compiles, client.recalls + other.recalls, probe.compiles) == (1, 1, 1)
    for _ in range(2):
        await forgetful.check(SNIPPET, settings)
    assert (probe.compiles, probe.recalls) == (3, 0)
    await workshop.aclose()


async def test_what_a_pipeline_that_does_not_remember_compiled_is_nowhere(workshop, tmp_path):
    """Nobody recalls it, and no file is made for it."""
    settings, client = Settings(runtime="sandbox"), Counter()
    await workshop.fresh_pipeline().check(SNIPPET, settings)
    await workshop.aclose()
    assert not (tmp_path / "cache/wic/results").exists()
    await workshop.share_pipeline(client, client).check(SNIPPET, settings)
    assert client.compiles == 1
    await workshop.aclose()
    assert (tmp_path / "cache/wic/results").exists()


async def test_a_workshop_that_was_closed_compiles_afresh(workshop):
    """What is on disk is not taken for what the new runtime says."""
    settings, client = Settings(runtime="sandbox"), Counter()
    pipeline = workshop.share_pipeline(client, client)
    await pipeline.check(SNIPPET, settings)
    await workshop.aclose()
    await pipeline.check(SNIPPET, settings)
    assert client.compiles == 2
    await workshop.aclose()
