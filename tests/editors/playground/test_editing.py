"""Writing on the page: what is wrong is underlined where it stands, and one key mends it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.editors.playground.pages import PATIENCE_MS
from tests.editors.texts import FENCES, PLAIN, TEXTS

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.asyncio(loop_scope="module")]

LANGUAGES = {".c": "C", ".cpp": "C++"}
COMPILES = "It compiles"
REFUSED = "It does not compile"


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
async def test_an_error_is_underlined_where_it_stands_and_mended(visit, text):
    """To the column, behind emoji and tabs too; pressing its fix changes the text, and the line goes."""
    page = await visit()
    await page.choose_language(next(title for end, title in LANGUAGES.items() if text.name.endswith(end)))
    await page.choose_compilers("gcc-12")
    await page.write(text.content)
    await expect(page.squiggles).to_have_text([text.wrong])
    line = page.page.locator(".cm-line").nth(text.line)
    before = await line.evaluate(
        "line => { const range = document.createRange(); range.setStart(line, 0);"
        " range.setEndBefore(line.querySelector('.cm-lintRange')); return range.toString(); }"
    )
    assert before == text.content.split("\n")[text.line][: text.start]
    await expect(page.verdict).to_have_text(REFUSED)
    await expect(page.details).to_have_text("1 error")
    column = text.columns_utf16[0] + 1
    await expect(page.problems.locator(".place")).to_have_text(f"{text.line + 1}:{column}")
    await page.problems.get_by_role("button", name="Change 'cuont' to 'count'").click()
    await expect(page.squiggles).to_have_count(0)
    await expect(page.verdict).to_have_text(COMPILES)
    assert await page.text() == text.mended


async def test_an_error_is_mended_by_keys_alone(visit):
    """F8 goes to it, Ctrl+. mends it, Ctrl+Z brings it back."""
    page = await visit()
    await page.choose_language("C")
    await page.choose_compilers("gcc-12")
    await page.write(PLAIN.content)
    await expect(page.problems.get_by_role("button", name="Change")).to_be_visible()
    await page.page.keyboard.press("F8")
    await page.page.keyboard.press("Control+.")
    await expect(page.verdict).to_have_text(COMPILES)
    assert await page.text() == PLAIN.mended
    await page.page.keyboard.press("Control+z")
    await expect(page.verdict).to_have_text(REFUSED)
    assert await page.text() == PLAIN.content


async def test_the_mark_beside_the_line_offers_the_fix(visit):
    """What is shown over the mark in the gutter has the message and the fix."""
    page = await visit()
    await page.choose_language("C")
    await page.choose_compilers("gcc-12")
    await page.write(PLAIN.content)
    await expect(page.problems.get_by_role("button", name="Change")).to_be_visible()
    await page.page.locator(".cm-lint-marker-error").hover()
    tip = page.page.locator(".cm-tooltip")
    await expect(tip).to_contain_text("undeclared")
    await tip.get_by_role("button", name="Change 'cuont' to 'count'").click()
    await expect(page.verdict).to_have_text(COMPILES)


async def test_a_hover_has_the_compilers_own_words(visit):
    """Over the underlined word: the message, then what the compiler writes about it."""
    page = await visit()
    await page.choose_language("C")
    await page.choose_compilers("gcc-12")
    await page.write(PLAIN.content)
    await page.squiggles.hover()
    await expect(page.page.locator(".cm-tooltip .explained pre")).to_contain_text("main.c:2:12: error:")


async def test_the_list_explains_without_a_mouse(visit):
    """The same words stand in the list when they are asked for there."""
    page = await visit()
    await page.choose_language("C")
    await page.choose_compilers("gcc-12")
    await page.write(PLAIN.content)
    explain = page.problems.get_by_role("button", name="Explain")
    await expect(page.problems.get_by_role("button", name="Change")).to_be_visible()
    await explain.focus()
    await page.page.keyboard.press("Enter")
    await expect(page.problems.locator(".explained pre")).to_contain_text("main.c:2:12: error:")


async def test_what_is_typed_is_followed_edit_by_edit(visit):
    """Single keys, deletions and several places at once: the server has the very text of the screen."""
    page = await visit()
    await page.choose_language("C")
    await page.choose_compilers("gcc-12")
    await page.write("int a(void) { return 1; }\nint b(void) { return 1; }\n")
    await expect(page.verdict).to_have_text(COMPILES)
    await page.page.keyboard.press("Control+Home")
    for key in ("End", "ArrowLeft", "ArrowLeft", "Backspace"):
        await page.page.keyboard.press(key)
    await expect(page.verdict).to_have_text(REFUSED)
    await page.page.keyboard.type(";")
    await expect(page.verdict).to_have_text(COMPILES)
    await page.write("int a(void) { return y; }\nint b(void) { return y; }\nint c(void) { return y; }\n")
    await expect(page.details).to_have_text("3 errors")
    await page.page.keyboard.press("Control+Home")
    await page.page.keyboard.press("Control+f")
    await page.page.keyboard.insert_text("y")
    await page.page.get_by_role("textbox", name="Replace").fill("1")
    await page.page.get_by_role("button", name="replace all").click()
    await expect(page.verdict).to_have_text(COMPILES)


async def test_blocks_of_markdown_are_checked_where_they_stand(visit):
    """An error is underlined within its block; other blocks are not touched."""
    page = await visit()
    await page.choose_language("Markdown")
    await page.write(FENCES)
    await expect(page.squiggles).to_have_text(["cuont"])
    await expect(page.verdict).to_have_text("1 error")
    await expect(page.problems.locator(".place")).to_have_text("10:26")
    await page.write(FENCES.replace("cuont", "1"))
    await expect(page.verdict).to_have_text("No block has an error")


async def test_nothing_is_called_clean_before_the_server_has_said_so(visit, start_server):
    """While there is no answer it says that it is checking, however harmless the text."""
    server = start_server()
    page = await visit(server)
    await page.is_checked()
    await page.choose_language("C")
    await page.write(PLAIN.mended)
    await expect(page.verdict).to_have_text(COMPILES)
    with server.frozen():
        await page.write("int other(void) { return 0; }\n")
        await expect(page.verdict).to_have_text("Checking")
        await page.page.wait_for_timeout(
            1500
        )  # nothing can come; this is how long nothing is taken for clean
        await expect(page.verdict).to_have_text("Checking", timeout=1)
        await page.choose_compilers("gcc-11")
        await expect(page.verdict).to_have_text("Checking", timeout=PATIENCE_MS)
    await expect(page.verdict).to_have_text(COMPILES)


async def test_a_text_that_was_not_compiled_says_why(visit, start_server):
    """A compile that takes too long is neither clean nor an error of the text; asking again is one button."""
    server = start_server(settings="timeoutSeconds = 0.1\n")
    page = await visit(server)
    await page.choose_language("C++")
    await page.write("#include <algorithm>\n#include <iostream>\n#include <regex>\nint main() {}\n")
    await expect(page.verdict).to_have_text("Not checked")
    await expect(page.details).to_contain_text("0.1")
    await expect(page.problems.locator(".kind")).to_have_text("not checked")
    again = page.page.get_by_role("button", name="Check again")
    await again.click()
    await expect(page.verdict).to_have_text("Not checked")


async def test_what_a_compiler_says_of_a_text_is_only_words(visit):
    """A message with HTML in it is shown as it is, and makes no element."""
    page = await visit()
    await page.choose_language("C")
    await page.choose_compilers("gcc-12")
    await page.write('_Static_assert(0, "<img src=x onerror=alert(1)><b>bold</b>");\n')
    await expect(page.problems.locator(".message")).to_contain_text("<img src=x onerror=alert(1)><b>bold</b>")
    await page.problems.get_by_role("button", name="Explain").click()
    await expect(page.problems.locator(".explained")).to_contain_text("<img src=x")
    output = await page.tab("Compiler output")
    await expect(output.locator("pre").last).to_contain_text("<img src=x")
    assert await page.page.locator("main img, main b").count() == 0
