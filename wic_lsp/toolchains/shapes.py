"""What a table of TOML must look like, as data, and what is wrong with one that does not.

Every mistake is told, not only the first, with the key's full name and what is expected there. So nothing
that passed can fail later, when it is used. Pure; knows no compilers.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Check: TypeAlias = Callable[[object], str | None]
"""Returns what is expected in place of a value; None where the value is right."""

_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a value, by the names of the keys that lead to it."""

    key: str
    message: str

    def __str__(self) -> str:
        """Say it in a sentence, which does not end."""
        return f"{self.key} {self.message}" if self.key else self.message


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: what each key's value must be, and which keys must be there."""

    keys: Mapping[str, Check | Shape | Each]
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Each:
    """Several tables of one shape: by names of their own, which `name` finds whole, or else in a list."""

    shape: Shape
    name: re.Pattern[str] | None = field(default=None)


def find_mistakes(table: Mapping[str, object], shape: Shape, path: str = "") -> Iterator[Mistake]:
    """Yield everything that is wrong with a table."""
    for key in shape.needed:
        if key not in table:
            yield Mistake(_below(path, key), "is missing")
    for key, value in table.items():
        here = _below(path, key)
        expected = shape.keys.get(key)
        if expected is None:
            near = difflib.get_close_matches(key, shape.keys, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(shape.keys)}"
            yield Mistake(here, f"is no key here{hint}")
        elif isinstance(expected, Shape):
            if isinstance(value, Mapping):
                yield from find_mistakes(value, expected, here)
            else:
                yield Mistake(here, "must be a table")
        elif isinstance(expected, Each):
            yield from _of_each(value, expected, here)
        else:
            wanted = expected(value)
            if wanted is not None:
                yield Mistake(here, f"must be {wanted}, not {_show(value)}")


def _of_each(value: object, expected: Each, here: str) -> Iterator[Mistake]:
    if expected.name is None:
        if not isinstance(value, list) or not value or not all(isinstance(one, Mapping) for one in value):
            yield Mistake(here, f"must be tables, as [[{here}]]")
            return
        for number, one in enumerate(value, 1):
            yield from find_mistakes(one, expected.shape, f"{here}[{number}]")
        return
    if (
        not isinstance(value, Mapping)
        or not value
        or not all(isinstance(one, Mapping) for one in value.values())
    ):
        yield Mistake(here, f"must be tables with names, as [{here}.x]")
        return
    for name, one in value.items():
        if expected.name.fullmatch(name) is None:
            yield Mistake(_below(here, name), f"has a name that is not like {expected.name.pattern}")
        yield from find_mistakes(one, expected.shape, _below(here, name))


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _show(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"  # noqa: PLR2004 - as much as is read at a glance


def text(value: object) -> str | None:
    """Take any text."""
    return None if isinstance(value, str) else "a text in quotes"


def flag(value: object) -> str | None:
    """Take true and false."""
    return None if isinstance(value, bool) else "true or false"


def count(value: object) -> str | None:
    """Take whole numbers from 0 on."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
    return None if is_count else f"a whole number from 0 to {_MOST}"


def words(value: object) -> str | None:
    """Take a list of texts."""
    is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return None if is_list else "a list of texts"


def texts(value: object) -> str | None:
    """Take a table of texts."""
    is_table = isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values())
    return None if is_table else "a table of texts"


def one_of(*known: object) -> Check:
    """Take one of these values."""
    shown = " or ".join(_show(one) for one in known)

    def check(value: object) -> str | None:
        return None if any(type(one) is type(value) and one == value for one in known) else shown

    return check


def like(pattern: str, description: str) -> Check:
    """Take texts that are wholly like a regular expression."""
    rule = re.compile(pattern)

    def check(value: object) -> str | None:
        return None if isinstance(value, str) and rule.fullmatch(value) else description

    return check


def each(check: Check, description: str) -> Check:
    """Take a list of what `check` takes."""

    def check_all(value: object) -> str | None:
        is_right = isinstance(value, list) and all(check(one) is None for one in value)
        return None if is_right else description

    return check_all


def expression(value: object) -> str | None:
    """Take regular expressions, as Python has them."""
    if not isinstance(value, str):
        return "a regular expression in quotes"
    why = why_no_expression(value)
    return None if why is None else f"a regular expression ({why})"


def expressions(value: object) -> str | None:
    """Take a list of regular expressions."""
    if not isinstance(value, list):
        return "a list of regular expressions"
    return next((wrong for one in value if (wrong := expression(one)) is not None), None)


def why_no_expression(pattern: str) -> str | None:
    """Return what is wrong with a regular expression; None where nothing is."""
    try:
        re.compile(pattern, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as exc:
        return str(exc)
    return None
