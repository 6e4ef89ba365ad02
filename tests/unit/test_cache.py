"""Results by content: which are kept, which go first, and that no two different jobs share a key."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_lsp.cache import ResultCache, job_key
from wic_runtimes.contract import CompileJob, CompileOutput, JobFile, Limits, Outcome

JOB = CompileJob(
    id="a",
    argv=("/usr/bin/gcc", "-c", "a.c"),
    files=(JobFile("a.c", b"int x;"), JobFile("b.h", b"")),
    image="gcc:12",
    roots=("/usr/include",),
    limits=Limits(),
    environment=(("LC_ALL", "C"),),
)
OVERHEAD = 512


def output(size=0, outcome=Outcome.FINISHED):
    return CompileOutput(outcome, 0, b"x" * (size // 2), b"y" * (size - size // 2), 0.1, 0.2)


CHANGES = [
    {"argv": (*JOB.argv, "-Wall")},
    {"argv": ("/usr/bin/gcc", "-c a.c")},
    {"argv": ("/usr/bin/gcc-13", *JOB.argv[1:])},
    {"files": (JobFile("a.c", b"int y;"), JobFile("b.h", b""))},
    {"files": (JobFile("c.c", b"int x;"), JobFile("b.h", b""))},
    {"files": JOB.files[:1]},
    {"files": (*JOB.files, JobFile("c.h", b""))},
    {"files": JOB.files[::-1]},
    {"image": "gcc:13"},
    {"image": None},
    {"roots": ()},
    {"roots": ("/usr", "include")},
    {"environment": ()},
    {"environment": (("LC_ALL", "D"),)},
    {"needs_own_path": True},
    *(
        {"limits": replace(Limits(), **{field.name: getattr(Limits(), field.name) + 1})}
        for field in fields(Limits)
    ),
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_key_differs_for_every_part_of_a_job(change):
    """Whatever could change the compiler's answer changes the key."""
    assert job_key(replace(JOB, **change), "s") != job_key(JOB, "s")


def test_every_field_of_a_job_but_its_id_is_tried():
    """A new field of a job cannot be forgotten in the key."""
    assert {name for change in CHANGES for name in change} == {field.name for field in fields(CompileJob)} - {
        "id"
    }


def test_a_key_differs_for_another_compiler():
    """A compiler that was replaced by another of the same name is another compiler."""
    assert job_key(JOB, "gcc 12.2") != job_key(JOB, "gcc 12.3")


def test_a_key_does_not_depend_on_the_jobs_id():
    """The same job asked for again is found."""
    assert job_key(replace(JOB, id="b"), "s") == job_key(JOB, "s")


_FILES = st.lists(
    st.builds(JobFile, st.text(st.characters(codec="utf-8"), max_size=4), st.binary(max_size=4)), max_size=3
)
_JOBS = st.builds(
    CompileJob,
    id=st.just("x"),
    argv=st.lists(st.text(max_size=3), max_size=3).map(tuple),
    files=_FILES.map(tuple),
    roots=st.lists(st.text(max_size=3), max_size=2).map(tuple),
)


@given(_JOBS, _JOBS)
def test_two_jobs_have_one_key_only_if_they_are_one(one, other):
    """Nothing can be moved from one part of a job into the next without changing the key."""
    assert (job_key(one, "s") == job_key(other, "s")) == (one == other)


@pytest.mark.parametrize("outcome", Outcome)
def test_only_what_finished_is_kept(outcome):
    """What timed out, crashed or was too much is tried again."""
    cache = ResultCache()
    given_output = output(outcome=outcome)
    cache.put("k", given_output)
    assert cache.get("k") == (given_output if outcome is Outcome.FINISHED else None)


def test_the_least_recently_used_goes_first():
    """Reading a result keeps it; bytes are what is counted."""
    cache = ResultCache(3 * (100 + OVERHEAD))
    for key in "abc":
        cache.put(key, output(100))
    assert cache.get("a") is not None
    cache.put("d", output(100))
    assert [key for key in "abcd" if cache.get(key) is None] == ["b"]


def test_a_large_result_drives_out_as_many_as_it_needs():
    """The bound holds whatever the sizes are."""
    cache = ResultCache(3 * (100 + OVERHEAD))
    for key in "abc":
        cache.put(key, output(100))
    cache.put("d", output(100 + 100 + OVERHEAD))
    assert [key for key in "abcd" if cache.get(key) is None] == ["a", "b"]


def test_what_can_never_fit_drives_nothing_out():
    """A result larger than the whole cache is passed over."""
    cache = ResultCache(1000)
    cache.put("a", output(100))
    cache.put("b", output(1000))
    assert cache.get("a") is not None
    assert cache.get("b") is None


def test_clearing_forgets_everything():
    """Nothing is found, and the whole room is free again."""
    cache = ResultCache(100 + OVERHEAD)
    cache.put("a", output(100))
    cache.clear()
    assert cache.get("a") is None
    cache.put("b", output(100))
    assert cache.get("b") is not None


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 3000), st.booleans()), max_size=40))
def test_a_model_of_the_cache_agrees(steps):
    """By any sequence of puts and gets it holds what a plain list, trimmed to the bound, would hold."""
    capacity = 6000
    cache, model = ResultCache(capacity), {}
    for key, size, is_put in steps:
        if is_put:
            cache.put(key, output(size))
            model.pop(key, None)
            model[key] = size
            while sum(size + OVERHEAD for size in model.values()) > capacity:
                del model[next(iter(model))]
        else:
            found = cache.get(key)
            assert (found is not None) == (key in model)
            if found is not None:
                assert len(found.stdout) + len(found.stderr) == model[key]
                model[key] = model.pop(key)
