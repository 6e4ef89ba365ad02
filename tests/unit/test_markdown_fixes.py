"""Fixes in quotes and lists: what is offered makes the block what the compiler wanted, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.markdown_texts import CODE, ENDS, apply, documents
from wic_lsp.model import Edit, Fix, Position, Range
from wic_lsp.positions import SourceText
from wic_lsp.snippets.fixes import move_fix
from wic_lsp.snippets.markdown import extract

HIDING = st.text(alphabet=st.sampled_from("x#  \t>`é"), max_size=6)
NEW_TEXT = st.text(alphabet=st.sampled_from("yz \t\n\n#>`~-"), max_size=6)


def edit(start, end, new_text):
    return Edit(Range(Position(*start), Position(*end)), new_text)


def fixed(document, *edits):
    """Return the document with a fix made in its first block; None where the fix is not offered."""
    snippet = extract(document)[0].snippet
    fix = move_fix(Fix("f", edits, is_sure=True), snippet)
    return None if fix is None else apply(fix.edits, document)


@pytest.mark.parametrize(
    ("document", "change", "wanted"),
    [
        pytest.param(
            "> ```c\n> int x\n> ```", edit((0, 5), (0, 5), ";"), "> ```c\n> int x;\n> ```", id="in a line"
        ),
        pytest.param(
            "> ```c\n> a\n> ```",
            edit((0, 0), (0, 0), "b\n"),
            "> ```c\n> b\n> a\n> ```",
            id="a line in a quote",
        ),
        pytest.param(
            "- ```c\n  a\n  ```",
            edit((0, 1), (0, 1), "\n b"),
            "- ```c\n  a\n   b\n  ```",
            id="a line in a list",
        ),
        pytest.param(
            "> - ```c\n>   a\n>   b\n>   ```",
            edit((0, 0), (1, 0), ""),
            "> - ```c\n>   b\n>   ```",
            id="one less",
        ),
        pytest.param("> ```c\n> a\n> ```", edit((0, 0), (1, 0), ""), "> ```c\n> ```", id="none left"),
        pytest.param(
            "> ```c\n> a\n> b\n> ```",
            edit((0, 1), (1, 0), " "),
            "> ```c\n> a b\n> ```",
            id="two lines made one",
        ),
        pytest.param(
            ">```c\n>a\n>```",
            edit((0, 0), (0, 1), "\n b"),
            ">```c\n>\n>  b\n>```",
            id="a blank behind a quote's own",
        ),
        pytest.param(
            "> ```c\n> a\n> ```", edit((1, 0), (1, 0), "b\n"), "> ```c\n> a\n> b\n> ```", id="at the end"
        ),
        pytest.param(
            "```c\r\na\r\n```",
            edit((0, 1), (0, 1), "\nb"),
            "```c\r\na\r\nb\r\n```",
            id="the document's line ends",
        ),
        pytest.param(
            "-\t```c\n\ta\n\t```",
            edit((0, 0), (0, 0), "\tb\n"),
            "-\t```c\n\t\tb\n\ta\n\t```",
            id="behind a tab",
        ),
        pytest.param(
            "- ```c\n\ta\n  ```", edit((0, 2), (0, 3), "b"), "- ```c\n\tb\n  ```", id="behind a cut tab"
        ),
        pytest.param(
            "```rust\n# use a;\nb\n```",
            edit((2, 4), (2, 5), "c"),
            "```rust\n# use c;\nb\n```",
            id="a hidden line",
        ),
        pytest.param("```c\na\n```", edit((1, 0), (1, 0), "b"), None, id="text before the closing fence"),
        pytest.param("```c\na\n```", edit((0, 0), (0, 1), "```"), None, id="what would close the block"),
        pytest.param("- ```c\n\ta\n  ```", edit((0, 1), (0, 2), ""), None, id="half a tab"),
        pytest.param(
            "- ```c\n  a\n\n  ```", edit((1, 0), (1, 0), "b"), None, id="a line that a list does not hold"
        ),
        pytest.param(
            "  ```c\na\n  ```", edit((0, 0), (0, 0), " "), None, id="spaces that would be indentation"
        ),
        pytest.param(
            ">```c\n>a\n>```", edit((0, 0), (0, 0), " "), None, id="a space that would be the quote's"
        ),
        pytest.param("```rust\na\n```", edit((2, 0), (2, 0), "# "), None, id="what would hide a line"),
        pytest.param(
            "```rust\n# a\n```", edit((2, 0), (3, 0), ""), None, id="what would leave the hiding behind"
        ),
        pytest.param(
            "```rust\na\n```", edit((1, 0), (1, 0), "b"), None, id="a line that is not in the document"
        ),
        pytest.param("```c\na", edit((0, 2), (0, 2), "b"), None, id="outside of the text"),
        pytest.param("```c\na\n```", edit((0, 1), (0, 1), "\r\n"), None, id="a line end of another kind"),
    ],
)
def test_a_fix_is_made_in_the_document_or_not_offered(document, change, wanted):
    """New lines get what their quotes and lists need; what cannot be written into a block is not offered."""
    assert fixed(document, change) == wanted


def test_edits_are_judged_by_what_they_make_together():
    """Two edits of one line may make what neither does."""
    document = "```c\n`a``\n```"
    assert fixed(document, edit((0, 1), (0, 2), "")) is None
    assert fixed(document, edit((0, 1), (0, 2), ""), edit((0, 0), (0, 0), "b")) == "```c\nb```\n```"
    assert fixed(document, edit((0, 0), (0, 2), "b"), edit((0, 1), (0, 3), "c")) is None


def test_a_fix_across_blocks_is_not_offered():
    """Between two blocks that are compiled as one lies the document's own text."""
    document = "```c\na\n```\ntext\n```c wic:continue\nb\n```"
    assert fixed(document, edit((0, 0), (1, 1), "c")) is None
    assert fixed(document, edit((1, 0), (1, 1), "c")) == document.replace("b", "c")


def check_exactness(data, written, end):
    """Make random edits in a random document; says whether they were offered."""
    document = end.join([*written.lines, ""])
    (block,) = extract(document)
    source = SourceText(block.snippet.text)
    length = len(source.text)
    cuts = sorted(data.draw(st.lists(st.integers(0, length), min_size=2, max_size=4)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    edits = tuple(Edit(source.range(start, end), data.draw(NEW_TEXT)) for start, end in pairs)
    fix = move_fix(Fix("f", edits, is_sure=True), block.snippet)
    if fix is not None:
        (again,) = extract(apply(fix.edits, document))
        assert again.snippet.text == apply(edits, source.text)


@given(st.data(), documents(CODE), ENDS)
@settings(max_examples=300)
def test_a_fix_that_is_offered_makes_exactly_what_was_wanted(data, written, end):
    """The document with the fix, read again, has the snippet with the fix in it."""
    check_exactness(data, written, end)


@given(st.data(), documents(HIDING), ENDS)
@settings(max_examples=300)
def test_so_it_does_where_lines_are_hidden_and_statements_wrapped(data, written, end):
    """In Rust, too, whose blocks hide lines and get a function around them."""
    written.lines[:] = [
        line.replace("cpp", "rust").replace("c++", "rs").replace("CPP", "rust").replace("hpp", "rs")
        for line in written.lines
    ]
    check_exactness(data, written, end)


@given(documents(st.text(alphabet="xy;", min_size=1, max_size=5)), ENDS, st.data())
def test_ordinary_fixes_are_offered(written, end, data):
    """In a block of plain lines, a change in a line and a line before it are possible wherever it stands."""
    document = end.join([*written.lines, ""])
    (block,) = extract(document)
    for line, text in enumerate(written.code):
        for change in (edit((line, 0), (line, len(text)), "z;"), edit((line, 0), (line, 0), "z;\n")):
            assert move_fix(Fix("f", (change,), is_sure=True), block.snippet) is not None
