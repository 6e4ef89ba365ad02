"""The parsers that are made for no compiler in particular, over what real compilers really said."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.capture_any import CASES, FOLDER, load
from tests.own_toolchains import file_of
from wic_lsp.matching.matcher import match_all
from wic_lsp.model import Severity
from wic_lsp.parsers import PARSERS_OF_ANY, parser_for
from wic_lsp.parsers.gcc_like import parse_gcc_like
from wic_lsp.parsers.pattern import parse_matches
from wic_lsp.parsers.sarif import parse_sarif
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import ColumnUnit, SourceText
from wic_lsp.toolchains.families import languages
from wic_lsp.toolchains.own import read_own
from wic_lsp.toolchains.reading import Reading, parse_reading

ERROR, WARNING, INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION
TEXT = "é𝕏 = one\nsecond line\n"
SOURCES = Sources("a.x", {"a.x": SourceText(TEXT)})


def spot(place):
    return (
        place.file,
        (place.range.start.line, place.range.start.column),
        (place.range.end.line, place.range.end.column),
    )


def brief(findings):
    """Say of each what it is, where and by which code."""
    return [(one.severity, one.message, spot(one.place)[1:], one.code) for one in findings]


def dialect_of(family):
    own = read_own([(f"{family}.toml", file_of(family))], languages())
    assert own.mistakes == ()
    return own.families[family].dialects[0]


def findings_of(family, case):
    """Read a capture as the page's file has it read."""
    dialect, (stdout, stderr, sources) = dialect_of(family), load(case).given()
    if dialect.reading.pattern is None:
        return parser_for(dialect)(stdout, stderr, sources)
    note = dialect.reading.note_pattern
    found = match_all(
        dialect.reading.pattern.pattern, note and note.pattern, [stderr.decode(), stdout.decode()]
    )
    return parser_for(dialect)(json.dumps({"matches": found, "failure": ""}).encode(), b"", sources)


def gcc_like(text, **options):
    return brief(parse_gcc_like(parse_reading(options), b"", text.encode(), SOURCES))


def matched(groups, **options):
    matches = {"matches": [{"is_note": False, "groups": groups}], "failure": ""}
    reading = parse_reading({"pattern": "", **options})
    return parse_matches(reading, json.dumps(matches).encode(), b"", SOURCES)


def sarif(run, *, stdout=b""):
    log = json.dumps({"version": "2.1.0", "runs": [run]}).encode()
    return parse_sarif(Reading(), stdout or log, b"", SOURCES)


def result(region, **more):
    place = {"artifactLocation": {"uri": "a.x"}, "region": region}
    return {"message": {"text": "m"}, "locations": [{"physicalLocation": place}], **more}


def test_every_capture_is_of_a_case():
    """None is missing, and none is of a case that is gone."""
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(case.name for case in CASES)
    assert all((load(case.name).text, load(case.name).file) == (case.text, case.file) for case in CASES)


def test_nasm_is_read_line_by_line():
    """It names no columns: the line is shown, from its first word on; the code stands by itself."""
    assert brief(findings_of("nasm", "nasm-syntax")) == [
        (
            WARNING,
            "label alone on a line without a colon might be in error",
            ((1, 0), (1, 3)),
            "-w+label-orphan",
        ),
        (ERROR, "parser: instruction expected", ((2, 1), (2, 12)), None),
    ]


def test_what_nasm_adds_is_a_note_of_the_message_before():
    """A line with dots leads to a macro; what follows is a message of its own again."""
    found = findings_of("nasm", "nasm-macro")
    assert brief(found) == [
        (ERROR, "symbol `unheard_of' not defined", ((4, 1), (4, 8)), None),
        (WARNING, "byte data exceeds bounds", ((5, 1), (5, 12)), "-w+number-overflow"),
        (WARNING, "héllo", ((6, 0), (6, 14)), "-w+user"),
    ]
    (note,) = found[0].notes
    assert (note.message, spot(note.place)) == (
        "... from macro `two' defined here",
        (None, (1, 1), (1, 23)),
    )
    assert not any(one.notes for one in found[1:])


def test_a_programs_own_error_has_no_place():
    """It is shown at the top, and nothing else is taken for a message."""
    assert brief(findings_of("nasm", "nasm-driver")) == [
        (ERROR, "unrecognised output format `elf65' - use -hf for a list", ((0, 0), (0, 3)), None)
    ]


def test_a_line_that_ends_with_crlf_is_shown_without_it():
    """The range ends before the line's end."""
    assert brief(findings_of("nasm", "nasm-include")) == [
        (
            ERROR,
            "unable to open include file `nowhere.inc': No such file or directory",
            ((1, 0), (1, 22)),
            None,
        )
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a.x:2:8: error: no", (ERROR, "no", ((1, 7), (1, 11)), None)),
        ("/src/a.x:2:8: Fatal Error: no [E12]", (ERROR, "no", ((1, 7), (1, 11)), "E12")),
        ("./a.x:1:10: warning: a[1] [-Wx=2]", (WARNING, "a[1]", ((0, 5), (0, 8)), "-Wx=2")),
        ("a.x:2:8: info: so it is", (INFORMATION, "so it is", ((1, 7), (1, 11)), None)),
        ("a.x:2: it is wrong", (ERROR, "it is wrong", ((1, 0), (1, 11)), None)),
        ("a.x:2:8: oddity: no", (ERROR, "oddity: no", ((1, 7), (1, 11)), None)),
        ("compiler: panic: no", (ERROR, "no", ((0, 0), (0, 8)), None)),
        ("error: no", (ERROR, "no", ((0, 0), (0, 8)), None)),
        ("a.x:99:1: error: past the end", (ERROR, "past the end", ((2, 0), (2, 0)), None)),
    ],
)
def test_what_many_compilers_write_is_read(line, expected):
    """With and without a column, a severity and a code; columns are bytes unless the file says otherwise."""
    assert gcc_like(
        f"In file included from x.h:1:\n{line}\n    1 | text\n      | ^\n1 error generated.\n"
    ) == [expected]


@pytest.mark.parametrize(
    ("options", "column"),
    [
        ({}, 10),
        ({"columns": "code points"}, 6),
        ({"columns": "utf-16"}, 7),
        ({"first_column": 0}, 9),
        ({"columns": "utf-16", "first_column": 0}, 6),
    ],
)
def test_columns_count_what_the_file_says(options, column):
    """The same word, after characters of two and four bytes, in each unit and from 0 or 1."""
    assert gcc_like(f"a.x:1:{column}: error: no\n", **options) == [(ERROR, "no", ((0, 5), (0, 8)), None)]


def test_a_compilers_own_words_can_be_given_a_meaning():
    """Also that of adding to the message before, and in any capitals."""
    text = "a.x:1: Alert: one\na.x:2: hint: two\na.x:2: PS: three\n"
    severities = {"alert": "warning", "ps": "note"}
    found = parse_gcc_like(parse_reading({"severities": severities}), b"", text.encode(), SOURCES)
    assert [(one.severity, one.message) for one in found] == [(WARNING, "one"), (Severity.HINT, "two")]
    assert [note.message for note in found[1].notes] == ["three"]


def test_what_leads_to_a_message_is_its_note():
    """GCC's way to a template stands before the error, indented."""
    text = "a.x:1:1:   required from here\na.x:2:1: error: no\n"
    (found,) = parse_gcc_like(Reading(), text.encode(), b"", SOURCES)
    assert (found.message, [note.message for note in found.notes]) == ("no", ["required from here"])


def test_ocaml_is_read_over_several_lines():
    """Columns are bytes from 0, and a range goes from line to line; the message is all that follows."""
    assert brief(findings_of("ocamlc", "ocamlc-column")) == [
        (ERROR, "Unbound value unknown", ((1, 14), (1, 21)), None)
    ]
    assert brief(findings_of("ocamlc", "ocamlc-lines")) == [
        (
            WARNING,
            "this pattern-matching is not exhaustive.\nHere is an example of a case that is not matched:\n0",
            ((1, 2), (2, 12)),
            "partial-match",
        )
    ]
    assert brief(findings_of("ocamlc", "ocamlc-alert")) == [
        (WARNING, "ISO-Latin1 characters in identifiers", ((0, 4), (0, 5)), "deprecated"),
        (ERROR, "Illegal character (\\169)", ((0, 4), (0, 5)), None),
    ]
    assert findings_of("ocamlc", "ocamlc-clean") == ()


def test_a_note_pattern_adds_to_the_message_before():
    """Each of its places is a note's."""
    (found,) = findings_of("ocamlc", "ocamlc-notes")
    assert spot(found.place) == (None, (0, 33), (2, 3))
    assert found.message.startswith("Signature mismatch:\n")
    assert [(note.message, spot(note.place)) for note in found.notes] == [
        ("Expected declaration", (None, (0, 15), (0, 26))),
        ("Actual declaration", (None, (1, 6), (1, 7))),
    ]


@pytest.mark.parametrize(
    ("groups", "options", "place"),
    [
        ({"line": "2"}, {}, ((1, 0), (1, 11))),
        ({"line": "2", "column": "8"}, {}, ((1, 7), (1, 11))),
        ({"line": "2", "column": "8", "end_column": "10"}, {}, ((1, 7), (1, 9))),
        ({"line": "2", "column": "8", "end_column": "10"}, {"end_column": "last"}, ((1, 7), (1, 10))),
        ({"line": "2", "column": "7", "end_column": "9"}, {"first_column": 0}, ((1, 7), (1, 9))),
        ({"line": "1", "column": "1", "end_line": "2", "end_column": "3"}, {}, ((0, 0), (1, 2))),
        ({"line": "2", "column": "0"}, {}, ((1, 0), (1, 11))),
        ({"line": "99999999999"}, {}, ((0, 0), (0, 8))),
        ({"line": "two"}, {}, ((0, 0), (0, 8))),
    ],
)
def test_a_match_is_placed_as_the_file_says(groups, options, place):
    """A line alone is the whole line, a column alone the word there; what is no number is no place."""
    (found,) = matched({"message": "no", **groups}, **options)
    assert spot(found.place)[1:] == place


def test_a_match_without_a_word_for_its_severity_is_an_error_unless_said_otherwise():
    """So that no error is taken for less."""
    (found,) = matched({"line": "1", "message": "no"})
    assert found.severity is ERROR
    (found,) = matched({"line": "1", "message": "no"}, severities={"": "warning"})
    assert found.severity is WARNING


def test_what_could_not_be_matched_is_an_error():
    """Beside what was found."""
    answer = {"matches": [{"is_note": False, "groups": {"message": "no"}}], "failure": "it is too long"}
    found = parse_matches(Reading(), json.dumps(answer).encode(), b"", SOURCES)
    assert [one.message for one in found] == [
        "no",
        "The compiler's output could not be read: it is too long.",
    ]
    (found,) = parse_matches(Reading(), b"", b"", SOURCES)
    assert found.severity is ERROR


def test_clangs_sarif_is_read_by_the_standard():
    """Its columns are code points, its places are URIs, and the text around the log is nothing."""
    stdout, stderr, sources = load("clang-sarif").given()
    found = parse_sarif(Reading(), stdout, stderr, sources)
    errors = [one for one in brief(found) if one[0] is ERROR]
    assert (
        ERROR,
        "use of undeclared identifier 'unknwn'",
        ((1, 40), (1, 46)),
        "4965",
    ) in errors
    assert (ERROR, "expected expression", ((2, 36), (2, 37)), "1508") in errors
    assert errors[0][2] == ((1, 32), (1, 36))
    assert all(one.place.file is None for one in found)
    assert parse_sarif(Reading(), *load("clang-clean").given()) == ()


@pytest.mark.parametrize(
    ("kind", "column"), [(None, 7), ("utf16CodeUnits", 7), ("unicodeCodePoints", 6), ("odd", 7)]
)
def test_a_run_says_what_its_columns_count(kind, column):
    """UTF-16 units where it says nothing."""
    run = {"results": [result({"startLine": 1, "startColumn": column, "endColumn": column + 3})]}
    (found,) = sarif(run if kind is None else {**run, "columnKind": kind})
    assert spot(found.place) == (None, (0, 5), (0, 8))


@pytest.mark.parametrize(
    ("region", "place"),
    [
        ({"startLine": 2}, ((1, 0), (1, 11))),
        ({"startLine": 2, "startColumn": 8}, ((1, 7), (1, 11))),
        ({"startLine": 2, "startColumn": 8, "endColumn": 8}, ((1, 7), (1, 11))),
        ({"startLine": 2, "endColumn": 3}, ((1, 0), (1, 11))),
        ({"startLine": 1, "endLine": 2}, ((0, 0), (1, 11))),
        ({"charOffset": 3}, ((0, 0), (0, 8))),
    ],
)
def test_a_region_without_an_end_ends_with_its_line(region, place):
    """As the standard has it; one without a line has no place."""
    (found,) = sarif({"results": [result(region)]})
    assert spot(found.place)[1:] == place


def test_what_a_result_leaves_out_is_its_rules():
    """Level, message with its arguments, link; a result of a rule by its place in the list."""
    rule = {
        "id": "X1",
        "helpUri": "https://x.example/X1",
        "defaultConfiguration": {"level": "error"},
        "messageStrings": {"bad": {"text": "'{0}' is {{bad}} [here](0)"}},
    }
    said = {"ruleIndex": 0, "message": {"id": "bad", "arguments": ["one"]}}
    (found,) = sarif(
        {"tool": {"driver": {"rules": [rule]}}, "results": [{**result({"startLine": 1}), **said}]}
    )
    assert (found.severity, found.message) == (ERROR, "'one' is {bad} here")
    assert (found.code, found.code_url) == ("X1", "https://x.example/X1")


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ({}, WARNING),
        ({"level": "error"}, ERROR),
        ({"level": "note"}, INFORMATION),
        ({"level": "dreadful"}, ERROR),
        ({"level": "none", "kind": "informational"}, INFORMATION),
    ],
)
def test_a_level_that_is_not_known_is_an_error(said, severity):
    """A warning where none is said, as in the standard."""
    (found,) = sarif({"results": [result({"startLine": 1}, **said)]})
    assert found.severity is severity


@pytest.mark.parametrize("said", [{"kind": "pass"}, {"suppressions": [{"kind": "inSource"}]}])
def test_what_is_no_fault_is_not_shown(said):
    """A test that was passed, and what the author has suppressed."""
    assert sarif({"results": [result({"startLine": 1}, **said)]}) == ()


def test_a_result_brings_its_related_places_and_its_fixes():
    """A fix is offered, and never applied unasked; another one has the words that describe it."""

    def fix(text, **more):
        region = {"startLine": 2, "startColumn": 1, "endColumn": 7}
        change = {"deletedRegion": region, "insertedContent": {"text": text}}
        return {"artifactChanges": [{"artifactLocation": {"uri": "a.x"}, "replacements": [change]}], **more}

    related = {
        "physicalLocation": {"artifactLocation": {"uri": "a.x"}, "region": {"startLine": 1}},
        "message": {"text": "see"},
    }
    fixes = [fix("first"), fix("", description={"text": "Drop it"})]
    (found,) = sarif({"results": [result({"startLine": 2}, relatedLocations=[related], fixes=fixes)]})
    assert [note.message for note in found.notes] == ["see", "Drop it"]
    assert [(one.title, one.edits[0].new_text, one.is_sure) for one in found.fixes] == [
        ("Change 'second' to 'first'", "first", False),
        ("Drop it", "", False),
    ]


@pytest.mark.parametrize(
    ("artifact", "file"),
    [
        ({"uri": "file:///src/a.x"}, None),
        ({"uri": "file:///src/a%2Ex"}, None),
        ({"uri": "a.x", "uriBaseId": "SRC"}, None),
        ({"index": 0}, None),
        ({"uri": "a.x", "uriBaseId": "LIB"}, "/lib/a.x"),
        ({"uri": "https://x.example/a.x"}, "https://x.example/a.x"),
    ],
)
def test_a_file_is_found_by_its_uri(artifact, file):
    """Escaped, under a base, or among the run's files; another file of the same name is another file."""
    run = {
        "originalUriBaseIds": {"SRC": {"uri": "file:///src/"}, "LIB": {"uri": "file:///lib/"}},
        "artifacts": [{"location": {"uri": "file:///src/a.x"}}],
    }
    said = result({"startLine": 2})
    said["locations"][0]["physicalLocation"]["artifactLocation"] = artifact
    (found,) = sarif({**run, "results": [said]})
    if file is None:
        assert spot(found.place)[1:] == ((1, 0), (1, 11))
    else:
        assert found.notes[0].place is not None
        assert found.notes[0].place.file == file


def test_a_log_that_breaks_off_is_read_as_far_as_it_goes():
    """And an error says that there may be more."""
    whole = json.dumps({"version": "2.1.0", "runs": [{"results": [result({"startLine": 2})] * 2}]})
    found = sarif({}, stdout=whole[:-40].encode())
    assert [one.message for one in found] == [
        "m",
        "The compiler's report breaks off; there may be more errors.",
    ]
    assert parse_sarif(Reading(), b"no log", b"", SOURCES) == ()


_WORDS = (
    *('{"runs":', "[", "{", "}", "]", ",", '"results":', '"matches":', '"groups":', '"line":', "1", "null"),
    *("a.x:1:1: ", "error: ", "...", "  ", "\n", '"message":', '{"text":', '"é"', '"region":', '"fixes":'),
)


@pytest.mark.parametrize("parser", sorted(PARSERS_OF_ANY))
@given(
    stdout=st.one_of(
        st.binary(max_size=200),
        st.lists(st.sampled_from(_WORDS)).map(lambda words: "".join(words).encode()),
    ),
    stderr=st.binary(max_size=50),
)
def test_nothing_makes_a_parser_raise(parser, stdout, stderr):
    """Any bytes, and what is nearly right."""
    PARSERS_OF_ANY[parser](Reading(columns=ColumnUnit.UTF16), stdout, stderr, SOURCES)


def test_the_pages_files_are_toml():
    """What the reader copies is whole."""
    assert tomllib.loads(file_of("nasm"))["family"] == "nasm"
