"""Captures what compilers say that have no parser of their own, for the parsers that are made for any.

Run by hand, on a machine that has them: `python -m tests.corpus.capture_any`. Each capture holds the command,
the text and both outputs; the folder it ran in is called /src there, as in every runtime.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import SourceText

FOLDER = Path(__file__).with_name("any")


@dataclass(frozen=True, slots=True)
class Case:
    """One text, and the words that check it."""

    name: str
    file: str
    command: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Capture:
    """What a compiler of that version said of a text."""

    version: str
    command: list[str]
    file: str
    text: str
    exit_code: int
    stdout: str
    stderr: str

    def given(self) -> tuple[bytes, bytes, Sources]:
        """Return what a parser is given."""
        sources = Sources(self.file, {self.file: SourceText(self.text)})
        return self.stdout.encode(), self.stderr.encode(), sources


NASM = ("nasm", "-f", "elf64", "-o", "out.o", "bad.asm")
OCAMLC = ("ocamlc", "-color", "never", "-c", "-o", "out.cmo", "bad.ml")
CLANG = ("clang-19", "-fsyntax-only", "-Wall", "-fdiagnostics-format=sarif", "bad.c")
CASES = (
    Case("nasm-syntax", "bad.asm", NASM, "section .text\nfoo\n\tmoov eax, 1\n"),
    Case(
        "nasm-macro",
        "bad.asm",
        NASM,
        "%macro two 1\n\tmov %1, unheard_of ; é\n%endmacro\n"
        "main:\n\ttwo eax\n\tmov al, 300\n%warning héllo\n",
    ),
    Case("nasm-driver", "bad.asm", ("nasm", "-f", "elf65", "bad.asm"), "ret\n"),
    Case("nasm-include", "bad.asm", NASM, '\tret\r\n%include "nowhere.inc"\r\n'),
    Case("ocamlc-column", "bad.ml", OCAMLC, 'let a = 1\nlet b = "é" ^ unknown\n'),
    Case("ocamlc-lines", "bad.ml", OCAMLC, 'let f x =\n  match x with\n  | 1 -> "a"\n'),
    Case("ocamlc-alert", "bad.ml", OCAMLC, "let é = 1\n"),
    Case("ocamlc-notes", "bad.ml", OCAMLC, 'module M : sig val a : int end = struct\n  let a = "x"\nend\n'),
    Case("ocamlc-clean", "bad.ml", OCAMLC, "let a = 1\n"),
    Case(
        "clang-sarif",
        "bad.c",
        CLANG,
        'int f(int x);\n/* é𝕏 */ int g(void) { return f("é𝕏") + unknwn; }\n'
        "int h(void) { int unused; return 1 +; }\n",
    ),
    Case("clang-clean", "bad.c", CLANG, "int x;\n"),
)


def load(name: str) -> Capture:
    """Return a capture."""
    return Capture(**json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def capture(case: Case) -> Capture:
    """Run the command on the text, in a folder of its own."""
    program = case.command[0]
    asked = {"nasm": "-v", "ocamlc": "-version"}.get(program, "--version")
    version = subprocess.run(
        [program, asked], capture_output=True, text=True, check=True
    ).stdout.splitlines()[0]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / case.file).write_bytes(case.text.encode())
        done = subprocess.run(case.command, cwd=folder, capture_output=True, check=False)
        stdout, stderr = (said.decode().replace(folder, "/src") for said in (done.stdout, done.stderr))
    return Capture(version, list(case.command), case.file, case.text, done.returncode, stdout, stderr)


if __name__ == "__main__":
    for case in CASES:
        content = json.dumps(asdict(capture(case)), indent=1, ensure_ascii=False)
        (FOLDER / f"{case.name}.json").write_text(content + "\n", encoding="utf-8")
