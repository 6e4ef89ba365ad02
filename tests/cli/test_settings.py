"""The user's own file, as `wic check` obeys it."""

from __future__ import annotations

import pytest

from wic_lsp.toolchains.families import languages

pytestmark = pytest.mark.engine("sandbox")


def test_a_users_flags_and_standards_are_obeyed(wic):
    """What stands in the file need not be typed."""
    wic.write("t.cpp", "template <class T> concept Any = true;\nint main() { int unused; }\n")
    assert wic("check", "--std", "c++11", "t.cpp").code == 1
    wic.configure('standards.cpp = "c++20"\nflags.cpp = ["-Wall"]\n')
    ended = wic("check", "t.cpp")
    assert ended.code == 0
    assert "[-Wunused-variable]" in ended.out


def test_a_users_toolchain_is_taken_and_the_command_line_counts_more(wic, need):
    """The command line lies over the file."""
    need("clang")
    wic.write("t.c", "int x;\n")
    wic.configure('toolchains.c = ["clang"]\n')
    assert "; clang-" in wic("check", "t.c").out
    assert "; gcc-" in wic("check", "--toolchain", "gcc", "t.c").out


def test_a_runtime_that_is_set_and_missing_is_not_replaced(wic):
    """What the user chose is not silently something else."""
    wic.write("t.c", "int x;\n")
    wic.configure('runtime = "moon"\n')
    ended = wic("check", "t.c")
    assert ended.code == 2
    assert "There is no runtime 'moon'." in ended.out
    assert wic("check", "--runtime", "sandbox", "t.c").code == 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a = ", "config.toml cannot be read ("),
        (b"\xff", "config.toml cannot be read ("),
        (b"timeoutSecond = 1", "wic.timeoutSecond is no setting; did you mean wic.timeoutSeconds?."),
        (
            b"timeoutSeconds = 0",
            "wic.timeoutSeconds must be a number of seconds from 0.1 to 600; in force is 10.0.",
        ),
        (
            b"flags = ['-Wall']",
            f"wic.flags must be a table from languages ({', '.join(languages())}) to values;",
        ),
        (b"[toolchains]\ncobol = 'x'", "wic.toolchains names the language 'cobol', which is none of c, cpp,"),
        (b'"\\u001b[31m" = 1', "wic.\u241b[31m is no setting."),
    ],
)
def test_a_broken_file_is_told_and_stops_nothing(wic, content, complaint):
    """One line on stderr says what is wrong; the check goes on without it."""
    wic.write("t.c", "int x;\n")
    wic.configure(content)
    ended = wic("check", "t.c")
    assert ended.code == 0
    assert ended.err.startswith("wic: ")
    assert ended.err.count("\n") == 1
    assert complaint in ended.err


def test_a_workspaces_folder_sets_nothing_that_is_the_users(wic):
    """A file that lies beside the source is not the user's, whatever it is called."""
    wic.write("t.c", "int x;\n")
    for name in ("config.toml", "wic.toml", ".wic/config.toml", "wic/config.toml"):
        wic.write(name, 'runtime = "moon"\n')
    ended = wic("check", "t.c", "./t.c")
    assert ended.code == 0
    assert ended.err.count("\n") == 1
    assert "/wic.toml: wic.runtime cannot be set by a workspace" in ended.err


def test_a_workspaces_file_lies_over_the_users_and_under_the_command_line(wic):
    """For what lies in its repository, wherever the command is started."""
    wic.configure('standards.cpp = "c++20"\n')
    wic.write("repository/.git/HEAD", "")
    wic.write("repository/wic.toml", 'standards.cpp = "c++11"\n')
    source = "template <class T> concept Any = true;\n"
    wic.write("repository/deep/inside/t.cpp", source)
    wic.write("t.cpp", source)
    assert wic("check", "t.cpp").code == 0
    assert wic("check", "repository/deep/inside/t.cpp").code == 1
    assert wic("check", "--std", "c++20", "repository/deep/inside/t.cpp").code == 0


def test_a_comment_lies_over_all_settings_and_under_the_command_line(wic):
    """The standard that its author needs is used, until the user types another."""
    wic.configure('standards.cpp = "c++11"\n')
    wic.write("wic.toml", 'standards.cpp = "c++14"\n')
    wic.write(
        "t.cpp", "// wic: -std=c++20 -Wall\ntemplate <class T> concept Any = true;\nvoid f() { int a; }\n"
    )
    ended = wic("check", "t.cpp")
    assert (ended.code, "[-Wunused-variable]" in ended.out) == (0, True)
    assert wic("check", "--std", "c++17", "t.cpp").code == 1
    wic.write("t.cpp", "// wic: gcc -std=c+20\nint a;\n")
    ended = wic("check", "t.cpp")
    assert ended.code == 1
    assert "t.cpp:1:13\n" in ended.out
    assert "No compiler for C++ has a standard 'c+20'." in ended.out
