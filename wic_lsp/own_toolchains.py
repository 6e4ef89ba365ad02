"""Reads the user's own compilers and languages from the user's folder, and makes them known.

The folder is the user's alone, beside the user's settings: a workspace's files are never looked at, since
what stands in it says which programs run and in which images. On a shared server it is that of whoever runs
it. Read once, where a process starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wic_lsp.assembly import read_user_file, user_file
from wic_lsp.config import Problem
from wic_lsp.toolchains.families import adopt, shipped_families, shipped_languages

FOLDER: Final = "toolchains"
_OPTION: Final = "toolchains"
_LARGEST_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class OwnToolchains:
    """What was found in the folder.

    `files` goes from the families that are known to their files, `replaced` names those that replace ours,
    and `problems` are what is wrong with other files.
    """

    folder: Path
    files: Mapping[str, str] = field(default_factory=dict)
    replaced: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def to_lines(self) -> tuple[str, ...]:
        """Say for people what there is, and then what is wrong, line by line."""
        names = [
            f"{family} ({file}{', in place of ours' if family in self.replaced else ''})"
            for family, file in self.files.items()
        ]
        return (
            f"own toolchains: {', '.join(names) or 'none'}: {self.folder}",
            *(f"  {problem.message}" for problem in self.problems),
        )

    def to_object(self) -> Mapping[str, object]:
        """Return it for programs."""
        return {
            "path": str(self.folder),
            "families": dict(self.files),
            "problems": [problem.message for problem in self.problems],
        }


def own_folder() -> Path:
    """Return where the user's own files are."""
    return user_file().with_name(FOLDER)


def learn_own_toolchains(folder: Path | None = None) -> OwnToolchains:
    """Read the folder's files and make known what is right in them, in place of what was; nothing raises."""
    folder = folder or own_folder()
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except FileNotFoundError:
        paths = []
    except OSError as exc:
        return OwnToolchains(folder, problems=(_problem(str(folder), f"cannot be read ({exc.strerror})"),))
    if not paths:
        adopt({}, {})
        return OwnToolchains(folder)
    from wic_lsp.toolchains.own import read_own  # noqa: PLC0415 - most users have none

    texts: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            texts.append((path.name, _read(path)))
        except (OSError, ValueError) as exc:
            problems.append(_problem(str(path), f"cannot be read ({exc})"))
    own = read_own(texts, shipped_languages())
    adopt(own.languages, own.families)
    problems += [_problem(str(folder / name), str(mistake)) for name, mistake in own.mistakes]
    replaced = tuple(family for family in own.families if family in shipped_families())
    return OwnToolchains(folder, own.files, replaced, tuple(problems))


def read_user() -> tuple[Mapping[str, object] | None, tuple[Problem, ...]]:
    """Make the user's own compilers known, then read the user's settings, which may name them."""
    own = learn_own_toolchains()
    options, unread = read_user_file(user_file())
    return options, (*own.problems, *unread)


def _read(path: Path) -> str:
    """Return a file's text. Raises OSError, or ValueError for what is no text of that kind."""
    if not path.is_file():
        raise ValueError("it is no file")
    with path.open("rb") as file:
        content = file.read(_LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES:
        raise ValueError(f"it has more than {_LARGEST_BYTES:,} bytes")
    return content.decode("utf-8")


def _problem(where: str, what: str) -> Problem:
    return Problem(_OPTION, f"{where}: {what}; it is passed over.")
