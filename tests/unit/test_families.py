"""Compiler families as data: every file loads and is complete, and no flag that could do harm is allowed."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fake_runtime import FakeRuntime, finished, program
from wic_lsp.discovery import Catalogue
from wic_lsp.parsers import PARSERS
from wic_lsp.toolchains.dialects import read_version
from wic_lsp.toolchains.families import (
    Needs,
    families,
    language_of_editor,
    language_of_path,
    languages,
    parse_family,
)
from wic_runtimes.contract import Limits

FAMILIES = list(families().values())
C_FAMILIES = [family for family in FAMILIES if "c" in family.languages]
VERSION = {
    "gcc": b"12.2.0",
    "clang": b"clang version 19.1.7",
    "go": b"go1.1 go1.22 false",
    "javac": b"javac 21.0.2",
    "python": b"Python 3.12.1",
    "rustc": b"rustc 1.80.1 (3f5fd8dd4 2024-08-06)",
    "tsc": b"Version 5.4.5",
    "zig": b"0.13.0",
}
IDS = {
    "gcc": "gcc-12",
    "clang": "clang-19",
    "go": "go-1.22",
    "javac": "javac-21",
    "python": "python-3.12",
    "rustc": "rustc-1.80",
    "tsc": "tsc-5.4",
    "zig": "zig-0.13",
}

HARMLESS_OF_C = [
    *("-Wall", "-Wextra", "-Werror", "-Wno-unused", "-Werror=format", "-Wformat=2", "-W#warnings", "-w"),
    *("-Wc++20-compat", "-Wlarger-than=4096", "-pedantic", "-pedantic-errors", "-ansi"),
    *("-std=c++20", "-std=gnu17", "-std=iso9899:1999"),
    *("-DNDEBUG", "-DX=1", "-DF(a,b)=a+b", '-DPATH="/a/b,c"', "-DX=", "-UNDEBUG", "-DÄ=ö"),
    *("-O0", "-O2", "-O3", "-Os", "-Og", "-O", "-Ofast", "-g", "-g3"),
    *("-m32", "-march=native", "-march=x86-64-v3", "-mtune=generic", "-mavx2", "-msse4.2", "-pthread"),
    *("-fno-exceptions", "-fno-rtti", "-ffreestanding", "-fsigned-char", "-fno-strict-aliasing", "-fwrapv"),
    *("-ftemplate-depth=2000", "-fconstexpr-depth=1000", "-fvisibility=hidden", "-nostdinc", "-nostdinc++"),
]
HARMLESS = {
    "gcc": HARMLESS_OF_C,
    "clang": HARMLESS_OF_C,
    "go": [],
    "javac": ["-Xlint", "-Xlint:all,-serial", "-Werror", "-parameters", "--enable-preview"],
    "python": ["-Wignore", "-O"],
    "rustc": [
        *(
            "-Wunused",
            "-Aunused_variables",
            "-Dwarnings",
            "-Funsafe-code",
            "-Wclippy::all",
            "--deny=warnings",
        ),
        *("--cfg=debug", '--cfg=feature="serde"', "-Copt-level=3", "-Cdebug-assertions=on", "-O"),
        *("--edition=2021", "--cap-lints=warn", "--target=wasm32-unknown-unknown", "-Cpanic=abort"),
    ],
    "tsc": ["--strict", "--noImplicitAny", "--target", "es2020"],
    "zig": ["-ODebug", "-OReleaseSafe", "-fsingle-threaded", "-fno-strip", "-mcpu=baseline"],
}
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
    *("--emit=link", "--out-dir=/x", "--extern=x=/x", "-Lx", "-Clinker=x", "-Clink-arg=x", "-Cincremental=x"),
    *("-Cllvm-args=x", "-Zunstable-options", "--error-format=human", "--print=x", "--crate-type=proc-macro"),
    *("--sysroot=x", "--remap-path-prefix=a=b", "-toolexec=x", "-overlay=x", "-modfile=x", "-embedcfg=x"),
    *(
        "-importcfg=x",
        "-gcflags=x",
        "-ldflags=x",
        "-processor",
        "-processorpath",
        "-proc:full",
        "-A",
        "-Akey=x",
    ),
    *(
        "-Xplugin:x",
        "-sourcepath",
        "-classpath",
        "-cp",
        "-J-Xmx1g",
        "-d",
        "--outDir",
        "--project",
        "-p",
        "--build",
    ),
    *("--plugins", "--rootDir", "--baseUrl", "--paths", "--typeRoots", "-m", "-i", "-X", "-femit-bin=x"),
    *("--zig-lib-dir", "--cache-dir", "-femit-asm=x", "--test-cmd", "-cflags", "--dep", "-Mroot=x", "-lc"),
    *("-D X", "-D/etc", "-DX(/)=1", "-Wformat=/x", "-Wformat=a,b", "-march=/x", "-march=a,b", "-std=/x"),
]


async def toolchain(family, language):
    name = family.languages[language].program
    answers = {f"/b/{name}": finished(VERSION[family.id]), "/b/node": finished(VERSION[family.id])}
    runtime = FakeRuntime([program(f"/b/{name}"), program("/b/node")], answers)
    return await Catalogue(runtime, {family.id: family}, None).choose(language, None)


def is_allowed(family, flag):
    return any(rule.fullmatch(flag) for rule in family.allowed_flags)


by_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)
by_c_family = pytest.mark.parametrize("family", C_FAMILIES, ids=lambda family: family.id)
by_support = pytest.mark.parametrize(
    ("family", "language"),
    [(family, language) for family in FAMILIES for language in family.languages],
    ids=lambda one: one if isinstance(one, str) else one.id,
)


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
    kinds = [(dialect.oldest, dialect.answer) for dialect in family.dialects]
    assert len(set(kinds)) == len(kinds)


def test_every_parser_is_spoken_by_a_family():
    """A parser that no toolchain names is dead."""
    assert {dialect.parser for family in FAMILIES for dialect in family.dialects} == set(PARSERS)


@by_family
def test_the_newest_fitting_dialect_is_spoken(family):
    """Each version gets the newest dialect that it knows; older ones than all get none."""
    oldest = min(dialect.oldest for dialect in family.dialects)
    assert family.dialect_for((oldest[0] - 1, 99)) is None
    plain = [dialect for dialect in family.dialects if not dialect.answer.pattern]
    for dialect in plain:
        assert family.dialect_for(dialect.oldest) is dialect
    assert family.dialect_for((999,)) is max(plain, key=lambda dialect: dialect.oldest)


def test_what_a_compiler_answers_can_choose_how_it_is_spoken_to():
    """A Go whose standard library is compiled is spoken to otherwise than one whose is not."""
    ready, slow = families()["go"].dialects
    assert families()["go"].dialect_for((1, 22), "go1.22 false") is ready
    assert families()["go"].dialect_for((1, 22), "go1.22 true") is slow
    assert families()["go"].dialect_for((1, 16), "go1.16 false") is None


@by_family
def test_every_family_is_complete(family):
    """A title, an image by version, and the program itself among the roots, or the folder that it is in."""
    assert family.title
    assert "{version}" in family.image
    assert {"{program}", "{prefix}"} & set(family.roots)
    assert family.version_pattern.search(VERSION[family.id].decode())
    assert set(family.languages) <= set(languages())
    assert list(family.versions) == sorted(family.versions, key=read_version, reverse=True)
    assert list(family.images()) == [family.image.format(version=version) for version in family.versions]
    assert not any(language_of_path(file.path) for file in family.files)


@by_family
@pytest.mark.parametrize("field", ["argv", "plain_argv"])
def test_no_compiler_goes_beyond_checking(family, field):
    """Nothing is linked or run: each is told so, whoever reads what it says."""
    told = {
        **{key: {"-fsyntax-only"} for key in ("gcc", "clang")},
        "go": {"compile", "-export"},
        "javac": {"-proc:none"},
        "python": {"-I"},
        "rustc": {"--emit=metadata"},
        "tsc": {"--noEmit"},
        "zig": {"-fno-emit-bin"},
    }
    for dialect in family.dialects:
        assert told[family.id] & set(getattr(dialect, field))


@by_support
async def test_an_id_is_the_family_and_its_version(family, language):
    """As many numbers of it as tell toolchains apart."""
    assert (await toolchain(family, language)).id == IDS[family.id]


@by_c_family
@pytest.mark.parametrize("program_name", ["{}", "{}-12"])
def test_programs_with_a_version_are_known_by_their_names(family, program_name):
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


@by_support
def test_a_language_is_compiled_by_a_program_of_its_name_alone(family, language):
    """The bare name, and nothing around it."""
    support = family.languages[language]
    assert support.programs.fullmatch(support.program)
    for other in (
        f"x{support.program}",
        f"{support.program}\n",
        f"{support.program}-x",
        f"./{support.program}",
    ):
        assert not support.programs.fullmatch(other)


@pytest.mark.parametrize(
    ("family", "flag"),
    [(family, flag) for family in FAMILIES for flag in HARMLESS[family.id]],
    ids=lambda one: one if isinstance(one, str) else one.id,
)
def test_harmless_flags_are_allowed(family, flag):
    """What projects set for warnings, macros, standards, optimisation and the language's own options."""
    assert is_allowed(family, flag)


@by_family
def test_dangerous_flags_are_refused(family):
    """Plugins, other files, other programs, other output, and anything that is not one whole flag."""
    harmless = {"-Wall", *HARMLESS[family.id]}
    assert [flag for flag in DANGEROUS if is_allowed(family, flag) and flag not in harmless] == []


@pytest.mark.parametrize(
    "family", [family for family in FAMILIES if family.allowed_flags], ids=lambda family: family.id
)
@given(data=st.data())
def test_no_allowed_flag_can_name_a_file(family, data):
    """Whatever a rule lets through has no slash, but for a macro's own text and a package of Java's.

    Only tsc's flags have their values as words of their own.
    """
    rule = data.draw(st.sampled_from(family.allowed_flags))
    flag = data.draw(st.from_regex(rule, fullmatch=True))
    assert flag.startswith("-") or family.id == "tsc"
    assert not re.search(r"[\x00-\x1f\x7f]", flag)
    if not re.match("-[DU]|--add-|-Xdoclint:", flag):
        assert not set("/@\\") & set(flag)


@by_family
@given(flag=st.text(st.sampled_from("-WDUfmOgstdxIoBlpa=,/@. \n\0c+1"), max_size=12))
def test_no_text_with_a_line_end_or_a_slash_is_allowed(family, flag):
    """Texts made of what flags are made of get no file and no second line past the rules."""
    if is_allowed(family, flag):
        assert "\n" not in flag
        assert "\0" not in flag
        assert re.match("-[DU]", flag) or not set("/@ ") & set(flag)


@by_support
async def test_the_first_flag_that_is_not_allowed_is_named(family, language):
    """The user hears which of several it was."""
    chosen = await toolchain(family, language)
    allowed = tuple(HARMLESS[family.id][:1])
    assert chosen.rejected_flag((*allowed, "-fplugin=x", "-o")) == "-fplugin=x"
    assert chosen.rejected_flag(allowed) is None


STANDARDS = {
    "c": (["c89", "c99", "c11", "c17", "gnu17", "c2x", "iso9899:1999"], ["c++20", "c98", "gnu++17"]),
    "cpp": (["c++98", "c++11", "c++17", "gnu++20", "c++23", "c++2b"], ["c99", "c++", "c++99"]),
    "go": (["1.17", "1.22", "1.9"], ["1", "1.222", "go1.17", "2.0"]),
    "java": (["8", "11", "21"], ["1.8", "java21"]),
    "javascript": (["es2020", "esnext"], ["es1999", "js"]),
    "python": ([], ["3", "3.12"]),
    "rust": (["2015", "2018", "2021", "2024"], ["2016", "21"]),
    "typescript": (["es2020", "esnext"], ["es1999", "ts"]),
    "zig": ([], ["0.13"]),
}


@by_support
async def test_standards_are_those_of_the_language(family, language):
    """A standard of another language, an empty one and one with something behind it are refused."""
    chosen = await toolchain(family, language)
    known, unknown = STANDARDS[language]
    assert all(chosen.accepts_standard(standard) for standard in known)
    for standard in (*unknown, "", *(f"{one}{tail}" for one in known[:1] for tail in ("\n", " -o x", "\0"))):
        assert not chosen.accepts_standard(standard)
    assert not chosen.accepts_standard("../x")
    assert bool(chosen.family.languages[language].known_standards) is bool(known)


@by_support
@pytest.mark.parametrize("is_plain", [False, True])
async def test_the_argument_vector_is_the_dialects_then_the_users_then_the_language(
    family, language, is_plain
):
    """The program first, the file last, the language's own words after every flag of the user's."""
    chosen = await toolchain(family, language)
    argv = chosen.arguments("a.x", None, ("-Wall",), is_plain=is_plain)
    dialect = chosen.dialect.plain_argv if is_plain else chosen.dialect.argv
    support = family.languages[language]
    assert argv == (
        *chosen.command, *dialect, "-Wall", *support.argv, *support.argv_for(""), "a.x"
    )  # fmt: skip
    assert chosen.program in chosen.command
    assert chosen.is_on_host


@by_c_family
async def test_a_standard_follows_the_dialect(family):
    """So that a flag of the user's has the last word."""
    argv = (await toolchain(family, "c")).arguments("a.x", "S", ("-Wall",))
    assert argv[-5:-1] == ("-std=S", "-Wall", "-x", "c")


async def test_a_dialect_may_have_a_standard_of_its_own():
    """Where the words for it are others."""
    go = families()["go"]
    ready = await toolchain(go, "go")
    assert ready.arguments("a.go", "1.17", ())[-2:] == ("-lang=go1.17", "a.go")
    slow = replace(ready, dialect=go.dialects[1])
    assert slow.arguments("a.go", "1.17", ())[-2:] == ("-gcflags=-e -L -lang=go1.17", "a.go")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("fn main() {}\n", "bin"),
        ("use std::fmt;\n\npub fn main() {}\n", "bin"),
        ("#[tokio::main]\nasync fn main() {}\n", "bin"),
        ("#[allow(unused)] pub(crate) async fn  main<T>() {}", "bin"),
        ("pub fn helper() {}\n", "lib"),
        ("mod inner {\n    fn main() {}\n}\n", "lib"),
        ("fn main_loop() {}\n// fn main() {}\n", "lib"),
        ("", "lib"),
    ],
)
async def test_a_rust_text_with_a_main_is_a_program(text, kind):
    """Any other is a library: it would lack a `main`, and a library's `main` would be unused."""
    argv = (await toolchain(families()["rustc"], "rust")).arguments("a.rs", None, (), text=text)
    assert argv[-2:] == (f"--crate-type={kind}", "a.rs")


@by_c_family
@pytest.mark.parametrize("language", ["c", "cpp"])
async def test_a_header_is_compiled_as_a_header(family, language):
    """By its ending; so `#pragma once` is right in it."""
    chosen = await toolchain(family, language)
    for ending in languages()[language].header_endings:
        assert chosen.arguments(f"a{ending}", None, ())[-3:-1] == family.languages[language].header_argv


def test_needs_raise_limits_and_lower_none():
    """What a compiler needs is added; the user's memory and time are the user's."""
    needs = Needs(tmp_bytes=5, address_bytes=7, processes=100, open_files=10)
    limits = Limits(wall_s=3, memory_bytes=9, processes=64, open_files=256)
    assert needs.raise_limits(limits) == replace(limits, tmp_bytes=5, address_bytes=7, processes=100)
    assert Needs().raise_limits(limits) == limits


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


@pytest.mark.parametrize("path", ["a", "c", "a.txt", "a.c/b", "a.c.orig", "", "a.ml", "a.c\n", "rs", ".rs/x"])
def test_other_files_are_in_no_language(path):
    """A name without one of the endings is not guessed at."""
    assert language_of_path(path) is None


def test_an_editors_unknown_language_is_none():
    """What the editor calls `ocaml` is not compiled."""
    assert language_of_editor("ocaml") is None


@pytest.mark.parametrize("missing", ["title", "roots", "flags", "dialects", "version", "versions"])
def test_a_family_that_lacks_something_is_refused(missing):
    """A wrong file is an error when it is loaded, not when it is used."""
    table = {
        "family": "x", "title": "X", "image": "x:{version}", "versions": [], "roots": [], "environment": {},
        "version": {"argv": [], "pattern": "x"}, "languages": {},
        "flags": {"standard": "", "allowed": []}, "dialects": [],
    }  # fmt: skip
    assert parse_family(table).id == "x"
    del table[missing]
    with pytest.raises(KeyError):
        parse_family(table)
