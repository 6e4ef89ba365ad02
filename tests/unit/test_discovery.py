"""Which compilers there are: the default, a choice by name, what is unusable, and what is remembered."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from tests.unit.fake_runtime import FakeRuntime, finished, program
from wic_lsp.discovery import Catalogue
from wic_lsp.toolchains.candidates import Unusable, expand_roots, places_of
from wic_lsp.toolchains.families import families
from wic_runtimes.contract import CompileOutput, Outcome
from wic_runtimes.errors import ImageUnavailable, JobRejected, RuntimeUnavailable

CLANG = b"Debian clang version 19.1.7 (3)\nTarget: x86_64-pc-linux-gnu\n"
PROGRAMS = [
    program("/usr/bin/gcc-11"),
    program("/usr/bin/gcc-12", "gcc-12", "gcc"),
    program("/usr/bin/gcc-9"),
    program("/opt/llvm/bin/clang", "clang-19"),
]
ANSWERS = {
    "/usr/bin/gcc-9": finished(b"9.5.0\n"),
    "/usr/bin/gcc-11": finished(b"11.3.0\n"),
    "/usr/bin/gcc-12": finished(b"12.2.0\n"),
    "/opt/llvm/bin/clang": finished(CLANG),
}
STRANGE_ANSWERS = {
    "nothing": finished(),
    "words": finished(b"usage: gcc FILE"),
    "a failure": finished(b"12.2.0", exit_code=1),
    "an error with a number": finished(b"error: 12 problems"),
    "a huge number": finished(b"9" * 5000),
    "a timeout": CompileOutput(Outcome.TIMED_OUT, None, b"12.2.0", b"", 10, 10),
    "a crash": CompileOutput(Outcome.CRASHED, 139, b"", b"", 1, 1),
    "no program": ImageUnavailable("The compiler is not there.", "Install it."),
}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        """Tell the time."""
        return self.now


@pytest.fixture
def runtime():
    return FakeRuntime(PROGRAMS, ANSWERS)


@pytest.fixture
def catalogue(runtime):
    return Catalogue(runtime, families(), None)


def asked(runtime):
    return [job.argv[0] for job in runtime.jobs]


async def test_nothing_is_looked_up_before_it_is_asked(runtime):
    """Making a catalogue costs nothing."""
    Catalogue(runtime, families(), None)
    assert runtime.looked_up == runtime.jobs == []


async def test_the_default_is_the_bare_name(runtime, catalogue):
    """`gcc` is what the machine's owner means, and no other compiler is asked."""
    chosen = await catalogue.choose("c", None)
    assert (chosen.id, chosen.version, chosen.program) == ("gcc-12", "12.2.0", "/usr/bin/gcc-12")
    assert chosen.is_on_host
    assert asked(runtime) == ["/usr/bin/gcc-12"]


async def test_without_the_bare_name_the_newest_of_the_first_family_is_taken(runtime, catalogue):
    """Numbers are compared as numbers: 11 is newer than 9."""
    runtime.programs = [one for one in PROGRAMS if "gcc" not in one.names]
    assert (await catalogue.choose("c", None)).id == "gcc-11"


async def test_a_default_that_cannot_be_used_gives_way_to_the_next(runtime, catalogue):
    """A wrapper called gcc does not keep the real compilers from being used."""
    runtime.answers["/usr/bin/gcc-12"] = finished(b"I am a wrapper")
    assert (await catalogue.choose("c", None)).id == "gcc-11"


@pytest.mark.parametrize("failure", [ImageUnavailable("Nobody may read it."), JobRejected("It is private.")])
@pytest.mark.parametrize("wanted", [None, "rustc", "rustc-1.63"])
async def test_one_that_the_runtime_cannot_reach_hides_no_other(failure, wanted):
    """Somebody's own compiler in a closed folder does not keep the system's from being used."""
    programs = [program("/root/rustc"), program("/usr/bin/rustc")]
    runtime = FakeRuntime(programs, {"/root/rustc": failure, "/usr/bin/rustc": finished(b"rustc 1.63.0")})
    catalogue = Catalogue(runtime, families(), None)
    assert (await catalogue.choose("rust", wanted)).program == "/usr/bin/rustc"
    listed = await catalogue.list_all("rust")
    assert [(one.id, one.program) for one in listed] == [
        ("rustc", "/root/rustc"),
        ("rustc-1.63", "/usr/bin/rustc"),
    ]


async def test_of_two_of_one_name_the_one_that_can_be_used_is_taken(runtime, catalogue):
    """A wrapper called gcc-11 before the real one: that one is listed, and chosen by name."""
    runtime.programs.insert(0, program("/wrappers/gcc-11"))
    runtime.answers["/wrappers/gcc-11"] = finished()
    assert (await catalogue.choose("c", "gcc-11")).program == "/usr/bin/gcc-11"
    assert [one.program for one in await catalogue.list_all("c") if one.id == "gcc-11"] == ["/usr/bin/gcc-11"]


async def test_the_bare_name_is_the_first_on_the_path():
    """Two that both bear it: not the newest, but what the shell would run."""
    programs = [
        program("/usr/bin/python3.11", "python3", "python3.11"),
        program("/home/x/python3.13", "python3", "python3.13"),
    ]
    answers = {
        "/usr/bin/python3.11": finished(b"Python 3.11.2"),
        "/home/x/python3.13": finished(b"Python 3.13.0"),
    }
    catalogue = Catalogue(FakeRuntime(programs, answers), families(), None)
    assert (await catalogue.choose("python", None)).id == "python-3.11"
    assert (await catalogue.choose("python", "python")).id == "python-3.13"


@pytest.mark.parametrize(
    ("wanted", "path"),
    [("gcc-11", "/usr/bin/gcc-11"), ("gcc-9", "/usr/bin/gcc-9"), ("clang-19", "/opt/llvm/bin/clang")],
)
async def test_a_choice_by_name_asks_only_that_one(runtime, catalogue, wanted, path):
    """Choosing one of many compilers takes one probe."""
    chosen = await catalogue.choose("c", wanted)
    assert (chosen.id, chosen.program) == (wanted, path)
    assert asked(runtime) == [path]


async def test_a_version_that_no_name_tells_is_found_by_asking(runtime, catalogue):
    """`gcc` may be 14 without being called so."""
    runtime.programs.append(program("/opt/cc/bin/gcc"))
    runtime.answers["/opt/cc/bin/gcc"] = finished(b"14.1.0")
    assert (await catalogue.choose("c", "gcc-14")).program == "/opt/cc/bin/gcc"


@pytest.mark.parametrize("wanted", ["gcc", "clang"])
async def test_a_familys_name_alone_is_its_newest(catalogue, wanted):
    """`--toolchain clang` needs no number."""
    chosen = await catalogue.choose("c", wanted)
    assert chosen.id == {"gcc": "gcc-12", "clang": "clang-19"}[wanted]


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("gcc-13", "Did you mean 'gcc-12'? "),
        ("clan-19", "Did you mean 'clang-19'? "),
        ("rustc", ""),
        ("", ""),
        ("gcc-", "Did you mean 'gcc-9'? "),
    ],
)
async def test_an_unknown_name_suggests_the_nearest(catalogue, wanted, hint):
    """The remedy holds what was probably meant and all that can be used, newest first."""
    with pytest.raises(JobRejected) as caught:
        await catalogue.choose("c", wanted)
    assert caught.value.reason == f"There is no C toolchain '{wanted}' in the runtime 'fake'."
    assert caught.value.remedy == f"{hint}Usable: gcc-12, gcc-11, gcc-9, clang-19."


async def test_without_any_compiler_the_user_is_told_which_to_install(catalogue, runtime):
    """Nothing found is an error with the programs' names."""
    runtime.programs = []
    with pytest.raises(ImageUnavailable) as caught:
        await catalogue.choose("cpp", None)
    assert caught.value.reason == "No C++ compiler was found for the runtime 'fake'."
    assert caught.value.remedy == "Install one (g++, clang++), or choose another runtime."
    assert await catalogue.list_all() == ()


@pytest.mark.parametrize("answer", STRANGE_ANSWERS)
async def test_a_compiler_that_tells_no_version_is_listed_with_the_reason(runtime, catalogue, answer):
    """It is not hidden and not used, and choosing it says why."""
    runtime.answers["/usr/bin/gcc-11"] = STRANGE_ANSWERS[answer]
    listed = await catalogue.list_all("c")
    assert [one.id for one in listed] == ["gcc-12", "gcc-11", "gcc-9", "clang-19"]
    assert isinstance(listed[1], Unusable)
    assert listed[1].reason
    assert listed[1].remedy
    with pytest.raises(ImageUnavailable) as caught:
        await catalogue.choose("c", "gcc-11")
    assert (caught.value.reason, caught.value.remedy) == (listed[1].reason, listed[1].remedy)


async def test_when_no_compiler_can_be_used_the_defaults_own_reason_is_given(runtime, catalogue):
    """The bare name's failure is what the user needs to hear."""
    runtime.answers = dict.fromkeys(ANSWERS, finished())
    with pytest.raises(ImageUnavailable, match="gcc-12 told no version in the fake: finished"):
        await catalogue.choose("c", None)


@pytest.mark.parametrize(
    ("path", "answer", "reason", "remedy"),
    [
        ("gcc-4", b"4.8.5", "GCC 4 is too old", "Install GCC 9 or newer."),
        ("gcc-8", b"8.5.0", "GCC 8 is too old", "Install GCC 9 or newer."),
        ("clang-8", b"clang version 8.0.1", "Clang 8 is too old", "Install Clang 9 or newer."),
    ],
)
async def test_a_version_that_is_too_old_is_unusable(path, answer, reason, remedy):
    """A compiler whose messages cannot be read exactly is not guessed at."""
    runtime = FakeRuntime([program(f"/x/{path}")], {f"/x/{path}": finished(answer)})
    (listed,) = await Catalogue(runtime, families(), None).list_all("c")
    assert isinstance(listed, Unusable)
    assert listed.id == path
    assert listed.reason.startswith(reason)
    assert listed.remedy == remedy


async def test_a_runtime_that_fails_is_no_fault_of_the_compiler(runtime, catalogue):
    """An engine that is down is raised as what it is, and asked again the next time."""
    runtime.answers["/usr/bin/gcc-12"] = RuntimeUnavailable("Down.", "Start it.")
    with pytest.raises(RuntimeUnavailable):
        await catalogue.choose("c", None)
    runtime.answers["/usr/bin/gcc-12"] = finished(b"12.2.0")
    assert (await catalogue.choose("c", None)).id == "gcc-12"


async def test_one_compiler_that_the_runtime_fails_on_does_not_hide_the_others(runtime, catalogue):
    """A folder that the runtime cannot reach makes that compiler unusable, not the runtime."""
    runtime.answers["/usr/bin/gcc-11"] = RuntimeUnavailable("No way in.", "Open it.")
    listed = await catalogue.list_all("c")
    assert [isinstance(one, Unusable) for one in listed] == [False, True, False, False]
    assert (listed[1].id, listed[1].reason, listed[1].remedy) == ("gcc-11", "No way in.", "Open it.")


async def test_one_compiler_that_the_runtime_fails_on_does_not_stand_before_the_one_that_is_wanted(
    runtime, catalogue
):
    """Whoever names a compiler gets it, whatever else bears such a name; else that failure is told."""
    runtime.answers["/usr/bin/gcc-12"] = RuntimeUnavailable("No way in.", "Open it.")
    assert (await catalogue.choose("c", "gcc")).id == "gcc-11"
    with pytest.raises(RuntimeUnavailable, match="No way in"):
        await catalogue.choose("c", "gcc-12")


async def test_a_runtime_that_fails_on_every_compiler_is_what_failed(runtime, catalogue):
    """No list of unusable compilers hides that the engine is down, not even where a name is unknown."""
    runtime.answers = dict.fromkeys(ANSWERS, RuntimeUnavailable("Down.", "Start it."))
    with pytest.raises(RuntimeUnavailable, match="Down"):
        await catalogue.list_all()
    with pytest.raises(RuntimeUnavailable, match="Down"):
        await catalogue.choose("c", "rustc")


async def test_concurrent_choices_ask_once(runtime, catalogue):
    """Ten documents that open at once take one probe."""
    chosen = await asyncio.gather(*(catalogue.choose("c", None) for _ in range(10)))
    assert {one.id for one in chosen} == {"gcc-12"}
    assert asked(runtime) == ["/usr/bin/gcc-12"]


async def test_concurrent_probes_of_different_compilers_lose_no_answer(runtime, tmp_path):
    """What one of them learnt is still known, in memory and on disk, when the other is done."""
    catalogue = Catalogue(runtime, families(), tmp_path)
    await asyncio.gather(*(catalogue.choose("c", name) for name in ("gcc-11", "gcc-12", "clang-19")))
    await asyncio.gather(*(catalogue.choose("c", name) for name in ("gcc-11", "gcc-12", "clang-19")))
    assert len(runtime.jobs) == 3


async def test_probes_run_with_the_compilers_own_roots_and_bounds(runtime, catalogue):
    """The question is asked inside the runtime, with a bound on time and output."""
    await catalogue.choose("c", None)
    (job,) = runtime.jobs
    assert job.argv == ("/usr/bin/gcc-12", "-dumpfullversion")
    assert job.files == ()
    assert "/usr/bin/gcc-12" in job.roots
    assert job.environment == (("LC_ALL", "C.UTF-8"),)
    assert (job.limits.wall_s, job.limits.output_bytes) == (10, 65536)


async def test_answers_are_remembered_on_disk(runtime, tmp_path):
    """A second server asks nobody, and comes to the same toolchain."""
    first = await Catalogue(runtime, families(), tmp_path / "new" / "folder").choose("c", None)
    runtime.jobs.clear()
    assert await Catalogue(runtime, families(), tmp_path / "new" / "folder").choose("c", None) == first
    assert runtime.jobs == []
    assert [file.name for file in (tmp_path / "new" / "folder").iterdir()] == ["toolchains.json"]


async def test_one_that_is_unusable_is_passed_by_and_not_asked_at_every_edit(runtime):
    """The default is the next that works; after half a minute the first is asked again."""
    clock = Clock()
    catalogue = Catalogue(runtime, families(), None, clock)
    runtime.answers["/usr/bin/gcc-12"] = ImageUnavailable("Nobody may read it.", "Open it.")
    assert [(await catalogue.choose("c", None)).id for _ in range(3)] == ["gcc-11"] * 3
    assert asked(runtime) == ["/usr/bin/gcc-12", "/usr/bin/gcc-11"]
    runtime.answers["/usr/bin/gcc-12"] = finished(b"12.2.0")
    clock.now = 31
    assert (await catalogue.choose("c", None)).id == "gcc-12"


async def test_what_is_spoken_for_the_time_being_is_remembered_for_the_time_being(tmp_path):
    """A Go whose standard library is not compiled is asked again after a while, or by the next server."""
    clock = Clock()
    runtime = FakeRuntime([program("/b/go")], {"/b/go": finished(b"go1.1 go1.22 true")})
    slow = Catalogue(runtime, families(), tmp_path / "slow", clock)
    another = Catalogue(runtime, families(), tmp_path, clock)
    assert (await slow.choose("go", None)).dialect.is_provisional
    assert (await another.choose("go", None)).dialect.slow.startswith("Go's standard library is not compiled")
    runtime.jobs.clear()
    runtime.answers["/b/go"] = finished(b"go1.1 go1.22 false")
    assert (await slow.choose("go", None)).dialect.is_provisional
    clock.now = 31
    assert not (await slow.choose("go", None)).dialect.is_provisional
    assert len(runtime.jobs) == 1
    clock.now = 62
    assert not (await slow.choose("go", None)).dialect.is_provisional
    assert len(runtime.jobs) == 1
    ready = await Catalogue(runtime, families(), tmp_path).choose("go", None)
    assert not ready.dialect.is_provisional
    assert len(runtime.jobs) == 2
    assert await Catalogue(runtime, families(), tmp_path).choose("go", None) == ready
    assert len(runtime.jobs) == 2


async def test_a_program_that_changed_is_asked_again(runtime, tmp_path):
    """An upgrade in place is a new compiler, with a new stamp for every cache key."""
    old = await Catalogue(runtime, families(), tmp_path).choose("c", "gcc-12")
    runtime.programs = [program("/usr/bin/gcc-12", stamp="s2")]
    runtime.answers["/usr/bin/gcc-12"] = finished(b"12.3.0")
    new = await Catalogue(runtime, families(), tmp_path).choose("c", "gcc-12")
    assert (old.version, new.version) == ("12.2.0", "12.3.0")
    assert old.stamp != new.stamp


@pytest.mark.parametrize("wanted", [None, "gcc-12"])
async def test_a_living_server_notices_an_upgrade(runtime, wanted):
    """Programs are looked for again after some seconds, by default or by name, and not at every edit."""
    clock = Clock()
    catalogue = Catalogue(runtime, families(), None, clock)
    await catalogue.choose("c", wanted)
    looked_up = len(runtime.looked_up)
    runtime.programs = [program("/usr/bin/gcc-12", "gcc-12", "gcc", stamp="s2")]
    runtime.answers["/usr/bin/gcc-12"] = finished(b"12.3.0")
    clock.now = 4.0
    assert (await catalogue.choose("c", wanted)).version == "12.2.0"
    assert len(runtime.looked_up) == looked_up
    clock.now = 6.0
    assert (await catalogue.choose("c", wanted)).version == "12.3.0"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"/usr/bin/gcc-12 s1": 12}',
        b'{"/usr/bin/gcc-12 s1": "no version"}',
        b'{"/usr/bin/gcc-12 s1": ""}',
        json.dumps({"/usr/bin/gcc-12 s1": "9" * 5000}).encode(),
        b'{"/usr/bin/gcc-12 s1": null, "x": {}}',
    ],
    ids=lambda content: repr(content[:40]),
)
async def test_a_damaged_memory_is_ignored_and_mended(runtime, tmp_path, content):
    """Whatever the file holds, the compiler is asked again and the answer written down."""
    file = tmp_path / "toolchains.json"
    file.write_bytes(content)
    assert (await Catalogue(runtime, families(), tmp_path).choose("c", None)).version == "12.2.0"
    assert json.loads(file.read_text())["/usr/bin/gcc-12 s1"] == "12.2.0"


async def test_a_memory_that_cannot_be_written_is_done_without(runtime, tmp_path):
    """A folder in the file's place, or a file in the folder's: nothing is lost, nothing left behind."""
    (tmp_path / "toolchains.json").mkdir()
    (tmp_path / "toolchains.json" / "x").touch()
    assert (await Catalogue(runtime, families(), tmp_path).choose("c", None)).id == "gcc-12"
    assert [entry.name for entry in tmp_path.iterdir()] == ["toolchains.json"]
    in_a_file = Catalogue(runtime, families(), tmp_path / "toolchains.json" / "x")
    assert (await in_a_file.choose("c", None)).id == "gcc-12"


async def test_one_program_by_two_families_names_is_listed_once(runtime, catalogue):
    """Two programs of one version are one toolchain: the first that was found."""
    runtime.programs.append(program("/opt/bin/gcc-12"))
    runtime.answers["/opt/bin/gcc-12"] = finished(b"12.9.0")
    listed = await catalogue.list_all("c")
    assert [one.id for one in listed] == ["gcc-12", "gcc-11", "gcc-9", "clang-19"]
    assert listed[0].program == "/usr/bin/gcc-12"


@pytest.mark.parametrize(
    ("program_path", "roots"),
    [
        ("/usr/bin/gcc", ("/usr/bin/gcc", "/usr/lib/gcc", "/usr/include")),
        ("/usr/local/bin/gcc", ("/usr/local/bin/gcc", "/usr/local/lib/gcc", "/usr/include")),
        ("/opt/x/bin/gcc", ("/opt/x/bin/gcc", "/opt/x/lib", "/opt/x/lib/gcc", "/usr/include")),
        ("/opt/{x}/bin/gcc", ("/opt/{x}/bin/gcc", "/opt/{x}/lib", "/opt/{x}/lib/gcc", "/usr/include")),
    ],
)
def test_roots_are_the_compilers_own_folders(program_path, roots):
    """The system's whole library is never taken, and no root twice; braces in a path are only braces."""
    wanted = ["{program}", "{prefix}/lib", "{prefix}/lib/gcc", "/usr/include", "/usr/include"]
    assert expand_roots(wanted, places_of(program_path)) == roots


async def test_a_default_of_each_language_is_of_that_language():
    """C is compiled by gcc and C++ by g++, each with its own words."""
    runtime = FakeRuntime(
        [program("/b/gcc"), program("/b/g++")], {"/b/gcc": finished(b"12.2.0"), "/b/g++": finished(b"12.2.0")}
    )
    catalogue = Catalogue(runtime, families(), None)
    programs = [(await catalogue.choose(language, None)).program for language in ("c", "cpp")]
    assert programs == ["/b/gcc", "/b/g++"]
    assert all(re.fullmatch("gcc-12", one.id) for one in await catalogue.list_all())


IMAGES = {"gcc:11": "sha256:b", "gcc:12": "sha256:a", "silkeh/clang:19": "sha256:c"}


@pytest.fixture
def image_runtime():
    answers = {
        "gcc:11@sha256:b": finished(b"11.3.0\n"),
        "gcc:12@sha256:a": finished(b"12.2.0\n"),
        "silkeh/clang:19@sha256:c": finished(CLANG),
    }
    runtime = FakeRuntime([], answers)
    runtime.images = dict(IMAGES)
    return runtime


async def test_where_compilers_come_in_images_the_newest_that_is_there_is_the_default(image_runtime):
    """It is called by its bare name, in the very image that was asked for its version."""
    chosen = await Catalogue(image_runtime, families(), None).choose("cpp", None)
    assert (chosen.id, chosen.version, chosen.program) == ("gcc-12", "12.2.0", "g++")
    assert chosen.image == "gcc:12@sha256:a"
    assert not chosen.is_on_host
    assert [job.image for job in image_runtime.jobs] == ["gcc:12@sha256:a"]


@pytest.mark.parametrize(("wanted", "image"), [("gcc-11", "gcc:11"), ("clang", "silkeh/clang:19")])
async def test_an_image_is_chosen_by_the_toolchains_name(image_runtime, wanted, image):
    """And no other image is started for it."""
    chosen = await Catalogue(image_runtime, families(), None).choose("c", wanted)
    assert chosen.image == f"{image}@{IMAGES[image]}"
    assert len(image_runtime.jobs) == 1


async def test_an_image_that_is_not_there_says_how_to_get_it(image_runtime):
    """It is not unknown, and no other is taken in its place."""
    with pytest.raises(ImageUnavailable) as caught:
        await Catalogue(image_runtime, families(), None).choose("c", "gcc-13")
    assert (caught.value.reason, caught.value.remedy) == ("The image gcc:13 is not here.", "Get gcc:13.")
    assert caught.value.image == "gcc:13"
    with pytest.raises(JobRejected, match=r"Usable: gcc-12, gcc-11, clang-19\."):
        await Catalogue(image_runtime, families(), None).choose("c", "gcc-99")


async def test_without_any_image_one_is_named(image_runtime):
    """Whoever has just installed an engine is told what to get."""
    image_runtime.images = {}
    with pytest.raises(ImageUnavailable, match=r"No image with a C compiler is here .* Get gcc:") as caught:
        await Catalogue(image_runtime, families(), None).choose("c", None)
    assert caught.value.image == "gcc:16"


async def test_an_image_that_has_come_is_found_at_once(image_runtime):
    """What is remembered of the images can be forgotten, also while somebody is still asking."""
    catalogue = Catalogue(image_runtime, families(), None, Clock())
    asking = asyncio.create_task(catalogue.choose("c", "gcc-13"))
    await asyncio.sleep(0)
    image_runtime.images["gcc:13"] = "sha256:c"
    image_runtime.answers["gcc:13@sha256:c"] = finished(b"13.1.0\n")
    catalogue.forget_images()
    await asyncio.wait([asking])
    assert (await catalogue.choose("c", "gcc-13")).id == "gcc-13"


async def test_a_result_of_another_image_is_another_result(image_runtime):
    """The stamp, which every cache key has, changes with the image's content, though its name stays."""
    clock = Clock()
    catalogue = Catalogue(image_runtime, families(), None, clock)
    before = await catalogue.choose("c", "gcc-12")
    image_runtime.images["gcc:12"] = "sha256:new"
    image_runtime.answers["gcc:12@sha256:new"] = finished(b"12.2.0\n")
    clock.now = 6
    after = await catalogue.choose("c", "gcc-12")
    assert before.id == after.id
    assert before.stamp != after.stamp
    assert after.image == "gcc:12@sha256:new"
