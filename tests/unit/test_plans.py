"""What a document's snippets are compiled with, and how a document's blocks are checked and reported."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from wic_lsp.config import Settings
from wic_lsp.model import CheckResult, Finding, Place, Position, Range, Severity, Wishes
from wic_lsp.plans import Unaccepted, carry_out, plan_file, plan_markdown
from wic_lsp.report import FORMATS, CheckedFile, exit_code, render
from wic_lsp.snippets.kinds import is_markdown
from wic_runtimes.contract import Outcome

SETTINGS = Settings(toolchains={"c": ("clang-14",)}, standards={"c": ("c11",), "cpp": ("c++17",)})


def plan_block(info, named=()):
    (found,) = plan_markdown(f"```{info}\nx\n```", SETTINGS, Wishes(named))
    return found


@pytest.mark.parametrize(
    ("info", "named", "chosen"),
    [
        ("c", (), ("clang-14",)),
        ("cpp", (), (None,)),
        ("c", ("gcc-9", "gcc"), ("gcc-9", "gcc")),
        ("c wic:toolchain=gcc-11", (), ("gcc-11",)),
        ("c wic:toolchain=gcc-11", ("gcc-9",), ("gcc-9",)),
        ("c wic:toolchain=gcc-11", ("rustc",), ("gcc-11",)),
        ("python", ("gcc-9",), (None,)),
        ("c", ("python-3.11",), ("clang-14",)),
        ("python", ("gc-9",), ("gc-9",)),
    ],
)
def test_the_command_line_chooses_the_toolchain_then_the_author_then_the_settings(info, named, chosen):
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
    (plan,) = plan_file("int a;\n", "c", "/somewhere/a.c", SETTINGS, Wishes(named))
    assert (plan.snippet.name, plan.toolchains, plan.is_skipped) == ("a.c", chosen, False)


MIXED = """\
```c
```

```rust
```

```c wic:toolchain=gcc-11
```
"""


def plan_mixed(**said):
    return plan_markdown(MIXED, Settings(flags={"c": ("-Wall",), "rust": ("-O",)}), Wishes(**said))


def test_a_standard_on_the_command_line_goes_to_the_blocks_that_have_it():
    """Those of other languages keep theirs; an author's gives way to it."""
    chosen = [one.settings.standard_for(one.snippet.language) for one in plan_mixed(standard="c99")]
    assert chosen == ["c99", None, "c99"]
    (plan,) = plan_markdown("```c wic:standard=c11\n```", Settings(), Wishes(standard="c99"))
    assert plan.settings.standard_for("c") == "c99"


def test_a_flag_on_the_command_line_goes_to_the_blocks_whose_compiler_may_be_given_it():
    """Each by itself, in place of the settings' flags; who gets none keeps those."""
    flags = ("-fblocks", "-DX=1", "-Copt-level=2")
    chosen = [one.settings.flags[one.snippet.language] for one in plan_mixed(flags=flags)]
    assert chosen == [("-fblocks", "-DX=1"), ("-Copt-level=2",), ("-DX=1",)]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"standard": "c+17"}, "'c+17'"),
        ({"standard": "c++17"}, "'c++17'"),
        ({"flags": ("-Wall", "-Wal l")}, "'-Wal l'"),
        ({"flags": ("-fplugin=x",)}, "'-fplugin=x'"),
        ({"toolchains": ("gcc-11",), "flags": ("-fblocks",)}, "'-fblocks'"),
    ],
)
def test_a_word_on_the_command_line_that_no_block_takes_is_refused(said, word):
    """It is mistyped, or for another document; nothing is compiled without it."""
    with pytest.raises(Unaccepted, match="block") as refused:
        plan_mixed(**said)
    assert word in refused.value.args[0]


@pytest.mark.parametrize("document", ["", "text\n", "```c wic:skip\n```", "```sh\n```"])
def test_where_there_is_nothing_to_compile_no_word_is_refused(document):
    """There is nobody whom it could have been for."""
    assert all(plan.is_skipped for plan in plan_markdown(document, Settings(), Wishes(standard="x")))


def test_a_comment_chooses_for_a_source_file():
    """Before the settings, and after the command line; flags of all follow each other, the last word last."""
    text = "// wic: gcc-11 clang-14 -std=c99 -Wextra\nint a;\n"
    settings = replace(SETTINGS, flags={"c": ("-Wall",), "cpp": ("-w",)})
    (plan,) = plan_file(text, "c", "a.c", settings)
    assert plan.toolchains == ("gcc-11", "clang-14")
    assert plan.settings.standards == {"c": ("c99",), "cpp": ("c++17",)}
    assert plan.settings.flags == {"c": ("-Wall", "-Wextra"), "cpp": ("-w",)}
    (plan,) = plan_file(text, "c", "a.c", settings, Wishes(("gcc-9",), "c17", ("-O2",)))
    assert plan.toolchains == ("gcc-9",)
    assert plan.settings.standard_for("c") == "c17"
    assert plan.settings.flags["c"] == ("-Wextra", "-O2")


async def test_what_is_wrong_about_a_comment_is_told_with_what_the_compiler_said():
    """Whatever became of the compile."""
    for text in ("// wic: gc-11\n", "// wic: gc-11\nunable\n"):
        (result,) = await carry_out(plan_file(text, "c", "a.c", Settings()), fake_check)
        assert [one.message.partition(".")[0] for one in result.findings] == ["There is no toolchain 'gc-11'"]


async def fake_check(snippet, settings, wanted):
    """Find an error on the snippet's first line, or nothing in an empty one, or be unable to say."""
    if "unable" in snippet.text:
        return CheckResult(wanted, "fake", None, reason="No.", remedy="Do.")
    first = Position(snippet.lines[0].start.line if snippet.lines else 0, 0)
    found = Finding(Severity.ERROR, "e", Place(None, Range(first, first)))
    findings = (found,) if "bad" in snippet.text else ()
    return CheckResult(wanted or "default", "fake", Outcome.FINISHED, findings)


async def results_of(document, *named):
    return await carry_out(plan_markdown(document, Settings(), Wishes(named)), fake_check)


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
