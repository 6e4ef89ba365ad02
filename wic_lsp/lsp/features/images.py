"""Pulling a compiler's image that is missing: the command, its progress, and the code action that offers it.

The command pulls only images that a family of ours names, on the session's own runtime, and only when it is
called: nothing that a workspace says can choose an image, and nothing is pulled while somebody types. For the
clients of a shared server nothing is pulled at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from wic_lsp.lsp.checked import Checked
from wic_lsp.lsp.features.commands import Json, refuse_to_guest
from wic_lsp.lsp.features.progress import show_progress
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session
from wic_lsp.lsp.to_lsp import read_missing_image
from wic_lsp.toolchains.families import images
from wic_lsp.transfers import describe, percent
from wic_runtimes.contract import Transfer
from wic_runtimes.errors import RuntimeFailure

PULL_IMAGE: Final = "wic.pullImage"


def register(server: WicServer, session: Session) -> None:
    """Register the command. It answers when the pull has ended: true, or false where it was cancelled."""

    @server.command(PULL_IMAGE)
    async def pull_image(*arguments: Json) -> bool:
        image = read_image(arguments)
        if session.terms.is_shared:
            raise refuse_to_guest("pulls images", f"ask them for {image}")
        try:
            return await session.pull_image(image)
        except RuntimeFailure as failure:
            raise JsonRpcException(str(failure), types.LSPErrorCodes.RequestFailed) from failure


def read_image(arguments: tuple[Json, ...]) -> str:
    """Return the command's only argument. Raises JsonRpcInvalidParams where no toolchain comes in it."""
    image = arguments[0] if len(arguments) == 1 else None
    if not isinstance(image, str):
        raise JsonRpcInvalidParams(f"{PULL_IMAGE} takes one argument: the name of a compiler's image.")
    if image not in images():
        raise JsonRpcInvalidParams(f"No toolchain comes in an image '{image}'.")
    return image


def offer_pulls(checked: Checked, is_asked: Callable[[types.Range], bool]) -> Iterator[types.CodeAction]:
    """Yield an action for each image that was missing, where its diagnostic is asked about."""
    for diagnostic in checked.diagnostics:
        image = read_missing_image(diagnostic)
        if image in images() and is_asked(diagnostic.range):
            title = f"Pull the image {image}"
            yield types.CodeAction(
                title=title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[diagnostic],
                command=types.Command(title, PULL_IMAGE, arguments=[image]),
            )


@contextmanager
def show_pull(server: WicServer, session: Session, image: str) -> Iterator[Callable[[Transfer], None]]:
    """Show a pull from its beginning, with a button that ends it."""

    def cancel() -> None:
        session.cancel_pull(image)

    with show_progress(server, f"Pulling {image}", cancel, patience_s=0) as progress:
        progress.report("", 0)  # without one at its beginning, editors may pass over those that follow
        yield lambda transfer: progress.report(describe(transfer), percent(transfer))
