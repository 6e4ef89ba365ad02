r"""Find the preprocessor's directives in a C or C++ text, and none in its comments and strings.

It exists because a compiler's places must be led back to the text: through `#line`, and to the `#include`
that brought a header in. It is not a preprocessor: it does not know which branch of an `#if` is taken, and
its readers must bear with directives that the compiler skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wic_lsp.positions import SourceText

_DIRECTIVE = re.compile(
    r"(?:^|(?<=[\r\n]))\ufeff?[ \t\f\v]*#[ \t]*(?P<body>(?:[^\r\n\\]|\\(?:\r\n|[^\r]|\r))*)"
)
_OPAQUE = re.compile(
    r"""
      //(?:[^\r\n\\]|\\(?:\r\n|.|\n|\r))*
    | /\*.*?(?:\*/|\Z)
    | (?<!\w)(?:u8|[uUL])?R"(?P<delimiter>[^()\\\s"]{0,16})\(.*?(?:\)(?P=delimiter)"|\Z)
    | "(?:[^"\\\r\n]|\\(?:\r\n|.|\n|\r))*"?
    | (?<!\w)'(?:[^'\\\r\n]|\\(?:\r\n|.|\n|\r))*'?
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"//.*|/\*.*?(?:\*/|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive's words, without the `#`, and the offset of the first of them."""

    body: str
    offset: int


def find_directives(source: SourceText, names: str) -> Iterator[Directive]:
    """Yield the directives whose body begins with the regular expression `names`, in order."""
    if "#" not in source.text:
        return
    wanted = re.compile(names)
    opaque = _opaque_spans(source.text)
    span = next(opaque, None)
    for match in _DIRECTIVE.finditer(source.text):
        if not wanted.match(match["body"]):
            continue
        mark = source.text.index("#", match.start())
        while span is not None and span[1] <= mark:
            span = next(opaque, None)
        if span is None or mark < span[0]:
            yield Directive(
                _COMMENT.sub(" ", match["body"]) if "/" in match["body"] else match["body"],
                match.start("body"),
            )


def _opaque_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where comments and literals begin and end.

    An `#include <it's>` or an apostrophe in an `#error` would open a literal that never ends: literals end
    with their line, so that the next line is read afresh.
    """
    for match in _OPAQUE.finditer(text):
        yield match.span()
