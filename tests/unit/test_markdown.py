"""Documents as blocks: which code is compiled, by which name, joined with what, and what makes it another."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.markdown_texts import character
from wic_lsp.model import Expectation, LineKind, Position, Range, Severity
from wic_lsp.positions import line_content, move_range, split_lines
from wic_lsp.snippets.markdown import extract
from wic_lsp.toolchains.families import languages

WORDS = st.sampled_from(["", " wic:continue", " wic:must-fail", " wic:skip", " wic:fragment", " wic:x"])
LANGUAGES = st.sampled_from(["c", "cpp", "python", "java", "js", "sh", ""])
LINES = st.sampled_from(
    ["import a;", "#include <a>", "int f(int a)", "{", "}", "x = 1;", "", "    é(😀)", "// {", "\tx"]
)
BLOCKS = st.tuples(LANGUAGES, WORDS, st.lists(LINES, max_size=6), st.sampled_from(["", "> ", "   "]))


def write(blocks):
    """Return a document of blocks: language, attributes, lines, and what is before each line."""
    lines = []
    for language, words, code, prefix in blocks:
        lines += [prefix + line for line in [f"```{language}{words}", *code, "```"]] + ["", "text", ""]
    return "\n".join(lines)


def texts(document):
    return [block.snippet.text for block in extract(document)]


@pytest.mark.parametrize(
    ("word", "language", "name"),
    [
        ("c", "c", "main.c"),
        ("C", "c", "main.c"),
        ("h", "c", "main.h"),
        ("cpp", "cpp", "main.cpp"),
        ("C++", "cpp", "main.cpp"),
        ("cc", "cpp", "main.cc"),
        ("hpp", "cpp", "main.hpp"),
        ("python", "python", "main.py"),
        ("python3", "python", "main.py"),
        ("py", "python", "main.py"),
        ("js", "javascript", "main.js"),
        ("JavaScript", "javascript", "main.js"),
        ("ts", "typescript", "main.ts"),
        ("tsx", "typescript", "main.tsx"),
        ("rs", "rust", "main.rs"),
        ("Rust", "rust", "main.rs"),
        ("go", "go", "main.go"),
        ("golang", "go", "main.go"),
        ("zig", "zig", "main.zig"),
        ("java", "java", "main.java"),
    ],
)
def test_a_language_is_known_by_its_usual_names(word, language, name):
    """Its own, the editors', its files' endings; the file is named by the ending where that was meant."""
    (block,) = extract(f"```{word}\n```")
    assert (block.snippet.language, block.snippet.name) == (language, name)


def test_every_language_is_known_by_its_name_and_its_endings():
    """Also those that are added later; where only capitals tell two apart, the one with small letters."""
    for language in languages().values():
        for word in (language.id, *(ending[1:] for ending in language.endings)):
            (block,) = extract(f"```{word}\n```")
            assert block.snippet.language == {"C": "c", "H": "c"}.get(word, language.id)


@pytest.mark.parametrize("info", ["", "sh", "text", "console", "cppx", "{}", "wic:skip", ".", "mermaid"])
def test_other_blocks_are_not_compiled(info):
    """What names no language, or one that is not known, is nobody's business."""
    assert extract(f"```{info}\nint x;\n```") == ()


def test_a_java_file_is_called_what_its_public_class_is():
    """The compiler wants it so."""
    (block,) = extract("```java\n// public class No {}\npublic final class Yes { }\n```")
    assert block.snippet.name == "Yes.java"


def test_joined_blocks_are_compiled_once_and_keep_their_places():
    """The text of all, in order; each line is where it stands, what comes last at the last one's end."""
    (block,) = extract("```c\nint x;\n```\n\n> ~~~c wic:continue\n> int y;\n> ~~~\n")
    assert block.snippet.text == "int x;\nint y;\n"
    assert [line.start for line in block.snippet.lines] == [Position(1, 0), Position(5, 2), Position(6, 2)]
    assert [opening.start for opening in block.openings] == [Position(0, 0), Position(4, 2)]


def test_a_block_continues_the_one_before_in_its_own_language():
    """Others may stand between the two, compiled or not."""
    document = write(
        [
            ("c", "", ["a"], ""),
            ("cpp", "", ["b"], ""),
            ("sh", "", ["c"], ""),
            ("c", " wic:continue", ["d"], ""),
        ]
    )
    assert texts(document) == ["a\nd\n", "b\n"]


def test_a_block_that_must_fail_is_tried_on_top_and_forgotten():
    """What it continues must compile without it, and what follows goes on without it."""
    document = write(
        [
            ("c", words, [code], "")
            for words, code in [
                ("", "a"),
                (" wic:continue", "b"),
                (" wic:continue wic:must-fail", "c"),
                (" wic:continue", "d"),
            ]
        ]
    )
    first, second = extract(document)
    assert (first.snippet.text, first.attributes.expectation) == ("a\nb\nd\n", Expectation.COMPILES)
    assert (second.snippet.text, second.attributes.expectation) == ("a\nb\nc\n", Expectation.FAILS)
    assert [opening.start.line for opening in second.openings] == [12]


def test_a_skipped_block_is_told_of_and_left_out():
    """It is not compiled, and what continues goes on without it."""
    document = write(
        [
            ("c", words, [code], "")
            for words, code in [("", "a"), (" wic:continue wic:skip", "b"), (" wic:continue", "c")]
        ]
    )
    first, second = extract(document)
    assert (first.snippet.text, first.attributes.is_skipped) == ("a\nc\n", False)
    assert (second.snippet.text, second.attributes.is_skipped) == ("b\n", True)


@pytest.mark.parametrize("before", [None, " wic:skip", " wic:must-fail"])
def test_continuing_nothing_is_an_error_of_its_own(before):
    """The first block, and one after a block that others cannot build on, are compiled alone and say so."""
    blocks = [("c", " wic:continue", ["b"], "")]
    if before is not None:
        blocks.insert(0, ("c", before, ["a"], ""))
    *_, block = extract(write(blocks))
    assert block.snippet.text == "b\n"
    (problem,) = block.problems
    assert (problem.severity, problem.place.range) == (Severity.ERROR, block.said_at)


def test_toolchain_and_standard_hold_for_all_that_is_joined():
    """The last that are named do."""
    words = [" wic:toolchain=gcc-9 wic:standard=c11", " wic:continue wic:toolchain=gcc-12", " wic:continue"]
    (block,) = extract(write([("c", each, ["a"], "") for each in words]))
    assert (block.attributes.toolchains, block.attributes.standard) == (("gcc-12",), "c11")


def test_hidden_lines_are_compiled_where_they_stand():
    """By rustdoc's rules `# ` is taken off, `##` shows one `#`, and attributes stay."""
    (block,) = extract("- ```rust\n  # use a::b;\n    # c();\n  #\n  ##[d]\n  #[e]\n  f();\n  ```\n")
    lines = split_lines(block.snippet.text)
    assert [line_content(line) for line in lines[2:-2]] == ["use a::b;", "  c();", "", "#[d]", "#[e]", "f();"]
    assert [origin.start.column for origin in block.snippet.lines[2:8]] == [4, 6, 3, 3, 2, 2]


def test_any_prefix_hides_lines_as_in_mdbook():
    """The block says which; what was before it is kept, since it may be Python's."""
    (block,) = extract("```python,hidelines=~\n~import os\nif os:\n    ~os.x\n    ~ pass\n```")
    assert block.snippet.text == "import os\nif os:\n    os.x\n     pass\n"


def test_an_id_is_of_what_is_compiled_and_not_of_where():
    """A block that moved, or that must now fail, is the same; another text, toolchain or standard is not."""
    (block,) = extract("```c\nint x;\n```")
    same = ["\n\n```c\nint x;\n```", "> ~~~ c title\r\n> int x;\r\n> ~~~", "```c wic:must-fail\nint x;\n```"]
    assert {extract(document)[0].id for document in same} == {block.id}
    others = [
        "```c\nint y;\n```",
        "```cpp\nint x;\n```",
        "```c wic:toolchain=gcc\nint x;\n```",
        "```c wic:standard=c11\nint x;\n```",
        "```c wic:fragment\nx;\n```",
        "```h\nint x;\n```",
    ]
    assert len({block.id, *(extract(document)[0].id for document in others)}) == len(others) + 1


def test_equal_blocks_have_ids_of_their_own():
    """The second is the second, so that each can be told of."""
    first, second, third = (block.id for block in extract("```c\nint x;\n```\n" * 3))
    assert (second, third) == (f"{first}-2", f"{first}-3")


@given(st.lists(BLOCKS, max_size=6))
def test_every_character_that_is_compiled_is_the_documents_or_ours(blocks):
    """Joined, wrapped, put into another order: a code point is mapped to itself, or its line is ours."""
    document = write(blocks)
    for block in extract(document):
        lines = split_lines(block.snippet.text)
        assert len(lines) == len(block.snippet.lines)
        for number, (line, origin) in enumerate(zip(lines, block.snippet.lines, strict=True)):
            if origin.kind is not LineKind.SOURCE:
                continue
            assert line[: origin.indent].strip() == ""
            for column in range(origin.indent, len(line)):
                place = Position(number, column)
                assert (
                    character(document, move_range(Range(place, place), block.snippet.lines).start)
                    == line[column]
                )


@given(st.lists(BLOCKS, max_size=6))
def test_no_line_of_a_block_is_lost_or_compiled_twice(blocks):
    """Each line of a block that is not skipped is in the text that is compiled for it, once."""
    document = write(blocks)
    for block in extract(document):
        starts = [origin.start.line for origin in block.snippet.lines if origin.kind is LineKind.SOURCE]
        assert len(set(starts)) == len(starts)
        for opening in block.openings:
            count = next(
                n
                for n, line in enumerate(document.split("\n")[opening.start.line + 1 :])
                if line.strip("> ") == "```"
            )
            assert set(starts) >= set(range(opening.start.line + 1, opening.start.line + 1 + count))


@given(st.lists(BLOCKS, max_size=6), st.integers(1, 5))
def test_a_document_that_is_moved_down_has_the_same_ids(blocks, count):
    """What is above a block does not count for what is compiled."""
    document = write(blocks)
    assert [one.id for one in extract(document)] == [one.id for one in extract("text\n\n" * count + document)]


def test_a_line_that_is_ours_is_shown_at_the_fence():
    """What a compiler says of the function around a fragment is said at the block's beginning or its end."""
    (block,) = extract("```c wic:fragment\nx;\n```")
    top, bottom = block.snippet.lines[0], block.snippet.lines[2]
    assert (top.stands_for, bottom.stands_for) == (
        Range(Position(0, 0), Position(0, 17)),
        Range(Position(2, 0), Position(2, 3)),
    )


def test_what_the_manual_shows_is_right(request):
    """The blocks in docs/markdown.md say what they are there to say."""
    text = (request.config.rootpath / "docs" / "markdown.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^````md\n(.*?)^````$", text, re.DOTALL | re.MULTILINE)
    failing, skipped = extract(shown)
    assert (failing.attributes.expectation, skipped.attributes.is_skipped) == (Expectation.FAILS, True)
    assert all(block.problems == () for block in (failing, skipped, *extract(text)))
