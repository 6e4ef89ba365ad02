"""What a person sees of it while editing, in a real VS Code."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.editors.conftest import Home
from tests.editors.texts import FENCES, TEXTS, Text
from tests.editors.vscode.code_server import Window, eventually, servers, write_settings
from tests.editors.vscode.conftest import editing

pytestmark = [pytest.mark.engine("sandbox"), pytest.mark.engine("gcc")]

RIGHT = "int total(int count) {\n    return count;\n}\n"
WRONG = "int total(int count) {\n    return cuont;\n}\n"
FILES = {
    "typed.cpp": RIGHT,
    "notes.md": FENCES,
    "chosen.cpp": RIGHT,
    "compared.c": f"// wic: gcc-11 gcc-12\n{WRONG}",
    "missing.c": f"// wic: gcc-99\n{RIGHT}",
    "saved.c": RIGHT,
    "asked.c": WRONG,
    "unnamed.py": "def total(count:\n",
    "warned.c": "// wic: -Wall\nint total(int count) {\n    int idle;\n    return count;\n}\n",
    **{text.name: text.content for text in TEXTS},
}


SETTINGS = {"wic.toolchains": {"c": ["gcc-12"], "cpp": ["gcc-12"]}}


@pytest.fixture(scope="module")
def running(browser, module_folder, extensions) -> Iterator[tuple[Window, Home]]:
    """Give the module one VS Code, with the server on the PATH."""
    with editing(browser, module_folder, extensions, FILES, SETTINGS) as running:
        yield running


@pytest.fixture
def window(running) -> Window:
    """Give a test the window, with nothing open in it."""
    window = running[0]
    window.run("View: Revert and Close Editor")
    window.run("View: Close All Editors")
    return window


def test_an_error_that_is_typed_is_underlined_listed_and_mended_by_its_quick_fix(window):
    """What is typed by the keyboard is checked; the fix takes the squiggle and the row in Problems away."""
    window.open_file("typed.cpp")
    expect(window.status).to_contain_text("wic: clean")
    window.go_to(2, 12)
    window.press("Control+Shift+ArrowRight")
    window.type("cuont")
    expect(window.squiggles).to_have_count(1)
    expect(window.status).to_contain_text("wic: 1 error")
    window.show_problems()
    expect(window.problems).to_have_count(1)
    expect(window.problems).to_contain_text("[Ln 2, Col 12]")
    window.shoot("typed")
    apply_fix(window)
    expect(window.status).to_contain_text("wic: clean")
    assert window.text() == RIGHT


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_the_squiggle_stands_under_the_very_word(window, text: Text):
    """Behind emoji, tabs and combining characters, too: on the screen, and as UTF-16 units in Problems."""
    window.open_file(text.name)
    expect(window.squiggles).to_have_count(1)
    under = window.squiggles.bounding_box()
    left, right = window.box_of("cuont")
    assert under
    assert (under["x"], under["x"] + under["width"]) == pytest.approx((left, right), abs=2)
    window.show_problems()
    expect(window.problems).to_contain_text(f"[Ln {text.line + 1}, Col {text.columns_utf16[0] + 1}]")
    expect(window.problems).to_contain_text("wic gcc-12")
    window.shoot(text.name)
    apply_fix(window)
    assert window.text().split() == text.mended.split()  # a tab is shown as the blanks that it takes


def test_each_block_of_markdown_is_checked(window):
    """What is wrong in a block is underlined in the document, and each block says what came of it."""
    window.open_file("notes.md")
    expect(window.squiggles).to_have_count(1)
    window.show_problems()
    expect(window.problems).to_contain_text("[Ln 10, Col 26]")
    expect(window.lenses).to_have_count(2)
    expect(window.lenses.first).to_contain_text("gcc-12 ✓")
    expect(window.lenses.last).to_contain_text("gcc-12 ✗ 1 error")
    window.shoot("markdown")


def test_a_line_above_the_text_compares_toolchains_and_leads_to_what_they_write(window):
    """Pressed, it opens the compilers' own words in a document beside."""
    window.open_file("compared.c")
    expect(window.lenses).to_contain_text("gcc-11 ✗ 1 error · gcc-12 ✗ 1 error")
    window.lenses.locator("a").click()
    output = window.page.locator(".editor-instance .view-lines", has_text="# gcc-11 (sandbox")
    expect(output).to_contain_text("# gcc-12 (sandbox")
    expect(output).to_contain_text("cuont")
    window.shoot("output")


def test_pointing_at_an_error_shows_what_the_compiler_writes_of_it(window):
    """The hover holds the compiler's own lines, which the squiggle's message does not have."""
    window.open_file("plus.cpp")
    expect(window.squiggles).to_have_count(1)
    hover = window.hover("cuont")
    expect(hover.first).to_contain_text("^~~~~")
    window.shoot("hover")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("missing.c", "wic: not checked. Not compiled: .*gcc-99"),
        ("warned.c", "wic: 1 remark. No errors"),
        ("compared.c", "wic: 1 error"),
        ("chosen.cpp", "wic: clean"),
    ],
)
def test_the_status_bar_says_what_came_of_the_check(window, name, text):
    """It never says "clean" of what was not compiled, and says why that was."""
    window.open_file(name)
    expect(window.status).to_have_attribute("aria-label", re.compile(text))


def test_toolchains_are_chosen_from_those_that_there_are(running, window):
    """The choice is written into the workspace's settings, and counts at once."""
    window.open_file("chosen.cpp")
    expect(window.status).to_contain_text("wic: clean")
    expect(window.lenses).to_have_count(0)
    window.status.click()
    window.page.locator(".quick-input-widget .monaco-list-row", has_text="Choose Toolchains").click()
    row = window.page.locator(".quick-input-widget .monaco-list-row", has_text="gcc-11").first
    row.locator(".monaco-checkbox").click()
    window.shoot("choose")
    window.page.locator(".quick-input-widget").get_by_role("button", name="OK").click()
    window.page.locator(".quick-input-widget .monaco-list-row", has_text="In this workspace").click()
    expect(window.lenses).to_contain_text("gcc-11 ✓")
    expect(window.lenses).to_contain_text("gcc-12 ✓")
    settings = running[1].files / ".vscode/settings.json"
    written = json.loads(settings.read_text())
    assert sorted(written["wic.toolchains"]["cpp"]) == ["gcc-11", "gcc-12"]
    settings.unlink()
    expect(window.lenses).to_have_count(0)


def test_the_doctor_says_what_works(window):
    """What `wic doctor` prints is shown in a document."""
    window.run("Wic: Doctor")
    shown = window.page.locator(".editor-instance .view-lines", has_text="runtime sandbox")
    expect(shown).to_contain_text("usable")
    window.shoot("doctor")


@pytest.mark.parametrize("is_killed", [False, True], ids=["by its command", "when it was killed"])
def test_the_server_is_started_again(running, window, is_killed):
    """Another process then says what is wrong with what is open; the one before is gone."""
    window.open_file("plus.cpp")
    expect(window.status).to_contain_text("wic: 1 error")
    (before,) = servers(running[1], "serve")
    if is_killed:
        os.kill(before, signal.SIGKILL)
    else:
        window.run("Wic: Restart Server")
    eventually(lambda: [one for one in servers(running[1], "serve") if one != before])
    expect(window.status).to_contain_text("wic: 1 error")
    expect(window.squiggles).to_have_count(1)
    eventually(lambda: before not in servers(running[1], "serve"))


@pytest.fixture
def set_when(running) -> Iterator[Callable[[str], None]]:
    """Give a test what says when documents are checked, and sets two compilers for C along with it.

    VS Code takes settings up when it has noticed their file: a test must see that they are in force.
    """
    data = running[1].home / "data"
    both = {"wic.toolchains": {"c": ["gcc-11", "gcc-12"], "cpp": ["gcc-12"]}}
    yield lambda when: write_settings(data, {**both, "wic.when": when})
    write_settings(data, SETTINGS)


def test_on_save_alone_an_edit_is_not_checked_and_not_called_clean(window, set_when):
    """The status bar says so until the file is saved."""
    window.open_file("saved.c")
    expect(window.status).to_contain_text("wic: clean")
    set_when("save")
    expect(window.lenses).to_contain_text("gcc-11 ✓ · gcc-12 ✓")
    window.go_to(2, 12)
    window.press("Control+Shift+ArrowRight")
    window.type("cuont")
    expect(window.status).to_have_attribute("aria-label", re.compile("wic: not checked. .*since the edit"))
    expect(window.squiggles).to_have_count(0)
    window.shoot("unsaved")
    window.press("Control+s")
    expect(window.status).to_contain_text("wic: 1 error")
    expect(window.squiggles).to_have_count(1)


def test_on_command_alone_nothing_is_checked_until_it_is_asked_for(window, set_when):
    """Then the command checks once."""
    window.open_file("chosen.cpp")
    expect(window.status).to_contain_text("wic: clean")
    set_when("command")
    expect(window.status).to_contain_text("wic: not checked")
    window.open_file("asked.c")
    expect(window.status).to_contain_text("wic: not checked")
    expect(window.squiggles).to_have_count(0)
    window.run("Wic: Check Now")
    expect(window.status).to_contain_text("wic: 1 error")
    expect(window.squiggles).to_have_count(1)


def test_beside_a_languages_own_server_only_named_toolchains_check(window, set_when):
    """A language for which nobody named any is left alone; one for which somebody did is checked."""
    window.open_file("unnamed.py")
    expect(window.status).to_contain_text("wic: 1 error")
    set_when("otherToolchains")
    expect(window.status).to_contain_text("wic: not checked")
    expect(window.squiggles).to_have_count(0)
    window.open_file("asked.c")
    expect(window.status).to_contain_text("wic: 1 error")


def test_the_table_of_toolchains_is_shown_as_a_page(window):
    """It has a row for each toolchain."""
    window.open_file("compared.c")
    expect(window.status).to_contain_text("wic: 1 error")
    window.run("Wic: Show Table of Toolchains")
    page = window.page.frame_locator("iframe.webview.ready").frame_locator("iframe#active-frame")
    expect(page.locator("table")).to_contain_text("gcc-11")
    expect(page.locator("table")).to_contain_text("gcc-12")
    window.shoot("table")


def test_a_walkthrough_leads_through_the_first_steps(window):
    """It installs, asks the doctor, opens a file and compares compilers."""
    window.run("Welcome: Open Walkthrough...")
    window.page.locator(".quick-input-widget .monaco-list-row", has_text="Will it compile?").click()
    steps = window.page.locator(".getting-started-step")
    expect(steps).to_have_count(4)
    expect(steps.first).to_contain_text("Install the server")
    window.shoot("walkthrough")


def apply_fix(window: Window) -> None:
    """Apply the fix of the only problem, from the row that tells of it: that one's squiggle goes."""
    window.problems.click()
    expect(window.position).to_contain_text("(5 selected)")
    window.focus_editor()
    window.press("Control+.")
    fix = window.page.locator(".action-widget .monaco-list-row", has_text="Change 'cuont' to 'count'")
    expect(fix).to_be_visible()
    window.shoot("fix")
    fix.click()
    expect(window.squiggles).to_have_count(0)
    expect(window.problems).to_have_count(0)
