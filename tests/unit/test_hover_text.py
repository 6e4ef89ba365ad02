"""What a hover says: compilers' words as they are, which can do nothing to the text around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from wic_lsp.lsp.hover_text import Told, escaped, fenced, highlight, is_link, to_markdown, to_plain_text
from wic_lsp.matrix import Row, Verdict
from wic_lsp.toolchains.families import families

ROWS = (Row("gcc-12", Verdict.PASSES, "passes"), Row("clang-19", Verdict.FAILS, "2 errors"))
URL = "https://doc.rust-lang.org/error_codes/E0382.html"
TOLD = Told("rustc-1.85", "E0382", URL, "error[E0382]: moved", "A variable was used.")
MARKDOWN = MarkdownIt("commonmark").enable("table")


def shown(text):
    """Return the text of a Markdown document as a reader sees it, block for block."""
    return [token.content for token in MARKDOWN.parse(text) if token.type in {"inline", "fence"}]


def test_all_that_is_known_is_told():
    """The toolchain with the link, the compiler's own words as code, then its explanation."""
    assert to_markdown((), [TOLD]) == (
        f"**rustc\\-1\\.85** [E0382](<{URL}>)\n\n```text\nerror[E0382]: moved\n```\n\nA variable was used."
    )
    assert to_plain_text((), [TOLD]) == f"error[E0382]: moved\n\n{URL}\n\nA variable was used."


def test_tables_come_first_and_findings_are_separated():
    """A row for each toolchain; a line between each two parts."""
    text = to_markdown([ROWS], [TOLD, TOLD])
    table, first, second = text.split("\n\n---\n\n")
    assert table.splitlines() == [
        "| Toolchain | Result |",
        "| --- | --- |",
        "| gcc\\-12 | passes |",
        "| clang\\-19 | 2 errors |",
    ]
    assert first == second == to_markdown((), [TOLD])
    assert to_plain_text([ROWS], ()) == "gcc-12: passes\nclang-19: 2 errors"


def test_what_is_not_known_is_left_out():
    """A finding of which nothing is known but the diagnostic itself has no hover."""
    nothing = Told("gcc-12", "-Wshadow")
    assert to_markdown((), [nothing]) == to_plain_text((), [nothing]) == ""
    assert to_markdown((), [Told("", "", URL)]) == f"[documentation](<{URL}>)"
    assert to_plain_text((), [nothing, Told("", "", URL)]) == URL


@given(st.text(alphabet=st.sampled_from("`~#>|-*[]()<a \n\\"), max_size=80))
def test_nothing_in_an_output_ends_its_block(text):
    """Whatever the compiler or the user wrote: it is one block of code, whole."""
    (only,) = MARKDOWN.parse(fenced(text))
    assert (only.type, only.content) == ("fence", f"{text}\n")


@given(st.text(alphabet=st.sampled_from("`~#>|-*_[]()<>!&;:@/.+=${}^\\ab1 \n"), min_size=1, max_size=60))
def test_words_mean_themselves(text):
    """In a table's cell: no code, no link, no other column, no HTML."""
    row = Row("x", Verdict.NOT_RUN, text)
    tokens = MARKDOWN.parse(to_markdown([(row,)], ()))
    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 4
    assert all(child.type in {"text", "text_special"} for child in cells[3].children or ())
    assert "".join(child.content for child in cells[3].children or ()) == " ".join(text.split())
    assert "\n" not in escaped(text)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        (URL, True),
        ("https://gcc.gnu.org/onlinedocs/gcc-12.2.0/gcc/Warning-Options.html#index-Wunused-variable", True),
        ("javascript:alert(1)", False),
        ("command:wic.pullImage", False),
        ("file:///etc/passwd", False),
        ("https://x/> [y](command:z)", False),
        ("https://x/\n", False),
        ("", False),
    ],
)
def test_a_link_is_one_of_the_webs(url, is_one):
    """An editor runs others, and a compiler of the user's may print what it likes."""
    assert is_link(url) is is_one
    if not is_one:
        assert "](" not in to_markdown((), [Told("x", "c", url, "o")])


EXPLANATION = """\
Erroneous code example:

```compile_fail,E0382
let x = 1;
```

~~~text
```compile_fail
~~~

```
fn main() {}
```

```edition2018,compile_fail
async fn f() {}
```

```ignore (cannot be tested)
```

```sh
cargo build
```"""


def test_an_explanations_code_is_marked_as_editors_know_it():
    """Its marks are for tests of its own; what is in another language stays so."""
    explaining = families()["rustc"].explaining
    assert explaining is not None
    infos = [
        token.info for token in MARKDOWN.parse(highlight(EXPLANATION, explaining)) if token.type == "fence"
    ]
    assert infos == ["rust", "text", "rust", "rust", "rust", "sh"]
    before, after = shown(EXPLANATION), shown(highlight(EXPLANATION, explaining))
    assert before == after


@pytest.mark.parametrize("code", ["E0382", "E0001"])
def test_a_code_is_asked_for_by_its_own_words(code):
    """As the family's file says."""
    explaining = families()["rustc"].explaining
    assert explaining is not None
    assert explaining.words_for(code) == ("--explain", code)


@pytest.mark.parametrize(
    "code",
    [
        None,
        "",
        "E038",
        "E03822",
        "e0382",
        "E0382\n",
        " E0382",
        "E0382 --help",
        "-h",
        "E\u0660\u0663\u0668\u0662",
        "dead_code",
    ],
)
def test_nothing_else_gets_into_the_arguments(code):
    """A code is whole and the compiler's own."""
    explaining = families()["rustc"].explaining
    assert explaining is not None
    assert explaining.words_for(code) is None


def test_only_rustc_explains_its_codes():
    """The others have no such command."""
    assert [name for name, one in families().items() if one.explaining is not None] == ["rustc"]
