"""Pulling images over a session, with a runtime that keeps images and does what the test says."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager

import pytest
from lsprotocol import types

from tests.unit.fake_runtime import FakeRuntime, finished
from wic_lsp import assembly
from wic_lsp.config import Origin
from wic_lsp.lsp.client import Client
from wic_lsp.lsp.features.images import offer_pulls
from wic_lsp.lsp.session import Session
from wic_lsp.lsp.terms import terms_alone
from wic_lsp.positions import Encoding
from wic_lsp.stores import find_stores, image_of
from wic_runtimes.contract import Image, Transfer
from wic_runtimes.errors import ImageUnavailable, JobRejected, RuntimeUnavailable

URI = "file:///t.c"


def compile_cleanly(job):
    """Answer as GCC 13, which has nothing to say."""
    return finished(b"13.2.0\n") if "-dumpfullversion" in job.argv else finished(stderr=b"[]\n")


class FakeStore(FakeRuntime):
    """A runtime without any image at first; `pulls` are those that were begun, each ended by `end`."""

    def __init__(self):
        super().__init__()
        self.images = {}
        self.pulls = []
        self.has_begun = asyncio.Event()
        self._ends = {}

    def has_recipe(self, name):
        """Have none."""
        return False

    async def pull_image(self, name, report):
        """Wait for the test's word."""
        self.pulls.append(name)
        self._ends[name] = asyncio.get_running_loop().create_future()
        self.has_begun.set()
        report(Transfer("downloading", 1, 4))
        try:
            await self._ends[name]
        finally:
            self.has_begun.clear()
        self.images[name] = "sha256:new"
        self.answers[f"{name}@sha256:new"] = compile_cleanly
        return Image(name, "sha256:new")

    async def build_image(self, name, report, *, network=""):
        """Have no recipe."""
        raise ImageUnavailable(f"There is no recipe for {name}.")

    def end(self, name, failure=None):
        """Let a pull succeed, or fail."""
        if failure is None:
            self._ends[name].set_result(None)
        else:
            self._ends[name].set_exception(failure)


class FakeOutbox:
    """Remembers what a client would be shown."""

    def __init__(self):
        self.shown = []
        self.warned = []
        self.refreshes = 0
        self.published = asyncio.Queue()
        self.statuses = []

    def publish(self, uri, version, diagnostics):
        """Keep it for whoever waits."""
        self.published.put_nowait(diagnostics)

    def tell_status(self, uri, version, status, reason):
        """Keep it."""
        self.statuses.append((uri, version, status.value, reason))

    def refresh(self):
        """Count it."""
        self.refreshes += 1

    def refresh_lenses(self):
        """Ask for none."""

    def warn(self, problem):
        """Keep it."""
        self.warned.append(problem.message)

    def part(self, reason):
        """Nothing here ends a conversation."""
        raise AssertionError(reason)

    @contextmanager
    def progress(self, title, uri):
        """Show nothing."""
        yield

    @contextmanager
    def pull_progress(self, image):
        """Keep what is told between beginning and end."""
        self.shown.append(f"begin {image}")
        try:
            yield self.shown.append
        finally:
            self.shown.append("end")


@pytest.fixture
async def store(monkeypatch):
    store = FakeStore()
    monkeypatch.setattr(assembly.registry, "create_runtime", lambda name, options: store)
    monkeypatch.setattr(assembly, "cache_folder", lambda: None)
    return store


@pytest.fixture
def outbox():
    return FakeOutbox()


@pytest.fixture
async def session(store, outbox):
    session = Session(terms_alone(assembly.Workshop({}), {"runtime": "fake"}), outbox)
    window = types.WindowClientCapabilities(work_done_progress=True)
    params = types.InitializeParams(types.ClientCapabilities(window=window))
    session.begin(Client.of(params, Encoding.UTF16))
    session.configure("start", Origin.USER, {"toolchains": {"c": ["gcc-13"]}})
    yield session
    await session.aclose()


@pytest.fixture
async def lacking(session, outbox):
    """Give the diagnostics of a document that lacks its compiler's image."""
    session.open(types.TextDocumentItem(URI, "c", 1, "int x;\n"))
    return await outbox.published.get()


async def begun(session, store, image="gcc:13"):
    """Begin a pull and wait until the runtime has begun."""
    pull = asyncio.create_task(session.pull_image(image))
    await store.has_begun.wait()
    return pull


async def test_what_lacks_its_image_is_checked_again_when_it_has_come(session, store, outbox, lacking):
    """The answer is true, the progress was shown, and the diagnostic goes by itself."""
    (diagnostic,) = lacking
    assert diagnostic.message.startswith("Not compiled: The image gcc:13 is not here.")
    pull = await begun(session, store)
    store.end("gcc:13")
    assert await pull is True
    assert await outbox.published.get() == ()
    assert outbox.shown == ["begin gcc:13", Transfer("downloading", 1, 4), "end"]
    assert outbox.warned == []


async def test_the_pull_of_a_missing_image_is_offered(session, lacking):
    """A quick fix with the command, where the diagnostic is asked about and nowhere else."""
    checked = session.current(URI)
    (action,) = offer_pulls(checked, lambda range_: range_ == lacking[0].range)
    assert (action.title, action.kind) == ("Pull the image gcc:13", types.CodeActionKind.QuickFix)
    assert (action.command.command, action.command.arguments) == ("wic.pullImage", ["gcc:13"])
    assert action.diagnostics == [lacking[0]]
    assert list(offer_pulls(checked, lambda range_: False)) == []


async def test_nothing_is_offered_for_an_image_that_is_not_ours(session, lacking):
    """A runtime may name any image."""
    lacking[0].data = {"missingImage": "evil:1"}
    assert list(offer_pulls(session.current(URI), lambda range_: True)) == []


async def test_nothing_is_pulled_unasked(session, store, outbox, lacking):
    """Neither for a check nor for its edits."""
    change = types.TextDocumentContentChangeWholeDocument("int y;\n")
    session.change(URI, [change], 2)
    session.save(URI)
    await outbox.published.get()
    assert store.pulls == []


async def test_two_who_want_an_image_share_one_pull(session, store):
    """Both get its answer; another image is another pull."""
    first = await begun(session, store)
    second = asyncio.create_task(session.pull_image("gcc:13"))
    other = asyncio.create_task(session.pull_image("gcc:12"))
    await asyncio.sleep(0)
    store.end("gcc:13")
    assert await asyncio.gather(first, second) == [True, True]
    store.end("gcc:12")
    assert await other is True
    assert store.pulls == ["gcc:13", "gcc:12"]


async def test_a_pull_goes_on_while_somebody_waits_for_it(session, store):
    """One who gives up ends it for nobody else; the last one does."""
    first = await begun(session, store)
    second = asyncio.create_task(session.pull_image("gcc:13"))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    assert store.has_begun.is_set()
    second.cancel()
    await asyncio.wait([second])
    assert not store.has_begun.is_set()
    assert (first.cancelled(), second.cancelled()) == (True, True)


async def test_the_button_ends_a_pull_for_all(session, store, outbox):
    """The answer is false; there is nothing to warn of, and the image can be pulled afresh."""
    first = await begun(session, store)
    second = asyncio.create_task(session.pull_image("gcc:13"))
    await asyncio.sleep(0)
    session.cancel_pull("gcc:13")
    session.cancel_pull("gcc:12")
    assert await asyncio.gather(first, second) == [False, False]
    assert (outbox.shown[-1], outbox.warned) == ("end", [])
    again = await begun(session, store)
    store.end("gcc:13")
    assert await again is True


async def test_a_pull_that_fails_is_shown_once_and_answered_to_all(session, store, outbox, lacking):
    """What lacked the image still does."""
    pulls = [await begun(session, store), asyncio.create_task(session.pull_image("gcc:13"))]
    await asyncio.sleep(0)
    store.end("gcc:13", ImageUnavailable("It is on fire.", "Wait.", "gcc:13"))
    for pull in pulls:
        with pytest.raises(ImageUnavailable, match="It is on fire"):
            await pull
    assert outbox.warned == ["It is on fire. Wait."]
    assert outbox.shown[-1] == "end"
    assert outbox.published.empty()


async def test_a_client_without_progress_is_shown_none(session, store, outbox):
    """And the pull is as ever."""
    session.begin(Client.of(types.InitializeParams(types.ClientCapabilities()), Encoding.UTF16))
    pull = await begun(session, store)
    store.end("gcc:13")
    assert await pull is True
    assert outbox.shown == []


async def test_the_end_of_a_session_ends_its_pulls(session, store):
    """So does a restart of the runtime."""
    for end in (session.restart_runtime, session.aclose):
        pull = await begun(session, store)
        await end()
        assert not store.has_begun.is_set()
        assert await pull is False


async def test_a_runtime_without_images_pulls_none(session, monkeypatch, outbox):
    """The failure says so."""
    monkeypatch.setattr(assembly.registry, "create_runtime", lambda name, options: FakeRuntime())
    with pytest.raises(RuntimeUnavailable, match="None of these runtimes keeps images: fake"):
        await session.pull_image("gcc:13")
    assert len(outbox.warned) == 1


async def test_a_runtime_that_cannot_be_made_says_why(store, session, monkeypatch):
    """It is passed over where another one keeps images."""

    def create(name, options):
        if name == "broken":
            raise RuntimeUnavailable("It is broken.")
        return store

    monkeypatch.setattr(assembly.registry, "create_runtime", create)
    workshop = assembly.Workshop({})
    (found,) = await find_stores(workshop, ["broken", "fake", "fake"], session.settings)
    assert (found.name, found.images) == ("fake", store)
    with pytest.raises(RuntimeUnavailable, match="It is broken"):
        await find_stores(workshop, ["broken"], session.settings)


@pytest.mark.parametrize(
    ("word", "image"),
    [("gcc-13", "gcc:13"), ("gcc:13", "gcc:13"), ("clang-19", "silkeh/clang:19")],
)
def test_an_image_is_meant_by_its_name_or_its_toolchains(word, image):
    """Both are what `wic images list` shows."""
    assert image_of(word) == image


@pytest.mark.parametrize(
    ("word", "hint"),
    [("gcc-99", "gcc-9"), ("gc:13", "gcc:13"), ("evil/miner:1", "wic images list"), ("", "wic images list")],
)
def test_no_other_image_is_ever_meant(word, hint):
    """The refusal names the nearest one, if there is one."""
    with pytest.raises(JobRejected) as caught:
        image_of(word)
    assert hint in caught.value.remedy
