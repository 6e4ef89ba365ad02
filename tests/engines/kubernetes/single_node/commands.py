"""The command line: which command was asked for, on whose cluster, and what its exit code is."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from . import images, lifetime
from .choice import Choice, Whose, choose, cluster_answers, kind_cluster
from .configuration import COMPONENTS
from .processes import log_of, process_of
from .saying import CannotRun, run, say

_TERMINATED: Final = 128 + signal.SIGTERM


def main(arguments: Sequence[str], description: str) -> int:
    """Run one command and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="cluster", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in ("up", "ensure", "build", "kubeconfig", "status"):
        commands.add_parser(name)
    commands.add_parser("load").add_argument("images", nargs="+", metavar="IMAGE")
    for name in ("logs", "kill", "start"):
        commands.add_parser(name).add_argument("name", choices=COMPONENTS, metavar="NAME")
    commands.add_parser("down").add_argument("--purge", action="store_true")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # so that what we run is ended with us
    try:
        return _COMMANDS[options.command](options)
    except (CannotRun, OSError) as reason:
        say(reason)
        return 1


def _up(_: argparse.Namespace) -> int:
    lifetime.bring_up()
    images.load_wanted()
    return 0


def _ensure(_: argparse.Namespace) -> int:
    try:
        _ensure_cluster(_chosen())
    except (CannotRun, OSError) as reason:
        say(reason)
        if os.environ.get("WIC_REQUIRE_ENGINES") == "1":
            say("WIC_REQUIRE_ENGINES=1, so this is a failure")
            return 1
        say("so the tests that compile in a cluster are skipped, each with its reason")
    return 0


def _ensure_cluster(choice: Choice) -> None:
    if choice.whose is Whose.OURS:
        lifetime.bring_up()
        images.load_wanted()
        return
    if cluster_answers(choice.kubeconfig) is False:
        raise CannotRun(f"the cluster that is {choice.whose.value} ({choice.kubeconfig}) does not answer")
    say(f"using the cluster that is {choice.whose.value}: {choice.kubeconfig}")
    _load_into_others(choice, images.WANTED)


def _load_into_others(choice: Choice, wanted: Sequence[str]) -> None:
    files = [Path(file) for file in choice.kubeconfig.split(os.pathsep)]
    kind = kind_cluster(file.read_text() for file in files if file.is_file())
    if kind is None or shutil.which("kind") is None:
        say(f"its nodes must have these images already, or be able to pull them: {', '.join(wanted)}")
        return
    run("kind", "load", "docker-image", *wanted, "--name", kind)


def _build(_: argparse.Namespace) -> int:
    choice = _chosen()
    if choice.whose is Whose.OURS:
        lifetime.build()
    else:
        say(f"nothing to build: the tests use the cluster that is {choice.whose.value}")
    return 0


def _kubeconfig(_: argparse.Namespace) -> int:
    choice = _chosen()
    if choice.whose is Whose.OURS and not lifetime.answers():
        raise CannotRun(
            "no cluster: KUBECONFIG is not set, and our own does not answer (`cluster up` starts it)"
        )
    print(choice.kubeconfig)
    return 0


def _load(options: argparse.Namespace) -> int:
    choice = _chosen()
    archives = [image for image in options.images if Path(image).is_file()]
    names = [image for image in options.images if image not in archives]
    if choice.whose is Whose.OURS:
        for archive in archives:
            images.load_archive(Path(archive))
        for name in names:
            images.load_image(name)
        return 0
    if archives:
        raise CannotRun("archives are loaded into a cluster of our own only")
    _load_into_others(choice, names)
    return 0


def _status(_: argparse.Namespace) -> int:
    found = {component: process_of(component) for component in COMPONENTS}
    for component, pid in found.items():
        print(f"{component:26}{'stopped' if pid is None else f'running, process {pid}'}")
    return 0 if None not in found.values() else 1


def _logs(options: argparse.Namespace) -> int:
    log = log_of(options.name)
    if not log.exists():
        raise CannotRun(f"{options.name} was never started")
    with log.open("r", errors="replace") as lines:
        shutil.copyfileobj(lines, sys.stdout)
    return 0


def _kill(options: argparse.Namespace) -> int:
    lifetime.kill_component(options.name)
    return 0


def _start(options: argparse.Namespace) -> int:
    lifetime.start_component(options.name)
    return 0


def _down(options: argparse.Namespace) -> int:
    lifetime.bring_down(purge=options.purge)
    return 0


def _chosen() -> Choice:
    return choose(os.environ)


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "up": _up,
    "ensure": _ensure,
    "build": _build,
    "kubeconfig": _kubeconfig,
    "load": _load,
    "status": _status,
    "logs": _logs,
    "kill": _kill,
    "start": _start,
    "down": _down,
}
