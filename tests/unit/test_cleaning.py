"""What dead servers left is removed at the right moment, from the runtimes that the setting allows alone."""

from __future__ import annotations

import asyncio
import logging

import pytest

from tests.unit.fake_runtime import FakeRuntime
from wic_lsp.config import Settings
from wic_lsp.lsp import cleaning as module
from wic_lsp.lsp.cleaning import Cleaning
from wic_lsp.selection import Engine, Selector
from wic_runtimes.contract import Leftovers
from wic_runtimes.errors import RuntimeUnavailable


class Workshop:
    """Engines that note what is asked of them; each collection waits for `may_end`."""

    def __init__(self):
        self.log: list[str] = []
        self.failures: dict[str, Exception] = {}
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.all_ended = asyncio.Event()
        self.selector = Selector(self.engine, lambda: ["sandbox", "docker", "moon"])

    async def engine(self, name, settings):
        """Make a runtime, or fail as the test says."""
        self.log.append(f"make {name} {settings.runtime_class}".strip())
        if name in self.failures:
            raise self.failures[name]
        runtime = FakeRuntime()

        async def collect_garbage():
            await self.may_end.wait()
            self.log.append(f"collect {name}")
            if name == "moon":
                self.all_ended.set()
            return Leftovers((f"a thing of {name}",))

        runtime.collect_garbage = collect_garbage
        return Engine(runtime, None)


@pytest.fixture
async def workshop():
    return Workshop()


async def settle():
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_at_the_start_only_the_first_runtime_is_cleaned(workshop, caplog):
    """The others, whose clients are slow to load, follow the first result, once."""
    caplog.set_level(logging.INFO, "wic_lsp.lsp.cleaning")
    cleaning = Cleaning(workshop)
    cleaning.begin(Settings())
    await settle()
    assert workshop.log == ["make sandbox", "collect sandbox"]
    workshop.log.clear()
    cleaning.go_on()
    cleaning.go_on()
    await settle()
    assert workshop.log == ["make docker", "collect docker", "make moon", "collect moon"]
    names = ("sandbox", "docker", "moon")
    assert caplog.messages == [f"removed what a dead server left: a thing of {name}" for name in names]
    await cleaning.aclose()


async def test_without_any_result_the_others_are_cleaned_after_a_while(workshop, monkeypatch):
    """A server that nobody asks for anything removes what another left all the same."""
    monkeypatch.setattr(module, "_QUIET_S", 0.0)
    cleaning = Cleaning(workshop)
    cleaning.begin(Settings())
    await workshop.all_ended.wait()
    assert workshop.log[-1] == "collect moon"
    await cleaning.aclose()


@pytest.mark.parametrize("runtime", ["sandbox", "docker"])
async def test_a_runtime_that_the_setting_excludes_is_never_made(workshop, runtime):
    """Whoever chose one pays for no other."""
    cleaning = Cleaning(workshop)
    cleaning.begin(Settings(runtime=runtime, runtime_class="runsc"))
    cleaning.go_on()
    await settle()
    assert workshop.log == [f"make {runtime} runsc", f"collect {runtime}"]
    await cleaning.aclose()


async def test_a_runtime_that_fails_does_not_keep_the_others_from_being_cleaned(workshop):
    """It is not here, so nothing of ours is in it."""
    workshop.failures["docker"] = RuntimeUnavailable("Down.")
    cleaning = Cleaning(workshop)
    cleaning.begin(Settings())
    cleaning.go_on()
    await settle()
    assert workshop.log[-3:] == ["make docker", "make moon", "collect moon"]
    await cleaning.aclose()


async def test_a_session_that_ends_begins_nothing_more_and_waits_for_what_has_begun(workshop):
    """No task and no timer is left, and the runtimes can be closed."""
    workshop.may_end.clear()
    cleaning = Cleaning(workshop)
    cleaning.begin(Settings())
    await settle()
    closing = asyncio.create_task(cleaning.aclose())
    await settle()
    assert not closing.done()
    workshop.may_end.set()
    await closing
    cleaning.go_on()
    await settle()
    assert workshop.log == ["make sandbox", "collect sandbox"]
    assert len(asyncio.all_tasks()) == 1


async def test_a_result_before_the_start_is_no_matter(workshop):
    """Cleaning begins when it is told to, and ends without having begun."""
    cleaning = Cleaning(workshop)
    cleaning.go_on()
    await cleaning.aclose()
    assert workshop.log == []
