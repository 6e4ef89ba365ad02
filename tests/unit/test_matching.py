"""A user's patterns are matched apart, and whatever they do, an answer comes."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from tests.conformance.traces import make_marker, processes_with, until
from wic_lsp.matching import apart
from wic_lsp.matching.matcher import MOST_MATCHES, match_all
from wic_lsp.toolchains.reading import parse_reading

EVIL = r"(?P<message>(?:a+)+)b(?P<line>1)"


def reading(pattern, note=None):
    return parse_reading({"pattern": pattern} | ({} if note is None else {"note_pattern": note}))


async def matches(pattern, stdout=b"", stderr=b"", note=None):
    return json.loads(await apart.find_matches(reading(pattern, note), stdout, stderr))


async def test_matches_come_in_the_order_of_the_output():
    """Standard error first; notes among the messages; groups that took no part are null."""
    pattern, note = r"^E (?P<line>\d)(?P<code>x)? (?P<message>.*)$", r"^N (?P<message>.*)"
    found = await matches(pattern, b"E 3 c\r\n", "E 1 é\nN of it\nE 2x b\n".encode(), note)
    assert found["failure"] == ""
    assert [(one["is_note"], one["groups"]) for one in found["matches"]] == [
        (False, {"line": "1", "code": None, "message": "é"}),
        (True, {"message": "of it"}),
        (False, {"line": "2", "code": "x", "message": "b"}),
        (False, {"line": "3", "code": None, "message": "c"}),
    ]


@pytest.fixture
def marker(monkeypatch):
    """Give a word that only this test's processes have among their arguments."""
    marker = make_marker()
    monkeypatch.setattr(apart, "_COMMAND", (*apart._COMMAND, marker))
    return marker


async def test_a_pattern_that_takes_for_ever_is_ended(marker):
    """The answer says so, and no process is left."""
    found = await matches(EVIL, b"a" * 200)
    assert found == {"matches": [], "failure": "matching its pattern takes more than 1 s, or too much memory"}
    assert processes_with(marker) == []


async def test_cancelling_ends_the_process(marker):
    """Nothing outlives whoever wanted it."""
    task = asyncio.create_task(matches(EVIL, b"a" * 200))
    await until(lambda: bool(processes_with(marker)))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert processes_with(marker) == []


async def test_a_long_output_is_read_as_far_as_it_may_be():
    """And the answer says that there is more."""
    found = await matches(r"^(?P<message>x)(?P<line>1)$", b"x1\n" + b"y" * apart.MOST_CHARACTERS)
    assert len(found["matches"]) == 1
    assert found["failure"] == "it has more than 262,144 characters"


async def test_no_process_is_an_answer_too(monkeypatch):
    """Where none can be started, that is said."""
    monkeypatch.setattr(apart, "_COMMAND", ("/nowhere/python",))
    assert (await matches("x", b"x"))["failure"] == (
        "no process could be started for it (No such file or directory)"
    )


def test_matches_are_bounded_and_empty_ones_are_none():
    """A thousand of each pattern at most."""
    assert len(match_all("x", None, ["x" * 5000])) == MOST_MATCHES
    assert match_all("x*", None, ["yy"]) == []
    assert re.compile(EVIL).groupindex.keys() == {"message", "line"}
