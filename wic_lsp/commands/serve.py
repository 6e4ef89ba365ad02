"""`wic serve --ws` and `--playground`: a server that many clients share.

Reads settings and tokens, and says what is wrong.

Clients' words reach the log (a method's name, a URI), so every record is made one line.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from dataclasses import replace
from typing import Final

from wic_lsp.bearer import NoToken, find_tokens, take_from_environment
from wic_lsp.commands.settings import read_settings
from wic_lsp.commands.stderr_log import log_to_stderr
from wic_lsp.report.terminal import sanitise_line
from wic_lsp.serving.request import (
    DEFAULT_HEALTH,
    Address,
    BadRequest,
    Bounds,
    ServeRequest,
    Times,
    check_request,
    read_address,
)

OK: Final = 0
BAD_USE: Final = 2


class _OneLine(logging.Formatter):
    """Writes a record's message on one line; only a traceback has lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Format the line without its traceback; see logging.Formatter."""
        return sanitise_line(super().formatMessage(record))


def serve_shared(options: argparse.Namespace) -> int:
    """Serve until a signal ends it; returns the exit code. For the options see `cli`."""
    _set_up_log(options.log_level or "info")
    try:
        request = make_request(options)
        tokens = find_tokens(request.token_file, take_from_environment())
        check_request(request, has_token=tokens is not None)
        # Only now, and only here, are the packages needed that a server of its own does without.
        from wic_lsp.serving.listening import raise_open_files  # noqa: PLC0415
        from wic_lsp.serving.server import SharedServer  # noqa: PLC0415

        raise_open_files()
        settings = read_settings(request.forced)

        async def serve() -> None:
            await SharedServer(request, tokens, settings).run()

        asyncio.run(serve())
    except (BadRequest, NoToken) as problem:
        print(f"wic: {problem}", file=sys.stderr)
        return BAD_USE
    except ModuleNotFoundError as missing:
        print(
            explain_missing(missing, "serve --ws" if options.ws is not None else "serve --playground"),
            file=sys.stderr,
        )
        return BAD_USE
    return OK


def make_request(options: argparse.Namespace) -> ServeRequest:
    """Read the command line's options; None is "not set". Raises BadRequest."""
    standard, usual = Bounds(), Times()
    each = options.max_compiles_each
    in_all = options.max_compiles or max(standard.compiles, each or 0)
    bounds = Bounds(
        connections=options.max_connections or standard.connections,
        compiles=in_all,
        compiles_each=each or min(standard.compiles_each, in_all),
        room=replace(standard.room, documents=options.max_documents or standard.room.documents),
    )
    times = Times(grace_s=options.grace or usual.grace_s, heartbeat_s=options.heartbeat or usual.heartbeat_s)
    health = options.health or (DEFAULT_HEALTH if options.ws is not None else None)
    return ServeRequest(
        _read(options.ws, "--ws"),
        _read(health, "--health"),
        _read(options.playground, "--playground"),
        options.token_file,
        frozenset(options.allow_origin or ()),
        options.tls_cert,
        options.tls_key,
        bounds,
        times,
        {"runtime": options.runtime, "runtimeClass": options.runtime_class},
    )


def _read(text: str | None, option: str) -> Address | None:
    return None if text is None else read_address(text, option)


def explain_missing(missing: ModuleNotFoundError, command: str) -> str:
    """Say which package is not installed, and how to install it."""
    return (
        f"wic: `wic {command}` needs the package {missing.name}, which is not installed. "
        "Install it: pip install 'wic-lsp[serve]'."
    )


def _set_up_log(level: str) -> None:
    log_to_stderr(level, _OneLine)
    # They log messages whole: what somebody edits is no business of the server's log.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    logging.getLogger("aiohttp").setLevel(logging.ERROR)
