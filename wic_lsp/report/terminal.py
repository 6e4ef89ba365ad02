"""What reaches a terminal: text without hidden powers, measured in cells, painted on demand.

Source texts, file names and compiler messages are other people's: a raw escape sequence in them could
move the cursor, set the title or forge a line of the report. `sanitise` is therefore passed by everything
that is printed. rich is imported only where colour or a wide character needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum, unique
from typing import Final, TypeAlias

_DELETE: Final = 0x7F
_TAB: Final = "    "
_BIDI: Final = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))

# Bidirectional controls can make code read as what it is not (CVE-2021-42574); half surrogates cannot
# be written in any encoding.
_VISIBLE: Final[Mapping[int, str]] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    ord("\n"): "\n",
    ord("\t"): _TAB,
    _DELETE: "\u2421",
    **dict.fromkeys((*range(0x80, 0xA0), *_BIDI, 0x2028, 0x2029, *range(0xD800, 0xE000)), "\ufffd"),
}


@unique
class Style(Enum):
    """The looks of the report; the values are rich's style definitions."""

    PLAIN = ""
    STRONG = "bold"
    GUTTER = "bold blue"
    ERROR = "bold red"
    WARNING = "bold yellow"
    NOTE = "bold cyan"
    HELP = "bold green"


Span: TypeAlias = tuple[str, Style]
Line: TypeAlias = tuple[Span, ...]


def sanitise(text: str) -> str:
    """Replace what a terminal would obey by what it can show; line feeds stay, tabs become four spaces."""
    return text.replace("\r\n", "\n").translate(_VISIBLE)


def sanitise_line(text: str) -> str:
    """Sanitise what must stay on one line: a file name, a code, a line of source."""
    return sanitise(text).replace("\n", "\u240a")


def cells(text: str) -> int:
    """Measure a sanitised text in terminal cells: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - only wide text needs it

    return cell_len(text)


def paint(lines: Iterable[Line], *, colour: bool) -> str:
    """Join the lines, each with its end; with colour, as ANSI sequences of the sixteen colours."""
    if not colour:
        return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)
    from rich.color import ColorSystem  # noqa: PLC0415 - only colour needs it
    from rich.style import Style as RichStyle  # noqa: PLC0415

    rendered = {style: RichStyle.parse(style.value) for style in Style}
    return "".join(
        "".join(rendered[style].render(text, color_system=ColorSystem.STANDARD) for text, style in line)
        + "\n"
        for line in lines
    )


def wants_colour(environment: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Decide on colour as users have come to expect.

    Sources: no-color.org, force-color.org; a dumb terminal has none.
    """
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return is_terminal and environment.get("TERM") != "dumb"
