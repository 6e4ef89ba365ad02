"""A client is asked to look again one question at a time, and never left with what is old."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from wic_lsp.lsp.refreshing import Refreshing


@pytest.fixture
def asked():
    return []


@pytest.fixture
def refreshing(asked):
    def ask():
        asked.append(Future())
        return asked[-1]

    return Refreshing(ask)


def test_while_an_answer_is_awaited_nothing_is_asked(refreshing, asked):
    """All that comes meanwhile is one question, after the answer."""
    for _ in range(3):
        refreshing.tell()
    assert len(asked) == 1
    asked[0].set_result(None)
    assert len(asked) == 2
    asked[1].set_result(None)
    assert len(asked) == 2
    refreshing.tell()
    assert len(asked) == 3


def test_a_refusal_is_logged_and_is_an_answer(refreshing, asked, caplog):
    """A client that could not look again is asked with the next news."""
    refreshing.tell()
    refreshing.tell()
    asked[0].set_exception(RuntimeError("not now"))
    assert "the editor did not look again: not now" in caplog.text
    assert len(asked) == 2


def test_after_the_conversation_nothing_is_asked(refreshing, asked):
    """Its end cancels the question that is open."""
    refreshing.tell()
    refreshing.tell()
    asked[0].cancel()
    assert len(asked) == 1
