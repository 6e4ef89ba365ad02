"""`wic connect`: reads the token, connects, and says in a sentence why it ended where nobody wanted that."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from wic_lsp.bearer import NoToken, find_token
from wic_lsp.connecting.target import BadTarget, make_target
from wic_lsp.report.terminal import sanitise_line

_BAD_USE: Final = 2


def connect(url: str, token_file: Path | None, ca_file: Path | None, *, is_insecure: bool) -> int:
    """Carry an editor's messages to a server until either side ends it; returns the exit code."""
    try:
        target = make_target(url, find_token(token_file, os.environ), is_insecure=is_insecure)
        from wic_lsp.connecting.bridge import carry  # noqa: PLC0415 - a wrong word needs no network

        end = asyncio.run(carry(target, ca_file))
    except (BadTarget, NoToken) as problem:
        return _fail(str(problem), _BAD_USE)
    except ModuleNotFoundError as missing:
        return _fail(
            f"`wic connect` needs the package {missing.name}, which is not installed. "
            "Install it: pip install 'wic-lsp[serve]'.",
            _BAD_USE,
        )
    return _fail(end.sentence, end.exit_code) if end.sentence else end.exit_code


def _fail(sentence: str, exit_code: int) -> int:
    print(f"wic: {sanitise_line(sentence)}", file=sys.stderr)
    return exit_code
