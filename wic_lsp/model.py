r"""The values that pass between the parts: positions, findings, fixes, results. No behaviour, no IO.

Positions here are one kind only: zero-based line, zero-based column in Unicode code points, lines ending
at \n, \r\n or \r alone, as in LSP. Compilers' own columns are turned into these by `positions` before
a Finding is made, and into an editor's own units by `lsp/to_lsp.py` when it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

from wic_runtimes.contract import JobFile, Outcome


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between two characters: zero-based line, zero-based column in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """From `start` up to, not including, `end`."""

    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class Place:
    """A range in a file. `file` is None for the snippet itself, else the path as the compiler named it."""

    file: str | None
    range: Range


@unique
class Severity(Enum):
    """How grave a finding is; the values are LSP's DiagnosticSeverity."""

    ERROR = 1
    WARNING = 2
    INFORMATION = 3
    HINT = 4


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `range` of the snippet by `new_text`."""

    range: Range
    new_text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What the compiler offers to change. `is_sure` when it says that this is what was meant."""

    title: str
    edits: tuple[Edit, ...]
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Note:
    """Something the compiler added to a finding, with its place where it gave one."""

    message: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the compiler said. `place` is where the user should look.

    `origin` is where it really is, if that is in another file, and `place` is what leads there.
    """

    severity: Severity
    message: str
    place: Place
    code: str | None = None
    code_url: str | None = None
    notes: tuple[Note, ...] = ()
    fixes: tuple[Fix, ...] = ()
    origin: Place | None = None


@unique
class LineKind(Enum):
    """Whose a line of a snippet is.

    SOURCE is the document's. END is what follows the last line's end, on the line that closes the block.
    ADDED is ours, as the function around a fragment.
    """

    SOURCE = "source"
    END = "end"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Fence:
    """What a line in a fenced block of Markdown must respect to stay in it.

    `marker` is the opening run of backticks or tildes. `prefix` is what a new line begins with, whatever
    follows; None where nothing is known that is right. `line_end` is how the document's lines end. `hides` is
    what begins a line that readers are not shown; empty where none is hidden.
    """

    marker: str
    prefix: str | None = None
    line_end: str = "\n"
    hides: str = ""


@dataclass(frozen=True, slots=True)
class LineOrigin:
    """Where one line of a snippet stands in its document.

    Its columns from `indent` on are the document's from `start` on; those before it are not in the document
    (a tab that a list cut through, an indentation of ours) and mean `start`. A line that is ADDED means
    `stands_for`, whole. `hidden` is what the document has before `start` to hide the line. `takes_spaces`
    says that spaces put at `start` are the snippet's, not taken for the indentation of a list or a quote.
    """

    start: Position
    kind: LineKind = LineKind.SOURCE
    indent: int = 0
    hidden: str = ""
    takes_spaces: bool = False
    fence: Fence | None = None
    stands_for: Range | None = None


@dataclass(frozen=True, slots=True)
class Companion:
    """Another file that a snippet needs and that travelled with it, as it was then.

    `path` leads to it from the folder of the snippet's own file. `uri` is where it lies, `version` that of
    the editor's text; None where it was read from the disk. `via` is what leads to it in the document, if
    that is one thing.
    """

    path: str
    uri: str
    version: int | None
    text: str
    via: Range | None = None


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of a document that is compiled by itself.

    `name` is its file's path in the job. `lines` says where each of its lines stands in the document, also
    the empty one after the last line's end; it is empty where the snippet is the whole document.
    `companions` are the other files that travel with it, by their paths in the job.
    """

    text: str
    language: str
    name: str
    lines: tuple[LineOrigin, ...] = ()
    companions: tuple[JobFile, ...] = ()


@unique
class Expectation(Enum):
    """What the author of a block says of it: that it compiles, or that it must not."""

    COMPILES = "compiles"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody wants a text compiled with: the author in a comment, or the user on the command line.

    Empty and None where nothing is said.
    """

    toolchains: tuple[str, ...] = ()
    standard: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the author of a block asks for.

    `toolchains` and `standard` go before the settings', `flags` are passed besides theirs. `codes` are those
    of the errors that a block which FAILS is there to show. `joins` says that it continues the block before,
    `is_fragment` that it is no whole file, `hides` what begins a line that readers are not shown.
    """

    is_skipped: bool = False
    expectation: Expectation = Expectation.COMPILES
    codes: tuple[str, ...] = ()
    toolchains: tuple[str, ...] = ()
    standard: str | None = None
    flags: tuple[str, ...] = ()
    is_fragment: bool = False
    joins: bool = False
    hides: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One or several joined blocks of a document, compiled as one snippet.

    `id` changes with what is compiled, not with where it stands. `attributes` are the last block's, with the
    toolchains and the standard that hold for all; `said_at` is where they stand, and `openings` is each
    block's first line. `problems` are what is wrong with the attributes. Ranges are the document's.
    """

    id: str
    snippet: Snippet
    attributes: Attributes
    openings: tuple[Range, ...]
    said_at: Range
    problems: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What became of one snippet on one toolchain, in the document's positions.

    `outcome` is None where nothing was compiled; then `reason` and `remedy` say why and what to do. They
    also explain any outcome but FINISHED. `raw_output` is the compiler's own text, for people. `is_on_host`
    says that paths in it are paths of this machine. `why` says why it was this runtime. `missing_image` names
    the image that is not there and may be pulled. `block` is the first line of the block that it is of; None
    where it is of a whole file. `companions` are the files that were compiled with it. `is_withheld` says
    that nothing was compiled because the user does not want it now.
    """

    toolchain: str | None = None
    runtime: str | None = None
    outcome: Outcome | None = None
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    remedy: str = ""
    duration_s: float = 0.0
    cached: bool = False
    raw_output: str = ""
    command: tuple[str, ...] = ()
    is_on_host: bool = False
    why: str = ""
    missing_image: str = ""
    block: Range | None = None
    companions: tuple[Companion, ...] = ()
    is_withheld: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether the compiler ran to its end, so that the absence of findings means something."""
        return self.outcome is Outcome.FINISHED

    @property
    def has_error(self) -> bool:
        """Whether the compiler found an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)
