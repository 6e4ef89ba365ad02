"""Python's answers, beyond what the corpus holds; and the program that asks, on the Python of these tests."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.capture import HERE
from tests.corpus.expect import read_sources
from tests.unit.in_text import assert_in_text
from wic_lsp.model import Finding, Position, Range, Severity
from wic_lsp.parsers.python import parse_python_json
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import SourceText
from wic_lsp.toolchains.families import families

TEXT = 'x = 1\n"é漢😀"; return größe\n\tlast'
FAMILY = families()["python"]


def parse(output: str, text: str = TEXT, stderr: str = "") -> tuple[Finding, ...]:
    sources = Sources("main.py", {"main.py": SourceText(text)})
    return parse_python_json(output.encode(), stderr.encode(), sources)


def one(unit: str, *numbers: int, kind: str = "SyntaxError", text: str = TEXT) -> Finding:
    said = {"kind": kind, "message": "bad", "unit": unit}
    said |= dict(zip(("line", "column", "end_line", "end_column"), numbers, strict=False))
    (finding,) = parse(json.dumps([said]), text)
    return finding


def covered(finding: Finding, text: str = TEXT) -> str:
    source = SourceText(text)
    range_ = finding.place.range
    return text[source.offset_of(range_.start) : source.offset_of(range_.end)]


def ask(text: str, folder, *flags: str, name: str = "main.py", is_plain: bool = False):
    """Run the program as the family says, and return what it wrote and how it ended."""
    (folder / name).write_bytes(text.encode())
    (dialect,) = FAMILY.dialects
    words = dialect.plain_argv if is_plain else dialect.argv
    command = [sys.executable, *words, *flags, *FAMILY.languages["python"].argv, name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("unit", "numbers", "shown"),
    [
        ("character", (2, 8, 2, 14), "return"),
        ("byte", (2, 14, 2, 28), "return größe"),
        ("character", (2, 15), "größe"),
        ("byte", (2, 21), "größe"),
        ("character", (2, 8, 3, 2), "return größe\n\t"),
        ("byte", (2, 14, 3, 2), "return größe\n\t"),
        ("character", (2, 15, 2, 15), "größe"),
        ("character", (2, 15, 1, 1), "größe"),
        ("line", (2, 8, 2, 14), '"é漢😀"; return größe'),
        ("line", (3,), "last"),
        ("none", (2, 8, 2, 14), "x = 1"),
        ("unheard of", (2, 8, 2, 14), "x = 1"),
        ("character", (2, 0), '"é漢😀"; return größe'),
        ("byte", (2, 0, 2, 5), '"é漢😀"; return größe'),
        ("character", (0, 5), "x = 1"),
        ("character", (99, 99), "last"),
    ],
)
def test_a_column_counts_what_its_unit_says(unit, numbers, shown):
    """Code points, bytes, or only the line; where not even that is known, the top."""
    finding = one(unit, *numbers)
    if numbers == (99, 99):
        assert finding.place.range == Range(Position(2, 5), Position(2, 5))
    else:
        assert covered(finding) == shown


def test_the_mark_counts_nothing():
    """Columns of a first line with a byte-order mark are those behind it."""
    text = "\ufeffé = = 1\n"
    assert covered(one("character", 1, 5, 1, 6, text=text), text) == "="
    assert covered(one("byte", 1, 6, 1, 7, text=text), text) == "="


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("SyntaxError", Severity.ERROR),
        ("TabError", Severity.ERROR),
        ("MemoryError", Severity.ERROR),
        ("SyntaxWarning", Severity.WARNING),
        ("DeprecationWarning", Severity.WARNING),
        ("", Severity.ERROR),
    ],
)
def test_a_kind_says_how_grave_it_is(kind, severity):
    """Warnings are those that are called so; its kind is the code, and leads to Python's own page."""
    finding = one("line", 1, kind=kind)
    assert finding.severity is severity
    assert finding.code == (kind or None)
    assert (finding.code_url or "").endswith(kind)


@pytest.mark.parametrize(
    ("output", "stderr"),
    [
        ("", ""),
        ("", "Fatal Python error: init_fs_encoding\n"),
        ("[", ""),
        ('[{"kind": "SyntaxWarning", "message": "x", "unit": "line", "line": 1}', ""),
        ('[{"kind": "SyntaxW', ""),
        ("nothing of ours", ""),
    ],
)
def test_an_answer_that_breaks_off_is_an_error(output, stderr):
    """No answer, or half of one, is never clean; what Python said last is shown."""
    errors = [finding for finding in parse(output, stderr=stderr) if finding.severity is Severity.ERROR]
    assert len(errors) == 1
    assert stderr.strip() in errors[0].message


def test_an_empty_answer_is_clean():
    """Python that has nothing to say has found nothing."""
    assert parse("[]\n", stderr="s_push: parser stack overflow\n") == ()


@pytest.mark.parametrize("case", ["warnings", "warnings_and_error", "clean", "long_line"])
def test_an_answer_cut_anywhere_is_never_clean(case):
    """Wherever the array is cut, there is an error."""
    captured = json.loads((HERE / "captures" / "python-3.12" / f"{case}.json").read_text())
    stdout, sources = captured["stdout"].encode(), read_sources(HERE / "inputs_python" / case)
    for length in range(len(stdout.rstrip())):
        findings = parse_python_json(stdout[:length], b"", sources)
        assert any(finding.severity is Severity.ERROR for finding in findings), stdout[:length][-40:]


_WORDS = (
    *(
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        '"kind"',
        '"SyntaxError"',
        '"message"',
        '"unit"',
        '"byte"',
        '"character"',
    ),
    *(
        '"line"',
        '"column"',
        '"end_line"',
        '"end_column"',
        "1",
        "-1",
        "1e999",
        "9" * 30,
        '"\\ud800"',
        "\n",
        "null",
    ),
)


@given(words=st.lists(st.sampled_from(_WORDS), max_size=40), text=st.text(max_size=40))
def test_no_order_of_its_words_makes_it_raise(words, text):
    """Nearly right answers give findings, and never an exception."""
    for finding in parse("".join(words), text):
        assert finding.message


@given(
    unit=st.sampled_from(["byte", "character", "line"]),
    numbers=st.lists(st.integers(0, 40), min_size=4, max_size=4),
    text=st.text(max_size=60),
)
def test_no_numbers_lead_out_of_the_text(unit, numbers, text):
    """Every range lies in the text, in order."""
    finding, source = one(unit, *numbers, text=text), SourceText(text)
    assert_in_text(finding.place.range, source)


# --- the program, run by this Python ---


@pytest.mark.parametrize("name", sorted(path.name for path in (HERE / "inputs_python").iterdir()))
def test_this_python_tells_every_place_within_the_text(name, tmp_path):
    """Also a Python that nobody captured gives places that are on the lines that it names."""
    case = HERE / "inputs_python" / name
    for file in case.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    main = next(file for file in case.iterdir() if file.name.startswith("main."))
    flags = (case / "flags").read_text().split() if (case / "flags").exists() else []
    done = ask(main.read_bytes().decode(), tmp_path, *flags, name=main.name)
    findings = parse(done.stdout, main.read_bytes().decode(), done.stderr)
    assert done.returncode == int(any(finding.severity is Severity.ERROR for finding in findings))


def test_nothing_of_the_text_or_of_its_companions_runs(tmp_path):
    """Neither the text, nor a module that stands beside it under a name of the library's, is run."""
    for module in ("warnings", "traceback", "encodings", "codecs", "sitecustomize", "usercustomize"):
        (tmp_path / f"{module}.py").write_text("open('ran', 'w')\n")
    done = ask("open('ran', 'w')\nimport other\n", tmp_path)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
    ask("x = = 1\n", tmp_path, is_plain=True)
    assert not (tmp_path / "ran").exists()


def test_any_character_passes_through_the_answer(tmp_path):
    """Quotes, controls and characters beyond the BMP in a message come out as they went in."""
    done = ask("x = 😀\n", tmp_path)
    assert done.stdout.isascii()
    assert parse(done.stdout, "x = 😀\n")[0].message == "invalid character '😀' (U+1F600)"
    done = ask("x is 'y'\n", tmp_path)
    assert parse(done.stdout, "x is 'y'\n")[0].message.endswith('Did you mean "=="?')


def test_for_people_python_writes_as_it_always_does(tmp_path):
    """The plain way shows the file's name, the line and the marks."""
    done = ask("x = = 1\n", tmp_path, is_plain=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == '  File "main.py", line 1'
    assert done.stderr.splitlines()[-1] == "SyntaxError: invalid syntax"
    assert ask("x = 1\n", tmp_path, is_plain=True).returncode == 0
