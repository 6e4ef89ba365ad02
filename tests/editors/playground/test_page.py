"""The page around the text: compilers side by side, links that hold all, tokens, and lost connections."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import expect

from tests.editors.playground.pages import make_link, pack
from tests.editors.texts import PLAIN
from tests.serve.shared_server import TOKEN

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.asyncio(loop_scope="module")]

COMPILES = "It compiles"
REFUSED = "It does not compile"
# GCC has this attribute's spelling, and Clang does not.
ONLY_GCC = "int value(void) { int nested(void) { return 1; } return nested(); }\n"
DRAFT = ["c", ["gcc-11", "clang-14"], "c11", "-Wall -Wextra", PLAIN.content]


async def test_several_compilers_are_compared(visit):
    """The verdict names who takes the text; the table has a line for each compiler."""
    page = await visit()
    await page.choose_language("C")
    await page.choose_compilers("gcc-12", "clang-14")
    await page.write(ONLY_GCC)
    await expect(page.verdict).to_have_text("It compiles with gcc-12 only")
    table = await page.tab("Comparison")
    rows = table.locator("tbody tr")
    await expect(rows).to_have_count(2)
    await expect(rows.filter(has_text="gcc-12")).to_contain_text("passes")
    await expect(rows.filter(has_text="clang-14")).to_contain_text("error")
    await page.write(PLAIN.mended)
    await expect(page.verdict).to_have_text(COMPILES)
    await expect(rows.filter(has_text="clang-14")).to_contain_text("passes")


async def test_what_the_compilers_wrote_is_shown(visit):
    """Each compiler's command, with the standard and the flags that were chosen, and its words."""
    page = await visit()
    await page.choose_language("C")
    await page.choose_compilers("gcc-12", "clang-14")
    await page.page.get_by_label("Standard").select_option("c11")
    await page.page.get_by_label("Flags").fill("-Wall -Wextra")
    await page.page.keyboard.press("Enter")
    await page.write(PLAIN.content)
    await expect(page.verdict).to_have_text(REFUSED)
    output = await page.tab("Compiler output")
    await expect(output.locator("h3")).to_have_text([re.compile("gcc-12"), re.compile("clang-14")])
    for command in await output.locator(".command").all():
        await expect(command).to_contain_text("-std=c11")
        await expect(command).to_contain_text("-Wall -Wextra")
    await expect(output).to_contain_text("did you mean 'count'")


async def test_a_flag_that_is_not_allowed_is_told(visit):
    """It is the server's to say; nothing is compiled, and that is what is shown."""
    page = await visit()
    await page.choose_language("C")
    await page.page.get_by_label("Flags").fill("-fplugin=evil.so")
    await page.page.keyboard.press("Enter")
    await expect(page.verdict).to_have_text("Not checked")
    await expect(page.details).to_contain_text("-fplugin=evil.so")


async def test_a_shared_link_restores_everything(visit):
    """In another browser: text, language, compilers, standard and flags. The server is sent nothing of it."""
    page = await visit()
    await page.choose_language("C")
    await page.choose_compilers("gcc-11", "clang-14")
    await page.page.get_by_label("Standard").select_option("c11")
    await page.page.get_by_label("Flags").fill("-Wall -Wextra")
    await page.write(PLAIN.content)
    await page.page.get_by_role("button", name="Share").click()
    field = page.page.get_by_label("Link")
    await expect(field).to_be_visible()
    link = await field.input_value()
    assert link.startswith(f"{page.address}#s=1.")
    assert page.page.url == link
    asked = []
    other = await visit(fragment=link.removeprefix(page.address))
    other.page.on("request", lambda request: asked.append(request.url))
    await expect(other.verdict).to_have_text(REFUSED)
    assert await other.text() == PLAIN.content
    await expect(other.page.get_by_label("Language")).to_have_value("c")
    await expect(other.page.get_by_label("Standard")).to_have_value("c11")
    await expect(other.page.get_by_label("Flags")).to_have_value("-Wall -Wextra")
    chosen = other.page.locator(".chip:has(input:checked)")
    await expect(chosen).to_have_text(["gcc-11", "clang-14"])
    assert not [url for url in asked if "1." in url.partition("#")[0].partition("127.0.0.1")[2]]


@pytest.mark.parametrize(
    ("fragment", "told"),
    [
        ("#s=1.%00", "damaged"),
        ("#s=1.AAAA", "damaged"),
        ("#s=", "another version"),
        ("#s=2.abc", "another version"),
        (pack(b"\xff\xfe"), "damaged"),
        (pack(b"{}"), "damaged"),
        (pack(b"[" * 100_000), "damaged"),
        (pack(b" " * 50_000_000), "more than this page opens"),
        (make_link(["c", [], "", ""]), "damaged"),
        (make_link(["c", "gcc-12", "", "", "x"]), "damaged"),
        (make_link(["c", [], "", "", {"x": 1}]), "damaged"),
        (make_link(["c", [], "<b>", "", ""]), "damaged"),
        (make_link(["c", ["gcc-12"] * 1000, "", "", ""]), "damaged"),
        (make_link(["c", [], "", "", "x" * 300_000]), "damaged"),
        (make_link(["cobol", [], "", "", "x"]), "no compiler for 'cobol'"),
        (make_link(["__proto__", [], "", "", "x"]), "no compiler for '__proto__'"),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_a_damaged_link_is_told_and_does_no_harm(visit, fragment, told):
    """One sentence, and the page begins as it does without a link."""
    page = await visit(fragment=fragment)
    await expect(page.notices).to_contain_text(told)
    await page.is_checked()
    await expect(page.page.get_by_label("Language")).to_have_value("cpp")
    await page.write("int main() {}\n")
    await expect(page.verdict).to_have_text(COMPILES)


async def test_a_link_may_ask_for_what_is_not_here(visit):
    """Compilers and standards that the server has not are left out, and named; the text is opened."""
    page = await visit(fragment=make_link(["c", ["gcc-99", "gcc-12"], "c77", "", PLAIN.content]))
    await expect(page.notices).to_contain_text("gcc-99, c77")
    await expect(page.verdict).to_have_text(REFUSED)
    await expect(page.page.locator(".chip:has(input:checked)")).to_have_text(["gcc-12"])


async def test_a_page_that_is_loaded_again_has_its_text(visit):
    """What was written and chosen is kept in the tab."""
    page = await visit(fragment=make_link(DRAFT))
    await expect(page.verdict).to_have_text(REFUSED)
    await page.write(PLAIN.mended)
    await expect(page.verdict).to_have_text(COMPILES)
    await page.page.wait_for_function("sessionStorage.getItem('wic.draft')?.includes('return count')")
    await page.page.goto(page.address)
    await expect(page.verdict).to_have_text(COMPILES)
    assert await page.text() == PLAIN.mended
    await expect(page.page.get_by_label("Flags")).to_have_value("-Wall -Wextra")


async def test_each_language_begins_with_a_sample_and_keeps_what_was_written(visit):
    """Every language that is offered has a text with an error to look at; coming back loses nothing."""
    page = await visit()
    await page.is_checked()
    select = page.page.get_by_label("Language")
    titles = await select.locator("option").all_text_contents()
    assert {"C", "C++", "Python", "Markdown"} <= set(titles)
    for title in titles:
        await page.choose_language(title)
        await page.is_checked()
        assert await page.text(), title
        await expect(page.page.locator("#state")).to_have_attribute("data-look", "error")
    await page.choose_language("C")
    await page.write(PLAIN.mended)
    await page.choose_language("Python")
    await page.choose_language("C")
    assert await page.text() == PLAIN.mended
    await page.page.get_by_role("button", name="Sample").click()
    await expect(page.verdict).to_have_text(REFUSED)


async def test_a_lost_connection_is_told_and_made_again(visit, start_server):
    """The server is killed: that is said, and the text stays. It comes back: so does the page, by itself."""
    server = start_server()
    page = await visit(server)
    await page.choose_language("C")
    await page.choose_compilers("gcc-12")
    await page.write(PLAIN.content)
    await expect(page.verdict).to_have_text(REFUSED)
    server.kill()
    await expect(page.verdict).to_have_text("Connection lost")
    await expect(page.page.locator("#details")).to_contain_text("does not answer")
    await page.write(PLAIN.mended)
    await expect(page.verdict).to_have_text("Connection lost")
    server.restart()
    await expect(page.verdict).to_have_text(COMPILES)
    assert await page.text() == PLAIN.mended
    await expect(page.page.locator(".chip:has(input:checked)")).to_have_text(["gcc-12"])


async def test_a_server_that_is_stopped_says_so(visit, start_server):
    """SIGTERM is told in the server's own words."""
    server = start_server()
    page = await visit(server)
    await page.is_checked()
    server.process.terminate()
    await expect(page.page.locator("#details")).to_contain_text("being stopped")
    assert server.process.wait(timeout=60) == 0
    await expect(page.verdict).to_have_text("Connection lost")


async def test_the_token_is_asked_for(visit, start_server):
    """A wrong one is refused with a sentence; the right one lets in, and stands in no address and no log."""
    server = start_server(WIC_TOKEN=TOKEN)
    page = await visit(server)
    dialog = page.page.get_by_role("dialog")
    field = dialog.get_by_label("Token")
    await field.fill("wrong-0123456789abcdef")
    await field.press("Enter")
    await expect(dialog).to_contain_text("missing or wrong")
    await field.fill(TOKEN)
    await field.press("Enter")
    await page.is_checked()
    await page.page.get_by_role("button", name="Share").click()
    await expect(page.page.get_by_label("Link")).to_be_visible()
    assert TOKEN not in await page.page.get_by_label("Link").input_value()
    await page.page.reload()
    await page.is_checked()
    assert TOKEN not in page.page.url
    assert TOKEN not in server.log


async def test_a_token_in_the_fragment_is_taken_out_of_the_address(visit, start_server):
    """`#token=` is for a link that whoever runs the server hands out; it may come with a shared text."""
    server = start_server(WIC_TOKEN=TOKEN)
    asked: list[str] = []
    fragment = f"#token={TOKEN}&{make_link(DRAFT)[1:]}"
    page = await visit(server, fragment=fragment)
    page.page.on("request", lambda request: asked.append(request.url))
    await expect(page.verdict).to_have_text(REFUSED)
    assert await page.text() == PLAIN.content
    assert TOKEN not in page.page.url
    assert TOKEN not in json.dumps(asked)
    assert TOKEN not in server.log


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
async def test_it_fits_every_width(visit, width):
    """Nothing is cut off at the side: the page never scrolls across, and a fix can be pressed."""
    page = await visit(viewport={"width": width, "height": 720}, has_touch=width < 768)
    await page.is_checked()
    assert await page.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for name in ("Sample", "Share"):
        await expect(page.page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    await page.choose_language("C")
    await page.write(PLAIN.content)
    await page.problems.get_by_role(
        "button", name="Change"
    ).tap() if width < 768 else await page.problems.get_by_role("button", name="Change").click()
    await expect(page.verdict).to_have_text(COMPILES)


async def test_everything_is_reached_and_named_without_a_mouse(visit):
    """Tab leads through all that can be pressed, out of the editor after Escape; all have names."""
    page = await visit()
    await page.choose_language("C")
    await page.choose_compilers("gcc-12")
    await page.write(PLAIN.content)
    await expect(page.problems.get_by_role("button", name="Change")).to_be_visible()
    names = await page.page.evaluate(
        "[...document.querySelectorAll('button, input, select, a')]"
        ".filter(one => one.checkVisibility() && !one.closest('.cm-editor'))"
        ".map(one => (one.ariaLabel || one.labels?.[0]?.textContent || one.textContent || '').trim())"
    )
    assert all(names)
    await page.page.keyboard.press("Escape")
    reached = []
    for _ in range(20):
        await page.page.keyboard.press("Tab")
        reached.append(await page.page.evaluate("document.activeElement.textContent.trim()"))
    assert any(one.startswith("Change 'cuont'") for one in reached)
    tab = page.page.get_by_role("tab", name="Problems")
    await tab.focus()
    await page.page.keyboard.press("ArrowRight")
    await expect(page.page.get_by_role("tab", name="Comparison")).to_be_focused()
    await expect(page.page.get_by_role("tabpanel", name="Comparison")).to_be_visible()
    await expect(page.page.get_by_role("status")).to_contain_text(REFUSED)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_light_or_dark_as_the_system_is_or_as_one_likes(visit, scheme):
    """The button's choice outlasts the visit. Words stand out by a contrast of 4.5 at least."""
    page = await visit(color_scheme=scheme)
    await page.choose_language("C")
    await expect(page.page.locator("#state")).to_have_attribute("data-look", "error")
    look = "getComputedStyle(document.documentElement).colorScheme"
    assert await page.page.evaluate(look) == scheme
    for selector in ("#verdict", "#details", ".source", ".place", "footer", ".problems .message"):
        assert await page.page.evaluate(CONTRAST, selector) >= 4.5, selector
    await page.page.get_by_role("button", name="Light or dark").click()
    other = "light" if scheme == "dark" else "dark"
    assert await page.page.evaluate(look) == other
    await page.page.reload()
    await page.is_checked()
    assert await page.page.evaluate(look) == other


CONTRAST = """selector => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = document.querySelector(selector);
  const words = luminance(getComputedStyle(behind).color);
  while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
  const back = luminance(getComputedStyle(behind).backgroundColor);
  return (Math.max(words, back) + 0.05) / (Math.min(words, back) + 0.05);
}"""
"""The contrast of an element's words to what is behind them, as WCAG 2 has it."""
