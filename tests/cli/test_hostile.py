"""Files that somebody made to do harm, through the whole command: each comes to its own end.

Every one must end within its limit in the outcome that tells what happened, leave no process, and print
nothing of this machine.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import require
from tests.conformance.traces import containers_of, make_marker, processes_with, sandboxes_of

pytestmark = pytest.mark.engine("sandbox")

FAMILIES = pytest.mark.parametrize("family", ["gcc", "clang"])
LIMIT_S = 1
SLACK_S = 45
"""How much longer than its limit a command may take on a busy machine, starting and all."""
MIB = 1024 * 1024


def attack(wic, ending, text, *words, said=b"", limit_s=LIMIT_S):
    """Check a file with that text under a name of its own; assert that nothing of it is left."""
    wic.configure(f"timeoutSeconds = {limit_s}\n")
    assert len(text) < MIB
    name = f"{make_marker()}{ending}"
    wic.write(name, text)
    began = time.monotonic()
    ended = wic("check", "--format", "json", *words, name, said=said)
    assert time.monotonic() - began < limit_s + SLACK_S
    assert processes_with(name) == []
    assert sandboxes_of(ended.pid) == []
    if wic.runtime == "docker":
        assert containers_of(ended.pid) == []
    assert ended.err == ""
    return ended


HOST_FILES = [
    *(
        "/etc/passwd",
        "/etc/shadow",
        "/etc/hostname",
        "/proc/self/environ",
        "/proc/self/cmdline",
        "/proc/1/environ",
    ),
    *(
        "/proc/self/fd/0",
        "/dev/stdin",
        "/dev/fd/0",
        "/proc/self/fd/3",
        "/proc/mounts",
        "../../../../etc/passwd",
    ),
]


@FAMILIES
def test_no_file_of_the_host_can_be_included(wic, need, family):
    """Files, the environment and the standard input of the command are not there to be read."""
    need(family)
    secret = make_marker()
    wic.environment["WIC_TEST_SECRET"] = secret
    names = [f"{number}.c" for number in range(len(HOST_FILES))]
    for name, file in zip(names, HOST_FILES, strict=True):
        wic.write(name, f'#include "{file}"\n')
    said = f"int {secret};\n#error {secret}\n".encode()
    ended = wic("check", "--format", "json", "--toolchain", family, *names, said=said)
    assert ended.code == 1
    assert secret not in ended.out
    assert "root:" not in ended.out
    for result in ended.results:
        assert result["outcome"] == "finished"
        (error,) = (one for one in result["diagnostics"] if one["severity"] == 1)
        assert "No such file" in error["message"] or "not found" in error["message"]


def test_an_image_shows_its_own_files_and_none_of_the_hosts(shell, missing_engine):
    """What a container's files, environment and standard input hold is nothing of this machine's."""
    require("docker", missing_engine)
    shell.runtime = "docker"
    secret = make_marker()
    shell.environment["WIC_TEST_SECRET"] = secret
    (shell.folder / "beside.txt").write_text(secret)
    files = [
        *HOST_FILES,
        "/etc/machine-id",
        "/proc/1/cmdline",
        "/run/docker.sock",
        str(shell.folder / "beside.txt"),
    ]
    names = [f"{number}.c" for number in range(len(files))]
    for name, file in zip(names, files, strict=True):
        shell.write(name, f'#include "{file}"\n')
    ended = shell(
        "check", "--format", "json", "--toolchain", "gcc", *names, said=f"#error {secret}\n".encode()
    )
    assert {result["outcome"] for result in ended.results} == {"finished"}
    assert secret not in ended.out


@FAMILIES
def test_no_file_of_the_host_can_be_asked_for(wic, need, family):
    """The preprocessor's own question finds nothing, either."""
    need(family)
    asked = "".join(f'#if __has_include("{file}")\n#error it is there\n#endif\n' for file in HOST_FILES)
    ended = attack(wic, ".c", asked, "--toolchain", family, limit_s=30)
    assert (ended.code, ended.result["outcome"]) == (0, "finished")


def test_no_file_outside_the_folder_can_be_included(anywhere):
    """The compiler sees what was named, and what that names in its folder, and not by way of a link."""
    secret = make_marker()
    anywhere.write("secret.h", f"#error {secret}\n")
    anywhere.folder /= "workspace"
    anywhere.write("beside.h", f"#error {secret}\n")
    (anywhere.folder / "linked_from_elsewhere.h").symlink_to("../secret.h")
    above = str(anywhere.folder.parent / "secret.h")
    for path in ("../secret.h", "linked_from_elsewhere.h", above, "../workspace/../secret.h"):
        ended = attack(anywhere, ".c", f'#include "{path}"\n', limit_s=30)
        assert ended.code == 1
        assert secret not in ended.out
    assert secret in attack(anywhere, ".c", '#include "beside.h"\n', limit_s=30).out


def test_the_message_of_a_file_that_does_not_compile_names_no_folder_of_the_host(anywhere):
    """Where the source lies is the command's to say, never the compiler's."""
    ended = attack(
        anywhere, ".c", "#error __FILE__\n#pragma message __FILE__\nchar x[] = 1 + __FILE__;\n", limit_s=30
    )
    assert ended.code == 1
    said = [one["message"] for one in ended.result["diagnostics"]]
    assert said
    assert not any(str(anywhere.folder) in message for message in said)


@FAMILIES
def test_a_macro_bomb_is_stopped(anywhere, need, family):
    """Ten to the twelfth tokens take all time or all memory, and no more than the limit."""
    need(family)
    text = "#define A0 x x x x x x x x x x\n"
    text += "".join(f"#define A{level + 1} {f'A{level} ' * 10}\n" for level in range(12))
    ended = attack(anywhere, ".c", text + "int y = A12;\n", "--toolchain", family)
    assert ended.code == 2
    assert ended.result["outcome"] in {"timed_out", "out_of_memory"}
    assert ended.result["diagnostics"] == []


@FAMILIES
def test_an_endless_constant_is_stopped(anywhere, need, family):
    """A loop that the compiler runs is stopped when the time that the user allows is over."""
    need(family)
    text = (
        "constexpr int f() { int i = 0; while (true) i = (i + 1) % 7; return i; }\nconstexpr int x = f();\n"
    )
    raised = {
        "gcc": ["-fconstexpr-loop-limit=2147483647", "-fconstexpr-ops-limit=2000000000000"],
        "clang": ["-fconstexpr-steps=4294967295"],
    }[family]
    flags = [f"--flag={flag}" for flag in raised]
    ended = attack(anywhere, ".cpp", text, "--toolchain", family, "--std", "c++17", *flags)
    assert ended.code == 2
    assert ended.result["outcome"] == "timed_out"
    assert ended.result["reason"] == "The compiler did not end within 1 s and was stopped."
    assert "wic.timeoutSeconds" in ended.result["remedy"]
    assert LIMIT_S <= ended.result["duration_s"] < LIMIT_S + SLACK_S


@FAMILIES
def test_templates_without_end_are_stopped(anywhere, need, family):
    """Instances that double at each step take all memory or all time."""
    need(family)
    text = (
        "template<unsigned long A, unsigned long B> struct T {\n"
        "  static constexpr unsigned long v = T<A - 1, B>::v + T<A - 1, B + (1ul << A)>::v; };\n"
        "template<unsigned long B> struct T<0, B> { static constexpr unsigned long v = B; };\n"
        'static_assert(T<40, 0>::v, "");\n'
    )
    ended = attack(anywhere, ".cpp", text, "--toolchain", family)
    assert ended.code == 2
    assert ended.result["outcome"] in {"timed_out", "out_of_memory"}


@FAMILIES
def test_a_flood_of_messages_is_stopped(anywhere, need, family):
    """A hundred megabytes of warnings end at eight, and the report stays small."""
    need(family)
    twice = "#if __INCLUDE_LEVEL__ < 10\n#include __FILE__\n#include __FILE__\n#endif\n"
    text = f"{twice}#warning {'x' * 50_000}\n"
    assert len(text) * 2047 > 100_000_000
    ended = attack(anywhere, ".c", text, "--toolchain", family, limit_s=30)
    assert ended.code == 2
    assert ended.result["outcome"] == "output_limit"
    assert ended.result["reason"] == "The compiler wrote more than 8 MB and was stopped."
    assert ended.result["diagnostics"] == []
    assert len(ended.out) < 2000


@FAMILIES
def test_a_hundred_errors_are_enough(anywhere, need, family):
    """A file with very many errors is checked, and only the first hundred or so are told."""
    need(family)
    text = "".join(f"x{line} y;\n" for line in range(5_000))
    ended = attack(anywhere, ".c", text, "--toolchain", family, limit_s=30)
    assert ended.code == 1
    assert ended.result["outcome"] == "finished"
    assert 100 <= len(ended.result["diagnostics"]) <= 110


@FAMILIES
def test_a_file_that_includes_itself_ends(anywhere, need, family):
    """At the compiler's own depth, as an error."""
    need(family)
    ended = attack(anywhere, ".c", "#include __FILE__\n", "--toolchain", family, limit_s=30)
    assert ended.code == 1
    assert ended.result["outcome"] == "finished"


@FAMILIES
@pytest.mark.parametrize(
    "text", ["(" * 200_000, "{" * 200_000, "int x = " + "-" * 300_000 + "1;", "*" * 500_000]
)
def test_nesting_without_end_is_never_clean(anywhere, need, family, text):
    """Whether the compiler counts, crashes or runs out of something: it is told."""
    need(family)
    ended = attack(anywhere, ".c", text, "--toolchain", family)
    assert ended.code in {1, 2}
    result = ended.result
    assert result["diagnostics"] or result["reason"]


COMPILER = r"""
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **words) {
    if (count == 2 && strcmp(words[1], "-dumpfullversion") == 0) { puts("VERSION"); return 0; }
    DEED
}
"""


@pytest.fixture
def install(wic, open_folder, missing_engine):
    """Give what puts a compiler of a version on PATH that, asked to compile, does that deed instead."""
    gcc = shutil.which("gcc")
    if gcc is None:
        missing_engine("gcc is not installed")

    def install(name: str, version: str, deed: str) -> Path:
        folder = open_folder / "bin"
        folder.mkdir()
        folder.chmod(0o755)
        text = COMPILER.replace("VERSION", version).replace("DEED", deed).encode()
        subprocess.run([gcc, "-x", "c", "-", "-o", folder / name], input=text, check=True, timeout=60)
        (folder / name).chmod(0o755)
        wic.environment["PATH"] = f"{folder}:{wic.environment['PATH']}"
        return folder / name

    return install


def test_a_fork_bomb_is_stopped_and_nothing_of_it_lives(wic, install):
    """A compiler that turns out to be one has its bounds, and other programs run beside it."""
    bomb = install("g++-99", "99.0.0", "for (;;) { fork(); }")
    marker = make_marker()
    wic.configure("timeoutSeconds = 4\n")  # long enough to be looked at
    wic.write(f"{marker}.cpp", "int main() {}\n")
    with wic.start("check", "--toolchain", "gcc-99", f"{marker}.cpp") as process:
        most = 0
        while process.poll() is None:
            most = max(most, len(set(processes_with(f"{marker}.cpp")) - {process.pid}))
            subprocess.run([sys.executable, "-S", "-c", ""], check=True, timeout=10)
            time.sleep(0.05)
        out, err = process.communicate(timeout=SLACK_S)
    assert (process.returncode, err) == (2, b"")
    assert b"not checked: The compiler did not end within 4 s and was stopped." in out
    assert 1 < most <= 64
    assert processes_with(marker) == []
    assert processes_with(str(bomb)) == []
    assert sandboxes_of(process.pid) == []


@pytest.mark.parametrize("version", ["98.0.0", "13.0.0"])
@pytest.mark.parametrize(
    "deed",
    [
        r'fputs("\033[31m\033]0;title\007\n", stderr); return 3;',
        r'for (int i = 0; i < 100000; i++) fputs("[", stderr); return 3;',
        r'for (int i = 0; i < 100000; i++) fputs("{\"a\":", stderr); return 3;',
        r'fputs("[{\"kind\": 3, \"message\": [], \"locations\": 7}]\n", stderr); return 3;',
        r'fputs("{\"runs\": [{\"results\": [{\"message\": 1, \"locations\": {}}]}]}\n", stderr); return 3;',
        r'fwrite("\0\xff\xfe", 1, 3, stderr); return 3;',
        "return 3;",
    ],
)
def test_what_a_strange_compiler_prints_ends_in_a_report(wic, install, version, deed):
    """However deeply nested, misshapen or coloured its words: told as a failure, without power."""
    install(f"g++-{version[:2]}", version, deed)
    wic.write("t.cpp", "int main() {}\n")
    ended = wic("check", "--toolchain", f"gcc-{version[:2]}", "t.cpp")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.startswith("error: ")
    assert "\x1b" not in ended.out
    assert "\x07" not in ended.out
