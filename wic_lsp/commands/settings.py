"""The settings of a command: the user's file, over it a workspace's and what stands on the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from wic_lsp.config import Origin, Problem, Settings, resolve
from wic_lsp.own_toolchains import read_user
from wic_lsp.report.terminal import sanitise_line
from wic_lsp.workspace_file import find_workspace_file


def read_settings(words: Mapping[str, object]) -> Settings:
    """Lay options of the command line (None: not set) over the user's file; problems go to stderr.

    The user's own compilers are known from then on.
    """
    layer, unread = read_user()
    settings, problems = resolve([(Origin.USER, layer), (Origin.USER, words)])
    _tell((*unread, *problems))
    return settings


def settings_of_files(paths: Iterable[str], settings: Settings) -> Mapping[str, Settings]:
    """Return each path's settings, with those of its workspace; problems go to stderr, once."""
    home = _home()
    of_folder: dict[Path, Settings] = {}
    told: dict[Problem, None] = {}
    found = {}
    for path in paths:
        folder = Path(path).absolute().parent
        if ".." in folder.parts:
            folder = Path(os.path.realpath(folder))  # Path.resolve raises where links go in a circle
        if folder not in of_folder:
            of_folder[folder], problems = find_workspace_file(folder, home).over(settings)
            told.update(dict.fromkeys(problems))
        found[path] = of_folder[folder]
    _tell(told)
    return found


def _home() -> Path:
    """Return the user's home; a folder that nothing lies in for a user without one."""
    try:
        return Path.home()
    except RuntimeError:
        return Path()


def _tell(problems: Iterable[Problem]) -> None:
    for problem in problems:
        print(f"wic: {sanitise_line(problem.message)}", file=sys.stderr)
