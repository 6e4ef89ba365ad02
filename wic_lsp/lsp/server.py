"""pygls's server with our protocol and one session: what every feature is registered on.

It knows no feature; `wiring` puts them together.
"""

from __future__ import annotations

from typing import cast

from pygls.lsp.server import LanguageServer

from wic_lsp import __version__
from wic_lsp.lsp.protocol import WicProtocol
from wic_lsp.lsp.session import Session


class WicServer(LanguageServer):
    """One client's server. `session` is set by `wiring.create_server`, before anything else is done."""

    session: Session

    def __init__(self) -> None:
        super().__init__("wic-lsp", __version__, protocol_cls=WicProtocol)

    @property
    def wic_protocol(self) -> WicProtocol:
        """The protocol, as what it is."""
        return cast("WicProtocol", self.protocol)
