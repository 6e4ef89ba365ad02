"""Go without its standard library compiled: it is compiled once, in isolation, and then as good as any."""

from __future__ import annotations

import asyncio
import subprocess

import pytest

from tests.conformance.cold_go import (
    GO,
    TEXTS,
    WARM_IMAGE,
    Checker,
    cold_go,
    cold_image,
    has_warm_image,
    load_cold_image,
)
from tests.conformance.kubernetes_namespace import kubernetes_options
from tests.conformance.traces import processes_with, until
from wic_lsp.libraries.store import LibraryFolder
from wic_runtimes.registry import create_runtime

_AT_ONCE = 40


@pytest.fixture
def cold_root(monkeypatch, missing_engine):
    """Put a cold Go first on the PATH."""
    if not (GO / "bin" / "go").exists():
        missing_engine(f"there is no Go in {GO}")
    with cold_go() as root:
        monkeypatch.setenv("PATH", f"{root / 'bin'}:/usr/bin:/bin")
        yield root


@pytest.mark.engine("sandbox")
async def test_a_cold_go_of_this_machine_finds_what_a_warm_one_finds(
    cold_root, sandbox_bench, monkeypatch, tmp_path, missing_engine
):
    """Text by text the same, each package of the library can be imported, and the next server makes none."""
    cold = Checker(sandbox_bench.runtime, kept=tmp_path / "libraries")
    assert (await cold.catalogue.choose("go", None)).dialect.is_provisional
    found = [await cold.findings(text) for text in TEXTS]
    public = [name for name in _public_packages() if name != "unsafe"]
    for start in range(0, len(public), _AT_ONCE):
        imports = "".join(f'import _ "{name}"\n' for name in public[start : start + _AT_ONCE])
        assert await cold.findings(imports + "func main() {}\n") == ()
    internal = await cold.findings('import "internal/abi"\n\nfunc main() { _ = abi.Name{} }\n')
    assert [one.message for one in internal] == ["could not import internal/abi (file not found)"]

    (file,) = (tmp_path / "libraries").iterdir()
    assert len(LibraryFolder(file.parent).load(file.stem)) == len(public)
    again = Checker(sandbox_bench.runtime, kept=tmp_path / "libraries")
    assert await again.findings(TEXTS[1]) == found[1]

    monkeypatch.setenv("PATH", f"{GO / 'bin'}:/usr/bin:/bin")
    warm = Checker(sandbox_bench.runtime)
    if (await warm.catalogue.choose("go", None)).dialect.is_provisional:
        missing_engine("Go's standard library is not compiled here (tests/engines/compilers does that)")
    assert [await warm.findings(text) for text in TEXTS] == found


@pytest.fixture
def warm_image(missing_engine):
    """See to the image that cold ones are made from."""
    if not has_warm_image():
        missing_engine(f"the image {WARM_IMAGE} is not here (tests/engines/docker makes it)")


@pytest.mark.engine("docker")
async def test_a_cold_image_finds_what_a_warm_one_finds(docker_bench, warm_image):
    """In a container, where /tmp runs no program, as on this machine."""
    warm = Checker(docker_bench.runtime, image="golang:{version}")
    with cold_image() as image:
        cold = Checker(docker_bench.runtime, image=image)
        assert (await cold.catalogue.choose("go", None)).dialect.is_provisional
        for text in TEXTS:
            assert await cold.findings(text) == await warm.findings(text), text
        await docker_bench.runtime.aclose()  # no container that waits has the image any more


@pytest.mark.engine("kubernetes")
async def test_a_cold_image_in_a_cluster_is_as_good(kubernetes, cluster_shared, warm_image):
    """In a pod of a namespace that admits only restricted ones, with a whole processor."""
    image = await asyncio.to_thread(load_cold_image)
    settings = {**kubernetes_options(), "cpu": "1"}
    runtime = create_runtime("kubernetes", {"kubernetes": settings, "spares": False})
    try:
        cold = Checker(runtime, image=image)
        assert (await cold.catalogue.choose("go", None)).dialect.is_provisional
        assert await cold.findings(TEXTS[0]) == ()
        (finding,) = await cold.findings(TEXTS[4])
        assert "type *x509.Certificate has no field or method Foo" in finding.message
    finally:
        await runtime.aclose()


@pytest.mark.engine("sandbox")
async def test_closing_ends_the_making_and_nothing_is_left_of_it(cold_root, sandbox_bench, tmp_path):
    """Neither a process nor a file."""
    cold = Checker(sandbox_bench.runtime, kept=tmp_path / "libraries")
    check = asyncio.ensure_future(cold.check(TEXTS[0]))
    marker = str(cold_root / "bin" / "go")
    await until(lambda: any("-export" in str(one) for one in _words_of(marker)) or check.done())
    assert not check.done()
    check.cancel()
    await asyncio.wait([check])
    assert processes_with(marker)
    await cold.libraries.aclose()
    await until(lambda: not processes_with(marker))
    assert not (tmp_path / "libraries").exists()


def _words_of(marker):
    """Return the arguments of the processes that have that word."""
    command = ("ps", "-eo", "args=", "-ww")
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if marker in line]


def _public_packages():
    """Return the packages that anybody may import, as this Go tells them."""
    command = (str(GO / "bin" / "go"), "list", "std")
    listed = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"CGO_ENABLED": "0", "HOME": "/"}
    )
    names = listed.stdout.split()
    return [name for name in names if "internal" not in name.split("/") and not name.startswith("vendor/")]
