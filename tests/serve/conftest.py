"""A shared server, and its clients: editors through `wic connect`, and plain sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from tests.lsp.conftest import engine, environment, home, why_no_engine  # noqa: F401 - fixtures
from tests.lsp.editor import Abilities, Editor
from tests.lsp.raw import RawClient
from tests.serve.shared_server import BEARER, TOKEN, WIC, SharedServer, Socket, shared_server

SANDBOX = ("--runtime", "sandbox")


@pytest.fixture
def token_environment(environment) -> Mapping[str, str]:  # noqa: F811 - the fixture
    """Return the environment of clients that know the token."""
    return {**environment, "WIC_TOKEN": TOKEN}


@pytest.fixture(scope="module")
def server(environment, tmp_path_factory) -> Iterator[SharedServer]:  # noqa: F811 - the fixture
    """Give one server to all tests of a module; it must have served them all at its end."""
    with shared_server(environment, tmp_path_factory.mktemp("server"), *SANDBOX) as server:
        yield server
        assert server.process.poll() is None, server.log
        assert "Traceback" not in server.log


@pytest.fixture
def start_server(environment, tmp_path_factory) -> Iterator[Callable[..., SharedServer]]:  # noqa: F811
    """Give a function that starts a server of the test's own."""
    with ExitStack() as stack:

        def start(*words: str, token: str | None = TOKEN, **extra: str) -> SharedServer:
            folder = tmp_path_factory.mktemp("server")
            own = {**environment, **extra}
            return stack.enter_context(shared_server(own, folder, *SANDBOX, *words, token=token))

        yield start


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Give an HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def open_socket(session) -> Callable[..., Awaitable[Socket]]:
    """Give a function that connects to a server, with its token."""

    async def open_(server: SharedServer, **more: Any) -> Socket:
        headers = {**BEARER, **more.pop("headers", {})}
        return Socket(await session.ws_connect(server.url, headers=headers, max_msg_size=0, **more))

    return open_


@pytest.fixture
async def start_editor(server, token_environment) -> AsyncIterator[Callable[..., Awaitable[Editor]]]:
    """Give a function that starts an editor on the module's server, through `wic connect`."""
    async with AsyncExitStack() as stack:

        async def start(
            abilities: Abilities | None = None, /, *words: str, to: SharedServer | None = None, **changes: Any
        ) -> Editor:
            editor = Editor(replace(abilities or Abilities(), **changes))
            stack.push_async_callback(editor.aclose)
            editor.answer = await editor.start(
                WIC, "connect", (to or server).url, *words, environment=token_environment
            )
            return editor

        yield start


@pytest.fixture
async def start_raw(server, token_environment) -> AsyncIterator[Callable[..., Awaitable[RawClient]]]:
    """Give a function that starts a raw client on the module's server, through `wic connect`."""
    async with AsyncExitStack() as stack:

        async def start(*words: str, to: SharedServer | None = None, **extra: str) -> RawClient:
            client = await RawClient.start(
                WIC, "connect", (to or server).url, *words, environment={**token_environment, **extra}
            )
            stack.push_async_callback(client.aclose)
            return client

        yield start
