"""What runs in a container before and after the compiler: a constant script, and the words it is fed. Pure.

The script waits at stdin for one job: a secret mark, a deadline, the words of the environment and of the
argument vector, then the files as a tar stream. So a container can be started before there is anything to
compile, and nothing that a user wrote is ever a part of a script or of a container's configuration. Only a
POSIX `sh` and `tar` are needed, so that any compiler's image serves.

The end of the compiler is told by the script itself, on both outputs, with a mark that is new for each job:
what a compiler prints of its input cannot pass for it, and nobody need wait for the container to go.
"""

from __future__ import annotations

import io
import math
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from wic_runtimes.contract import CompileJob, JobFile
from wic_runtimes.errors import JobRejected

READY: Final = b"wic: ready\n"
"""What the script writes to stdout first, when it waits for its job."""

BEGUN: Final = b"wic: begun\n"
"""What it writes last before the compiler's first byte: only then has the job begun."""

NO_PROGRAM: Final = b"wic: no program\n"
"""What it writes instead where the image has no such program."""

NO_TAR: Final = b"wic: no tar\n"
"""What it writes instead where the image has no tar."""

NOT_UNPACKED: Final = b"wic: not unpacked\n"
"""What it writes instead where the source did not arrive whole."""

NO_LIMITS: Final = b"wic: no limits\n"
"""What it writes instead where the image's shell cannot set what is to bound the compiler."""

MACHINE_COUNTER: Final = "/proc/vmstat"
"""Where the kernel counts the processes of the whole machine that were killed for memory."""

OWN_COUNTERS: Final = ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events")
"""Where a container's own control group (version 1, 2) counts its processes that were killed for memory."""

_BLOCK_BYTES: Final = 512  # POSIX's unit of `ulimit -f`

GRACE_S: Final = 5
"""How much later than the server the container itself ends a compiler: only where the server is gone."""

OWN_PROCESSES: Final = 7
"""Processes beside the compiler's: the first one, the script, the guard and the watch (two each), the ear."""

UNSET: Final = "-"
"""The word for a limit that the engine sees to, and for what is not wanted."""

HERE: Final = "."
"""The word for a source that goes into the working folder, which cannot be written to from then on."""

# The guard sees to it that nobody waits for a job for ever, the watch to the compiler's deadline. The ear,
# where one is wanted, hears a line or the end of stdin, so that a compiler can be ended by its connection and
# ends with its server; the script then stays until it is told to go, since what a container wrote last may be
# lost with its end. All belong to the container's first process, not to the compiler, and hold no output
# open. `kill -- -1` ends all but the first process and the script itself, which waits a moment until nobody
# is left: whoever still lives writes no more. The kernel's count of kills for memory tells whether a failure
# may be one; then the engine is asked. Further words are files with the container's own count, which says it
# for sure. Some of tar's kin read on after an archive's end, so they are given no more than it, where `head`
# is. gVisor obeys a limit of computing time only where the process that is to obey sets it; in a subshell,
# since some shells would else say on the compiler's stderr how it died. Not every shell calls the limit of
# processes -u.
SCRIPT: Final = """\
ooms() {
    seen=unknown
    for file in $counters; do
        while read -r name count; do
            case $name in oom_kill) seen=$file:$count && return ;; esac
        done <"$file"
    done
} 2>/dev/null
limit() { [ "$2" = - ] || ulimit "$1" "$2"; } 2>/dev/null
guard=$( (sleep "$1"; kill -s KILL -- -1) >/dev/null 2>&1 & echo $!)
cpu=$2 into=$3 blocks=$4 files=$5 processes=$6 ear=$7
shift 7
counters="$* /proc/vmstat"
ooms
before=$seen
echo 'wic: ready'
IFS= read -r mark && read -r deadline && read -r source || exit 1
set --
while IFS= read -r line; do
    case $line in
    ' '*) word=${line# } ;;
    +*) word="$word
${line#+}" ;;
    .) set -- "$@" "$word" ;;
    *) break ;;
    esac
done
kill "$guard" 2>/dev/null
command -v tar >/dev/null || { echo 'wic: no tar'; exit 1; }
unpack() { tar -x -m -f - -C "$into" && { [ "$into" != . ] || chmod -R a-w .; } } 2>/dev/null
case $source in
/*) unpack <"$source" ;;
*) if command -v head >/dev/null; then head -c "$source" | unpack; else unpack; fi ;;
esac || { echo 'wic: not unpacked'; exit 1; }
ulimit -c 0 && limit -f "$blocks" && limit -n "$files" &&
    { limit -u "$processes" || limit -p "$processes"; } || { echo 'wic: no limits'; exit 1; }
exec 3>&2 4<&0 </dev/null 2>/dev/null
case $1 in
*/*) [ -x "$1" ] && [ ! -d "$1" ] ;;
*) command -v "$1" ;;
esac >/dev/null || { echo 'wic: no program'; exit 1; }
shift
( ( sleep "$deadline"; kill -s KILL -- -1 ) >/dev/null 3>&- 4<&- & )
[ "$ear" = - ] || ( ( read -r line <&4; kill -s KILL -- -1 ) >/dev/null 3>&- & )
echo 'wic: begun'
( ulimit -t "$cpu"; exec env -i -- "PATH=$PATH" "$@" 2>&3 3>&- 4<&- )
code=$?
kill -s KILL -- -1
tries=1000
while [ "$tries" -gt 0 ] && kill -s 0 -- -1; do tries=$((tries - 1)); done
ooms
echo "$mark" >&3
echo "$mark $code $before $seen"
[ "$ear" = - ] || read -r line <&4
exit "$code"
"""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the script itself sees to. None is a limit that the engine sees to.

    `wait_s` is for how many seconds it may wait for a job, `cpu_s` for how many each process may compute.
    `file_bytes` bounds each file that is written, to within a block; `processes` all of the user's on that
    machine. `has_ear` says that a line, or the end, of stdin ends the compiler.
    """

    wait_s: int
    cpu_s: int
    file_bytes: int | None = None
    open_files: int | None = None
    processes: int | None = None
    has_ear: bool = False


def words_of(bounds: Bounds, into: str = HERE, counters: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the script's own words: limits, where the source is to go, who counts kills for memory."""
    blocks = None if bounds.file_bytes is None else bounds.file_bytes // _BLOCK_BYTES
    limits = (blocks, bounds.open_files, bounds.processes)
    return (
        str(bounds.wait_s),
        str(bounds.cpu_s),
        into,
        *(UNSET if limit is None else str(limit) for limit in limits),
        "ear" if bounds.has_ear else UNSET,
        *counters,
    )


def feed_of(job: CompileJob, mark: str, source: str | bytes) -> bytes:
    """Return what the script is to read for one job. Raises JobRejected for a program with no proper name.

    `source` is an archive with the job's files, or the absolute path of one inside.
    """
    program = job.argv[0]
    if program.startswith("-") or "=" in program:
        raise JobRejected(f"The program {program!r} has no proper name.")
    deadline_s = math.ceil(job.limits.wall_s) + GRACE_S
    environment = (f"{name}={value}" for name, value in job.environment)
    archive, where = (b"", source) if isinstance(source, str) else (source, str(len(source)))
    head = [mark, str(deadline_s), where]
    lines = [*head, *_lines((program, *environment, *job.argv)), "", ""]
    return "\n".join(lines).encode("utf-8", "surrogateescape") + archive


def _lines(words: Iterable[str]) -> Iterator[str]:
    """Write words line by line: a space begins one, a plus goes on in another line, a dot ends it."""
    for word in words:
        first, *others = word.split("\n")
        yield f" {first}"
        yield from (f"+{other}" for other in others)
        yield "."


def pack(files: Iterable[JobFile]) -> bytes:
    """Return a job's files as one tar stream. The same files make the same bytes.

    GNU's format, which every `tar` reads, carries paths of any length and bytes. Nobody owns the files, and
    folders are implied by their files.
    """
    stream = io.BytesIO()
    with tarfile.open(
        fileobj=stream, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape"
    ) as archive:
        for file in files:
            entry = tarfile.TarInfo(file.path)
            entry.size = len(file.content)
            entry.mode = 0o444
            archive.addfile(entry, io.BytesIO(file.content))
    return stream.getvalue()
