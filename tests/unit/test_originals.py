"""A compiler's own words about one finding: cut exactly, or not at all."""

from __future__ import annotations

import pytest

from wic_lsp.model import Finding, LineKind, LineOrigin, Place, Position, Range, Severity, Snippet
from wic_lsp.originals import cut_original


def at(line, message, column=0, end=None, place_file=None):
    """Return a finding on a line from one, as compilers count."""
    range_ = Range(Position(line - 1, column), Position((end or line) - 1, column + 1))
    return Finding(Severity.ERROR, message, Place(place_file, range_))


def cut(raw, finding, *others, snippet=None, name="main.cpp"):
    findings = (finding, *others)
    return cut_original(raw, finding, findings, snippet or Snippet("", "cpp", name))


GCC = """\
main.cpp: In function \u2018int main()\u2019:
main.cpp:3:9: warning: unused variable \u2018a\u2019 [-Wunused-variable]
    3 |     int a = 1;
      |         ^
main.cpp:4:12: error: \u2018missing\u2019 was not declared in this scope
    4 |     return missing;
      |            ^~~~~~~
main.cpp:4:12: note: suggested alternative: \u2018x\u2019
main.cpp: In instantiation of \u2018int f(T) [with T = int]\u2019:
main.cpp:14:21:   required from here
main.cpp:9:18: error: no member
    9 |     return thing.length() + 1;
compilation terminated.
"""


def test_gccs_words_go_to_the_next_message():
    """With the notes that belong to it and what leads up to it, without what leads up to the next."""
    warning = cut(GCC, at(3, "unused variable \u2018a\u2019"))
    assert warning.splitlines() == GCC.splitlines()[:4]
    error = cut(GCC, at(4, "\u2018missing\u2019 was not declared in this scope"))
    assert error.splitlines() == GCC.splitlines()[4:8]
    template = cut(GCC, at(9, "no member"))
    assert template.splitlines() == GCC.splitlines()[8:12]


RUSTC = """\
warning: unused variable: `u`
 --> main.rs:4:9
  |
4 |     let u = 1;
  |         ^ help: if this is intentional, prefix it with an underscore: `_u`

error[E0382]: borrow of moved value: `s`
 --> main.rs:5:20
  |
5 |     println!("{}", s);
  |                    ^ value borrowed here after move
help: consider cloning the value
  |
3 |     let t = s.clone();
  |              ++++++++

error: aborting due to 1 previous error; 1 warning emitted

For more information about this error, try `rustc --explain E0382`.
"""


def test_rustcs_place_stands_below_the_message():
    """Its help is a part of it, its closing words are not. A label is a finding's second line."""
    finding = at(5, "borrow of moved value: `s`\nvalue borrowed here after move")
    assert cut(RUSTC, finding, name="main.rs").splitlines() == RUSTC.splitlines()[6:15]
    assert cut(RUSTC, at(4, "unused variable: `u`"), name="main.rs").splitlines() == RUSTC.splitlines()[:5]


@pytest.mark.parametrize(
    ("name", "raw", "line", "message", "words"),
    [
        ("main.go", "main.go:3:2: a\nmain.go:4:2: b\n\thave (number)\n\twant ()\n", 4, "b", (1, 4)),
        ("main.go", "# x\n./main.go:3:2: a\n./main.go:4: b\n", 3, "a", (1, 2)),
        ("main.ts", "main.ts(1,2): error TS1: a\n  more\nmain.ts(3,2): error TS1: b\n", 1, "a", (0, 2)),
        ("Main.java", "Main.java:2: error: x y\nint a;\n    ^\n  symbol: a\n1 error\n", 2, "x y", (0, 4)),
        ("Main.java", "Main.java:2: warning: [cast] r\nint a;\n    ^\n1 warning\n", 2, "r", (0, 3)),
        ("m.zig", "m.zig:2:9: error: u\n  _ = x;\n      ^\nm.zig:1:1: note: n\n", 2, "u", (0, 4)),
        ("m.py", '  File "m.py", line 2\n    x = = 1\n        ^\nSyntaxError: bad\n', 2, "bad", (0, 4)),
        ("m.py", "m.py:1: SyntaxWarning: w\n  x is 1\n", 1, "w", (0, 2)),
        ("m.py", 'm.py:1: SyntaxWarning: w\n  x\n  File "m.py", line 2\nSyntaxError: e\n', 1, "w", (0, 2)),
        ("m.py", 'm.py:1: SyntaxWarning: w\n  x\n  File "m.py", line 2\nSyntaxError: e\n', 2, "e", (2, 4)),
        ("a.c", "a.c:1:1: error: u\nint a\n    ^\n1 warning and 1 error generated.\n", 1, "u", (0, 3)),
        ("a.c", "\x1b[1ma.c:1:1: \x1b[31merror: \x1b[0mu\r\nx\r\n", 1, "u", (0, 2)),
    ],
)
def test_each_compilers_words_are_found(name, raw, line, message, words):
    """However it writes places; colours and carriage returns are no words."""
    plain = raw.replace("\x1b[1m", "").replace("\x1b[31m", "").replace("\x1b[0m", "").replace("\r", "")
    expected = plain.splitlines()[slice(*words)]
    assert cut(raw, at(line, message), name=name).splitlines() == expected


TWICE = "a.c:1:5: error: same\none\na.c:2:5: error: same\ntwo\na.c:2:9: error: same\nthree\n"


def test_of_equal_messages_each_gets_its_own():
    """By its line; on one line, in the order in which both were said."""
    first, second, third = at(1, "same", 4), at(2, "same", 4), at(2, "same", 8)
    texts = [
        cut_original(TWICE, one, (first, second, third), Snippet("", "c", "a.c"))
        for one in (first, second, third)
    ]
    assert [text.splitlines()[1] for text in texts] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("raw", "findings"),
    [
        (TWICE, (at(2, "same"),)),  # which of the two?
        (TWICE, (at(3, "same"),)),  # on no such line
        (TWICE, (at(1, "other"),)),
        ("a.c:1:5: error: same\n", (at(2, "same"), at(3, "same"))),  # a compiler that stopped early
        ("", (at(1, "same"),)),
        ("only words\n", (at(1, "only words"),)),
    ],
)
def test_what_cannot_be_told_is_not_shown(raw, findings):
    """Never somebody else's words."""
    assert cut_original(raw, findings[0], findings, Snippet("", "c", "a.c")) == ""


def test_what_is_said_of_a_header_is_found_by_its_words_alone():
    """It is shown where the document leads to it. Where two say the same there, neither is."""
    raw = "In file included from a.c:1:\nb.h:7:1: error: bad\n    7 | x\na.c:2:1: error: worse\n"
    finding = at(1, "bad")
    snippet = Snippet("", "c", "a.c")
    assert cut_original(raw, finding, (finding,), snippet).splitlines() == raw.splitlines()[:3]
    assert cut_original(raw, finding, (finding, at(1, "bad", 4)), snippet) == ""


def test_in_a_block_the_compilers_lines_are_not_the_documents():
    """Lines of ours, as around a fragment, mean the line that they stand for."""
    fence = Range(Position(10, 0), Position(10, 6))
    lines = (
        LineOrigin(Position(10, 0), kind=LineKind.ADDED, stands_for=fence),
        LineOrigin(Position(11, 2)),
        LineOrigin(Position(12, 2)),
    )
    snippet = Snippet("void f() {\na\nb\n", "c", "a.c", lines)
    raw = "a.c:1:1: error: x\none\na.c:2:1: error: x\ntwo\na.c:3:1: error: x\nthree\n"
    for line, word in ((11, "one"), (12, "two"), (13, "three")):
        finding = at(line, "x", 2)
        assert cut_original(raw, finding, (finding,), snippet).splitlines()[1] == word
    elsewhere = at(20, "y")
    assert cut_original("a.c:2:1: error: y\n", elsewhere, (elsewhere,), snippet) == ""


def test_a_long_passage_is_cut():
    """And says how much was left out."""
    raw = "a.c:1:1: error: x\n" + "    1 | line\n" * 100
    text = cut(raw, at(1, "x"), name="a.c")
    assert len(text.splitlines()) == 61
    assert text.splitlines()[-1] == "\u2026 41 more lines"


def test_a_line_of_the_users_can_only_cut_a_passage_short():
    """Clang 16 and before echo lines as they are."""
    forged = "a.c:1:1: error: x\na.c:1:1: error: forged\n  ^\n"
    assert cut(forged, at(1, "x"), name="a.c") == "a.c:1:1: error: x"
    doubled = "a.c:1:1: error: x\na.c:1:1: error: x\n  ^\n"
    assert cut(doubled, at(1, "x"), name="a.c") == ""
