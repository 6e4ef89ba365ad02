"""What a compiler that was found is asked, and how it is called where it lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fake_runtime import FakeRuntime, finished, program
from wic_lsp.discovery import Catalogue
from wic_lsp.toolchains.candidates import (
    Candidate,
    Unusable,
    by_bare_name,
    expand_roots,
    fill_in,
    in_image,
    on_host,
    places_of,
)
from wic_lsp.toolchains.families import Toolchain, parse_family
from wic_runtimes.contract import Image
from wic_runtimes.errors import ImageUnavailable

TABLE = {
    "family": "script", "title": "Script", "image": "script:{version}", "versions": ["1.10", "1.9", 1],
    "roots": ["{program}", "{launcher}", "{folder}/lib", "{prefix}/share", "{prefix}", "/usr/lib"],
    "environment": {"LC_ALL": "C", "HOME": "/nowhere"},
    "on_host": {"argv": ["--from={prefix}"], "environment": {"HOME": "{prefix}/home"}},
    "in_image": {"environment": {"CACHE": "/opt/{x}"}},
    "needs": {"tmp_megabytes": 2, "address_megabytes": 3, "processes": 100, "own_path": True},
    "files": {"settings.json": "{}"},
    "version": {"argv": ["--version"], "pattern": r"^v(\d+\.\d+)(?:\.\d+)*"},
    "languages": {"python": {"program": "script", "programs": r"script(?:-[\d.]+)?", "launcher": "node"}},
    "flags": {"standard": "--level {standard}", "allowed": []},
    "dialects": [
        {"from": "1.9", "parser": "x", "argv": ["--new"], "plain_argv": []},
        {"from": 1, "parser": "x", "argv": ["--old"], "plain_argv": []},
    ],
}  # fmt: skip
FAMILY = parse_family(TABLE)
SCRIPT = program("/opt/script/bin/script", is_script=True)
NODE = program("/usr/bin/node", stamp="n1")


def candidate(launcher=NODE):
    return Candidate(FAMILY, "python", SCRIPT, None, launcher)


def test_a_script_is_called_by_what_launches_it():
    """And told where it lies, after its own name."""
    assert candidate().command == ("/usr/bin/node", "/opt/script/bin/script", "--from=/opt/script")
    assert candidate(None).command[0] == "/opt/script/bin/script"


def test_in_an_image_a_script_is_called_by_its_name():
    """There it runs by itself, and nothing of the host is told or shown."""
    found = in_image(FAMILY, "python", Image("script:1.9", "sha256:a"))
    assert found.command == ("script",)
    assert found.image == "script:1.9@sha256:a"
    assert found.roots == ()
    assert found.environment == (("CACHE", "/opt/{x}"), ("HOME", "/nowhere"), ("LC_ALL", "C"))


def test_the_environment_of_its_place_has_the_last_word():
    """In the order of names, whole."""
    assert candidate().environment == (("HOME", "/opt/script/home"), ("LC_ALL", "C"))


def test_roots_are_filled_in():
    """What names a launcher that there is none of is left out, and so is the system's whole library."""
    own = (
        "/opt/script/bin/script",
        "/usr/bin/node",
        "/opt/script/bin/lib",
        "/opt/script/share",
        "/opt/script",
    )
    assert candidate().roots == own
    assert candidate(None).roots == tuple(root for root in own if root != "/usr/bin/node")


@pytest.mark.parametrize("at", ["/usr/bin/x", "/usr/local/bin/x", "/bin/x"])
def test_no_folder_of_the_system_is_a_root(at):
    """A compiler that was installed among all others shows none of them."""
    found = expand_roots(["{prefix}", "{folder}", "{prefix}/lib", "{prefix}/sbin"], places_of(at))
    assert found == ()


def test_its_version_is_asked_with_what_it_needs():
    """By its launcher, in the environment of its place, and without what it is told to compile."""
    job = candidate().ask_version("id")
    assert job.argv == ("/usr/bin/node", "/opt/script/bin/script", "--version")
    assert job.environment == candidate().environment
    assert (job.limits.tmp_bytes, job.limits.address_bytes, job.limits.processes) == (2 << 20, 3 << 20, 100)
    assert job.needs_own_path


def test_a_stamp_changes_with_what_launches_it():
    """A new node is another compiler: every cache key changes."""
    other = candidate(program("/usr/bin/node", stamp="n2"))
    assert other.stamp != candidate().stamp
    answered = [one.answered("v1.9.2") for one in (candidate(), other)]
    assert answered[0].stamp != answered[1].stamp


@pytest.mark.parametrize(
    ("answer", "id_", "version", "argv"),
    [
        ("v1.10.3\nmore", "script-1.10", "1.10.3", "--new"),
        ("v1.9", "script-1.9", "1.9", "--new"),
        ("v1.8.5", "script-1.8", "1.8.5", "--old"),
    ],
)
def test_versions_are_compared_as_numbers(answer, id_, version, argv):
    """1.10 is newer than 1.9."""
    found = candidate().answered(answer)
    assert isinstance(found, Toolchain)
    assert (found.id, found.version, found.dialect.argv) == (id_, version, (argv,))


def test_one_that_is_too_old_or_answers_otherwise_is_unusable():
    """With what would do."""
    old = candidate().answered("v0.9")
    assert isinstance(old, Unusable)
    assert old.remedy == "Install Script 1 or newer."
    assert isinstance(candidate().answered("what?"), Unusable)


def test_images_are_named_by_their_version():
    """Whole numbers and texts alike."""
    assert FAMILY.images() == {
        "script:1.10": "script-1.10",
        "script:1.9": "script-1.9",
        "script:1": "script-1",
    }


def test_the_newest_by_name_comes_first():
    """Numbers count as numbers; what launches them is the first that was found."""
    programs = [program(f"/b/script-{version}", is_script=True) for version in ("1.9", "1.10", "2")]
    found = on_host(FAMILY, "python", programs, [NODE, program("/x/node")])
    assert [one.name for one in found] == ["script-2", "script-1.10", "script-1.9"]
    assert {one.launcher for one in found} == {NODE}


def test_what_is_no_script_is_called_by_itself():
    """The same family may have both: a script, and since a later version a program."""
    native = program("/opt/script/bin/script")
    (found,) = on_host(FAMILY, "python", [native], [NODE])
    assert found.command == ("/opt/script/bin/script", "--from=/opt/script")
    assert not on_host(FAMILY, "python", [native], [])[0].lacks_launcher


def test_the_bare_name_means_what_was_found_first():
    """Not the newest that bears it among other names; those that do not bear it are not meant at all."""
    programs = [
        program("/usr/bin/script-1.9", "script", "script-1.9"),
        program("/home/bin/script-1.10", "script", "script-1.10"),
        program("/usr/bin/script-2"),
    ]
    found = on_host(FAMILY, "python", programs, [])
    assert [one.program.names[-1] for one in found] == ["script-2", "script-1.10", "script-1.9"]
    assert [one.program.names[-1] for one in by_bare_name(found)] == ["script-1.9", "script-1.10"]


async def test_a_script_without_what_runs_it_is_not_asked():
    """The user hears what to install."""
    runtime = FakeRuntime([SCRIPT], {})
    with pytest.raises(ImageUnavailable, match=r"script is a script.*Install what Script needs: node"):
        await Catalogue(runtime, {"script": FAMILY}, None).choose("python", None)
    assert runtime.jobs == []


async def test_a_script_is_found_with_what_runs_it():
    """Both on the host; the toolchain is the script, not its launcher."""
    runtime = FakeRuntime([SCRIPT, NODE], {"/usr/bin/node": finished(b"v1.9.2")})
    chosen = await Catalogue(runtime, {"script": FAMILY}, None).choose("python", "script-1.9")
    assert (chosen.id, chosen.program) == ("script-1.9", "/opt/script/bin/script")
    assert chosen.arguments("a.py", "3", ()) == (*chosen.command, "--new", "--level", "3", "a.py")


@given(word=st.text(), path=st.text(st.sampled_from("/{}programfolder"), min_size=1))
def test_what_is_filled_in_is_not_filled_in_again(word, path):
    """A path with braces in it is only a path, and no other braces are touched."""
    (filled,) = fill_in(["{program}"], {"program": path})
    assert filled == path
    if "{" not in word:
        assert fill_in([word], places_of("/a/b")) == (word,)
