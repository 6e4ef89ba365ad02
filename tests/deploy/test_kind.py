"""The server on a real cluster, from the manifests alone: it becomes ready and serves an editor far away."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from tests.deploy.probe import IMAGE as PROBE_IMAGE
from tests.deploy.probe import open_ports, probe_pod
from tests.deploy.watching import watch_jobs
from tests.lsp.editor import Abilities, Editor
from tests.lsp.programs import CLEAN, WRONG

pytestmark = [pytest.mark.engine("kubernetes"), pytest.mark.timeout(1200)]
COMMAND = Path(sys.executable).with_name("wic")
IN_COMPILE = ("--namespace=wic-compile",)
URI = "file:///somewhere/main.cpp"
ACCOUNT = "system:serviceaccount:wic:wic-server"


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Wait longer than for a server of one's own: on a busy node a pod takes a minute to start."""
    monkeypatch.setattr("tests.lsp.editor.PATIENCE_S", 240.0)


@asynccontextmanager
async def connected(deployed, home):
    """Give an editor whose server is in the cluster, by `wic connect`."""
    with deployed.cluster.forward("wic", "service/wic-server", 80) as port:
        own = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "WIC_TOKEN": deployed.token}
        editor = Editor(Abilities())
        try:
            words = ("connect", f"ws://127.0.0.1:{port}")
            await editor.start(COMMAND, *words, environment={**deployed.cluster.environment, **own})
            yield editor
        finally:
            await editor.aclose()


def test_what_docs_say_is_all_that_is_needed(deployed):
    """The image, the manifests and the token: the Deployment is ready, and nothing was warned of."""
    deployment = deployed.cluster.read("get", "deployment", "wic-server", "--namespace=wic")
    assert deployment["status"]["readyReplicas"] == deployment["spec"]["replicas"] == 1
    assert "Warning" not in deployed.said


async def test_an_editor_is_shown_what_a_job_in_the_cluster_found(deployed, tmp_path):
    """Each edit's diagnostics are made by a Job of ours, which ends with it."""
    with watch_jobs(deployed.cluster, "wic-compile") as jobs:
        async with connected(deployed, tmp_path) as editor:
            before = jobs.ended()
            editor.open(URI, WRONG)
            (found,) = await editor.shown(URI, 1)
            assert "nothing" in found.message
            first = await asyncio.to_thread(jobs.wait_for_end, before)
            editor.change(URI, 2, CLEAN)
            assert await editor.shown(URI, 2) == []
            second = await asyncio.to_thread(jobs.wait_for_end, before | first)
    for labels in (*jobs.labels(first), *jobs.labels(second)):
        assert any(name.startswith("dev.wic.") for name in labels)


async def test_where_no_job_may_be_made_nothing_is_compiled(deployed, tmp_path):
    """It is Jobs that compile: without room for one the editor is told so, with room it is served."""
    async with connected(deployed, tmp_path) as editor:
        editor.open(URI, CLEAN + "// first\n")
        assert await editor.shown(URI, 1) == []
        with no_more_jobs(deployed.cluster):
            editor.change(URI, 2, CLEAN + "// second\n")
            (said,) = await editor.shown(URI, 2)
            assert "quota has no room" in said.message
        editor.change(URI, 3, WRONG)
        (found,) = await editor.shown(URI, 3)
        assert "nothing" in found.message


@contextmanager
def no_more_jobs(cluster):
    """Have the quota refuse Jobs, and remove those that there are with their pods."""
    name = "count/jobs.batch"
    had = cluster.read("get", "resourcequota", "compile", *IN_COMPILE)["spec"]["hard"][name]
    try:
        set_quota(cluster, name, "0")
        # A Job that goes at once leaves its pod to be collected, and one that waits may be used until then.
        cluster.run("delete", "jobs", "--all", *IN_COMPILE, "--cascade=foreground")
        assert cluster.read("get", "pods", *IN_COMPILE)["items"] == []
        yield
    finally:
        set_quota(cluster, name, had)


def set_quota(cluster, name, most):
    """Set a bound of the quota, and wait until admission keeps to it."""
    patch = json.dumps({"spec": {"hard": {name: most}}})
    cluster.run("patch", "resourcequota", "compile", *IN_COMPILE, "--type=merge", "--patch", patch)
    trial = ("create", "job", "trial", *IN_COMPILE, f"--image={PROBE_IMAGE}")
    cluster.await_quota(*trial, exceeded=most == "0")


async def test_a_wrong_token_is_refused(deployed, tmp_path):
    """Nobody without the token gets as far as LSP."""
    with deployed.cluster.forward("wic", "service/wic-server", 80) as port:
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            "connect",
            f"ws://127.0.0.1:{port}",
            env={**deployed.cluster.environment, "WIC_TOKEN": "guessed"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode != 0, out) == (True, b"")
    assert b"token" in err


def test_only_the_clients_port_is_open_to_other_pods(deployed):
    """The WebSocket is for all, who must show the token; metrics are for a namespace with a label."""
    cluster = deployed.cluster
    (pod,) = cluster.read("get", "pods", "--namespace=wic")["items"]
    address = pod["status"]["podIP"]
    with probe_pod(cluster, "stranger", reaches="wic") as stranger:
        assert open_ports(stranger, address, 8080, 9090) == {8080}
    with probe_pod(cluster, "monitor", "dev.wic.reads-metrics=true", reaches="wic") as monitor:
        assert open_ports(monitor, address, 8080, 9090) == {8080, 9090}


def test_the_server_reaches_the_api_server_and_no_other_pod(deployed):
    """Whoever took the server over could use its few rights, and reach nothing else."""
    cluster = deployed.cluster
    program = (
        "import os, socket, sys\n"
        "for host, port in zip(sys.argv[1::2], sys.argv[2::2]):\n"
        "    try:\n"
        "        socket.create_connection((host, int(port)), 10).close()\n"
        "        print(port)\n"
        "    except OSError:\n"
        "        pass\n"
    )
    (endpoint,) = cluster.read("get", "endpointslices", "--selector=kubernetes.io/service-name=kubernetes")[
        "items"
    ]
    api = (endpoint["endpoints"][0]["addresses"][0], str(endpoint["ports"][0]["port"]))
    with (
        probe_pod(cluster, "other", listens=8000) as other,
        probe_pod(cluster, "stranger", reaches=other.namespace) as stranger,
    ):
        assert open_ports(stranger, other.address, 8000) == {8000}
        words = (
            "exec",
            "--namespace=wic",
            "deployment/wic-server",
            "--",
            "/opt/wic/bin/python",
            "-c",
            program,
        )
        reached = cluster.run(*words, *api, other.address, "8000").stdout.split()
    assert reached == [api[1]]


def test_the_server_may_do_nothing_outside_the_compile_namespace(deployed):
    """Its account sees nothing of its own namespace, no secret anywhere, and makes nothing elsewhere."""
    cluster = deployed.cluster

    def may(verb, resource, namespace):
        words = ("auth", "can-i", verb, resource, f"--namespace={namespace}", f"--as={ACCOUNT}")
        return cluster.run(*words, check=False).stdout.strip()

    assert may("create", "jobs.batch", "wic-compile") == "yes"
    for namespace in ("wic", "default", "kube-system"):
        assert may("create", "jobs.batch", namespace) == "no"
        assert may("list", "pods", namespace) == "no"
    for namespace in ("wic", "wic-compile"):
        assert may("get", "secrets", namespace) == "no"
        assert may("create", "pods", namespace) == "no"
        assert may("create", "pods/exec", namespace) == "no"


def test_there_is_no_shell_in_the_servers_pod(deployed):
    """Nor can anything be written outside its cache."""
    cluster = deployed.cluster
    target = ("exec", "--namespace=wic", "deployment/wic-server", "--")
    assert cluster.run(*target, "/bin/sh", "-c", "true", check=False).returncode != 0
    program = (
        "import os, pathlib, sys\n"
        "print(os.getuid())\n"
        "for folder in ('/', '/etc/wic', '/opt/wic', '/tmp', '/var/cache/wic'):\n"
        "    try:\n"
        "        pathlib.Path(folder, 'mine').touch()\n"
        "        print(folder)\n"
        "    except OSError:\n"
        "        pass\n"
    )
    assert cluster.run(*target, "/opt/wic/bin/python", "-c", program).stdout.split() == [
        "65532",
        "/var/cache/wic",
    ]
