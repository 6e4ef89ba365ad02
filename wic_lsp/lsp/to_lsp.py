"""The only place where findings become LSP: positions in the editor's units, notes, tags, fixes.

A diagnostic made here carries its fixes in `data`, so that textDocument/codeAction is answered from what
the client sends back and the server keeps no table of past findings. What comes back is read again by
`read_fixes`, which must never trust it: a client may send anything.

Nothing here does IO, asks the client anything or decides when to publish.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final, TypeAlias

from cattrs import Converter
from lsprotocol import converters, types

from wic_lsp.lsp.other_files import OtherFile
from wic_lsp.lsp.tags import tags_of
from wic_lsp.model import Edit, Finding, Fix, Note, Place, Position, Range
from wic_lsp.positions import Encoding, column_to_units, line_content

ResolveUri: TypeAlias = Callable[[str], str | None]
"""Turns a file's name, as the compiler gave it, into a URI that the client can open, or None."""

_NO_OTHERS: Final[Mapping[str, OtherFile]] = MappingProxyType({})
_START: Final = Range(Position(0, 0), Position(0, 0))


@dataclass(frozen=True, slots=True)
class OfferedFix:
    """A fix as it came back from the client; `version` is that of the document it was made for."""

    title: str
    is_sure: bool
    edits: tuple[types.TextEdit, ...]
    version: int | None


def resolve_nothing(_file: str) -> None:
    """Know no file but the document."""


def to_diagnostic(
    finding: Finding,
    lines: Sequence[str],
    encoding: Encoding,
    uri: str,
    *,
    source: str = "wic",
    resolve_uri: ResolveUri = resolve_nothing,
    version: int | None = None,
    with_related: bool = True,
    missing_image: str = "",
    others: Mapping[str, OtherFile] = _NO_OTHERS,
) -> types.Diagnostic:
    """Turn a finding in the document's positions into a diagnostic of the document `uri`.

    `lines` are the document's, with their ends, at `version`. A finding in another file is shown where
    the document leads to it (the first note that lies in the document, else the first line), with the
    other place before its message and as related information. `with_related` is False for a client
    without relatedInformation: notes then stand below the message. `missing_image` names the image for lack
    of which nothing was compiled. `others` are the files whose lines are known, by the names in places.
    """
    own = types.Location(uri, to_range(_own_range(finding, lines), lines, encoding))
    message = _with_place(finding.message, finding.place)
    notes = finding.notes
    if finding.place.file is not None:
        notes = (Note(finding.message, finding.place), *notes)
    if not with_related:
        message = "\n".join([message, *(_with_place(note.message, note.place) for note in finding.notes)])
        notes = ()
    has_link = finding.code is not None and finding.code_url is not None
    return types.Diagnostic(
        range=own.range,
        message=message,
        severity=types.DiagnosticSeverity(finding.severity.value),
        code=finding.code,
        code_description=types.CodeDescription(finding.code_url or "") if has_link else None,
        source=source,
        tags=tags_of(finding),
        related_information=[_to_related(note, own, lines, encoding, resolve_uri, others) for note in notes]
        or None,
        data=_to_data(finding.fixes, lines, encoding, version, missing_image),
    )


def to_json(diagnostic: types.Diagnostic) -> object:
    """Turn a diagnostic into the JSON object that LSP defines for it."""
    unstructured: object = _converter().unstructure(diagnostic)
    return unstructured


def to_range(range_: Range, lines: Sequence[str], encoding: Encoding) -> types.Range:
    """Turn a range of the document into the editor's units; what lies past the document means its end."""
    return types.Range(
        to_position(range_.start, lines, encoding),
        to_position(range_.end, lines, encoding),
    )


def to_position(position: Position, lines: Sequence[str], encoding: Encoding) -> types.Position:
    """Turn a position of the document into the editor's units."""
    if position.line >= len(lines):
        last = len(lines) - 1
        return types.Position(
            max(last, 0), column_to_units(lines[last], len(lines[last]), encoding) if lines else 0
        )
    return types.Position(position.line, column_to_units(lines[position.line], position.column, encoding))


def to_text_edit(edit: Edit, lines: Sequence[str], encoding: Encoding) -> types.TextEdit:
    """Turn one edit of a fix into the editor's units."""
    return types.TextEdit(to_range(edit.range, lines, encoding), edit.new_text)


def to_workspace_edit(
    uri: str, edits: Sequence[types.TextEdit], version: int | None = None
) -> types.WorkspaceEdit:
    """Bind a fix's edits to a document.

    With a version the client refuses them on any other (it must support workspaceEdit.documentChanges);
    without one they are the plain `changes` that every client takes.
    """
    if version is None:
        return types.WorkspaceEdit(changes={uri: list(edits)})
    document = types.OptionalVersionedTextDocumentIdentifier(uri, version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, list(edits))])


def touch(one: types.Range, other: types.Range) -> bool:
    """Whether two ranges share a character or a border."""
    return sort_key(one.start) <= sort_key(other.end) and sort_key(other.start) <= sort_key(one.end)


def sort_key(position: types.Position) -> tuple[int, int]:
    """Return what positions of a document are ordered by."""
    return position.line, position.character


def read_fixes(diagnostic: types.Diagnostic) -> tuple[OfferedFix, ...]:
    """Read the fixes out of a diagnostic that the client sent back; what is not ours is passed over."""
    data: object = diagnostic.data
    if not isinstance(data, dict):
        return ()
    version, fixes = data.get("version"), data.get("fixes")
    if not isinstance(fixes, list) or not (version is None or isinstance(version, int)):
        return ()
    offered = []
    for fix in fixes:
        try:
            edits = tuple(_read_edit(edit) for edit in fix["edits"])
            offered.append(OfferedFix(str(fix["title"]), fix["isSure"] is True, edits, version))
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
    return tuple(offered)


def read_missing_image(diagnostic: types.Diagnostic) -> str:
    """Return the image whose lack a diagnostic tells of; empty where it tells of none."""
    data: object = diagnostic.data
    image = data.get("missingImage") if isinstance(data, dict) else None
    return image if isinstance(image, str) else ""


@cache
def _converter() -> Converter:
    return converters.get_converter()


def _own_range(finding: Finding, lines: Sequence[str]) -> Range:
    if finding.place.file is None:
        return finding.place.range
    for note in finding.notes:
        if note.place is not None and note.place.file is None:
            return note.place.range
    return Range(_START.start, Position(0, len(line_content(lines[0])))) if lines else _START


def _with_place(message: str, place: Place | None) -> str:
    """Put `file:line:col: ` before a message about another file, both from one as compilers print them."""
    if place is None or place.file is None:
        return message
    start = place.range.start
    return f"{place.file}:{start.line + 1}:{start.column + 1}: {message}"


def _to_related(  # noqa: PLR0917 - each of them is another thing
    note: Note,
    own: types.Location,
    lines: Sequence[str],
    encoding: Encoding,
    resolve_uri: ResolveUri,
    others: Mapping[str, OtherFile],
) -> types.DiagnosticRelatedInformation:
    place = note.place
    if place is None:
        return types.DiagnosticRelatedInformation(own, note.message)
    if place.file is None:
        location = types.Location(own.uri, to_range(place.range, lines, encoding))
        return types.DiagnosticRelatedInformation(location, note.message)
    file = others.get(place.file)
    if file is not None:
        location = types.Location(file.uri, to_range(place.range, file.lines, encoding))
        return types.DiagnosticRelatedInformation(location, note.message)
    other = resolve_uri(place.file)
    if other is None:
        return types.DiagnosticRelatedInformation(own, _with_place(note.message, place))
    # The other file's text is not at hand: its columns stay code points, right in all but astral text.
    start, end = place.range.start, place.range.end
    range_ = types.Range(types.Position(start.line, start.column), types.Position(end.line, end.column))
    return types.DiagnosticRelatedInformation(types.Location(other, range_), note.message)


def _to_data(
    fixes: Sequence[Fix], lines: Sequence[str], encoding: Encoding, version: int | None, missing_image: str
) -> dict[str, object] | None:
    def edit_data(edit: Edit) -> dict[str, object]:
        range_ = to_range(edit.range, lines, encoding)
        return {
            "range": {
                "start": {"line": range_.start.line, "character": range_.start.character},
                "end": {"line": range_.end.line, "character": range_.end.character},
            },
            "newText": edit.new_text,
        }

    if not fixes:
        return {"missingImage": missing_image} if missing_image else None
    return {
        "version": version,
        "fixes": [
            {"title": fix.title, "isSure": fix.is_sure, "edits": [edit_data(edit) for edit in fix.edits]}
            for fix in fixes
        ],
    }


def _read_edit(edit: dict[str, dict[str, dict[str, int]]]) -> types.TextEdit:
    def position(at: dict[str, int]) -> types.Position:
        return types.Position(int(at["line"]), int(at["character"]))

    new_text: object = edit["newText"]
    return types.TextEdit(
        types.Range(position(edit["range"]["start"]), position(edit["range"]["end"])), str(new_text)
    )
