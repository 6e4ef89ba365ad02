"""One client's session: its documents, its settings, what was found in each document, and who is told.

The rule that is kept here: a result is accepted only for the version that is open at that moment, and what
could not be compiled is shown as that. Delivery is of one kind for the whole session, chosen at initialize:
results are pushed when they come, or kept until the client pulls them. Features call this; it calls none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any, TypeVar

from lsprotocol import types

from wic_lsp.config import Origin, Problem, Settings
from wic_lsp.lsp.checked import BROKEN, CANCELLED, Checked, DocumentState, Status, Superseded, Withheld
from wic_lsp.lsp.cleaning import Cleaning
from wic_lsp.lsp.client import Client
from wic_lsp.lsp.companions import Companions
from wic_lsp.lsp.documents import Document, DocumentSnapshot, DocumentStore, TooManyDocuments, UnknownDocument
from wic_lsp.lsp.elsewhere import Elsewhere, gather_findings
from wic_lsp.lsp.occasions import Occasion, is_due, is_silent, is_told, separate, withhold
from wic_lsp.lsp.outbox import Outbox
from wic_lsp.lsp.planning import path_of, plan
from wic_lsp.lsp.preferences import Preferences
from wic_lsp.lsp.present import present_results
from wic_lsp.lsp.pulls import Pulls
from wic_lsp.lsp.terms import Terms
from wic_lsp.matrix import compared
from wic_lsp.model import CheckResult
from wic_lsp.plans import Plan, carry_out
from wic_lsp.positions import Encoding
from wic_lsp.scheduler import Scheduler
from wic_lsp.sharing import hear_waits
from wic_runtimes.contract import Transfer
from wic_runtimes.waiting import outlast

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Session:
    """Everything that lasts as long as one client stays.

    Engines that are not shared end with it, and what dead servers left to them is removed by it.
    """

    def __init__(self, terms: Terms, outbox: Outbox) -> None:
        self.terms = terms
        self.client: Client | None = None
        self.documents = DocumentStore(Encoding.UTF16, terms.room)
        self.preferences = Preferences(terms, outbox.warn, self.check_all)
        self._outbox = outbox
        self._states: dict[str, DocumentState] = {}
        self._shows: set[asyncio.Task[Any]] = set()
        self._scheduler = Scheduler(self._check)
        self.companions = Companions(self.documents.all, self._check_again, is_shared=terms.is_shared)
        self.elsewhere = Elsewhere()
        self._count = 0
        self._cleaning = None if terms.is_shared else Cleaning(terms.workshop)
        self._pulls = Pulls(terms.workshop, self._show_pull, outbox.warn, self._check_without_image)

    def begin(self, client: Client) -> None:
        """Take in what the client can do."""
        self.client = client
        self.documents.encoding = client.encoding

    def warm_up(self) -> None:
        """Load what the first result will need, while the client is still busy with our capabilities."""
        import_module("wic_lsp.parsers")
        if self._cleaning is not None:
            self._cleaning.begin(self.settings)

    @property
    def settings(self) -> Settings:
        """What is in force where no folder of the workspace says otherwise."""
        return self.preferences.settings

    def configure(self, layer: str, origin: Origin, options: object) -> None:
        """Set one layer of options; check every document again if that changes anything."""
        self.preferences.configure(layer, origin, options)

    def report(self, problem: Problem) -> None:
        """Tell the user of a problem, once."""
        self.preferences.report(problem)

    def open(self, item: types.TextDocumentItem) -> None:
        """Take in a document and check it at once; one that is open already is replaced."""
        try:
            document = self.documents.open(item)
        except TooManyDocuments:
            self._outbox.part("You have opened many more documents than this server keeps.")
            return
        previous = self._states.pop(document.uri, DocumentState())
        previous.drop_waiters(None, may_ask_again=True)
        self._states[document.uri] = DocumentState(was_told=previous.was_told)
        self._consider(document, Occasion.OPENED)
        self.companions.touch(document.uri, occasion=Occasion.OPENED)

    def change(self, uri: str, changes: Sequence[types.TextDocumentContentChangeEvent], version: int) -> None:
        """Follow an edit; the check of it waits for the debounce. Raises UnknownDocument."""
        document = self.documents.change(uri, changes, version)
        self._states[uri].drop_waiters(document.version, may_ask_again=True)
        self._consider(document, Occasion.EDITED)
        self.companions.touch(uri, occasion=Occasion.EDITED)

    def _consider(self, document: Document, occasion: Occasion, *, is_own: bool = True) -> None:
        """Have a document checked, after an edit or another file's change not at once, if that is wanted."""
        settings, state = self.preferences.settings_for(document.uri), self._states[document.uri]
        is_due_now = is_due(settings.when, occasion)
        if occasion is Occasion.SAVED and not is_due_now:
            return  # it changes no text: what is known of it still holds
        state.checked, state.is_old = None, state.is_old or not is_own
        if is_due_now:
            state.is_asked |= occasion is Occasion.ASKED
            delay_s = None if settings.debounce_ms is None else settings.debounce_ms / 1000
            is_hurried = is_own and occasion is not Occasion.EDITED
            self._request(document, delay_s=delay_s, at_once=is_hurried or delay_s == 0)
        else:
            self._scheduler.cancel(document.uri)
            why = withhold(settings.when, occasion, is_own=is_own)
            self._withhold(document, why, tells=is_told(settings.when, was_told=state.was_told))

    def _request(self, document: Document, *, delay_s: float | None = None, at_once: bool = True) -> None:
        self._states[document.uri].withheld = None
        self._scheduler.request(document.uri, document.version, delay_s=delay_s, at_once=at_once)

    def _withhold(self, document: Document, why: CheckResult, *, tells: bool) -> None:
        """Compile nothing of a document's text; tell it, or keep silent about it."""
        self._states[document.uri].withheld = why
        if tells:
            self._accept(document.uri, document.version, (why,))
        else:
            self._states[document.uri].refuse_waiters(why)
            self._outbox.tell_status(document.uri, document.version, Status.WITHHELD, why.reason)

    def _check_again(self, uri: str, occasion: Occasion) -> None:
        """Check a document once more, since a file that it needs has changed; that waits as for an edit."""
        document = self.documents.get(uri)
        if document is None or (occasion is Occasion.SAVED and self._states[uri].withheld is None):
            return
        self._consider(document, occasion, is_own=False)

    def close(self, uri: str) -> None:
        """Forget a document, end its check, and clear what is shown for it."""
        self._scheduler.forget(uri)
        state = self._states.pop(uri, None)
        if state is not None:
            state.drop_waiters(None, may_ask_again=False)
        self.companions.forget(uri)
        shown = self.elsewhere.show(uri, None)
        is_silent = state is not None and state.withheld is not None and not (state.was_told or shown)
        if self.documents.close(uri) is not None and not self.pulls and not is_silent:
            self._outbox.publish(uri, None, shown)
        self._show_elsewhere(self.elsewhere.take(uri, {}), is_awaited=False)
        self.companions.touch(uri)

    def save(self, uri: str) -> None:
        """Check a document without delay unless that was done; what was not compiled is tried again."""
        document, known = self.documents.get(uri), self.current(uri)
        if document is None:
            return
        is_done = known is not None and all(one.is_complete for one in known.results)
        if not is_done and is_due(self.preferences.settings_for(uri).when, Occasion.SAVED):
            state = self._states[uri]
            state.is_old, state.withheld = state.is_old or known is not None, None
            self._scheduler.hurry(uri, document.version)
        self.companions.touch(uri, occasion=Occasion.SAVED)

    def check_now(self, uri: str) -> None:
        """Check an open document afresh and without delay, as its user asks. Raises UnknownDocument."""
        document = self.documents.get(uri)
        if document is None:
            raise UnknownDocument(uri)
        self._states[uri].is_old = True
        self._consider(document, Occasion.ASKED)

    def check_all(self, occasion: Occasion = Occasion.SURROUNDINGS) -> None:
        """Check every open document afresh."""
        documents = self.documents.all()
        for document in documents:
            self._consider(document, occasion)
        if self.pulls and documents:
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

    def why_withheld(self, uri: str) -> CheckResult | None:
        """Return why the text of an open document is not compiled; None where it is, or will be."""
        return self._states[uri].withheld

    async def wait_for_current(self, uri: str) -> Checked:
        """Return the result for the version that is open now, when it comes.

        Raises Superseded when the document changes or closes first, and where it is not open; Withheld where
        none will come.
        """
        document = self.documents.get(uri)
        if document is None:
            raise Superseded(may_ask_again=False)
        known = self.current(uri)
        if known is not None:
            return known
        state = self._states[uri]
        if state.withheld is not None:
            raise Withheld(state.withheld.reason)
        if not self._scheduler.is_busy(uri):
            self._request(document)
        future: asyncio.Future[Checked] = asyncio.get_running_loop().create_future()
        state.waiters.append((document.version, future))
        return await future

    def cancel_check(self, uri: str) -> None:
        """End the running check because the user said so, and show that."""
        document = self.documents.get(uri)
        self._scheduler.cancel(uri)
        if document is not None:
            self._accept(uri, document.version, (CANCELLED,))

    async def aclose(self) -> None:
        """End everything that the session started."""
        for state in self._states.values():
            state.drop_waiters(None, may_ask_again=False)
        await self._scheduler.aclose()
        await self.preferences.aclose()
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

    def _check_without_image(self) -> None:
        """Check afresh what lacked an image, and what is being checked: it may have looked too early."""
        for document in self.documents.all():
            checked, state = self.current(document.uri), self._states[document.uri]
            if checked.lacks_image if checked is not None else state.withheld is None:
                state.checked = None
                self._request(document)
        if self.pulls:
            self._outbox.refresh()

    async def _check(self, uri: str, version: int) -> None:
        """Compile one version of a document; called by the scheduler, cancelled by it."""
        document = self.documents.get(uri)
        if document is None or document.version != version:
            return
        self._outbox.tell_status(uri, version, Status.CHECKING, "")
        try:
            results = await self._compile(document.snapshot())
            state = self._states[uri]
            if is_silent(results, was_told=state.was_told or state.is_asked):
                self._withhold(document, results[0], tells=False)
            else:
                self._accept(uri, version, results)
        except Exception:  # noqa: BLE001 - reported, logged with its traceback, and shown as "not compiled"
            # Our own fault, whatever it is: it must not look like "clean", nor like nothing at all.
            _log.exception("the check of %s failed", uri)
            self._accept(uri, version, (BROKEN,))

    async def _compile(self, snapshot: DocumentSnapshot) -> tuple[CheckResult, ...]:
        """Compile a document on every toolchain that was chosen for it, side by side."""
        shows_progress = self.client is not None and self.client.progress
        title = f"Compiling {PurePosixPath(path_of(snapshot.uri)).name}"
        shown = self._outbox.progress(title, snapshot.uri) if shows_progress else nullcontext(lambda _: None)
        with shown as report, hear_waits(report):
            plans = await self.plans_of(snapshot)
            if isinstance(plans, CheckResult):
                return (plans,)
            wanted, left = separate(self.preferences.settings_for(snapshot.uri).when, plans)
            return (*await carry_out(wanted, self.terms.pipeline.check), *left)

    async def plans_of(self, snapshot: DocumentSnapshot) -> Sequence[Plan] | CheckResult:
        """Return what is compiled of a document, or the result that says why nothing is."""
        await self.preferences.settle()
        plans = await plan(snapshot, self.preferences.settings_for(snapshot.uri), self.terms.room)
        return await self.companions.join(snapshot, plans)

    async def show_output(self, uri: str) -> tuple[CheckResult, ...]:
        """Compile an open document once more for what the compilers write to people.

        Raises UnknownDocument where it is not open.
        """
        document = self.documents.get(uri)
        if document is None:
            raise UnknownDocument(uri)

        async def show() -> tuple[CheckResult, ...]:
            plans = await self.plans_of(document.snapshot())
            if isinstance(plans, CheckResult):
                return (plans,)
            return await carry_out(plans, self.terms.pipeline.show)

        return await self.see_through(show(), f"show {uri}")

    async def see_through(self, work: Coroutine[Any, Any, T], name: str) -> T:
        """Return what comes of work that the client asked for; it ends with the question, or the session."""
        show = asyncio.get_running_loop().create_task(work, name=name)
        self._shows.add(show)
        show.add_done_callback(self._shows.discard)
        try:
            return await show
        finally:
            show.cancel()

    def _accept(self, uri: str, version: int, results: tuple[CheckResult, ...]) -> None:
        """Keep and deliver a result, if its version is still the one that is open."""
        document = self.documents.get(uri)
        if document is None or document.version != version or self.client is None:
            _log.debug("dropped a result for version %d of %s", version, uri)
            return
        self._count += 1
        shares_files = not self.terms.is_shared
        shown = present_results(results, document, self.client, shares_files=shares_files)
        checked, state = Checked(f"{version}.{self._count}", version, results, shown), self._states[uri]
        is_awaited, is_old = bool(state.waiters), state.is_old
        state.checked, state.was_told, state.is_asked, state.is_old = checked, True, False, False
        state.answer_waiters(checked)
        self._outbox.tell_status(uri, version, checked.status, checked.reason)
        if not self.pulls:
            self._outbox.publish(uri, version, self.all_shown(checked, uri))
        elif is_old and not is_awaited:
            self._outbox.refresh()
        found = gather_findings(uri, shown, self.client)
        self._show_elsewhere(self.elsewhere.take(uri, found), is_awaited=is_awaited)
        had_lenses, state.has_lenses = state.has_lenses, bool(compared(results))
        if had_lenses or state.has_lenses:
            self._outbox.refresh_lenses()
        if self._cleaning is not None:
            self._cleaning.go_on()

    def all_shown(self, checked: Checked, uri: str) -> tuple[types.Diagnostic, ...]:
        """Return what is shown for an open document: what its own check found, then what others did in it."""
        return self.elsewhere.show(uri, checked.version, checked.diagnostics)

    def _show_elsewhere(self, uris: Sequence[str], *, is_awaited: bool) -> None:
        """Show what has changed for other files. A client that pulls is told in the answer that it awaits.

        A document of whose text nothing is compiled is told to be that: it must not look like checked.
        """
        for uri in uris:
            checked, document = self.current(uri), self.documents.get(uri)
            why = self._states[uri].withheld if document is not None else None
            if document is not None and checked is None and why is not None:
                self._withhold(document, why, tells=True)
            elif checked is not None and not self.pulls:
                self._outbox.publish(uri, checked.version, self.all_shown(checked, uri))
            elif document is None and not self.pulls:  # else it is shown when its own check ends
                self._outbox.publish(uri, None, self.elsewhere.show(uri, None))
        is_answered = is_awaited and self.client is not None and self.client.related_documents
        if self.pulls and uris and not is_answered:
            self._outbox.refresh()
