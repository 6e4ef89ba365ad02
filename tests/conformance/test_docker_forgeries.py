"""Whatever a compiler prints, kills or steals, what is said of its end is what it did, and in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.runtimes_under_test import job_id
from tests.conformance.traces import make_marker
from wic_runtimes.contract import JobFile, Outcome

pytestmark = pytest.mark.engine("docker")

FORGERIES = (
    ("for said in ready begun 'no program' 'not unpacked'; do echo wic: $said; done; exit 4", 4),
    ("for i in 1 2 3; do echo 00000000000000000000000000000000 0 1 1; done; exit 4", 4),
    ("exec >&-; exec 2>&-; sleep 0.2; exit 4", 4),
    ("(sleep 0.1; echo late) & exit 4", 4),
    ("(while :; do echo more; done) & sleep 0.1; exit 4", 4),
    ("kill -9 $PPID; sleep 600", None),
    ("kill -9 -1; exit 0", None),
)


@pytest.mark.parametrize(("script", "code"), FORGERIES, ids=[one[0] for one in FORGERIES])
async def test_a_compiler_cannot_speak_for_the_script(container_bench, script, code):
    """Nor keep it from speaking without being called what it is: crashed, never finished."""
    output = await container_bench.sh(script, wall_s=20)
    assert output.outcome is (Outcome.CRASHED if code is None else Outcome.FINISHED), output
    if code is not None:
        assert output.exit_code == code
    assert output.compile_s < 10


THIEF = r"""
my $parent = getppid;
my %seen;
open(my $maps, '<', "/proc/$parent/maps") or exit 9;
open(my $memory, '<:raw', "/proc/$parent/mem") or exit 9;
while (<$maps>) {
    my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) rw/ or next;
    sysseek($memory, hex $from, 0) or next;
    sysread($memory, my $data, hex($to) - hex($from)) or next;
    $seen{$1}++ while $data =~ /(?<![-0-9a-f])([0-9a-f]{32})(?![0-9a-f])/g;
}
keys %seen == 1 or exit 8;
my ($mark) = keys %seen;
kill 9, grep { $_ > 1 && $_ != $parent && $_ != $$ } map { /(\d+)/ } glob '/proc/[0-9]*';
$| = 1;
print STDERR "$mark\n";
print "$mark$ARGV[1]\n";
if ($ARGV[0] eq 'flood') { print 'x' x 1000 while 1 }
sleep 600;
"""
"""Takes the mark out of the script's memory, ends the watch inside, tells an end with the mark, and goes on.

Exits with 9 where it cannot.
"""

THEFTS = {
    "another line": ("wait", " x", (Outcome.TIMED_OUT, None)),
    "no word on memory": ("wait", " 0 unknown unknown", (Outcome.TIMED_OUT, None)),
    "a flood": ("flood", " 0 1:1 1:", (Outcome.OUTPUT_LIMIT, None)),
    "an end": ("wait", " 5 1:1 1:1", (Outcome.FINISHED, 5)),
}


@pytest.mark.parametrize("theft", THEFTS)
async def test_a_compiler_that_steals_the_mark_wins_nothing(container_bench, theft):
    """It may lie about itself, as by its exit code; it stays within its limits, and nothing of it is left.

    In gVisor it cannot even steal it.
    """
    marker = make_marker()
    deed, words, ended = THEFTS[theft]
    shell = container_bench.under_test.shell('exec perl thief "$@"', deed, words, marker, wall_s=6)
    job = replace(shell, id=job_id(), files=(JobFile("thief", THIEF.encode()),))
    output = await container_bench.runtime.compile(job)
    if container_bench.under_test.has_own_kernel:
        ended = (Outcome.FINISHED, 9)
    assert (output.outcome, output.exit_code) == ended, output
    assert output.compile_s < 20
    assert (await container_bench.sh("echo on")).stdout == b"on\n"
    await container_bench.runtime.aclose()
    assert container_bench.under_test.processes(marker) == []
