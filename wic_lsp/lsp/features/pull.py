"""textDocument/diagnostic: the client asks, and waits for the result of the version that it shows.

When the text changes meanwhile the answer is ServerCancelled, and the client asks again. So it is for a
document that is not open (editors pull for every tab), but then asking again is of no use.
"""

from __future__ import annotations

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session, Superseded


def register(server: WicServer, session: Session) -> None:
    """Register the handler; see `lifecycle` for when."""
    options = types.DiagnosticOptions(
        inter_file_dependencies=False, workspace_diagnostics=False, identifier="wic"
    )

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def diagnostic(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        try:
            checked = await session.wait_for_current(params.text_document.uri)
        except Superseded as superseded:
            raise JsonRpcException(
                "The text has changed." if superseded.may_ask_again else "The document is not open.",
                types.LSPErrorCodes.ServerCancelled,
                types.DiagnosticServerCancellationData(retrigger_request=superseded.may_ask_again),
            ) from None
        if checked.id == params.previous_result_id:
            return types.RelatedUnchangedDocumentDiagnosticReport(checked.id)
        return types.RelatedFullDocumentDiagnosticReport(list(checked.diagnostics), result_id=checked.id)
