"""The reports for machines: JSON with LSP diagnostics, SARIF by its official schema, GitHub's commands."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from importlib.metadata import distribution

import jsonschema
import pytest

from wic_lsp.model import CheckResult, Edit, Finding, Fix, Note, Place, Position, Range, Severity
from wic_lsp.report import FORMATS, CheckedFile, render
from wic_lsp.report.model import to_uri
from wic_lsp.report.sarif import make_log
from wic_runtimes.contract import Outcome

TEXT = "int 😀 = x;\r\ny;\n"


def at(line, column, end_line, end_column, file=None):
    return Place(file, Range(Position(line, column), Position(end_line, end_column)))


FINDING = Finding(
    Severity.ERROR,
    "no {x}, 100%\nat all",
    at(0, 8, 0, 9),
    code="-Wx",
    code_url="https://gcc.gnu.org/x",
    notes=(
        Note("declared here", at(1, 0, 1, 1)),
        Note("in a header", at(4, 2, 4, 3, "/src/inc/b.h")),
        Note("just so"),
        Note("just so"),
    ),
    fixes=(
        Fix("use y", (Edit(at(0, 8, 0, 9).range, "{y}"),), is_sure=True),
        Fix("nothing", (), is_sure=False),
    ),
)
OTHER = Finding(Severity.HINT, "elsewhere", at(0, 0, 2, 1, "/usr/include/stdio.h"))
FINISHED = CheckResult(
    "gcc-12",
    "sandbox",
    Outcome.FINISHED,
    (FINDING, OTHER),
    duration_s=0.21,
    cached=True,
    why="It works here.",
)
NOT_RUN = CheckResult(None, None, None, reason="No compiler for C", remedy="Install gcc.")
FILES = [CheckedFile("dir/a b.c", TEXT, (FINISHED, NOT_RUN))]
INCOMPLETE = [None, *(outcome for outcome in Outcome if outcome is not Outcome.FINISHED)]


def test_json_holds_lsp_diagnostics_in_utf16():
    """The whole object, with its key order, is what the interface promises."""
    at_finding = {"start": {"line": 0, "character": 9}, "end": {"line": 0, "character": 10}}
    expected = {
        "version": 1,
        "results": [
            {
                "path": "dir/a b.c",
                "toolchain": "gcc-12",
                "runtime": "sandbox",
                "why": "It works here.",
                "outcome": "finished",
                "duration_s": 0.21,
                "cached": True,
                "diagnostics": [
                    {
                        "range": at_finding,
                        "message": "no {x}, 100%\nat all",
                        "severity": 1,
                        "code": "-Wx",
                        "codeDescription": {"href": "https://gcc.gnu.org/x"},
                        "source": "wic gcc-12",
                        "relatedInformation": [
                            {
                                "location": {
                                    "uri": "dir/a%20b.c",
                                    "range": {
                                        "start": {"line": 1, "character": 0},
                                        "end": {"line": 1, "character": 1},
                                    },
                                },
                                "message": "declared here",
                            },
                            {
                                "location": {
                                    "uri": "dir/inc/b.h",
                                    "range": {
                                        "start": {"line": 4, "character": 2},
                                        "end": {"line": 4, "character": 3},
                                    },
                                },
                                "message": "in a header",
                            },
                            {"location": {"uri": "dir/a%20b.c", "range": at_finding}, "message": "just so"},
                            {"location": {"uri": "dir/a%20b.c", "range": at_finding}, "message": "just so"},
                        ],
                        "data": {
                            "version": None,
                            "fixes": [
                                {
                                    "title": "use y",
                                    "isSure": True,
                                    "edits": [{"range": at_finding, "newText": "{y}"}],
                                },
                                {"title": "nothing", "isSure": False, "edits": []},
                            ],
                        },
                    },
                ],
            },
            {
                "path": "dir/a b.c",
                "toolchain": None,
                "runtime": None,
                "why": "",
                "outcome": "not_run",
                "duration_s": 0.0,
                "cached": False,
                "diagnostics": [],
                "reason": "No compiler for C",
                "remedy": "Install gcc.",
            },
        ],
    }
    finished = replace(FINISHED, findings=(FINDING,))
    rendered = render("json", [CheckedFile("dir/a b.c", TEXT, (finished, NOT_RUN))])
    assert rendered == json.dumps(expected, indent=2) + "\n"


@pytest.mark.parametrize("outcome", INCOMPLETE)
def test_json_gives_a_reason_for_every_result_that_is_not_finished(outcome):
    """An empty list of diagnostics is never all that is said about a file that was not compiled."""
    (result,) = json.loads(render("json", [CheckedFile("a", "", (CheckResult("g", "s", outcome),))]))[
        "results"
    ]
    assert result["outcome"] == (outcome.value if outcome else "not_run")
    assert result["reason"].endswith(".")
    assert result["remedy"] == ""


def load_sarif_schema():
    """Read the official schema out of the schemastore package's offline store, without importing it.

    Its own loader would ask the network for anything older than a month.
    """
    path = distribution("schemastore").locate_file("schemastore/cache.sqlite")
    title = b'"Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"'
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    try:
        ((response,),) = connection.execute("SELECT value FROM responses WHERE instr(value, ?) > 0", (title,))
    finally:
        connection.close()
    body = response[response.rindex(b'{\r\n  "$schema"', 0, response.index(title)) :]
    schema, _ = json.JSONDecoder().raw_decode(body.decode("utf-8", "replace"))
    return schema


@pytest.fixture(scope="module")
def sarif_validator():
    schema = load_sarif_schema()
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    assert schema["$id"].endswith("sarif-schema-2.1.0.json")
    return validator(schema, format_checker=validator.FORMAT_CHECKER)


@pytest.mark.parametrize(
    "files",
    [
        [],
        FILES,
        FILES * 2,
        [CheckedFile("a.md", "", ())],
        [CheckedFile("a.c", "", tuple(CheckResult("g", "s", outcome) for outcome in INCOMPLETE))],
        [CheckedFile("/abs/ü:1.c", "x", (CheckResult("g", "s", Outcome.FINISHED, (OTHER,)),))],
    ],
)
def test_sarif_validates_against_the_official_schema(sarif_validator, files):
    """Every log is SARIF 2.1.0 as OASIS defines it."""
    sarif_validator.validate(json.loads(render("sarif", files)))


def test_the_sarif_schema_does_refuse(sarif_validator):
    """The validation above means something: a log with a wrong level or without a tool is refused."""
    for damage in ({"results": [{"message": {"text": "m"}, "level": "bad"}]}, {"tool": {}}):
        log = json.loads(render("sarif", FILES))
        log["runs"][0] |= damage
        with pytest.raises(jsonschema.ValidationError):
            sarif_validator.validate(log)


def test_sarif_says_where_in_code_points_from_one():
    """The whole run: rules, invocations, results with locations, related locations and fixes."""
    region = {"startLine": 1, "startColumn": 9, "endLine": 1, "endColumn": 10}
    place = {"artifactLocation": {"uri": "dir/a%20b.c"}, "region": region}
    (run,) = make_log(FILES, "1.2.3")["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"] == {
        "driver": {
            "name": "wic",
            "version": "1.2.3",
            "rules": [{"id": "-Wx", "helpUri": "https://gcc.gnu.org/x"}],
        }
    }
    assert run["results"] == [
        {
            "ruleId": "-Wx",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "no {{x}}, 100%\nat all"},
            "locations": [{"physicalLocation": place}],
            "provenance": {"invocationIndex": 0},
            "relatedLocations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "dir/a%20b.c"},
                        "region": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 2},
                    },
                    "message": {"text": "declared here"},
                },
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "dir/inc/b.h"},
                        "region": {"startLine": 5, "startColumn": 3, "endLine": 5, "endColumn": 4},
                    },
                    "message": {"text": "in a header"},
                },
                {"physicalLocation": place, "message": {"text": "just so"}},
            ],
            "fixes": [
                {
                    "description": {"text": "use y"},
                    "artifactChanges": [
                        {
                            "artifactLocation": {"uri": "dir/a%20b.c"},
                            "replacements": [{"deletedRegion": region, "insertedContent": {"text": "{y}"}}],
                        }
                    ],
                }
            ],
        },
        {
            "level": "note",
            "message": {"text": "elsewhere"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "file:///usr/include/stdio.h"},
                        "region": {"startLine": 1, "startColumn": 1, "endLine": 3, "endColumn": 2},
                    }
                }
            ],
            "provenance": {"invocationIndex": 0},
        },
    ]


def test_sarif_tells_what_was_not_checked_as_a_failed_invocation():
    """No service may take a log without results for a success."""
    (run,) = make_log(FILES, "1")["runs"]
    finished, failed = run["invocations"]
    assert finished["executionSuccessful"] is True
    assert "toolExecutionNotifications" not in finished
    assert failed["executionSuccessful"] is False
    assert failed["toolExecutionNotifications"] == [
        {
            "level": "error",
            "message": {"text": "No compiler for C. Install gcc."},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": "dir/a%20b.c"}}}],
        }
    ]
    assert failed["properties"]["outcome"] == "not_run"


def test_github_gets_one_command_per_finding():
    """Properties and message are escaped; columns are given only within one line."""
    assert render("github", FILES) == (
        "::error file=dir/a b.c,line=1,endLine=1,col=9,endColumn=10,title=gcc-12 -Wx::no {x}, 100%25%0Aat all"
        "%0Adir/a b.c:2:1: note: declared here%0Adir/inc/b.h:5:3: note: in a header"
        "%0Anote: just so%0Anote: just so%0Ahelp: use y%0Ahelp: nothing\n"
        "::notice file=/usr/include/stdio.h,line=1,endLine=3,title=gcc-12::elsewhere\n"
        "::error file=dir/a b.c,title=not checked::No compiler for C. Install gcc.\n"
    )


def test_github_is_told_once_what_several_toolchains_say():
    """In the names of those that say it; what not all say is marked, what was not checked is told of each."""
    same, own = (Finding(Severity.ERROR, message, at(0, 0, 0, 1), code="-Wx") for message in ("both", "one"))
    results = [
        CheckResult("gcc-11", "s", Outcome.FINISHED, (same,)),
        CheckResult("gcc-12", "s", Outcome.FINISHED, (same, own)),
        *(CheckResult(name, "s", None, reason="No.") for name in ("gcc-8", "gcc-9")),
    ]
    place = "::error file=a.c,line=1,endLine=1,col=1,endColumn=2"
    assert render("github", [CheckedFile("a.c", "x", tuple(results))]) == (
        f"{place},title=gcc-11%2C gcc-12 -Wx::both\n"
        f"{place},title=gcc-12 -Wx::one (only gcc-12)\n"
        "::error file=a.c,title=not checked gcc-8::No.\n"
        "::error file=a.c,title=not checked gcc-9::No.\n"
    )


def test_github_commands_cannot_be_forged():
    """Neither a message nor a path can begin a command of its own or add a property."""
    finding = Finding(Severity.WARNING, "a\r\n::error::b\rc\x1b", at(0, 0, 0, 1), code="x,y:z%")
    result = CheckResult("g", "s", Outcome.FINISHED, (finding,))
    assert render("github", [CheckedFile("p,line=9:\n::q", "x", (result,))]) == (
        "::warning file=p%2Cline=9%3A␊%3A%3Aq,line=1,endLine=1,col=1,endColumn=2,title=g x%2Cy%3Az%25"
        "::a%0A::error::b␍c␛\n"
    )


def test_github_gets_nothing_where_all_is_well():
    """A clean file makes no annotation."""
    result = CheckResult("g", "s", Outcome.FINISHED)
    assert render("github", [CheckedFile("a.c", "", (result,))]) == ""


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü#.c", "a%20b/%C3%BC%23.c"),
        ("a:b.c", "a%3Ab.c"),
        ("/x/y.c", "file:///x/y.c"),
        ("\udcff.c", "%FF.c"),
        ("\ud800.c", "%3F.c"),
    ],
)
def test_paths_become_uris(path, uri):
    """Relative paths are relative references, absolute ones file URIs, and no path is a crash."""
    assert to_uri(path) == uri


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_survives_half_characters(format_):
    """A lone surrogate in a message, as JSON from a compiler may hold, can be written out."""
    finding = Finding(Severity.ERROR, "\ud800", at(0, 0, 0, 1), code="\udc00", notes=(Note("\udfff"),))
    result = CheckResult("g", "s", Outcome.FINISHED, (finding,))
    assert render(format_, [CheckedFile("a.c", "\ud800", (result,))]).encode()
