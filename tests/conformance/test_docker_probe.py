"""What a program in a container sees of the machine and may ask of its kernel, asserted whole."""

from __future__ import annotations

import platform
from dataclasses import replace

import pytest

from wic_runtimes.contract import JobFile, Outcome

pytestmark = [
    pytest.mark.engine("docker"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the probe's system calls are x86_64's"),
]

PROBE = r"""
use Socket;
sub slurp { my ($p) = @_; local $/; open(my $f, '<', $p) or return ''; my $t = <$f>; $t }
sub list {
    opendir(my $d, $_[0]) or return "closed";
    join ' ', sort grep { !/^\.\.?$/ } readdir $d;
}
sub say_ { print "$_[0]: $_[1]\n" }
my $status = slurp('/proc/self/status');
for my $n (qw(CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp)) {
    say_($n, $status =~ /^$n:\s*(\S+)/m ? $1 : 'not told');
}
say_('user', "$< $> " . join(' ', sort { $a <=> $b } split(' ', $()));
my @mounts = grep { !m{ /(proc|dev|sys)} } split /\n/, slurp('/proc/mounts');
for (@mounts) {
    my @words = split;
    $_ = "$words[1]=" . join ',', sort grep { /^(ro|rw|noexec|nosuid|nodev)$/ } split /,/, $words[3];
}
say_('mounts', join ' ', sort @mounts);
say_('interfaces', join ' ', map { /^\s*(\S+):/ ? $1 : () } split /\n/, slurp('/proc/net/dev'));
say_('routes', scalar(split(/\n/, slurp('/proc/net/route'))) - 1);
say_('sockets', join ' ', grep { socket(S, $_, 1, 0) || socket(S, $_, 3, 0) } (1, 2, 10, 16, 17, 38, 40));
say_('dev', list('/dev'));
say_('sys', list('/sys'));
my @secrets = qw(/var/run/docker.sock /run/docker.sock /run/containerd /run/podman /run/secrets
    /var/run/secrets /var/run/secrets/kubernetes.io /root/.docker /root/.kube /root/.ssh /etc/machine-id);
say_('secrets', join ' ', grep { -e } @secrets);
my @folders = qw(/ /src /tmp /var/tmp /run /dev /dev/shm /dev/mqueue /sys /proc /etc /usr /home);
say_('written', join ' ', grep { open(my $f, '>', "$_/x") } @folders);
say_('environment', join ' ', map { "$_=$ENV{$_}" } sort keys %ENV);
my @told = qw(kcore keys kmsg interrupts sched_debug sysrq-trigger timer_list latency_stats cmdline version
    1/environ 1/mem);
say_('told', join ' ', grep { open(my $f, '<', "/proc/$_"); $f && sysread($f, my $t, 1) } @told);
opendir(my $open, '/proc/self/fd');
my $own = fileno $open;
say_('descriptors', join ' ', sort grep { /^\d+$/ && $_ != $own } readdir $open);
my %limits = (cpu => 0, fsize => 1, core => 4, nofile => 7);
for my $name (sort keys %limits) {
    my $both = "\0" x 16;
    syscall(97, $limits{$name}, $both);
    say_("limit of $name", join ' ', unpack('Q2', $both));
}
say_('host', slurp('/proc/sys/kernel/hostname') =~ s/\n//r);
my %calls = (ptrace => 101, unshare => 272, mount => 165, keyctl => 250, bpf => 321, userfaultfd => 323,
    io_uring_setup => 425, clone3 => 435, perf_event_open => 298, init_module => 175, kexec_load => 246,
    process_vm_readv => 310, setns => 308, pivot_root => 155, add_key => 248, open_by_handle_at => 304);
for my $name (sort keys %calls) {
    $! = 0;
    my $got = syscall($calls{$name}, $name eq 'unshare' ? 0x40000000 : 0, 0, 0, 0, 0);
    say_($name, $got != -1 ? 'allowed' : $name eq 'clone3' ? 0 + $! : 'refused');
}
"""
"""Reports all that a program inside can see, and what the kernel lets it do. Call numbers are x86_64's."""

SEEN = {
    **dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0000000000000000"),
    "NoNewPrivs": "1",
    "Seccomp": "2",
    "user": "65534 65534 65534 65534",
    "mounts": "/=ro /etc/hostname=ro /src=nodev,noexec,nosuid,rw /tmp=nodev,noexec,nosuid,ro "
    "/usr/sbin/docker-init=ro",
    "interfaces": "lo",
    "routes": "0",
    "sockets": "",
    "dev": "fd full mqueue null ptmx pts random stderr stdin stdout tty urandom zero",
    "sys": "",
    "secrets": "",
    "written": "",
    "environment": "PATH=/usr/local/bin:/usr/bin:/bin PWD=/src",
    "told": "cmdline version 1/environ",
    "descriptors": "0 1 2",
    "limit of core": "0 0",
    "limit of cpu": "20 20",
    "limit of fsize": "67108864 67108864",
    "limit of nofile": "256 256",
    "host": "wic",
    **dict.fromkeys(
        ("add_key", "bpf", "init_module", "io_uring_setup", "kexec_load", "keyctl", "mount"), "refused"
    ),
    **dict.fromkeys(("open_by_handle_at", "perf_event_open", "pivot_root", "process_vm_readv"), "refused"),
    **dict.fromkeys(("ptrace", "setns", "unshare", "userfaultfd"), "refused"),
    "clone3": "38",
}
SEEN_IN_GVISOR = SEEN | {
    # The kernel is gVisor's own: what can be seen or called here is nothing of the machine's.
    "CapAmb": "not told",
    "NoNewPrivs": "not told",
    "Seccomp": "0",
    "mounts": "/=ro /etc/hostname=ro /src=noexec,rw /tmp=noexec,ro /usr/sbin/docker-init=ro",
    "sockets": "1 2 10 16",
    "dev": "fd full fuse net null ptmx pts random shm stderr stdin stdout tty urandom zero",
    "sys": "block bus class dev devices firmware fs kernel module power",
    "ptrace": "allowed",
}


async def report(bench):
    job = replace(bench.under_test.shell("exec perl probe"), files=(JobFile("probe", PROBE.encode()),))
    output = await bench.runtime.compile(job)
    assert (output.outcome, output.exit_code, output.stderr) == (Outcome.FINISHED, 0, b""), output
    return dict(line.split(": ", 1) for line in output.stdout.decode().splitlines())


async def test_what_a_program_inside_sees(docker_bench):
    """No capability, socket, route, device, secret or place to write, and no call beyond what compilers need.

    Of mounts there are the engine's own two beside ours. The kernel tells its version and how it was started,
    and the container's first process what the image sets.
    """
    assert await report(docker_bench) == SEEN


async def test_what_a_program_inside_gvisor_sees(gvisor_bench):
    """Its kernel is not the machine's; there is no more to see of the machine, and nothing to reach."""
    assert await report(gvisor_bench) == SEEN_IN_GVISOR
