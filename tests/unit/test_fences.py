"""Fenced blocks of a document: which there are, what is in them, and where each character of it stands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.unit.markdown_texts import ENDS, character, documents
from wic_lsp.model import LineKind, Position
from wic_lsp.positions import line_content, split_lines
from wic_lsp.snippets.fences import Words, find_fences

MARKDOWN = st.text(alphabet=st.sampled_from("`~>-1.) \t\r\n\0\f\u2028\ufeffax#<!é😀"), max_size=60)
FENCED = st.lists(
    st.sampled_from(
        ["```", "~~~~", "> ", ">", "- ", "  ", "\t", "x", " ", "\n", "\r\n", "\r", "é", "<!-- ", "-->"]
    ),
    max_size=40,
).map("".join)


def texts(document):
    return ["".join(fence.lines) for fence in find_fences(document)]


def check_places(document):
    """Every code point of every block is the document's, and so is each end of a line."""
    for fence in find_fences(document):
        assert len(fence.lines) == len(fence.origins)
        for line, origin in zip(fence.lines, fence.origins, strict=True):
            assert line[: origin.indent] == " " * origin.indent
            for column in range(origin.indent, len(line)):
                place = Position(origin.start.line, origin.start.column + column - origin.indent)
                assert character(document, place) == line[column]
            own = line_content(split_lines(document)[origin.start.line])
            assert origin.start.column + len(line_content(line)) - origin.indent == len(own)


@pytest.mark.parametrize(
    ("document", "blocks"),
    [
        pytest.param("```\na\n```", ["a\n"], id="backticks"),
        pytest.param("~~~\na\n~~~", ["a\n"], id="tildes"),
        pytest.param("``\na\n``", [], id="two marks are a code span"),
        pytest.param("```\na\n~~~\n```", ["a\n~~~\n"], id="other marks do not close"),
        pytest.param("~~~\na\n```\n~~~", ["a\n```\n"], id="nor the other way round"),
        pytest.param("````\na\n```\n`````", ["a\n```\n"], id="at least as many close"),
        pytest.param("```\na", ["a"], id="the document's end closes"),
        pytest.param("```\n\n  \n", ["\n  \n"], id="blank lines are kept"),
        pytest.param("```\n```", [""], id="empty"),
        pytest.param("```", [""], id="nothing but the opening"),
        pytest.param(" ```\n a\nb\n```", ["a\nb\n"], id="the opening's indentation is taken off"),
        pytest.param("  ```\na\n   b\n  ```", ["a\n b\n"], id="no more than that"),
        pytest.param("   ```\n    a\n ```", [" a\n"], id="a closing fence has its own indentation"),
        pytest.param("    ```\n    a\n    ```", [], id="four spaces are indented code"),
        pytest.param("```\na\n    ```", ["a\n    ```"], id="which closes nothing"),
        pytest.param("``` ```\na", [], id="an info string in backticks has none"),
        pytest.param("~~~ a ``` ~~~\nb\n~~~", ["b\n"], id="one in tildes may"),
        pytest.param("```\na\n``` b", ["a\n``` b"], id="a closing fence has no info string"),
        pytest.param("```\na\n```  \t", ["a\n"], id="but blanks"),
        pytest.param("a\n```\nb\n```\nc", ["b\n"], id="in the middle of a paragraph"),
        pytest.param("a\n===\n~~~\nb\n~~~\n# c", ["b\n"], id="between headings"),
        pytest.param("> ```\n> a\n\nb", ["a\n"], id="a quote's end closes"),
        pytest.param("> ```\na", [""], id="a block is not continued lazily"),
        pytest.param("- ```\n  a\n b", ["a\n"], id="a list's end closes"),
        pytest.param("- ```\n  a\n\n  b\n  ```", ["a\n\nb\n"], id="a blank line in a list"),
        pytest.param("- a\n  - ```\n    b\n    ```\n  - c", ["b\n"], id="a list in a list"),
        pytest.param("> 1. ```\n>     a\n>    ```", [" a\n"], id="a list in a quote"),
        pytest.param("-\t```\n\ta\n\t\tb\n\t```", ["a\n\tb\n"], id="a tab as a list's indentation"),
        pytest.param("- ```\n\ta\n  ```", ["  a\n"], id="a tab that the list cuts through"),
        pytest.param("- ```\n\t\ta\n  ```", ["  \ta\n"], id="and one behind it"),
        pytest.param(">```\n>a\n> b\n>```", ["a\nb\n"], id="quotes without a space"),
        pytest.param("<!--\n```\na\n```\n-->", [], id="in a comment"),
        pytest.param("<pre>\n```\na\n```\n</pre>", [], id="in preformatted HTML"),
        pytest.param("<div>\n```\na\n```\n</div>", [], id="in an HTML block"),
        pytest.param("<div>\n\n```\na\n```\n\n</div>", ["a\n"], id="between HTML blocks"),
        pytest.param("```\r\na\r\n\r\n```\r\n", ["a\n\n"], id="CRLF"),
        pytest.param("```\ra\r```\r", ["a\n"], id="lone CR"),
        pytest.param("> ```\r> a\r> \n> b", ["a\n\nb"], id="CR and LF on two lines of a quote"),
        pytest.param("```\na\u2028b\fc\n```", ["a\u2028b\fc\n"], id="what ends no line in Markdown"),
        pytest.param("\ufeff```\na\n```", ["a\n"], id="a byte-order mark"),
        pytest.param("```\na\0b\n```", ["a\0b\n"], id="NUL stays, for whoever compiles it"),
        pytest.param(" \t```\na", [], id="a tab is four columns"),
    ],
)
def test_what_is_in_a_block(document, blocks):
    """By CommonMark 0.31, 4.5 and 5: the text without quotes, lists and the block's own indentation."""
    assert texts(document) == blocks
    check_places(document)


@given(documents(), ENDS)
@settings(max_examples=200)
def test_a_block_in_containers_is_what_was_put_into_it(written, end):
    """However deep in lists and quotes, with tabs and blanks left out, and whatever ends a line."""
    document = end.join([*written.lines, ""])
    (found,) = texts(document)
    assert found == "".join(f"{line}\n" for line in written.code)
    check_places(document)


@given(st.one_of(MARKDOWN, FENCED))
@settings(max_examples=500)
def test_every_character_of_a_block_is_the_documents(document):
    """In any text: the code point at the place that a character is mapped to is that character."""
    check_places(document)


@given(st.one_of(MARKDOWN, FENCED))
@settings(max_examples=200)
def test_blocks_are_those_that_a_reader_of_commonmark_sees(document):
    """The same blocks with the same text as the whole of markdown-it-py gives."""
    tokens = MarkdownIt("commonmark", {"maxNesting": 100}).parse(document.removeprefix("\ufeff"))
    seen = [token.content for token in tokens if token.type == "fence"]
    assert [text.replace("\0", "\ufffd") for text in texts(document)] == seen


def test_what_comes_after_the_text_is_on_the_closing_fence():
    """A compiler that misses something at the end points there."""
    (fence,) = find_fences("- ```\n  a\n   ~~~\n   ````")
    assert (fence.end.kind, fence.end.start) == (LineKind.END, Position(3, 3))


@pytest.mark.parametrize(
    ("document", "place"), [("```\nabc\n", (1, 3)), ("> ```\n> ab\n\nc", (1, 4)), ("```c", (0, 4))]
)
def test_without_a_closing_fence_it_is_the_last_lines_end(document, place):
    """What follows in the document is not the block's."""
    (fence,) = find_fences(document)
    assert (fence.end.kind, fence.end.start) == (LineKind.ADDED, Position(*place))


def test_the_opening_and_its_info_string_have_their_places():
    """Behind quotes and lists, and a byte-order mark."""
    (fence,) = find_fences("\ufeff- > ~~~~ c x\n  > a")
    assert (fence.opening.start, fence.opening.end) == (Position(0, 5), Position(0, 13))
    assert fence.info == Words(" c x", Position(0, 9))


@pytest.mark.parametrize(
    ("document", "comment"),
    [
        ("<!-- a b -->\n```\n```", ("a b", 0, 5)),
        ("<!--a-->  \n\n```\n```", ("a", 0, 4)),
        ("> - <!-- a -->\n>   ```\n>   ```", ("a", 0, 9)),
        ("text\n<!-- a -->\n```\n```", ("a", 1, 5)),
        ("<!-- a\n-->\n```\n```", None),
        ("<!-- a --> b\n```\n```", None),
        ("<!-- a -->\ntext\n```\n```", None),
        ("- <!-- a -->\n\n```\n```", None),
        ("<hr>\n\n```\n```", None),
    ],
)
def test_a_comment_of_one_line_goes_with_the_block_after_it(document, comment):
    """In the same list or quote, with nothing between the two but blank lines."""
    (fence,) = find_fences(document)
    said = fence.comment
    assert (said and (said.text, said.at.line, said.at.column)) == comment


def test_deep_nesting_is_followed():
    """Thirty quotes are no reason to miss a block, nor is one inside a thousand a reason to fail."""
    deep = ">" * 30
    assert texts(f"{deep}```\n{deep}a\n{deep}```") == ["a\n"]
    assert texts(f"{'>' * 1000}```\n") == []
