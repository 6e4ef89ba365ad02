"""The second port: life, readiness by a real compile, and Prometheus' metrics."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.lsp.programs import CLEAN, make_uri

needs_engine = pytest.mark.usefixtures("engine")
engine = pytest.mark.engine("sandbox")


@engine
@needs_engine
async def test_ready_means_that_something_was_compiled(server):
    """However many ask at once, one compile answers all, and for a while."""
    before = await server.count("wic_compiles_total", outcome="finished", runtime="sandbox")
    answers = await asyncio.gather(*(server.ask("/readyz") for _ in range(20)))
    assert set(answers) == {(200, "ready\n")}
    after = await server.count("wic_compiles_total", outcome="finished", runtime="sandbox")
    assert after - before == 1
    assert await server.count("wic_recalled_total") == 0


async def test_a_server_that_cannot_compile_is_not_ready_and_says_why(start_server, tmp_path):
    """It lives all the same, and answers 503 with the sentence that its clients would see."""
    server = start_server("--runtime", "moonbase")
    status, text = await server.ask("/readyz")
    assert status == 503
    assert "There is no runtime 'moonbase'" in text
    assert await server.ask("/healthz") == (200, "alive\n")
    assert await server.count("wic_compiles_total", outcome="not_run") == 2


async def test_other_paths_and_methods_are_told_what_there_is(server, session):
    """404 names the paths, 405 the method."""
    assert await server.ask("/") == (404, "Here are /healthz, /readyz, /metrics.\n")
    async with session.post(f"{server.health}/metrics") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")


@engine
@needs_engine
async def test_what_happens_is_counted(start_server, open_socket):
    """Clients, messages, compiles by runtime, toolchain and outcome, and answers from memory."""
    server = start_server()
    one, other = await open_socket(server), await open_socket(server)
    for socket in (one, other):
        await socket.initialize()
        uri, _ = "file:///nowhere/same.cpp", None
        await socket.open(uri, CLEAN)
        assert await socket.published(uri, 1) == []
    assert await server.count("wic_connections") == 2
    assert await server.count("wic_sessions_total") == 2
    assert await server.count("wic_compiles_total", runtime="sandbox", outcome="finished") == 1
    assert await server.count("wic_recalled_total", runtime="sandbox") == 1
    assert await server.count("wic_compile_seconds_count", runtime="sandbox") == 1
    assert await server.count("wic_messages_total", direction="received") == 6
    assert await server.count("wic_messages_total", direction="sent") >= 4
    assert await server.count("wic_compiles_running") == await server.count("wic_compiles_waiting") == 0


async def test_metrics_are_what_prometheus_reads(server):
    """They are well formed, and no label is a client's word."""
    _, text = await server.ask("/metrics")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert {"wic_connections", "wic_compiles_waiting", "wic_compile_seconds", "wic_messages"} <= set(families)
    labels = {label for one in families.values() for sample in one.samples for label in sample.labels}
    assert labels <= {"runtime", "toolchain", "outcome", "reason", "direction", "le"}


@engine
@needs_engine
async def test_a_toolchain_that_a_client_makes_up_is_no_label(start_server, open_socket):
    """Labels would grow without end."""
    server = start_server()
    socket = await open_socket(server)
    await socket.initialize(initializationOptions={"toolchains": {"cpp": ["made-up"]}})
    uri, _ = make_uri()
    await socket.open(uri, CLEAN)
    (found,) = await socket.published(uri, 1)
    assert "made-up" in found["message"]
    _, text = await server.ask("/metrics")
    assert "made-up" not in text
    assert await server.count("wic_compiles_total", outcome="not_run", toolchain="") == 1
