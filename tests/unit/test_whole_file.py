"""A file as one snippet: its text untouched, its name kept where that is a plain one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_lsp.snippets.whole_file import extract_whole_file
from wic_lsp.toolchains.families import language_of_path, languages


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("t.c", "t.c"),
        ("/home/me/my project/a-b_c.1.c", "a-b_c.1.c"),
        ("dir/x++.c", "x++.c"),
        ("a b.c", "main.c"),
        ("-o.c", "main.c"),
        ("@x.c", "main.c"),
        (".c", "main.c"),
        ("ü.c", "main.c"),
        ("a\nb.c", "main.c"),
        ("a.c\n", "main.c"),
        ("a'b.h", "main.h"),
        ("x" * 98 + ".c", "x" * 98 + ".c"),
        ("x" * 99 + ".c", "main.c"),
        ("untitled document", "main.c"),
        ("untitled", "untitled"),
        ("..", "main.c"),
        ("", "main.c"),
    ],
)
def test_a_plain_name_is_kept(path, name):
    """Any other becomes `main`, with its ending where the language has that."""
    assert extract_whole_file("x", "c", path).name == name


def test_the_snippet_is_the_whole_text():
    """Text and positions are the document's own, its line ends and its mark included."""
    text = "\ufeffint x;\r\nint y;\r"
    snippet = extract_whole_file(text, "cpp", "a.cpp")
    assert (snippet.text, snippet.language, snippet.lines) == (text, "cpp", ())


@given(st.text(max_size=20), st.sampled_from(sorted(languages())), st.data())
def test_no_path_gives_a_name_that_an_argument_vector_would_mistake(stem, language, data):
    """The name is never an option, a response file or a path, and keeps its language."""
    known = languages()[language]
    ending = data.draw(st.sampled_from([*known.endings, *known.header_endings]))
    name = extract_whole_file("", language, stem + ending).name
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", name)
    assert language_of_path(name) == language
    assert name.endswith(known.header_endings) == (stem + ending).endswith(known.header_endings)
