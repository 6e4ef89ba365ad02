"""Whose log records reach whom: everything for the only client, its own alone for one of many."""

from __future__ import annotations

import asyncio
import logging

import pytest
from lsprotocol import types

from wic_lsp.lsp.client_log import ClientLog, speaking

SESSION = logging.getLogger("wic_lsp.lsp.session")
RUNTIME = logging.getLogger("wic_runtimes.sandbox.runtime")


class Listener:
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def window_log_message(self, params):
        """Keep it."""
        self.told.append((params.type, params.message))


@pytest.fixture(autouse=True)
def levels():
    """Leave the loggers as they were."""
    loggers = [logging.getLogger(name) for name in ("wic_lsp", "wic_lsp.lsp", "wic_runtimes")]
    before = [(logger, logger.level) for logger in loggers]
    yield
    for logger, level in before:
        logger.setLevel(level)


def test_the_only_client_is_told_everything():
    """Of all parts, with the record's level, until it has gone."""
    listener = Listener()
    log = ClientLog(listener, None)
    SESSION.warning("one")
    RUNTIME.error("two")
    RUNTIME.info("three")
    log.close()
    SESSION.warning("four")
    kinds = types.MessageType
    assert listener.told == [(kinds.Warning, "one"), (kinds.Error, "two"), (kinds.Info, "three")]


async def test_one_of_many_is_told_its_own_alone():
    """What is done for it in tasks and timers is its own; what runtimes say is nobody's."""
    listeners = {number: Listener() for number in (1, 2)}
    logs = [ClientLog(listener, number) for number, listener in listeners.items()]

    async def live(number):
        speaking.set(number)
        SESSION.info("task of %d", number)
        RUNTIME.error("a runtime, for %d", number)
        asyncio.get_running_loop().call_soon(SESSION.info, "timer of %d", number)
        await asyncio.create_task(deeper(number))

    async def deeper(number):
        await asyncio.sleep(0)
        SESSION.info("inner task of %d", number)

    await asyncio.gather(live(1), live(2))
    SESSION.error("nobody's")
    for log in logs:
        log.close()
    for number, listener in listeners.items():
        assert [text for _, text in listener.told] == [
            f"task of {number}",
            f"timer of {number}",
            f"inner task of {number}",
        ]
