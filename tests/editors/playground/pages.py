"""The page as a person uses it: by what is written on it, and by keys."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Final

from playwright.async_api import Locator, Page, expect

PATIENCE_MS: Final = 120_000
"""Everything is waited for by what is seen, on machines that are busy."""

_DONE: Final = re.compile("error|clean|unknown")

_PASTE: Final = """(content, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  content.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""

expect.set_options(timeout=PATIENCE_MS)


class Playground:
    """One open page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    @property
    def verdict(self) -> Locator:
        """What is said of the text."""
        return self.page.locator("#verdict")

    @property
    def details(self) -> Locator:
        """What is said besides."""
        return self.page.locator("#details")

    @property
    def squiggles(self) -> Locator:
        """What is underlined."""
        return self.page.locator(".cm-lintRange")

    @property
    def problems(self) -> Locator:
        """The rows of the list, when it is of the text on the screen."""
        return self.page.locator("#problems:not(.old) li")

    @property
    def notices(self) -> Locator:
        """What was told that is of no place in the text."""
        return self.page.locator("#notices p")

    async def is_checked(self) -> None:
        """Wait until the server has said what it thinks."""
        await expect(self.page.locator("#state")).to_have_attribute("data-look", _DONE)

    async def choose_language(self, title: str) -> None:
        """Choose a language by its name."""
        await self.page.get_by_label("Language").select_option(label=title)

    async def choose_compilers(self, *names: str) -> None:
        """Choose these compilers and no other."""
        for chip in await self.page.locator(".chip").all():
            await chip.locator("input").set_checked((await chip.inner_text()).strip() in names)

    async def write(self, text: str) -> None:
        """Paste a text over the one that is there."""
        await self.page.locator(".cm-content").click()
        await self.page.keyboard.press("Control+a")
        await self.page.locator(".cm-content").evaluate(_PASTE, text)

    async def text(self) -> str:
        """Return the whole text."""
        lines = await self.page.locator(".cm-line").all_text_contents()
        return "\n".join(lines)

    async def tab(self, name: str) -> Locator:
        """Look at one of the panels; returns it."""
        await self.page.get_by_role("tab", name=name).click()
        return self.page.get_by_role("tabpanel", name=name)


def make_link(content: object) -> str:
    """Return the fragment of a link that holds this, as a stranger could make it."""
    return pack(json.dumps(content).encode())


def pack(content: bytes) -> str:
    """Return the fragment of a link that holds these bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    return "#s=1." + base64.urlsafe_b64encode(packed).decode().rstrip("=")
