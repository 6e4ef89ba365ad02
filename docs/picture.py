"""Draws docs/wic-check.svg, the picture in the README, from what `wic check` really prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
COMMAND = ("check", "examples/inventory.cpp")


def main() -> None:
    """Run the command in colour and save what it prints."""
    printed = subprocess.run(  # noqa: S603 - our own command
        [Path(sys.executable).with_name("wic"), *COMMAND],
        cwd=ROOT,
        env={**os.environ, "FORCE_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=100, file=nowhere)
        console.print(Text(f"$ wic {' '.join(COMMAND)}\n"))
        console.print(Text.from_ansi(printed))
        picture = console.export_svg(title="wic check")
    # The picture must not make anyone's browser fetch a font.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL).replace(
        "Fira Code", "DejaVu Sans Mono"
    )
    picture = re.sub(r"<!--.*?-->", "", picture, flags=re.DOTALL)
    (ROOT / "docs" / "wic-check.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
