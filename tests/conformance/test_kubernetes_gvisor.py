"""Under gVisor, chosen by the RuntimeClass, a compile in the cluster says the same, warm and cold.

Its kernel is its own: no count of kills is read inside, and running out of memory ends it whole.
"""

from __future__ import annotations

import pytest

from tests.conformance.kubernetes_ground import KUBERNETES, Ground
from tests.conformance.kubernetes_namespace import node_api
from wic_runtimes.contract import Outcome
from wic_runtimes.kubernetes import pod as pod_module
from wic_runtimes.registry import create_runtime

pytestmark = pytest.mark.engine("kubernetes")

CLASS = "gvisor"


@pytest.fixture
async def gvisor(namespace, missing_engine):
    """Give a runtime whose pods run under gVisor; skip where the cluster has no such class."""
    classes = [one.metadata.name for one in node_api().list_runtime_class().items]
    if CLASS not in classes:
        missing_engine(f"the cluster has no RuntimeClass {CLASS}")
    said = {"namespace": namespace, "cpu": "250m"}
    runtime = create_runtime("kubernetes", {"kubernetes": said, "runtime_class": CLASS})
    yield Ground(namespace, runtime)
    await runtime.aclose()


async def test_the_kernel_is_its_own(gvisor):
    """What is compiled never meets the machine's kernel."""
    output = await gvisor.sh("cat /proc/version; uname -r", wall_s=60)
    with open("/proc/version", "rb") as file:  # noqa: PTH123, ASYNC230 - a word of the kernel's
        assert file.read() not in output.stdout
    assert output.stdout.splitlines()[-1] == b"4.4.0"


async def test_a_compile_says_the_same(gvisor, monkeypatch):
    """Cold first and then warm: the compiler's words and its exit code."""
    monkeypatch.setattr(pod_module, "_SPARE_BEGIN_S", 60.0)  # white-box: on a busy machine it begins late
    job = KUBERNETES.gcc("int x = y;\n", wall_s=60)
    for is_warm in (False, True):
        if is_warm:
            await gvisor.warm_up(wall_s=60, memory_bytes=job.limits.memory_bytes)
        made = gvisor.runtime.requests.get("create configmap", 0)
        output = await gvisor.runtime.compile(job)
        assert (output.outcome, output.exit_code) == (Outcome.FINISHED, 1)
        assert b"main.c:1:9: error:" in output.stderr
        assert gvisor.runtime.requests["create configmap"] - made == (not is_warm)


@pytest.mark.parametrize(
    ("script", "limits", "outcome", "code"),
    [
        ("exit 3", {}, Outcome.FINISHED, 3),
        ("kill -SEGV $$", {}, Outcome.CRASHED, 139),
        ("kill -KILL $$", {}, Outcome.CRASHED, 137),
        ("yes", {"output_bytes": 1000}, Outcome.OUTPUT_LIMIT, None),
        ("sleep 600; :", {"wall_s": 1}, Outcome.TIMED_OUT, None),
        ("while :; do :; done", {"cpu_s": 1}, Outcome.CRASHED, 137),
    ],
)
async def test_every_end_is_told(gvisor, script, limits, outcome, code):
    """By the script inside, or where that has died as well, by the pod's status."""
    output = await gvisor.sh(script, **{"wall_s": 60, **limits})
    assert (output.outcome, output.exit_code) == (outcome, code)


async def test_running_out_of_memory_is_no_verdict(gvisor):
    """It ends gVisor whole; the cluster mostly tells why, and where it does not, it is a crash."""
    output = await gvisor.sh("perl -e 'my @a; push @a, q{x} x 1_000_000 while 1'", wall_s=60)
    assert output.outcome in {Outcome.OUT_OF_MEMORY, Outcome.CRASHED}


async def test_nothing_can_be_written_to_the_working_folder(gvisor):
    """The double mount holds there as well."""
    output = await gvisor.sh("touch x || touch /src/x || touch /usr/x || echo no", wall_s=60)
    assert output.stdout == b"no\n"
