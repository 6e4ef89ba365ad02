"""What goes with a document: all that it needs, within bounds, and what does not go is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.companion_files import FakeReader, gathered, paths_of, told
from wic_lsp.companions.gather import MOST_BYTES, MOST_FILES, Refusal, gather, is_fit
from wic_lsp.companions.joining import join_result, join_snippet, tell
from wic_lsp.model import CheckResult, Finding, Place, Position, Range, Severity, Snippet
from wic_runtimes.contract import CompileJob, JobFile, Outcome, check_job


def include(*names):
    return "".join(f'#include "{name}"\n' for name in names)


def test_includes_are_followed_to_their_end():
    """Each relative to the file that names it; a circle ends, and the document is not its own companion."""
    files = {
        "/w/src/a.c": include("../include/x.h", "b.h"),
        "/w/include/x.h": include("deep/y.h", "../src/a.c"),
        "/w/include/deep/y.h": include("../x.h", "../../src/b.h"),
        "/w/src/b.h": "",
    }
    found = gathered("c", files)
    assert paths_of(found) == ["src/a.c", "include/x.h", "src/b.h", "include/deep/y.h"]
    assert [one.path for one in found.companions] == ["../include/x.h", "b.h", "../include/deep/y.h"]
    assert told(found) == []


def test_a_document_keeps_its_bare_name_where_all_lies_below_its_folder():
    """So that messages read as the user expects."""
    assert paths_of(gathered("c", {"/w/a.c": include("sub/x.h"), "/w/sub/x.h": ""})) == ["a.c", "sub/x.h"]
    assert paths_of(gathered("c", {"/w/a.c": "int x;"})) == ["a.c"]


def test_what_is_not_there_is_remembered_and_not_told():
    """The compiler says that it is missing; when it comes, the document is looked at again."""
    found = gathered("c", {"/w/a.c": include("none.h")})
    assert (paths_of(found), told(found), found.looked_at) == (["a.c"], [], {"/w/none.h"})


def test_a_package_is_remembered_by_its_folder():
    """A new file in it belongs to it."""
    assert "/w/*.go" in gathered("go", {"/w/a.go": "package p\n"}).looked_at


@pytest.mark.parametrize("why", sorted(set(Refusal) - {Refusal.ABSENT}, key=lambda why: why.value))
def test_what_may_not_be_read_is_told_where_the_document_leads_to_it(why):
    """Also where it is another file that names it."""
    files = {"/w/a.c": "int x;\n" + include("b.h"), "/w/b.h": include("c.h"), "/w/c.h": why}
    found = gathered("c", files)
    assert told(found) == [("c.h", why)]
    assert found.left_out[0].range == Range(Position(1, 9), Position(1, 14))
    assert "'c.h' is left out." in tell(found.left_out)[0].message


def test_at_most_so_many_files_travel():
    """Those that are found first; of the others each is told, up to twenty."""
    names = [f"{number}.h" for number in range(MOST_FILES + 30)]
    found = gathered("c", {"/w/a.c": include(*names), **{f"/w/{name}": "" for name in names}})
    assert len(found.files) == MOST_FILES
    assert told(found) == [(name, Refusal.TOO_MANY) for name in names[MOST_FILES:]]
    findings = tell(found.left_out)
    assert len(findings) == 21
    assert findings[-1].message.startswith("10 more files are left out.")


def test_at_most_so_many_bytes_travel():
    """A file that does not fit is left out; a smaller one after it still goes."""
    half = "x" * (MOST_BYTES // 2)
    files = {"/w/a.c": include("1.h", "2.h", "3.h"), "/w/1.h": half, "/w/2.h": half + "x", "/w/3.h": half}
    found = gathered("c", files)
    assert paths_of(found) == ["a.c", "1.h", "3.h"]
    assert told(found) == [("2.h", Refusal.TOO_LARGE)]


def test_a_text_cannot_have_the_whole_disk_looked_at():
    """The number of paths that are tried is bounded, and that is told."""
    text = include(*(f"{number}.h" for number in range(5000)))
    reader = FakeReader({"/w/a.c": text})
    found = gather("/w/a.c", "a.c", text, "c", reader)
    assert len(reader.asked) == 1000
    assert found.left_out[0].why is Refusal.TOO_MANY


@pytest.mark.parametrize("name", ["-o.h", "@x.h", "a\tb.h", "-d/x.h"])
def test_a_name_that_no_compiler_should_be_given_is_left_out(name):
    """It could be taken for an option."""
    found = gathered("c", {"/w/a.c": include(name), f"/w/{name}": ""})
    assert told(found) == [(name, Refusal.BAD_NAME)]
    assert found.files == ()


def test_a_document_below_an_unfit_folder_still_goes():
    """With what lies in its own folder."""
    files = {"/w/-x/a.c": include("b.h", "../c.h"), "/w/-x/b.h": "", "/w/c.h": ""}
    found = gathered("c", files)
    assert paths_of(found) == ["a.c", "b.h"]
    assert told(found) == [("../c.h", Refusal.BAD_NAME)]


def test_two_files_never_have_one_name():
    """A document whose name is no plain one goes by another, which may be a companion's."""
    files = {"/w/a b.c": include("main.c"), "/w/main.c": ""}
    found = gather("/w/a b.c", "main.c", files["/w/a b.c"], "c", FakeReader(files))
    assert (paths_of(found), told(found)) == (["main.c"], [("main.c", Refusal.BAD_NAME)])


PARTS = st.sampled_from(["..", ".", "a", "b", "-x", "@y", "a b", "é", "x.h", "\x07", "main.c", ""])
NAMES = st.lists(PARTS, min_size=1, max_size=5).map("/".join)


@given(st.lists(NAMES, max_size=8), st.lists(NAMES, max_size=8))
def test_whatever_a_text_names_the_job_is_well_formed(names, more):
    """Every runtime accepts it, and every file of it is one that was asked for."""
    text = include(*names)
    reader = _Everywhere(include(*more))
    found = gather("/w/s/main.c", "main.c", text, "c", reader)
    files = (JobFile(found.name, text.encode()), *found.files)
    check_job(CompileJob("id", ("cc",), files))
    assert all(is_fit(file.path) for file in files)
    assert len(found.files) <= len(reader.asked)


class _Everywhere(FakeReader):
    """Has a file at every path."""

    def __init__(self, text):
        super().__init__({})
        self._text = text

    def read(self, path, most_bytes):
        self.files[path] = self._text
        return super().read(path, most_bytes)


ERROR = Finding(Severity.ERROR, "e", Place(None, Range(Position(0, 0), Position(0, 1))))


def test_a_snippet_takes_its_files_and_its_name():
    """The rest of it stays."""
    found = gathered("c", {"/w/s/a.c": include("../b.h"), "/w/b.h": "int b;"})
    joined = join_snippet(Snippet("text", "c", "a.c"), found)
    assert joined == Snippet("text", "c", "s/a.c", companions=(JobFile("b.h", b"int b;"),))


@pytest.mark.parametrize(("findings", "count"), [((), 0), ((ERROR,), 1)])
def test_that_a_file_is_not_open_is_told_only_where_it_was_missed(findings, count):
    """A name in quotes may be the compiler's own header, which needs nobody's file."""
    found = gathered("c", {"/w/a.c": include("b.h"), "/w/b.h": Refusal.CLOSED})
    result = join_result(CheckResult("gcc", "fake", Outcome.FINISHED, findings), found, "")
    assert len(result.findings) == len(findings) + count
    assert sum("what you have open" in one.message for one in result.findings) == count


def test_what_is_left_out_stands_before_what_was_found():
    """It explains it."""
    found = gathered("c", {"/w/a.c": include("b.h"), "/w/b.h": Refusal.OUTSIDE})
    result = join_result(CheckResult("gcc", "fake", Outcome.FINISHED, (ERROR,)), found, "")
    assert [one.severity for one in result.findings] == [Severity.INFORMATION, Severity.ERROR]
    assert "outside of the workspace" in result.findings[0].message
