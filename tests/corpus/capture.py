"""Run the real compilers over `inputs/` and write down what they said, under `captures/`.

Run by hand when an input or a toolchain is added; the tests only read what it wrote. Compilers run in a
fresh folder, called by name, so that nothing of the machine is recorded but the compiler's own words. A
compiler of another distribution is run with `--root`, a folder that holds that distribution, and one that is
not on the PATH with `--path`. Run it as `python -m tests.corpus.capture`.

GCC's and clang's flags stand here; every other compiler is called as the pipeline calls it, by its family.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wic_lsp.toolchains.candidates import Candidate
from wic_lsp.toolchains.families import Toolchain, families, language_of_path
from wic_runtimes.contract import Program

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
    """A toolchain of the corpus for C and C++: its compilers, its flags, and the parser of its output."""

    c: str
    cpp: str
    flags: tuple[str, ...]
    parser: str
    inputs: str = "inputs"

    def command(self, case: Path) -> list[str]:
        """Return the words that compile the case."""
        main = main_file(case)
        flags = _words(case / "flags")
        return [self.c if main.endswith(".c") else self.cpp, *self.flags, *flags, main]

    def environment(self, _case: Path) -> dict[str, str]:
        """Return the compiler's environment, but for PATH."""
        return {"LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class OfFamily:
    """A toolchain of the corpus that is called as its family says; `inputs` is the folder of its cases.

    `answer` is what it says when it is asked for its version.
    """

    family: str
    answer: str
    inputs: str

    @property
    def parser(self) -> str:
        """The parser of its output."""
        return next(iter(self._toolchains().values())).dialect.parser

    def _toolchains(self) -> dict[str, Toolchain]:
        return _toolchains_of(self.family, self.answer)

    def _toolchain(self, case: Path) -> Toolchain:
        language = language_of_path(main_file(case))
        assert language is not None
        return self._toolchains()[language]

    def command(self, case: Path) -> list[str]:
        """Return the words that compile the case."""
        standard = next(iter(_words(case / "standard")), None)
        main, flags = main_file(case), tuple(_words(case / "flags"))
        text = (case / main).read_bytes().decode()
        return list(self._toolchain(case).arguments(main, standard, flags, text=text))

    def environment(self, case: Path) -> dict[str, str]:
        """Return the compiler's environment, but for PATH."""
        return dict(self._toolchain(case).environment)

    def files(self) -> dict[str, bytes]:
        """Return what lies beside every snippet."""
        return {file.path: file.content for file in families()[self.family].files}


@cache
def _toolchains_of(family_id: str, answer: str) -> dict[str, Toolchain]:
    """Return the family's toolchains that answer so, by their language, called by their bare names."""
    family = families()[family_id]
    found = {}
    for language, support in family.languages.items():
        candidate = Candidate(family, language, Program(support.program, (support.program,), ""), "captured")
        toolchain = candidate.answered(answer)
        assert isinstance(toolchain, Toolchain), toolchain
        found[language] = toolchain
    return found


def _words(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def _gcc(version: int, flags: tuple[str, ...], parser: str) -> Captured:
    return Captured(f"gcc-{version}", f"g++-{version}", flags, parser)


TOOLCHAINS: dict[str, Captured | OfFamily] = {
    **{f"gcc-{version}": _gcc(version, _JSON, "gcc-json") for version in (11, 12, 13, 14)},
    **{f"gcc-{version}-sarif": _gcc(version, _SARIF, "gcc-sarif") for version in (13, 14)},
    **{f"gcc-{version}": _gcc(version, _SARIF, "gcc-sarif") for version in (15, 16)},
    **{
        f"clang-{version}": Captured(f"clang-{version}", f"clang++-{version}", _CLANG, "clang-text")
        for version in (13, 14, 16, 19)
    },
    **{
        f"javac-{answer.partition('.')[0]}": OfFamily("javac", f"javac {answer}", "inputs_java")
        for answer in ("17.0.15", "25.0.3")
    },
    **{
        f"tsc-{answer.rpartition('.')[0]}": OfFamily("tsc", f"Version {answer}", "inputs_typescript")
        for answer in ("4.9.5", "5.4.5", "5.9.3", "6.0.3", "7.0.2")
    },
    **{
        f"python-{answer.rpartition('.')[0]}": OfFamily("python", f"Python {answer}", "inputs_python")
        for answer in ("3.8.18", "3.9.18", "3.10.13", "3.11.7", "3.12.1", "3.13.0")
    },
    **{
        f"rustc-{answer.rpartition('.')[0]}": OfFamily("rustc", f"rustc {answer}", "inputs_rust")
        for answer in ("1.63.0", "1.85.0", "1.95.0")
    },
    **{
        f"go-{version}": OfFamily("go", f"go1.1 go{version} false", "inputs_go")
        for version in ("1.19", "1.22", "1.26")
    },
    "go-1.26-list": OfFamily("go", "go1.26 true", "inputs_go"),
    **{
        f"zig-{answer.rpartition('.')[0]}": OfFamily("zig", answer, "inputs_zig")
        for answer in ("0.13.0", "0.15.2", "0.17.1")
    },
}


def main_file(case: Path) -> str:
    """Return the name of the file of the case that is compiled."""
    return next(name for name in case_files(case) if name.lower().startswith("main."))


def cases_of(toolchain: str) -> list[Path]:
    """Return the folders of the cases that the toolchain is run on."""
    return sorted(path for path in (HERE / TOOLCHAINS[toolchain].inputs).iterdir() if path.is_dir())


def folder_of(toolchain: str, case: str) -> Path:
    """Return the folder of the toolchain's case of that name."""
    return HERE / TOOLCHAINS[toolchain].inputs / case


def case_files(case: Path) -> dict[str, Path]:
    """Return the case's source files by their names."""
    return {path.name: path for path in sorted(case.iterdir()) if path.name not in {"flags", "standard"}}


def _run(
    root: Path, folder: Path, command: list[str], environment: dict[str, str], path: str
) -> subprocess.CompletedProcess[bytes]:
    environment = {**environment, "PATH": f"{path}/usr/local/bin:/usr/bin:/bin:/usr/sbin"}
    if path:
        command = [shutil.which(command[0], path=environment["PATH"]) or command[0], *command[1:]]
    if root != Path("/"):
        command = ["chroot", str(root), "env", "-C", f"/{folder.relative_to(root)}", *command]
    return subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )


_HEADER_TEXT = re.compile(
    r"""("uri":\s*"/usr/[^"]*"\},\s*(?:"sourceLanguage":\s*"\w*",\s*)?"contents":\s*\{\s*"text":\s*")(?:[^"\\]|\\.)*(")""",
    re.DOTALL,
)


def capture(toolchain: Captured | OfFamily, case: Path, root: Path, look_in: str) -> dict[str, object]:
    """Compile one case and return what is kept of it."""
    with tempfile.TemporaryDirectory(dir=root / "tmp") as name:
        folder = Path(name)
        for path in case_files(case).values():
            shutil.copy(path, folder)
        if isinstance(toolchain, OfFamily):
            for file_name, content in toolchain.files().items():
                (folder / file_name).write_bytes(content)
        command = toolchain.command(case)
        environment = toolchain.environment(case)
        done = _run(root, folder, command, environment, look_in)
        ask = ["--version"]
        if isinstance(toolchain, OfFamily):
            ask = list(families()[toolchain.family].version_argv)
        version = _run(root, folder, [command[0], *ask], environment, look_in).stdout.decode().splitlines()[0]
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
    parser.add_argument("--path", default="", help="look for the compilers in this folder first")
    options = parser.parse_args()
    for toolchain in options.toolchains:
        target = HERE / "captures" / toolchain
        target.mkdir(parents=True, exist_ok=True)
        for case in cases_of(toolchain):
            if options.case and case.name not in options.case:
                continue
            path = f"{options.path}{os.pathsep}" if options.path else ""
            kept = capture(TOOLCHAINS[toolchain], case, options.root, path)
            (target / f"{case.name}.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
