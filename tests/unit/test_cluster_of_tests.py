"""What the tests' own cluster decides by itself: whose it is, what is loaded, what runs and what is left."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from tests.engines.kubernetes.single_node import configuration, gvisor, places
from tests.engines.kubernetes.single_node.choice import Choice, Whose, choose, kind_cluster
from tests.engines.kubernetes.single_node.credentials import kubeconfig
from tests.engines.kubernetes.single_node.images import full_name, has_that_id, image_archive
from tests.engines.kubernetes.single_node.node import mounts_below, pod_interfaces
from tests.engines.kubernetes.single_node.processes import is_component
from tests.engines.kubernetes.single_node.programs import digest_of, linker_flags

OURS = str(places.KUBECONFIG)


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({"KUBECONFIG": "/etc/a.conf"}, Choice(Whose.NAMED, "/etc/a.conf")),
        ({"KUBECONFIG": "/etc/a.conf:/etc/b.conf"}, Choice(Whose.NAMED, "/etc/a.conf:/etc/b.conf")),
        ({"KUBECONFIG": OURS}, Choice(Whose.OURS, OURS)),
        ({"KUBECONFIG": ""}, Choice(Whose.OURS, OURS)),
        ({}, Choice(Whose.OURS, OURS)),
    ],
)
def test_a_cluster_that_somebody_named_comes_before_ours(environment, chosen):
    """Whether or not it answers; one that nobody named is never used."""
    assert choose(environment) == chosen


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["current-context: kind-wic\n"], "wic"),
        (['apiVersion: v1\ncurrent-context: "kind-two-words"\nkind: Config\n'], "two-words"),
        (['{\n  "current-context": "kind-wic"\n}'], "wic"),
        (["current-context: production\n", "current-context: kind-wic\n"], None),
        (["apiVersion: v1\n", "current-context: kind-wic\n"], "wic"),
        (["current-context:\nkind: Config\n"], None),
        (['current-context: ""\n', "current-context: kind-wic\n"], "wic"),
        ([], None),
    ],
)
def test_a_kind_cluster_is_known_by_the_current_context(texts, name):
    """Images are loaded into nothing else, and the first file that names a context wins, as for kubectl."""
    assert kind_cluster(texts) == name


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("gcc:12", "docker.io/library/gcc:12"),
        ("gcc", "docker.io/library/gcc:latest"),
        ("silkeh/clang:14", "docker.io/silkeh/clang:14"),
        ("localhost/server:1", "localhost/server:1"),
        ("registry.example:5000/server", "registry.example:5000/server:latest"),
        ("registry.example/a/b:2", "registry.example/a/b:2"),
    ],
)
def test_containerd_knows_an_image_by_its_full_name(image, name):
    """What is short for Docker is written out, as the kubelet does when a pod names it."""
    assert full_name(image) == name


def test_an_image_is_the_engines_when_its_configuration_is():
    """An id is the digest of the configuration, or of the manifest where an engine keeps its images so."""
    manifest = json.dumps({"config": {"digest": "sha256:aa"}, "layers": []})
    assert has_that_id(manifest, "sha256:bb", "sha256:aa")
    assert has_that_id(manifest, "sha256:bb", "sha256:bb")
    assert not has_that_id(manifest, "sha256:bb", "sha256:cc")
    assert not has_that_id(json.dumps({"manifests": []}), "sha256:bb", "sha256:aa")


def test_the_pause_image_is_one_program_that_is_not_root():
    """Its archive names the image, and its one layer holds the one program."""
    with tarfile.open(fileobj=io.BytesIO(image_archive("pause:1", b"\x7fELF"))) as archive:
        read = {name: archive.extractfile(name).read() for name in archive.getnames()}
    assert json.loads(read["manifest.json"])[0]["RepoTags"] == ["pause:1"]
    assert json.loads(read["config.json"])["config"] == {"Entrypoint": ["/pause"], "User": "65535:65535"}
    with tarfile.open(fileobj=io.BytesIO(read["layer.tar"])) as layer:
        assert [(member.name, member.mode) for member in layer] == [("pause", 0o755)]


def test_a_component_is_found_by_its_program_and_our_state():
    """Neither another cluster's component nor a process that got its number is taken for it."""
    for component in configuration.COMPONENTS:
        assert is_component(list(configuration.command_line(component)), component)
    assert not is_component(["/usr/bin/containerd", "--config=/etc/containerd/config.toml"], "containerd")
    assert not is_component(["/elsewhere/bin/kubelet", "--config=/elsewhere/conf"], "kubelet")
    assert not is_component(list(configuration.command_line("etcd")), "kubelet")
    assert not is_component([], "etcd")


def test_what_is_mounted_below_the_state_is_unmounted_from_the_inside_out():
    """A folder whose name only begins the same is not the cluster's."""
    points = ("/s/run/a", "/s/run/a/b", "/s2/c", "/")
    mounts = "".join(f"overlay {point} overlay rw 0 0\n" for point in points)
    assert mounts_below(Path("/s"), mounts) == ["/s/run/a/b", "/s/run/a"]


def test_only_the_pods_interfaces_are_removed():
    """Calico names them, and the peer's number behind the name is none of it."""
    links = (
        "lo UNKNOWN 00:00 <LOOPBACK>\ncali12@if3 UP ee:ee <UP>\neth0 UP 02:42 <UP>\nwic-node DOWN 0a <UP>\n"
    )
    assert pod_interfaces(links) == ["cali12"]


def test_a_module_is_built_anew_when_a_source_changes(tmp_path):
    """The stamp is of the contents: neither their date nor their place."""
    for name in ("a", "b"):
        tmp_path.joinpath(name).mkdir()
        tmp_path.joinpath(name, "main.go").write_text("package main")
    assert digest_of(tmp_path / "a") == digest_of(tmp_path / "b")
    tmp_path.joinpath("b", "main.go").write_text("package other")
    assert digest_of(tmp_path / "a") != digest_of(tmp_path / "b")


def test_kubernetes_is_told_its_version():
    """Clients refuse an API server that calls itself v0.0.0."""
    flags = linker_flags("v1.34.4")
    for value in ("gitVersion=v1.34.4", "gitMajor=1", "gitMinor=34"):
        assert f"-X k8s.io/component-base/version.{value}" in flags


def test_every_component_speaks_to_the_cluster_by_its_own_certificate():
    """Only the API server's own address is trusted, by the cluster's own authority."""
    for user in ("admin", "kubelet", "kube-proxy"):
        described = kubeconfig(user)
        assert described["clusters"][0]["cluster"]["server"] == places.API
        assert described["users"][0]["user"]["client-certificate"] == str(places.PKI / f"{user}.crt")


def test_the_node_isolates_pods_by_default():
    """A pod has the default seccomp profile and a bound on its processes; who is nobody is refused."""
    kubelet = json.loads(configuration.files()[places.CONF / "kubelet.yaml"])
    assert kubelet["seccompDefault"] is True
    assert kubelet["podPidsLimit"] == 512
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}
    assert "--anonymous-auth=false" in configuration.command_line("kube-apiserver")


def test_a_pod_asks_for_gvisor_by_the_name_that_containerd_knows():
    """The RuntimeClass names the handler, and the handler reads settings that are written with the others."""
    handler = gvisor.runtime_class()["handler"]
    containerd = configuration.files()[places.CONF / "containerd.toml"]
    assert f"containerd.runtimes.{handler}]" in containerd
    assert any(str(path) in containerd for path in gvisor.files())
    assert set(gvisor.files()) <= set(configuration.files())


def test_what_is_begun_anew_leaves_the_programs():
    """Ten minutes of building are not thrown away with the data."""
    assert places.BIN not in places.DATA
    assert all(folder.parent == places.STATE for folder in places.DATA)
