"""What a document's snippets are compiled with, and how a document's blocks are checked and reported."""

from __future__ import annotations

import json

import pytest

from wic_lsp.config import Settings
from wic_lsp.model import CheckResult, Finding, Place, Position, Range, Severity
from wic_lsp.plans import carry_out, plan_file, plan_markdown
from wic_lsp.report import FORMATS, CheckedFile, exit_code, render
from wic_lsp.snippets.kinds import is_markdown
from wic_runtimes.contract import Outcome

SETTINGS = Settings(toolchains={"c": ("clang-14",)}, standards={"c": ("c11",), "cpp": ("c++17",)})


def plan_block(info, named=()):
    (found,) = plan_markdown(f"```{info}\nx\n```", SETTINGS, named)
    return found


@pytest.mark.parametrize(
    ("info", "named", "chosen"),
    [
        ("c", (), ("clang-14",)),
        ("cpp", (), (None,)),
        ("c", ("gcc-9", "gcc"), ("gcc-9", "gcc")),
        ("c wic:toolchain=gcc-11", ("gcc-9",), ("gcc-11",)),
        ("python", ("gcc-9",), (None,)),
        ("c", ("python-3.11",), ("clang-14",)),
        ("python", ("gc-9",), ("gc-9",)),
    ],
)
def test_the_author_chooses_the_toolchain_then_the_command_line_then_the_settings(info, named, chosen):
    """A name of another language's compiler is passed over; one that nobody has is not."""
    assert plan_block(info, named).toolchains == chosen


def test_the_author_chooses_the_standard():
    """For this block's language; the others keep theirs, and so does a block that says nothing."""
    assert plan_block("c wic:standard=c99").settings.standards == {"c": ("c99",), "cpp": ("c++17",)}
    assert plan_block("rust,edition2021").settings.standard_for("rust") == "2021"
    assert plan_block("c").settings is SETTINGS


@pytest.mark.parametrize(("named", "chosen"), [((), ("clang-14",)), (("gcc-9", "gcc"), ("gcc-9", "gcc"))])
def test_a_source_file_is_one_plan(named, chosen):
    """On the toolchains of the command line, else on those of the settings."""
    (plan,) = plan_file("int a;\n", "c", "/somewhere/a.c", SETTINGS, named)
    assert (plan.snippet.name, plan.toolchains, plan.is_skipped) == ("a.c", chosen, False)


async def fake_check(snippet, settings, wanted):
    """Find an error on the snippet's first line, or nothing in an empty one, or be unable to say."""
    if "unable" in snippet.text:
        return CheckResult(wanted, "fake", None, reason="No.", remedy="Do.")
    first = Position(snippet.lines[0].start.line, 0)
    found = Finding(Severity.ERROR, "e", Place(None, Range(first, first)))
    findings = (found,) if "bad" in snippet.text else ()
    return CheckResult(wanted or "default", "fake", Outcome.FINISHED, findings)


async def results_of(document, *named):
    return await carry_out(plan_markdown(document, Settings(), named), fake_check)


async def test_each_block_is_a_result_in_order():
    """On each toolchain that is asked for, with the line that it begins on."""
    results = await results_of("```c\nbad\n```\n\n```sh\n```\n\n```c\n```\n", "gcc-9", "gcc-10")
    assert [(one.toolchain, one.block.start.line, one.has_error) for one in results] == [
        ("gcc-9", 0, True),
        ("gcc-10", 0, True),
        ("gcc-9", 7, False),
        ("gcc-10", 7, False),
    ]


async def test_a_skipped_block_is_no_result_unless_something_is_wrong_about_it():
    """It is not compiled; that its author wrote something that means nothing is said, and is no clean end."""
    assert await results_of("```c wic:skip\nbad\n```") == ()
    (told,) = await results_of("```c wic:skip wic:x\nbad\n```")
    assert [one.message for one in told.findings] == ["There is no attribute 'wic:x'."]
    assert not told.is_complete


async def test_a_block_that_must_fail_is_judged():
    """The document is clean where it fails and not where it compiles."""
    right = await results_of("```c wic:must-fail\nbad\n```")
    wrong = await results_of("```c wic:must-fail\n```")
    assert [exit_code([CheckedFile("a.md", "", each)]) for each in (right, wrong)] == [0, 1]


@pytest.mark.parametrize("format_", FORMATS)
async def test_every_report_says_which_block_was_not_checked(format_):
    """By its line: several blocks of a document look alike."""
    document = "text\n\n```c\nunable\n```\n"
    report = render(format_, [CheckedFile("a.md", document, await results_of(document), "/a.md")])
    if format_ == "json":
        assert json.loads(report)["results"][0]["line"] == 2
    elif format_ == "sarif":
        (notification,) = json.loads(report)["runs"][0]["invocations"][0]["toolExecutionNotifications"]
        region = notification["locations"][0]["physicalLocation"]["region"]
        assert region == {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 5}
    else:
        assert {"text": " --> a.md:3\n", "github": "::error file=a.md,line=3,title="}[format_] in report


@pytest.mark.parametrize("path", ["README.md", "a/b.MD", "x.markdown", ".md"])
def test_markdown_is_known_by_its_names_ending(path):
    """Small letters or capitals."""
    assert is_markdown(path)
    assert not is_markdown(f"{path}.c")
