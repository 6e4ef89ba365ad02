"""Parsers, over what real compilers really said: tests/corpus holds the inputs, the output, the claims."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.corpus.capture import HERE, TOOLCHAINS, cases_of, folder_of
from tests.corpus.expect import expect, parse_capture, read_sources
from tests.corpus.second_readers import SECOND_READERS
from tests.unit.in_text import assert_in_text, ranges_of
from wic_lsp.model import Finding, Severity
from wic_lsp.parsers import PARSERS
from wic_lsp.parsers.flood import MAX_FINDINGS
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import SourceText

CAPTURES = [(toolchain, case.name) for toolchain in sorted(TOOLCHAINS) for case in cases_of(toolchain)]
OF_C = [name for name in TOOLCHAINS if TOOLCHAINS[name].inputs == "inputs"]
LEAST_CASES = 20
EMPTY = Sources("main.cpp", {"main.cpp": SourceText("int a;\n")})

# What the second reader cannot know: where `#line` leads, and which lines are the user's own.
PRESUMED = {
    "line_directive": {3: 100, 6: 103, 8: 7, 10: 9, 15: 14, 17: 20},
    "lone_cr_in_line": {3: 2, 4: 3, 5: 4},
}
READ_BY_COUNT = {"forged_message", "static_assert"}
# Lines of the user's own that compilers write as they are.
READ_BY_SOURCE = {("tsc-text", "forged"), ("go-text", "forged_message")}


def _raw(toolchain: str, case: str) -> dict[str, str]:
    return json.loads((HERE / "captures" / toolchain / f"{case}.json").read_text())


def _output(toolchain: str, case: str) -> tuple[bytes, bytes]:
    raw = _raw(toolchain, case)
    return raw["stdout"].encode("utf-8", "surrogateescape"), raw["stderr"].encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(("toolchain", "case"), CAPTURES)
def test_every_capture_gives_the_findings_that_a_person_approved(toolchain, case):
    """Message, severity, range, code, notes and fixes are those of the reviewed file."""
    expected = json.loads((HERE / "expected" / toolchain / f"{case}.json").read_text())
    assert expect(toolchain, case) == expected


def test_every_toolchain_has_every_case():
    """No toolchain is without a capture of some input, and none has one of an input that is gone."""
    for toolchain in TOOLCHAINS:
        cases = [case.name for case in cases_of(toolchain)]
        assert len(cases) >= LEAST_CASES
        assert sorted(path.stem for path in (HERE / "captures" / toolchain).iterdir()) == cases
        assert sorted(path.stem for path in (HERE / "expected" / toolchain).iterdir()) == cases


@pytest.mark.parametrize(("toolchain", "case"), CAPTURES)
def test_an_error_is_found_exactly_when_the_compiler_failed(toolchain, case):
    """A compiler's exit code and the findings tell the same."""
    failed = _raw(toolchain, case)["exit_code"] != 0
    assert any(finding.severity is Severity.ERROR for finding in parse_capture(toolchain, case)) is failed


@pytest.mark.parametrize(("toolchain", "case"), CAPTURES)
def test_every_range_lies_in_the_text(toolchain, case):
    """No finding and no edit reaches past the snippet's lines, whatever the compiler counted."""
    sources = read_sources(folder_of(toolchain, case))
    text = sources.texts[sources.main]
    for finding in parse_capture(toolchain, case):
        assert finding.place.file is None
        for range_ in ranges_of(finding):
            assert_in_text(range_, text)
            assert range_.start <= range_.end


# --- a second reader, which knows nothing of the parsers ---


def _presumed_line(finding: Finding, case: str) -> int:
    """Return the line that the compiler named for the finding."""
    if finding.notes and (match := re.fullmatch(r"in [^:]+:(\d+):\d+", finding.notes[0].message)):
        return int(match[1])
    line = finding.place.range.start.line + 1
    return PRESUMED.get(case, {}).get(line, line)


@pytest.mark.parametrize(
    ("toolchain", "case"),
    [
        (toolchain, case)
        for toolchain, case in CAPTURES
        if case != "bad_flag"
        and not case.startswith("flood")
        and not (TOOLCHAINS[toolchain].parser == "clang-text" and case in READ_BY_COUNT)
        and (TOOLCHAINS[toolchain].parser, case) not in READ_BY_SOURCE
    ],
)
def test_a_second_reader_finds_the_same(toolchain, case):
    """Nothing is lost, doubled or invented: a naive reader of the raw output sees the same messages."""
    ours = Counter(
        (finding.message.split("\n")[0], _presumed_line(finding, case))
        for finding in parse_capture(toolchain, case)
        if finding.severity in {Severity.ERROR, Severity.WARNING}
    )
    raw = _raw(toolchain, case)
    assert ours == Counter(SECOND_READERS[TOOLCHAINS[toolchain].parser](raw["stdout"], raw["stderr"]))


@pytest.mark.parametrize("case", sorted(READ_BY_COUNT))
@pytest.mark.parametrize("toolchain", [name for name in TOOLCHAINS if name.startswith("clang")])
def test_text_in_a_message_cannot_pose_as_a_diagnostic(toolchain, case):
    """However a message looks, there are as many findings as clang says it generated."""
    count = sum(int(number) for number in re.findall(r"(\d+) (?:warning|error)", _summary(toolchain, case)))
    assert len(parse_capture(toolchain, case)) == count


def _summary(toolchain: str, case: str) -> str:
    return _raw(toolchain, case)["stderr"].splitlines()[-1]


@pytest.mark.parametrize(("toolchain", "case"), [pair for pair in CAPTURES if pair[1].startswith("forged")])
def test_nothing_forged_in_the_source_is_found(toolchain, case):
    """No finding, note or fix comes from text of the user's that looks like a compiler's."""
    for finding in parse_capture(toolchain, case):
        assert not finding.message.startswith("forged")
        assert not any(note.message.startswith("forged") for note in finding.notes)
        assert not any(edit.new_text == "forged" for fix in finding.fixes for edit in fix.edits)


# --- broken output ---


def _step(length: int) -> int:
    return max(1, length // 60)


@pytest.mark.parametrize(
    ("toolchain", "case"),
    [(toolchain, case) for toolchain in OF_C for case in ("clean", "types", "companion", "bad_flag")],
)
def test_output_that_breaks_off_is_never_taken_for_clean(toolchain, case):
    """Wherever the output of a failed compile is cut, there is an error; and of GCC, of any compile.

    clang writes nothing at all about good code, so that only its first byte can tell.
    """
    stdout, stderr = _output(toolchain, case)
    sources = read_sources(folder_of(toolchain, case))
    parse = PARSERS[TOOLCHAINS[toolchain].parser]
    first = 1 if toolchain.startswith("clang") else 0
    end = len(stderr.rstrip())
    for length in [*range(first, end, _step(end)), end - 1]:
        if length < first:
            continue
        findings = parse(stdout, stderr[:length], sources)
        assert any(finding.severity is Severity.ERROR for finding in findings), stderr[:length][-80:]


@pytest.mark.parametrize("parser", sorted(PARSERS))
@given(stderr=st.binary(max_size=300), stdout=st.binary(max_size=20))
def test_no_bytes_make_a_parser_raise(parser, stdout, stderr):
    """Binary garbage gives findings, or none, but never an exception."""
    PARSERS[parser](stdout, stderr, EMPTY)


_FRAGMENTS = (
    *("[", "]", "{", "}", ",", ":", "\n", '"', "null", "1", "-1", "1e999", "9" * 30, '"\\ud800"', "[" * 2000),
    *(
        '"kind"',
        '"error"',
        '"message"',
        '"locations"',
        '"caret"',
        '"file"',
        '"main.cpp"',
        '"line"',
        '"column"',
    ),
    *('"runs"', '"results"', '"level"', '"text"', '"fixits"', '"start"', '"next"', '"children"', '"region"'),
    *(
        "main.cpp:1:1:",
        "{1:1-1:2}:",
        " error: ",
        " note: ",
        " int a;",
        "    1 | int a;",
        "1 error generated.",
    ),
    *(
        'fix-it:"main.cpp":{1:1-9:9}:"\\777"',
        "In file included from main.cpp:1:",
        ". x.h",
        "g++: fatal error: no",
    ),
)


@pytest.mark.parametrize("parser", sorted(PARSERS))
@given(words=st.lists(st.sampled_from(_FRAGMENTS), max_size=40))
def test_no_order_of_a_compilers_words_makes_a_parser_raise(parser, words):
    """Output that is nearly right is read as far as it makes sense, and never raises."""
    for finding in PARSERS[parser](b"", "".join(words).encode(), EMPTY):
        assert finding.message
        finding.message.encode()


@pytest.mark.parametrize("toolchain", ["gcc-12", "gcc-14", "gcc-16", "clang-14", "clang-19"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data())
def test_damaged_output_of_a_real_compiler_never_raises(toolchain, data):
    """Real output with a piece cut out and another put in is read without an exception."""
    stdout, stderr = _output(toolchain, data.draw(st.sampled_from(["types", "companion", "typo", "macro"])))
    start = data.draw(st.integers(0, len(stderr)))
    end = data.draw(st.integers(start, len(stderr)))
    middle = data.draw(st.one_of(st.binary(max_size=8), st.just(stderr[start // 2 : start])))
    PARSERS[TOOLCHAINS[toolchain].parser](stdout, stderr[:start] + middle + stderr[end:], EMPTY)


@pytest.mark.parametrize(
    "text",
    [
        "g++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.\n",
        "cc1plus: out of memory allocating 82605 bytes after a total of 831488 bytes\n",
        "virtual memory exhausted: Cannot allocate memory\n",
        "main.cpp:1: confused by earlier errors, bailing out\n",
        "main.cpp:1:5: internal compiler error: Segmentation fault\nPlease submit a full bug report.\n",
        "g++: error: unrecognized command-line option '-fbogus'\n",
        "something that nobody has ever seen\n",
        "",
    ],
)
@pytest.mark.parametrize("parser", ["gcc-json", "gcc-sarif"])
def test_a_gcc_that_dies_without_a_report_is_an_error(parser, text):
    """What GCC or its driver said last is shown; where it said nothing, that is."""
    findings = PARSERS[parser](b"", text.encode(), EMPTY)
    assert [finding.severity for finding in findings] == [Severity.ERROR]
    assert findings[0].message in text or not text


@pytest.mark.parametrize(
    ("parser", "report"),
    [("gcc-json", "[]\n"), ("gcc-sarif", '{"version": "2.1.0", "runs": [{"results": []}]}\n')],
)
def test_a_drivers_error_is_found_beside_a_report(parser, report):
    """An error after the report counts as much as one in it, and idle talk does not."""
    text = f". /usr/include/a.h\n{report}g++: fatal error: cannot run\ncompilation terminated.\nbye\n"
    findings = PARSERS[parser](b"", text.encode(), EMPTY)
    assert [(finding.severity, finding.message) for finding in findings] == [(Severity.ERROR, "cannot run")]


@pytest.mark.parametrize(
    "text",
    [
        "clang: error: unable to execute command: Killed\n",
        "LLVM ERROR: out of memory\n",
        "Stack dump:\n0.\tProgram arguments: clang\n",
        "main.cpp:1:5: warning: cut\n int a;\n    ^\n",
    ],
)
def test_a_clang_that_does_not_end_well_is_an_error(text):
    """Clang's last words are an error, and so is a warning without its closing count."""
    findings = PARSERS["clang-text"](b"", text.encode(), EMPTY)
    assert any(finding.severity is Severity.ERROR for finding in findings)


def test_clang_counting_more_than_was_read_is_an_error():
    """If clang says that it generated more than could be read, the user is told."""
    text = "main.cpp:1:5: warning: one\n int a;\n     ^\n2 warnings and 1 error generated.\n"
    findings = PARSERS["clang-text"](b"", text.encode(), EMPTY)
    assert findings[-1].severity is Severity.ERROR


def test_a_report_that_breaks_off_still_gives_what_is_whole():
    """The whole diagnostics of half a report are shown, with an error that says that it is half."""
    stdout, stderr = _output("gcc-12", "types")
    findings = PARSERS["gcc-json"](
        stdout, stderr[: len(stderr) // 2], read_sources(HERE / "inputs" / "types")
    )
    assert len(findings) > 1
    assert "breaks off" in findings[-1].message


@pytest.mark.parametrize(("toolchain", "case"), [pair for pair in CAPTURES if pair[1].startswith("flood")])
def test_a_flood_is_cut_and_says_so(toolchain, case):
    """A hundred findings and one sentence, and an error is never lost among warnings."""
    findings = parse_capture(toolchain, case)
    assert any(finding.severity is Severity.ERROR for finding in findings)
    if len(findings) > MAX_FINDINGS:
        assert len(findings) == MAX_FINDINGS + 1
        assert findings[-1].severity is Severity.INFORMATION
        assert findings[-1].place == findings[-2].place
    assert not any("too many errors" in finding.message for finding in findings)
