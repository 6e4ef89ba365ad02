"""Why a server cannot be reached, or has left: aiohttp's exceptions and close codes in sentences.

The one place of `wic connect` that knows them.
"""

from __future__ import annotations

import socket
import ssl
from typing import Final

import aiohttp

from wic_lsp.bearer import VARIABLE
from wic_lsp.connecting.target import Target

_BY_STATUS: Final = {
    401: f"does not accept the token. Set {VARIABLE}, or use --token-file, with one that it accepts.",
    403: "refuses this client. Ask whoever runs it.",
    404: "has no such path. Check the URL.",
    407: "is behind a proxy that wants a name and a password. Put them into HTTPS_PROXY.",
    426: "and we speak different protocols. Check the URL.",
    502: "does not run behind its gateway. Ask whoever runs it.",
    503: "takes no more clients now: it is full, or being stopped. Try again in a moment.",
    504: "does not answer its gateway. Ask whoever runs it.",
}
_BY_CODE: Final = {
    1001: "is being stopped. Connect again: another may serve already.",
    1003: "does not take such messages.",
    1006: "is gone: the connection broke. Connect again.",
    1007: "was sent no UTF-8.",
    1008: "has ended the conversation.",
    1009: "does not take messages as large as the last one. Close the document, or make it smaller.",
    1011: "has failed. Its log says more.",
}


def explain_failure(error: Exception, target: Target) -> str:
    """Say in a sentence why there is no connection, and what to do."""
    server, proxy = f"The server {target.shown}", f"The proxy to {target.shown}"
    match error:
        case aiohttp.WSServerHandshakeError(status=status):
            said = f"{server} {_BY_STATUS.get(status, f'answers with the status {status}. Check the URL.')}"
        case aiohttp.ClientConnectorCertificateError():
            said = (
                f"{server} has no certificate to be trusted ({_inner(error)}). Name its authority: --ca-file."
            )
        case aiohttp.ClientConnectorSSLError():
            said = f"{server} and we cannot agree on TLS ({_inner(error)}). Check the URL: ws:// is without."
        case aiohttp.ClientProxyConnectionError():
            said = f"{proxy} cannot be reached ({_inner(error)}). Check HTTPS_PROXY."
        case aiohttp.ClientHttpProxyError(status=status):
            said = f"{proxy} answers with the status {status}. Check HTTPS_PROXY."
        case aiohttp.ClientConnectorDNSError():
            said = f"{server} has no address: its name is unknown here. Check the URL and the network."
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            said = f"{server} does not run: the connection is refused. Check the URL, and that it runs."
        case TimeoutError():
            said = f"{server} does not answer. Check the URL and the network."
        case _:
            said = f"{server} cannot be reached ({_inner(error)}). Check the URL and the network."
    return said


def _inner(error: Exception) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return inner.verify_message
    if isinstance(inner, socket.gaierror | OSError) and inner.strerror:
        return inner.strerror
    return f"{inner}" or type(inner).__name__


def explain_end(code: int | None, reason: str, target: Target) -> str:
    """Say in a sentence why a conversation has ended that nobody here wanted to end."""
    what = _BY_CODE.get(code or 1006, f"has ended the conversation with the code {code}.")
    return f"The server {target.shown} {what}" + (f" It says: {reason}" if reason else "")
