"""How a job gets into its container and how its end is heard, as a value. Pure.

Nearly every image has a POSIX `sh` and `tar`: there the script does it, and a container may wait for the job.
One that has not is used bare: the engine lays the source down in a volume before the start, the compiler is
the first program, its end is the container's, and nothing waits. The volume's files and folders belong to
root, so the compiler, who is nobody, cannot write there either. Only a dead server's compiler that neither
ends nor computes lasts longer in a bare container: until the next server removes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wic_runtimes.contract import SOURCE_DIR, CompileJob
from wic_runtimes.docker.spec import ContainerKind, container_configuration
from wic_runtimes.inside.script import feed_of, pack

_GIVEN_BY_ENGINE = ("HOSTNAME", "HOME")


@dataclass(frozen=True, slots=True)
class Plan:
    """`configuration` makes the container, `archive` is laid down in it, `feed` goes to its stdin.

    `mark` is what the script ends with, empty where there is no script.
    """

    configuration: Mapping[str, object] = field(repr=False)
    mark: str = ""
    feed: bytes = field(default=b"", repr=False)
    archive: bytes = field(default=b"", repr=False)


def plan_with_script(kind: ContainerKind, job: CompileJob, labels: Mapping[str, str], mark: str) -> Plan:
    """Return the plan for an image with `sh` and `tar`."""
    return Plan(container_configuration(kind, labels), mark=mark, feed=feed_of(job, mark, pack(job.files)))


def plan_bare(
    kind: ContainerKind, job: CompileJob, labels: Mapping[str, str], image_environment: Sequence[str]
) -> Plan:
    """Return the plan for an image without; of the image's own variables only its PATH is left.

    Source: https://docs.docker.com/reference/api/engine/version/v1.41/, ContainerCreate: a variable without
    `=` is taken out of the environment.
    """
    configuration = container_configuration(kind, labels)
    host = dict(configuration["HostConfig"])
    host["Tmpfs"] = {path: options for path, options in host["Tmpfs"].items() if path != SOURCE_DIR}
    volume = {"NoCopy": True, "Labels": dict(labels)}
    host["Mounts"] = [{"Type": "volume", "Target": SOURCE_DIR, "VolumeOptions": volume}]
    given = dict(job.environment)
    of_image = {entry.partition("=")[0] for entry in image_environment}
    removed = sorted((of_image | set(_GIVEN_BY_ENGINE)) - given.keys() - {"PATH"})
    without_stdin = {"AttachStdin": False, "OpenStdin": False, "StdinOnce": False}
    started = {
        "Entrypoint": [job.argv[0]],
        "Cmd": list(job.argv[1:]),
        "Env": [*(f"{name}={value}" for name, value in given.items()), *removed],
    }
    return Plan(configuration | without_stdin | started | {"HostConfig": host}, archive=pack(job.files))
