"""Read JSON that a compiler wrote among other text, and that may break off anywhere.

A compiler that is killed leaves half a document, and drivers write lines of text around it. What is whole
is read; that something is missing is said. Nothing here raises on any input, and every value read is
checked for its type: the compiler ran on code that nobody trusts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

Json: TypeAlias = object
"""Anything that JSON can hold; what it is gets asked by the functions here."""

_LARGEST = 2**31 - 1
_DECODER: Final = json.JSONDecoder(strict=False)  # GCC writes control characters of the source unescaped


@dataclass(frozen=True, slots=True)
class Decoded:
    """A value, None where it could not be read, and the offset after it."""

    value: Json
    end: int


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of an array that are whole, the offset after it, and whether its end was there."""

    values: tuple[Json, ...]
    end: int
    is_complete: bool


def decode_value(text: str, start: int) -> Decoded:
    """Decode the one value that begins at `start`; the end is the text's where it is broken."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return Decoded(None, len(text))
    return Decoded(value, end)


def decode_elements(text: str, start: int) -> Elements:
    """Decode the elements of the array whose bracket is just before `start`, as far as they are whole."""
    values: list[Json] = []
    position = _skip_space(text, start)
    while position < len(text):
        if text[position] == "]":
            return Elements(tuple(values), position + 1, is_complete=True)
        decoded = decode_value(text, position)
        if decoded.value is None:
            break
        values.append(decoded.value)
        position = _skip_space(text, decoded.end)
        if text[position : position + 1] == ",":
            position = _skip_space(text, position + 1)
    return Elements(tuple(values), len(text), is_complete=False)


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def member(value: Json, *names: str) -> Json:
    """Follow `names` down through objects; None where one of them is missing."""
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def elements(value: Json, *names: str) -> list[Json]:
    """Return the list found there; an empty one where there is none."""
    found = member(value, *names)
    return found if isinstance(found, list) else []


def text_of(value: Json, *names: str) -> str:
    """Return the string found there, without lone surrogates; an empty one where there is none."""
    found = member(value, *names)
    if not isinstance(found, str):
        return ""
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def number_of(value: Json, *names: str) -> int | None:
    """Return the whole number found there, within what lines and columns can be; None where there is none."""
    found = member(value, *names)
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    return min(max(found, 0), _LARGEST)
