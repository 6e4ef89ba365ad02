"""The parts of a shared server that decide: who is let in, what waits, what is ready, what is counted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.fake_runtime import finished
from wic_lsp.bearer import NoToken, Tokens, find_token, find_tokens, is_loopback, read_tokens
from wic_lsp.config import Settings
from wic_lsp.fairness import FairGate
from wic_lsp.model import CheckResult, Finding, Place, Position, Range, Severity
from wic_lsp.serving.admission import Applicant, Reason, refuse
from wic_lsp.serving.metrics import Metrics
from wic_lsp.serving.outgoing import Outgoing
from wic_lsp.serving.readiness import Readiness
from wic_lsp.serving.request import Address, BadRequest, Bounds, ServeRequest, check_request, read_address
from wic_runtimes.contract import Outcome
from wic_runtimes.errors import RuntimeUnavailable

GOOD = Applicant(origin=None, has_token=True, is_websocket=True)
TOKEN = "0123456789abcdef"  # noqa: S105 - no secret


def ask(applicant=GOOD, *, is_draining=False, connections=0):
    """Ask to be let in by a server that takes two clients."""
    return refuse(applicant, {"https://a"}, is_draining=is_draining, connections=connections, most=2)


def test_who_has_all_that_is_needed_is_let_in():
    """Without an origin, or with one that is allowed, while there is room."""
    assert ask() is None
    assert ask(replace(GOOD, origin="https://a"), connections=1) is None


@pytest.mark.parametrize("full", [True, False])
def test_a_stranger_learns_nothing(full):
    """Origin, then token, whatever else is so: whether the server is full is for those who have one."""
    state = {"is_draining": full, "connections": 2 if full else 0}
    stranger = Applicant(origin="https://b", has_token=False, is_websocket=False)
    assert ask(stranger, **state).reason is Reason.ORIGIN
    assert ask(replace(stranger, origin=None), **state).reason is Reason.TOKEN
    assert ask(replace(GOOD, is_websocket=False), **state).reason is Reason.NO_WEBSOCKET


def test_a_server_that_is_full_or_stops_says_when_to_come_again():
    """503 with Retry-After."""
    for refused, reason in (
        (ask(is_draining=True), Reason.DRAINING),
        (ask(connections=2), Reason.FULL),
    ):
        assert (refused.reason, refused.status) == (reason, 503)
        assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("[::1]:0", Address("::1", 0)),
        ("localhost:65535", Address("localhost", 65535)),
    ],
)
def test_an_address_is_read_and_written(text, address):
    """IPv6 has brackets."""
    assert read_address(text, "--ws") == address
    assert str(address) == text


@pytest.mark.parametrize("text", ["", "8080", ":8080", "a:", "a:b", "a:65536", "a:-1", "::1:80", "a:²"])
def test_what_is_no_address_is_told(text):
    """The option and the text are named."""
    with pytest.raises(BadRequest, match=r"--ws needs an address"):
        read_address(text, "--ws")


def request(host="127.0.0.1", **more):
    """Return a request to listen there."""
    return ServeRequest(Address(host, 1), Address("127.0.0.1", 2), **more)


def test_only_this_machine_is_served_without_a_token():
    """Every other address needs one."""
    for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost"):
        check_request(request(host), has_token=False)
    for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", "127.0.0.1.example.org"):  # noqa: S104
        with pytest.raises(BadRequest, match="Without a token"):
            check_request(request(host), has_token=False)
        check_request(request(host), has_token=True)


def test_a_certificate_needs_its_key():
    """One without the other is told."""
    for more in ({"tls_cert": Path("c")}, {"tls_key": Path("k")}):
        with pytest.raises(BadRequest, match="go together"):
            check_request(request(**more), has_token=True)
    with pytest.raises(BadRequest, match="--max-compiles"):
        check_request(request(bounds=Bounds(compiles=1, compiles_each=2)), has_token=True)


def test_a_token_is_compared_whole():
    """Any of several is let in, in HTTP's words; nothing else is, and nothing raises."""
    tokens = Tokens([TOKEN, "fedcba9876543210"])
    assert tokens.admits(f"Bearer {TOKEN}")
    assert tokens.admits("bearer  fedcba9876543210 ")
    for header in (
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}0",
        "Bearer \udcff",
    ):
        assert not tokens.admits(header)
    assert not Tokens([]).admits("Bearer ")


def test_a_file_goes_before_the_environment(tmp_path):
    """A server takes every line, a client sends the first."""
    file = tmp_path / "token"
    file.write_text(f"\n {TOKEN} \nfedcba9876543210\n", encoding="utf-8")
    environment = {"WIC_TOKEN": "another-0123456789"}
    assert read_tokens(file) == (TOKEN, "fedcba9876543210")
    assert find_token(file, environment) == TOKEN
    assert find_token(None, environment) == "another-0123456789"
    tokens = find_tokens(file, environment)
    assert tokens is not None
    assert not tokens.admits("Bearer another-0123456789")
    assert find_tokens(None, {}) is find_tokens(None, {"WIC_TOKEN": " "}) is None
    assert find_token(None, {}) is None


@pytest.mark.parametrize(
    "content", [b"", b"\n \n", b"short", b"\xff" * 20, b"0123456789 abcdef", "é".encode() * 20]
)
def test_a_file_without_a_proper_token_is_refused(tmp_path, content):
    """The sentence names the file, and repeats nothing of what is in it."""
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(NoToken, match=str(file)) as problem:
        read_tokens(file)
    assert "short" not in str(problem.value)


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("10.0.0.1", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_what_this_machine_alone_can_reach(host, is_own):
    """Addresses by their kind, names by being localhost."""
    assert is_loopback(host) is is_own


async def test_what_waits_is_bounded():
    """More than the bound is told once, and nothing is kept from then on."""
    told = []
    outgoing = Outgoing(10, lambda: told.append("too much"))
    outgoing.write(b"12345")
    outgoing.write(b"67890")
    assert told == []
    assert await outgoing.take() == b"12345"
    outgoing.write(b"x")  # what was taken counts until it is sent
    outgoing.write(b"y")
    assert told == ["too much"]
    await outgoing.wait_until_sent()


async def test_messages_go_in_their_order():
    """Each is taken once; all have gone when all were sent."""
    outgoing = Outgoing(100, pytest.fail)
    taking = asyncio.create_task(outgoing.take())
    await asyncio.sleep(0)
    outgoing.write(b"one")
    outgoing.write(b"two")
    assert [await taking, await outgoing.take()] == [b"one", b"two"]
    waiting = asyncio.create_task(outgoing.wait_until_sent())
    outgoing.sent(b"one")
    await asyncio.sleep(0)
    assert not waiting.done()
    outgoing.sent(b"two")
    await waiting


TOP = Range(Position(0, 0), Position(0, 0))
WELL = CheckResult("gcc-12", "fake", Outcome.FINISHED)
ILL = CheckResult(
    "gcc-12", "fake", Outcome.FINISHED, (Finding(Severity.ERROR, "no such header", Place(None, TOP)),)
)
DOWN = CheckResult(None, "fake", None, reason="It is down.", remedy="Start it.")


class FakePipeline:
    """Answers by language, and remembers the texts."""

    def __init__(self, **answers):
        self.answers = answers
        self.texts = []

    async def check(self, snippet, settings, wanted=None):
        """Answer from the table."""
        self.texts.append(snippet.text)
        await asyncio.sleep(0)
        return self.answers[snippet.language]


async def test_many_who_ask_at_once_are_answered_by_one_compile():
    """And for a while after it; then by another, of another text."""
    now = [100.0]
    pipeline = FakePipeline(cpp=WELL)
    readiness = Readiness(pipeline, Settings(), 15, lambda: now[0])
    assert await asyncio.gather(*(readiness.ask() for _ in range(9))) == [""] * 9
    now[0] += 14
    assert await readiness.ask() == ""
    assert len(pipeline.texts) == 1
    now[0] += 2
    assert await readiness.ask() == ""
    assert len(set(pipeline.texts)) == 2


async def test_one_language_is_enough_to_be_ready():
    """C where there is no C++; where there is neither, the reasons are told."""
    assert await Readiness(FakePipeline(cpp=DOWN, c=WELL), Settings(), 1, lambda: 0.0).ask() == ""
    assert (
        await Readiness(FakePipeline(cpp=DOWN, c=DOWN), Settings(), 1, lambda: 0.0).ask()
        == "It is down. Start it."
    )
    reason = await Readiness(FakePipeline(cpp=ILL, c=DOWN), Settings(), 1, lambda: 0.0).ask()
    assert reason == "gcc-12 finds errors in a program that has none: no such header; It is down. Start it."


async def test_who_no_longer_waits_for_readiness_cancels_nobodys_try():
    """The others still get their answer."""
    readiness = Readiness(FakePipeline(cpp=WELL), Settings(), 1, lambda: 0.0)
    one, other = asyncio.create_task(readiness.ask()), asyncio.create_task(readiness.ask())
    await asyncio.sleep(0)
    one.cancel()
    assert await other == ""
    await readiness.aclose()


def test_what_became_of_checks_is_counted():
    """By runtime, toolchain and outcome; a compile's time by runtime."""
    metrics = Metrics(FairGate(1, 1))
    metrics.compiled("fake", "gcc-12", finished())
    metrics.compiled("fake", "gcc-12", replace(finished(), outcome=Outcome.TIMED_OUT))
    metrics.recalled("fake", "gcc-12")
    metrics.failed("", "", RuntimeUnavailable("secret words"))
    metrics.refused(Reason.TOKEN)
    text = metrics.render().decode()
    for line in (
        'wic_compiles_total{outcome="finished",runtime="fake",toolchain="gcc-12"} 1.0',
        'wic_compiles_total{outcome="timed_out",runtime="fake",toolchain="gcc-12"} 1.0',
        'wic_compiles_total{outcome="not_run",runtime="",toolchain=""} 1.0',
        'wic_recalled_total{runtime="fake",toolchain="gcc-12"} 1.0',
        'wic_connections_refused_total{reason="token"} 1.0',
        'wic_connections_refused_total{reason="full"} 0.0',
        'wic_compile_seconds_count{runtime="fake"} 2.0',
        "wic_compiles_running 0.0",
    ):
        assert line in text.splitlines()
    assert "secret" not in text
