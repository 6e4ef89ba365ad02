"""Which images may be used, and under which name a pod asks for them."""

from __future__ import annotations

import pytest

from wic_runtimes.contract import Image
from wic_runtimes.errors import ImageUnavailable
from wic_runtimes.kubernetes.images import find_named, find_on_nodes, reference_of

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64


def node(*images):
    return {"status": {"images": [{"names": list(names), "sizeBytes": 7} for names in images]}}


def test_what_the_user_named_is_there():
    """By its name at the hub, or at any registry; by digest where one was named, and else for now."""
    references = [f"registry.example:5000/mirror/gcc:12@{DIGEST}", "gcc:13"]
    assert find_named(["gcc:12", "gcc:13"], references) == (
        Image("gcc:12", DIGEST),
        Image("gcc:13", "unpinned"),
    )


def test_what_the_user_did_not_name_is_not():
    """And the remedy says which are."""
    (found,) = find_named(["gcc:9"], ["gcc:12", "gcc:13"])
    assert (found.name, found.digest) == ("gcc:9", "")
    assert "wic.kubernetes.images" in found.remedy
    assert "gcc:12, gcc:13" in found.remedy


@pytest.mark.parametrize("reference", ["gcc:120", "mygcc:12", "gcc:12-slim", "gcc", "gcc:12/x", ""])
def test_a_name_that_is_only_alike_is_another(reference):
    """Nothing else is run for the compiler that was asked for."""
    assert find_named(["gcc:12"], [reference])[0].digest == ""
    assert reference_of("gcc:12", [reference]) == "gcc:12"


def test_what_a_node_has_is_there():
    """By its digest where the node tells one of the same repository, else by what is known of it."""
    nodes = [
        node(["docker.io/library/gcc:12", f"docker.io/library/gcc@{DIGEST}"]),
        node(["docker.io/silkeh/clang:14"], ["other.example/gcc:13", f"docker.io/library/gcc@{OTHER}"]),
    ]
    found = find_on_nodes(["gcc:12", "silkeh/clang:14", "other.example/gcc:13", "gcc:13"], nodes)
    assert [image.digest for image in found] == [DIGEST, "size:7", "size:7", ""]
    assert [bool(image.remedy) for image in found] == [False, False, False, True]


@pytest.mark.parametrize("nodes", [[], [{}], [{"status": {}}], [{"status": {"images": None}}], [node([])]])
def test_nodes_that_tell_nothing_have_nothing(nodes):
    """A node that has just joined lists no images; each that is wanted then says how to get it."""
    (found,) = find_on_nodes(["gcc:12"], nodes)
    assert (found.digest, "Load it" in found.remedy) == ("", True)


def test_an_image_without_names_is_passed_over():
    """As one that lost its tag to a newer one."""
    nodes = [{"status": {"images": [{"names": None, "sizeBytes": 1}, {"sizeBytes": 1}]}}]
    assert find_on_nodes(["gcc:12"], nodes)[0].digest == ""


@pytest.mark.parametrize(
    ("image", "references", "expected"),
    [
        ("gcc:12", [], "gcc:12"),
        (f"gcc:12@{DIGEST}", [], f"gcc@{DIGEST}"),
        (f"a.example:5000/gcc:12@{DIGEST}", [], f"a.example:5000/gcc@{DIGEST}"),
        ("gcc:12@size:7", [], "gcc:12"),
        ("gcc:12@unpinned", ["a.example/gcc:12"], "a.example/gcc:12"),
        (f"gcc:12@{DIGEST}", [f"a.example/gcc:12@{DIGEST}"], f"a.example/gcc:12@{DIGEST}"),
        (f"gcc:12@{DIGEST}", ["a.example/gcc:13"], f"gcc@{DIGEST}"),
    ],
)
def test_a_pod_names_an_image_as_the_cluster_knows_it(image, references, expected):
    """The user's own reference comes first; else a digest, which no later push can move."""
    assert reference_of(image, references) == expected


@pytest.mark.parametrize("image", [None, ""])
def test_a_job_without_an_image_cannot_be_run(image):
    """There are no compilers but those in images."""
    with pytest.raises(ImageUnavailable, match="names no image"):
        reference_of(image, [])


def test_what_was_found_is_what_is_run():
    """The name with its digest, as a job carries it, leads back to the reference that it was found by."""
    for references in (["a.example/gcc:12"], [f"a.example/gcc:12@{DIGEST}"]):
        (found,) = find_named(["gcc:12"], references)
        assert [reference_of(f"{found.name}@{found.digest}", references)] == references
