"""A workspace's own settings: `wic.toml`, for all who work on it.

It has the keys of the user's own file and is a workspace's word: it may choose toolchains, standards and
allowed flags, and lower limits. Whoever writes it may be anyone, so it is read only where it is what it
should be: a regular file of a bounded size, no link. Whatever is wrong with it is a problem to be shown, and
stops nothing.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wic_lsp.config import Origin, Problem, Settings, resolve

NAMES: Final = ("wic.toml", ".wic.toml")
_MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class WorkspaceFile:
    """What a folder's file says; `path` is None where there is none. `problems` are why it cannot be read."""

    path: Path | None = None
    options: object = None
    problems: tuple[Problem, ...] = ()

    def over(self, settings: Settings) -> tuple[Settings, tuple[Problem, ...]]:
        """Return the settings with what it says, and all that is wrong with it."""
        if self.path is None:
            return settings, ()
        found, problems = resolve([(Origin.WORKSPACE, self.options)], settings)
        told = (Problem(one.option, f"{self.path}: {one.message}") for one in problems)
        return found, (*self.problems, *told)


class _Unfit(Exception):  # noqa: N818 - says what the file is instead
    """It is not what such a file must be."""


def read_workspace_file(folder: Path) -> WorkspaceFile:
    """Read the file in a folder. It opens and reads; call it off the event loop."""
    there = [folder / name for name in NAMES if os.path.lexists(folder / name)]
    if not there:
        return WorkspaceFile()
    path, *others = there
    problems = [Problem("wic", f"{one} is passed over, since there is {path.name}.") for one in others]
    try:
        options: object = tomllib.loads(_read(path).decode("utf-8"))
    except FileNotFoundError:  # gone meanwhile
        return WorkspaceFile()
    except OSError as exc:
        problems.append(Problem("wic", f"{path} cannot be read ({exc.strerror}); it is passed over."))
    except (ValueError, RecursionError, _Unfit) as exc:
        problems.append(Problem("wic", f"{path} cannot be read ({exc}); it is passed over."))
    else:
        return WorkspaceFile(path, options, tuple(problems))
    return WorkspaceFile(path, None, tuple(problems))


def _read(path: Path) -> bytes:
    """Return a regular file's content; raises _Unfit for anything else, and waits for nothing."""
    if path.is_symlink():
        raise _Unfit("it is a link")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _Unfit("it is no regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(_MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > _MOST_BYTES:
        raise _Unfit(f"it has more than {_MOST_BYTES:,} bytes")
    return content


def find_workspace_file(folder: Path, home: Path) -> WorkspaceFile:
    """Read the file that is for what lies in `folder`: its own, else the nearest above that may be.

    Folders above are looked at up to the repository's, or up to the user's home, which is not. Where neither
    is above, only the folder itself is: what lies elsewhere may be anyone's.
    """
    for one in _candidates(folder, home):
        found = read_workspace_file(one)
        if found.path is not None:
            return found
    return WorkspaceFile()


def _candidates(folder: Path, home: Path) -> Iterator[Path]:
    above = (folder, *folder.parents)
    root = next((at for at, one in enumerate(above) if os.path.lexists(one / ".git")), None)
    if root is not None and home not in above[:root]:
        yield from above[: root + 1]
    elif home in above[1:]:
        yield from above[: above.index(home)]
    else:
        yield folder
