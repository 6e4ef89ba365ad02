"""The flags of javac, tsc and Python: what people use passes, and nothing that reads, writes or runs does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_lsp.toolchains.families import families

ALLOWED = {
    "javac": [
        *("-Xlint", "-Xlint:all", "-Xlint:all,-serial", "-Xlint:none", "-Werror", "-nowarn", "-deprecation"),
        *("-parameters", "-g", "-g:none", "-g:source,lines", "--release=21", "--enable-preview"),
        *("-Xdiags:verbose", "-Xdoclint:all,-missing", "--add-modules=java.sql"),
        *("--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",),
    ],
    "tsc": [
        *("--strict", "--strictNullChecks", "--noImplicitAny", "--noUnusedLocals", "--noImplicitReturns"),
        *("--target", "es2020", "es5", "esnext", "--module", "commonjs", "nodenext", "--moduleResolution"),
        *("bundler", "node16", "--lib", "es2022,dom", "dom.iterable", "esnext.array", "--jsx", "react-jsx"),
        *("preserve", "--experimentalDecorators", "--checkJs", "false", "--moduleDetection", "force"),
        *("--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--isolatedModules", "--noLib"),
    ],
    "python": ["-Werror", "-Wignore", "-Wdefault", "-Werror::SyntaxWarning", "-O", "-OO"],
}
REFUSED = {
    "javac": [
        *("-J-Xmx8g", "-J-javaagent:x.jar", "-processor", "-processorpath", "-processor=x", "-proc:only"),
        *(
            "-proc:full",
            "-proc:none",
            "-Akey=value",
            "-Xplugin:x",
            "-cp",
            "-cp x",
            "-classpath",
            "--class-path=/",
        ),
        *("-sourcepath", "--source-path=/", "--module-path=/", "--module-source-path=/", "--system=/"),
        *(
            "-d",
            "-d x",
            "-s",
            "-h",
            "-XDdiags.layout=%m",
            "-XDrawDiagnostics",
            "-Xmaxerrs",
            "-Xjcov",
            "@file",
        ),
        *("--patch-module=java.base=/etc", "-verbose", "-version", "-help", "-X", "-Xstdout", "-encoding"),
        *("-bootclasspath", "-extdirs", "-endorseddirs", "Other.java", "/etc/passwd", "--release=8 -d"),
    ],
    "tsc": [
        *(
            "--outDir",
            "--outFile",
            "--declaration",
            "--declarationDir",
            "--emitDeclarationOnly",
            "--project",
            "-p",
        ),
        *(
            "--build",
            "-b",
            "--init",
            "--watch",
            "-w",
            "--incremental",
            "--tsBuildInfoFile",
            "--generateTrace",
        ),
        *("--generateCpuProfile", "--typeRoots", "--types", "--plugins", "--rootDir", "--baseUrl", "--paths"),
        *(
            "--pretty",
            "--noEmit",
            "--listFiles",
            "--traceResolution",
            "--diagnostics",
            "--locale",
            "--version",
        ),
        *(
            "--skipLibCheck",
            "--noCheck",
            "--noErrorTruncation",
            "@file",
            "file.ts",
            "/etc/passwd",
            "../x",
            "-",
        ),
    ],
    "python": [
        *(
            "-c",
            "-m",
            "-m pdb",
            "-i",
            "-X",
            "-Xpycache_prefix=/",
            "-Xplain",
            "-W",
            "-Werror::os.x",
            "-E",
            "-s",
        ),
        *("-v", "-B", "-u", "-x", "-Q", "--version", "-h", "file.py", "-", "-OOO", "-P", "-S", "-I", "-O -i"),
    ],
}


def is_allowed(family: str, flag: str) -> bool:
    return any(rule.fullmatch(flag) for rule in families()[family].allowed_flags)


@pytest.mark.parametrize(
    ("family", "flag"), [(name, flag) for name, flags in ALLOWED.items() for flag in flags]
)
def test_what_people_use_is_allowed(family, flag):
    """Warnings, language features and targets can be set."""
    assert is_allowed(family, flag)


@pytest.mark.parametrize(
    ("family", "flag"), [(name, flag) for name, flags in REFUSED.items() for flag in flags]
)
def test_what_reads_writes_runs_or_changes_the_output_is_not(family, flag):
    """Nothing that runs code, names files, or makes the messages other than the parser reads them."""
    assert not is_allowed(family, flag)


@pytest.mark.parametrize("family", sorted(ALLOWED))
@given(tail=st.text(min_size=1, max_size=20))
def test_no_flag_becomes_two_words_or_a_file(family, tail):
    """No allowed flag holds a space, a line's end, or a way out of its folder."""
    for flag in ALLOWED[family]:
        if is_allowed(family, flag + tail):
            assert not set(tail) & set(" \t\r\n\0\\\"';|&<>@$`")


@pytest.mark.parametrize("family", sorted(ALLOWED))
def test_no_flag_takes_long_to_refuse(family):
    """No rule goes over what nearly fits again and again."""
    for start in ("es", "es2020,", "dom.", "--add-modules=", "-Xlint:"):
        assert not is_allowed(family, start + "es," * 5000 + "!")
