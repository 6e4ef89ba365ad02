"""Several toolchains for one snippet: what agrees, what does not, and the table's words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wic_lsp.matrix import Row, Verdict, compared, group_results, merge, rows
from wic_lsp.model import CheckResult, Edit, Finding, Fix, Note, Place, Position, Range, Severity
from wic_runtimes.contract import Outcome


def span(line, column, end):
    return Range(Position(line, column), Position(line, end))


def finding(message="no", line=0, column=0, end=1, file=None, **changes):
    values = {"severity": Severity.ERROR} | changes
    return Finding(message=message, place=Place(file, span(line, column, end)), **values)


def result(toolchain, *findings, **changes):
    values = {"outcome": Outcome.FINISHED} | changes
    return CheckResult(toolchain, "fake", findings=findings, **values)


def merged(*results):
    (group,) = group_results(results)
    return merge(group)


def said(*results):
    return [(one.finding.message, one.toolchains, one.is_unanimous) for one in merged(*results)]


FOUND = finding()
GIVEN = finding("\u2018x\u2019 was not declared", 2, 4, 7, code="-Wx")


def test_what_all_say_is_said_once():
    """With all their names and results, whatever else each of them says."""
    one, two = result("gcc-11", FOUND), result("gcc-12", FOUND, GIVEN)
    first, second = merged(one, two)
    assert (first.finding, first.toolchains, first.is_unanimous) == (FOUND, ("gcc-11", "gcc-12"), True)
    assert first.results == (one, two)
    assert (second.finding, second.toolchains, second.is_unanimous) == (GIVEN, ("gcc-12",), False)
    assert second.results == (two,)


@pytest.mark.parametrize(
    "other",
    [
        replace(GIVEN, message="'x' was not declared"),
        replace(GIVEN, code="-Wy"),
        replace(GIVEN, code=None),
        replace(GIVEN, place=Place(None, span(2, 4, 9))),
        replace(GIVEN, notes=(Note("here"),)),
    ],
    ids=["quotes", "code", "no code", "end", "notes"],
)
def test_findings_agree_that_say_the_same_of_the_same_place(other):
    """Typographic quotes or plain ones, another code or none, another end: what is shown is the first's."""
    (found,) = merged(result("a", GIVEN), result("b", other))
    assert found.is_unanimous
    assert found.finding == replace(GIVEN, notes=other.notes)


@pytest.mark.parametrize(
    "other",
    [
        replace(GIVEN, severity=Severity.WARNING),
        replace(GIVEN, message="\u2018x\u2019 was not declared."),
        replace(GIVEN, message="`x` was not declared"),
        replace(GIVEN, place=Place(None, span(2, 3, 7))),
        replace(GIVEN, place=Place("a.h", GIVEN.place.range)),
    ],
    ids=["severity", "message", "backticks", "start", "file"],
)
def test_findings_that_differ_stay_apart(other):
    """In severity, in words, in where they begin, or in the file."""
    assert [one.toolchains for one in merged(result("a", GIVEN), result("b", other))] in (
        [("a",), ("b",)],
        [("b",), ("a",)],
    )


def test_two_findings_of_one_toolchain_are_never_one():
    """Each is added to one of another toolchain; the one that is the very same goes before what agrees."""
    short, long = finding(end=1), finding(end=5)
    both, alone = merged(result("a", long, short), result("b", short))
    assert (both.finding, both.toolchains) == (long, ("a",))
    assert (alone.finding, alone.toolchains) == (short, ("a", "b"))
    assert said(result("a", FOUND, FOUND), result("b", FOUND)) == [
        ("no", ("a", "b"), True),
        ("no", ("a",), False),
    ]


def test_what_did_not_run_to_its_end_has_no_say():
    """A finding of all that did is said by all, and one of the others' silence proves nothing."""
    stopped = result("c", outcome=Outcome.TIMED_OUT)
    assert said(result("a", FOUND), result("b", FOUND, GIVEN), stopped) == [
        ("no", ("a", "b"), True),
        (GIVEN.message, ("b",), False),
    ]
    assert said(result("a", FOUND), stopped) == [("no", ("a",), True)]


def test_who_alone_says_it_stands_at_the_end_of_the_first_line():
    """Editors show the first line of a message first, and some no other."""
    several = finding("first\nsecond")
    one, _ = merged(result("gcc-11", several), result("gcc-12", GIVEN), result("clang-14", several))
    assert one.only == "only gcc-11, clang-14"
    assert one.message == "first (only gcc-11, clang-14)\nsecond"
    (one,) = merged(result("gcc-11", several))
    assert (one.only, one.message) == ("", "first\nsecond")


def test_the_order_is_that_of_the_places():
    """What is in another file counts where a note leads to it, else as the first line."""
    header = finding("led to", 90, file="a.h", notes=(Note("from here", Place(None, span(4, 0, 1))),))
    lost = finding("lost", 80, file="b.h")
    first = result("a", finding("six", 6), finding("two", 2), header)
    second = result("b", finding("five", 5), finding("two", 2), finding("also two", 2), lost)
    assert [one.finding.message for one in merged(first, second)] == [
        *("lost", "two", "also two", "led to", "five", "six")
    ]


def test_what_one_toolchain_says_is_in_its_own_order():
    """Also where others have nothing to say."""
    six, two = finding("six", 6), finding("two", 2)
    assert [one.finding for one in merged(result("a", six, two))] == [six, two]
    assert [one.finding for one in merged(result("b"), result("a", six, two))] == [six, two]


def test_notes_fixes_and_codes_are_those_of_the_first_that_has_any():
    """So nothing is lost that a later toolchain adds; a link goes with its code."""
    fix = Fix("do", (Edit(span(0, 0, 1), "x"),), is_sure=True)
    known = replace(FOUND, code="E1", code_url="https://e/1", notes=(Note("one"),))
    later = replace(FOUND, code="E2", code_url="https://e/2", notes=(Note("two"),), fixes=(fix,))
    (found,) = merged(result("a", FOUND), result("b", known), result("c", later))
    assert found.finding == replace(known, fixes=(fix,))


SURE = Fix("do", (Edit(span(0, 0, 1), "x"),), is_sure=True)


@pytest.mark.parametrize(
    ("offers", "is_sure"),
    [
        ([(SURE,), (SURE,)], True),
        ([(SURE,), ()], True),
        ([(), (SURE,)], True),
        ([(SURE,), (replace(SURE, title="do it"),)], True),
        ([(SURE,), (replace(SURE, is_sure=False),)], False),
        ([(replace(SURE, is_sure=False),), (SURE,)], False),
        ([(SURE,), (replace(SURE, edits=(Edit(span(0, 0, 1), "y"),)),)], False),
    ],
)
def test_a_fix_is_sure_where_all_that_offer_any_agree(offers, is_sure):
    """It is offered once; who offers none does not object, and what it is called does not matter."""
    results = [result(f"t-{n}", replace(FOUND, fixes=fixes)) for n, fixes in enumerate(offers)]
    (found,) = merged(*results)
    (fix,) = found.finding.fixes
    assert fix.edits == next(fixes for fixes in offers if fixes)[0].edits
    assert fix.is_sure is is_sure


def test_results_are_grouped_by_their_snippets():
    """A whole file is one group, and each block is one."""
    one, two = span(1, 0, 4), span(7, 0, 4)
    results = [result("a", block=one), result("b", block=one), result("a", block=two)]
    groups = group_results(results)
    assert [(group.block, group.results, group.is_matrix) for group in groups] == [
        (one, tuple(results[:2]), True),
        (two, tuple(results[2:]), False),
    ]
    assert [len(group.results) for group in group_results([result("a"), result("b")])] == [2]
    assert group_results([]) == ()


def test_a_toolchain_that_two_names_ask_for_counts_once():
    """`gcc` and `gcc-12` may be one; what it says only the second time is not lost."""
    again = result("gcc-12", FOUND, duration_s=3.0, cached=True)
    assert said(result("gcc-12", FOUND), again) == [("no", ("gcc-12",), True)]
    stopped = result("gcc-12", outcome=Outcome.CRASHED)
    (group,) = group_results([result("gcc-12", FOUND), stopped])
    assert len(group.results) == 2


def test_worth_a_table_is_what_has_several_toolchains_and_every_compiled_block():
    """A file on one toolchain has its findings alone, a block without a compiler what is said of that."""
    block, other = span(1, 0, 4), span(5, 0, 4)
    assert compared([result("a", FOUND)]) == ()
    assert len(compared([result("a"), result("b")])) == 1
    (group,) = compared([result("a", block=block), result(None, outcome=None, block=other)])
    assert group.block == block


WARNING = finding(severity=Severity.WARNING)


@pytest.mark.parametrize(
    ("of", "verdict", "text", "short"),
    [
        (result("t"), Verdict.PASSES, "passes", "passes"),
        (result("t", finding(severity=Severity.INFORMATION)), Verdict.PASSES, "passes", "passes"),
        (result("t", WARNING), Verdict.WARNS, "1 warning", "1 warning"),
        (
            result("t", WARNING, FOUND, finding(severity=Severity.HINT), FOUND, WARNING),
            *(Verdict.FAILS, "2 errors, 2 warnings", "2 errors, 2 warnings"),
        ),
        (
            result("t", outcome=None, reason="It is not\nhere: no."),
            *(Verdict.NOT_RUN, "not compiled: It is not here: no", "not compiled"),
        ),
        (result("t", outcome=None), Verdict.NOT_RUN, "not compiled", "not compiled"),
        (
            result("t", FOUND, outcome=Outcome.TIMED_OUT, reason="Too slow."),
            *(Verdict.NOT_RUN, "stopped: Too slow", "stopped"),
        ),
    ],
)
def test_a_row_says_what_became_of_it(of, verdict, text, short):
    """In a word, in a line, and shortly; what did not run to its end never passes."""
    (group,) = group_results([of])
    (row,) = rows(group)
    assert row == Row("t", verdict, text)
    assert row.short == short
