"""Which cluster the tests use: the one that KUBECONFIG names, or ours.

A cluster that somebody named is the one, and where it does not answer, that is said. What kubectl would use
where nothing is named is never touched: it may be anything, and the tests meddle.
"""

from __future__ import annotations

import enum
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from .places import BIN, KUBECONFIG
from .saying import succeeds

_CONTEXT: Final = re.compile(r"""^\s*["']?current-context["']?:[ \t]*["']?([^\s"']+)""", re.MULTILINE)
_KIND: Final = "kind-"
_ANSWER_S: Final = 10


class Whose(enum.Enum):
    """Whose cluster it is that the tests use, which decides what may be done to it."""

    OURS = "ours"
    NAMED = "named by KUBECONFIG"


@dataclass(frozen=True, slots=True)
class Choice:
    """A cluster to be used, and the kubeconfig that leads to it, as KUBECONFIG would name it."""

    whose: Whose
    kubeconfig: str


def choose(environment: Mapping[str, str]) -> Choice:
    """Decide which cluster the tests use."""
    named = environment.get("KUBECONFIG", "")
    if named and named != str(KUBECONFIG):
        return Choice(Whose.NAMED, named)
    return Choice(Whose.OURS, str(KUBECONFIG))


def cluster_answers(kubeconfig: str) -> bool | None:
    """Say whether the cluster that a kubeconfig leads to answers; None where no kubectl is there to ask."""
    program = shutil.which("kubectl") or shutil.which("kubectl", path=str(BIN))
    if program is None:
        return None
    request = ("get", "--raw=/readyz", f"--request-timeout={_ANSWER_S}s")
    return succeeds("env", f"KUBECONFIG={kubeconfig}", program, *request)


def kind_cluster(texts: Iterable[str]) -> str | None:
    """Return the name of the kind cluster that is the current context of these kubeconfigs, or None."""
    for text in texts:
        found = _CONTEXT.search(text)
        if found:  # as kubectl has it, the first file that names one wins
            context = found[1]
            return context.removeprefix(_KIND) if context.startswith(_KIND) else None
    return None
