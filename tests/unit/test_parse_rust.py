"""Rust's JSON where the corpus cannot show it: broken, hostile, or of another version."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.corpus.expect import parse_capture, read_sources
from tests.unit.in_text import assert_in_text, ranges_of
from tests.unit.test_parsers import HERE, _output
from wic_lsp.model import Position, Range, Severity
from wic_lsp.parsers.rustc import parse_rustc_json
from wic_lsp.parsers.sources import Sources
from wic_lsp.positions import SourceText

TEXT = 'fn main() {\n\tlet ä = "😀"; let x: u8 = y;\r\n}\n'
SOURCES = Sources("main.rs", {"main.rs": SourceText(TEXT)})
END = '{"message":"aborting due to 1 previous error","code":null,"level":"error","spans":[],"children":[]}\n'
CASES = ["types", "borrow", "macro_std", "imports", "warnings"]


def span(line=2, start=27, end=28, file="main.rs", **more):
    return {
        "file_name": file, "line_start": line, "line_end": line, "column_start": start, "column_end": end,
        "byte_start": 1, "byte_end": 2, "is_primary": True, "label": None, "expansion": None,
        "suggested_replacement": None, "suggestion_applicability": None, **more,
    }  # fmt: skip


def said(*spans, level="error", message="wrong", children=(), code=None):
    return {
        "message": message, "level": level, "spans": list(spans), "children": list(children), "code": code
    }  # fmt: skip


def parse(*diagnostics, end=END):
    return parse_rustc_json(
        b"", "".join(f"{json.dumps(one)}\n" for one in diagnostics).encode() + end.encode(), SOURCES
    )


def help_(*spans, message="do so"):
    return said(*spans, level="help", message=message)


def suggestion(start, end, text, applicability="MachineApplicable"):
    return span(start=start, end=end, suggested_replacement=text, suggestion_applicability=applicability)


def test_columns_are_code_points():
    """A tab is one, and so is a character beyond the first plane."""
    column = TEXT.split("\n")[1].index("y")
    (finding,) = parse(said(span(start=column + 1, end=column + 2)))
    assert finding.place.range == Range(Position(1, column), Position(1, column + 1))


def test_a_suggestion_with_several_parts_is_one_fix():
    """All of them together, and sure where all are."""
    (finding,) = parse(said(span(), children=[help_(suggestion(2, 3, "a"), suggestion(6, 7, "b"))]))
    (fix,) = finding.fixes
    assert [edit.new_text for edit in fix.edits] == ["a", "b"]
    assert fix.is_sure


@pytest.mark.parametrize("applicability", ["MaybeIncorrect", "Unspecified", None])
def test_a_fix_of_which_one_part_is_not_sure_is_not(applicability):
    """Whatever the other parts are."""
    parts = (suggestion(2, 3, "a"), suggestion(6, 7, "b", applicability))
    (finding,) = parse(said(span(), children=[help_(*parts)]))
    assert [fix.is_sure for fix in finding.fixes] == [False]


def test_what_has_placeholders_is_told_and_never_put_into_the_text():
    """Its text would not compile: only the user can fill it in."""
    parts = (suggestion(2, 3, "a: /* Type */", "HasPlaceholders"), suggestion(6, 7, "b"))
    (finding,) = parse(said(span(), children=[help_(*parts)]))
    assert finding.fixes == ()
    assert [note.message for note in finding.notes] == ["do so: `a: /* Type */`"]


def test_of_several_sure_ways_none_is_sure():
    """They are alternatives, and rustc does not say which; one that is told twice is one."""
    two = [help_(suggestion(2, 3, "a")), help_(suggestion(2, 3, "b"))]
    (finding,) = parse(said(span(), children=two))
    assert [fix.is_sure for fix in finding.fixes] == [False, False]
    (finding,) = parse(said(span(), children=[two[0], two[0]]))
    assert [fix.is_sure for fix in finding.fixes] == [True]


def test_a_sure_way_stays_sure_beside_guesses():
    """The compiler says which of them it means."""
    ways = [help_(suggestion(2, 3, "a")), help_(suggestion(2, 3, "b", "MaybeIncorrect"))]
    (finding,) = parse(said(span(), children=ways))
    assert [fix.is_sure for fix in finding.fixes] == [True, False]


def test_other_ways_at_the_same_place_are_other_fixes():
    """Each is named by what it puts in, and is a note of its own."""
    ways = [suggestion(2, 2, text, "MaybeIncorrect") for text in ("use a;\n", "use b;\n")]
    (finding,) = parse(said(span(), children=[help_(*ways)]))
    assert [fix.title for fix in finding.fixes] == ["do so: `use a;`", "do so: `use b;`"]
    assert [note.message for note in finding.notes] == ["do so: `use a;`", "do so: `use b;`"]


def test_a_suggestion_for_another_file_is_no_fix():
    """What is in a crate of others cannot be changed."""
    other = suggestion(2, 3, "a") | {"file_name": "/rustc/x/library/core/src/macros/mod.rs"}
    (finding,) = parse(said(span(), children=[help_(other)]))
    assert finding.fixes == ()


def test_what_a_macro_of_others_is_at_fault_for_is_shown_where_it_is_called():
    """Through as many macros as there are."""
    call = {"span": span(start=2, end=5), "macro_decl_name": "println!", "def_site_span": None}
    inner = {
        "span": span(file="/r/b.rs", expansion=call),
        "macro_decl_name": "format!",
        "def_site_span": None,
    }
    (finding,) = parse(said(span(file="/r/a.rs", expansion=inner)))
    assert finding.place.file is None
    assert finding.place.range == Range(Position(1, 1), Position(1, 4))


def test_a_place_outside_of_all_macros_is_named():
    """The file and the numbers are the compiler's, shown at the top."""
    (finding,) = parse(said(span(file="/r/a.rs", line=7, start=3, end=4)))
    assert finding.place.range.start == Position(0, 0)
    assert finding.notes[0].message == "in /r/a.rs:7:3"


def test_an_expansion_that_never_ends_is_left():
    """A chain longer than any is followed to some depth only."""
    deep = span()
    for _ in range(300):
        deep = span(file="/r/a.rs", expansion={"span": deep, "macro_decl_name": "x!"})
    (finding,) = parse(said(deep))
    assert finding.message == "wrong"


@pytest.mark.parametrize(
    ("code", "level", "url"),
    [
        ("E0308", None, "https://doc.rust-lang.org/error_codes/E0308.html"),
        (
            "unused_mut",
            "warn",
            "https://doc.rust-lang.org/rustc/lints/listing/warn-by-default.html#unused-mut",
        ),
        ("overflow", "deny", "https://doc.rust-lang.org/rustc/lints/listing/deny-by-default.html#overflow"),
        ("unused_mut", None, None),
    ],
)
def test_codes_are_documented_where_they_are(code, level, url):
    """An error by its number, a lint in the list of its level, which rustc tells; otherwise nowhere."""
    note = [help_(message=f"`#[{level}({code})]` on by default")] if level else []
    (finding,) = parse(said(span(), children=note, code={"code": code, "explanation": None}))
    assert (finding.code, finding.code_url) == (code, url)


def test_a_lints_level_is_remembered():
    """It is told with the first of each only."""
    note = help_(message="`#[warn(unused_mut)]` (part of `#[warn(unused)]`) on by default")
    code = {"code": "unused_mut", "explanation": None}
    first, second = parse(said(span(), children=[note], code=code), said(span(), code=code))
    assert first.code_url == second.code_url is not None


def test_a_wordless_place_is_none():
    """Where rustc means no place it names the first of the file; that is not shown as one."""
    nowhere = span(line=1, start=1, end=1, is_primary=False, label="here", byte_start=0, byte_end=0)
    (finding,) = parse(said(span(), nowhere))
    assert finding.notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "thread 'rustc' panicked at compiler/x.rs:1:1:\nboom\n",
        "error: the compiler unexpectedly panicked. this is a bug.\n",
        "something that nobody has ever seen\n",
        '{"message":"wrong","code":null,"lev',
        json.dumps(said(span(), level="warning")) + "\n",
    ],
)
def test_output_without_a_good_end_is_an_error(text):
    """A panic, words that nobody knows, half an object, or warnings without the closing count."""
    findings = parse_rustc_json(b"", text.encode(), SOURCES)
    assert any(finding.severity is Severity.ERROR for finding in findings)


def test_nothing_said_is_nothing_found():
    """Good code has no word said about it."""
    assert parse_rustc_json(b"", b"", SOURCES) == ()


def test_the_closing_words_are_no_findings():
    """Neither the count nor where codes are explained."""
    failure = json.dumps(said(level="failure-note", message="Some errors have detailed explanations: E0308."))
    counted = json.dumps(said(level="warning", message="2 warnings emitted"))
    for end in (END, f"{failure}\n", f"{counted}\n"):
        assert [one.message for one in parse(said(span()), end=end)] == ["wrong"]


def test_an_error_that_reads_like_a_count_is_one_where_it_has_a_place():
    """The text of a `compile_error!` is the user's."""
    (finding,) = parse(said(span(), message="aborting due to 3 previous errors"))
    assert finding.place.range.start.line == 1


@pytest.mark.parametrize("case", ["types", "borrow", "macro_std", "forged_message"])
def test_output_that_breaks_off_is_never_taken_for_clean(case):
    """Wherever the output of a failed compile is cut, there is an error."""
    _, stderr = _output("rustc-1.95", case)
    sources = read_sources(HERE / "inputs_rust" / case)
    end = len(stderr.rstrip())
    for length in [*range(1, end, max(1, end // 80)), end - 1]:
        findings = parse_rustc_json(b"", stderr[:length], sources)
        assert any(finding.severity is Severity.ERROR for finding in findings), stderr[:length][-80:]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_damaged_output_never_raises(data):
    """Real output with a piece cut out and another put in is read without an exception."""
    case = data.draw(st.sampled_from(CASES))
    _, stderr = _output("rustc-1.85", case)
    start = data.draw(st.integers(0, len(stderr)))
    end = data.draw(st.integers(start, len(stderr)))
    middle = data.draw(st.one_of(st.binary(max_size=8), st.just(stderr[start // 2 : start])))
    for finding in parse_rustc_json(b"", stderr[:start] + middle + stderr[end:], SOURCES):
        assert finding.message


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*span(), *said(), "span", "macro_decl_name"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    diagnostic=st.fixed_dictionaries({"message": _JSON, "level": _JSON, "spans": _JSON, "children": _JSON})
)
def test_no_values_of_other_types_make_it_raise(diagnostic):
    """Every value is asked for its type."""
    for finding in parse(diagnostic):
        assert finding.message
        finding.message.encode()


@given(
    parts=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 60), st.integers(0, 9), st.integers(0, 60)), max_size=5
    )
)
def test_every_range_lies_in_the_text(parts):
    """Whatever numbers it is given."""
    spans = [
        span(line=line, start=start, line_end=last, column_end=end, suggested_replacement="x")
        for line, start, last, end in parts
    ]
    text = SOURCES.texts["main.rs"]
    for finding in parse(said(*spans, children=[help_(*spans)])):
        for range_ in ranges_of(finding):
            assert_in_text(range_, text)


@pytest.mark.parametrize("toolchain", ["rustc-1.63", "rustc-1.85", "rustc-1.95"])
@pytest.mark.parametrize("case", ["warnings", "fixes", "deprecated"])
def test_the_sure_fixes_of_the_corpus_stay_apart(toolchain, case):
    """No two edits of one fix touch the same text, so that all can be applied at once."""
    for finding in parse_capture(toolchain, case):
        for fix in finding.fixes:
            ranges = sorted(edit.range for edit in fix.edits)
            assert all(one.end <= other.start for one, other in pairwise(ranges))
