"""How the toolchains differ, as Markdown: a table that a reader sees, and what not all of them say."""

from __future__ import annotations

from markdown_it import MarkdownIt

from tests.unit.test_matrix import finding, result, span
from wic_lsp.lsp.matrix_text import describe_matrix
from wic_lsp.model import CheckResult, Severity
from wic_runtimes.contract import Outcome

MARKDOWN = MarkdownIt("commonmark").enable("table")
WARNING = finding("unused", 2, severity=Severity.WARNING, code="-Wunused")


def read(text):
    """Return what a reader sees: each table's rows as lists of cells, each other block as its text."""
    seen, tokens = [], MARKDOWN.parse(text)
    row = None
    for token in tokens:
        if token.type == "table_open":
            seen.append([])
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            seen[-1].append(row)
            row = None
        elif token.type == "inline":
            content = "".join(one.content for one in token.children)
            (row if row is not None else seen).append(content)
    return seen


def test_one_text_has_a_line_for_each_toolchain_and_what_is_said_by_some_alone():
    """With its place, its severity and its code; what all say is not repeated."""
    seen = read(
        describe_matrix(
            (
                result("gcc-11", WARNING, finding("no | such\nthing", 4)),
                result("gcc-12", WARNING),
                result("clang-14", outcome=None, reason="It is not here."),
            )
        )
    )
    assert seen == [
        [
            ["Toolchain", "Result"],
            ["gcc-11", "1 error, 1 warning"],
            ["gcc-12", "1 warning"],
            ["clang-14", "not compiled: It is not here"],
        ],
        "What not all of them say:",
        "line 5, only gcc-11: error: no | such",
    ]


def test_what_all_say_is_no_difference():
    """Where they agree, there is the table alone."""
    assert read(describe_matrix((result("a", WARNING), result("b", WARNING)))) == [
        [["Toolchain", "Result"], ["a", "1 warning"], ["b", "1 warning"]]
    ]


def test_several_blocks_have_a_line_each_and_a_column_for_each_toolchain():
    """A toolchain that was not asked for has a dash; a reason is told below, as for what is withheld."""
    left = CheckResult(reason="Not checked: nobody named one.", is_withheld=True, block=span(9, 0, 3))
    seen = read(
        describe_matrix(
            (
                result("gcc-12", block=span(0, 0, 3)),
                result("rustc-1.63", finding(line=5), block=span(4, 0, 3)),
                result("gcc-12", finding("x.h is bad", 1, file="x.h"), block=span(6, 0, 3)),
                result("clang-14", block=span(6, 0, 3)),
                left,
            )
        )
    )
    assert seen == [
        [
            ["Snippet", "gcc-12", "rustc-1.63", "clang-14"],
            ["line 1", "passes", "-", "-"],
            ["line 5", "-", "1 error", "-"],
            ["line 7", "1 error", "-", "passes"],
        ],
        "What not all of them say:",
        "x.h:2, only gcc-12: error: x.h is bad",
        "Not checked: nobody named one.",
    ]


def test_nothing_to_compare_is_said_in_a_sentence():
    """One toolchain, no code, nothing compiled, not wanted."""
    for results, said in [
        ((result("gcc-12"),), "It was compiled by gcc-12 alone; there is a table where several are chosen."),
        ((), "There is no code in it to compile."),
        ((CheckResult(reason="No compiler.", remedy="Get one."),), "Not compiled: No compiler. Get one."),
        (
            (CheckResult("gcc-12", outcome=Outcome.TIMED_OUT, reason="Too slow."),),
            "Not checked to the end: Too slow.",
        ),
        (
            (CheckResult(reason="Not checked", remedy="save to check.", is_withheld=True),),
            "Not checked: save to check.",
        ),
    ]:
        assert read(describe_matrix(results)) == [said]


def test_a_flood_of_differences_is_cut():
    """And how many are left out is said."""
    many = [finding(f"m{number}", number) for number in range(130)]
    *_, last = read(describe_matrix((result("a", *many), result("b"))))
    assert last == "and 30 more"
