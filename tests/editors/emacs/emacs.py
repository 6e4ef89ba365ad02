"""A real Emacs in batch, with our package installed in it, to which a test gives what it is to do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.editors.conftest import EDITORS, PROGRAMS, Home

VERSIONS: Final[Mapping[str, str]] = {"28": "/usr/bin/emacs", "30": f"{PROGRAMS}/emacs-30/emacs"}
"""Debian's own, and the one that tests/engines/editors/emacs puts beside it."""

_DRIVER: Final = Path(__file__).with_name("driver.el")
_PATIENCE_S: Final = 180
_RESULT: Final = "RESULT "
_BEGIN: Final = "(package-initialize) (require 'wic) (global-wic-mode)"


@dataclass(frozen=True, slots=True)
class Emacs:
    """One version of Emacs. `packages` is the folder that our package is installed into."""

    program: Path
    packages: Path

    def run(
        self,
        home: Home,
        does: str,
        *,
        begin: str = _BEGIN,
        path: Path | None = None,
        **environment: str,
    ) -> Any:
        """Evaluate `does` in the workspace's folder and return its value.

        `begin` is done before that, as an init file would; the rest is for `Home.environment`.
        """
        form = f"(progn {begin} (drive-print (lambda () {does})))"
        # Its output goes into files: what it starts may keep a pipe of ours open.
        with (home.home / "stdout").open("w+b") as out, (home.home / "stderr").open("w+b") as errors:
            ended = subprocess.run(
                [self.program, "--batch", "--load", _DRIVER, "--eval", form],
                cwd=home.files,
                env=home.environment(path=path, DRIVE_ELPA=str(self.packages), **environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                timeout=_PATIENCE_S,
                check=False,
            )
            out.seek(0)
            errors.seek(0)
            said, told = out.read().decode(), errors.read().decode()
        lines = [line for line in said.splitlines() if line.startswith(_RESULT)]
        assert ended.returncode == 0, f"{said}\n{told}"
        assert len(lines) == 1, f"{said}\n{told}"
        return json.loads(lines[0].removeprefix(_RESULT))


def install(program: Path, home: Home) -> Emacs:
    """Install the shipped package into an Emacs of that home, as a user does."""
    emacs = Emacs(program, home.home / "elpa")
    installed = emacs.run(home, f'(drive-install "{EDITORS}/emacs")', begin="")
    assert "wic" in installed
    return emacs
