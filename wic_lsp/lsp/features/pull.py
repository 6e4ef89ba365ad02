"""textDocument/diagnostic: the client asks, and waits for the result of the version that it shows.

What was found in other files is in the answer too, where the client takes that. When the text changes
meanwhile the answer is ServerCancelled, and the client asks again. So it is for a document that is not open
(editors pull for every tab), and for one that is not compiled because its user does not want it and of which
nothing was told (an empty report would say that it is clean), but then asking again is of no use.
"""

from __future__ import annotations

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from wic_lsp.lsp.checked import Superseded, Withheld
from wic_lsp.lsp.server import WicServer
from wic_lsp.lsp.session import Session


def register(server: WicServer, session: Session) -> None:
    """Register the handler; see `lifecycle` for when."""
    options = types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=False, identifier="wic"
    )

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def diagnostic(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        try:
            checked = await session.wait_for_current(params.text_document.uri)
        except Superseded as superseded:
            why = "The text has changed." if superseded.may_ask_again else "The document is not open."
            raise _cancelled(why, may_ask_again=superseded.may_ask_again) from None
        except Withheld as withheld:
            raise _cancelled(str(withheld), may_ask_again=False) from None
        uri = params.text_document.uri
        shown, id_ = session.all_shown(checked, uri), checked.id + session.elsewhere.stamp(uri)
        others = _others(session, uri)
        if id_ == params.previous_result_id:
            return types.RelatedUnchangedDocumentDiagnosticReport(id_, others)
        return types.RelatedFullDocumentDiagnosticReport(list(shown), others, result_id=id_)


def _cancelled(why: str, *, may_ask_again: bool) -> JsonRpcException:
    return JsonRpcException(
        why,
        types.LSPErrorCodes.ServerCancelled,
        types.DiagnosticServerCancellationData(retrigger_request=may_ask_again),
    )


def _others(
    session: Session, uri: str
) -> dict[str, types.FullDocumentDiagnosticReport | types.UnchangedDocumentDiagnosticReport] | None:
    """Return what is news of other files, for a client that takes it with a document's own.

    A file whose own check is under way is left to the answer about that.
    """
    if session.client is None or not session.client.related_documents:
        return None
    reports: dict[str, types.FullDocumentDiagnosticReport | types.UnchangedDocumentDiagnosticReport] = {}
    for other in session.elsewhere.read_news():
        checked = session.current(other)
        if checked is not None:
            shown = session.all_shown(checked, other)
        elif session.documents.get(other) is None:
            shown = session.elsewhere.show(other, None)
        else:
            continue
        if other != uri:
            reports[other] = types.FullDocumentDiagnosticReport(list(shown))
    return reports or None
