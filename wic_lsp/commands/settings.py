"""The settings of a command: the user's file, and over it what stands on the command line."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from wic_lsp.assembly import read_user_file, user_file
from wic_lsp.config import Origin, Settings, resolve
from wic_lsp.report.terminal import sanitise_line


def read_settings(words: Mapping[str, object]) -> Settings:
    """Lay options of the command line (None: not set) over the user's file; problems go to stderr."""
    layer, unread = read_user_file(user_file())
    settings, problems = resolve([(Origin.USER, layer), (Origin.USER, words)])
    for problem in (*unread, *problems):
        print(f"wic: {sanitise_line(problem.message)}", file=sys.stderr)
    return settings
