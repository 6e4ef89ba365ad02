"""Pulls and builds without an engine: what its words mean, how often that is told, and what can be built."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_lsp.toolchains.families import images
from wic_runtimes.contract import Transfer
from wic_runtimes.docker import faults
from wic_runtimes.docker.build_progress import BuildProgress
from wic_runtimes.docker.images import PERIOD_S, Throttle, check_event
from wic_runtimes.docker.pull_progress import PullProgress
from wic_runtimes.docker.recipes import find_recipes
from wic_runtimes.docker.transfer_faults import explain_build, explain_pull
from wic_runtimes.errors import ImageUnavailable, RuntimeUnavailable


def event(name, status, done=None, total=None):
    """Return an event as the engine writes it."""
    detail = {} if done is None else {"current": done, "total": total}
    return {"id": name, "status": status, "progressDetail": detail}


def after(*events):
    """Return how far a pull has come after these events."""
    progress = PullProgress()
    for one in events:
        progress.feed(one)
    return progress.transfer


def test_a_pull_begins_without_bytes():
    """Nothing is known before the registry has answered; its greeting is no layer."""
    assert (
        after() == after({"status": "Pulling from library/gcc", "id": 1}) == Transfer("asking the registry")
    )


def test_bytes_are_added_up_over_the_layers():
    """Those that wait count when their size is told, those that are at home never."""
    first = [event("a", "Pulling fs layer"), event("b", "Waiting"), event("c", "Already exists")]
    assert after(*first) == Transfer("downloading")
    second = [*first, event("a", "Downloading", 10, 100)]
    assert after(*second) == Transfer("downloading", 10, 100)
    third = [*second, event("b", "Downloading", 1, 50), event("a", "Verifying Checksum")]
    assert after(*third) == Transfer("downloading", 101, 150)


def test_when_all_is_fetched_it_is_unpacked():
    """Unpacking takes a while, in which no byte is fetched; its own bytes are others."""
    fetched = [event("a", "Downloading", 10, 100), event("a", "Download complete")]
    assert after(*fetched) == Transfer("unpacking", 100, 100)
    assert after(*fetched, event("a", "Extracting", 1, 70)) == Transfer("unpacking", 100, 100)
    assert after(*fetched, event("a", "Pull complete")) == Transfer("unpacking", 100, 100)
    assert after(event("a", "Extracting", 1, 70)) == Transfer("unpacking", 70, 70)


def test_a_layer_that_is_fetched_again_counts_again():
    """After a broken connection the engine begins anew."""
    events = [event("a", "Downloading", 90, 100), event("a", "Downloading", 5, 100)]
    assert after(*events) == Transfer("downloading", 5, 100)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**40) | st.text(max_size=5),
    lambda one: st.lists(one, max_size=2) | st.dictionaries(st.text(max_size=3), one, max_size=2),
    max_leaves=4,
)
STATUSES = st.sampled_from(
    ["Pulling fs layer", "Waiting", "Downloading", "Verifying Checksum", "Extracting", "Pull complete"]
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from("abc") | ANYTHING, "status": STATUSES | ANYTHING},
        optional={
            "progressDetail": st.fixed_dictionaries({"current": ANYTHING, "total": ANYTHING}) | ANYTHING,
            "stream": ANYTHING,
        },
    )
    | st.dictionaries(st.text(max_size=3), ANYTHING, max_size=3)
)


@given(EVENTS)
def test_no_words_of_an_engine_break_the_sum(events):
    """Whatever comes, nothing is raised, and no more is done than there is."""
    pull, build = PullProgress(), BuildProgress()
    for one in events:
        pull.feed(one)
        build.feed(one)
        for transfer in (pull.transfer, build.transfer):
            assert 0 <= transfer.done_bytes <= transfer.total_bytes
            assert transfer.step


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=5), st.randoms())
def test_a_whole_pull_only_grows_and_ends_full(sizes, random):
    """Layers that come in any order, each in order: the bytes never fall, and all are done at the end."""
    pending = {
        f"layer {number}": [
            event(f"layer {number}", "Pulling fs layer"),
            *(event(f"layer {number}", "Downloading", part * size // 3, size) for part in range(4)),
            event(f"layer {number}", "Download complete"),
        ]
        for number, size in enumerate(sizes)
    }
    progress, told = PullProgress(), []
    while pending:
        name = random.choice(sorted(pending))
        progress.feed(pending[name].pop(0))
        told.append(progress.transfer.done_bytes)
        if not pending[name]:
            del pending[name]
    assert told == sorted(told)
    assert progress.transfer == Transfer("unpacking", sum(sizes), sum(sizes))


def test_a_build_is_told_step_by_step():
    """With the bytes of a base image that is pulled in one, which the next step has not."""
    progress = BuildProgress()
    assert progress.transfer == Transfer("preparing")
    progress.feed({"stream": "Step 1/3 : FROM debian\n"})
    progress.feed(event("a", "Downloading", 4, 8))
    assert progress.transfer == Transfer("step 1 of 3", 4, 8)
    progress.feed({"stream": "Step 2/3 : RUN make\n"})
    progress.feed({"stream": " ---> Running in 12\n"})
    assert progress.transfer == Transfer("step 2 of 3")


def test_the_last_words_of_a_build_are_kept():
    """Its last five lines that say something, free of colours and of the engine's own, none too long."""
    progress = BuildProgress()
    own = ("Step 3/6 : RUN make  \\ \n", " ---> Running in c2\n", "Removing intermediate container c2\n")
    for number in range(8):
        progress.feed({"stream": f"\x1b[31mline    {number}\x1b[0m\r\n\n"})
    for words in ("x" * 5000, *own):
        progress.feed({"stream": words})
    assert progress.last_lines == (*(f"line {number}" for number in range(4, 8)), "x" * 200)


@pytest.mark.parametrize(
    ("words", "said", "remedy", "may_try_again"),
    [
        (
            "manifest for gcc:99 not found: manifest unknown: x",
            "has no image gcc:99",
            "another version",
            False,
        ),
        ("no matching manifest for linux/arm64/v8", "this kind of machine", "build it", False),
        ("pull access denied for gcc, repository does not exist", "refused the pull", "docker login", True),
        ("unauthorized: authentication required", "refused the pull", "docker login", True),
        ("toomanyrequests: You have reached your pull rate limit", "too much was pulled", "Wait", True),
        (
            'Get "https://r.example/v2/": dial tcp: lookup r.example: no such host',
            "reached",
            "try again",
            True,
        ),
        ('Get "https://r.example/v2/": net/http: TLS handshake timeout', "reached", "try again", True),
        ("x509: certificate signed by unknown authority", "reached", "try again", True),
        ("received unexpected HTTP status: 500 Internal Server Error", "could not be pulled", "log", True),
        ("it is\n  on fire.", "could not be pulled: it is on fire.", "log", True),
    ],
)
def test_why_a_pull_failed_is_told_apart(words, said, remedy, may_try_again):
    """Each has its sentence and remedy; the image is named where another pull may bring it."""
    failure = explain_pull(words, "gcc:99")
    assert type(failure) is ImageUnavailable
    assert said in failure.reason
    assert failure.reason.endswith(".")
    assert remedy in failure.remedy
    assert failure.image == ("gcc:99" if may_try_again else "")


def test_a_name_decides_nothing():
    """An image may be called "denied"."""
    failure = explain_pull("manifest for denied:404 not found", "denied:404")
    assert "has no image denied:404" in failure.reason


def test_a_full_disk_is_no_fault_of_the_images():
    """While pulling, and while building, in its words or in what it printed."""
    words = "write /var/lib/docker/tmp/GetImageBlob1: no space left on device"
    assert str(explain_pull(words, "gcc:13")) == str(faults.disk_full())
    for failure in (explain_build(words, "gcc:12", ()), explain_build("exit 1", "gcc:12", [words])):
        assert type(failure) is RuntimeUnavailable
        assert "docker system df" in failure.remedy


@pytest.mark.parametrize(
    ("words", "printed", "remedy"),
    [
        (
            "returned a non-zero code: 100",
            "Err: Temporary failure resolving 'deb.debian.org'",
            "--network host",
        ),
        ("failed to create endpoint x on network bridge: could not find bridge", "", "--network host"),
        ("Get https://r.example/v2/: dial tcp: no such host", "", "base image"),
        ("returned a non-zero code: 1", "E: Unable to locate package gcc-99", "Mend"),
    ],
)
def test_why_a_build_failed_is_told_apart(words, printed, remedy):
    """Each with what was printed last."""
    failure = explain_build(words, "gcc:12", [printed] if printed else [])
    assert failure.reason.startswith(f"The build of gcc:12 failed: {words}")
    assert printed in failure.reason
    assert remedy in failure.remedy


def test_endless_words_are_cut():
    """A registry may answer with a whole page."""
    assert len(explain_pull("<html>" * 1000, "gcc:13").reason) < 500


def test_an_error_in_mid_stream_is_raised():
    """The engine has answered 200 by then."""
    check_event({"status": "Waiting"}, RuntimeUnavailable)
    with pytest.raises(RuntimeUnavailable, match="it broke"):
        check_event({"error": "it broke", "errorDetail": {}}, RuntimeUnavailable)


def test_a_missing_image_is_named():
    """So that its pull can be offered."""
    assert faults.image_missing("gcc:13").image == "gcc:13"


@dataclass
class Loop:
    """An event loop's timers, which go off when they are told to."""

    timers: list = field(default_factory=list)

    def call_later(self, delay_s, call):
        """Remember a timer."""
        assert delay_s == PERIOD_S
        timer = Timer(call)
        self.timers.append(timer)
        return timer

    def tick(self):
        """Let every timer go off that is due."""
        due, self.timers = self.timers, []
        for timer in due:
            if not timer.is_cancelled:
                timer.call()


@dataclass
class Timer:
    """One of them."""

    call: object
    is_cancelled: bool = False

    def cancel(self):
        """Let it not go off."""
        self.is_cancelled = True


def test_reports_come_no_faster_than_a_person_can_see():
    """The first at once, then the newest of each period, and after a period without any the next at once."""
    loop, told = Loop(), []
    throttle = Throttle(told.append, loop.call_later)
    steps = [Transfer(str(number)) for number in range(6)]
    for step in steps[:3]:
        throttle.take(step)
    assert told == [steps[0]]
    loop.tick()
    assert told == [steps[0], steps[2]]
    loop.tick()
    loop.tick()
    throttle.take(steps[3])
    assert told == [steps[0], steps[2], steps[3]]


def test_the_last_report_is_never_lost():
    """Whatever waits for its time is told at the end, once."""
    loop, told = Loop(), []
    throttle = Throttle(told.append, loop.call_later)
    throttle.take(Transfer("1"))
    throttle.take(Transfer("2"))
    throttle.finish()
    throttle.finish()
    loop.tick()
    assert told == [Transfer("1"), Transfer("2")]


def test_every_recipe_makes_an_image_that_a_toolchain_wants():
    """A name that no family has would never be found."""
    assert {"gcc:11", "gcc:12", "silkeh/clang:14"} <= set(find_recipes()) <= set(images())


@pytest.mark.parametrize("recipe", find_recipes().values(), ids=lambda recipe: recipe.image)
def test_a_recipe_is_sent_whole(recipe):
    """The archive holds the Dockerfile, which takes the version, and is the same each time."""
    assert recipe.pack() == recipe.pack()
    with tarfile.open(fileobj=io.BytesIO(recipe.pack())) as archive:
        dockerfile = archive.extractfile("Dockerfile")
        assert dockerfile is not None
        assert b"ARG VERSION" in dockerfile.read()
    assert recipe.image.endswith(f":{recipe.version}")
