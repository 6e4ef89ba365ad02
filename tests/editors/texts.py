"""Texts that every editor is tried with, and where their errors are, in each unit that editors count in.

Each has one misspelt name, for which GCC offers the right one as a fix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_MISSPELT: Final = re.compile(r"\[(?P<right>\w+)\|(?P<wrong>\w+)\]")


@dataclass(frozen=True, slots=True)
class Text:
    """A text that the compilers refuse for one name, and the place of that, `start` to `end` exclusive.

    `line` counts from 0; `start` and `end` count code points from 0 in that line. `mended` is the text with
    the right name, which is what GCC's fix makes of it; `wrong` is the name that GCC's message has.
    """

    name: str
    content: str
    mended: str
    wrong: str
    line: int
    start: int
    end: int

    @property
    def columns_utf8(self) -> tuple[int, int]:
        """The place in bytes of UTF-8."""
        return self._count(lambda text: len(text.encode()))

    @property
    def columns_utf16(self) -> tuple[int, int]:
        """The place in UTF-16 code units."""
        return self._count(lambda text: len(text.encode("utf-16-le")) // 2)

    def _count(self, measure) -> tuple[int, int]:
        line = self.content.split("\n")[self.line]
        return measure(line[: self.start]), measure(line[: self.end])


def _text(name: str, marked: str) -> Text:
    """Return the text in which one name stands as `[right|wrong]`."""
    found = _MISSPELT.search(marked)
    assert found, marked
    before, after = marked[: found.start()], marked[found.end() :]
    start = len(before.rpartition("\n")[2])
    wrong = found["wrong"]
    return Text(
        name=name,
        content=before + wrong + after,
        mended=before + found["right"] + after,
        wrong=wrong,
        line=before.count("\n"),
        start=start,
        end=start + len(wrong),
    )


PLAIN: Final = _text("plain.c", "int total(int count) {\n    return [count|cuont];\n}\n")
WIDE: Final = _text(
    "wide.c",
    # A family of three joined emoji, a tab, an e with a combining accent, and Chinese.
    "int total(int count) {\n"
    "\t/* \U0001f468\u200d\U0001f469\u200d\U0001f467\te\u0301 \u6f22\u5b57 */ return [count|cuont];\n"
    "}\n",
)
PLUS: Final = _text("plus.cpp", "int total(int count) {\n    return [count|cuont];\n}\n")
TEXTS: Final = (PLAIN, WIDE, PLUS)

FENCES: Final = """\
# Notes

```c
int right(void) { return 0; }
```

and

```c
int wrong(void) { return cuont; }
```
"""
"""A Markdown document of two blocks, of which the second is refused, in line 9, at column 25, both
from 0."""
