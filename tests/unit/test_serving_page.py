"""The parts of the playground's port that decide: whose page it is, what is offered, what is served."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.unit.test_selection import FORBIDDEN, House
from wic_lsp.config import Settings
from wic_lsp.serving.offer import Offer
from wic_lsp.serving.request import BadRequest
from wic_lsp.serving.same_site import Site
from wic_lsp.serving.static import read_page
from wic_runtimes.contract import Health


@pytest.mark.parametrize(
    ("site", "host", "origin", "answers", "owns"),
    [
        (Site(is_local=True), "127.0.0.1:80", "http://127.0.0.1:80", True, True),
        (Site(is_local=True), "LOCALHOST:80", "http://localhost:80", True, True),
        (Site(is_local=True), "[::1]:80", "http://[::1]:80", True, True),
        (Site(is_local=True), "127.0.0.1:80", "http://localhost:80", True, False),
        (Site(is_local=True), "a.example", "http://a.example", False, False),
        (Site(is_local=True), "user@127.0.0.1", "http://user@127.0.0.1", False, False),
        (Site(is_local=True), None, "http://127.0.0.1", False, False),
        (Site(is_local=True), "[::1", "http://[::1", False, False),
        (Site(is_local=False), "a.example", "http://a.example", True, True),
        (Site(is_local=False), "a.example", "https://a.example", True, True),
        (Site(is_local=False), "a.example", None, True, False),
        (Site(is_local=False), "a.example", "null", True, False),
        (Site(is_local=False), "a.example", "a.example", True, False),
        (Site(is_local=False), "a.example:8", "http://a.example:80", True, False),
        (Site(is_local=False), "a.example/x", "http://a.example/x", False, False),
        (Site(is_local=False, has_tls=True), "a.example", "http://a.example", True, False),
        (Site(is_local=False, has_tls=True), "a.example", "https://a.example", True, True),
        (Site(is_local=True, origins={"https://b"}), "b", "https://b", True, True),
        (Site(is_local=True, origins={"https://b"}), "127.0.0.1:8", "https://b", True, True),
        (Site(is_local=True, origins={"https://b"}), "c", "https://b", False, False),
    ],
)
def test_a_page_is_ours_where_its_origin_is_its_address(site, host, origin, answers, owns):
    """And that address is one by which this port may be spoken to."""
    assert (site.answers(host), site.owns(origin, host)) == (answers, owns)


class Workshop:
    """What an offer asks of a workshop, over a house of fake runtimes."""

    def __init__(self):
        self.house = House()
        self.selector = self.house.selector
        self.engine = self.house.engine_for


@pytest.fixture
def workshop():
    return Workshop()


async def ask(offer):
    """Return the languages that are offered, by name."""
    return {one["id"]: one for one in json.loads(await offer.ask())["languages"]}


async def test_all_runtimes_that_are_chosen_among_are_offered_once(workshop):
    """What several have is one choice; the first one's version is told."""
    languages = await ask(Offer(workshop, Settings(), workshop.house.clock))
    assert languages["c"]["toolchains"] == [
        {"id": "gcc-12", "version": "12.2.0"},
        {"id": "gcc-13", "version": "13.1.0"},
    ]
    assert set(languages) == {"c", "cpp"}
    assert workshop.house.asked == ["sandbox", "docker"]


async def test_a_runtime_that_was_named_is_offered_alone(workshop):
    """The others are not so much as asked."""
    languages = await ask(Offer(workshop, Settings(runtime="sandbox"), workshop.house.clock))
    assert [one["id"] for one in languages["c"]["toolchains"]] == ["gcc-12"]
    assert workshop.house.asked == ["sandbox"]


async def test_what_does_not_work_is_not_offered(workshop):
    """Whether it raises or says so; and what the settings choose is chosen only where it is offered."""
    workshop.house.failures["docker"] = FORBIDDEN
    settings = Settings(toolchains={"c": ("gcc-13", "gcc-12")})
    languages = await ask(Offer(workshop, settings, workshop.house.clock))
    assert [one["id"] for one in languages["c"]["toolchains"]] == ["gcc-12"]
    assert languages["c"]["chosen"] == ["gcc-12"]

    async def unwell():
        return Health(usable=False, reason="no")

    workshop.house.sandbox.health = unwell
    assert await ask(Offer(workshop, settings, workshop.house.clock)) == {}


async def test_an_offer_is_asked_for_once_and_again_after_a_while(workshop):
    """However many pages are opened; a server without any compiler is asked anew each time."""
    offer = Offer(workshop, Settings(runtime="sandbox"), workshop.house.clock)
    await asyncio.gather(*(offer.ask() for _ in range(20)))
    await offer.ask()
    assert workshop.house.asked == ["sandbox"]
    workshop.house.now += 120
    await offer.ask()
    assert workshop.house.asked == ["sandbox"] * 2
    workshop.house.failures["sandbox"] = FORBIDDEN
    workshop.house.now += 120
    for _ in range(2):
        assert await ask(offer) == {}
    assert workshop.house.asked == ["sandbox"] * 4


async def test_an_offer_that_is_asked_for_ends_with_the_server(workshop):
    """Nothing is left that waits."""

    async def hang():
        await asyncio.Event().wait()

    workshop.house.sandbox.health = hang
    offer = Offer(workshop, Settings(runtime="sandbox"), workshop.house.clock)
    asking = asyncio.create_task(offer.ask())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await offer.aclose()
    assert (await asyncio.gather(asking, return_exceptions=True))[0].__class__ is asyncio.CancelledError


@pytest.mark.parametrize("files", [None, {}, {"app.js": "1"}])
def test_a_page_that_was_not_built_whole_is_none(tmp_path, files):
    """A folder that is missing, empty, or without the page itself."""
    folder = tmp_path / "page"
    if files is not None:
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadRequest, match="make playground"):
        read_page(folder)


def test_a_file_is_packed_where_that_is_taken(tmp_path):
    """And only where it is shorter; other files of the folder are no part of the page."""
    for name, text in (
        ("index.html", "@NONCE@"),
        ("app.js", "x" * 5000),
        ("tiny.css", "a"),
        ("key.pem", "k"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    page = read_page(tmp_path)
    assert set(page.paths) == {"/", "/index.html", "/app.js", "/tiny.css"}
    packed = page.find("/app.js", None, "gzip, br")
    assert packed is not None
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < 200
    plain = page.find("/app.js", None, "")
    assert plain is not None
    assert (plain.body, "Content-Encoding" in plain.headers) == (b"x" * 5000, False)
    tiny = page.find("/tiny.css", None, "gzip")
    assert tiny is not None
    assert tiny.body == b"a"
