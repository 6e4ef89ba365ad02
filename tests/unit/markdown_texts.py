"""Documents in Markdown for tests, made from blocks in containers: what is in them is known beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from wic_lsp.positions import SourceText, split_lines

CODE = st.text(alphabet=st.sampled_from("xy;(){}# \t>-*1.`~é漢😀\u2028\f"), max_size=12)
MARKS = st.sampled_from(["```", "````", "~~~", "~~~~~"])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@dataclass(frozen=True)
class Written:
    """Lines of a document without their ends, and the code in the one block among them."""

    lines: list[str]
    code: list[str]


def closes(line, mark):
    """Whether a line of code would be taken for the closing fence."""
    return set(line.strip(" \t")) == {mark[0]} and len(line.strip(" \t")) >= len(mark)


@st.composite
def blocks(draw, code=CODE):
    """Return a fenced block in C++, at most three columns indented, closed."""
    mark, indent = draw(MARKS), " " * draw(st.integers(0, 3))
    lines = draw(st.lists(code.filter(lambda line: not closes(line, mark)), max_size=6))
    info = draw(st.sampled_from(["cpp", " c++ ", "CPP title", "hpp"]))
    closing = f"{mark}{draw(st.sampled_from(['', mark[0]]))}{draw(st.sampled_from(['', ' ']))}"
    return Written([f"{indent}{mark}{info}", *(indent + line for line in lines), indent + closing], lines)


def contain(draw, written, *, is_outermost):
    """Put a document into a quote or a list, with the blanks that either lets one leave out.

    A list whose mark is followed by a tab is four columns wide at a line's beginning alone.
    """
    lines = draw(st.sampled_from([[], ["text", ""], ["# head"]])) + written.lines
    kinds = ["> ", ">", " > ", "- ", "* ", "10) ", "1.  ", *(["-\t"] if is_outermost else [])]
    kind = draw(st.sampled_from(kinds))
    if ">" in kind:
        # Without a space behind the mark, a line's own first one would be taken for it.
        has_blanks = any(line.startswith((" ", "\t")) for line in lines)
        mark = "> " if kind == ">" and has_blanks else kind
        return Written([mark + line for line in lines], written.code)
    indent = draw(st.sampled_from(["    ", "\t", " \t"])) if "\t" in kind else " " * len(kind)
    leaves_out = draw(st.booleans())
    rest = [line if not line and leaves_out else indent + line for line in lines[1:]]
    # The list begins with a heading, so that what the block is indented by is its own.
    return Written([f"{kind}# head", indent + lines[0], *rest], written.code)


@st.composite
def documents(draw, code=CODE):
    """Return documents with one block each, in up to four containers."""
    written = draw(blocks(code))
    depth = draw(st.integers(0, 4))
    for level in range(depth):
        written = contain(draw, written, is_outermost=level == depth - 1)
    return written


def apply(edits, text):
    """Return the text with edits made, which do not overlap."""
    source = SourceText(text)
    for edit in sorted(edits, key=lambda one: one.range, reverse=True):
        start, end = source.offset_of(edit.range.start), source.offset_of(edit.range.end)
        text = text[:start] + edit.new_text + text[end:]
    return text


def character(text, position):
    r"""Return the code point at a position, and \n for any line end; empty at the text's end."""
    line = split_lines(text)[position.line][position.column :]
    return "\n" if line[:1] in {"\r", "\n"} and line else line[:1]
