"""Which runtime compiles: every branch of the choice, what is asked for it, and what is said of it."""

from __future__ import annotations

import logging

import pytest

from tests.unit.fake_runtime import FakeRuntime, finished, program
from wic_lsp.config import Settings
from wic_lsp.discovery import Catalogue
from wic_lsp.selection import Engine, Offer, Refusal, Selector, auto_order, decide, explain_refusals
from wic_lsp.toolchains.families import families
from wic_runtimes.errors import ImageUnavailable, JobEvicted, JobRejected, RuntimeFailure, RuntimeUnavailable

AUTO = Settings()
FORBIDDEN = RuntimeUnavailable("Namespaces are forbidden.", "Allow them.")
NOT_RUNNING = RuntimeUnavailable("No container engine answers.", "Start it.")
EVICTED = JobEvicted("The compiler was taken away.", "Run it again.")
UNKNOWN = JobRejected("There is no C toolchain 'gcc-13' in the runtime 'sandbox'.", "Usable: gcc-12.")
NONE_HERE = ImageUnavailable("No C compiler was found for the runtime 'sandbox'.", "Install one (gcc).")
NO_IMAGE = ImageUnavailable("The image gcc:13 is not here.", "Get it: wic images pull gcc:13.", "gcc:13")
NO_SUCH_IMAGE = JobRejected("There is no C toolchain 'gcc-13' in the runtime 'docker'.", "Usable: gcc-14.")


class House:
    """A sandbox and a Docker engine with compilers that a test may take away; `asked` says who was asked."""

    def __init__(self):
        self.sandbox = FakeRuntime(
            [program("/b/gcc-12", "gcc", "gcc-12")], {"/b/gcc-12": finished(b"12.2.0")}
        )
        self.docker = FakeRuntime([], {f"gcc:{major}@d": finished(b"%d.1.0" % major) for major in (12, 13)})
        self.docker.images = {"gcc:12": "d", "gcc:13": "d"}
        self.failures: dict[str, RuntimeFailure] = {}
        self.asked: list[str] = []
        self.now = 0.0
        self.order = auto_order(is_in_cluster=False)
        self.orders = 0
        runtimes = {"sandbox": self.sandbox, "docker": self.docker, "kubernetes": FakeRuntime()}
        for name, runtime in runtimes.items():
            runtime.name = name
        self.engines = {
            name: Engine(runtime, Catalogue(runtime, families(), None, self.clock))
            for name, runtime in runtimes.items()
        }
        self.selector = Selector(self.engine_for, self.find_order, self.clock)

    def clock(self):
        """Tell the time, which stands still until a test moves it."""
        return self.now

    def find_order(self):
        """Return the order of `auto`."""
        self.orders += 1
        return self.order

    async def engine_for(self, name, settings):
        """Return the engine, or fail as the test says."""
        self.asked.append(name)
        if name in self.failures:
            raise self.failures[name]
        return self.engines[name]

    async def choose(self, wanted=None, runtime="auto", failed=None):
        """Choose for a C file; returns the runtime's and the toolchain's name, and why."""
        choice = await self.selector.choose(Settings(runtime=runtime), "c", wanted, failed)
        assert choice.engine is self.engines[choice.name]
        return choice.name, choice.toolchain.id, choice.why


@pytest.fixture
def house():
    return House()


async def test_auto_takes_the_sandbox_where_it_works_and_has_a_compiler(house):
    """And does not so much as make Docker's runtime, which would load its client."""
    assert await house.choose() == ("sandbox", "gcc-12", "It works here and has the toolchain.")
    assert await house.choose("gcc-12") == ("sandbox", "gcc-12", "It works here and has the toolchain.")
    assert house.asked == ["sandbox", "sandbox"]


async def test_auto_takes_docker_where_only_docker_has_the_toolchain(house):
    """Why the sandbox did not serve is said."""
    assert await house.choose("gcc-13") == (
        "docker",
        "gcc-13",
        "It has the toolchain; sandbox has not (There is no C toolchain 'gcc-13' in the runtime 'sandbox').",
    )


async def test_auto_takes_docker_where_the_machine_has_no_compiler_at_all(house):
    """With no toolchain asked for, any for the language will do."""
    house.sandbox.programs = []
    name, toolchain, why = await house.choose()
    assert (name, toolchain) == ("docker", "gcc-13")
    assert "sandbox has not (No C compiler was found" in why


async def test_auto_takes_docker_where_the_sandbox_does_not_work(house):
    """RuntimeUnavailable is the sign, from making the runtime or from asking a compiler in it."""
    expected = (
        "docker",
        "gcc-12",
        "It has the toolchain; sandbox does not work here (Namespaces are forbidden).",
    )
    house.sandbox.answers["/b/gcc-12"] = FORBIDDEN
    assert await house.choose("gcc-12") == expected
    other = House()
    other.failures["sandbox"] = FORBIDDEN
    assert await other.choose("gcc-12") == expected


@pytest.mark.parametrize("runtime", ["sandbox", "docker"])
async def test_a_runtime_that_the_user_chose_is_obeyed(house, runtime):
    """No other is asked, though it would serve as well or better."""
    name, _, why = await house.choose("gcc-12", runtime)
    assert (name, why) == (runtime, "This runtime was chosen in the settings.")
    assert house.asked == [runtime]
    assert house.orders == 0


@pytest.mark.parametrize(
    ("runtime", "failure"), [("sandbox", FORBIDDEN), ("docker", NOT_RUNNING), ("docker", NO_IMAGE)]
)
async def test_a_runtime_that_the_user_chose_is_never_replaced(house, runtime, failure):
    """Its own failure is raised as it is, and nothing else is asked."""
    house.failures[runtime] = failure
    with pytest.raises(RuntimeFailure) as caught:
        await house.choose(None, runtime)
    assert caught.value is failure
    assert house.asked == [runtime]


async def test_in_a_cluster_auto_is_the_cluster(house):
    """And nothing else: the server's own pod is the weaker place."""
    house.order = auto_order(is_in_cluster=True)
    house.engines["kubernetes"] = house.engines["docker"]
    assert await house.choose("gcc-12") == ("kubernetes", "gcc-12", "The server runs in a cluster.")
    house.failures["kubernetes"] = RuntimeUnavailable("The API server does not answer.")
    with pytest.raises(RuntimeUnavailable, match="The API server"):
        await house.choose("gcc-13")
    assert set(house.asked) == {"kubernetes"}


async def test_in_a_cluster_the_users_choice_counts_more(house):
    """Whoever names the sandbox there gets it."""
    house.order = auto_order(is_in_cluster=True)
    assert (await house.choose(None, "sandbox"))[0] == "sandbox"


async def test_an_image_that_can_be_pulled_is_the_failure_that_helps(house):
    """It names the image; the remedy also says what the sandbox has."""
    house.docker.images = {}
    with pytest.raises(ImageUnavailable) as caught:
        await house.choose("gcc-13")
    assert (caught.value.reason, caught.value.image) == ("The image gcc:13 is not here.", "gcc:13")
    assert caught.value.remedy == (
        "Get gcc:13. With sandbox: There is no C toolchain 'gcc-13' in the runtime 'sandbox'. "
        "Did you mean 'gcc-12'? Usable: gcc-12."
    )


async def test_without_an_engine_the_sandboxs_failure_is_raised(house):
    """Its remedy is followed by what Docker would need."""
    house.failures["docker"] = NOT_RUNNING
    house.sandbox.programs = []
    with pytest.raises(ImageUnavailable) as caught:
        await house.choose()
    assert caught.value.reason == "No C compiler was found for the runtime 'sandbox'."
    assert caught.value.remedy == (
        "Install one (gcc, clang), or choose another runtime. "
        "With docker: No container engine answers. Start it."
    )


@pytest.mark.parametrize(
    ("sandbox", "docker", "lead", "kind"),
    [
        (UNKNOWN, NO_IMAGE, "docker", ImageUnavailable),
        (FORBIDDEN, NO_IMAGE, "docker", ImageUnavailable),
        (NONE_HERE, NO_IMAGE, "docker", ImageUnavailable),
        (UNKNOWN, NO_SUCH_IMAGE, "sandbox", JobRejected),
        (UNKNOWN, NOT_RUNNING, "sandbox", JobRejected),
        (NONE_HERE, NOT_RUNNING, "sandbox", ImageUnavailable),
        (FORBIDDEN, NO_SUCH_IMAGE, "docker", JobRejected),
        (FORBIDDEN, NOT_RUNNING, "sandbox", RuntimeUnavailable),
        (EVICTED, NOT_RUNNING, "sandbox", RuntimeUnavailable),
    ],
)
def test_of_two_failures_the_most_useful_one_leads(sandbox, docker, lead, kind):
    """A pull first, then a runtime that works, then the first; the other is told behind the remedy."""
    failures = {"sandbox": sandbox, "docker": docker}
    failure = explain_refusals([Refusal(name, one) for name, one in failures.items()])
    first = failures.pop(lead)
    ((other, second),) = failures.items()
    assert type(failure) is kind
    assert failure.reason == first.reason
    assert failure.remedy == f"{first.remedy} With {other}: {second}"
    assert getattr(failure, "image", "") == getattr(first, "image", "")


def test_a_failure_without_a_remedy_is_joined_without_a_gap():
    """No two spaces where there was nothing."""
    mute = RuntimeUnavailable("It is broken.")
    failure = explain_refusals([Refusal("sandbox", mute), Refusal("docker", mute)])
    assert str(failure) == "It is broken. With docker: It is broken."


def test_one_failure_stays_as_it_is():
    """What a runtime says of itself is not rewritten."""
    assert explain_refusals([Refusal("docker", NO_IMAGE)]) is NO_IMAGE


async def test_the_first_offer_counts(house):
    """Deciding is over answers alone, whoever gave them."""
    choice = await house.selector.choose(AUTO, "c", "gcc-12")
    first, second = (Offer(name, choice.engine, choice.toolchain) for name in ("a", "b"))
    assert decide("auto", [first, second]).name == "a"
    assert decide("auto", [Refusal("x", EVICTED), second]).name == "b"


async def test_a_runtime_that_is_known_not_to_work_is_not_asked(house):
    """Whoever has just seen it fail says so, and the choice is made without it."""
    name, _, why = await house.choose("gcc-12", failed={"sandbox": FORBIDDEN})
    assert name == "docker"
    assert "sandbox does not work here (Namespaces are forbidden)" in why
    assert house.asked == ["docker"]
    with pytest.raises(RuntimeUnavailable) as caught:
        await house.choose("gcc-12", "docker", failed={"docker": NOT_RUNNING})
    assert caught.value is NOT_RUNNING


async def test_a_runtime_that_was_passed_over_is_not_asked_at_every_edit(house):
    """It is asked again after half a minute, and serves again when it can."""
    house.failures["sandbox"] = FORBIDDEN
    await house.choose("gcc-12")
    house.failures.clear()
    house.asked.clear()
    house.now = 29
    assert (await house.choose("gcc-12"))[0] == "docker"
    assert house.asked == ["docker"]
    house.now = 31
    assert (await house.choose("gcc-12"))[0] == "sandbox"


async def test_what_one_toolchain_met_is_not_held_against_another(house):
    """A sandbox without GCC 13 is still asked for GCC 12."""
    assert (await house.choose("gcc-13"))[0] == "docker"
    assert (await house.choose("gcc-12"))[0] == "sandbox"


async def test_where_nobody_has_it_everybody_is_asked_afresh(house):
    """A compiler that the user installs is found by the very next check."""
    await house.choose("gcc-13")
    house.failures["docker"] = NOT_RUNNING
    with pytest.raises(JobRejected):
        await house.choose("gcc-13")
    house.sandbox.programs = [program("/b/gcc-13")]
    house.sandbox.answers["/b/gcc-13"] = finished(b"13.1.0")
    house.now = 6  # found programs are taken for granted for some seconds
    assert (await house.choose("gcc-13"))[0] == "sandbox"


async def test_after_a_restart_everybody_is_asked_afresh(house):
    """Restart Runtime forgets what was passed over."""
    house.failures["sandbox"] = FORBIDDEN
    await house.choose()
    house.failures.clear()
    house.selector.forget()
    assert (await house.choose())[0] == "sandbox"


async def test_that_another_runtime_is_used_is_logged_once(house, caplog):
    """The log says what is used and why; nothing where the first one serves."""
    caplog.set_level(logging.INFO, "wic_lsp.selection")
    await house.choose()
    assert caplog.messages == []
    for _ in range(2):
        await house.choose("gcc-13")
    (message,) = caplog.messages
    assert message.startswith("C: gcc-13 in docker. It has the toolchain; sandbox has not (")
