"""Compiler families as data: every file loads and is complete, and no flag that could do harm is allowed."""

from __future__ import annotations

import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fake_runtime import FakeRuntime, finished, program
from wic_lsp.discovery import Catalogue
from wic_lsp.parsers import PARSERS
from wic_lsp.toolchains.families import (
    families,
    language_of_editor,
    language_of_path,
    languages,
    parse_family,
)

FAMILIES = list(families().values())
VERSION = {"gcc": b"12.2.0", "clang": b"clang version 19.1.7"}

HARMLESS = [
    *("-Wall", "-Wextra", "-Werror", "-Wno-unused", "-Werror=format", "-Wformat=2", "-W#warnings", "-w"),
    *("-Wc++20-compat", "-Wlarger-than=4096", "-pedantic", "-pedantic-errors", "-ansi"),
    *("-std=c++20", "-std=gnu17", "-std=iso9899:1999"),
    *("-DNDEBUG", "-DX=1", "-DF(a,b)=a+b", '-DPATH="/a/b,c"', "-DX=", "-UNDEBUG", "-DÄ=ö"),
    *("-O0", "-O2", "-O3", "-Os", "-Og", "-O", "-Ofast", "-g", "-g3"),
    *("-m32", "-march=native", "-march=x86-64-v3", "-mtune=generic", "-mavx2", "-msse4.2", "-pthread"),
    *("-fno-exceptions", "-fno-rtti", "-ffreestanding", "-fsigned-char", "-fno-strict-aliasing", "-fwrapv"),
    *("-ftemplate-depth=2000", "-fconstexpr-depth=1000", "-fvisibility=hidden", "-nostdinc", "-nostdinc++"),
]
DANGEROUS = [
    *("-fplugin=x", "-fplugin=/tmp/x.so", "-fplugin-arg-x-y=z", "-fpass-plugin=x", "-load", "-load=x"),
    *("-specs=x", "--specs=x", "-wrapper", "-wrapper x", "-wrapper,x", "-B/x", "-Bx", "-B", "--prefix=x"),
    *("-Wl,x", "-Wl,-rpath,/", "-Wp,x", "-Wp,-MD,x", "-Wa,x", "-Wa,-I/etc"),
    *("-Xclang", "-Xclang x", "-Xclang=-load", "-Xpreprocessor", "-Xassembler", "-Xlinker", "-mllvm"),
    *("-mllvm=-load", "-Xarch_x86_64", "-fuse-ld=x", "-ldl", "-L/x", "-L."),
    *("@file", "@/etc/passwd", "file.c", "/etc/passwd", "-", "--", "", " ", "-Wall -o x"),
    *("-o", "-o x", "-ox", "-o/x", "--output=x", "-save-temps", "-save-temps=cwd", "--save-temps"),
    *("-I/etc", "-I", "-I.", "-I ..", "-isystem", "-isystem/etc", "-iquote/x", "-idirafter/x", "-I@x"),
    *("-include", "-include x", "-include/etc/passwd", "-imacros", "-imacros/x", "--include=x"),
    *("-include-pch", "-include-pch x", "-iprefix", "-isysroot/x", "--sysroot=x", "--sysroot", "-F/x"),
    *("-fdump-tree-all", "-fdump-rtl-all", "-fdump-go-spec=x", "-dumpdir", "-dumpbase", "-da", "-dD", "-d"),
    *("-MD", "-MMD", "-M", "-MM", "-MF", "-MF x", "-MFx", "-MT x", "-MQ", "-MJx", "-MV"),
    *("-x", "-x c", "-xc", "-xassembler", "-E", "-S", "-c", "-fsyntax-only", "-emit-llvm", "-emit-ast"),
    *("-###", "-v", "-V", "--version", "--help", "--help=common", "--target-help", "-print-file-name=x"),
    *("-print-search-dirs", "-print-prog-name=cc1", "-dumpversion", "-dumpmachine", "-ftime-report"),
    *("-fdiagnostics-format=text", "-fdiagnostics-format=sarif-file", "-fdiagnostics-color=always"),
    *("-fdiagnostics-add-output=sarif:file=x", "-fdiagnostics-set-output=text", "-fmax-errors=1"),
    *(
        "-fdiagnostics-generate-patch",
        "-ferror-limit=0",
        "--serialize-diagnostics",
        "-fno-diagnostics-show-option",
    ),
    *("-fmodules-cache-path=x", "-fmodules", "-fmodule-file=x", "-fmodule-map-file=x", "-fmodule-mapper=|x"),
    *("-fmodules-ts", "-fprebuilt-module-path=x", "-fmodule-output", "-fmodule-output=x"),
    *("-working-directory=x", "-working-directory", "-gcc-toolchain", "--gcc-toolchain=x", "--config=x"),
    *("--config-user-dir=x", "-resource-dir=x", "-ccc-install-dir", "-fprofile-use=x", "-fprofile-generate"),
    *(
        "-fprofile-dir=x",
        "-fauto-profile=x",
        "-ftest-coverage",
        "--coverage",
        "-fcallgraph-info",
        "-fstack-usage",
    ),
    *(
        "-flto",
        "-flto=x",
        "-fopt-info=x",
        "-frandom-seed=x",
        "-fdebug-prefix-map=a=b",
        "-fmacro-prefix-map=a=b",
    ),
    *("-fsanitize-blacklist=x", "-fsanitize-ignorelist=x", "-fxray-always-instrument=x", "-gsplit-dwarf"),
    *("-grecord-gcc-switches", "-fcompare-debug", "-foffload=x", "-fembed-bitcode", "-fpch-preprocess"),
    *("-no-canonical-prefixes", "-pass-exit-codes", "-pipe", "-time", "-time=x", "-fworking-directory"),
    *("-Wall\n", "-Wall\0", "\n-Wall", "-Wall\n-o", "-std=c99\n", "-DX\n", "-DX=1\n", "-DX=a\nb", "-DX=\0"),
    *("-DX=a\rb", "-DX=\x1b[2J", "-DX\0", "-O2\n", "-m32\n", "-ftemplate-depth=1\n", "-Wall\r", "-D", "-U"),
    *("-D X", "-D/etc", "-DX(/)=1", "-Wformat=/x", "-Wformat=a,b", "-march=/x", "-march=a,b", "-std=/x"),
]


async def toolchain(family, language="c"):
    name = family.languages[language].program
    runtime = FakeRuntime([program(f"/b/{name}")], {f"/b/{name}": finished(VERSION[family.id])})
    return await Catalogue(runtime, {family.id: family}, None).choose(language, None)


def is_allowed(family, flag):
    return any(rule.fullmatch(flag) for rule in family.allowed_flags)


by_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)
by_language = pytest.mark.parametrize("language", languages())


def test_every_file_is_loaded():
    """A family's TOML that lies in the folder is a family; the first is the one that is taken by default."""
    files = [entry.name for entry in resources.files("wic_lsp.toolchains").iterdir()]
    stems = {name.removesuffix(".toml") for name in files if name.endswith(".toml")} - {"languages"}
    assert set(families()) == stems
    assert next(iter(families())) == "gcc"
    assert all(name == family.id for name, family in families().items())


@by_family
def test_every_dialect_has_its_parser(family):
    """A toolchain that nobody understands cannot be shipped; dialects do not overlap."""
    assert family.dialects
    assert {dialect.parser for dialect in family.dialects} <= set(PARSERS)
    oldest = [dialect.oldest for dialect in family.dialects]
    assert len(set(oldest)) == len(oldest)


def test_every_parser_is_spoken_by_a_family():
    """A parser that no toolchain names is dead."""
    assert {dialect.parser for family in FAMILIES for dialect in family.dialects} == set(PARSERS)


@by_family
def test_the_newest_fitting_dialect_is_spoken(family):
    """Each version gets the newest dialect that it knows; older ones than all get none."""
    oldest = min(dialect.oldest for dialect in family.dialects)
    assert family.dialect_for(oldest - 1) is None
    for dialect in family.dialects:
        assert family.dialect_for(dialect.oldest) is dialect
    assert family.dialect_for(999) is max(family.dialects, key=lambda dialect: dialect.oldest)


@by_family
def test_every_family_is_complete(family):
    """A title, an image by version, roots with the program itself, and a plain way to be shown to people."""
    assert family.title
    assert "{major}" in family.image
    assert "{program}" in family.roots
    assert "{standard}" in family.standard_flag
    assert family.version_pattern.search(VERSION[family.id].decode())[1].isdecimal()
    assert set(family.languages) <= set(languages())
    for dialect in family.dialects:
        assert "-fsyntax-only" in dialect.argv
        assert "-fsyntax-only" in dialect.plain_argv


@by_family
@pytest.mark.parametrize("program_name", ["{}", "{}-12"])
def test_programs_are_known_by_their_names(family, program_name):
    """The bare name and the one with a version, nothing around them."""
    for support in family.languages.values():
        name = program_name.format(support.program)
        assert support.programs.fullmatch(name)
        for other in (
            f"x{name}",
            f"{name}x",
            f"{name}\n",
            f"{name}-ar",
            f"./{name}",
            f"x86_64-linux-gnu-{name}",
        ):
            assert not support.programs.fullmatch(other)


@by_family
@pytest.mark.parametrize("flag", HARMLESS)
def test_harmless_flags_are_allowed(family, flag):
    """What projects set for warnings, macros, standards, optimisation and the language's own options."""
    assert is_allowed(family, flag)


@by_family
@pytest.mark.parametrize("flag", DANGEROUS, ids=repr)
def test_dangerous_flags_are_refused(family, flag):
    """Plugins, other files, other programs, other output, and anything that is not one whole flag."""
    assert not is_allowed(family, flag)


@by_family
@given(data=st.data())
def test_no_allowed_flag_can_name_a_file(family, data):
    """Whatever a rule lets through has no slash and no comma, but for a macro's own text."""
    rule = data.draw(st.sampled_from(family.allowed_flags))
    flag = data.draw(st.from_regex(rule, fullmatch=True))
    assert flag.startswith("-")
    assert not re.search(r"[\x00-\x1f\x7f]", flag)
    if not re.match("-[DU]", flag):
        assert not set("/,@\\ ") & set(flag)


@by_family
@given(flag=st.text(st.sampled_from("-WDUfmOgstdxIoBlpa=,/@. \n\0c+1"), max_size=12))
def test_no_text_with_a_line_end_or_a_slash_is_allowed(family, flag):
    """Texts made of what flags are made of get no file and no second line past the rules."""
    if is_allowed(family, flag):
        assert "\n" not in flag
        assert "\0" not in flag
        assert re.match("-[DU]", flag) or not set("/,@ ") & set(flag)


@by_family
async def test_the_first_flag_that_is_not_allowed_is_named(family):
    """The user hears which of several it was."""
    chosen = await toolchain(family)
    assert chosen.rejected_flag(("-Wall", "-fplugin=x", "-o")) == "-fplugin=x"
    assert chosen.rejected_flag(("-Wall",)) is None


STANDARDS = {
    "c": (["c89", "c99", "c11", "c17", "gnu17", "c2x", "iso9899:1999"], ["c++20", "c98", "gnu++17"]),
    "cpp": (["c++98", "c++11", "c++17", "gnu++20", "c++23", "c++2b"], ["c99", "c++", "c++99"]),
}


@by_family
@by_language
async def test_standards_are_those_of_the_language(family, language):
    """A standard of another language, an empty one and one with something behind it are refused."""
    chosen = await toolchain(family, language)
    known, unknown = STANDARDS[language]
    assert all(chosen.accepts_standard(standard) for standard in known)
    for standard in (*unknown, "", f"{known[0]}\n", f"{known[0]} -o x", f"{known[0]}\0", "../x"):
        assert not chosen.accepts_standard(standard)


@by_family
@by_language
@pytest.mark.parametrize("is_plain", [False, True])
async def test_the_argument_vector_is_the_dialects_then_the_users_then_the_language(
    family, language, is_plain
):
    """The program first, the file last, the language's own words after every flag of the user's."""
    chosen = await toolchain(family, language)
    argv = chosen.arguments("a.x", "S", ("-Wall",), is_plain=is_plain)
    dialect = chosen.dialect.plain_argv if is_plain else chosen.dialect.argv
    support = family.languages[language]
    assert argv == (chosen.program, *dialect, "-std=S", "-Wall", *support.argv, "a.x")
    assert "-std=" not in " ".join(chosen.arguments("a.x", None, ()))


@by_family
@by_language
async def test_a_header_is_compiled_as_a_header(family, language):
    """By its ending; so `#pragma once` is right in it."""
    chosen = await toolchain(family, language)
    for ending in languages()[language].header_endings:
        assert chosen.arguments(f"a{ending}", None, ())[-3:-1] == family.languages[language].header_argv


def test_endings_and_editors_names_are_of_one_language_only():
    """No file and no editor's language belongs to two of ours."""
    for field in ("editor", "endings", "header_endings"):
        words = [word for language in languages().values() for word in getattr(language, field)]
        assert len(set(words)) == len(words)
    for name, language in languages().items():
        assert all(language_of_editor(word) == name for word in language.editor)
        assert all(
            language_of_path(f"/x/a{ending}") == name
            for ending in (*language.endings, *language.header_endings)
        )


@pytest.mark.parametrize("path", ["a", "c", "a.txt", "a.c/b", "a.c.orig", "", "a.rs", "a.c\n"])
def test_other_files_are_in_no_language(path):
    """A name without one of the endings is not guessed at."""
    assert language_of_path(path) is None


def test_an_editors_unknown_language_is_none():
    """What the editor calls `python` is not compiled."""
    assert language_of_editor("python") is None


@pytest.mark.parametrize("missing", ["title", "roots", "flags", "dialects", "version", "versions"])
def test_a_family_that_lacks_something_is_refused(missing):
    """A wrong file is an error when it is loaded, not when it is used."""
    table = {
        "family": "x", "title": "X", "image": "x:{major}", "versions": [], "roots": [], "environment": {},
        "version": {"argv": [], "pattern": "x"}, "languages": {},
        "flags": {"standard": "", "allowed": []}, "dialects": [],
    }  # fmt: skip
    assert parse_family(table).id == "x"
    del table[missing]
    with pytest.raises(KeyError):
        parse_family(table)
