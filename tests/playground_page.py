"""The playground's page for the tests that need it: built as people build it, once for all workers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.conftest import fail_or_skip
from tests.sharing import locked_on_machine

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "wic_lsp" / "serving" / "page"
TIMEOUT_S = 280


def build_page() -> None:
    """Build the page unless it is up to date; skip where there is no npm to do it."""
    if shutil.which("npm") is None:
        fail_or_skip("there is no npm to build the playground's page: tests/engines/compilers install")
    with locked_on_machine("playground-page"):
        done = subprocess.run(
            ["make", "--no-print-directory", "playground"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
