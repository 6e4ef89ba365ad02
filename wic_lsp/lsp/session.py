"""One client's session: its documents, its settings, what was found in each document, and who is told.

The rule that is kept here: a result is accepted only for the version that is open at that moment, and what
could not be compiled is shown as that. Delivery is of one kind for the whole session, chosen at initialize:
results are pushed when they come, or kept until the client pulls them. Features call this; it calls none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import PurePosixPath
from typing import Protocol

from lsprotocol import types

from wic_lsp.config import Origin, Problem, resolve
from wic_lsp.lsp.cleaning import Cleaning
from wic_lsp.lsp.client import Client
from wic_lsp.lsp.documents import DocumentSnapshot, DocumentStore, TooManyDocuments, UnknownDocument
from wic_lsp.lsp.planning import path_of, plan
from wic_lsp.lsp.present import present_results
from wic_lsp.lsp.pulls import Pulls
from wic_lsp.lsp.terms import Terms
from wic_lsp.model import CheckResult
from wic_lsp.plans import Compile, carry_out
from wic_lsp.positions import Encoding
from wic_lsp.scheduler import Scheduler
from wic_runtimes.contract import Transfer
from wic_runtimes.errors import RuntimeFailure
from wic_runtimes.waiting import outlast

_log = logging.getLogger(__name__)


class Superseded(Exception):  # noqa: N818 - no error: the text has changed meanwhile
    """The awaited result will not come: the document has changed, or it is not open any more.

    `may_ask_again` says whether there is another result to wait for.
    """

    def __init__(self, *, may_ask_again: bool) -> None:
        super().__init__(may_ask_again)
        self.may_ask_again = may_ask_again


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of one version of a document. `id` differs from result to result."""

    id: str
    version: int
    results: tuple[CheckResult, ...]
    diagnostics: tuple[types.Diagnostic, ...]


@dataclass(slots=True)
class _State:
    """What the session keeps for one open document."""

    checked: Checked | None = None
    waiters: list[tuple[int, asyncio.Future[Checked]]] = field(default_factory=list)

    def drop_waiters(self, version: int | None, *, may_ask_again: bool) -> None:
        """Tell those that wait for another version than `version` that it will not come."""
        for wanted, future in self.waiters:
            if wanted != version and not future.done():
                future.set_exception(Superseded(may_ask_again=may_ask_again))
        self.waiters = [(wanted, future) for wanted, future in self.waiters if wanted == version]


class Outbox(Protocol):
    """What a session tells its client."""

    def publish(self, uri: str, version: int | None, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Show a document's diagnostics (push)."""

    def refresh(self) -> None:
        """Ask the client to pull again."""

    def warn(self, problem: Problem) -> None:
        """Show a problem with the settings."""

    def part(self, reason: str) -> None:
        """End the conversation, and say why."""

    def progress(self, title: str, uri: str) -> AbstractContextManager[object]:
        """Show that a check takes long, from a second on, until the end of the `with` block."""

    def pull_progress(self, image: str) -> AbstractContextManager[Callable[[Transfer], None]]:
        """Show the pull of an image until the end of the `with` block, which says how far it has come."""


class Session:
    """Everything that lasts as long as one client stays.

    Engines that are not shared end with it, and what dead servers left to them is removed by it.
    """

    def __init__(self, terms: Terms, outbox: Outbox) -> None:
        self.terms = terms
        self.client: Client | None = None
        self.documents = DocumentStore(Encoding.UTF16, terms.room)
        self.settings = terms.base
        self._outbox = outbox
        self._layers: dict[str, tuple[Origin, object]] = {}
        self._shown: set[str] = set()
        self._states: dict[str, _State] = {}
        self._shows: set[asyncio.Task[tuple[CheckResult, ...]]] = set()
        self._scheduler = Scheduler(self._check)
        self._count = 0
        self._cleaning = None if terms.is_shared else Cleaning(terms.workshop)
        self._pulls = Pulls(terms.workshop, self._show_pull, self._warn_of_pull, self._check_without_image)

    def begin(self, client: Client) -> None:
        """Take in what the client can do."""
        self.client = client
        self.documents = DocumentStore(client.encoding, self.terms.room)

    def warm_up(self) -> None:
        """Load what the first result will need, while the client is still busy with our capabilities."""
        import_module("wic_lsp.parsers")
        if self._cleaning is not None:
            self._cleaning.begin(self.settings)

    def configure(self, layer: str, origin: Origin, options: object) -> None:
        """Set one layer of options; check every document again if that changes anything."""
        self._layers[layer] = (origin, options)
        names = ("file", "start", "workspace")
        layers = [self._layers[name] for name in names if name in self._layers]
        settings, problems = resolve([*layers, (Origin.USER, self.terms.forced)], self.terms.base)
        for problem in problems:
            self.report(problem)
        if settings != self.settings:
            self.settings = settings
            self.check_all()

    def report(self, problem: Problem) -> None:
        """Tell the user of a problem, once."""
        if problem.message not in self._shown:
            self._shown.add(problem.message)
            self._outbox.warn(problem)

    def open(self, item: types.TextDocumentItem) -> None:
        """Take in a document and check it at once; one that is open already is replaced."""
        try:
            document = self.documents.open(item)
        except TooManyDocuments:
            self._outbox.part("You have opened many more documents than this server keeps.")
            return
        previous = self._states.pop(document.uri, None)
        if previous is not None:
            previous.drop_waiters(None, may_ask_again=True)
        self._states[document.uri] = _State()
        self.check_now(document.uri)

    def change(self, uri: str, changes: Sequence[types.TextDocumentContentChangeEvent], version: int) -> None:
        """Follow an edit; the check of it waits for the debounce. Raises UnknownDocument."""
        document = self.documents.change(uri, changes, version)
        self._states[uri].drop_waiters(document.version, may_ask_again=True)
        debounce = self.settings.debounce_ms
        delay_s = None if debounce is None else debounce / 1000
        self._scheduler.request(uri, document.version, delay_s=delay_s, at_once=delay_s == 0)

    def close(self, uri: str) -> None:
        """Forget a document, end its check, and clear what is shown for it."""
        self._scheduler.forget(uri)
        state = self._states.pop(uri, None)
        if state is not None:
            state.drop_waiters(None, may_ask_again=False)
        if self.documents.close(uri) is not None and not self.pulls:
            self._outbox.publish(uri, None, ())

    def save(self, uri: str) -> None:
        """Check a document without delay unless that was done; what was not compiled is tried again."""
        document, known = self.documents.get(uri), self.current(uri)
        if document is not None and (known is None or not all(one.is_complete for one in known.results)):
            self._scheduler.hurry(uri, document.version)

    def check_now(self, uri: str) -> None:
        """Check an open document afresh and without delay. Raises UnknownDocument."""
        document = self.documents.get(uri)
        if document is None:
            raise UnknownDocument(uri)
        self._scheduler.request(uri, document.version, at_once=True)

    def check_all(self) -> None:
        """Check every open document afresh."""
        for document in self.documents.all():
            self._states[document.uri].checked = None
            self.check_now(document.uri)
        if self.pulls:
            self._outbox.refresh()

    async def restart_runtime(self) -> None:
        """End every job and runtime, and check afresh on new ones. Not where they are shared."""
        for document in self.documents.all():
            self._scheduler.cancel(document.uri)
        await self._pulls.aclose()
        await self.terms.workshop.aclose()
        self.check_all()

    @property
    def pulls(self) -> bool:
        """Whether this client pulls its diagnostics."""
        return self.client is not None and self.client.pulls

    def current(self, uri: str) -> Checked | None:
        """Return the result for the version that is open now; None while there is none."""
        document, state = self.documents.get(uri), self._states.get(uri)
        if document is None or state is None or state.checked is None:
            return None
        return state.checked if state.checked.version == document.version else None

    async def wait_for_current(self, uri: str) -> Checked:
        """Return the result for the version that is open now, when it comes.

        Raises Superseded when the document changes or closes first, and where it is not open.
        """
        document = self.documents.get(uri)
        if document is None:
            raise Superseded(may_ask_again=False)
        known = self.current(uri)
        if known is not None:
            return known
        if not self._scheduler.is_busy(uri):
            self.check_now(uri)
        future: asyncio.Future[Checked] = asyncio.get_running_loop().create_future()
        self._states[uri].waiters.append((document.version, future))
        return await future

    def cancel_check(self, uri: str) -> None:
        """End the running check because the user said so, and show that."""
        document = self.documents.get(uri)
        self._scheduler.cancel(uri)
        if document is not None:
            cancelled = CheckResult(
                None,
                None,
                None,
                reason="You cancelled the check.",
                remedy="Edit the text or run the command Check Now.",
            )
            self._accept(document.snapshot(), (cancelled,))

    async def aclose(self) -> None:
        """End everything that the session started."""
        for state in self._states.values():
            state.drop_waiters(None, may_ask_again=False)
        await self._scheduler.aclose()
        for show in self._shows:
            show.cancel()
        await outlast(*self._shows)
        if self._cleaning is not None:
            await self._cleaning.aclose()
        await self._pulls.aclose()
        if not self.terms.is_shared:
            await self.terms.workshop.aclose()

    async def settle(self) -> None:
        """Wait until the checks that run now are delivered."""
        await self._scheduler.settle()
        if self._shows:
            await asyncio.wait(list(self._shows))

    async def pull_image(self, image: str) -> bool:
        """Pull an image of ours, then check what lacked one; False where that was cancelled.

        A failure is shown to the user, and raises RuntimeFailure.
        """
        return await self._pulls.pull(image, self.settings)

    def cancel_pull(self, image: str) -> None:
        """End the pull of an image because the user said so."""
        self._pulls.cancel(image)

    def _show_pull(self, image: str) -> AbstractContextManager[Callable[[Transfer], None]]:
        if self.client is not None and self.client.progress:
            return self._outbox.pull_progress(image)
        return nullcontext(lambda _: None)

    def _warn_of_pull(self, failure: RuntimeFailure) -> None:
        self._outbox.warn(Problem("wic", str(failure)))

    def _check_without_image(self) -> None:
        """Check afresh what lacked an image, and what is being checked: it may have looked too early."""
        for document in self.documents.all():
            checked = self.current(document.uri)
            if checked is None or any(one.missing_image for one in checked.results):
                self._states[document.uri].checked = None
                self.check_now(document.uri)
        if self.pulls:
            self._outbox.refresh()

    async def _check(self, uri: str, version: int) -> None:
        """Compile one version of a document; called by the scheduler, cancelled by it."""
        document = self.documents.get(uri)
        if document is None or document.version != version:
            return
        snapshot = document.snapshot()
        try:
            self._accept(snapshot, await self._compile(snapshot))
        except Exception:  # noqa: BLE001 - reported, logged with its traceback, and shown as "not compiled"
            # Our own fault, whatever it is: it must not look like "clean", nor like nothing at all.
            _log.exception("the check of %s failed", uri)
            failed = CheckResult(None, None, None, reason="wic itself failed.", remedy="Its log says more.")
            self._accept(snapshot, (failed,))

    async def _compile(self, snapshot: DocumentSnapshot) -> tuple[CheckResult, ...]:
        """Compile a document on every toolchain that was chosen for it, side by side."""
        shows_progress = self.client is not None and self.client.progress
        title = f"Compiling {PurePosixPath(path_of(snapshot.uri)).name}"
        with self._outbox.progress(title, snapshot.uri) if shows_progress else nullcontext():
            return await self._carry_out(snapshot, self.terms.pipeline.check)

    async def _carry_out(self, snapshot: DocumentSnapshot, compile_: Compile) -> tuple[CheckResult, ...]:
        plans = await plan(snapshot, self.settings, self.terms.room)
        if isinstance(plans, CheckResult):
            return (plans,)
        return await carry_out(plans, compile_)

    async def show_output(self, uri: str) -> tuple[CheckResult, ...]:
        """Compile an open document once more for what the compilers write to people.

        Raises UnknownDocument where it is not open.
        """
        document = self.documents.get(uri)
        if document is None:
            raise UnknownDocument(uri)
        show = asyncio.get_running_loop().create_task(self._show(document.snapshot()), name=f"show {uri}")
        self._shows.add(show)
        show.add_done_callback(self._shows.discard)
        try:
            return await show
        finally:
            show.cancel()

    async def _show(self, snapshot: DocumentSnapshot) -> tuple[CheckResult, ...]:
        return await self._carry_out(snapshot, self.terms.pipeline.show)

    def _accept(self, snapshot: DocumentSnapshot, results: tuple[CheckResult, ...]) -> None:
        """Keep and deliver a result, if its version is still the one that is open."""
        document = self.documents.get(snapshot.uri)
        if document is None or document.version != snapshot.version or self.client is None:
            _log.debug("dropped a result for version %d of %s", snapshot.version, snapshot.uri)
            return
        self._count += 1
        shares_files = not self.terms.is_shared
        diagnostics = present_results(results, document, self.client, shares_files=shares_files)
        checked = Checked(f"{snapshot.version}.{self._count}", snapshot.version, results, diagnostics)
        state = self._states[snapshot.uri]
        state.checked = checked
        for _, future in state.waiters:
            if not future.done():
                future.set_result(checked)
        state.waiters.clear()
        if not self.pulls:
            self._outbox.publish(snapshot.uri, snapshot.version, diagnostics)
        if self._cleaning is not None:
            self._cleaning.go_on()
