"""`wic check`: the pipeline from the shell. Reads files, checks them side by side, prints one report."""

from __future__ import annotations

import asyncio
import os
import posixpath
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wic_lsp.assembly import Workshop
from wic_lsp.commands.output import is_terminal, write
from wic_lsp.commands.settings import read_settings, settings_of_files
from wic_lsp.companions.gather import Gathered, gather
from wic_lsp.companions.references import join
from wic_lsp.companions.workspace import Workspace, find_root
from wic_lsp.config import Settings
from wic_lsp.model import CheckResult, Snippet, Wishes
from wic_lsp.pipeline import MAX_SNIPPET_BYTES, Pipeline
from wic_lsp.plans import Plan, Unaccepted, carry_out, plan_file, plan_markdown
from wic_lsp.report import CheckedFile, Format, exit_code, render
from wic_lsp.report.terminal import wants_colour
from wic_lsp.sharing import hear_waits
from wic_lsp.snippets.kinds import MARKDOWN_ENDINGS, is_markdown
from wic_lsp.toolchains.families import language_of_path, languages

_PARALLEL: Final = max(os.cpu_count() or 1, 1)


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What the user asked for on the command line."""

    paths: tuple[str, ...]
    runtime: str | None
    runtime_class: str | None
    toolchains: tuple[str, ...]
    standard: str | None
    flags: tuple[str, ...]
    format: Format
    remembers: bool = True


class Unreadable(Exception):  # noqa: N818 - the user's word for it
    """A path that holds no source text; `args` are a reason and a remedy."""


async def check(request: CheckRequest) -> int:
    """Check every path and print the report; returns the exit code."""
    workshop = Workshop({"spares": False})
    settings = read_settings({"runtime": request.runtime, "runtimeClass": request.runtime_class})
    settings_of = await asyncio.to_thread(settings_of_files, request.paths, settings)
    pipeline = workshop.pipeline if request.remembers else workshop.fresh_pipeline()
    gate = asyncio.Semaphore(_PARALLEL)
    with _progress(len(request.paths)) as advance, hear_waits(_say_once()):
        try:
            files = await asyncio.gather(
                *(
                    _check_path(path, request, settings_of[path], pipeline, gate, advance)
                    for path in request.paths
                )
            )
        finally:
            await workshop.aclose()
    colour = request.format == "text" and wants_colour(os.environ, is_terminal=is_terminal(sys.stdout))
    write(render(request.format, files, colour=colour))
    return exit_code(files)


async def _check_path(  # noqa: PLR0917 - each of them is another thing
    path: str,
    request: CheckRequest,
    settings: Settings,
    pipeline: Pipeline,
    gate: asyncio.Semaphore,
    advance: Callable[[], None],
) -> CheckedFile:
    async def compile_(snippet: Snippet, settings: Settings, name: str | None) -> CheckResult:
        async with gate:
            return await pipeline.check(snippet, settings, name)

    try:
        async with gate:
            text = await asyncio.to_thread(read_source, Path(path))
    except Unreadable as unreadable:
        reason, remedy = unreadable.args
        result = CheckResult(reason=reason, remedy=remedy)
        advance()
        return CheckedFile(path, "", (result,))
    try:
        plans = [await _accompany(plan, path) for plan in _plan(path, text, request, settings)]
        results = await carry_out(plans, compile_)
    except Unaccepted as unaccepted:
        reason, remedy = unaccepted.args
        results = (CheckResult(reason=reason, remedy=remedy),)
    advance()
    return CheckedFile(path, text, results, absolute_path(path))


def _plan(path: str, text: str, request: CheckRequest, settings: Settings) -> tuple[Plan, ...]:
    """Return what is compiled of a file. Raises Unaccepted."""
    last_word = Wishes(request.toolchains, request.standard, request.flags)
    language = language_of_path(path)
    if language is None:
        return plan_markdown(text, settings, last_word)
    return plan_file(text, language, path, settings, last_word)


async def _accompany(plan: Plan, path: str) -> Plan:
    """Return the plan with the files that go with it. The workspace is Git's, else the folder we are in."""
    if not plan.may_need_companions:
        return plan
    main = join("/", absolute_path(path))

    def read() -> Gathered:
        root = find_root(main, posixpath.expanduser("~"), str(Path.cwd()))
        return gather(main, plan.snippet.name, plan.snippet.text, plan.snippet.language, Workspace([root]))

    return plan.join(await asyncio.to_thread(read))


def absolute_path(path: str) -> str:
    """Return where the file lies, by the names that the user gave; links are followed only to undo `..`."""
    named = Path(path)
    found = named.parent.resolve() / named.name if ".." in named.parts else named.absolute()
    return str(found)


def read_source(path: Path) -> str:
    """Return the text of a file in a known language, or in Markdown. Raises Unreadable with what to do."""
    try:
        if path.is_dir():
            raise Unreadable(f"{path} is a directory.", "Name the files in it.")
        if language_of_path(path.name) is None and not is_markdown(path.name):
            endings = [*(ending for one in languages().values() for ending in one.endings), *MARKDOWN_ENDINGS]
            raise Unreadable(
                f"{path} is in no language that is known.", f"Known endings: {' '.join(endings)}"
            )
        if path.exists() and not path.is_file():
            raise Unreadable(f"{path} is a device or a pipe.", "Name a file.")
        with path.open("rb") as file:
            content = file.read(MAX_SNIPPET_BYTES + 1)
        if len(content) > MAX_SNIPPET_BYTES:
            size = max(path.stat().st_size, len(content))
            raise Unreadable(
                f"{path} has {size:,} bytes; at most {MAX_SNIPPET_BYTES:,} are checked.", "Split it."
            )
        return content.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise Unreadable(f"{path} is not UTF-8: byte {exc.start} is wrong.", "Save it as UTF-8.") from exc
    except OSError as exc:
        raise Unreadable(f"{path} cannot be read: {exc.strerror}.", "Check the path.") from exc


def _say_once() -> Callable[[str], None]:
    """Return what says on stderr what the checks wait for, once however many wait for it."""
    said: set[str] = set()

    def say(what: str) -> None:
        if what not in said:
            said.add(what)
            print(f"wic: {what}", file=sys.stderr, flush=True)

    return say


@contextmanager
def _progress(count: int) -> Iterator[Callable[[], None]]:
    """Show a bar on the terminal while several files are checked."""
    if count <= 1 or not is_terminal(sys.stderr):
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where it is seen
    from rich.progress import Progress  # noqa: PLC0415 - only where it is seen

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("checking", total=count)
        yield lambda: progress.advance(task)
