"""What the manifests say: a real API server takes them without a warning, and they keep to the rules."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from kubernetes.utils.quantity import parse_quantity as quantity

from tests.deploy.cluster import MANIFESTS, NAMESPACES, OVERLAYS, only, server_container
from wic_lsp.cli import make_parser
from wic_lsp.config import Origin, resolve
from wic_runtimes.contract import CompileJob
from wic_runtimes.kubernetes.runtime import _SPARES
from wic_runtimes.kubernetes.spec import Place, job_manifest, kind_of

pytestmark = [pytest.mark.engine("kubernetes"), pytest.mark.timeout(1200)]
CLUSTER_WIDE = {"Namespace", "PriorityClass", "RuntimeClass"}


@pytest.fixture(scope="module", params=OVERLAYS)
def objects(request, cluster):
    """Give each overlay's objects."""
    return cluster.build(MANIFESTS / "overlays" / request.param)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_api_server_takes_every_object_without_a_warning(cluster, namespaces, overlay):
    """Its schema, its defaults, its admission and Pod Security's "restricted" have nothing to say."""
    done = cluster.run("apply", "--dry-run=server", "--kustomize", MANIFESTS / "overlays" / overlay)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == len(cluster.build(MANIFESTS / "overlays" / overlay))


def test_pod_security_would_warn(cluster, namespaces):
    """The same Deployment without its promises is warned of: the test above can fail."""
    objects = cluster.build(MANIFESTS / "overlays/kind")
    deployment = only(objects, "Deployment")
    del deployment["spec"]["template"]["spec"]["securityContext"]["seccompProfile"]
    done = cluster.run("apply", "--dry-run=server", "--filename=-", stdin=json.dumps(deployment))
    assert "would violate PodSecurity" in done.stderr


def test_objects_are_in_our_two_namespaces(objects):
    """Nothing strays into whatever namespace is the default, and only what must be is the cluster's."""
    for one in objects:
        if one["kind"] not in CLUSTER_WIDE:
            assert one["metadata"]["namespace"] in NAMESPACES


def test_both_namespaces_enforce_the_restricted_standard(objects):
    """Enforced, audited and warned of."""
    made = [one for one in objects if one["kind"] == "Namespace"]
    assert {one["metadata"]["name"] for one in made} == set(NAMESPACES)
    for one in made:
        for mode in ("enforce", "audit", "warn"):
            assert one["metadata"]["labels"][f"pod-security.kubernetes.io/{mode}"] == "restricted"


def test_no_secret_is_in_the_manifests(objects):
    """The token is made by a command, and the Deployment names where it will be."""
    assert "Secret" not in {one["kind"] for one in objects}
    volumes = only(objects, "Deployment")["spec"]["template"]["spec"]["volumes"]
    assert [one["secret"]["secretName"] for one in volumes if "secret" in one] == ["wic-token"]


def test_rights_are_in_the_compile_namespace_alone(objects):
    """One Role, no ClusterRole, no wildcard, nothing on secrets, accounts or `exec`."""
    kinds = {one["kind"] for one in objects}
    assert not kinds & {"ClusterRole", "ClusterRoleBinding"}
    role = only(objects, "Role")
    assert (
        role["metadata"]["namespace"]
        == only(objects, "RoleBinding")["metadata"]["namespace"]
        == NAMESPACES[1]
    )
    for rule in role["rules"]:
        assert "*" not in [*rule["verbs"], *rule["resources"], *rule["apiGroups"]]
        assert not {"secrets", "pods/exec", "serviceaccounts", "serviceaccounts/token"} & {*rule["resources"]}


def test_every_compile_pod_is_cut_off_both_ways(objects):
    """One policy selects every pod of the namespace, whatever its labels, and allows nothing."""
    (policy,) = (
        one
        for one in objects
        if one["kind"] == "NetworkPolicy" and one["metadata"]["namespace"] == NAMESPACES[1]
    )
    assert policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_the_server_understands_its_arguments_and_settings(objects):
    """The Deployment's words are of the command line's grammar, and no setting of its file is refused."""
    words = server_container(objects)["args"]
    options = make_parser().parse_args(words)
    assert options.command == "serve"
    settings = only(objects, "ConfigMap")
    layer = tomllib.loads(settings["data"]["config.toml"])
    resolved, problems = resolve([(Origin.USER, layer)])
    assert problems == ()
    assert resolved.runtime == "kubernetes"


def test_ports_and_probes_fit_the_arguments(objects):
    """What is probed and what the Service leads to is what the server listens on, on every address."""
    container = server_container(objects)
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert f"--ws=0.0.0.0:{ports['ws']}" in container["args"]
    assert f"--health=0.0.0.0:{ports['health']}" in container["args"]
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {one["port"] for one in probes.values()} == {"health"}
    assert {name: one["path"] for name, one in probes.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz",
    }
    service = only(objects, "Service")["spec"]
    assert [one["targetPort"] for one in service["ports"]] == ["ws"]
    pod = only(objects, "Deployment")["spec"]["template"]
    assert service["selector"].items() <= pod["metadata"]["labels"].items()


def test_a_replica_has_time_to_drain(objects):
    """The kubelet kills no sooner than the server has ended by itself, with seconds to spare."""
    container = server_container(objects)
    (grace,) = (found[1] for word in container["args"] if (found := re.fullmatch(r"--grace=(\d+)", word)))
    pod = only(objects, "Deployment")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] >= int(grace) + 10


def test_bounds_are_for_the_compile_namespace(objects):
    """Quota and limits hold where strangers' code runs, which is where the server makes its pods."""
    assert only(objects, "ResourceQuota")["metadata"]["namespace"] == NAMESPACES[1]
    assert only(objects, "LimitRange")["metadata"]["namespace"] == NAMESPACES[1]
    settings = tomllib.loads(only(objects, "ConfigMap")["data"]["config.toml"])
    assert settings["kubernetes"]["namespace"] == NAMESPACES[1]


def test_the_quota_has_room_for_all_that_the_servers_start(objects):
    """All replicas that there may be, each with all of its compiles, a readiness one, and spares."""
    words = make_parser().parse_args(server_container(objects)["args"])
    scalers = [one["spec"]["maxReplicas"] for one in objects if one["kind"] == "HorizontalPodAutoscaler"]
    replicas = scalers[0] if scalers else only(objects, "Deployment")["spec"]["replicas"]
    pods = replicas * (words.max_compiles + 1 + _SPARES.most)
    layer = tomllib.loads(only(objects, "ConfigMap")["data"]["config.toml"])
    settings, _ = resolve([(Origin.USER, layer)])
    place = Place.read(settings.kubernetes)
    kind = kind_of(CompileJob("", ("",), limits=settings.limits()), "gcc:12", place)
    (container,) = job_manifest(kind, "", 0, {}, is_cold=True)["spec"]["template"]["spec"]["containers"]
    hard = only(objects, "ResourceQuota")["spec"]["hard"]
    overheads = [one["overhead"]["podFixed"]["memory"] for one in objects if one["kind"] == "RuntimeClass"]
    assert quantity(hard["pods"]) >= pods
    assert quantity(hard["count/jobs.batch"]) >= pods
    assert quantity(hard["count/configmaps"]) >= pods + 1  # and the cluster's own
    for name, asked in container["resources"]["limits"].items():
        each = quantity(asked) + (quantity(overheads[0]) if overheads and name == "memory" else 0)
        assert quantity(hard[f"limits.{name}"]) >= pods * each
        assert hard[f"requests.{name}"] == hard[f"limits.{name}"]
    most = only(objects, "LimitRange")["spec"]["limits"][0]["max"]
    for name, asked in container["resources"]["limits"].items():
        assert quantity(most[name]) >= quantity(asked)


@pytest.mark.parametrize("overlay", ["production", "gvisor"])
def test_compile_pods_give_way_on_a_real_cluster(cluster, overlay):
    """They evict nobody and go first: the server names the class that says so."""
    objects = cluster.build(MANIFESTS / "overlays" / overlay)
    priority = only(objects, "PriorityClass")
    assert (priority["preemptionPolicy"], priority["value"] < 0) == ("Never", True)
    settings = tomllib.loads(only(objects, "ConfigMap")["data"]["config.toml"])
    assert settings["kubernetes"]["priorityClass"] == priority["metadata"]["name"]


def test_gvisor_is_named_to_the_server(cluster):
    """The overlay makes a RuntimeClass, and the server is told to use that one."""
    objects = cluster.build(MANIFESTS / "overlays/gvisor")
    name = only(objects, "RuntimeClass")["metadata"]["name"]
    options = make_parser().parse_args(server_container(objects)["args"])
    assert options.runtime_class == name


def test_production_runs_an_image_by_its_digest(cluster):
    """A tag that moves would move the server with it."""
    objects = cluster.build(MANIFESTS / "overlays/production")
    assert re.fullmatch(r"[\w./-]+@sha256:[0-9a-f]{64}", server_container(objects)["image"])
    assert only(objects, "HorizontalPodAutoscaler")["spec"]["minReplicas"] > 1
