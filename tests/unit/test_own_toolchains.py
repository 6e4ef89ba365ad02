"""A user's own compilers: what a file may leave out, what is wrong with one, and what they change."""

from __future__ import annotations

import os
import tomllib
from importlib import resources

import pytest

from tests.own_toolchains import file_of
from tests.unit.fake_runtime import FakeRuntime, finished, program
from wic_lsp.config import Origin, resolve
from wic_lsp.discovery import Catalogue
from wic_lsp.own_toolchains import learn_own_toolchains
from wic_lsp.parsers import PARSERS, PARSERS_OF_ANY
from wic_lsp.snippets.fenced import fenced, language_of_word
from wic_lsp.snippets.markdown import extract
from wic_lsp.toolchains.candidates import Unusable
from wic_lsp.toolchains.families import (
    adopt,
    families,
    images,
    language_of_editor,
    language_of_path,
    languages,
    parse_family,
    shipped_families,
    shipped_languages,
)
from wic_lsp.toolchains.own import complete, read_own
from wic_lsp.toolchains.own_shape import PARSERS_OF_ANY as NAMES_OF_ANY
from wic_lsp.toolchains.own_shape import PARSERS_OF_ONE, SHAPE
from wic_lsp.toolchains.shapes import find_mistakes

SHORTEST = """
family = "x"
[languages.xlang]
program = "xc"
endings = [".xx"]
[[dialects]]
parser = "gcc-text"
"""
PATTERN = r"""
parser = "pattern"
pattern = '(?P<line>\d+) (?P<message>.*)'
"""
GCC_TEXT = 'parser = "gcc-text"'


@pytest.fixture(autouse=True)
def nothing_of_ones_own():
    """Begin and end without anything of a user's."""
    adopt({}, {})
    yield
    adopt({}, {})


def read(*texts):
    return read_own([(f"{number}.toml", text) for number, text in enumerate(texts, 1)], shipped_languages())


def mistakes(*texts):
    return [f"{name}: {mistake}" for name, mistake in read(*texts).mistakes]


def changed(old, new, text=SHORTEST):
    assert text.count(old) == 1
    return text.replace(old, new)


def test_the_shortest_file_is_enough():
    """What it leaves out is what most compilers need."""
    own = read(SHORTEST)
    assert own.mistakes == ()
    assert own.files == {"x": "1.toml"}
    family, language = own.families["x"], own.languages["xlang"]
    assert (language.title, language.editor, language.endings) == ("xlang", ("xlang",), (".xx",))
    assert (family.title, family.versions, family.roots, dict(family.images())) == (
        "x",
        (),
        ("{program}",),
        {},
    )
    assert family.environment == {"LC_ALL": "C.UTF-8"}
    assert family.languages["xlang"].programs.fullmatch("xc-2.1")
    assert not family.languages["xlang"].programs.fullmatch("xcc")
    assert family.allowed_flags == ()
    assert family.dialect_for((0,)) is family.dialects[0]


@pytest.mark.parametrize(
    ("versions", "found"), [("[3, 2]", "2"), ("['2.16']", "2.16"), ("['2.16.1']", "2.16.1")]
)
def test_a_version_has_as_many_numbers_as_those_of_the_images(versions, found):
    """So that a compiler in an image and the same on this machine have one name."""
    text = f"image = 'x:{{version}}'\nversions = {versions}\n{SHORTEST}"
    assert read(text).families["x"].version_pattern.search("xc 2.16.1 of 3 May")[1] == found


@pytest.mark.parametrize("answer", ["xc 2.16.01 of 3 May", "2.16\n", "version: 2.16rc1"])
def test_the_first_number_of_an_answer_is_the_usual_version(answer):
    """With at most one dot."""
    assert read(SHORTEST).families["x"].version_pattern.search(answer)[1] == "2.16"


def test_our_own_files_are_of_the_same_shape():
    """What we ship would be taken from a user, and means the same."""
    names = [entry.name for entry in resources.files("wic_lsp.toolchains").iterdir()]
    for name in [name for name in names if name.endswith(".toml") and name != "languages.toml"]:
        text = resources.files("wic_lsp.toolchains").joinpath(name).read_text(encoding="utf-8")
        table = tomllib.loads(text)
        assert [str(one) for one in find_mistakes(table, SHAPE)] == []
        assert mistakes(text) == []
        assert parse_family(complete(table)) == shipped_families()[table["family"]]


def test_every_parser_can_be_named():
    """The names that are checked are those that there are."""
    assert set(NAMES_OF_ANY) == set(PARSERS_OF_ANY)
    assert set(PARSERS_OF_ONE) == set(PARSERS)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("family = ", "is no TOML: Invalid value (at end of document)"),
        ("", "family is missing"),
        (changed('"x"', "3"), "family must be a name in small letters and digits, as nasm, not 3"),
        (
            changed('"x"', '"gcc-x"'),
            "family must be a name in small letters and digits, as nasm, not 'gcc-x'",
        ),
        (
            changed("[[dialects]]", "rots = []\n[[dialects]]"),
            "languages.xlang.rots is no key here; there are ",
        ),
        (changed('family = "x"', 'family = "x"\nrots = []'), "rots is no key here; did you mean roots?"),
        (
            changed('"xc"', '"/usr/bin/xc"'),
            "languages.xlang.program must be the program's bare name, as nasm, ",
        ),
        (changed('program = "xc"', 'programs = "xc"'), "languages.xlang.program is missing"),
        (changed('[".xx"]', '["xx"]'), "languages.xlang.endings must be a list of endings, as "),
        (changed('[".xx"]', "[]"), "languages.xlang.endings must have one ending at least"),
        (
            changed('endings = [".xx"]', ""),
            "languages.xlang.endings is missing: xlang is none of wic's languages ",
        ),
        (changed('endings = [".xx"]', 'title = "X"'), "languages.xlang.endings is missing: how the names "),
        (changed('[".xx"]', '[".c"]'), "languages.xlang.endings has .c, which is an ending of C"),
        (
            changed("endings", 'editor = ["cpp"]\nendings'),
            "languages.xlang.editor has cpp, which editors call C++",
        ),
        (changed("xlang", "c"), "languages.c.endings is not to be said here: wic knows what c is"),
        (changed("xlang", "Xlang"), "languages.Xlang has a name that is not like "),
        (
            changed("[languages.xlang]", "[languages]"),
            "languages must be tables with names, as [languages.x]",
        ),
        (changed("[[dialects]]", "[dialects]"), "dialects must be tables, as [[dialects]]"),
        (
            changed('"gcc-text"', '"gcc_text"'),
            "dialects[1].parser must be 'gcc-text' or 'pattern' or 'sarif' or ",
        ),
        (changed(GCC_TEXT, 'argv = "-c"'), "dialects[1].parser is missing"),
        (changed(GCC_TEXT, f'{GCC_TEXT}\nargv = "-c"'), "dialects[1].argv must be a list of texts, not '-c'"),
        (
            changed(GCC_TEXT, f"{GCC_TEXT}\nfrom = 1.8"),
            "dialects[1].from must be a whole number, or a version ",
        ),
        (
            changed(GCC_TEXT, f'{GCC_TEXT}\npattern = "x"'),
            "dialects[1].pattern means nothing to the parser gcc-text",
        ),
        (
            changed(GCC_TEXT, 'parser = "sarif"\ncolumns = "bytes"'),
            "dialects[1].columns means nothing to the parser",
        ),
        (
            changed(GCC_TEXT, f'{GCC_TEXT}\ncolumns = "inches"'),
            "dialects[1].columns must be 'bytes' or 'code points'",
        ),
        (
            changed(GCC_TEXT, f"{GCC_TEXT}\nfirst_column = true"),
            "dialects[1].first_column must be 0 or 1, not True",
        ),
        (
            changed(GCC_TEXT, f'{GCC_TEXT}\nseverities = {{x = "bad"}}'),
            "dialects[1].severities must be a table from ",
        ),
        (changed(GCC_TEXT, 'parser = "pattern"'), "dialects[1].pattern is missing"),
        (
            changed(GCC_TEXT, PATTERN.replace("(?P<line>", "(")),
            "dialects[1].pattern must have a group (?P<line>...)",
        ),
        (
            changed(GCC_TEXT, PATTERN.replace("message", "text")),
            "dialects[1].pattern must have a group (?P<message>",
        ),
        (
            changed(GCC_TEXT, PATTERN.replace(" (?P", "(?P<lin>) (?P")),
            "dialects[1].pattern has a group lin; there are",
        ),
        (
            changed(GCC_TEXT, PATTERN.replace("*)", "*")),
            "dialects[1].pattern must be a regular expression (missing ), ",
        ),
        (
            f"{SHORTEST}[version]\npattern = 'x'",
            "version.pattern must be a regular expression whose first group is ",
        ),
        (f"{SHORTEST}[flags]\nallowed = ['(']", "flags.allowed must be a regular expression (missing ), "),
        (
            f"{SHORTEST}[flags]\nstandard = '-std={{s}}'",
            "flags.standard must be a text with {standard} in it, ",
        ),
        (
            f"{SHORTEST}[needs]\ntmp_megabytes = -1",
            "needs.tmp_megabytes must be a whole number from 0 to 1000000",
        ),
        (f"{SHORTEST}[files]\n'../x' = 'y'", "files.../x must have the name of a file beside the snippet"),
        (f"roots = ['lib']\n{SHORTEST}", "roots must be a list of absolute paths, or ones that begin with "),
        (f"image = 'x:{{version}}'\n{SHORTEST}", "image and versions belong together"),
        (
            f"image = 'x:{{version}}'\nversions = [1, '1.2']\n{SHORTEST}",
            "versions must have as many numbers each",
        ),
        (f"image = 'x'\nversions = [1]\n{SHORTEST}", "image must be a text with {version} in it, once, "),
        (changed("endings", "standards = 'x'\nendings"), "languages.xlang.standards needs flags.standard: "),
    ],
)
def test_a_mistake_is_told_with_its_key_and_what_is_expected(text, complaint):
    """And nothing of the file counts."""
    (told,) = [one for one in mistakes(text) if one.startswith(f"1.toml: {complaint}")]
    assert told
    assert (read(text).families, read(text).languages, read(text).files) == ({}, {}, {})


def test_all_mistakes_of_a_file_are_told():
    """Not only the first."""
    text = changed('"xc"', "1", changed('"gcc-text"', '"x"'))
    assert len(mistakes(text)) == 2


def test_other_files_still_count():
    """A broken one is as if it were not there; a family's second file is one, too."""
    other = changed("xlang", "ylang", changed(".xx", ".yy", SHORTEST))
    own = read("family = ", SHORTEST, other, changed('"x"', '"y"', other))
    assert [f"{name}: {mistake}" for name, mistake in own.mistakes][1:] == [
        "3.toml: family x is in 2.toml already"
    ]
    assert dict(own.files) == {"x": "2.toml", "y": "4.toml"}
    assert set(own.languages) == {"xlang", "ylang"}


def test_two_compilers_can_share_a_language():
    """One file says what it is, in whatever order they come; only one may."""
    user = changed('"x"', '"y"', changed('endings = [".xx"]\n', ""))
    assert set(read(user, SHORTEST).families) == set(read(SHORTEST, user).families) == {"x", "y"}
    assert mistakes(SHORTEST, changed('"x"', '"y"')) == [
        "2.toml: languages.xlang.endings is not to be said here: 1.toml says what xlang is"
    ]


def test_a_language_goes_with_the_file_that_defines_it():
    """Whoever else needs it is told."""
    user = changed('"x"', '"y"', changed('endings = [".xx"]\n', ""))
    own = read(changed('"gcc-text"', '"x"'), user)
    assert [name for name, _ in own.mistakes] == ["1.toml", "2.toml"]
    assert (own.families, own.languages) == ({}, {})


def test_what_is_adopted_is_known_everywhere():
    """By editors, endings, settings, images and words in Markdown; ours are as they were."""
    own = read(
        f"image = 'my-x:{{version}}'\nversions = [2, 1]\n{SHORTEST}".replace(
            "endings", "comment = ';'\nendings"
        )
    )
    adopt(own.languages, own.families)
    assert (language_of_editor("xlang"), language_of_path("a.xx")) == ("xlang", "xlang")
    assert language_of_word("XX") == ("xlang", ".xx")
    assert fenced("xlang").comment.fullmatch("; text")
    assert list(images().items())[-2:] == [("my-x:2", "x-2"), ("my-x:1", "x-1")]
    assert resolve([(Origin.USER, {"toolchains": {"xlang": ["x"]}})])[1] == ()
    (block,) = extract("```xlang\ntext\n```\n")
    assert (block.snippet.language, block.snippet.name) == ("xlang", "main.xx")
    assert list(languages())[:-1] == list(shipped_languages())
    adopt({}, {})
    assert language_of_word("xx") is None
    assert list(families()) == list(shipped_families())


def test_a_family_of_our_name_replaces_ours():
    """It keeps its place: what is taken by default stays the default."""
    own = read(changed("xlang", "c", changed('"x"', '"gcc"', changed('endings = [".xx"]\n', ""))))
    adopt(own.languages, own.families)
    assert list(families()) == list(shipped_families())
    assert set(families()["gcc"].languages) == {"c"}


async def test_it_is_found_and_asked_like_ours():
    """Also one that tells its version on standard error."""
    own = read(SHORTEST)
    adopt(own.languages, own.families)
    runtime = FakeRuntime([program("/usr/bin/xc")], {"/usr/bin/xc": finished(b"", b"xc 1.2.3\n")})
    found = await Catalogue(runtime, families(), None).choose("xlang", None)
    assert (found.id, found.version, found.roots) == ("x-1.2", "1.2.3", ("/usr/bin/xc",))
    assert runtime.jobs[0].argv == ("/usr/bin/xc", "--version")
    assert found.arguments("a.xx", None, ()) == ("/usr/bin/xc", "a.xx")


async def test_a_version_that_is_none_makes_a_compiler_unusable():
    """Whatever the user's pattern takes for one."""
    own = read(f"{SHORTEST}[version]\npattern = 'xc (.*)'")
    adopt(own.languages, own.families)
    runtime = FakeRuntime([program("/usr/bin/xc")], {"/usr/bin/xc": finished(b"xc one\n")})
    (found,) = await Catalogue(runtime, families(), None).list_all("xlang")
    assert isinstance(found, Unusable)
    assert found.reason == "xc gave no version: 'xc one'"


def test_the_folders_files_are_read_in_the_order_of_their_names(tmp_path):
    """Those that end with .toml; what was learnt before is forgotten."""
    (tmp_path / "b.toml").write_text(SHORTEST)
    (tmp_path / "a.toml").write_text(file_of("nasm"))
    (tmp_path / "notes.txt").write_text("no TOML")
    own = learn_own_toolchains(tmp_path)
    assert own.to_lines() == (f"own toolchains: nasm (a.toml), x (b.toml): {tmp_path}",)
    assert own.to_object() == {
        "path": str(tmp_path),
        "families": {"nasm": "a.toml", "x": "b.toml"},
        "problems": [],
    }
    assert list(families())[-2:] == ["nasm", "x"]
    assert learn_own_toolchains(tmp_path / "none").to_lines() == (f"own toolchains: none: {tmp_path}/none",)
    assert list(families()) == list(shipped_families())


def test_what_cannot_be_read_is_told(tmp_path):
    """A folder, a pipe, what is no text, what is too large; one that is right counts."""
    (tmp_path / "a.toml").mkdir()
    os.mkfifo(tmp_path / "b.toml")
    (tmp_path / "c.toml").write_bytes(b"\xff")
    (tmp_path / "d.toml").write_bytes(b"#" * 300_000)
    (tmp_path / "e.toml").write_text(SHORTEST)
    (tmp_path / "f.toml").write_text("x = 1")
    own = learn_own_toolchains(tmp_path)
    assert dict(own.files) == {"x": "e.toml"}
    told = [problem.message.removeprefix(f"{tmp_path}/") for problem in own.problems]
    assert told[:2] == [f"{name}.toml: cannot be read (it is no file); it is passed over." for name in "ab"]
    assert told[2].startswith("c.toml: cannot be read ('utf-8' codec")
    assert told[3] == "d.toml: cannot be read (it has more than 262,144 bytes); it is passed over."
    assert told[4:] == [
        "f.toml: family is missing; it is passed over.",
        "f.toml: languages is missing; it is passed over.",
        "f.toml: dialects is missing; it is passed over.",
        f"f.toml: x is no key here; there are {', '.join(SHAPE.keys)}; it is passed over.",
    ]
    assert own.to_lines()[1] == f"  {own.problems[0].message}"


def test_a_folder_that_is_none_is_told(tmp_path):
    """And stops nothing."""
    (tmp_path / "toolchains").write_text("")
    (problem,) = learn_own_toolchains(tmp_path / "toolchains").problems
    assert problem.message == f"{tmp_path}/toolchains: cannot be read (Not a directory); it is passed over."
