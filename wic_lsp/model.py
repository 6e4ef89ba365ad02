r"""The values that pass between the parts: positions, findings, fixes, results. No behaviour, no IO.

Positions here are one kind only: zero-based line, zero-based column in Unicode code points, lines ending
at \n, \r\n or \r alone, as in LSP. Compilers' own columns are turned into these by `positions` before
a Finding is made, and into an editor's own units by `lsp/to_lsp.py` when it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, unique

from wic_runtimes.contract import Outcome


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
    """One thing that the compiler said. `place` is where the user should look."""

    severity: Severity
    message: str
    place: Place
    code: str | None = None
    code_url: str | None = None
    notes: tuple[Note, ...] = ()
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of a document that is compiled by itself.

    `name` is its file's name in the job. `origin` is the position in the document of the snippet's first
    character; for a whole file it is 0:0.
    """

    text: str
    language: str
    name: str
    origin: Position = field(default_factory=lambda: Position(0, 0))


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What became of one snippet on one toolchain, in the document's positions.

    `outcome` is None where nothing was compiled; then `reason` and `remedy` say why and what to do. They
    also explain any outcome but FINISHED. `raw_output` is the compiler's own text, for people. `is_on_host`
    says that paths in it are paths of this machine. `why` says why it was this runtime. `missing_image` names
    the image that is not there and may be pulled.
    """

    toolchain: str | None
    runtime: str | None
    outcome: Outcome | None
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

    @property
    def is_complete(self) -> bool:
        """Whether the compiler ran to its end, so that the absence of findings means something."""
        return self.outcome is Outcome.FINISHED

    @property
    def has_error(self) -> bool:
        """Whether the compiler found an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)
