"""pygls's server with our protocol and one session: what every feature is registered on.

It knows no feature; `wiring` puts them together. What turns messages into values and back is shared by all
servers of a process: it keeps no state, and making it takes longer than a session may take to begin.
"""

from __future__ import annotations

from functools import cache
from typing import cast

from cattrs import Converter
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from wic_lsp import __version__
from wic_lsp.lsp.client_log import ClientLog
from wic_lsp.lsp.protocol import WicProtocol
from wic_lsp.lsp.session import Session


class WicServer(LanguageServer):
    """One client's server. `session` is set by `wiring.create_server`, before anything else is done."""

    session: Session

    def __init__(self) -> None:
        super().__init__(
            "wic-lsp", __version__, protocol_cls=WicProtocol, converter_factory=_shared_converter
        )
        self.log: ClientLog | None = None

    @property
    def wic_protocol(self) -> WicProtocol:
        """The protocol, as what it is."""
        return cast("WicProtocol", self.protocol)

    async def hang_up(self) -> None:
        """End everything that was done for the client: its session, its requests, its log."""
        await self.session.aclose()
        await self.wic_protocol.abandon()
        if self.log is not None:
            self.log.close()


@cache
def _shared_converter() -> Converter:
    converter: Converter = default_converter()  # type: ignore[no-untyped-call] # pygls has no types for it
    return converter
