"""When a document is compiled, and what is said where it is not: the table, and the words."""

from __future__ import annotations

import pytest

from wic_lsp.config import Settings, When
from wic_lsp.lsp.checked import Status, status_of
from wic_lsp.lsp.occasions import Occasion, is_due, is_silent, is_told, separate, withhold
from wic_lsp.model import CheckResult, Finding, Place, Position, Range, Severity
from wic_lsp.plans import plan_file, plan_markdown
from wic_runtimes.contract import Outcome

DONE = CheckResult("gcc-12", outcome=Outcome.FINISHED)
OTHER = When.OTHER_TOOLCHAINS
WITHHELD = CheckResult(is_withheld=True)
FOUND = Finding(Severity.ERROR, "m", Place(None, Range(Position(0, 0), Position(0, 1))))


@pytest.mark.parametrize(
    ("when", "not_due"),
    [
        (When.ALWAYS, set()),
        (When.SAVE, {Occasion.EDITED}),
        (When.COMMAND, set(Occasion) - {Occasion.ASKED}),
        (OTHER, set()),
    ],
)
def test_what_the_user_asks_for_is_compiled_and_the_rest_as_the_setting_says(when, not_due):
    """Whatever the setting, the user's own command is obeyed."""
    assert {one for one in Occasion if not is_due(when, one)} == not_due


@pytest.mark.parametrize("when", list(When))
def test_what_was_told_of_is_never_left_standing(when):
    """A text that nothing was ever said of is left in silence, except where saving is what checks."""
    assert is_told(when, was_told=True)
    assert is_told(when, was_told=False) is (when is When.SAVE)


@pytest.mark.parametrize(
    ("when", "occasion", "is_own", "said"),
    [
        (When.SAVE, Occasion.EDITED, True, "Not checked since the edit: save to check."),
        (When.SAVE, Occasion.EDITED, False, "Not checked since a file that it needs changed: save to check."),
        (When.COMMAND, Occasion.EDITED, True, "Not checked since the edit: run the command Check Now."),
        (When.COMMAND, Occasion.OPENED, True, "Not checked: run the command Check Now."),
        (
            When.COMMAND,
            Occasion.SURROUNDINGS,
            True,
            "Not checked since the settings or the workspace changed: run the command Check Now.",
        ),
    ],
)
def test_it_says_since_when_and_what_to_do(when, occasion, is_own, said):
    """In one sentence; it is no result of a compiler."""
    result = withhold(when, occasion, is_own=is_own)
    assert f"{result.reason}: {result.remedy}" == said
    assert result.is_withheld
    assert not result.is_complete


def test_a_toolchain_that_nobody_named_is_left_to_the_languages_own_server():
    """Named is one in the settings, or in the text; another language's is not."""
    text = "int x;\n"
    for settings, source, is_compiled in [
        (Settings(), text, False),
        (Settings(toolchains={"cpp": ("gcc-12",)}), text, False),
        (Settings(toolchains={"c": ("gcc-12",)}), text, True),
        (Settings(), f"// wic: gcc\n{text}", True),
        (Settings(), f"// wic: -std=c11 -Wall\n{text}", False),
    ]:
        plans = plan_file(source, "c", "/t.c", settings)
        wanted, left = separate(OTHER, plans)
        assert (wanted == plans, bool(left)) == (is_compiled, not is_compiled)
        for when in set(When) - {OTHER}:
            assert separate(when, plans) == (plans, ())


def test_the_blocks_that_are_left_out_are_told_once():
    """At the first of them, with how many there are; one to skip is none of them."""
    block = "```{}\nint x;\n```\n"
    document = "".join(map(block.format, ["c wic:toolchain=gcc-12", "c", "c wic:skip", "cpp", "c"]))
    plans = plan_markdown(document, Settings())
    wanted, (left,) = separate(OTHER, plans)
    assert wanted == (plans[0], plans[2])
    assert left.reason.startswith("Not checked: nobody named a toolchain for this block and 2 more, ")
    assert left.block.start.line == 3
    assert separate(OTHER, plans[:1] + plans[2:3]) == ((plans[0], plans[2]), ())


def test_a_mistake_in_what_a_text_says_of_itself_is_told_all_the_same():
    """Whoever misspells a toolchain has meant to name one."""
    plans = plan_file("// wic: gc-12\nint x;\n", "c", "/t.c", Settings())
    _, (left,) = separate(OTHER, plans)
    assert [one.message for one in left.findings] == ["There is no toolchain 'gc-12'. Did you mean 'gcc-12'?"]
    assert not is_silent((left,), was_told=False)


@pytest.mark.parametrize(
    ("results", "was_told", "silent"),
    [
        ((WITHHELD,), False, True),
        ((WITHHELD,), True, False),
        ((WITHHELD, DONE), False, False),
        ((CheckResult(is_withheld=True, findings=(FOUND,)),), False, False),
        ((CheckResult(reason="none"),), False, False),
        ((DONE,), False, False),
        ((), False, False),
    ],
)
def test_silence_is_for_what_nothing_was_ever_said_of(results, was_told, silent):
    """Where anything was compiled, or is wrong, it is said; and no document without code is withheld."""
    assert is_silent(results, was_told=was_told) is silent


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ((), Status.CHECKED),
        ((DONE,), Status.CHECKED),
        ((DONE, WITHHELD), Status.CHECKED),
        ((WITHHELD,), Status.WITHHELD),
        ((DONE, CheckResult()), Status.FAILED),
        ((WITHHELD, CheckResult("gcc-12", outcome=Outcome.TIMED_OUT)), Status.FAILED),
    ],
)
def test_a_status_is_never_better_than_the_results(results, status):
    """Checked is only what a compiler ran to its end for, or what has no code."""
    assert status_of(results) is status
