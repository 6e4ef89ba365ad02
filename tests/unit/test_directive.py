"""A comment that chooses what its text is compiled with: what is understood, and what means nothing."""

from __future__ import annotations

import pytest

from tests.unit.markdown_texts import apply
from wic_lsp.model import Position, Range, Severity, Snippet, Wishes
from wic_lsp.snippets.directive import MOST_LINES, read_directive
from wic_lsp.snippets.markdown import extract
from wic_lsp.toolchains.families import languages


def read(text, language="cpp"):
    return read_directive(Snippet(text, language, "main"))


def understood(text, language="cpp"):
    wishes, problems = read(text, language)
    assert problems == ()
    return wishes


@pytest.mark.parametrize("language", languages())
def test_every_language_has_a_comment(language):
    """Whatever begins one in it."""
    toolchain = {"c": "gcc", "cpp": "gcc", "java": "javac", "typescript": "tsc", "javascript": "tsc"}
    name = toolchain.get(language, {"rust": "rustc"}.get(language, language))
    mark = languages()[language].comment
    assert understood(f"{mark} wic: {name}-1.2\n", language) == Wishes((f"{name}-1.2",))
    assert understood(f"\ufeff\n \t{mark}wic:{name}", language) == Wishes((name,))
    assert understood(f"x {mark} wic: {name}", language) == Wishes()


@pytest.mark.parametrize(
    ("language", "said", "wishes"),
    [
        ("cpp", "gcc-11 -std=c++17", Wishes(("gcc-11",), "c++17")),
        ("cpp", "gcc-11, clang-14,gcc-11", Wishes(("gcc-11", "clang-14"))),
        ("cpp", "-std=c++17 -std=c++20 -Wall -DX=1", Wishes((), "c++20", ("-Wall", "-DX=1"))),
        ("cpp", "-Wall gcc clang -Wextra", Wishes(("gcc", "clang"), None, ("-Wall", "-Wextra"))),
        ("c", "-std=iso9899:1999", Wishes((), "iso9899:1999")),
        ("rust", "rustc-1.80 --edition 2021", Wishes(("rustc-1.80",), "2021")),
        ("rust", "--edition=2018 -Copt-level=2", Wishes((), "2018", ("-Copt-level=2",))),
        ("java", "--release 17 -Xlint:all,-serial", Wishes((), "17", ("-Xlint:all,-serial",))),
        ("go", "go-1.22 -lang=go1.20", Wishes(("go-1.22",), "1.20")),
        ("typescript", "--target es2020 --strict", Wishes((), "es2020", ("--strict",))),
        ("typescript", "--target=es5", Wishes((), "es5")),
        (
            "javascript",
            "--module commonjs --lib es2020,dom",
            Wishes((), None, ("--module", "commonjs", "--lib", "es2020,dom")),
        ),
        ("python", "python-3.11 -Werror", Wishes(("python-3.11",), None, ("-Werror",))),
        ("zig", "zig-0.13 -OReleaseFast", Wishes(("zig-0.13",), None, ("-OReleaseFast",))),
        ("cpp", "", Wishes()),
    ],
)
def test_toolchains_a_standard_and_flags_are_said_as_compilers_are_told_them(language, said, wishes):
    """In any order; a flag's value may follow it."""
    assert understood(f"{languages()[language].comment} wic: {said}\n", language) == wishes


def test_a_comment_that_ends_is_one_as_well():
    """C before C99 has no other, and what follows it is code."""
    assert understood("/* wic: -std=c90 */ int a;\n", "c") == Wishes((), "c90")
    assert understood("/* wic: -std=c90\n*/\n", "c") == Wishes()
    assert understood("/* wic: zig */\n", "zig") == Wishes()


def test_only_the_first_lines_are_looked_at():
    """Of several comments in them all count."""
    line = "// wic: -Wall\n"
    assert understood("\n" * (MOST_LINES - 1) + line) == Wishes((), None, ("-Wall",))
    assert understood("\n" * MOST_LINES + line) == Wishes()
    assert understood(line + "// wic: gcc-9\n") == Wishes(("gcc-9",), None, ("-Wall",))


@pytest.mark.parametrize(
    "line", ["// wic gcc", "// see wic: gcc", '"// wic: gcc"', "/// wic: gcc", "# wic: gcc"]
)
def test_other_lines_say_nothing(line):
    """The comment is the language's own, has the line, and begins with the mark."""
    assert understood(f"{line}\n") == Wishes()


@pytest.mark.parametrize(
    ("language", "said", "word", "told", "meant"),
    [
        ("cpp", "gc-11", "gc-11", "There is no toolchain 'gc-11'. Did you mean 'gcc-11'?", "gcc-11"),
        ("cpp", "g++-11", "g++-11", "There is no toolchain 'g++-11'. Did you mean 'gcc-11'?", "gcc-11"),
        ("python", "python3", "python3", "There is no toolchain 'python3'. Did you mean 'python'?", "python"),
        ("cpp", "gcc-9,clamg", "clamg", "There is no toolchain 'clamg'. Did you mean 'clang'?", "clang"),
        ("cpp", "skip", "skip", "There is no toolchain 'skip'.", None),
        ("cpp", "rustc-1.80", "rustc-1.80", "'rustc-1.80' does not compile C++.", None),
        ("cpp", "-std=c++71", "-std=c++71", "No compiler for C++ has a standard 'c++71'.", None),
        ("rust", "--edition 2022", "2022", "No compiler for Rust has a standard '2022'.", None),
        ("rust", "--edition -O", "--edition", "'--edition' needs a standard.", None),
        ("cpp", "-std=", "-std=", "'-std=' needs a standard.", None),
        ("cpp", "-fplugin=x", "-fplugin=x", "The flag '-fplugin=x' is not allowed for GCC or Clang.", None),
        ("cpp", "gcc-9 -fblocks", "-fblocks", "The flag '-fblocks' is not allowed for GCC.", None),
        ("typescript", "--strict commonj", "commonj", "There is no toolchain 'commonj'.", None),
    ],
)
def test_a_word_that_means_nothing_is_an_error_where_it_stands(language, said, word, told, meant):
    """With what may have been meant; the other words count."""
    text = f"\n  // wic: {said}\n" if language != "python" else f"\n  # wic: {said}\n"
    _, (found,) = read(text, language)
    column = text.index(word) - 1
    assert found.place.range == Range(Position(1, column), Position(1, column + len(word)))
    assert (found.severity, found.message, found.code) == (Severity.ERROR, told, "wic-attribute")
    assert [edit.new_text for fix in found.fixes for edit in fix.edits] == ([meant] if meant else [])


def test_what_is_wrong_is_told_in_order():
    """As it is read."""
    _, problems = read("// wic: -nope gcc,gc\n// wic: also -std=x\n")
    assert [one.place.range.start for one in problems] == [
        Position(0, 8),
        Position(0, 18),
        Position(1, 8),
        Position(1, 13),
    ]


def test_a_comment_in_a_block_is_the_blocks():
    """Behind quotes and in hidden lines; what the fence says goes before it, flags of joined ones add up."""
    (block,) = extract("> ```cpp\n> // wic: gcc-9 -std=c++14 -Wall\n> int a;\n> ```\n")
    assert (block.attributes.toolchains, block.attributes.standard) == (("gcc-9",), "c++14")
    assert block.attributes.flags == ("-Wall",)
    (block,) = extract("```cpp wic:toolchain=clang-14\n// wic: gcc-9 -std=c++14\n```\n")
    assert (block.attributes.toolchains, block.attributes.standard) == (("clang-14",), "c++14")
    (block,) = extract("```rust\n# // wic: rustc-1.80 --edition 2018\nlet a = 1;\n```\n")
    assert (block.attributes.toolchains, block.attributes.standard) == (("rustc-1.80",), "2018")
    (block,) = extract("```c\n// wic: -Wall\n```\n\n```c wic:continue\n// wic: gcc-9 -Wextra\n```\n")
    assert (block.attributes.toolchains, block.attributes.flags) == (("gcc-9",), ("-Wall", "-Wextra"))


def test_a_skipped_block_says_nothing():
    """Nothing is compiled, so nothing is wrong about with what."""
    (block,) = extract("```c wic:skip\n// wic: nonsense\n```\n")
    assert block.problems == ()


def test_a_mistake_in_a_quoted_block_is_mended_where_it_stands():
    """The exact word in the document, and the document then says what was meant."""
    document = "text\n\n> - ```cpp\n>   // wic: gcc-9 g++-11\n>   int a;\n>   ```\n"
    (block,) = extract(document)
    (found,) = block.problems
    assert found.place.range == Range(Position(3, 18), Position(3, 24))
    (block,) = extract(apply(found.fixes[0].edits, document))
    assert block.problems == ()
    assert block.attributes.toolchains == ("gcc-9", "gcc-11")


def test_a_flood_of_words_is_bounded():
    """However long a line is, no more is told than anybody reads."""
    _, problems = read("// wic: " + "x " * 100_000)
    assert len(problems) == 64
