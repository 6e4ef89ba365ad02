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

MACHINE_COUNTER: Final = "/proc/vmstat"
"""Where the kernel counts the processes of the whole machine that were killed for memory."""

GRACE_S: Final = 5
"""How much later than the server the container itself ends a compiler: only where the server is gone."""

OWN_PROCESSES: Final = 6
"""Processes beside the compiler's: the first one, the script, the watch and the guard (two each)."""

# Its words: for how many seconds it may wait for a job, and for how many a process may compute. The guard
# sees to the first, the watch to the compiler's deadline; both belong to the container's first process, not
# to the compiler, and hold no output open. `kill -- -1` ends all but the first process and the script itself:
# whoever still lives writes no more. The kernel's count of kills for memory tells whether a failure may be
# one; then the engine is asked. Further words are files with the container's own count, which says it for
# sure. Some of tar's kin read on after an archive's end, so they are given no more than it, where `head` is.
# gVisor obeys a limit of computing time only where the process that is to obey sets it; in a subshell, since
# some shells would else say on the compiler's stderr how it died.
SCRIPT: Final = """\
ooms() {
    seen=unknown
    for file in $counters; do
        while read -r name count; do
            case $name in oom_kill) seen=$file:$count && return ;; esac
        done <"$file"
    done
} 2>/dev/null
guard=$( (sleep "$1"; kill -s KILL -- -1) >/dev/null 2>&1 & echo $!)
cpu=$2
shift 2
counters="$* /proc/vmstat"
ooms
before=$seen
echo 'wic: ready'
IFS= read -r mark && read -r deadline && read -r size || exit 1
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
unpack() { tar -x -m -f - && chmod -R a-w .; } 2>/dev/null
if command -v head >/dev/null; then head -c "$size" | unpack; else unpack; fi ||
    { echo 'wic: not unpacked'; exit 1; }
exec 3>&2 </dev/null 2>/dev/null
case $1 in
*/*) [ -x "$1" ] && [ ! -d "$1" ] ;;
*) command -v "$1" ;;
esac >/dev/null || { echo 'wic: no program'; exit 1; }
shift
( ( sleep "$deadline"; kill -s KILL -- -1 ) >/dev/null 3>&- & )
echo 'wic: begun'
( ulimit -t "$cpu"; exec env -i -- "PATH=$PATH" "$@" 2>&3 3>&- )
code=$?
kill -s KILL -- -1
ooms
echo "$mark" >&3
echo "$mark $code $before $seen"
exit "$code"
"""


def feed_of(job: CompileJob, mark: str) -> bytes:
    """Return what the script is to read for one job. Raises JobRejected for a program with no proper name."""
    program = job.argv[0]
    if program.startswith("-") or "=" in program:
        raise JobRejected(f"The program {program!r} has no proper name.")
    deadline_s = math.ceil(job.limits.wall_s) + GRACE_S
    environment = (f"{name}={value}" for name, value in job.environment)
    archive = pack(job.files)
    head = [mark, str(deadline_s), str(len(archive))]
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
