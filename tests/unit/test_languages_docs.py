"""docs/languages.md says what is so: each compiler with its versions and images, each word for a standard."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wic_lsp.toolchains.families import shipped_families, shipped_languages

DOCS = (Path(__file__).parents[2] / "docs/languages.md").read_text(encoding="utf-8")


def rows(heading):
    """Return the cells of the table whose first heading that is, line by line."""
    table = DOCS.partition(f"\n{heading}")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


COMPILERS = rows("| language | compiler |")
STANDARDS = rows("| language | words |")


def row_of(family):
    (row,) = (row for row in COMPILERS if f"`{next(iter(family.languages.values())).program}`" in row[1])
    return row


@pytest.mark.parametrize("family", shipped_families().values(), ids=lambda family: family.id)
def test_each_compiler_is_told_with_its_languages_versions_and_images(family):
    """The oldest that is understood, and the first and the last of its images."""
    told, _, oldest, images = row_of(family)
    assert told.split(", ") == [shipped_languages()[language].title for language in family.languages]
    assert oldest == ".".join(map(str, min(one.oldest for one in family.dialects))) + " or newer"
    name = family.image.partition(":")[0]
    versions = re.findall(r"`[^`:]*:([^`]+)`", images)
    assert f"`{name}:{family.versions[-1]}`" in images
    assert (versions[0], versions[-1]) == (family.versions[-1], family.versions[0])
    assert " to " in images or versions == list(reversed(family.versions))


def test_no_other_compiler_is_told():
    """What is told can be used."""
    assert len(COMPILERS) == len(shipped_families())
    told = {language for row in COMPILERS for language in row[0].split(", ")}
    assert told == {language.title for language in shipped_languages().values()}


@pytest.mark.parametrize("language", shipped_languages().values(), ids=lambda language: language.id)
def test_every_word_for_a_standard_is_taken(language):
    """By every compiler of the language; where none is told, none takes one."""
    (row,) = (row for row in STANDARDS if language.title in row[0].split(", "))
    words = re.findall(r"`([^`]+)`", row[1])
    for family in shipped_families().values():
        if support := family.languages.get(language.id):
            assert all(support.standards.fullmatch(word) for word in words)
            assert bool(support.known_standards) is bool(words)
