"""Run the real compilers over `inputs/` and write down what they said, under `captures/`.

Run by hand when an input or a toolchain is added; the tests only read what it wrote. Compilers run in a
fresh folder, called by name, so that nothing of the machine is recorded but the compiler's own words. A
compiler of another distribution is run with `--root`, a folder that holds that distribution. Run it as
`python -m tests.corpus.capture`.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_GCC = ("-fsyntax-only", "-Wall", "-Wextra", "-H")  # with -fmax-errors GCC ends without writing its report
_JSON = (*_GCC, "-fdiagnostics-format=json")
_SARIF = (*_GCC, "-fdiagnostics-format=sarif-stderr")
_CLANG = (
    "-fsyntax-only",
    "-Wall",
    "-Wextra",
    "-fno-color-diagnostics",
    "-fdiagnostics-show-option",
    "-fdiagnostics-parseable-fixits",
    "-fdiagnostics-print-source-range-info",
    "-fdiagnostics-show-note-include-stack",
    "-fmessage-length=0",
    "-ferror-limit=101",
)


@dataclass(frozen=True, slots=True)
class Captured:
    """A toolchain of the corpus: its compilers for C and C++, its flags, and the parser of its output."""

    c: str
    cpp: str
    flags: tuple[str, ...]
    parser: str


def _gcc(version: int, flags: tuple[str, ...], parser: str) -> Captured:
    return Captured(f"gcc-{version}", f"g++-{version}", flags, parser)


TOOLCHAINS = {
    **{f"gcc-{version}": _gcc(version, _JSON, "gcc-json") for version in (11, 12, 13, 14)},
    **{f"gcc-{version}-sarif": _gcc(version, _SARIF, "gcc-sarif") for version in (13, 14)},
    **{f"gcc-{version}": _gcc(version, _SARIF, "gcc-sarif") for version in (15, 16)},
    **{
        f"clang-{version}": Captured(f"clang-{version}", f"clang++-{version}", _CLANG, "clang-text")
        for version in (13, 14, 16, 19)
    },
}


def main_file(case: Path) -> str:
    """Return the name of the file of the case that is compiled."""
    return "main.c" if (case / "main.c").exists() else "main.cpp"


def case_files(case: Path) -> dict[str, Path]:
    """Return the case's source files by their names."""
    return {path.name: path for path in sorted(case.iterdir()) if path.name != "flags"}


def _command(toolchain: Captured, case: Path) -> list[str]:
    main = main_file(case)
    flags = (case / "flags").read_text().split() if (case / "flags").exists() else []
    return [toolchain.c if main.endswith(".c") else toolchain.cpp, *toolchain.flags, *flags, main]


def _run(root: Path, folder: Path, command: list[str]) -> subprocess.CompletedProcess[bytes]:
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin"}
    if root != Path("/"):
        command = ["chroot", str(root), "env", "-C", f"/{folder.relative_to(root)}", *command]
    return subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )


_HEADER_TEXT = re.compile(
    r"""("uri":\s*"/usr/[^"]*"\},\s*(?:"sourceLanguage":\s*"\w*",\s*)?"contents":\s*\{\s*"text":\s*")(?:[^"\\]|\\.)*(")""",
    re.DOTALL,
)


def capture(toolchain: Captured, case: Path, root: Path) -> dict[str, object]:
    """Compile one case and return what is kept of it."""
    with tempfile.TemporaryDirectory(dir=root / "tmp") as name:
        folder = Path(name)
        for path in case_files(case).values():
            shutil.copy(path, folder)
        command = _command(toolchain, case)
        done = _run(root, folder, command)
        version = _run(root, folder, [command[0], "--version"]).stdout.decode().splitlines()[0]
        inside = f"/{folder.relative_to(root)}".encode()
    return {
        "command": command,
        "version": version,
        "exit_code": done.returncode,
        "stdout": done.stdout.replace(inside, b"/src").decode("utf-8", "surrogateescape"),
        "stderr": drop_headers(done.stderr.replace(inside, b"/src").decode("utf-8", "surrogateescape")),
    }


def drop_headers(report: str) -> str:
    """Empty the texts of the system's headers, which SARIF carries whole: they are not ours to keep."""
    return _HEADER_TEXT.sub(r"\1\2", report)


def main() -> None:
    """Capture the toolchains that were named, over the cases that were named or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("toolchains", nargs="+", choices=sorted(TOOLCHAINS), metavar="toolchain")
    parser.add_argument("--case", action="append", help="only this case; may be repeated")
    parser.add_argument("--root", type=Path, default=Path("/"), help="run the compilers in this root folder")
    options = parser.parse_args()
    for toolchain in options.toolchains:
        target = HERE / "captures" / toolchain
        target.mkdir(parents=True, exist_ok=True)
        for case in sorted(path for path in (HERE / "inputs").iterdir() if path.is_dir()):
            if options.case and case.name not in options.case:
                continue
            kept = capture(TOOLCHAINS[toolchain], case, options.root)
            (target / f"{case.name}.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
