"""Which Jobs a namespace had and which of them ended, as the API server told it while it happened."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from tests.deploy.cluster import Cluster

_PATIENCE_S: Final = 60


class Jobs:
    """The Jobs that were seen, by name, each as it was last."""

    def __init__(self) -> None:
        self._labels: dict[str, Mapping[str, str]] = {}
        self._ended: set[str] = set()
        self._news = threading.Condition()

    def take(self, event: Mapping[str, Any]) -> None:
        """Take one event of a watch."""
        job = event["object"]
        name = job["metadata"]["name"]
        conditions = job.get("status", {}).get("conditions", ())
        has_ended = any(one["type"] in {"Complete", "Failed"} for one in conditions)
        with self._news:
            self._labels[name] = job["metadata"].get("labels", {})
            if event["type"] == "DELETED" or has_ended:
                self._ended.add(name)
            self._news.notify_all()

    def ended(self) -> set[str]:
        """Return the names of the Jobs that have ended, or are gone."""
        with self._news:
            return set(self._ended)

    def wait_for_end(self, before: set[str]) -> set[str]:
        """Return the Jobs that have ended beside those of before, as soon as there is one."""
        with self._news:
            assert self._news.wait_for(lambda: self._ended - before, _PATIENCE_S), "no Job has ended"
            return self._ended - before

    def labels(self, names: set[str]) -> list[Mapping[str, str]]:
        """Return those Jobs' labels."""
        with self._news:
            return [self._labels[name] for name in sorted(names)]


@contextmanager
def watch_jobs(cluster: Cluster, namespace: str) -> Iterator[Jobs]:
    """Watch a namespace's Jobs; those that are there already are told first."""
    words = ["get", "jobs", f"--namespace={namespace}", "--watch", "--output-watch-events", "--output=json"]
    jobs = Jobs()
    with subprocess.Popen(
        [cluster.kubectl, *words], env=cluster.environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        reader = threading.Thread(target=_read, args=(process.stdout, jobs), name="watch of jobs")
        reader.start()
        try:
            yield jobs
        finally:
            process.kill()
            reader.join()


def _read(stream: Iterable[str], jobs: Jobs) -> None:
    """Read events, one a line; whoever tells them may be ended in the middle of the last."""
    for line in stream:
        if line.endswith("\n"):
            jobs.take(json.loads(line))
