"""A text in each language that is right, and one that is wrong in one place: what compilers must tell apart.

The wrong ones use a name that there is none of, at the same place as far as the language lets them.
"""

from __future__ import annotations

from dataclasses import dataclass

from wic_lsp.config import Settings
from wic_lsp.model import Finding, Position, Snippet
from wic_lsp.pipeline import encode_snippet, find_all, make_job
from wic_lsp.toolchains.families import Toolchain
from wic_runtimes.contract import CompileOutput, Outcome, Runtime


@dataclass(frozen=True, slots=True)
class Sample:
    """A file's name, a text that is right and uses the standard library, one that is not, and where."""

    name: str
    right: str
    wrong: str
    place: Position


SAMPLES = {
    "c": Sample(
        "main.c",
        '#include <stdio.h>\nint main(void) { puts("hello"); }\n',
        "int main(void) { return oops; }\n",
        Position(0, 24),
    ),
    "cpp": Sample(
        "main.cpp",
        '#include <iostream>\nint main() { std::cout << "hello\\n"; }\n',
        "int main(    ) { return oops; }\n",
        Position(0, 24),
    ),
    "go": Sample(
        "main.go",
        'package main\n\nimport (\n\t"fmt"\n\t"net/http"\n)\n\nfunc main() { fmt.Println(http.StatusOK) }\n',
        "package main\n\nfunc main() { _ = oops }\n",
        Position(2, 18),
    ),
    "java": Sample(
        "Main.java",
        "import java.util.List;\n\nclass Main {\n    List<String> words = List.of();\n}\n",
        "class Main {\n    int number = oops;\n}\n",
        Position(1, 17),
    ),
    "javascript": Sample(
        "main.js",
        "const words = ['hello'].map((word) => word.toUpperCase());\nwords.push('x');\n",
        "const number = 1;\nnumber.oops();\n",
        Position(1, 7),
    ),
    "python": Sample(
        "main.py",
        'import json\n\nprint(json.dumps({"hello": 1}))\n',
        "number = 1\nnumber = = 2\n",
        Position(1, 9),
    ),
    "rust": Sample(
        "main.rs",
        'use std::collections::HashMap;\n\nfn main() {\n    println!("{:?}", HashMap::from([(1, 2)]));\n}\n',
        "fn main() { let _ = oops; }\n",
        Position(0, 20),
    ),
    "typescript": Sample(
        "main.ts",
        "const words: Map<string, number> = new Map();\nwords.set('hello', 1);\n",
        "const number: number = oops;\n",
        Position(0, 23),
    ),
    "zig": Sample(
        "main.zig",
        'const std = @import("std");\n\npub fn main() void {\n    std.debug.print("{d}\\n", .{1});\n}\n',
        "pub fn main() void {\n    _ = oops;\n}\n",
        Position(1, 8),
    ),
}
"""By language; a language without one fails the suite."""


async def check_text(
    runtime: Runtime, toolchain: Toolchain, text: str
) -> tuple[CompileOutput, tuple[Finding, ...]]:
    """Compile a text as the server does, with time enough for a busy machine."""
    snippet = Snippet(text, toolchain.language, SAMPLES[toolchain.language].name)
    job = make_job(snippet, encode_snippet(snippet), toolchain, Settings(timeout_s=100))
    output = await runtime.compile(job)
    assert output.outcome is Outcome.FINISHED, output
    return output, find_all(output, snippet, toolchain)
