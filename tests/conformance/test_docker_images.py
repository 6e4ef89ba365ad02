"""Pulling and building images on a real engine, from a registry of the test's own, and what can go wrong."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conformance.engine_relay import Relay, forget
from tests.conformance.image_registry import PATIENCE_S, Mode, serve
from tests.conformance.runtimes_under_test import IMAGE
from tests.conformance.traces import make_marker, processes_with, until
from wic_runtimes.contract import Image, ImageStore, Transfer
from wic_runtimes.docker import images
from wic_runtimes.docker.endpoint import own_endpoint
from wic_runtimes.docker.recipes import RECIPE, Recipe, read_recipes
from wic_runtimes.errors import ImageUnavailable, RuntimeUnavailable

pytestmark = pytest.mark.engine("docker")


@pytest.fixture
def serve_images():
    """Give `serve`; what an engine has pulled from there is removed at the end."""
    with ExitStack() as stack:

        def start(mode):
            registry = stack.enter_context(serve(mode))
            stack.callback(forget, registry.image)
            return registry

        yield start


def version_label(image):
    """Return the label that a recipe below has made of its VERSION."""
    words = ["docker", "image", "inspect", "--format", "{{.Config.Labels.version}}", image]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


async def is_set(event):
    """Wait for an event of a registry's thread."""
    return await asyncio.to_thread(event.wait, PATIENCE_S)


async def ended_soon(task):
    """Cancel a transfer and fail unless it ends long before its registry would go on."""
    task.cancel()
    async with asyncio.timeout(PATIENCE_S / 2):
        await asyncio.wait([task])
    assert task.cancelled()


async def test_a_pull_is_told_in_bytes_from_its_beginning_to_its_end(docker_bench, serve_images):
    """The bytes grow to the size of all layers, the event loop is told, and the image is there afterwards."""
    registry = serve_images(Mode.BY_HALVES)
    told: list[Transfer] = []

    def report(transfer: Transfer) -> None:
        asyncio.get_running_loop()  # fails in any other thread
        told.append(transfer)
        if 0 < transfer.done_bytes < transfer.total_bytes == registry.layers_bytes:
            registry.go_on.set()

    image = await docker_bench.runtime.pull_image(registry.image, report)
    (found,) = await docker_bench.runtime.find_images([registry.image])
    assert image == found == Image(registry.image, image.digest)
    assert image.digest.startswith("sha256:")
    assert [one.done_bytes for one in told] == sorted(one.done_bytes for one in told)
    assert told[0].step == "asking the registry"
    assert "downloading" in {one.step for one in told}
    assert told[-1] == Transfer("unpacking", registry.layers_bytes, registry.layers_bytes)


async def test_an_image_that_is_here_already_is_pulled_at_once(docker_bench, serve_images):
    """Nothing is fetched again; the engine only asks whether it is still the same."""
    registry = serve_images(Mode.NORMAL)
    first = await docker_bench.runtime.pull_image(registry.image, lambda _: None)
    told = []
    assert await docker_bench.runtime.pull_image(registry.image, told.append) == first
    assert {one.done_bytes for one in told} <= {0}


async def test_a_pull_that_is_cancelled_in_mid_layer_ends_on_the_engine_too(docker_bench, serve_images):
    """The engine leaves the registry, and the image can be pulled afresh."""
    registry = serve_images(Mode.TRICKLES)
    pull = asyncio.create_task(docker_bench.runtime.pull_image(registry.image, lambda _: None))
    assert await is_set(registry.is_asked)
    await ended_soon(pull)
    assert await is_set(registry.is_left)
    registry.mode = Mode.NORMAL
    assert (await docker_bench.runtime.pull_image(registry.image, lambda _: None)).digest


@pytest.mark.parametrize("mode", [Mode.BY_HALVES, Mode.STALLS_AT_ONCE])
async def test_a_pull_from_a_registry_that_stalls_can_be_cancelled(docker_bench, serve_images, mode):
    """Before the first answer and in mid-layer; it stands in no later pull's way."""
    registry = serve_images(mode)
    pull = asyncio.create_task(docker_bench.runtime.pull_image(registry.image, lambda _: None))
    assert await is_set(registry.is_asked)
    await ended_soon(pull)
    registry.mode = Mode.NORMAL
    assert (await docker_bench.runtime.pull_image(registry.image, lambda _: None)).digest


async def test_a_pull_over_tcp_can_be_cancelled(docker_bench, serve_images, monkeypatch):
    """An engine that is reached by another kind of connection is left just as fast."""
    registry = serve_images(Mode.TRICKLES)
    endpoint = own_endpoint()
    assert endpoint is not None
    relay = Relay(endpoint.url.removeprefix("unix://"), *IMAGE.split(":"), IMAGE)
    async with await asyncio.start_server(relay.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        runtime = docker_bench.under_test.create()
        pull = asyncio.create_task(runtime.pull_image(registry.image, lambda _: None))
        assert await is_set(registry.is_asked)
        await ended_soon(pull)
        assert await is_set(registry.is_left)
        await runtime.aclose()
        await relay.aclose()


async def test_closing_the_runtime_ends_its_pulls(docker_bench, serve_images):
    """Whoever waits is told, and no other begins."""
    registry = serve_images(Mode.STALLS_AT_ONCE)
    pull = asyncio.create_task(docker_bench.runtime.pull_image(registry.image, lambda _: None))
    assert await is_set(registry.is_asked)
    async with asyncio.timeout(PATIENCE_S / 2):
        await docker_bench.runtime.aclose()
    for refused in (pull, docker_bench.runtime.pull_image(registry.image, lambda _: None)):
        with pytest.raises(RuntimeUnavailable, match="ended before the image was complete"):
            await refused


@pytest.mark.parametrize(
    ("mode", "said", "remedy"),
    [
        (Mode.LOGIN, "refused the pull", "docker login"),
        (Mode.FORBIDDEN, "refused the pull", "docker login"),
        (Mode.MISSING, "has no image", "Choose another version"),
        (Mode.BREAKS_OFF, "cannot be reached", "try again"),
        (Mode.BROKEN, "could not be pulled", "engine's log"),
    ],
)
async def test_what_a_registry_answers_is_told_apart(docker_bench, serve_images, mode, said, remedy):
    """Each has a sentence with the image's name, and a remedy."""
    registry = serve_images(mode)
    with pytest.raises(ImageUnavailable) as caught:
        await docker_bench.runtime.pull_image(registry.image, lambda _: None)
    assert said in caught.value.reason
    assert registry.image in caught.value.reason
    assert remedy in caught.value.remedy


async def test_a_registry_that_is_not_there_cannot_be_reached(docker_bench):
    """Port 9 of this machine: nobody listens."""
    with pytest.raises(ImageUnavailable, match=r"cannot be reached: .*connection refused"):
        await docker_bench.runtime.pull_image("127.0.0.1:9/wic-test:1", lambda _: None)


async def test_a_name_that_is_none_is_refused(docker_bench):
    """The engine's own word for it."""
    with pytest.raises(ImageUnavailable, match=r"could not be pulled: .*reference"):
        await docker_bench.runtime.pull_image("UPPER/Case:1", lambda _: None)


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """Give a function that makes a recipe of a Dockerfile's lines; its image is removed at the end."""
    name = f"wic-test-{make_marker().rpartition('-')[2]}"
    made: dict[str, Recipe] = {}

    def make(*lines: str) -> str:
        (tmp_path / "Dockerfile").write_text("\n".join((f"FROM {IMAGE}", "ARG VERSION", *lines)))
        (tmp_path / RECIPE).write_text(f'image = "{name}:{{version}}"\nversions = [7]\n')
        made.update({one.image: one for one in read_recipes(Path(tmp_path))})
        return f"{name}:7"

    monkeypatch.setattr(images, "find_recipes", lambda: made)
    yield make
    forget(f"{name}:7")


async def test_an_image_is_built_from_its_recipe(docker_bench, recipe):
    """With its version, step by step, over the network that was asked for."""
    told = []
    name = recipe('LABEL version="$VERSION"', "LABEL last=yes")
    image = await docker_bench.runtime.build_image(name, told.append, network="none")
    assert (await docker_bench.runtime.find_images([name])) == (image,)
    assert await asyncio.to_thread(version_label, image.digest) == "7\n"
    assert told[-1].step == "step 4 of 4"


async def test_a_build_that_fails_says_what_it_said_last(docker_bench, recipe):
    """The command's own words, and the engine's."""
    name = recipe("RUN echo this is broken >&2; exit 3")
    with pytest.raises(ImageUnavailable, match=r"returned a non-zero code: 3.*this is broken") as caught:
        await docker_bench.runtime.build_image(name, lambda _: None, network="none")
    assert caught.value.reason.startswith(f"The build of {name} failed: ")
    (missing,) = await docker_bench.runtime.find_images([name])
    assert missing.digest == ""


async def test_a_build_whose_dockerfile_is_wrong_says_so(docker_bench, recipe):
    """The engine refuses it before anything runs."""
    name = recipe("NO SUCH THING")
    with pytest.raises(ImageUnavailable, match=r"(?i)unknown instruction: NO"):
        await docker_bench.runtime.build_image(name, lambda _: None)


async def test_a_build_that_is_cancelled_ends_on_the_engine_too(docker_bench, recipe):
    """What runs in it is killed."""
    marker = make_marker()
    name = recipe(f"RUN sleep 600 || echo {marker}")
    build = asyncio.create_task(docker_bench.runtime.build_image(name, lambda _: None, network="none"))
    await until(lambda: bool(processes_with(marker)))
    await ended_soon(build)
    await until(lambda: not processes_with(marker))


async def test_an_image_without_a_recipe_is_not_built(docker_bench):
    """Whatever its name is."""
    assert isinstance(docker_bench.runtime, ImageStore)
    for name in ("gcc:13", "../gcc:12", "gcc"):
        assert not docker_bench.runtime.has_recipe(name)
        with pytest.raises(ImageUnavailable, match=f"no recipe for the image {name}"):
            await docker_bench.runtime.build_image(name, lambda _: None)
    assert [docker_bench.runtime.has_recipe(name) for name in ("gcc:11", "gcc:12")] == [True, True]
