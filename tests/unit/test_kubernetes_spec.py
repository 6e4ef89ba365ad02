"""The whole isolation as a value: what the cluster is asked for, and that no job can add a word to it."""

from __future__ import annotations

import base64
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wic_runtimes.contract import CompileJob, JobFile, Limits
from wic_runtimes.errors import JobRejected
from wic_runtimes.inside.script import SCRIPT, pack
from wic_runtimes.kubernetes.spec import (
    MOST_BYTES,
    Place,
    PodKind,
    check_size,
    config_map,
    job_manifest,
    kind_of,
    user_of,
)

JOB = CompileJob(
    "one",
    ("gcc", "-fsyntax-only", "main.c"),
    files=(JobFile("main.c", b"int x;"), JobFile("include/a.h", b"")),
    image="gcc:12",
    environment=(("LC_ALL", "C.UTF-8"),),
    limits=Limits(wall_s=9.5, memory_bytes=512 * 2**20, tmp_bytes=1000),
)
LABELS = {"dev.wic.owner": "wic-1-2-3"}
ALL_LABELS = {"app.kubernetes.io/name": "wic-compile", "dev.wic.owner": "wic-1-2-3"}
KIND = kind_of(JOB, "registry.example/gcc:12", Place())
RESOURCES = {"cpu": "1", "memory": "536870912", "ephemeral-storage": "134217728"}

words = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)

FIRST = """\
( (sleep 20; kill -s KILL -- -1) >/dev/null 2>&1 & )
sh -c 'read -r call' || exit 1
kill -s KILL -- -1
sh -c "$@"
exit $?
"""


def manifest(kind=KIND, *, is_cold=False, user=1_000_007):
    return job_manifest(kind, "wic-1-2-3-abc", user, LABELS, is_cold=is_cold)


def pod_of(job):
    return job["spec"]["template"]["spec"]


def test_the_whole_job_that_waits():
    """Everything that the cluster is asked for, for any job of one kind."""
    assert manifest() == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "wic-1-2-3-abc", "labels": ALL_LABELS},
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "activeDeadlineSeconds": 180 + 360 + 10 + 5,
            "ttlSecondsAfterFinished": 60,
            "template": {
                "metadata": {"labels": ALL_LABELS},
                "spec": {
                    "restartPolicy": "Never",
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "terminationGracePeriodSeconds": 0,
                    "hostname": "wic",
                    "dnsPolicy": "None",
                    "dnsConfig": {"nameservers": ["127.0.0.1"]},
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 1_000_007,
                        "runAsGroup": 1_000_007,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [
                        {
                            "name": "compiler",
                            "image": "registry.example/gcc:12",
                            "imagePullPolicy": "IfNotPresent",
                            "command": ["/bin/sh", "-c", FIRST, "wic"],
                            "args": [
                                *(SCRIPT, "wic", "360", "20", "/unpacked", "131072", "256", "71", "ear"),
                                "/sys/fs/cgroup/memory/memory.oom_control",
                                "/sys/fs/cgroup/memory.events",
                            ],
                            "workingDir": "/src",
                            "stdin": True,
                            "stdinOnce": True,
                            "tty": False,
                            "resources": {"requests": RESOURCES, "limits": RESOURCES},
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                                "privileged": False,
                                "readOnlyRootFilesystem": True,
                            },
                            "volumeMounts": [
                                {"name": "source", "mountPath": "/src", "readOnly": True},
                                {"name": "source", "mountPath": "/unpacked"},
                                {"name": "nothing", "mountPath": "/dev/shm", "readOnly": True},  # noqa: S108
                                {"name": "nothing", "mountPath": "/dev/mqueue", "readOnly": True},
                                {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
                            ],
                        }
                    ],
                    "volumes": [
                        {"name": "source", "emptyDir": {"medium": "Memory", "sizeLimit": "8388608"}},
                        {"name": "nothing", "emptyDir": {"medium": "Memory", "sizeLimit": "4096"}},
                        {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "1000"}},
                    ],
                },
            },
        },
    }


def test_a_cold_job_differs_in_its_source_and_its_deadline_alone():
    """Its source is in the ConfigMap of the same name, read-only, and it does not wait."""
    cold = manifest(is_cold=True)
    container, volumes = pod_of(cold)["containers"][0], pod_of(cold)["volumes"]
    assert container["volumeMounts"].pop() == {"name": "archive", "mountPath": "/job", "readOnly": True}
    assert volumes.pop() == {
        "name": "archive",
        "configMap": {"name": "wic-1-2-3-abc", "defaultMode": 0o444},
    }
    warm = manifest()
    assert warm["spec"].pop("activeDeadlineSeconds") - cold["spec"].pop("activeDeadlineSeconds") == 360
    assert cold == warm


def test_a_place_is_said_in_the_pod():
    """What the user said of nodes, priority and RuntimeClass is in the pod's own words, and nothing else."""
    place = Place(
        cpu="500m",
        runtime_class="gvisor",
        priority_class="low",
        node_selector=(("disk", "ssd"),),
        tolerations=((("key", "a"), ("operator", "Exists")),),
    )
    plain, placed = pod_of(manifest()), pod_of(manifest(replace(KIND, place=place)))
    resources = placed["containers"][0]["resources"]
    assert resources["requests"] == resources["limits"] == RESOURCES | {"cpu": "500m"}
    plain["containers"][0].pop("resources")
    placed["containers"][0].pop("resources")
    assert placed == plain | {
        "runtimeClassName": "gvisor",
        "priorityClassName": "low",
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
    }


def test_there_is_no_tmp_unless_asked_for():
    """Then nothing is mounted there, and the root cannot be written."""
    pod = pod_of(manifest(replace(KIND, tmp_bytes=0)))
    assert [one["name"] for one in pod["volumes"]] == ["source", "nothing"]
    assert "/tmp" not in [one["mountPath"] for one in pod["containers"][0]["volumeMounts"]]  # noqa: S108


@given(number=st.integers(0, 2**64))
def test_every_pod_has_a_user_that_a_machine_hardly_has(number):
    """It is neither root nor any of the image's, and the kernel and the API server accept it."""
    assert 1_000_000 <= user_of(number) < 2**31 - 1
    user = user_of(number)
    context = pod_of(manifest(user=user))["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (user, user)


def test_two_numbers_make_two_users():
    """Else the kernel would count two pods' processes together."""
    assert len({user_of(number) for number in range(1000)}) == 1000


def test_the_whole_config_map():
    """It is the Job's: it goes when that goes."""
    archive = pack(JOB.files)
    assert config_map("wic-1-2-3-abc", "uid-1", LABELS, archive) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "wic-1-2-3-abc",
            "labels": ALL_LABELS,
            "ownerReferences": [
                {"apiVersion": "batch/v1", "kind": "Job", "name": "wic-1-2-3-abc", "uid": "uid-1"}
            ],
        },
        "binaryData": {"source.tar": base64.b64encode(archive).decode()},
        "immutable": True,
    }


@given(
    argv=st.lists(words, max_size=5),
    value=words,
    content=st.binary(max_size=50),
    seconds=st.floats(9.1, 10.0),
    output=st.integers(0, 2**30),
)
def test_nothing_of_a_job_reaches_the_isolation(argv, value, content, seconds, output):
    """Whatever its words and files are, it fits into a pod that was made before it."""
    job = replace(
        JOB,
        id="another",
        argv=("gcc", *argv),
        environment=(("X", value),),
        files=(JobFile("main.c", content),),
        limits=replace(JOB.limits, wall_s=seconds, output_bytes=output),
    )
    assert kind_of(job, KIND.image, Place()) == KIND


@pytest.mark.parametrize("field", [field.name for field in fields(PodKind)])
def test_whatever_a_pod_is_made_from_makes_another_kind(field):
    """A pod waits for jobs that it fits exactly: its Job is another where any part of its kind is."""
    other = {"image": "gcc:11", "place": Place(namespace="other", cpu="2")}.get(field, 12_345)
    changed = replace(KIND, **{field: other})
    assert changed != KIND
    assert manifest(changed) != manifest()


@pytest.mark.parametrize(
    "limits",
    [
        {"wall_s": 20.0},
        {"cpu_s": 1},
        {"memory_bytes": 2**20},
        {"processes": 1},
        {"open_files": 1},
        {"file_bytes": 2**20},
        {"tmp_bytes": 0},
    ],
)
def test_jobs_with_other_limits_share_no_pod(limits):
    """Each limit is the pod's own."""
    job = replace(JOB, limits=replace(JOB.limits, **limits))
    assert kind_of(job, KIND.image, Place()) != KIND


def test_a_place_is_read_from_what_the_user_said():
    """In the words of a pod; the order of what is said makes no other place."""
    said = {
        "namespace": "mine",
        "cpu": "500m",
        "priorityClass": "low",
        "nodeSelector": {"b": "2", "a": "1"},
        "tolerations": [{"operator": "Exists", "key": "k", "tolerationSeconds": 5}],
    }
    expected = Place(
        "mine",
        "500m",
        "gvisor",
        "low",
        (("a", "1"), ("b", "2")),
        ((("key", "k"), ("operator", "Exists"), ("tolerationSeconds", 5)),),
    )
    assert Place.read(said, runtime_class="gvisor") == expected
    assert hash(Place.read(said)) == hash(replace(expected, runtime_class=""))


def test_nothing_said_is_our_own_default():
    """As are words that are empty."""
    assert Place.read({}) == Place() == Place.read(dict.fromkeys(("namespace", "cpu", "tolerations"), None))


def test_a_config_map_carries_a_mebibyte_and_no_more():
    """It is refused before anything is made, whether or not a pod waits, with what to do."""
    check_size(bytes(1024 * 1024))
    with pytest.raises(JobRejected) as caught:
        check_size(bytes(1024 * 1024 + 1))
    assert "1048577 bytes" in caught.value.reason
    assert str(MOST_BYTES) in caught.value.reason
    assert "fewer companions" in caught.value.remedy
