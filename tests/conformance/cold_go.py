"""A Go whose standard library is not compiled, as go.dev and the official images have it; see `TEXTS`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from wic_lsp.config import Settings
from wic_lsp.discovery import Catalogue
from wic_lsp.libraries.making import Libraries
from wic_lsp.model import CheckResult, Finding, Snippet
from wic_lsp.pipeline import Pipeline
from wic_lsp.results.levels import Results
from wic_lsp.selection import Engine, Selector
from wic_lsp.toolchains.families import families
from wic_runtimes.contract import Runtime

GO: Final = Path("/usr/local/go")
WARM_IMAGE: Final = "golang:1.22"

_PARTS: Final = ("VERSION", "go.env", "bin", "lib", "pkg/include", "pkg/tool", "src")
_CLUSTER: Final = Path(__file__).parents[1] / "engines" / "kubernetes" / "cluster"
_IN_CLUSTER: Final = "wic-test-cold-go:{version}"
_ABOVE: Final = "/var/tmp"  # noqa: S108 - not /tmp, which a compiler has of its own

_TLS: Final = "r.TLS.PeerCertificates[0]"  # what a package has of another one that the text does not import
TEXTS: Final = (
    'import (\n\t"fmt"\n\t"net/http"\n)\n\nfunc main() { fmt.Println(http.StatusOK) }\n',
    'import "fmt"\n\nfunc main() { fmt.Println(oops) }\n',
    'import "fmt"\n\nfunc main() {}\n',
    'import "no/such/package"\n\nfunc main() { package_.F() }\n',
    f'import "net/http"\n\nfunc f(r *http.Response) {{ {_TLS}.Foo() }}\n\nfunc main() {{ f(nil) }}\n',
    f'import "net/http"\n\nfunc f(r *http.Response) int {{ return {_TLS}.Version }}\n\nfunc main() {{}}\n',
    'import "slices"\n\nfunc main() {\n\tslices.Sort([]struct{}{})\n\tslices.Sort([]int{2, 1})\n}\n',
    'import "io"\n\ntype T int\n\nvar _ io.Reader = T(1)\n\nfunc main() { var s string = io.EOF }\n',
    'import (\n\t"math"\n\t"unsafe"\n)\n\nvar i int8 = math.Pi\n\nfunc main() { _ = unsafe.Sizeof(i) }\n',
    "func main() { x := 1 }\n",
)
"""What comes after `package main`: texts that are right, and some that are wrong about other packages."""


class Checker:
    """Checks texts by one family's Go on one runtime.

    Libraries are kept in the folder `kept`; where it `makes` none, each check compiles what it imports.
    """

    def __init__(
        self, runtime: Runtime, *, image: str = "", kept: Path | None = None, makes: bool = True
    ) -> None:
        family = families()["go"]
        family = replace(family, image=image, versions=("1.22",)) if image else family
        self.libraries = Libraries(lambda: kept) if kept is not None else Libraries()
        self.catalogue = Catalogue(runtime, {"go": family}, None)
        engine = Engine(runtime, self.catalogue)

        async def engine_for(_name: str, _settings: Settings) -> Engine:
            return engine

        selector = Selector(engine_for, lambda: [runtime.name])
        self._pipeline = Pipeline(selector, Results(), libraries=self.libraries if makes else None)

    async def check(self, text: str) -> CheckResult:
        """Check what comes after `package main`."""
        return await self._pipeline.check(
            Snippet(f"package main\n\n{text}", "go", "main.go"), Settings(timeout_s=120)
        )

    async def findings(self, text: str) -> tuple[Finding, ...]:
        """Return what is wrong with a text that was compiled to its end by the compiler alone."""
        result = await self.check(text)
        assert result.is_complete, result
        assert "compile" in result.command, result.command
        return result.findings


@contextmanager
def cold_go() -> Iterator[Path]:
    """Give the folder of a Go of this machine's that everybody can read, without what is compiled of it."""
    with tempfile.TemporaryDirectory(prefix="wic-cold-go-", dir=_ABOVE) as folder:
        root = Path(folder)
        root.chmod(0o755)
        for part in _PARTS:
            source, target = GO / part, root / part
            target.parent.mkdir(exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, copy_function=_link, symlinks=True)
            elif source.exists():
                _link(source, target)
        yield root


def _link(source: str | Path, target: str | Path) -> None:
    """Copy a file, by a second name where that can be: nobody writes it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@contextmanager
def cold_image() -> Iterator[str]:
    """Give an image's name, with {version} for its version: Go as in the official ones since 1.20."""
    name = f"wic-test-cold-go-{os.getpid()}"
    recipe = f"FROM {WARM_IMAGE}\nUSER 0\nRUN rm -rf /usr/local/go/pkg/linux_*\nUSER 65534\n"
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    command = ("docker", "build", "--quiet", "--network", "none", "--tag", f"{name}:1.22", "-")
    subprocess.run(command, input=recipe.encode(), env=environment, check=True, capture_output=True)
    try:
        yield f"{name}:{{version}}"
    finally:
        subprocess.run(("docker", "rmi", "--force", f"{name}:1.22"), check=True, capture_output=True)


def load_cold_image() -> str:
    """Load such an image into the tests' cluster, where it stays for later runs; return its name."""
    with cold_image() as made:
        own, lasting = made.format(version="1.22"), _IN_CLUSTER.format(version="1.22")
        subprocess.run(("docker", "tag", own, lasting), check=True, capture_output=True)
        try:
            subprocess.run((_CLUSTER, "load", lasting), check=True, capture_output=True)
        finally:
            subprocess.run(("docker", "rmi", "--force", lasting), check=True, capture_output=True)
    return _IN_CLUSTER


def has_warm_image() -> bool:
    """Whether the image is here that the cold ones are made from."""
    command = ("docker", "image", "inspect", WARM_IMAGE)
    return (
        shutil.which("docker") is not None
        and not subprocess.run(command, check=False, capture_output=True).returncode
    )
