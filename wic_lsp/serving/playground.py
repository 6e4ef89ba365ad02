"""The playground's port: a page with an editor, what can be chosen on it, and LSP for the page alone.

A page cannot send headers with a WebSocket. So its token comes as one of the subprotocols that it offers,
which is no part of an address and of no log; and which page it is of is told by its origin, which must be
this port's own. Who has got that far is a client as every other, with the same session, limits and turns.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Coroutine
from typing import Any, Final, TypeAlias

from aiohttp import web

from wic_lsp.serving.admission import Papers, Refused
from wic_lsp.serving.offer import Offer
from wic_lsp.serving.same_site import Site
from wic_lsp.serving.static import Page, Reply, security_headers

SUBPROTOCOL: Final = "wic.lsp"
"""What is spoken; the page offers it beside its token."""

_TOKEN: Final = "wic.token."  # noqa: S105 - what a token stands behind
_LSP: Final = "/lsp"
_OFFER: Final = "/offer.json"
_LONGEST_TOKEN: Final = 4096
_FIRST_ERROR: Final = 400


Admit: TypeAlias = Callable[[web.BaseRequest, Papers], Coroutine[Any, Any, web.StreamResponse]]
"""Serves a client, or answers why not."""

Examine: TypeAlias = Callable[[Papers], Refused | None]
"""Says why a client with such papers would not be served now; None where it would."""


class Playground:
    """Answers what comes to the page's port."""

    def __init__(self, page: Page, site: Site, offer: Offer, admit: Admit, examine: Examine) -> None:
        self._page = page
        self._site = site
        self._offer = offer
        self._admit = admit
        self._examine = examine

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if not self._site.answers(request.headers.get("Host")):
            text = "This machine's playground is not served by that name. Open it as http://127.0.0.1:PORT/."
            return _say(421, text)
        if request.path == _LSP:
            return await self._admit(request, self._papers_of(request))
        if request.method not in {"GET", "HEAD"}:
            return _say(405, "Only GET is answered here.", {"Allow": "GET"})
        if request.path == _OFFER:
            return await self._offer_to(request)
        reply = self._page.find(
            request.path,
            request.headers.get("If-None-Match"),
            request.headers.get("Accept-Encoding", ""),
        )
        return _answer(reply) if reply is not None else _say(404, "There is no such page here.")

    def _papers_of(self, request: web.BaseRequest) -> Papers:
        """Read what a WebSocket's request shows. One that names no origin is of no page, and not served."""
        words = [
            word.strip()
            for line in request.headers.getall("Sec-WebSocket-Protocol", ())
            for word in line.split(",")
        ]
        origin = request.headers.get("Origin", "")
        return Papers(origin, _token_in(words), self._origins(request), (SUBPROTOCOL,))

    def _origins(self, request: web.BaseRequest) -> Collection[str]:
        """Return the origin that a request names, where it is one of ours."""
        origin = request.headers.get("Origin")
        return {origin} if origin and self._site.owns(origin, request.headers.get("Host")) else ()

    async def _offer_to(self, request: web.BaseRequest) -> web.StreamResponse:
        """Tell what can be chosen, or why there would be no session: of a WebSocket no page is told."""
        papers = Papers(
            request.headers.get("Origin"), request.headers.get("Authorization"), self._origins(request)
        )
        refused = self._examine(papers)
        if refused is not None:
            reason = {"X-Wic-Reason": refused.reason.value}
            return _say(refused.status, refused.text, {**refused.headers, **reason})
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return _answer(Reply(200, await self._offer.ask(), {**security_headers(), **headers}))


def _token_in(words: Collection[str]) -> str | None:
    """Return the token among a page's subprotocols, as an Authorization header has it."""
    found = next((word for word in words if word.startswith(_TOKEN)), None)
    if found is None or len(found) > _LONGEST_TOKEN:
        return None
    text = found.removeprefix(_TOKEN)
    try:
        token = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return f"Bearer {token}"


def _say(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    told = {**security_headers(), "Content-Type": "text/plain; charset=utf-8", **(headers or {})}
    return _answer(Reply(status, f"{text}\n".encode(), told))


def _answer(reply: Reply) -> web.Response:
    response = web.Response(status=reply.status, body=reply.body, headers={**reply.headers, "Server": "wic"})
    if reply.status >= _FIRST_ERROR:
        response.force_close()
    return response
