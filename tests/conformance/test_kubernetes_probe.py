"""What a compiler in a pod reaches, sees and may write, from inside; elsewhere the same probe finds it all.

Each way is probed by the same program: from compile pods, cold and warm, and from a pod of the same make in a
namespace without a policy, with a token, which must get through. What they try to reach are listening pods of
ours, the cluster's own parts, and this machine in the place of a cloud's metadata server.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

import pytest

from tests.conformance.kubernetes_ground import KUBERNETES, SMALL, lay_ground, own_namespace
from tests.conformance.kubernetes_namespace import api
from tests.conformance.traces import make_marker, until
from tests.conftest import fail_or_skip
from tests.sharing import locked_on_machine
from wic_runtimes.contract import JobFile, Outcome
from wic_runtimes.kubernetes.spec import Place, job_manifest, kind_of

pytestmark = [pytest.mark.engine("kubernetes"), pytest.mark.usefixtures("cluster_shared_by_module")]

METADATA: Final = "169.254.169.254"
_RULE: Final = "31999"

PROBE: Final = r"""
use strict; use warnings; use Socket; use IO::Socket::INET;
$| = 1;
# Says whether each answers of NAME=tcp:ADDRESS:PORT, NAME=udp:ADDRESS:PORT (a resolver) and NAME=name:HOST,
# and then what else there is to see.
my $query = pack('n6', 7, 256, 1, 0, 0, 0) . "\3wic\4test\0" . pack('n2', 1, 1);
sub slurp { my ($path) = @_; local $/; open(my $file, '<', $path) or return ''; my $text = <$file>; $text }
sub answers {
    my ($how, $host, $port) = @_;
    return gethostbyname($host) ? 1 : 0 if $how eq 'name';
    my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Proto => $how, Timeout => 10);
    return 0 unless $socket;
    return 1 if $how eq 'tcp';
    # Again and again: what a pod sends before the node's agent knows it is lost.
    for (1 .. 20) {
        send($socket, $query, 0) or return 0;
        my ($ready, $answer) = ('');
        vec($ready, fileno($socket), 1) = 1;
        next unless select($ready, undef, undef, 0.5);
        return defined(recv($socket, $answer, 512, 0)) ? 1 : 0;
    }
    return 0;
}
my %first = map { split /=/, $_, 2 } grep { /^KUBERNETES_/ } split /\0/, slurp('/proc/1/environ');
print "names in the first environment: ", join(' ', sort keys %first), "\n";
push @ARGV, "service=tcp:$first{KUBERNETES_SERVICE_HOST}:$first{KUBERNETES_SERVICE_PORT}";
for my $target (grep { /=/ } @ARGV) {
    my ($name, $what) = split /=/, $target, 2;
    defined(my $child = fork()) or die "no fork: $!";
    next if $child;
    syswrite STDOUT, "$name: " . answers(split /:/, $what) . "\n";
    exit 0;
}
1 while wait() != -1;
print "environment: ", join(' ', sort keys %ENV), "\n";
print "secrets: ", join(' ', grep { -e } qw(/var/run/secrets /run/secrets)), "\n";
my $status = slurp('/proc/self/status');
for my $name (qw(CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp)) {
    print "$name: ", $status =~ /^$name:\s*(\S+)/m ? $1 : 'not told', "\n";
}
print "users: $< $> $( $)\n";
opendir(my $proc, '/proc');
my @words = map { slurp("/proc/$_/cmdline") } grep { /^\d+$/ } readdir $proc;
print "processes: ", join(' ', map { s/\s+/ /gr } map { split /\0/ } @words), "\n";
"""

LISTENER: Final = r"""
use strict; use warnings; use IO::Socket::INET; use IO::Select;
# Answers connections, and every question for a name with an address; asks itself both, at its pod's address.
my $tcp = IO::Socket::INET->new(LocalPort => 8080, Listen => 9, ReuseAddr => 1) or die "tcp: $!";
my $udp = IO::Socket::INET->new(LocalPort => 53, Proto => 'udp') or die "udp: $!";
$SIG{CHLD} = 'IGNORE';
if (!fork()) {
    my $own = join '.', unpack('C4', scalar gethostbyname('wic'));
    IO::Socket::INET->new(PeerAddr => $own, PeerPort => 8080) or exit 1;
    my $asking = IO::Socket::INET->new(PeerAddr => $own, PeerPort => 53, Proto => 'udp') or exit 1;
    send($asking, pack('n6', 7, 256, 1, 0, 0, 0) . "\3wic\4test\0" . pack('n2', 1, 1), 0);
    syswrite STDOUT, "answers at $own\n" if defined recv($asking, my $answer, 512, 0);
    exit 0;
}
my $both = IO::Select->new($tcp, $udp);
while (1) {
    for my $ready ($both->can_read) {
        if ($ready == $tcp) { my $one = $tcp->accept; close $one if $one; next }
        my $from = recv($udp, my $query, 512, 0);
        next unless defined $from and $query =~ /^(..).{10}((?:[^\0]+)?\0....)/s;
        my ($id, $question) = ($1, $2);
        my $is_address = substr($question, -4, 2) eq "\0\1";
        my $answer = $is_address ? "\xc0\x0c" . pack('n2Nn', 1, 1, 60, 4) . "\x0a\0\0\1" : '';
        send($udp, $id . pack('n5', 0x8180, 1, $is_address ? 1 : 0, 0, 0) . $question . $answer, 0, $from);
    }
}
"""

WALK: Final = r"""
find / \( -path '/proc/[0-9]*' -o -path /proc/self -o -path /proc/thread-self \) -prune \
    -o ! -type l -writable -printf '%Y %p\n' 2>/dev/null
exit 0
"""
"""Lists what can be written, each with its kind, but for the processes' own files in /proc."""

DEVICES: Final = frozenset(f"/dev/{name}" for name in "full null pts/ptmx random tty urandom zero".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Seen:
    """What was reported, by name: `open` from the pod that nothing holds back, `cold` and `warm` from inside.

    `marker` is among the words of a pod that listens beside them; `has_metadata` says that this machine
    played that server.
    """

    open: Mapping[str, str]
    cold: Mapping[str, str]
    warm: Mapping[str, str]
    marker: str
    has_metadata: bool


def make_pod(name: str, program: str, words: Sequence[str] = (), **other: Any) -> dict[str, Any]:
    """Return a pod of the same make as a compile's, that runs a Perl program; `other` is what is not so."""
    job = KUBERNETES.shell("true", memory_bytes=64 * 2**20)
    kind = kind_of(job, str(job.image), Place(cpu="100m"))
    template = job_manifest(kind, name, 1_000_001, {}, is_cold=False)["spec"]["template"]
    pod = template["spec"]
    container = pod["containers"][0] | {"command": ["perl", "-e", program, *words], "args": []}
    ports = [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
    context = pod["securityContext"] | {"sysctls": ports}
    spec = pod | {"containers": [container], "securityContext": context} | other
    return {"metadata": {"name": name, "labels": template["metadata"]["labels"]}, "spec": spec}


async def start(namespace: str, pod: Mapping[str, Any]) -> str:
    """Start a pod that listens, and return its address as soon as it answers there."""
    name = pod["metadata"]["name"]
    api().create_namespaced_pod(namespace, pod)
    # The node tells of a pod's address a moment after it has started it.
    await until(lambda: f"answers at {address_of(namespace, name)}\n" in log_of(namespace, name))
    return address_of(namespace, name)


def address_of(namespace: str, name: str) -> str:
    """Return a pod's address; "None" while the API server has not been told of it."""
    return str(api().read_namespaced_pod(name, namespace).status.pod_ip)


def log_of(namespace: str, name: str) -> str:
    """Return what a pod has written; nothing before it runs."""
    from kubernetes.client import ApiException

    try:
        return str(api().read_namespaced_pod_log(name, namespace))
    except ApiException as exc:
        # It waits to start, or its node has not heard of it yet.
        if exc.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
            raise
        return ""


def cluster_targets() -> Mapping[str, str]:
    """Return the cluster's own parts that a pod could reach."""
    from kubernetes import client

    slices = client.DiscoveryV1Api(api().api_client).list_namespaced_endpoint_slice(
        "default", label_selector="kubernetes.io/service-name=kubernetes"
    )
    server = slices.items[0]
    return {
        "api server": f"tcp:{server.endpoints[0].addresses[0]}:{server.ports[0].port}",
        "kubelet": f"tcp:{node_address()}:10250",
    }


def node_address() -> str:
    """Return the first node's own address."""
    addresses = api().list_node().items[0].status.addresses
    return str(next(one.address for one in addresses if one.type == "InternalIP"))


def why_no_metadata() -> str:
    """Say why this machine cannot play the metadata server of the cluster's pods; empty where it can."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "it takes root and the program ip"
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        try:
            probe.bind((node_address(), 0))
        except OSError:
            return "the cluster's node is not this machine"
    return ""


@contextmanager
def metadata_server(pod: str) -> Iterator[None]:
    """Be the metadata server of this machine's pods, and of nobody else.

    What the machine itself sends there takes its own way. `pod` is the address of one of its pods, for which
    that is seen to be so before any of them asks.
    """
    rule = ["rule", "add", "not", "iif", "lo", "to", METADATA, "lookup", _RULE, "priority", _RULE]
    _forget_rule()
    try:
        _ip("route", "replace", "local", METADATA, "dev", "lo", "table", _RULE)
        _ip(*rule)
        device = _ip("route", "get", pod).split("dev ")[1].split()[0]
        assert _ip("route", "get", METADATA, "from", pod, "iif", device).startswith("local ")
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as listening:
            listening.setsockopt(socket.SOL_IP, socket.IP_TRANSPARENT, 1)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((METADATA, 80))
            listening.listen()
            yield  # the kernel itself takes connections up
    finally:
        _forget_rule()


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True, timeout=10).stdout


def _forget_rule() -> None:
    while _RULE in _ip("rule", "show"):
        _ip("rule", "del", "priority", _RULE)
    subprocess.run(["ip", "route", "flush", "table", _RULE], capture_output=True, check=False, timeout=10)


def parse(text: str) -> Mapping[str, str]:
    """Return a report by its names."""
    return dict(line.split(": ", 1) for line in text.splitlines())


async def look(closed: str, unguarded: str) -> Seen:
    """Set everything up, probe it from both sides, and take it down."""
    marker = make_marker()
    far = await start(unguarded, make_pod("far", LISTENER))
    near = await start(closed, make_pod("near", LISTENER, [marker]))
    targets = {
        "another namespace's pod": f"tcp:{far}:8080",
        "another namespace's resolver": f"udp:{far}:53",
        "a neighbour": f"tcp:{near}:8080",
        "a neighbour's resolver": f"udp:{near}:53",
        "a name": "name:wic.test",
        "the cluster's name": "name:kubernetes.default.svc.cluster.local",
        **cluster_targets(),
    }
    has_metadata = not why_no_metadata()
    with ExitStack() as stack:
        if has_metadata:
            stack.enter_context(metadata_server(far))
            targets["metadata"] = f"tcp:{METADATA}:80"
        words = [f"{name}={what}" for name, what in targets.items()]
        inside = await asyncio.gather(probe_from_outside(unguarded, far, words), probe_inside(closed, words))
    return Seen(inside[0], *inside[1], marker, has_metadata)


async def probe_from_outside(namespace: str, resolver: str, words: Sequence[str]) -> Mapping[str, str]:
    """Return the report of a pod that nothing holds back."""
    options = [{"name": "timeout", "value": "2"}, {"name": "attempts", "value": "5"}]
    with_names = {"nameservers": [resolver], "options": options}
    pod = make_pod("open", PROBE, words, dnsConfig=with_names, automountServiceAccountToken=True)
    api().create_namespaced_pod(namespace, pod)
    await until(lambda: "processes: " in log_of(namespace, "open"))
    return parse(log_of(namespace, "open"))


async def probe_inside(namespace: str, words: Sequence[str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the reports of two compiles, the second in a pod that waited."""
    job = KUBERNETES.shell('exec perl probe "$@"', *words, wall_s=60, **SMALL)
    job = replace(job, files=(JobFile("probe", PROBE.encode()),))
    reports = []
    async with lay_ground(namespace, cpu="200m") as ground:
        for is_warm in (False, True):
            if is_warm:
                await ground.warm_up(wall_s=60)
            made = ground.runtime.requests.get("create configmap", 0)
            output = await ground.runtime.compile(job)
            assert (output.outcome, output.exit_code, output.stderr) == (Outcome.FINISHED, 0, b""), output
            reports.append(parse(output.stdout.decode()))
            assert ground.runtime.requests["create configmap"] - made == (not is_warm)
    return reports[0], reports[1]


@pytest.fixture(scope="module")
def seen(kubernetes, cluster_shared_by_module) -> Seen:
    """Probe once for all tests, one process at a time: a machine has one metadata server."""
    with (
        locked_on_machine("metadata-server"),
        own_namespace() as closed,
        own_namespace(is_closed=False) as unguarded,
    ):
        return asyncio.run(look(closed, unguarded))


@pytest.mark.parametrize(
    "target",
    [
        "another namespace's pod",
        "another namespace's resolver",
        "a name",
        "the cluster's name",
        "api server",
        "service",
        "kubelet",
        "metadata",
    ],
)
def test_what_any_other_pod_reaches_a_compiler_does_not(seen, target):
    """No pod, no resolver and no name, no API server by either address, no kubelet, no metadata server."""
    if target == "metadata" and not seen.has_metadata:
        fail_or_skip(f"this machine cannot play a metadata server: {why_no_metadata()}")
    assert (seen.open[target], seen.cold[target], seen.warm[target]) == ("1", "0", "0")


@pytest.mark.parametrize("target", ["a neighbour", "a neighbour's resolver"])
def test_no_pod_reaches_a_compile_pods_neighbour(seen, target):
    """Neither a compiler beside it nor anybody else, though it answers itself: closed is closed both ways."""
    assert (seen.open[target], seen.cold[target], seen.warm[target]) == ("0", "0", "0")


def test_a_compiler_is_told_nothing_of_the_cluster(seen):
    """The cluster tells every container its address; the compiler's environment is the job's own."""
    for report in (seen.cold, seen.warm):
        assert report["environment"] == "PATH PWD"
        assert "KUBERNETES_SERVICE_HOST" in report["names in the first environment"]
    assert "KUBERNETES_SERVICE_HOST" in seen.open["environment"]


def test_there_is_no_token(seen):
    """Nor the folder that it would be in."""
    assert (seen.cold["secrets"], seen.warm["secrets"]) == ("", "")
    assert "/var/run/secrets" in seen.open["secrets"]


def test_nothing_can_be_gained(seen):
    """No capability, now or by any program; and the system calls are filtered."""
    for report in (seen.cold, seen.warm):
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert report[name] == "0000000000000000"
        assert (report["NoNewPrivs"], report["Seccomp"]) == ("1", "2")


def test_no_two_pods_have_a_user_in_common(seen):
    """So the kernel counts the processes of each by themselves, and neither is anybody on its node."""
    users = [set(report["users"].split()) for report in (seen.cold, seen.warm)]
    assert [len(one) for one in users] == [1, 1]
    assert users[0].isdisjoint(users[1])
    assert all(int(user) >= 1_000_000 for one in users for user in one)


def test_no_other_pods_processes_are_seen(seen):
    """A pod beside it has a word among its arguments that is nowhere to be found; its own words are."""
    for report in (seen.cold, seen.warm):
        assert "perl probe" in report["processes"]
        assert seen.marker not in report["processes"]


@pytest.fixture(params=[True, False], ids=["warm", "cold"])
async def roomy_ground(namespace, request):
    async with lay_ground(namespace, cpu="300m", spares=request.param) as ground:
        if request.param:
            await ground.warm_up()
        yield ground


async def test_nothing_can_be_written_but_where_the_source_was_unpacked(roomy_ground):
    """That is memory of the pod's own, which nobody reads again.

    There are also devices, the measure of pressure, which takes a wish to be told and stores nothing, and the
    file for last words that Kubernetes gives every container, which grows to the limit of any file.
    """
    output = await roomy_ground.sh(WALK, wall_s=100, file_bytes=100_000)
    found = [line.split(" ", 1) for line in output.stdout.decode().splitlines()]
    assert {path for kind, path in found if kind == "c" and not path.startswith("/proc/")} == DEVICES
    pressure = {"/proc/pressure/cpu", "/proc/pressure/io", "/proc/pressure/memory"}
    others = {path for kind, path in found if kind != "c"} - pressure
    assert others == {"/unpacked", "/dev/termination-log"}, found


async def test_what_can_be_written_is_bounded(roomy_ground):
    """A file by the limit of any file, and all of it together by the size of that memory."""
    script = """
        head -c 1000000 /dev/zero >/dev/termination-log
        wc -c </dev/termination-log
        for i in 1 2 3 4 5 6 7 8 9; do head -c 1000000 /dev/zero >/unpacked/$i; done
        cat /unpacked/* | wc -c
    """
    small = await roomy_ground.sh(script, wall_s=60, file_bytes=100_000)
    large = await roomy_ground.sh(script, wall_s=60, file_bytes=2_000_000)
    assert [int(number) for number in small.stdout.split()] == [99_840, 9 * 99_840]
    log, unpacked = (int(number) for number in large.stdout.split())
    assert log == 1_000_000
    assert 8_000_000 < unpacked <= 8 * 1024 * 1024


async def test_the_namespace_takes_no_pod_that_is_not_restricted(namespace):
    """So every pod that was probed here, ours as well, is as Pod Security wants it."""
    from kubernetes.client import ApiException

    with pytest.raises(ApiException, match="violates PodSecurity"):
        api().create_namespaced_pod(namespace, make_pod("loose", "1", securityContext={"runAsUser": 0}))
