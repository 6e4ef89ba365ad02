"""What authors write beside the language: rustdoc's words, ours, and what is wrong about them."""

from __future__ import annotations

import pytest

from tests.unit.markdown_texts import apply
from wic_lsp.model import Attributes, Expectation, Position, Range
from wic_lsp.snippets.attributes import first_word, read_attributes
from wic_lsp.snippets.fences import Words

AT = Position(3, 5)


def read(info, language="cpp", comment=None):
    return read_attributes(Words(info, AT), Words(comment, Position(2, 5)) if comment else None, language)


@pytest.mark.parametrize(
    ("info", "word"),
    [
        ("cpp", "cpp"),
        ("  c++ title", "c++"),
        ("rust,ignore", "rust"),
        ("{.cpp .numberLines}", "cpp"),
        ("js{1,3}", "js"),
        ("c\\+\\+", "c++"),
        ("c&#43;&#43;", "c++"),
        ("", ""),
        (" \t", ""),
        ("{}", ""),
    ],
)
def test_the_first_word_names_the_language(info, word):
    """Behind blanks, up to a blank, a comma or a brace, and as CommonMark reads info strings."""
    assert first_word(Words(info, AT)) == word


@pytest.mark.parametrize(
    ("info", "known"),
    [
        ("rust", Attributes()),
        ("rust,ignore", Attributes(is_skipped=True)),
        ("rust ignore-arm", Attributes(is_skipped=True)),
        ("rust,no_run,should_panic,editable", Attributes()),
        ("rust,compile_fail", Attributes(expectation=Expectation.FAILS)),
        ("rust,compile_fail,E0499", Attributes(expectation=Expectation.FAILS, codes=("E0499",))),
        ("rust, edition2021", Attributes(standard="2021")),
        ("{.rust .ignore}", Attributes(is_skipped=True)),
        ("rust,hidelines=!!", Attributes(hides="!!")),
        ("rust wic:fragment", Attributes(is_fragment=True)),
    ],
)
def test_rusts_words_are_rustdocs(info, known):
    """After a comma or a blank; what says how code is run says nothing here, where nothing is run."""
    assert read(info, "rust") == (known, ())


@pytest.mark.parametrize(
    ("info", "known"),
    [
        ("cpp wic:skip", Attributes(is_skipped=True)),
        ("cpp,wic:fragment", Attributes(is_fragment=True)),
        ("cpp {wic:continue}", Attributes(joins=True)),
        ("cpp wic:must-fail", Attributes(expectation=Expectation.FAILS)),
        ("cpp wic:must-fail=-Werror", Attributes(expectation=Expectation.FAILS, codes=("-Werror",))),
        ("cpp wic:toolchain=gcc-11", Attributes(toolchains=("gcc-11",))),
        ("cpp wic:toolchain=gcc-11 wic:toolchain=clang", Attributes(toolchains=("gcc-11", "clang"))),
        ("cpp wic:standard=c++17", Attributes(standard="c++17")),
        ("cpp wic:skip wic:fragment", Attributes(is_skipped=True, is_fragment=True)),
        ('cpp title="x" ignore compile_fail skip', Attributes()),
        ("wic:skip", Attributes()),
    ],
)
def test_ours_are_for_every_language(info, known):
    """They have `wic:` before them; words of others are passed over, as is the language's place."""
    assert read(info) == (known, ())


@pytest.mark.parametrize("comment", ["wic:skip", "wic:skip because it is old", "wic:skip,skip"])
def test_a_comment_may_say_the_same(comment):
    """So that a renderer is given the language alone; what else it says is for people."""
    assert read("cpp", comment=comment) == (Attributes(is_skipped=True), ())
    assert read("cpp", comment=f"see {comment}") == (Attributes(), ())


def test_a_comment_and_an_info_string_add_up():
    """Each of them may say a part."""
    known, problems = read("cpp wic:continue", comment="wic:toolchain=gcc-9")
    assert (known, problems) == (Attributes(joins=True, toolchains=("gcc-9",)), ())


@pytest.mark.parametrize(
    ("info", "language", "said", "better"),
    [
        ("cpp wic:skpi", "cpp", "There is no attribute 'wic:skpi'. Did you mean 'wic:skip'?", "cpp wic:skip"),
        (
            "cpp wic:mustfail",
            "cpp",
            "There is no attribute 'wic:mustfail'. Did you mean",
            "cpp wic:must-fail",
        ),
        ("cpp wic:toolchian=x", "cpp", "There is no attribute 'wic:toolchian'.", "cpp wic:toolchain=x"),
        ("cpp wic:xyzzy", "cpp", "There is no attribute 'wic:xyzzy'.", None),
        ("cpp wic:", "cpp", "There is no attribute 'wic:'.", None),
        ("cpp wic:skip=1", "cpp", "'wic:skip' takes no value. Did you mean 'wic:skip'?", "cpp wic:skip"),
        ("cpp wic:toolchain", "cpp", "'wic:toolchain' needs a value, as wic:toolchain=gcc-12.", None),
        ("cpp wic:standard=", "cpp", "'wic:standard' needs a value, as wic:standard=c++20.", None),
        ("rust,compile-fail", "rust", "'compile-fail' is no attribute of rustdoc.", "rust,compile_fail"),
        ("rust norun", "rust", "'norun' is no attribute of rustdoc. Did you mean 'no_run'?", "rust no_run"),
    ],
)
def test_a_word_that_means_nothing_is_an_error_where_it_stands(info, language, said, better):
    """Its author wanted something that is not done; what was likely meant can be put there."""
    _, (problem,) = read(info, language)
    assert problem.message.startswith(said)
    start = problem.place.range.start.column - AT.column
    end = problem.place.range.end.column - AT.column
    assert problem.place.range.start.line == AT.line
    assert info[start:end] == info[info.rfind(" ") + 1 :].rpartition(",")[2]
    assert [apply(fix.edits, "\n" * 3 + " " * 5 + info).strip() for fix in problem.fixes] == [better] * bool(
        better
    )


def test_a_wrong_word_in_a_comment_is_shown_in_the_comment():
    """Each word has its own place."""
    _, (problem,) = read("cpp", comment="wic:skip wic:x")
    assert problem.place.range == Range(Position(2, 14), Position(2, 19))
    assert "wic:must-fail" in problem.notes[0].message
