"""The cluster's life: up, from whatever was left, and down.

`bring_up` may be called at any time. What runs is left alone, and what was killed is started again with the
data that it had. Where a component does not live with them, they are thrown away: tests keep nothing there.
"""

from __future__ import annotations

import fcntl
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from . import gvisor
from .configuration import COMPONENTS, network_is_ready
from .credentials import issue_credentials
from .images import ctr, load_pause_image
from .node import forget, prepare_node
from .places import BIN, CRDS, KUBECONFIG, NODE, STATE
from .processes import Died, demand_alive, foreign_api_server, kill_what_is_left, process_of, start, stop
from .programs import build_programs, install_packages, link_network_plugins, why_none_can_be_made
from .saying import CannotRun, run, say

_READY_S: Final = 240.0
_BUSY_S: Final = 120.0
_LOOK_S: Final = 0.3
_NODE_IS_READY: Final = ("wait", "--for=condition=Ready", f"node/{NODE}", "--timeout=1s")
_KUBELET: Final = f"/api/v1/nodes/{NODE}/proxy/healthz"
_BEFORE_THE_API: Final = ("etcd", "containerd", "kube-apiserver")


def kubectl(*arguments: str | Path, text: str | None = None) -> str:
    """Run a command of Kubernetes' own client on our cluster and return what it printed."""
    return run(BIN / "kubectl", f"--kubeconfig={KUBECONFIG}", *arguments, text=text)


def answers() -> bool:
    """Say whether all of our cluster runs and its node takes pods. One that is busy is given a while."""
    if not KUBECONFIG.exists() or not all(map(process_of, COMPONENTS)):
        return False
    try:
        _await_node(COMPONENTS, _BUSY_S)
    except CannotRun:
        return False
    return True


def build() -> None:
    """Build the programs, and nothing else."""
    _demand_possible()
    with _alone():
        build_programs()


def bring_up() -> None:
    """Make the cluster answer: install, build and start what is missing."""
    _demand_possible()
    with _alone():
        foreign = foreign_api_server()
        if foreign is not None:
            raise CannotRun(f"another cluster runs on this machine: {foreign}")
        install_packages()
        build_programs()
        link_network_plugins()
        if answers():
            return
        _start_whatever_is_left()


def bring_down(*, purge: bool = False) -> None:
    """End the cluster with its containers; with `purge`, forget all but its programs."""
    with _alone():
        _stop_all()
        if purge:
            forget()


def kill_component(component: str) -> None:
    """End one component as a crash would and leave the others, for tests of what happens then."""
    with _alone():
        stop(component, signal.SIGKILL)


def start_component(component: str) -> None:
    """Start one component again, and wait until the whole cluster answers."""
    with _alone():
        start(component)
        _wait_until("the API server is ready", lambda: kubectl("get", "--raw=/readyz"), (component,))
        _await_node((component,))


def _demand_possible() -> None:
    reason = why_none_can_be_made()
    if reason is not None:
        raise CannotRun(reason)


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the state folder: whoever comes second waits, and finds what the first one made."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another one that is at work on this cluster")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_whatever_is_left() -> None:
    """Start the cluster; where a component ends by itself start it again, and at last without the data."""
    try:
        _start_all()
    except Died as death:
        say(death)
        say("starting it again")
    else:
        return
    try:
        _start_all()
    except Died as death:
        say(death)
        say("beginning anew, without what the cluster knew")
        _stop_all()
        forget()
        _start_all()


def _start_all() -> None:
    say("starting the cluster")
    issue_credentials()
    prepare_node()
    for component in _BEFORE_THE_API:
        start(component)
    _wait_until("containerd answers", lambda: run(*ctr("version")), _BEFORE_THE_API)
    load_pause_image()
    _wait_until("the API server is ready", lambda: kubectl("get", "--raw=/readyz"), _BEFORE_THE_API)
    kubectl("apply", "--server-side", "--force-conflicts", "-f", CRDS)
    ready = json.dumps(network_is_ready())
    _wait_until(
        "the network can be declared", lambda: kubectl("apply", "-f", "-", text=ready), _BEFORE_THE_API
    )
    for component in COMPONENTS:
        start(component)
    _wait_until("the node is known", lambda: kubectl("get", "node", NODE), COMPONENTS)
    _await_node(COMPONENTS)
    kubectl("apply", "-f", "-", text=json.dumps(gvisor.runtime_class()))
    _wait_until("pods can be made", lambda: kubectl("get", "serviceaccount", "default"), COMPONENTS)


def _await_node(needed: tuple[str, ...], within_s: float = _READY_S) -> None:
    """Wait until the node takes pods. One that was ready when it was killed is still said to be."""
    _wait_until("the kubelet answers", lambda: kubectl("get", f"--raw={_KUBELET}"), needed, within_s)
    _wait_until("the node is ready", lambda: kubectl(*_NODE_IS_READY), needed, within_s)


def _wait_until(
    what: str, asking: Callable[[], str], needed: tuple[str, ...], within_s: float = _READY_S
) -> None:
    """Ask until it is so; give up when a component that it needs has ended, or in the end."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            asking()
        except CannotRun as reason:
            for component in needed:
                demand_alive(component)
            if time.monotonic() > deadline:
                raise CannotRun(f"waited in vain until {what}: {reason}") from reason
        else:
            return
        time.sleep(_LOOK_S)


def _stop_all() -> None:
    for component in ("kube-proxy", "kubelet", "calico-felix"):
        stop(component)
    if process_of("containerd") is not None:
        for container in run(*ctr("tasks", "ls", "-q")).split():
            _end(container)
    for component in reversed(COMPONENTS):
        stop(component)
    kill_what_is_left()


def _end(container: str) -> None:
    try:
        run(*ctr("tasks", "delete", "--force", container))
    except CannotRun as reason:
        say(reason)  # its keeper is killed in the end
