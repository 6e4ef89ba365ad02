"""Markdown in the editor: each block's findings exactly where they are, its fixes, and what is no block."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.lsp.editor import at, find_text
from tests.lsp.programs import make_uri
from tests.lsp.test_code_actions import apply

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.usefixtures("engine")]

README = """\
# A library \U0001f600

1. Install it:
   ```console
   $ make install
   ```
2. Use it:

   > ```cpp wic:fragment
   > #include <string>
   > std::string name = "\U0001f600"; name.lenght();
   > ```

It is an error to forget the type:

~~~c wic:must-fail
twice = "\U0001f600" * 2;
~~~

```c
/* \U0001f600 */ int twice(int x) { return x * tow; }
```

```c wic:skip
int ... ;
```
"""
FAULTY_FRAGMENT, FAULTY_FUNCTION = "lenght", "tow"


def range_of(text, word):
    """Return where a word stands, in UTF-16."""
    line, column = find_text(text, word)
    before = text.split("\n")[line][:column]
    start = len(before.encode("utf-16-le")) // 2
    return at(line, start, start + len(word))


def errors(diagnostics):
    return [one for one in diagnostics if one.severity == types.DiagnosticSeverity.Error]


async def open_markdown(editor, uri, text):
    """Open a document and return its diagnostics, in the way that was agreed."""
    editor.open(uri, text, language="markdown")
    if not editor.abilities.pulls:
        return await editor.shown(uri, 1)
    return (await editor.pull(uri)).items


@pytest.mark.parametrize("pulls", [False, True], ids=["push", "pull"])
async def test_findings_are_where_the_blocks_are(start_editor, pulls):
    """In a list and a quote, behind characters of two units; what must fail is only an information."""
    editor = await start_editor(pulls=pulls)
    found = await open_markdown(editor, make_uri(".md")[0], README)
    assert [one.range for one in errors(found)] == [
        range_of(README, FAULTY_FRAGMENT),
        range_of(README, FAULTY_FUNCTION),
    ]
    others = [one for one in found if one not in errors(found)]
    assert others
    assert {one.range.start.line for one in others} == {find_text(README, "twice =")[0]}
    assert await editor.quit() == 0


async def test_a_block_that_is_mended_is_clean_and_the_others_stay(start_editor):
    """An edit above moves what is below; a block that must fail and compiles is an error at its words."""
    editor = await start_editor()
    uri, _ = make_uri(".md")
    await open_markdown(editor, uri, README)
    text = README.replace(FAULTY_FUNCTION, "two").replace("int x", "int two, int x").replace("# A", "\n\n# A")
    editor.change(uri, 2, text)
    (found,) = errors(await editor.shown(uri, 2))
    assert found.range == range_of(text, FAULTY_FRAGMENT)
    text = text.replace("lenght", "length").replace('twice = "', 'char *twice = "').replace('" * 2', '"')
    editor.change(uri, 3, text)
    (found,) = await editor.shown(uri, 3)
    assert (found.code, found.range) == ("wic-must-fail", range_of(text, "c wic:must-fail"))
    assert await editor.quit() == 0


async def test_a_fix_in_a_quote_lands_in_the_quote(start_editor):
    """Applied, its error is gone, and nothing else is different."""
    text = "> - ```cpp\n>   /* \U0001f600 */ struct A { int b; }\n>   struct B { int c; };\n>   ```\n"
    editor = await start_editor()
    uri, _ = make_uri(".md")
    (found,) = await open_markdown(editor, uri, text)
    (action,) = await editor.actions(uri, found.range, ["quickfix"])
    (change,) = action.edit.document_changes
    assert change.text_document == types.OptionalVersionedTextDocumentIdentifier(uri, 1)
    mended = apply(text, change.edits)
    assert mended == text.replace("int b; }", "int b; };")
    editor.change(uri, 2, mended)
    assert await editor.shown(uri, 2) == []
    assert await editor.quit() == 0


@pytest.mark.parametrize(
    "text", ["", "# Title\n\nWords.\n", "```console\n$ ls\n```\n", "```cobol\nADD 1.\n```\n", "    int;\n"]
)
async def test_a_document_without_a_block_is_left_alone(start_editor, text):
    """A text without code, or with other languages', has nothing wrong about it."""
    editor = await start_editor()
    assert await open_markdown(editor, make_uri(".md")[0], text) == []
    assert await editor.quit() == 0


async def test_a_document_that_was_never_saved_is_checked(start_editor):
    """By what the editor calls its language, whatever its URI."""
    editor = await start_editor()
    (found,) = await open_markdown(editor, "untitled:Untitled-1", "```c\nint x = y;\n```\n")
    assert (found.range.start.line, found.range.start.character) == (1, 8)
    assert await editor.quit() == 0


async def test_a_document_that_is_too_large_is_told_so(start_editor):
    """It is not clean, and is checked again when it is smaller."""
    editor = await start_editor()
    uri, _ = make_uri(".md")
    (found,) = await open_markdown(editor, uri, "x" * (1024 * 1024) + "\n\n```c\nint x = y;\n```\n")
    assert found.severity == types.DiagnosticSeverity.Information
    assert found.message.startswith("Not compiled: The document has 1,048,")
    editor.change(uri, 2, "```c\nint x;\n```\n")
    assert await editor.shown(uri, 2) == []
    assert await editor.quit() == 0


async def test_the_output_of_each_block_can_be_shown(start_editor):
    """What the compiler wrote about each, by the line that the block begins with; of a skipped one none."""
    editor = await start_editor()
    uri, _ = make_uri(".md")
    await open_markdown(editor, uri, README)
    outputs = await editor.run("wic.showOutput", uri)
    lines = [find_text(README, word)[0] for word in ("cpp wic:fragment", "c wic:must-fail", "```c\n")]
    assert [one["line"] for one in outputs] == lines
    words = [FAULTY_FRAGMENT, "twice", FAULTY_FUNCTION]
    assert all(word in one["output"] for word, one in zip(words, outputs, strict=True))
    assert {one["outcome"] for one in outputs} == {"finished"}
    assert await editor.quit() == 0


async def test_words_that_mean_nothing_are_told_where_they_stand(start_editor):
    """On the fence and in a comment of the block, behind its quote."""
    text = "> ```cpp wic:skp\n> // wic: gcc -std=c++71\n> int a;\n> ```\n"
    editor = await start_editor()
    found = await open_markdown(editor, make_uri(".md")[0], text)
    assert [(one.range, one.code) for one in errors(found)] == [
        (range_of(text, word), "wic-attribute") for word in ("wic:skp", "-std=c++71")
    ]
    assert await editor.quit() == 0
